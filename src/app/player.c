#include "app/player.h"

#include "app/output.h"
#include "app/screen.h"
#include "base/utf8.h"
#include "model/anonymize.h"
#include "model/record_read.h"
#include "model/series.h"
#include "record/replay.h"
#include "view/render.h"
#include "view/ui_act.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* As many as the screen of servers has. */
enum { EVENTS_SHOWN = 200, SERIES_POINTS = 600 };

#define SECOND_NS INT64_C(1000000000)
#define FRAME_NS (SECOND_NS / 25) /* however fast it plays */

typedef struct Player {
	const Options *options;
	Replay *replay;
	Output output;
	Anonymizer *anonymizer; /* NULL: names stay as they are */
	int status;

	int signal_fd;
	Tui *tui;
	Theme theme;
	UiState ui;
	Frame frame;
	bool dirty, quit;
	Arena shown[2]; /* of the report on the screen, and of the next one */
	int current;
	Arena scratch;
	const Report *report;
	Series *series;
	size_t noted;   /* samples [.., noted) of the run are in the series; 0 = none */
	int64_t due_ns; /* when the next sample is shown */
	int64_t next_draw_ns;
} Player;

static int64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec * SECOND_NS + t.tv_nsec;
}

/* To standard error: what a file holds is nothing for a terminal. */
static void complain(const char *text)
{
	StrBuf safe = {0};
	utf8_sanitise(&safe, str_from(text));
	fprintf(stderr, "pgrepltop: %s\n", safe.data != NULL ? safe.data : "");
	strbuf_free(&safe);
}

/* ---- rows and text -------------------------------------------------------------------------------------------------- */

static bool read_rows(Player *p, size_t i, Report **report, Err *err)
{
	int64_t clock_us;
	arena_reset(&p->scratch);
	if (!replay_read(p->replay, &p->scratch, i, RECORD_ALL, report, &clock_us, err))
		return false;
	if (p->anonymizer != NULL)
		anonymize_report(p->anonymizer, &p->scratch, *report);
	return true;
}

/* A sample that cannot be read is left out, and said. */
static void write_samples(Player *p)
{
	Err err;
	size_t count = replay_count(p->replay);
	if (p->options->iterations > 0 && count > (size_t)p->options->iterations)
		count = (size_t)p->options->iterations;
	for (size_t i = 0; i < count; i++) {
		Report *report;
		if (!read_rows(p, i, &report, &err)) {
			complain(err.text);
			p->status = 1;
		} else if (!output_rows(&p->output, &p->scratch, report, &err)) {
			complain(err.text);
			p->status = 1;
			return;
		}
	}
}

/* The tree of the last sample, which is what the recording ended with. */
static void write_tree(Player *p)
{
	Err err;
	Report *report;
	if (read_rows(p, replay_count(p->replay) - 1, &report, &err) && output_tree(&p->output, report, &err))
		return;
	complain(err.text);
	p->status = 1;
}

static bool write_out(Player *p, Err *err)
{
	if (replay_notice(p->replay)[0] != '\0')
		complain(replay_notice(p->replay));
	if (!output_open(&p->output, err))
		return false;
	if (p->options->anonymize)
		p->anonymizer = anonymizer_new();
	if (p->options->once)
		write_tree(p);
	else
		write_samples(p);
	return true;
}

/* ---- the screen: where it stands -------------------------------------------------------------------------------- */

/* The first sample that the series of sample `i` is made of: as much as it keeps, and of the same run. */
static size_t series_start(const Player *p, size_t i)
{
	uint32_t run = replay_moment(p->replay, i).run;
	size_t first = i;
	while (first > 0 && i - first + 1 < SERIES_POINTS && replay_moment(p->replay, first - 1).run == run)
		first--;
	return first;
}

/* Brings the series up to sample `i`: what is not there yet is read. Of a sample that cannot be read there is no point. */
static void note_series(Player *p, size_t i)
{
	size_t first = series_start(p, i);
	bool follows = p->noted > first && p->noted <= i + 1 && p->series != NULL;
	if (!follows) {
		series_free(p->series);
		p->series = series_new(SERIES_POINTS);
		p->noted = first;
	}
	for (; p->noted <= i; p->noted++) {
		Report *report;
		int64_t clock_us;
		arena_reset(&p->scratch);
		if (replay_read(p->replay, &p->scratch, p->noted, 1U << RECORD_NODES | 1U << RECORD_NODES_MORE, &report,
		                &clock_us, NULL))
			series_note(p->series, report, clock_us * 1000);
	}
}

static void say_where(Player *p, size_t i)
{
	ReplayUi *ui = &p->ui.replay;
	ui->at = i;
	ui->count = replay_count(p->replay);
	ui->first_us = replay_moment(p->replay, 0).unix_us;
	ui->last_us = replay_moment(p->replay, ui->count - 1).unix_us;
	ui->now_us = replay_moment(p->replay, i).unix_us;
	p->dirty = true;
}

