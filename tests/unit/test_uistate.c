#include "view/ui_act.h"

#include "screen_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

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

static void the_first_rows_are_selected_at_the_start(void **state)
{
	static Screen s;
	(void)state;
	screen_start(&s, fixture_reference, false, 0, 0);
	assert_string_equal(selected(&s), "p1");
	assert_int_equal(selected_pid(&s), 15401);
	assert_int_equal(ui_process_node(&s.ui, &s.fixture.report), 1);
}

static void the_cursor_moves_and_stops_at_the_ends(void **state)
{
	static Screen s;
	(void)state;
	screen_start(&s, fixture_reference, false, 0, 0);
	s.ui.tree_page = 3;
	press(&s, "Up");
	assert_string_equal(selected(&s), "p1");
	press(&s, "j");
	assert_string_equal(selected(&s), "s1");
	press(&s, "PgDn");
	assert_string_equal(selected(&s), "s3");
	press(&s, "PgDn PgDn Down");
	assert_string_equal(selected(&s), "pg_receivewal 127.0.0.1:41122");
	press(&s, "k PgUp");
	assert_string_equal(selected(&s), "s1");
	press(&s, "End");
	assert_string_equal(selected(&s), "pg_receivewal 127.0.0.1:41122");
	press(&s, "Home");
	assert_string_equal(selected(&s), "p1");
}

static void a_client_leaf_shows_its_upstreams_processes(void **state)
{
	static Screen s;
	(void)state;
	screen_start(&s, fixture_reference, false, 0, 0);
	press(&s, "End");
	assert_int_equal(ui_process_node(&s.ui, &s.fixture.report), 1);
	press(&s, "Up Up");
	assert_int_equal(ui_process_node(&s.ui, &s.fixture.report), 3);
	assert_int_equal(selected_pid(&s), 16001);
	press(&s, "Up");
	assert_int_equal(selected_pid(&s), 0); /* s4 has none */
}

static void the_selection_follows_its_row_when_rows_move(void **state)
{
	static Screen s;
	(void)state;
	screen_start(&s, fixture_reference, false, 0, 0);
	press(&s, "Down Down Down");
	assert_string_equal(selected(&s), "s2");
	NodeRow first = s.fixture.nodes[0];
	s.fixture.nodes[0] = s.fixture.nodes[3];
	s.fixture.nodes[3] = first;
	ui_update(&s.ui, &s.fixture.report);
	assert_string_equal(selected(&s), "s2");
	press(&s, "Up"); /* it is the first row now */
	assert_string_equal(selected(&s), "s2");
}

static void a_row_that_vanishes_hands_the_selection_to_the_one_in_its_place(void **state)
{
	static Screen s;
	(void)state;
	screen_start(&s, fixture_reference, false, 0, 0);
	press(&s, "Down Down Down");
	memmove(&s.fixture.nodes[3], &s.fixture.nodes[4], 2 * sizeof(NodeRow));
	s.fixture.report.nnodes--;
	ui_update(&s.ui, &s.fixture.report);
	assert_string_equal(selected(&s), "s3");
	s.fixture.report.nnodes = 2;
	ui_update(&s.ui, &s.fixture.report);
	assert_string_equal(selected(&s), "s1"); /* the last one that is there */
	s.fixture.report.nnodes = 0;
	ui_update(&s.ui, &s.fixture.report);
	assert_false(s.ui.has_selected_node);
	assert_int_equal(ui_process_node(&s.ui, &s.fixture.report), 0);
	press(&s, "Down End PgUp");
	assert_false(s.ui.has_selected_node);
}

static void a_process_that_ends_hands_the_selection_on_within_its_node(void **state)
{
	static Screen s;
	(void)state;
	screen_start(&s, fixture_reference, false, 0, 0);
	press(&s, "Tab End");
	assert_int_equal(selected_pid(&s), 15570);
	s.fixture.processes[8] = s.fixture.processes[9]; /* the next one is another node's */
	s.fixture.report.nprocesses--;
	ui_update(&s.ui, &s.fixture.report);
	assert_int_equal(selected_pid(&s), 15568);
	s.fixture.processes[7].key.start_us++; /* the same pid, another process */
	ui_update(&s.ui, &s.fixture.report);
	assert_int_equal(s.ui.selected_process.start_us, s.fixture.processes[7].key.start_us);
}

