/* What a person does with the screen as a whole and with its tables: freezes it, sets the delay, searches. */
#include "view/render.h"
#include "view/ui_act.h"
#include "view/view_act.h"

#include "screen_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void start(Screen *s, void (*build)(ReportFixture *))
{
	screen_start(s, build, false, 80, 24);
}

static const char *selected(const Screen *s)
{
	int at = ui_tree_index(&s->ui, &s->fixture.report);
	return at < 0 ? "" : s->fixture.nodes[at].node.data;
}

static int selected_pid(const Screen *s)
{
	int at = ui_process_index(&s->ui, &s->fixture.report);
	return at < 0 ? 0 : (int)s->fixture.processes[at].pid;
}

/* The text of a row of the screen. */
static bool row_has(const Screen *s, int row, const char *words)
{
	StrBuf text = {0};
	frame_row_text(&s->frame, row, &text);
	bool found = str_find(strbuf_str(&text), str_from(words)) != SIZE_MAX;
	strbuf_free(&text);
	return found;
}

static void the_screen_freezes_and_thaws(void **state)
{
	static Screen s;
	start(&s, fixture_reference);
	assert_int_equal(press(&s, "z").kind, EFFECT_FREEZE);
	assert_true(s.ui.frozen);
	assert_string_equal(s.ui.since, "12:01:33Z");
	assert_string_equal(s.ui.message, "frozen: z shows the newest again; what is read meanwhile is not lost");
	press(&s, "5 4 2 1 Enter Esc Down Tab"); /* all views are there */
	assert_true(s.ui.frozen);
	assert_int_equal(press(&s, "z").kind, EFFECT_FREEZE);
	assert_false(s.ui.frozen);
	assert_string_equal(s.ui.message, "");
}

static bool confirmation_says(const UiState *ui, const char *words)
{
	DialogText text;
	StrBuf all = {0};
	dialog_text_init(&text, 74);
	act_fill_confirm(&text, &ui->asked, ui->frozen ? str_from(ui->since) : STR_NONE);
	for (size_t i = 0; i < text.nlines; i++)
		strbuf_addf(&all, "%.*s ", STR_ARG(text.lines[i].text));
	bool found = str_find(strbuf_str(&all), str_from(words)) != SIZE_MAX;
	strbuf_free(&all);
	dialog_text_free(&text);
	return found;
}

static void an_action_on_a_frozen_screen_says_so_and_keeps_its_guard(void **state)
{
	static Screen s;
	start(&s, fixture_sync_wait);
	press(&s, "Tab K");
	assert_int_equal(s.ui.dialog, DIALOG_CONFIRM);
	assert_false(confirmation_says(&s.ui, "frozen"));
	RowKey key = s.ui.asked.items[0].key;
	press(&s, "n z K");
	assert_int_equal(s.ui.dialog, DIALOG_CONFIRM);
	assert_true(confirmation_says(&s.ui, "The screen is frozen since 12:01:33Z: what it shows may have changed."));
	assert_true(confirmation_says(&s.ui, "only if it is still the same process."));
	assert_true(row_key_eq(s.ui.asked.items[0].key, key)); /* with the start that the statement checks */
	assert_int_equal(press(&s, "y").kind, EFFECT_ACT);
	start(&s, fixture_actions);
	press(&s, "z Down P");
	assert_true(confirmation_says(&s.ui, "only if it is still the same server."));
}

static void the_delay_is_asked_for(void **state)
{
	static const char *const wrong[] = {"0 . 0 9", "3 6 0 1", "0", "- 1", "x", "1 k B", ""};
	static Screen s;
	start(&s, fixture_reference);
	press(&s, "s");
	assert_int_equal(s.ui.prompt.kind, PROMPT_DELAY);
	assert_string_equal(s.ui.prompt.edit.text, "1"); /* that of now */
	assert_int_equal(press(&s, "C-u 0 . 5 Enter").kind, EFFECT_DELAY);
	assert_int_equal(s.ui.prompt.kind, PROMPT_NONE);
	assert_true(s.ui.delay_s == 0.5);
	assert_int_equal(press(&s, "s C-u 2 5 0 m s Enter").kind, EFFECT_DELAY);
	assert_true(s.ui.delay_s == 0.25);
	assert_int_equal(press(&s, "s C-u 3 6 0 0 Enter").kind, EFFECT_DELAY);
	assert_true(s.ui.delay_s == 3600);
	assert_int_equal(press(&s, "s C-u 0 . 1 Enter").kind, EFFECT_DELAY);
	assert_true(s.ui.delay_s == 0.1);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		press(&s, "s C-u");
		press(&s, wrong[i]);
		assert_int_equal(press(&s, "Enter").kind, EFFECT_NONE);
		assert_int_equal(s.ui.prompt.kind, PROMPT_DELAY); /* stays, to be mended */
		assert_true(s.ui.message_bad);
		assert_true(s.ui.delay_s == 0.1);
		press(&s, "Esc");
		assert_int_equal(s.ui.prompt.kind, PROMPT_NONE);
	}
	press(&s, "s C-u 9 Enter z");
	assert_int_equal(press(&s, "s q z Esc").kind, EFFECT_NONE); /* letters, no commands */
	assert_true(s.ui.frozen);
	press(&s, "s C-u 1 x Enter");
	assert_string_equal(s.ui.message, "\"1x\" is no delay: expected 0.1 to 3600 seconds, as 2, 500ms or 1min");
}

