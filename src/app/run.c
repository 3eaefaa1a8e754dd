#include "app/run.h"

#include "app/acts.h"
#include "app/freeze.h"
#include "app/output.h"
#include "app/password.h"
#include "app/recording.h"
#include "app/screen.h"
#include "base/utf8.h"
#include "collect/poller.h"
#include "model/anonymize.h"
#include "model/history.h"
#include "model/proc_totals.h"
#include "model/report.h"
#include "model/series.h"
#include "model/topology.h"
#include "out/tui.h"
#include "view/hint.h"
#include "view/render.h"
#include "view/ui_act.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
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
	Output output;
	Recording recording;
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
	int64_t hint_end_ns;   /* when the first hint goes */
	ActionLog *action_log; /* NULL = none */

	Anonymizer *anonymizer; /* NULL: names stay as they are */
	long samples;
	int64_t first_sample_ns; /* at which the first sample is written, complete or not */
} Run;

enum {
	HISTORY_ENTRIES = 4096,
	COST_REFRESHES = 300,
	EVENTS_KEPT = 1000,
	EVENTS_SHOWN = 200,
	SERIES_POINTS = 600,
	DESCRIPTORS_WANTED = 16384,
	SAMPLES_FOR_RATES = 2
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

/* node NULL: the one that psql would connect to. */
static bool add_nodes(Run *run, const NodeSpec *node, const char *password, Err *err)
{
	const Options *o = run->options;
	ConnDefaults defaults = {o->host, o->port, o->user, o->dbname, password};
	Endpoint *endpoints;
	size_t count;
	const char *name = node != NULL ? node->name : NULL;
	ConnParams *params =
		conn_params_parse(node != NULL ? node->conninfo : NULL, &defaults, &endpoints, &count, err);
	if (params == NULL && name != NULL)
		return err_context(err, "%s:%d: key \"conninfo\" in [node %s]", o->config_path, node->line, name);
	if (params == NULL)
		return false;
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
		ok = add_nodes(run, &o->nodes[i], has_password ? password : NULL, err);
	}
	if (ok && !named)
		ok = add_nodes(run, NULL, has_password ? password : NULL, err);
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
	signal(SIGPIPE, SIG_IGN); /* a reader that is gone and a limit of file sizes are errors of write() */
	signal(SIGXFSZ, SIG_IGN);
	if (!options_have_screen(run->options))
		return true;
	return screen_catch_signals(&run->signal_fd, err);
}

/* Until the first key, which takes any message away, or for a while: a screen on a wall has no keys. */
static void show_hint(Run *run, bool on)
{
	enum { HINT_S = 30 };
	StrBuf hint = {0};
	hint_write(&run->ui.keymap, &hint);
	if (on)
		ui_message(&run->ui, false, "%s", hint.data);
	else if (strcmp(run->ui.message, hint.data) == 0)
		ui_message(&run->ui, false, "%s", "");
	run->hint_end_ns = on ? run->now_ns + (int64_t)HINT_S * 1000000000 : INT64_MAX;
	run->dirty = true;
	strbuf_free(&hint);
}

static bool open_screen(Run *run, const Problems *warnings, Err *err)
{
	run->tui = screen_open(&run->output, warnings, &run->theme, &run->ui, err);
	if (run->tui != NULL && run->ui.message[0] == '\0' && run->options->config_path == NULL)
		show_hint(run, true);
	return run->tui != NULL;
}

/* --- from snapshot to report -------------------------------------------------------------------------------------- */

static Shown *current(Run *run)
{
	return &run->shown[run->current];
}

/* What is read at a tick, also while the screen is frozen, or was written. */
static void record(Run *run)
{
	if (recording_note(&run->recording, &current(run)->arena, current(run)->report, run->events, run->now_ns))
		return;
	run->status = 1;
	run->dirty = true;
	if (run->tui != NULL)
		ui_message(&run->ui, true, "%s", run->recording.failure.text);
}