static void tab_and_escape_move_the_focus(void **state)
{
	static Screen s;
	(void)state;
	screen_start(&s, fixture_reference, false, 0, 0);
	press(&s, "Tab");
	assert_int_equal(s.ui.focus, PANE_PROCESSES);
	press(&s, "Tab");
	assert_int_equal(s.ui.focus, PANE_TREE);
	press(&s, "Tab Esc");
	assert_int_equal(s.ui.focus, PANE_TREE);
	press(&s, "Esc");
	assert_int_equal(s.ui.focus, PANE_TREE);
}

static void columns_scroll_in_the_pane_with_the_focus(void **state)
{
	static Screen s;
	(void)state;
	screen_start(&s, fixture_reference, false, 0, 0);
	press(&s, "Left Right ]");
	assert_int_equal(s.ui.tree_left, 2);
	press(&s, "Tab Right [ [");
	assert_int_equal(s.ui.process_left, 0);
	assert_int_equal(s.ui.tree_left, 2);
}

static void quit_and_redraw_are_effects(void **state)
{
	static Screen s;
	(void)state;
	screen_start(&s, fixture_reference, false, 0, 0);
	assert_int_equal(press(&s, "q").kind, EFFECT_QUIT);
	assert_int_equal(press(&s, "C-l").kind, EFFECT_REDRAW);
	assert_int_equal(press(&s, "Down").kind, EFFECT_NONE);
	assert_int_equal(press(&s, "x").kind, EFFECT_NONE);
}

static void help_takes_the_keys_until_it_is_closed(void **state)
{
	static const char *const closing[] = {"Esc", "q", "?", "h", "F1", "Enter"};
	static Screen s;
	(void)state;
	screen_start(&s, fixture_reference, false, 0, 0);
	for (size_t i = 0; i < sizeof(closing) / sizeof(closing[0]); i++) {
		press(&s, "?");
		assert_int_equal(s.ui.dialog, DIALOG_HELP);
		assert_int_equal(press(&s, "Down Down Up Tab C K").kind, EFFECT_NONE);
		assert_int_equal(s.ui.dialog, DIALOG_HELP);
		assert_int_equal(s.ui.dialog_scroll, 1);
		assert_int_equal(press(&s, closing[i]).kind, EFFECT_NONE);
		assert_int_equal(s.ui.dialog, DIALOG_NONE);
	}
	assert_int_equal(s.ui.focus, PANE_TREE);
	assert_string_equal(selected(&s), "p1");
	press(&s, "? Up PgUp");
	assert_int_equal(s.ui.dialog_scroll, 0);
}

static void what_may_not_be_signalled_is_refused_with_the_reason(void **state)
{
	static Screen s;
	(void)state;
	screen_start(&s, fixture_reference, false, 0, 0);
	press(&s, "C");
	assert_string_equal(s.ui.message, "select a process first (Tab)");
	press(&s, "Tab K");
	assert_string_equal(s.ui.message, "PID 15401 is a checkpointer: PostgreSQL lets no client signal it");
	assert_true(s.ui.message_bad);
	press(&s, "Down Down K");
	assert_string_equal(s.ui.message, "PID 15404 is an archiver: PostgreSQL lets no client signal it");
	press(&s, "End C");
	assert_string_equal(s.ui.message, "backend_start is not visible to this role: grant pg_monitor");
	press(&s, "Tab Down Tab C"); /* s1 has no processes */
	assert_string_equal(s.ui.message, "there is no process here");
	assert_int_equal(s.ui.dialog, DIALOG_NONE);
	screen_start(&s, fixture_reference, true, 0, 0);
	press(&s, "Tab Down Down Down K");
	assert_string_equal(s.ui.message, "read-only: this program cancels, terminates and pauses nothing");
	assert_int_equal(s.ui.dialog, DIALOG_NONE);
}

static void any_key_clears_the_message(void **state)
{
	static Screen s;
	(void)state;
	screen_start(&s, fixture_reference, false, 0, 0);
	ui_message(&s.ui, true, "server says: %s", "no");
	assert_string_equal(s.ui.message, "server says: no");
	assert_true(s.ui.message_bad);
	press(&s, "x");
	assert_string_equal(s.ui.message, "");
	assert_false(s.ui.message_bad);
}