/* Shows sample `i`; one that cannot be read leaves what is shown, and a message. */
static bool show(Player *p, size_t i)
{
	Err err;
	Report *report;
	int64_t clock_us;
	Arena *arena = &p->shown[1 - p->current];
	unsigned files = (unsigned)RECORD_ALL & ~(1U << RECORD_EVENTS);
	say_where(p, i);
	arena_reset(arena);
	if (!replay_read(p->replay, arena, i, files, &report, &clock_us, &err) ||
	    !replay_events(p->replay, arena, i, EVENTS_SHOWN, &report->events, &report->nevents, &err)) {
		ui_message(&p->ui, true, "%s", err.text);
		return false;
	}
	note_series(p, i);
	report->series = p->series;
	p->report = report;
	p->current = 1 - p->current;
	return true;
}

/* How long it was from sample `i` to the next, played at the speed that is set. Where nothing was recorded for long no one has
 * to wait. */
static int64_t gap_ns(const Player *p, size_t i)
{
	enum { HOLE = 10 }; /* refreshes without a sample */
	int64_t us = replay_moment(p->replay, i + 1).unix_us - replay_moment(p->replay, i).unix_us;
	double interval_us = p->report->interval_s > 0 ? p->report->interval_s * 1e6 : 1e6;
	if (us < 0 || (double)us > interval_us * HOLE)
		us = (int64_t)interval_us;
	return (int64_t)((double)us * 1000 / replay_speed(&p->ui.replay));
}

/* The next sample comes one gap from now. */
static void restart_clock(Player *p, int64_t now)
{
	if (!replay_is_at_end(&p->ui.replay))
		p->due_ns = now + gap_ns(p, p->ui.replay.at);
}

static void play(Player *p, int64_t now)
{
	const ReplayUi *ui = &p->ui.replay;
	size_t at = ui->at;
	if (ui->paused || replay_is_at_end(ui) || now < p->due_ns)
		return;
	while (at + 1 < ui->count && now >= p->due_ns) {
		at++;
		if (at + 1 < ui->count)
			p->due_ns += gap_ns(p, at);
	}
	show(p, at);
}

/* ---- the screen: moves ------------------------------------------------------------------------------------------ */

/* How many events were noted in sample `i`. */
static size_t count_events(const Player *p, size_t i)
{
	ReplayMoment moment = replay_moment(p->replay, i);
	ReplayMoment before = i > 0 ? replay_moment(p->replay, i - 1) : (ReplayMoment){0};
	return moment.run == before.run ? moment.events - before.events : moment.events;
}

static int severity_of(const EventRow *event)
{
	return str_eq(event->severity, STR("critical")) ? 2 : str_eq(event->severity, STR("warning"));
}

/* The gravest of the sample that is shown. */
static void say_event(Player *p)
{
	size_t count = count_events(p, p->ui.replay.at);
	const EventRow *gravest = NULL;
	if (count > p->report->nevents)
		count = p->report->nevents;
	for (size_t i = p->report->nevents - count; i < p->report->nevents; i++) {
		const EventRow *event = &p->report->events[i];
		if (gravest == NULL || severity_of(event) > severity_of(gravest))
			gravest = event;
	}
	if (gravest == NULL)
		return;
	char more[40] = "";
	if (count > 1)
		snprintf(more, sizeof more, "%zu events, one is ", count);
	ui_message(&p->ui, severity_of(gravest) == 2, "%s%.*s: %.*s: %.*s", more, STR_ARG(gravest->node),
	           STR_ARG(gravest->event), STR_ARG(gravest->text));
}

static void move_to_event(Player *p, int by)
{
	size_t at = p->ui.replay.at, count = p->ui.replay.count;
	for (;;) {
		if (by > 0 ? at + 1 >= count : at == 0) {
			ui_message(&p->ui, false, by > 0 ? "no event comes after this" : "no event was before this");
			return;
		}
		at = by > 0 ? at + 1 : at - 1;
		if (count_events(p, at) > 0)
			break;
	}
	if (show(p, at))
		say_event(p);
}

/* The last sample that is not newer. The clock may have been set back while it was recorded: the first one that is newer is
 * looked for from the start. */
static size_t sample_at(const Player *p, int64_t unix_us)
{
	size_t at = 0;
	while (at + 1 < replay_count(p->replay) && replay_moment(p->replay, at + 1).unix_us <= unix_us)
		at++;
	return at;
}

static void move_by(Player *p, int by)
{
	const ReplayUi *ui = &p->ui.replay;
	size_t distance = (size_t)(by < 0 ? -by : by);
	size_t left = by < 0 ? ui->at : ui->count - 1 - ui->at;
	if (distance > left)
		distance = left;
	show(p, by < 0 ? ui->at - distance : ui->at + distance);
}