/* A recording has the processes of all nodes: what was not read then cannot be read later. */
static void want_processes(Run *run, WantProcesses want, NodeId node)
{
	bool all = run->recording.processes;
	poller_want_processes(run->poller, all ? WANT_ALL : want, all ? 0 : node);
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
	if (run->anonymizer != NULL) /* before events are made of it */
		anonymize_report(run->anonymizer, &s->arena, report);
	if (report->settled)
		event_log_note(run->events, report);
	report->events = event_log_rows(&s->arena, run->events, run->events_written, EVENTS_SHOWN, &report->nevents);
	bool tick = s->snapshot->tick != run->series_tick;
	if (tick)
		series_note(run->series, report, run->now_ns);
	run->series_tick = s->snapshot->tick;
	report->series = run->series;
	s->report = report;
	if (tick && run->tui != NULL)
		record(run);
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
	want_processes(run, !wanted ? WANT_NONE : node == 0 ? WANT_ALL : WANT_ONE, wanted ? node : 0);
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
		case EFFECT_REPLAY:
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

/* The tree as text, when rates are known: they take two samples. */
static void write_once(Run *run)
{
	Err err;
	if (++run->samples < SAMPLES_FOR_RATES)
		return;
	record(run);
	if (!output_tree(&run->output, current(run)->report, &err)) {
		fprintf(stderr, "pgrepltop: %s\n", err.text);
		run->status = 1;
	}
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
		record(run);
		write_verdict(run);
		return;
	}
	if (first)
		poller_align(run->poller, run->now_ns);
	if (run->options->once) {
		write_once(run);
		return;
	}
	Err err;
	if (!output_rows(&run->output, &current(run)->arena, current(run)->report, &err)) {
		fprintf(stderr, "pgrepltop: %s\n", err.text);
		run->status = 1;
		run->quit = true;
		return;
	}
	record(run);
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
		run->quit = !screen_take_signals(run->signal_fd, run->tui, &run->dirty);
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
		if (!options_have_screen(run->options))
			write_sample(run, news);
	}
	if (run->now_ns >= run->hint_end_ns)
		show_hint(run, false);
	if (run->tui != NULL && run->dirty && !run->quit)
		draw(run);
}

static bool start(Run *run, Err *err)
{
	const Options *o = run->options;
	if (!output_init(&run->output, o, err))
		return false;
	run->now_ns = clock_ns(OUR_CLOCK);
	bool brief = o->once && o->delay_s > 1; /* the configured delay is for those who look on */
	PollerOptions options = {.interval_s = brief ? 1 : o->delay_s,
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
	if (run->poller == NULL || !add_all_nodes(run, err) || !recording_open(&run->recording, o, err))
		return false;
	if (o->anonymize)
		run->anonymizer = anonymizer_new();
	run->history = history_new(HISTORY_ENTRIES);
	run->cost = commit_cost_new(COST_REFRESHES);
	run->events = event_log_new(EVENTS_KEPT, &o->thresholds);
	run->series = series_new(SERIES_POINTS);
	run->totals = proc_totals_new();
	run->first_sample_ns = run->now_ns + options.limits.connect_ns + 500000000;
	if (!options_have_screen(o)) {
		bool processes = o->batch && tables_have(&o->tables, TABLE_PROCESSES);
		want_processes(run, processes ? WANT_ALL : WANT_NONE, 0);
	}
	return true;
}

static bool open_output(Run *run, const Problems *warnings, Err *err)
{
	bool screen = options_have_screen(run->options);
	return screen ? open_screen(run, warnings, err) : output_open(&run->output, err);
}

static void finish(Run *run)
{
	Acts acts = acts_of(run);
	tui_close(run->tui);
	acts_end(&acts, clock_ns(CLOCK_REALTIME) / 1000);
	action_log_close(run->action_log);
	if (run->recording.failure.text[0] != '\0')
		fprintf(stderr, "pgrepltop: %s\n", run->recording.failure.text);
	recording_close(&run->recording);
	if ((run->options->batch || run->options->once) && run->status == 0 && current(run)->report != NULL)
		check_reached(run);
	output_close(&run->output);
	anonymizer_free(run->anonymizer);
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

int run(const Options *options, const Problems *warnings)
{
	Run run = {.options = options, .frozen = -1, .signal_fd = -1, .hint_end_ns = INT64_MAX};
	Err err;
	raise_descriptor_limit();
	if (!start(&run, &err)) {
		fprintf(stderr, "pgrepltop: %s\n", err.text);
		finish(&run);
		return 2;
	}
	if (!open_signals(&run, &err) || !open_output(&run, warnings, &err)) {
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
