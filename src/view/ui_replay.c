#include "view/ui_replay.h"

#include "base/num.h"

#include <time.h>

enum { SLOWEST = -2, FASTEST = 6 };

#define SECOND_US INT64_C(1000000)
#define DAY_US (INT64_C(86400) * SECOND_US)

double replay_speed(const ReplayUi *ui)
{
	double speed = 1;
	for (int i = 0; i < ui->speed; i++)
		speed *= 2;
	for (int i = 0; i > ui->speed; i--)
		speed /= 2;
	return speed;
}

bool replay_is_at_end(const ReplayUi *ui)
{
	return ui->at + 1 >= ui->count;
}

/* ---- keys ---- */

static ReplayResult step(ReplayUi *ui, int by)
{
	ui->paused = true;
	ui->move = (ReplayMove){.kind = REPLAY_STEP, .by = by};
	return REPLAY_MOVES;
}

static ReplayResult change_speed(ReplayUi *ui, int by)
{
	ui->speed += by;
	if (ui->speed < SLOWEST)
		ui->speed = SLOWEST;
	if (ui->speed > FASTEST)
		ui->speed = FASTEST;
	return REPLAY_DONE;
}

static ReplayResult act(ReplayUi *ui, Action action)
{
	switch (action) {
	case ACTION_REPLAY_PAUSE:
		ui->paused = !ui->paused;
		return REPLAY_DONE;
	case ACTION_REPLAY_BACK:
		return step(ui, -1);
	case ACTION_REPLAY_FORWARD:
		return step(ui, 1);
	case ACTION_REPLAY_BACK_10:
		return step(ui, -10);
	case ACTION_REPLAY_FORWARD_10:
		return step(ui, 10);
	case ACTION_REPLAY_BACK_60:
		return step(ui, -60);
	case ACTION_REPLAY_FORWARD_60:
		return step(ui, 60);
	case ACTION_REPLAY_PREVIOUS_EVENT:
	case ACTION_REPLAY_NEXT_EVENT:
		ui->paused = true;
		ui->move = (ReplayMove){.kind = REPLAY_EVENT, .by = action == ACTION_REPLAY_NEXT_EVENT ? 1 : -1};
		return REPLAY_MOVES;
	case ACTION_REPLAY_SLOWER:
		return change_speed(ui, -1);
	case ACTION_REPLAY_FASTER:
		return change_speed(ui, 1);
	default:
		return REPLAY_NOT_MINE;
	}
}

/* "this is a recording: Space ..." */
static void point_to(const Keymap *keymap, Action action, const char *does, Err *err)
{
	char storage[16];
	StrBuf key = STRBUF_ON(storage);
	key_write(keymap->keys[action][0], &key);
	(void)err_set(err, "this is a recording: %s %s", storage, does);
}

/* A key that would be one with servers; the error says what is there instead. */
static bool is_for_servers(const Keymap *keymap, Key key, Err *err)
{
	Keymap live = *keymap;
	live.replaying = false;
	if (keymap_lookup(keymap, key) != ACTION_NONE)
		return false;
	switch (keymap_lookup(&live, key)) {
	case ACTION_NONE:
		return false;
	case ACTION_FREEZE:
		point_to(keymap, ACTION_REPLAY_PAUSE, "stops it where it is", err);
		return true;
	case ACTION_DELAY:
		point_to(keymap, ACTION_REPLAY_FASTER, "plays it faster", err);
		return true;
	default:
		(void)err_set(err, "this is a recording: nothing can be done to its servers");
		return true;
	}
}

ReplayResult replay_key(ReplayUi *ui, const Keymap *keymap, Key key, Err *err)
{
	if (!ui->on)
		return REPLAY_NOT_MINE;
	if (is_for_servers(keymap, key, err))
		return REPLAY_DONE;
	return act(ui, keymap_lookup(keymap, key));
}

/* ---- times ---- */