static void carry_out(Player *p)
{
	ReplayMove move = p->ui.replay.move;
	switch (move.kind) {
	case REPLAY_STEP:
		move_by(p, move.by);
		break;
	case REPLAY_EVENT:
		move_to_event(p, move.by);
		break;
	case REPLAY_SEEK:
		show(p, sample_at(p, move.unix_us));
		break;
	}
}

static void take_keys(Player *p, int64_t now)
{
	Key key;
	while (!p->quit && (key = tui_key(p->tui)) != UI_KEY_NONE) {
		Effect effect = ui_key(&p->ui, key, p->report);
		p->dirty = true;
		if (effect.kind == EFFECT_QUIT)
			p->quit = true;
		else if (effect.kind == EFFECT_REDRAW)
			tui_redraw(p->tui);
		else if (effect.kind == EFFECT_REPLAY)
			carry_out(p);
		restart_clock(p, now); /* it may be paused, or faster, or elsewhere */
	}
	if (tui_gone(p->tui))
		p->quit = true;
}

/* ---- the screen: the loop --------------------------------------------------------------------------------------- */

static void draw(Player *p, int64_t now)
{
	int cols, rows;
	tui_size(p->tui, &cols, &rows);
	ui_update(&p->ui, p->report);
	render(&p->frame, cols, rows, p->report, &p->ui, &p->theme);
	tui_draw(p->tui, &p->frame);
	p->dirty = false;
	p->next_draw_ns = now + FRAME_NS;
}

static void wait_for_news(Player *p, struct pollfd fds[2])
{
	const ReplayUi *ui = &p->ui.replay;
	struct timespec wait = {0, 0};
	int64_t until = p->due_ns > p->next_draw_ns ? p->due_ns : p->next_draw_ns;
	int64_t left = until - now_ns();
	bool stands = ui->paused || replay_is_at_end(ui);
	if (left > 0)
		wait = (struct timespec){left / SECOND_NS, left % SECOND_NS};
	fds[0] = (struct pollfd){.fd = p->signal_fd, .events = POLLIN};
	fds[1] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
	if (ppoll(fds, 2, stands ? NULL : &wait, NULL) < 0)
		fds[0].revents = fds[1].revents = 0;
}

static void turn(Player *p)
{
	struct pollfd fds[2];
	wait_for_news(p, fds);
	int64_t now = now_ns();
	if (fds[0].revents != 0 && !screen_take_signals(p->signal_fd, p->tui, &p->dirty))
		p->quit = true;
	if (fds[1].revents != 0)
		take_keys(p, now);
	if (p->quit)
		return;
	play(p, now);
	if (p->dirty)
		draw(p, now);
}

static bool open_screen(Player *p, const Problems *warnings, Err *err)
{
	if (!screen_catch_signals(&p->signal_fd, err))
		return false;
	p->tui = screen_open(&p->output, warnings, &p->theme, &p->ui, err);
	ui_begin_replay(&p->ui);
	return p->tui != NULL;
}

/* The first sample that can be read. */
static bool show_first(Player *p)
{
	for (size_t i = 0; i < replay_count(p->replay); i++)
		if (show(p, i))
			return true;
	return false;
}

static bool show_all(Player *p, const Problems *warnings, Err *err)
{
	if (!open_screen(p, warnings, err))
		return false;
	if (!show_first(p))
		return err_set(err, "%s", p->ui.message);
	if (replay_notice(p->replay)[0] != '\0')
		ui_message(&p->ui, true, "%s", replay_notice(p->replay));
	restart_clock(p, now_ns());
	draw(p, now_ns());
	while (!p->quit)
		turn(p);
	return true;
}

static void finish(Player *p)
{
	tui_close(p->tui);
	output_close(&p->output);
	anonymizer_free(p->anonymizer);
	series_free(p->series);
	arena_free(&p->shown[0]);
	arena_free(&p->shown[1]);
	arena_free(&p->scratch);
	frame_free(&p->frame);
	ui_free(&p->ui);
	replay_close(p->replay);
}

int player_run(const Options *options, const Problems *warnings)
{
	Player p = {.options = options, .signal_fd = -1};
	Err err;
	signal(SIGPIPE, SIG_IGN); /* errors of write(), both */
	signal(SIGXFSZ, SIG_IGN);
	p.replay = output_init(&p.output, options, &err) ? replay_open(options->replay, &err) : NULL;
	if (p.replay == NULL) {
		complain(err.text);
		return 2;
	}
	bool ok = options_have_screen(options) ? show_all(&p, warnings, &err) : write_out(&p, &err);
	finish(&p);
	if (ok)
		return p.status;
	complain(err.text);
	return 1;
}
