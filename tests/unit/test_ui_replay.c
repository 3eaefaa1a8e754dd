#include "view/ui_replay.h"

#include "view/render.h"
#include "view/ui_act.h"

#include "report_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SECOND INT64_C(1000000)
#define NOON (INT64_C(1795262400) * SECOND) /* 2026-11-21 12:00:00 UTC */

/* From 11:00 to 13:00, a sample a second; at noon. */
static ReplayUi at_noon(void)
{
	return (ReplayUi){.on = true,
	                  .first_us = NOON - 3600 * SECOND,
	                  .last_us = NOON + 3600 * SECOND,
	                  .now_us = NOON,
	                  .at = 3600,
	                  .count = 7201};
}

static void times_are_read_in_every_form(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds; /* from noon */
		int64_t rest_us; /* to the end of what is shown */
	} cases[] = {
		{"12:01:33", 93, 999999},
		{"12:01:33Z", 93, 999999},
		{"12:01", 60, 999999},
		{"11:59:59.250", -1, 250999},
		{"2026-11-21 12:01", 60, 999999},
		{"2026-11-21T11:00:00Z", -3600, 999999},
		{"2026-11-21", -12 * 3600, 0},
		{"2024-02-29 12:00", -996 * 86400, 999999},
		{"1970-01-01 00:00", -1795262400, 999999},
		{"+5m", 300, 0},
		{"-30s", -30, 0},
		{"+1", 1, 0},
		{"+2h", 7200, 0},
		{"-1min", -60, 0},
		{"0%", -3600, 0},
		{"50%", 0, 0},
		{"100%", 3600, 0},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		ReplayUi ui = at_noon();
		Err err = {""};
		int64_t us = 0;
		if (!replay_parse_time(&ui, str_from(cases[i].text), &us, &err))
			fail_msg("%s: %s", cases[i].text, err.text);
		if (us != NOON + cases[i].seconds * SECOND + cases[i].rest_us)
			fail_msg("%s: %lld us from noon", cases[i].text, (long long)(us - NOON));
	}
}

static void a_time_is_of_the_day_that_was_recorded(void **state)
{
	ReplayUi ui = at_noon();
	int64_t us;
	(void)state;
	/* over midnight: from 23:00 to 01:00 */
	ui.first_us = NOON + 11 * 3600 * SECOND;
	ui.last_us = NOON + 13 * 3600 * SECOND;
	ui.now_us = NOON + 11 * 3600 * SECOND + SECOND;
	assert_true(replay_parse_time(&ui, STR("00:30"), &us, NULL));
	assert_int_equal(us, NOON + 12 * 3600 * SECOND + 1800 * SECOND + 999999);
	ui.now_us = ui.last_us;
	assert_true(replay_parse_time(&ui, STR("23:30"), &us, NULL));
	assert_int_equal(us, NOON + 11 * 3600 * SECOND + 1800 * SECOND + 999999);
}

static void what_is_no_time_is_refused(void **state)
{
	static const char *const texts[] = {
		"noon", "25:00", "12", "12:60",      "12:00:61",         "12:00:00:00", "101%", "-1%",
		"+",    "+x",    "%",  "2026-13-01", "2026-11-21x12:00", "2026-11-21 ", "12:-1"};
	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		ReplayUi ui = at_noon();
		Err err = {""};
		int64_t us;
		if (replay_parse_time(&ui, str_from(texts[i]), &us, &err))
			fail_msg("\"%s\" is taken", texts[i]);
		assert_non_null(strstr(err.text, "is no time: expected 12:01:33"));
	}
}

static ReplayResult press(ReplayUi *ui, const char *keys)
{
	Keymap map;
	ReplayResult result = REPLAY_NOT_MINE;
	keymap_init(&map);
	map.replaying = true;
	for (Str rest = str_from(keys); rest.len > 0;) {
		Key key;
		Err err = {""};
		assert_true(key_parse(str_cut(&rest, ' '), &key));
		result = replay_key(ui, &map, key, &err);
	}
	return result;
}

static void keys_move_by_samples_and_events(void **state)
{
	static const struct {
		const char *key;
		ReplayMoveKind kind;
		int by;
	} cases[] = {
		{",", REPLAY_STEP, -1},  {".", REPLAY_STEP, 1},  {"(", REPLAY_STEP, -10}, {")", REPLAY_STEP, 10},
		{"{", REPLAY_STEP, -60}, {"}", REPLAY_STEP, 60}, {"E", REPLAY_EVENT, -1}, {"e", REPLAY_EVENT, 1},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		ReplayUi ui = at_noon();
		assert_int_equal(press(&ui, cases[i].key), REPLAY_MOVES);
		assert_int_equal(ui.move.kind, cases[i].kind);
		assert_int_equal(ui.move.by, cases[i].by);
		assert_true(ui.paused); /* to look at what was found */
	}
}

static void speed_is_halved_and_doubled_within_bounds(void **state)
{
	ReplayUi ui = at_noon();
	(void)state;
	assert_true(replay_speed(&ui) == 1);
	assert_int_equal(press(&ui, "F F F"), REPLAY_DONE);
	assert_true(replay_speed(&ui) == 8);
	press(&ui, "F F F F F F");
	assert_true(replay_speed(&ui) == 64);
	press(&ui, "S S S S S S S S S S S");
	assert_true(replay_speed(&ui) == 0.25);
	assert_false(ui.paused);
	press(&ui, "Space");
	assert_true(ui.paused);
	press(&ui, "Space");
	assert_false(ui.paused);
}