/* Days from 1970-01-01 to a day of the Gregorian calendar. */
static int64_t days_to(int64_t year, int64_t month, int64_t day)
{
	int64_t y = month > 2 ? year : year - 1; /* years begin in March, so that the leap day is their last */
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t year_of_era = y - era * 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static int64_t floor_day(int64_t unix_us)
{
	int64_t rest = unix_us % DAY_US;
	return unix_us - (rest < 0 ? rest + DAY_US : rest);
}

/* "12:01", "12:01:33", "12:01:33.250": to the end of that second or millisecond, which is how times are shown. */
static bool parse_clock(Str text, int64_t *us)
{
	int64_t hour, minute;
	double seconds = 0;
	Str rest = text;
	Str hours = str_cut(&rest, ':');
	Str minutes = str_cut(&rest, ':');
	if (!num_parse_int_in(hours, 0, 23, &hour) || !num_parse_int_in(minutes, 0, 59, &minute))
		return false;
	if (!str_is_none(rest) && (!num_parse_double(rest, &seconds) || seconds < 0 || seconds >= 61))
		return false;
	bool fraction = str_find(rest, STR(".")) != SIZE_MAX;
	int64_t last = fraction ? 999 : SECOND_US - 1;
	*us = (hour * 3600 + minute * 60) * SECOND_US + (int64_t)(seconds * 1e6 + 0.5) + last;
	return true;
}

static bool parse_date(Str text, int64_t *us)
{
	int64_t year, month, day;
	Str rest = text;
	Str years = str_cut(&rest, '-');
	Str months = str_cut(&rest, '-');
	if (!num_parse_int_in(years, 1970, 9999, &year) || !num_parse_int_in(months, 1, 12, &month) ||
	    !num_parse_int_in(rest, 1, 31, &day))
		return false;
	*us = days_to(year, month, day) * DAY_US;
	return true;
}

/* The moment at `clock_us` of a day: of the one shown, or of a neighbour if only that is in the recording. */
static int64_t on_some_day(const ReplayUi *ui, int64_t clock_us)
{
	int64_t at = floor_day(ui->now_us) + clock_us;
	if (at > ui->last_us && at - DAY_US >= ui->first_us)
		return at - DAY_US;
	if (at < ui->first_us && at + DAY_US <= ui->last_us)
		return at + DAY_US;
	return at;
}

static bool parse_moment(const ReplayUi *ui, Str text, int64_t *unix_us)
{
	int64_t day, clock = 0;
	if (str_ends(text, STR("Z")))
		text = str_sub(text, 0, text.len - 1);
	if (parse_clock(text, &clock)) {
		*unix_us = on_some_day(ui, clock);
		return true;
	}
	if (text.len < 10 || !parse_date(str_sub(text, 0, 10), &day))
		return false;
	bool alone = text.len == 10;
	if (!alone &&
	    ((text.data[10] != ' ' && text.data[10] != 'T') || !parse_clock(str_sub(text, 11, text.len), &clock)))
		return false;
	*unix_us = day + clock;
	return true;
}

/* "5m", "30s", "1.5h" */
static bool parse_span(Str text, double *seconds)
{
	bool minutes = str_ends(text, STR("m"));
	if (minutes && num_parse_double(str_sub(text, 0, text.len - 1), seconds)) {
		*seconds *= 60;
		return *seconds >= 0 && *seconds < 1e9;
	}
	return num_parse_duration(text, seconds) && *seconds < 1e9;
}

bool replay_parse_time(const ReplayUi *ui, Str text, int64_t *unix_us, Err *err)
{
	double number;
	bool sign = text.len > 0 && (text.data[0] == '+' || text.data[0] == '-');
	if (sign && parse_span(str_sub(text, 1, text.len), &number)) {
		*unix_us = ui->now_us + (int64_t)(text.data[0] == '-' ? -number * 1e6 : number * 1e6);
	} else if (str_ends(text, STR("%")) && num_parse_double(str_sub(text, 0, text.len - 1), &number) &&
	           number >= 0 && number <= 100) {
		*unix_us = ui->first_us + (int64_t)((double)(ui->last_us - ui->first_us) * number / 100);
	} else if (!parse_moment(ui, text, unix_us)) {
		return err_set(err, "\"%.*s\" is no time: expected 12:01:33, 2026-11-21 12:01, +5m, -30s or 50%%",
		               STR_ARG(text));
	}
	return true;
}

bool replay_seek(ReplayUi *ui, Str text, Err *err)
{
	int64_t unix_us;
	if (!replay_parse_time(ui, text, &unix_us, err))
		return false;
	ui->move = (ReplayMove){.kind = REPLAY_SEEK, .unix_us = unix_us};
	return true;
}

/* ---- the line ---- */

/* "2026-11-21 12:01:33Z", or without the day. */
static void add_time(StrBuf *out, int64_t unix_us, bool day)
{
	time_t seconds = (time_t)((unix_us - (unix_us % SECOND_US + SECOND_US) % SECOND_US) / SECOND_US);
	struct tm tm;
	if (gmtime_r(&seconds, &tm) == NULL)
		return;
	if (day)
		strbuf_addf(out, "%04d-%02d-%02d ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
	strbuf_addf(out, "%02d:%02d:%02dZ", tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static void add_speed(StrBuf *out, const ReplayUi *ui)
{
	if (ui->speed >= 0)
		strbuf_addf(out, "%.0fx", replay_speed(ui));
	else
		strbuf_addf(out, "1/%.0fx", 1 / replay_speed(ui));
	if (replay_is_at_end(ui))
		strbuf_add_cstr(out, " end");
	else if (ui->paused)
		strbuf_add_cstr(out, " paused");
}

/* "12:00:00Z [====|-----] 12:10:00Z" from `col` to the end. */
static void draw_scale(const ReplayUi *ui, Pen *pen)
{
	enum { SCALE_MIN = 10 };
	char first[40], last[40];
	StrBuf from = STRBUF_ON(first), to = STRBUF_ON(last);
	bool days = floor_day(ui->first_us) != floor_day(ui->last_us);
	add_time(&from, ui->first_us, days);
	add_time(&to, ui->last_us, days);
	int width = pen->end - pen->col - (int)from.len - (int)to.len - 6;
	if (width < SCALE_MIN)
		return;
	pen_put(pen, STR("  "), STYLE_NORMAL);
	pen_put(pen, strbuf_str(&from), STYLE_LABEL);
	pen_put(pen, STR(" ["), STYLE_DIM);
	double share = ui->count > 1 ? (double)ui->at / (double)(ui->count - 1) : 1;
	int mark = (int)(share * (width - 1));
	for (int i = 0; i < width; i++)
		pen_put(pen, i < mark ? STR("=") : i == mark ? STR("|") : STR("-"), i > mark ? STYLE_DIM : STYLE_VALUE);
	pen_put(pen, STR("] "), STYLE_DIM);
	pen_put(pen, strbuf_str(&to), STYLE_LABEL);
}

void replay_draw(const ReplayUi *ui, Frame *frame, int row)
{
	char storage[160];
	StrBuf text = STRBUF_ON(storage);
	Pen pen = {frame, row, 0, frame->cols};
	frame_fill(frame, row, 0, frame->cols, ' ', STYLE_NORMAL);
	pen_put(&pen, STR("REPLAY "), STYLE_NOTE);
	add_time(&text, ui->now_us, frame->cols >= 60);
	pen_put(&pen, strbuf_str(&text), STYLE_VALUE);
	strbuf_clear(&text);
	strbuf_add_cstr(&text, "  ");
	add_speed(&text, ui);
	pen_put(&pen, strbuf_str(&text), ui->paused || replay_is_at_end(ui) ? STYLE_WARNING : STYLE_VALUE);
	strbuf_clear(&text);
	strbuf_addf(&text, "  %zu of %zu", ui->at + 1, ui->count);
	pen_put(&pen, strbuf_str(&text), STYLE_NORMAL);
	draw_scale(ui, &pen);
}