static void a_search_goes_through_the_tree_and_around(void **state)
{
	static Screen s;
	start(&s, fixture_reference);
	press(&s, "n");
	assert_string_equal(s.ui.message, "nothing was searched for so far");
	press(&s, "/ Q U O R U M Enter"); /* in any case */
	assert_string_equal(selected(&s), "s1");
	assert_string_equal(s.ui.message, "");
	press(&s, "n");
	assert_string_equal(selected(&s), "s2");
	assert_string_equal(s.ui.message, "");
	press(&s, "n");
	assert_string_equal(selected(&s), "s1");
	assert_string_equal(s.ui.message, "search went on from the top");
	press(&s, "N");
	assert_string_equal(selected(&s), "s2");
	assert_string_equal(s.ui.message, "search went on from the end");
	press(&s, "/ 6 1 . 0 Space M B Enter"); /* a number as it is shown */
	assert_string_equal(selected(&s), "s4");
	press(&s, "n"); /* the only one: it is found again */
	assert_string_equal(selected(&s), "s4");
	press(&s, "/ n o w h e r e Enter");
	assert_string_equal(selected(&s), "s4");
	assert_true(s.ui.message_bad);
	assert_string_equal(s.ui.message, "\"nowhere\" is in no row");
	press(&s, "/ q u i t Esc n"); /* backed out: the one before holds */
	assert_string_equal(s.ui.message, "\"nowhere\" is in no row");
	press(&s, "/ p r i m Enter Home / Enter"); /* Enter alone goes on */
	assert_string_equal(selected(&s), "p1");
}

static void a_search_finds_what_hangs_below_a_heading(void **state)
{
	static Screen s;
	start(&s, fixture_clusters);
	press(&s, "/ l o n e l y Enter");
	assert_string_equal(selected(&s), "lonely:5432");
	press(&s, "/ 7 4 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 2 Enter");
	assert_int_equal(ui_tree_index(&s.ui, &s.fixture.report), -1); /* a heading */
	press(&s, "Down");
	assert_string_equal(selected(&s), "other:5432");
	press(&s, "Home - / l o n e l y Enter n");
	assert_string_equal(selected(&s), "lonely:5432");
	press(&s, "* / l o n e l y Enter"); /* folded away */
	if (s.ui.folded.count == 0)
		press(&s, "* n");
	assert_string_equal(s.ui.message, "\"lonely\" is in no row");
}

static void a_search_goes_through_the_processes_under_focus(void **state)
{
	static Screen s;
	start(&s, fixture_processes);
	press(&s, "Tab / w a l s e n d e r Enter");
	assert_int_equal(selected_pid(&s), 15436);
	assert_string_equal(selected(&s), "p1");
	press(&s, "/ W A L S e n d e r M a i n Enter"); /* it is cut on this screen */
	assert_int_equal(selected_pid(&s), 15437);
	press(&s, "Home / W a l s e n d e r Space s 2 Enter"); /* one text on the screen, two columns */
	assert_int_equal(selected_pid(&s), 15437);
	press(&s, "/ s 2 Space a c t i v e Enter");
	assert_string_equal(s.ui.message, "\"s2 active\" is in no row"); /* two texts */
	press(&s, "2 Home / s t a r t u p Enter");
	assert_int_equal(s.fixture.processes[ui_process_index(&s.ui, &s.fixture.report)].backend_type.len, 7);
	press(&s, "\\ b a c k e n d Enter / s t a r t u p Enter"); /* the filter leaves it out */
	assert_string_equal(s.ui.message, "\"startup\" is in no row");
}

static void a_search_scrolls_the_events(void **state)
{
	static Screen s;
	start(&s, fixture_views);
	press(&s, "5 / c o n n e c t i o n Space R E F Enter");
	uint64_t number = s.ui.found_event;
	assert_int_not_equal(number, 0);
	assert_string_equal(s.ui.message, "");
	press(&s, "/ 1 2 : 2 6 : 3 3 Enter"); /* it is found above, and scrolled to */
	assert_int_not_equal(s.ui.found_event, number);
	assert_string_equal(s.ui.message, "search went on from the top");
	assert_true(s.ui.page_top > 0 || row_has(&s, 3, "12:26:33"));
	press(&s, "Home / C o n n e c t i o n Space r e f Enter");
	assert_int_equal(s.ui.found_event, number);
	assert_false(s.ui.page_at_end);
	press(&s, "4 n");
	assert_string_equal(s.ui.message, "nothing can be searched in this view");
}