static void a_time_becomes_a_move(void **state)
{
	ReplayUi ui = at_noon();
	(void)state;
	Err err = {""};
	assert_true(replay_seek(&ui, STR("12:01"), &err));
	assert_int_equal(ui.move.kind, REPLAY_SEEK);
	assert_int_equal(ui.move.unix_us, NOON + 60 * SECOND + 999999);
	assert_false(replay_seek(&ui, STR("x"), &err));
	assert_int_equal(ui.move.unix_us, NOON + 60 * SECOND + 999999);
}

static void actions_are_refused_and_other_keys_left_alone(void **state)
{
	Keymap map;
	ReplayUi ui = at_noon(), off = {0};
	Err err = {""};
	(void)state;
	keymap_init(&map);
	assert_int_equal(replay_key(&off, &map, '.', &err), REPLAY_NOT_MINE);
	map.replaying = true;
	assert_int_equal(replay_key(&ui, &map, UI_KEY_DOWN, &err), REPLAY_NOT_MINE);
	assert_int_equal(replay_key(&ui, &map, '5', &err), REPLAY_NOT_MINE);
	assert_string_equal(err.text, "");
	assert_int_equal(replay_key(&ui, &map, 'K', &err), REPLAY_DONE);
	assert_string_equal(err.text, "this is a recording: nothing can be done to its servers");
	assert_int_equal(replay_key(&ui, &map, 'z', &err), REPLAY_DONE);
	assert_string_equal(err.text, "this is a recording: Space stops it where it is");
	assert_int_equal(replay_key(&ui, &map, 's', &err), REPLAY_DONE);
	assert_string_equal(err.text, "this is a recording: F plays it faster");
}

static void servers_and_recordings_have_keys_of_their_own(void **state)
{
	Keymap map;
	Err err;
	(void)state;
	keymap_init(&map);
	assert_int_equal(keymap_lookup(&map, 'K'), ACTION_TERMINATE);
	assert_int_equal(keymap_lookup(&map, '.'), ACTION_NONE);
	map.replaying = true;
	assert_int_equal(keymap_lookup(&map, 'K'), ACTION_NONE);
	assert_int_equal(keymap_lookup(&map, '.'), ACTION_REPLAY_FORWARD);
	assert_int_equal(keymap_lookup(&map, 'q'), ACTION_QUIT);
	/* both may have the same, but neither one that is everywhere */
	assert_true(keymap_set(&map, STR("replay-next-event"), STR("K"), &err));
	assert_int_equal(keymap_lookup(&map, 'K'), ACTION_REPLAY_NEXT_EVENT);
	map.replaying = false;
	assert_int_equal(keymap_lookup(&map, 'K'), ACTION_TERMINATE);
	assert_false(keymap_set(&map, STR("replay-next-event"), STR("q"), &err));
	assert_false(keymap_set(&map, STR("quit"), STR("."), &err));
	assert_string_equal(err.text, "key . belongs to the action \"replay-forward\"");
	assert_int_equal(keymap_lookup(&map, ' '), ACTION_TAG);
	map.replaying = true;
	assert_int_equal(keymap_lookup(&map, ' '), ACTION_REPLAY_PAUSE);
}

static void row_of(Frame *frame, int cols, int rows, const ReplayUi *replay, StrBuf *out)
{
	static ReportFixture fixture;
	UiState ui;
	Keymap keymap;
	Theme theme;
	fixture_reference(&fixture);
	keymap_init(&keymap);
	theme_init(&theme, false);
	ui_init(&ui, &keymap, false);
	ui_begin_replay(&ui);
	ui.replay = *replay;
	ui_update(&ui, &fixture.report);
	render(frame, cols, rows, &fixture.report, &ui, &theme);
	strbuf_clear(out);
	frame_row_text(frame, rows >= 6 ? rows - 2 : rows - 1, out);
	ui_free(&ui);
}

static void a_line_says_where_it_stands(void **state)
{
	Frame frame = {0};
	StrBuf line = {0};
	ReplayUi ui = at_noon();
	(void)state;
	row_of(&frame, 100, 24, &ui, &line);
	assert_string_equal(line.data, "REPLAY 2026-11-21 12:00:00Z  1x  3601 of 7201  "
	                               "11:00:00Z [===============|---------------] 13:00:00Z");
	ui.paused = true;
	ui.speed = -2;
	row_of(&frame, 50, 24, &ui, &line);
	assert_string_equal(line.data, "REPLAY 12:00:00Z  1/4x paused  3601 of 7201");
	ui.at = 7200;
	row_of(&frame, 24, 3, &ui, &line);
	assert_string_equal(line.data, "REPLAY 12:00:00Z  1/4x e");
	for (int rows = 1; rows < 30; rows++)
		for (int cols = 1; cols < 100; cols += 7)
			row_of(&frame, cols, rows, &ui, &line);
	strbuf_free(&line);
	frame_free(&frame);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_read_in_every_form),
		cmocka_unit_test(a_time_is_of_the_day_that_was_recorded),
		cmocka_unit_test(what_is_no_time_is_refused),
		cmocka_unit_test(keys_move_by_samples_and_events),
		cmocka_unit_test(speed_is_halved_and_doubled_within_bounds),
		cmocka_unit_test(a_time_becomes_a_move),
		cmocka_unit_test(actions_are_refused_and_other_keys_left_alone),
		cmocka_unit_test(servers_and_recordings_have_keys_of_their_own),
		cmocka_unit_test(a_line_says_where_it_stands),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
