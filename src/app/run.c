#include "app/run.h"

#include "app/acts.h"
#include "app/config.h"
#include "app/freeze.h"
#include "app/password.h"
#include "base/utf8.h"
#include "collect/poller.h"
#include "model/history.h"
#include "model/proc_totals.h"
#include "model/report.h"
#include "model/series.h"
#include "model/topology.h"
#include "out/batch.h"
#include "out/tui.h"
#include "view/render.h"
#include "view/ui_act.h"

#include <errno.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

enum { SHOWN_COUNT = 3 };

/* One published snapshot and all that was derived from it. */
typedef struct Shown {
	Snapshot *snapshot;
	Arena arena;
	const Topology *topology;
	const Report *report;
} Shown;

typedef struct Run {
	const Options *options;
	Poller *poller;
	History *history;
	CommitCost *cost;
	EventLog *events;
	Series *series;
	ProcTotals *totals;
	Filter filter;           /* --filter */
	SortOrder order;         /* --sort */
	uint64_t series_tick;    /* noted last: there are reports between ticks, too */
	uint64_t events_written; /* the number of the last one, in batch mode */
	/* The current one, the one before, whose tree says where a lost node stood, and the one that is frozen. */
	Shown shown[SHOWN_COUNT];
	int current;
	int frozen; /* -1 = none */
	Freeze freeze;
	PollSet set;
	int signal_fd; /* -1 in batch mode */
	bool quit;
	int status;
	int64_t now_ns;

	Tui *tui; /* NULL in batch mode */
	Theme theme;
	UiState ui;
	Frame frame;
	bool dirty;
	ActionLog *action_log; /* NULL = none */

	Batch *batch; /* NULL on screen */
	long samples;
	int64_t first_sample_ns; /* at which the first sample is written, complete or not */
} Run;

enum {
	HISTORY_ENTRIES = 4096,
	COST_REFRESHES = 300,
	EVENTS_KEPT = 1000,
	EVENTS_SHOWN = 200,
	SERIES_POINTS = 600,
	DESCRIPTORS_WANTED = 16384
};

/* CLOCK_MONOTONIC stands still while the host sleeps, and the servers do not. */
#define OUR_CLOCK CLOCK_BOOTTIME

static int64_t clock_ns(clockid_t id)
{
	struct timespec t;
	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* --- start -------------------------------------------------------------------------------------------------------- */

static bool add_nodes(Run *run, const char *name, const char *conninfo, const char *password, Err *err)
{
	const Options *o = run->options;
	ConnDefaults defaults = {o->host, o->port, o->user, o->dbname, password};
	Endpoint *endpoints;
	size_t count;
	ConnParams *params = conn_params_parse(conninfo, &defaults, &endpoints, &count, err);
	if (params == NULL)
		return name != NULL ? err_context(err, "[node %s]", name) : false;
	for (size_t i = 0; i < count; i++)
		poller_add(run->poller, name, params, &endpoints[i]);
	endpoints_free(endpoints, count);
	conn_params_free(params);
	return true;
}

static bool add_all_nodes(Run *run, Err *err)
{
	const Options *o = run->options;
	char password[1024];
	bool has_password = false;
	if (o->password_prompt == 1)
		has_password = password_ask("Password: ", password, sizeof password);
	bool ok = true;
	bool named = false;
	for (size_t i = 0; i < o->nnodes && ok; i++) {
		bool from_args = o->nodes[i].name == NULL;
		if (o->nodes_from_args && !from_args)
			continue; /* what the command line names is what is asked for */
		named = true;
		ok = add_nodes(run, o->nodes[i].name, o->nodes[i].conninfo, has_password ? password : NULL, err);
	}
	if (ok && !named)
		ok = add_nodes(run, NULL, NULL, has_password ? password : NULL, err);
	conn_params_seal_environment();
	explicit_bzero(password, sizeof password);
	return ok;
}

/* Each node costs a descriptor, each local process three. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= DESCRIPTORS_WANTED)
		return;
	limit.rlim_cur = limit.rlim_max < DESCRIPTORS_WANTED ? limit.rlim_max : DESCRIPTORS_WANTED;
	setrlimit(RLIMIT_NOFILE, &limit); /* where it fails, the lower limit shows where it matters */
}

/* On screen signals are news like any other, so that the terminal is always restored. Batch output leaves them their
 * usual effect: it has nothing to restore, and may be waiting for a stalled pipe. */