static void a_filter_is_of_the_table_under_focus(void **state)
{
	static Screen s;
	start(&s, fixture_reference);
	press(&s, "Down Down \\");
	assert_string_equal(selected(&s), "s4");
	assert_int_equal(s.ui.prompt.kind, PROMPT_FILTER_NODES);
	press(&s, "l a g > 1 G B Enter");
	assert_int_equal(s.ui.lines.matching, 2); /* s2, s3 */
	assert_int_equal(s.ui.lines.count, 3);
	assert_true(row_has(&s, 2, " nodes ") && row_has(&s, 2, " 2 of 6 ") && row_has(&s, 2, " filter lag>1GB "));
	assert_string_equal(selected(&s), "p1"); /* what the one under the cursor hung below */
	assert_true(filter_is_empty(&s.ui.processes.choice.filter));
	press(&s, "Tab \\");
	assert_int_equal(s.ui.prompt.kind, PROMPT_FILTER_PROCESSES);
	assert_string_equal(s.ui.prompt.edit.text, "");
	press(&s, "Esc Tab \\");
	assert_string_equal(s.ui.prompt.edit.text, "lag>1GB");
	press(&s, "C-u l a g > x Enter");
	assert_true(s.ui.message_bad);
	assert_int_equal(s.ui.prompt.kind, PROMPT_FILTER_NODES);
	assert_int_equal(s.ui.lines.matching, 2);
	press(&s, "C-u n o p e Enter");
	assert_int_equal(s.ui.lines.count, 0);
	assert_true(row_has(&s, 4, "None of them matches."));
	assert_true(row_has(&s, 6, "No node is selected."));
	press(&s, "Enter P Down Space - * n"); /* nothing is under the cursor */
	press(&s, "\\ C-u Enter");
	assert_int_equal(s.ui.lines.count, 6);
	assert_false(row_has(&s, 2, " nodes "));
	press(&s, "4 \\");
	assert_int_equal(s.ui.prompt.kind, PROMPT_NONE);
	assert_string_equal(s.ui.message, "only where nodes or processes are shown");
}

static void a_recording_has_what_is_of_the_screen(void **state)
{
	static Screen s;
	start(&s, fixture_reference);
	ui_begin_replay(&s.ui);
	press(&s, "z");
	assert_false(s.ui.frozen);
	assert_string_equal(s.ui.message, "this is a recording: Space stops it where it is");
	press(&s, "s");
	assert_int_equal(s.ui.prompt.kind, PROMPT_NONE);
	assert_string_equal(s.ui.message, "this is a recording: F plays it faster");
	press(&s, "/ s 4 Enter");
	assert_string_equal(selected(&s), "s4");
	press(&s, "\\ l a g > 1 G B Enter");
	assert_int_equal(s.ui.lines.matching, 2);
	press(&s, "f");
	assert_int_equal(s.ui.dialog, DIALOG_COLUMNS);
}

static void a_time_to_go_to_is_typed(void **state)
{
	static Screen s;
	start(&s, fixture_reference);
	ui_begin_replay(&s.ui);
	press(&s, "G");
	assert_int_equal(s.ui.prompt.kind, PROMPT_TIME);
	assert_int_equal(press(&s, "0 0 : 0 1").kind, EFFECT_NONE); /* the keys of a replay are text here */
	assert_true(row_has(&s, 23, "go to (UTC): 00:01"));
	assert_int_equal(press(&s, "Enter").kind, EFFECT_REPLAY);
	assert_int_equal(s.ui.prompt.kind, PROMPT_NONE);
	assert_int_equal(s.ui.replay.move.kind, REPLAY_SEEK);
	assert_int_equal(s.ui.replay.move.unix_us, 60999999);
	assert_int_equal(press(&s, "G . Enter").kind, EFFECT_NONE);
	assert_int_equal(s.ui.prompt.kind, PROMPT_TIME); /* to be mended */
	assert_true(s.ui.message_bad);
	assert_int_equal(press(&s, "Esc").kind, EFFECT_NONE);
	assert_int_equal(s.ui.prompt.kind, PROMPT_NONE);
	assert_int_equal(press(&s, "G Enter").kind, EFFECT_NONE); /* nowhere */
	assert_int_equal(s.ui.prompt.kind, PROMPT_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_screen_freezes_and_thaws),
		cmocka_unit_test(an_action_on_a_frozen_screen_says_so_and_keeps_its_guard),
		cmocka_unit_test(the_delay_is_asked_for),
		cmocka_unit_test(a_search_goes_through_the_tree_and_around),
		cmocka_unit_test(a_search_finds_what_hangs_below_a_heading),
		cmocka_unit_test(a_search_goes_through_the_processes_under_focus),
		cmocka_unit_test(a_search_scrolls_the_events),
		cmocka_unit_test(a_filter_is_of_the_table_under_focus),
		cmocka_unit_test(a_recording_has_what_is_of_the_screen),
		cmocka_unit_test(a_time_to_go_to_is_typed),
	};
	return cmocka_run_group_tests_name("ui_screen", tests, NULL, NULL);
}
