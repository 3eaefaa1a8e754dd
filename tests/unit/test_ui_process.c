/* What a person does with the processes: which are shown, in which order, and where the cursor is. */
#include "view/render.h"
#include "view/ui_act.h"

#include "screen_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void start(Screen *s)
{
	screen_start(s, fixture_processes, false, 120, 36);
}

static int selected_pid(const Screen *s)
{
	int at = ui_process_index(&s->ui, &s->fixture.report);
	return at < 0 ? 0 : (int)s->fixture.processes[at].pid;
}

static size_t shown(const Screen *s)
{
	return s->ui.processes.lines.shown;
}

static void the_view_has_all_nodes_or_the_one_under_the_cursor(void **state)
{
	static Screen s;
	NodeId node = 7;
	(void)state;
	start(&s);
	assert_true(ui_wants_processes(&s.ui, &s.fixture.report, &node));
	assert_int_equal(node, 1);
	press(&s, "2");
	assert_int_equal(shown(&s), 14);
	assert_true(ui_wants_processes(&s.ui, &s.fixture.report, &node));
	assert_int_equal(node, 0);
	press(&s, "End"); /* the heading of s3, the last */
	assert_int_equal(selected_pid(&s), 0);
	assert_int_equal(s.ui.selected_process.node, 4);
	press(&s, "Up");
	assert_int_equal(selected_pid(&s), 16011);
	press(&s, "A");
	assert_int_equal(shown(&s), 5);
	assert_int_equal(selected_pid(&s), 16011);
	assert_true(ui_wants_processes(&s.ui, &s.fixture.report, &node));
	assert_int_equal(node, 3);
	press(&s, "1"); /* the node that it belongs to is selected in the tree, too */
	assert_int_equal(ui_process_node(&s.ui, &s.fixture.report), 3);
	assert_int_equal(selected_pid(&s), 16011);
	press(&s, "2 A");
	assert_int_equal(shown(&s), 14);
	press(&s, "4");
	assert_false(ui_wants_processes(&s.ui, &s.fixture.report, &node));
	press(&s, "2 Home Down Enter");
	assert_int_equal(s.ui.view, VIEW_DETAIL);
	assert_int_equal(s.ui.selected_node.node, 1);
	assert_true(ui_wants_processes(&s.ui, &s.fixture.report, &node)); /* its page says what they do */
	assert_int_equal(node, 1);
	press(&s, "2 Esc");
	assert_int_equal(s.ui.view, VIEW_TOPOLOGY);
}

static void the_cursor_follows_its_process(void **state)
{
	static Screen s;
	(void)state;
	start(&s);
	press(&s, "2 Home Down Down"); /* the heading, the first, the second */
	assert_int_equal(selected_pid(&s), 15403);
	press(&s, "> > > >");
	assert_string_equal(s.ui.processes.choice.order.column->name, "rchar_bytes_per_second");
	assert_int_equal(selected_pid(&s), 15403);
	int at = s.ui.process_at;
	press(&s, "R");
	assert_int_equal(selected_pid(&s), 15403);
	assert_int_not_equal(s.ui.process_at, at);
	press(&s, "g a i");
	assert_int_equal(selected_pid(&s), 15403);
	s.fixture.processes[1].rchar_bytes_per_second = 1e12;
	s.fixture.processes[1].rchar_bytes = (int64_t)1e12;
	press(&s, "R");
	assert_int_equal(selected_pid(&s), 15403);
	assert_int_equal(s.ui.process_at, 0);
	press(&s, "Down Up");
	assert_int_equal(selected_pid(&s), 15403);
	s.fixture.processes[1].key.start_us++; /* its number has another process */
	screen_draw(&s);
	assert_int_equal(s.ui.selected_process.start_us, s.fixture.processes[1].key.start_us);
	assert_int_equal(s.ui.process_at, 0);
}

static void a_filter_is_typed_and_holds_until_it_is_changed(void **state)
{
	static Screen s;
	(void)state;
	start(&s);
	press(&s, "2 \\ t y p e = w a l s e n d e r");
	assert_int_equal(s.ui.prompt.kind, PROMPT_FILTER_PROCESSES);
	assert_int_equal(shown(&s), 14); /* not before Enter */
	press(&s, "Enter");
	assert_int_equal(s.ui.prompt.kind, PROMPT_NONE);
	assert_int_equal(shown(&s), 3);
	press(&s, "\\ C-w x Esc"); /* backed out */
	assert_int_equal(shown(&s), 3);
	press(&s, "\\ Backspace Enter");
	assert_int_equal(shown(&s), 0);
	press(&s, "\\ C-u p i d ~ 1 Enter");
	assert_int_equal(s.ui.prompt.kind, PROMPT_FILTER_PROCESSES);
	assert_true(s.ui.message_bad);
	assert_string_equal(s.ui.message, "character 4: pid is no text: expected =, !=, <, <=, > or >=");
	assert_string_equal(s.ui.processes.choice.filter.text, "type=walsende");
	press(&s, "C-u Enter");
	assert_int_equal(shown(&s), 14);
	press(&s, "\\ q K C y 2 1"); /* letters, no commands */
	assert_int_equal(s.ui.view, VIEW_PROCESSES);
	assert_int_equal(s.ui.dialog, DIALOG_NONE);
	assert_string_equal(s.ui.prompt.edit.text, "qKCy21");
	press(&s, "Esc 1 Tab \\ C-u s t a r t u p Enter Tab"); /* it is the pane's, too */
	assert_int_equal(shown(&s), 0);
	press(&s, "Down Down Down");
	assert_int_equal(shown(&s), 1);
}