static bool open_signals(Run *run, Err *err)
{
	signal(SIGPIPE, SIG_IGN);
	if (run->options->batch || run->options->check)
		return true;
	static const int CAUGHT[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP};
	sigset_t set;
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof CAUGHT / sizeof *CAUGHT; i++)
		sigaddset(&set, CAUGHT[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return err_set(err, "signals: %s", strerror(errno));
	run->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return run->signal_fd >= 0 || err_set(err, "signals: %s", strerror(errno));
}

/* Whether --filter and --sort are, on the screen. */
static bool is_of_tree(const Options *options)
{
	return options->table_from_args && options->table == TABLE_NODES;
}

static void choose_rows(Run *run)
{
	if (!is_of_tree(run->options)) {
		process_ui_choose(&run->ui.processes, &run->filter, run->order);
		return;
	}
	run->ui.filter = run->filter;
	run->ui.order = run->order;
}

static bool open_screen(Run *run, Err *err)
{
	const Options *o = run->options;
	bool ascii = o->ascii || strcasecmp(nl_langinfo(CODESET), "UTF-8") != 0;
	theme_init(&run->theme, ascii);
	Err theme_err;
	bool theme_ok = config_load_theme(&run->theme, o->theme != NULL ? o->theme : "default", &theme_err);
	if (!theme_ok)
		theme_init(&run->theme, ascii);
	if (ascii)
		theme_use_ascii(&run->theme);
	if (o->no_color)
		theme_remove_colors(&run->theme);
	ui_init(&run->ui, o->keymap, o->readonly);
	choose_rows(run);
	memcpy(run->ui.columns, o->columns, sizeof run->ui.columns);
	run->tui = tui_open(&run->theme, err);
	if (run->tui == NULL)
		return err_set(err, "%s (--batch writes CSV without a screen)", err->text);
	if (!theme_ok)
		ui_message(&run->ui, true, "%s", theme_err.text);
	return true;
}

/* --- from snapshot to report -------------------------------------------------------------------------------------- */

static Shown *current(Run *run)
{
	return &run->shown[run->current];
}

static const Report *on_screen(Run *run)
{
	return freeze_shown(&run->freeze, current(run)->report);
}

/* Where the next snapshot comes: the oldest is given up, but for the one on a frozen screen. */
static int next_shown(const Run *run)
{
	int next = 0;
	while (next == run->current || next == run->frozen)
		next++;
	return next;
}

static void give_back(Run *run, Shown *s)
{
	poller_release(run->poller, s->snapshot);
	s->snapshot = NULL;
	arena_reset(&s->arena);
}

static void publish(Run *run)
{
	const Topology *previous = current(run)->topology;
	run->current = next_shown(run);
	Shown *s = current(run);
	give_back(run, s);
	s->snapshot = poller_publish(run->poller, run->now_ns, clock_ns(CLOCK_REALTIME) / 1000);
	s->topology = topology_build(&s->arena, s->snapshot, previous);
	report_note_history(run->history, s->snapshot);
	commit_cost_note(run->cost, s->topology);
	Report *report = report_build(&s->arena, s->snapshot, s->topology, run->history, run->cost);
	proc_totals_note(run->totals, s->snapshot);
	proc_totals_fill(run->totals, report);
	if (report->settled)
		event_log_note(run->events, report);
	report->events = event_log_rows(&s->arena, run->events, run->events_written, EVENTS_SHOWN, &report->nevents);
	if (s->snapshot->tick != run->series_tick)
		series_note(run->series, report, run->now_ns);
	run->series_tick = s->snapshot->tick;
	report->series = run->series;
	s->report = report;
	poller_discover(run->poller, s->snapshot, s->topology, run->now_ns);
}

/* --- screen ------------------------------------------------------------------------------------------------------- */

static void want_visible(Run *run)
{
	poller_want_roles(run->poller, ui_detail_node(&run->ui, on_screen(run)));
	NodeId node;
	bool wanted = ui_wants_processes(&run->ui, on_screen(run), &node);
	if (wanted && ui_wants_all_processes(&run->ui, node))
		node = 0;
	poller_want_processes(run->poller, !wanted ? WANT_NONE : node == 0 ? WANT_ALL : WANT_ONE, wanted ? node : 0);
}

static void draw(Run *run)
{
	int cols, rows;
	tui_size(run->tui, &cols, &rows);
	ui_update(&run->ui, on_screen(run));
	render(&run->frame, cols, rows, on_screen(run), &run->ui, &run->theme);
	tui_draw(run->tui, &run->frame);
	run->dirty = false;
	want_visible(run);
}

static Acts acts_of(Run *run)
{
	return (Acts){run->poller, &run->ui, run->events, run->action_log};
}

static void take_acted(Run *run)
{
	Acts acts = acts_of(run);
	acts_take(&acts, clock_ns(CLOCK_REALTIME) / 1000);
	run->dirty = true;
}

static void freeze(Run *run)
{
	if (run->ui.frozen) {
		run->frozen = run->current;
		freeze_begin(&run->freeze, current(run)->report);
		return;
	}
	freeze_end(&run->freeze);
	if (run->frozen != run->current)
		give_back(run, &run->shown[run->frozen]);
	run->frozen = -1;
}

static void take_keys(Run *run)
{
	Acts acts = acts_of(run);
	Key key;
	while (!run->quit && (key = tui_key(run->tui)) != UI_KEY_NONE) {
		Effect effect = ui_key(&run->ui, key, on_screen(run));
		run->dirty = true;
		switch (effect.kind) {
		case EFFECT_NONE:
			break;
		case EFFECT_QUIT:
			run->quit = true;
			break;
		case EFFECT_REDRAW:
			tui_redraw(run->tui);
			break;
		case EFFECT_ACT:
			acts_begin(&acts, run->now_ns, clock_ns(CLOCK_REALTIME) / 1000);
			break;
		case EFFECT_FREEZE:
			freeze(run);
			break;
		case EFFECT_DELAY:
			poller_set_interval(run->poller, run->ui.delay_s, run->now_ns);
			break;
		}
	}
	if (tui_gone(run->tui))
		run->quit = true;
}

/* psql asks when a server wants a password; here the screen steps aside for it. */
static void ask_password(Run *run)
{
	char password[1024];
	if (run->tui != NULL)
		tui_close(run->tui);
	bool got = password_ask("Password: ", password, sizeof password);
	if (got)
		poller_set_password(run->poller, password);
	explicit_bzero(password, sizeof password);
	if (run->tui == NULL)
		return;
	Err err;
	run->tui = tui_open(&run->theme, &err);
	run->dirty = true;
	if (run->tui == NULL) {
		fprintf(stderr, "pgrepltop: %s\n", err.text);
		run->quit = true;
		run->status = 1;
	}
}

/* --- batch -------------------------------------------------------------------------------------------------------- */

/* One line, for a scheduler: what stands in it of servers' texts must not break it. */
static void write_verdict(Run *run)
{
	StrBuf line = {0}, safe = {0};
	run->status = check_report(current(run)->report, &run->options->thresholds, &line);
	utf8_sanitise(&safe, strbuf_str(&line));
	if (printf("%.*s\n", STR_ARG(strbuf_str(&safe))) < 0 || fflush(stdout) != 0)
		run->status = 3;
	strbuf_free(&line);
	strbuf_free(&safe);
	run->quit = true;
}

static void write_sample(Run *run, unsigned news)
{
	bool first = run->samples == 0;
	bool complete = poller_is_settled(run->poller) && !poller_awaits_processes(run->poller);
	bool due = first ? complete || run->now_ns >= run->first_sample_ns : (news & POLLER_TICK) != 0;
	if (!due)
		return;
	if (run->options->check) {
		write_verdict(run);
		return;
	}
	if (first)
		poller_align(run->poller, run->now_ns);
	Err err;
	if (!batch_write(run->batch, current(run)->report, &err)) {
		fprintf(stderr, "pgrepltop: %s\n", err.text);
		run->status = 1;
		run->quit = true;
		return;
	}
	run->samples++;
	run->events_written = event_log_total(run->events);
	if (run->options->iterations > 0 && run->samples >= run->options->iterations)
		run->quit = true;
}

/* Batch mode fails when no node was ever reached; its rows say why for each. */
static void check_reached(Run *run)
{
	const Report *report = current(run)->report;
	for (size_t i = 0; i < report->nnodes; i++)
		if (!str_eq(report->nodes[i].role, STR("unknown")))
			return;
	run->status = 1;
	for (size_t i = 0; i < report->nnodes; i++)
		fprintf(stderr, "pgrepltop: %.*s: %.*s\n", STR_ARG(report->nodes[i].node),
		        STR_ARG(report->nodes[i].error));
}

/* --- the loop ----------------------------------------------------------------------------------------------------- */

static void take_signals(Run *run)
{
	struct signalfd_siginfo info;
	while (read(run->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
		switch (info.ssi_signo) {
		case SIGWINCH:
			tui_resize(run->tui);
			run->dirty = true;
			break;
		case SIGTSTP:
			tui_suspend(run->tui);
			run->dirty = true;
			break;
		default:
			run->quit = true;
		}
	}
}

static void wait_for_news(Run *run)
{
	run->set.count = 0;
	pollset_add(&run->set, run->signal_fd, POLLIN);
	pollset_add(&run->set, run->tui != NULL ? STDIN_FILENO : -1, POLLIN);
	poller_fill(run->poller, &run->set);
	int64_t wait_ns = poller_deadline(run->poller) - clock_ns(OUR_CLOCK);
	if (wait_ns < 0)
		wait_ns = 0;
	struct timespec wait = {wait_ns / 1000000000, wait_ns % 1000000000};
	if (ppoll(run->set.fds, run->set.count, &wait, NULL) < 0)
		for (size_t i = 0; i < run->set.count; i++)
			run->set.fds[i].revents = 0;
	run->now_ns = clock_ns(OUR_CLOCK);
}

static void turn(Run *run)
{
	wait_for_news(run);
	if (run->set.fds[0].revents != 0)
		take_signals(run);
	if (run->tui != NULL && run->set.fds[1].revents != 0)
		take_keys(run);
	if (run->quit)
		return;
	unsigned news = poller_step(run->poller, &run->set, run->now_ns);
	if ((news & POLLER_ACTED) != 0)
		take_acted(run);
	if (poller_needs_password(run->poller) && run->options->password_prompt >= 0)
		ask_password(run);
	if ((news & POLLER_PUBLISH) != 0) {
		publish(run);
		run->dirty = run->dirty || !run->ui.frozen;
		if (run->batch != NULL)
			write_sample(run, news);
	}
	if (run->tui != NULL && run->dirty && !run->quit)
		draw(run);
}

/* --filter and --sort: of the table that is written, and on the screen of the processes, or of the tree if it is named. */
static bool parse_selection(Run *run, Err *err)
{
	const Options *o = run->options;
	const MetricTable *table = metric_table(o->batch || is_of_tree(o) ? o->table : TABLE_PROCESSES);
	if (!filter_parse(&run->filter, table, str_from(o->filter), err))
		return err_context(err, "option --filter");
	const Metric *column = o->sort != NULL ? metric_resolve(table, str_from(o->sort), err) : NULL;
	if (o->sort != NULL && column == NULL)
		return err_context(err, "option --sort");
	run->order = order_by(column);
	return true;
}

static bool start(Run *run, Err *err)
{
	const Options *o = run->options;
	if (!parse_selection(run, err))
		return false;
	run->now_ns = clock_ns(OUR_CLOCK);
	PollerOptions options = {.interval_s = o->delay_s,
	                         .limits = {(int64_t)(o->connect_timeout_s * 1e9), (int64_t)(o->query_timeout_s * 1e9)},
	                         .discover = o->discover,
	                         .readonly = o->readonly,
	                         .proc_root = o->local_proc ? "/proc" : NULL,
	                         .remote_procs = o->remote_proc};
	if (o->action_log != NULL && !o->readonly && !o->batch && !o->check) {
		run->action_log = action_log_open(o->action_log, err);
		if (run->action_log == NULL)
			return false;
	}
	run->poller = poller_new(&options, run->now_ns, err);
	if (run->poller == NULL || !add_all_nodes(run, err))
		return false;
	run->history = history_new(HISTORY_ENTRIES);
	run->cost = commit_cost_new(COST_REFRESHES);
	run->events = event_log_new(EVENTS_KEPT, &o->thresholds);
	run->series = series_new(SERIES_POINTS);
	run->totals = proc_totals_new();
	run->first_sample_ns = run->now_ns + options.limits.connect_ns + 500000000;
	if (o->batch || o->check) {
		run->batch = batch_new(STDOUT_FILENO, o->table);
		batch_select(run->batch, &run->filter, run->order);
		poller_want_processes(run->poller, o->table == TABLE_PROCESSES ? WANT_ALL : WANT_NONE, 0);
	}
	return true;
}

static void finish(Run *run)
{
	Acts acts = acts_of(run);
	tui_close(run->tui);
	acts_end(&acts, clock_ns(CLOCK_REALTIME) / 1000);
	action_log_close(run->action_log);
	if (run->batch != NULL && run->status == 0 && !run->options->check)
		check_reached(run);
	batch_free(run->batch);
	for (int i = 0; i < SHOWN_COUNT; i++) {
		poller_release(run->poller, run->shown[i].snapshot);
		arena_free(&run->shown[i].arena);
	}
	freeze_end(&run->freeze);
	history_free(run->history);
	commit_cost_free(run->cost);
	event_log_free(run->events);
	series_free(run->series);
	proc_totals_free(run->totals);
	poller_free(run->poller);
	frame_free(&run->frame);
	ui_free(&run->ui);
	free(run->set.fds);
}

int run(const Options *options)
{
	Run run = {.options = options, .frozen = -1, .signal_fd = -1};
	Err err;
	raise_descriptor_limit();
	if (!start(&run, &err)) {
		fprintf(stderr, "pgrepltop: %s\n", err.text);
		finish(&run);
		return 2;
	}
	if (!open_signals(&run, &err) || (!options->batch && !options->check && !open_screen(&run, &err))) {
		fprintf(stderr, "pgrepltop: %s\n", err.text);
		finish(&run);
		return 1;
	}
	publish(&run); /* the screen is there at once, before any server answered */
	if (run.tui != NULL)
		draw(&run);
	while (!run.quit)
		turn(&run);
	finish(&run);
	return run.status;
}