static void the_selected_row_is_kept_on_the_page(void **state)
{
	static const struct {
		int top, selected, count, page, want;
	} cases[] = {
		{0, 0, 10, 4, 0},  {0, 4, 10, 4, 1},  {5, 2, 10, 4, 2}, {9, 9, 10, 4, 6},
		{3, -1, 10, 4, 3}, {8, -1, 10, 4, 6}, {2, 0, 1, 4, 0},  {0, 5, 10, 0, 5},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(ui_fit(cases[i].top, cases[i].selected, cases[i].count, cases[i].page), cases[i].want);
}

/* ---- the tree's shape ---- */

static const char *heading(const Screen *s)
{
	int at = ui_tree_line(&s->ui);
	assert_true(at >= 0 && s->ui.lines.rows[at].node == ROW_NONE);
	uint32_t cluster = s->ui.lines.rows[at].cluster;
	return cluster == ROW_NONE ? "" : s->fixture.clusters[cluster].cluster.data;
}

static void folding_hides_what_hangs_below_and_keeps_the_cursor(void **state)
{
	static Screen s;
	screen_start(&s, fixture_forest, false, 0, 0);
	assert_string_equal(selected(&s), "p1"); /* not its heading */
	assert_int_equal(s.ui.lines.count, 16);
	press(&s, "Down -");
	assert_int_equal(s.ui.lines.count, 15);
	assert_string_equal(selected(&s), "s1");
	press(&s, "Down");
	assert_string_equal(selected(&s), "s2"); /* s4 is no line */
	press(&s, "Up - -");
	assert_int_equal(s.ui.lines.count, 15);
	press(&s, "+");
	assert_int_equal(s.ui.lines.count, 16);
	press(&s, "Down -");
	assert_string_equal(s.ui.message, "nothing hangs below this row");
	assert_int_equal(s.ui.lines.count, 16);
	ui_free(&s.ui);
}

static void a_cluster_is_folded_at_its_heading(void **state)
{
	static Screen s;
	screen_start(&s, fixture_forest, false, 0, 0);
	press(&s, "Home");
	assert_string_equal(heading(&s), "7312345678901234567");
	assert_int_equal(ui_process_node(&s.ui, &s.fixture.report), 0);
	press(&s, "-");
	assert_int_equal(s.ui.lines.count, 10);
	press(&s, "Down");
	assert_string_equal(heading(&s), "7400000000000000001");
	assert_int_equal(ui_cluster(&s.ui, &s.fixture.report), 1);
	press(&s, "End");
	assert_int_equal(ui_cluster(&s.ui, &s.fixture.report), 0); /* that of an unknown node is none */
	ui_free(&s.ui);
}

static void the_cursor_goes_to_what_its_row_is_folded_into(void **state)
{
	static Screen s;
	screen_start(&s, fixture_forest, false, 0, 0);
	press(&s, "Down Down *");
	assert_int_equal(s.ui.lines.count, 4);
	assert_string_equal(heading(&s), "7312345678901234567");
	press(&s, "*");
	assert_int_equal(s.ui.lines.count, 16);
	screen_start(&s, fixture_reference, false, 0, 0); /* without headings its roots are folded */
	press(&s, "Down Down *");
	assert_int_equal(s.ui.lines.count, 1);
	assert_string_equal(selected(&s), "p1");
	ui_free(&s.ui);
}

/* Folds are of nodes, wherever their rows stand. */
static void folds_follow_their_rows(void **state)
{
	static Screen s;
	screen_start(&s, fixture_reference, false, 0, 0);
	press(&s, "Down -");
	NodeRow s1 = s.fixture.nodes[1], s4 = s.fixture.nodes[2];
	s.fixture.nodes[1] = s.fixture.nodes[3];
	s.fixture.nodes[2] = s1;
	s.fixture.nodes[3] = s4;
	s.fixture.nodes[3].parent = 2;
	ui_update(&s.ui, &s.fixture.report);
	assert_int_equal(s.ui.lines.count, 5);
	assert_string_equal(selected(&s), "s1");
	assert_true(s.ui.lines.rows[2].folded && s.ui.lines.rows[2].node == 2);
	ui_free(&s.ui);
}

static void sorting_goes_through_the_columns_on_the_screen(void **state)
{
	static Screen s;
	screen_start(&s, fixture_reference, false, 0, 0);
	press(&s, ">");
	assert_null(s.ui.order.column); /* nothing was drawn yet */
	const MetricTable *table = metric_table(TABLE_NODES);
	s.ui.tree_columns[0] = metric_find(table, STR("node"));
	s.ui.tree_columns[1] = metric_find(table, STR("lag_bytes"));
	s.ui.ntree_columns = 2;
	press(&s, "R");
	assert_string_equal(s.ui.message, "no sort column is chosen");
	press(&s, "Down >");
	assert_true(s.ui.order.column == s.ui.tree_columns[0] && !s.ui.order.descending);
	press(&s, ">");
	assert_true(s.ui.order.column == s.ui.tree_columns[1] && s.ui.order.descending);
	assert_string_equal(s.ui.message, "siblings by BYTES (lag_bytes), highest first");
	assert_string_equal(selected(&s), "s1"); /* it moved, and the cursor with it */
	assert_int_equal(ui_tree_line(&s.ui), 3);
	press(&s, "R");
	assert_string_equal(s.ui.message, "siblings by BYTES (lag_bytes), lowest first");
	assert_int_equal(ui_tree_line(&s.ui), 1);
	press(&s, ">");
	assert_null(s.ui.order.column);
	assert_string_equal(s.ui.message, "siblings in their own order: primaries first, then by address");
	press(&s, "<");
	assert_true(s.ui.order.column == s.ui.tree_columns[1]);
	s.ui.ntree_columns = 1; /* a narrower screen */
	press(&s, "<");
	assert_true(s.ui.order.column == s.ui.tree_columns[0]);
	ui_free(&s.ui);
}

static void views_are_switched_and_left(void **state)
{
	static Screen s;
	(void)state;
	screen_start(&s, fixture_views, false, 0, 0);
	assert_int_equal(s.ui.view, VIEW_TOPOLOGY);
	press(&s, "4");
	assert_int_equal(s.ui.view, VIEW_QUORUM);
	press(&s, "5");
	assert_int_equal(s.ui.view, VIEW_EVENTS);
	press(&s, "1");
	assert_int_equal(s.ui.view, VIEW_TOPOLOGY);
	press(&s, "Down Enter");
	assert_int_equal(s.ui.view, VIEW_DETAIL);
	press(&s, "Down");
	assert_string_equal(selected(&s), "s1");
	press(&s, "Esc");
	assert_int_equal(s.ui.view, VIEW_TOPOLOGY);
	assert_string_equal(selected(&s), "s1");
}

static void only_the_page_of_a_node_wants_its_roles(void **state)
{
	static Screen s;
	const Report *report = &s.fixture.report;
	(void)state;
	screen_start(&s, fixture_views, false, 0, 0);
	assert_int_equal(ui_detail_node(&s.ui, report), 0);
	press(&s, "Down Enter");
	assert_int_equal(ui_detail_node(&s.ui, report), report->nodes[1].key.node);
	press(&s, "4");
	assert_int_equal(ui_detail_node(&s.ui, report), 0);
	press(&s, "1 End Enter");
	assert_int_equal(s.ui.view, VIEW_DETAIL);
	assert_int_equal(ui_detail_node(&s.ui, report), 0); /* pg_receivewal */
}

static void escape_leaves_a_view_before_it_leaves_a_pane(void **state)
{
	static Screen s;
	(void)state;
	screen_start(&s, fixture_views, false, 0, 0);
	press(&s, "Tab 4 Tab Esc");
	assert_int_equal(s.ui.view, VIEW_TOPOLOGY);
	assert_int_equal(s.ui.focus, PANE_PROCESSES);
	press(&s, "Esc");
	assert_int_equal(s.ui.focus, PANE_TREE);
}

static void a_heading_has_no_detail(void **state)
{
	static Screen s;
	(void)state;
	screen_start(&s, fixture_forest, false, 0, 0);
	press(&s, "Home Enter");
	assert_int_equal(s.ui.view, VIEW_TOPOLOGY);
	assert_string_equal(s.ui.message, "select a node first");
	press(&s, "Down Enter");
	assert_int_equal(s.ui.view, VIEW_DETAIL);
}

static void nothing_is_signalled_or_sorted_out_of_sight(void **state)
{
	static Screen s;
	(void)state;
	screen_start(&s, fixture_views, false, 0, 0);
	press(&s, "Tab Down 5 C");
	assert_int_equal(s.ui.dialog, DIALOG_NONE);
	assert_string_equal(s.ui.message, "select a process first (in view 1 or 2)");
	press(&s, "K > - *");
	assert_int_equal(s.ui.dialog, DIALOG_NONE);
	assert_null(s.ui.order.column);
	assert_int_equal(s.ui.folded.count, 0);
}

static void the_events_stay_at_their_end_until_one_scrolls_away(void **state)
{
	static Screen s;
	(void)state;
	screen_start(&s, fixture_views, false, 0, 0);
	press(&s, "5");
	ui_fit_page(&s.ui, 40, 10);
	assert_int_equal(s.ui.page_top, 30);
	ui_fit_page(&s.ui, 41, 10);
	assert_int_equal(s.ui.page_top, 31);
	press(&s, "Up");
	ui_fit_page(&s.ui, 42, 10);
	assert_int_equal(s.ui.page_top, 30);
	press(&s, "End");
	ui_fit_page(&s.ui, 50, 10);
	assert_int_equal(s.ui.page_top, 40);
	press(&s, "PgUp");
	ui_fit_page(&s.ui, 50, 10);
	assert_int_equal(s.ui.page_top, 31);
	press(&s, "PgDn");
	ui_fit_page(&s.ui, 51, 10);
	assert_int_equal(s.ui.page_top, 41);
	press(&s, "Home");
	ui_fit_page(&s.ui, 60, 10);
	assert_int_equal(s.ui.page_top, 0);
}

static void other_views_begin_at_the_top_and_stop_at_their_ends(void **state)
{
	static Screen s;
	(void)state;
	screen_start(&s, fixture_views, false, 0, 0);
	press(&s, "5 4");
	ui_fit_page(&s.ui, 12, 10);
	assert_int_equal(s.ui.page_top, 0);
	press(&s, "Up");
	assert_int_equal(s.ui.page_top, 0);
	press(&s, "Down Down Down Down");
	assert_int_equal(s.ui.page_top, 2);
	ui_fit_page(&s.ui, 20, 10);
	assert_int_equal(s.ui.page_top, 2);
	ui_fit_page(&s.ui, 5, 10);
	assert_int_equal(s.ui.page_top, 0);
	press(&s, "PgDn End Down");
	assert_int_equal(s.ui.page_top, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_rows_are_selected_at_the_start),
		cmocka_unit_test(the_cursor_moves_and_stops_at_the_ends),
		cmocka_unit_test(a_client_leaf_shows_its_upstreams_processes),
		cmocka_unit_test(the_selection_follows_its_row_when_rows_move),
		cmocka_unit_test(a_row_that_vanishes_hands_the_selection_to_the_one_in_its_place),
		cmocka_unit_test(a_process_that_ends_hands_the_selection_on_within_its_node),
		cmocka_unit_test(tab_and_escape_move_the_focus),
		cmocka_unit_test(columns_scroll_in_the_pane_with_the_focus),
		cmocka_unit_test(quit_and_redraw_are_effects),
		cmocka_unit_test(help_takes_the_keys_until_it_is_closed),
		cmocka_unit_test(what_may_not_be_signalled_is_refused_with_the_reason),
		cmocka_unit_test(any_key_clears_the_message),
		cmocka_unit_test(the_selected_row_is_kept_on_the_page),
		cmocka_unit_test(folding_hides_what_hangs_below_and_keeps_the_cursor),
		cmocka_unit_test(a_cluster_is_folded_at_its_heading),
		cmocka_unit_test(the_cursor_goes_to_what_its_row_is_folded_into),
		cmocka_unit_test(folds_follow_their_rows),
		cmocka_unit_test(sorting_goes_through_the_columns_on_the_screen),
		cmocka_unit_test(views_are_switched_and_left),
		cmocka_unit_test(only_the_page_of_a_node_wants_its_roles),
		cmocka_unit_test(escape_leaves_a_view_before_it_leaves_a_pane),
		cmocka_unit_test(a_heading_has_no_detail),
		cmocka_unit_test(nothing_is_signalled_or_sorted_out_of_sight),
		cmocka_unit_test(the_events_stay_at_their_end_until_one_scrolls_away),
		cmocka_unit_test(other_views_begin_at_the_top_and_stop_at_their_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
