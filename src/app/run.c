#include "app/run.h"

#include "app/config.h"
#include "app/password.h"
#include "app/recording.h"
#include "app/screen.h"
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
	Filter filter;   /* --filter */
	SortOrder order; /* --sort */
	Recording recording;
	uint64_t series_tick;    /* noted last: there are reports between ticks, too */
	uint64_t events_written; /* the number of the last one, in batch mode */
	Shown shown[2];          /* the current one and the one before, whose tree says where a lost node stood */
	int current;
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
	SignalTarget signalled; /* whom the signal under way was for */

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
	return screen_catch_signals(&run->signal_fd, err);
}

static bool open_screen(Run *run, Err *err)
{
	run->tui = screen_open(run->options, &run->theme, &run->ui, err);
	process_ui_choose(&run->ui.processes, &run->filter, run->order);
	return run->tui != NULL;
}

/* --- from snapshot to report -------------------------------------------------------------------------------------- */

static Shown *current(Run *run)
{
	return &run->shown[run->current];
}

/* What is on the screen at a tick, or was written. */
static void record(Run *run)
{
	if (recording_note(&run->recording, &current(run)->arena, current(run)->report, run->events, run->now_ns))
		return;
	run->status = 1;
	if (run->tui != NULL)
		ui_message(&run->ui, true, "%s", run->recording.failure);
}

/* A recording has the processes of all nodes: what was not read then cannot be read later. */
static void want_processes(Run *run, WantProcesses want, NodeId node)
{
	bool all = run->recording.processes;
	poller_want_processes(run->poller, all ? WANT_ALL : want, all ? 0 : node);
}

static void publish(Run *run)
{
	const Topology *previous = current(run)->topology;
	run->current = 1 - run->current;
	Shown *s = current(run);
	poller_release(run->poller, s->snapshot);
	arena_reset(&s->arena);
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
	NodeId node;
	bool wanted = ui_wants_processes(&run->ui, current(run)->report, &node);
	want_processes(run, !wanted ? WANT_NONE : node == 0 ? WANT_ALL : WANT_ONE, wanted ? node : 0);
}

static void draw(Run *run)
{
	int cols, rows;
	tui_size(run->tui, &cols, &rows);
	ui_update(&run->ui, current(run)->report);
	render(&run->frame, cols, rows, current(run)->report, &run->ui, &run->theme);
	tui_draw(run->tui, &run->frame);
	run->dirty = false;
	want_visible(run);
}

static const char *verb_of(const SignalTarget *target)
{
	return target->terminate ? "terminate" : "cancel";
}

static Str cluster_of(const Report *report, NodeId node)
{
	for (size_t i = 0; i < report->nnodes; i++)
		if (report->nodes[i].key.node == node)
			return report->nodes[i].cluster;
	return STR_NONE;
}

/* What was done to whom and what came of it: to the person, and to the event log. */
static void say_action(Run *run, bool bad, const char *format, ...) PRINTF_LIKE(3, 4);
static void say_action(Run *run, bool bad, const char *format, ...)
{
	char text[sizeof run->ui.message];
	StrBuf event = {0};
	const SignalTarget *t = &run->signalled;
	const Report *report = current(run)->report;
	va_list args;
	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	ui_message(&run->ui, bad, "%s pid %d on %s: %s", verb_of(t), t->key.pid, t->node, text);
	strbuf_addf(&event, "%s pid %d", verb_of(t), t->key.pid);
	if (t->user[0] != '\0')
		strbuf_addf(&event, " (%s@%s)", t->user, t->database[0] != '\0' ? t->database : "-");
	strbuf_addf(&event, ": %s", text);
	event_log_add(run->events, report->time, cluster_of(report, t->key.node), str_from(t->node), STR("action"),
	              bad ? EVENT_WARNING : EVENT_INFO, strbuf_str(&event));
	strbuf_free(&event);
}

static void begin_signal(Run *run, const SignalTarget *target)
{
	Err err;
	run->signalled = *target;
	if (!poller_signal(run->poller, target->key.node, target->terminate, target->key.pid, target->key.start_us,
	                   run->now_ns, &err))
		say_action(run, true, "%s", err.text);
	else
		ui_message(&run->ui, false, "%s pid %d on %s: sent, waiting for the answer", verb_of(target),
		           target->key.pid, target->node);
}

static void show_signal_result(Run *run)
{
	SignalResult result = poller_signal_result(run->poller);
	const SignalTarget *t = &run->signalled;
	const char *verb = verb_of(t);
	run->dirty = true;
	if (result.failed) {
		say_action(run, true, "%s", result.error);
		return;
	}
	switch (result.answer) {
	case SIGNAL_SENT:
		say_action(run, false, "pg_%s_backend returned t%s", verb,
		           t->sync_wait ? "; the commit stands, perhaps on no standby" : "");
		return;
	case SIGNAL_FAILED:
		say_action(run, true, "pg_%s_backend returned f: the server could not signal it", verb);
		return;
	case SIGNAL_GONE:
		say_action(run, true, "gone; that session has ended, nothing was signalled");
		return;
	case SIGNAL_HIDDEN:
		say_action(run, true, "not sent, this role may not see whose pid it is (pg_monitor)");
		return;
	}
}

static void take_keys(Run *run)
{
	Key key;
	while (!run->quit && (key = tui_key(run->tui)) != UI_KEY_NONE) {
		Effect effect = ui_key(&run->ui, key, current(run)->report);
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
		case EFFECT_SIGNAL:
			begin_signal(run, &effect.target);
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
	bool due = first ? poller_is_settled(run->poller) || run->now_ns >= run->first_sample_ns
	                 : (news & POLLER_TICK) != 0;
	if (!due)
		return;
	if (run->options->check) {
		record(run);
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
	if ((news & POLLER_SIGNAL) != 0)
		show_signal_result(run);
	if (poller_needs_password(run->poller) && run->options->password_prompt >= 0)
		ask_password(run);
	if ((news & POLLER_PUBLISH) != 0) {
		publish(run);
		run->dirty = true;
		if (run->batch != NULL)
			write_sample(run, news);
	}
	if (run->tui != NULL && run->dirty && !run->quit)
		draw(run);
}

/* --filter and --sort: of the table that is written, and on the screen of the processes. */
static bool parse_selection(Run *run, Err *err)
{
	const Options *o = run->options;
	const MetricTable *table = metric_table(o->batch ? o->table : TABLE_PROCESSES);
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
	                         .proc_root = "/proc"};
	run->poller = poller_new(&options, run->now_ns, err);
	if (run->poller == NULL || !add_all_nodes(run, err) || !recording_open(&run->recording, o, err))
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
		want_processes(run, o->table == TABLE_PROCESSES ? WANT_ALL : WANT_NONE, 0);
	}
	return true;
}

static void finish(Run *run)
{
	tui_close(run->tui);
	if (run->recording.failure[0] != '\0')
		fprintf(stderr, "pgrepltop: %s\n", run->recording.failure);
	recording_close(&run->recording);
	if (run->batch != NULL && run->status == 0 && !run->options->check)
		check_reached(run);
	batch_free(run->batch);
	for (int i = 0; i < 2; i++) {
		poller_release(run->poller, run->shown[i].snapshot);
		arena_free(&run->shown[i].arena);
	}
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
	Run run = {.options = options, .signal_fd = -1};
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