static void a_process_that_the_filter_hides_hands_the_cursor_on(void **state)
{
	static Screen s;
	(void)state;
	start(&s);
	press(&s, "2 g End");
	assert_int_equal(selected_pid(&s), 16011);
	press(&s, "\\ w a l Enter");
	assert_int_equal(selected_pid(&s), 16002); /* the last one that is left */
	press(&s, "\\ C-u n o p e Enter");
	assert_int_equal(selected_pid(&s), 0);
	press(&s, "C Down PgUp End");
	assert_string_equal(s.ui.message, "");
	assert_int_equal(press(&s, "C").kind, EFFECT_NONE);
	assert_string_equal(s.ui.message, "there is no process here");
	press(&s, "\\ C-u Enter");
	assert_int_not_equal(selected_pid(&s), 0);
}

static void totals_keep_the_sort_column(void **state)
{
	static Screen s;
	(void)state;
	start(&s);
	press(&s, "2 > > > > a");
	assert_string_equal(s.ui.processes.choice.order.column->name, "rchar_bytes");
	assert_true(s.ui.processes.choice.order.descending);
	press(&s, ">");
	assert_string_equal(s.ui.processes.choice.order.column->name, "wchar_bytes");
	press(&s, "a");
	assert_string_equal(s.ui.processes.choice.order.column->name, "wchar_bytes_per_second");
	press(&s, "< < < < <");
	assert_null(s.ui.processes.choice.order.column);
	press(&s, "R");
	assert_string_equal(s.ui.message, "no sort column is chosen");
}

static void the_tree_has_an_order_of_its_own(void **state)
{
	static Screen s;
	(void)state;
	start(&s);
	press(&s, ">");
	assert_non_null(s.ui.order.column);
	assert_null(s.ui.processes.choice.order.column);
	press(&s, "Tab >");
	assert_string_equal(s.ui.processes.choice.order.column->name, "pid");
	assert_string_equal(s.ui.order.column->name, "node");
	press(&s, "2 -");
	assert_int_equal(s.ui.folded.count, 0);
}

static void what_belongs_to_processes_does_nothing_elsewhere(void **state)
{
	static const char *const keys[] = {"i", "a", "\\", "A", "g"};
	static Screen s;
	(void)state;
	start(&s);
	press(&s, "4");
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		press(&s, keys[i]);
		assert_true(s.ui.message[0] != '\0');
		assert_int_equal(s.ui.prompt.kind, PROMPT_NONE);
	}
	press(&s, "1 A");
	assert_string_equal(s.ui.message, "only in the process view");
	const ProcessChoice *choice = &s.ui.processes.choice;
	assert_false(choice->only_active || choice->totals || choice->one_node || choice->flat);
}

static void processes_are_signalled_from_their_view_and_headings_are_not(void **state)
{
	static Screen s;
	(void)state;
	start(&s);
	press(&s, "2 Home C");
	assert_string_equal(s.ui.message, "there is no process here"); /* the heading of p1 */
	press(&s, "\\ p i d = 1 5 5 6 7 Enter Home Down C");
	assert_int_equal(s.ui.dialog, DIALOG_CONFIRM);
	assert_int_equal(s.ui.asked.items[0].key.pid, 15567);
	assert_int_equal(press(&s, "y").kind, EFFECT_ACT);
}

static void the_command_line_chooses_what_is_shown_first(void **state)
{
	static Screen s;
	Filter filter = {0};
	Err err = {""};
	(void)state;
	start(&s);
	assert_true(filter_parse(&filter, metric_table(TABLE_PROCESSES), STR("wal"), &err));
	process_ui_choose(&s.ui.processes, &filter,
	                  order_by(metric_find(metric_table(TABLE_PROCESSES), STR("wchar_bytes"))));
	press(&s, "2");
	assert_true(s.ui.processes.choice.totals);
	assert_int_equal(shown(&s), 6);
	press(&s, "g");
	assert_int_equal(s.fixture.processes[s.ui.processes.lines.rows[0].row].pid, 15567);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_view_has_all_nodes_or_the_one_under_the_cursor),
		cmocka_unit_test(the_cursor_follows_its_process),
		cmocka_unit_test(a_filter_is_typed_and_holds_until_it_is_changed),
		cmocka_unit_test(a_process_that_the_filter_hides_hands_the_cursor_on),
		cmocka_unit_test(totals_keep_the_sort_column),
		cmocka_unit_test(the_tree_has_an_order_of_its_own),
		cmocka_unit_test(what_belongs_to_processes_does_nothing_elsewhere),
		cmocka_unit_test(processes_are_signalled_from_their_view_and_headings_are_not),
		cmocka_unit_test(the_command_line_chooses_what_is_shown_first),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
