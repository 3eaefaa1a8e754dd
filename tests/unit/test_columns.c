/* The columns that a person chooses: from a text, and in the box. */
#include "view/render.h"
#include "view/ui_act.h"

#include "report_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void check_names(TableId table, const char *text, const char *wanted)
{
	ColumnList columns = {0};
	StrBuf names = {0};
	Err err = {""};
	if (!columns_parse_shown(&columns, table, str_from(text), &err))
		fail_msg("'%s': %s", text, err.text);
	columns_write_names(&columns, &names);
	assert_true(str_eq(strbuf_str(&names), str_from(wanted)) || (wanted[0] == '\0' && columns.count == 0));
	strbuf_free(&names);
}

static void a_list_names_columns_in_their_order(void **state)
{
	check_names(TABLE_NODES, "node state lag_bytes", "node state lag_bytes");
	check_names(TABLE_NODES, " lag_bytes,  state ", "node lag_bytes state"); /* the name of the row stands first */
	check_names(TABLE_NODES, "state node", "node state");
	check_names(TABLE_NODES, "node", "node");
	check_names(TABLE_NODES, "BYTES stuck", "node lag_bytes bottleneck"); /* titles, and what begins one */
	check_names(TABLE_PROCESSES, "query,pid,node", "pid query node");
	check_names(TABLE_NODES, "", "");
	check_names(TABLE_NODES, "  ", "");
}

static void a_wrong_list_leaves_what_there_was(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{"state lag_bites", "nodes have no column \"lag_bites\"; did you mean \"lag_bytes\"?"},
		{"state state", "state is named twice"},
		{"node state node", "node is named twice"},
		{"time", "time is a column of files only, not of the screen"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ColumnList columns = {0};
		Err err = {""};
		assert_true(columns_parse_shown(&columns, TABLE_NODES, STR("state"), NULL));
		assert_false(columns_parse_shown(&columns, TABLE_NODES, str_from(cases[i].text), &err));
		assert_string_equal(err.text, cases[i].error);
		assert_int_equal(columns.count, 2);
	}
}

/* Static in each test, so that the next start() frees what it owns. */
typedef struct Screen {
	ReportFixture fixture;
	UiState ui;
	Frame frame;
	int cols;
} Screen;

static void draw(Screen *s)
{
	Theme theme;
	theme_init(&theme, false);
	ui_update(&s->ui, &s->fixture.report);
	render(&s->frame, s->cols, 24, &s->fixture.report, &s->ui, &theme);
}

static void start(Screen *s, void (*build)(ReportFixture *), int cols)
{
	Keymap keymap;
	keymap_init(&keymap);
	build(&s->fixture);
	ui_free(&s->ui);
	ui_init(&s->ui, &keymap, false);
	s->cols = cols;
	draw(s);
}

static void press(Screen *s, const char *keys)
{
	for (Str rest = str_from(keys); rest.len > 0;) {
		Key key;
		assert_true(key_parse(str_cut(&rest, ' '), &key));
		(void)ui_key(&s->ui, key, &s->fixture.report);
		draw(s);
	}
}

static void check_titles(Screen *s, int row, const char *wanted)
{
	StrBuf text = {0}, words = {0};
	frame_row_text(&s->frame, row, &text);
	for (Str rest = strbuf_str(&text); !str_is_none(rest);) {
		Str word = str_cut(&rest, ' ');
		if (word.len > 0)
			strbuf_addf(&words, "%s%.*s", words.len > 0 ? " " : "", STR_ARG(word));
	}
	if (!str_eq(strbuf_str(&words), str_from(wanted)))
		fail_msg("wanted '%s', got '%s'", wanted, words.data);
	strbuf_free(&text);
	strbuf_free(&words);
}

enum { TREE_TITLES = 2 };

static void the_box_begins_with_what_is_on_the_screen(void **state)
{
	static Screen s;
	start(&s, fixture_reference, 80);
	check_titles(&s, TREE_TITLES, "NODE STATE SYNC LAG BYTES TIME STUCK IN");
	press(&s, "f Esc"); /* looked at and left: the program goes on choosing */
	assert_int_equal(s.ui.columns[TABLE_NODES].count, 0);
	press(&s, "f Down Space Esc");
	check_titles(&s, TREE_TITLES, "NODE SYNC LAG BYTES TIME STUCK IN");
	press(&s, "f Down Space Esc"); /* it is the second one now; what is hidden comes behind */
	check_titles(&s, TREE_TITLES, "NODE LAG BYTES TIME STUCK IN");
	press(&s, "Right f d Esc"); /* the default again, though scrolled */
	assert_int_equal(s.ui.columns[TABLE_NODES].count, 0);
	press(&s, "Left");
	check_titles(&s, TREE_TITLES, "NODE STATE SYNC LAG BYTES TIME STUCK IN");
	press(&s, "Right Right f Down Space Esc Left Left"); /* scrolled: it still begins with all that fit */
	check_titles(&s, TREE_TITLES, "NODE SYNC LAG BYTES TIME STUCK IN");
}

static void columns_are_moved_and_the_first_one_stays(void **state)
{
	static Screen s;
	start(&s, fixture_reference, 80);
	press(&s, "f Down Down Down < <");
	assert_int_equal(s.ui.chooser.at, 1);
	press(&s, "<");
	assert_string_equal(s.ui.message, "the first column stays where it is, and the last one is at the end");
	press(&s, "Home Space >");
	assert_int_equal(s.ui.chooser.at, 0);
	press(&s, "Enter");
	check_titles(&s, TREE_TITLES, "NODE LAG STATE SYNC BYTES TIME STUCK IN");
	press(&s, "f Down J J K End J Esc");
	check_titles(&s, TREE_TITLES, "NODE STATE LAG SYNC BYTES TIME STUCK IN");
	press(&s, "> >"); /* sorted in the new order */
	assert_string_equal(s.ui.order.column->name, "state");
}

static void what_is_chosen_does_not_drop_out(void **state)
{
	static Screen s;
	Err err = {""};
	start(&s, fixture_reference, 40);
	assert_true(columns_parse_shown(&s.ui.columns[TABLE_NODES], TABLE_NODES, STR("error host port role replay_lsn"),
	                                &err));
	draw(&s);
	assert_int_equal(s.ui.ntree_columns, 2);
	assert_string_equal(s.ui.tree_columns[1]->name, "error");
	press(&s, "Right");
	assert_string_equal(s.ui.tree_columns[1]->name, "host");
	press(&s, "Right Right Right Right Right Right");
	assert_string_equal(s.ui.tree_columns[1]->name, "replay_lsn");
	assert_string_equal(s.ui.tree_columns[0]->name, "node");
}

static void processes_have_their_own_and_totals_take_the_place_of_rates(void **state)
{
	static Screen s;
	Err err = {""};
	ColumnList *columns = &s.ui.columns[TABLE_PROCESSES];
	start(&s, fixture_processes, 120);
	assert_true(columns_parse_shown(columns, TABLE_PROCESSES, STR("rchar_bytes_per_second query"), &err));
	press(&s, "2 Down");
	assert_int_equal(s.ui.processes.ncolumns, 3);
	assert_string_equal(s.ui.processes.columns[1]->name, "rchar_bytes_per_second");
	press(&s, "a");
	assert_string_equal(s.ui.processes.columns[1]->name, "rchar_bytes");
	press(&s, "a");
	assert_true(columns_parse_shown(columns, TABLE_PROCESSES, STR("rchar_bytes rchar_bytes_per_second"), &err));
	draw(&s);
	assert_string_equal(s.ui.processes.columns[1]->name, "rchar_bytes");
	assert_string_equal(s.ui.processes.columns[2]->name, "rchar_bytes_per_second");
	press(&s, "f");
	assert_int_equal(s.ui.chooser.table, TABLE_PROCESSES);
	press(&s, "Esc 4 f");
	assert_int_equal(s.ui.dialog, DIALOG_NONE);
	assert_int_equal(s.ui.columns[TABLE_NODES].count, 0);
}

static void the_cursor_is_seen_on_every_screen(void **state)
{
	static Screen s;
	static const int widths[] = {20, 40, 80, 200};
	for (size_t w = 0; w < sizeof(widths) / sizeof(widths[0]); w++) {
		start(&s, fixture_reference, widths[w]);
		press(&s, "f");
		for (size_t i = 0; i < s.ui.chooser.count + 2; i++) {
			int selected = 0;
			for (int c = 0; c < s.frame.rows * s.frame.cols; c++)
				selected += s.frame.cells[c].style == STYLE_SELECTED;
			assert_true(selected > 0);
			press(&s, i % 7 == 3 ? "PgDn PgUp Down" : "Down");
		}
		press(&s, "End Up Down Down");
		assert_int_equal(s.ui.chooser.at, s.ui.chooser.count - 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_names_columns_in_their_order),
		cmocka_unit_test(a_wrong_list_leaves_what_there_was),
		cmocka_unit_test(the_box_begins_with_what_is_on_the_screen),
		cmocka_unit_test(columns_are_moved_and_the_first_one_stays),
		cmocka_unit_test(what_is_chosen_does_not_drop_out),
		cmocka_unit_test(processes_have_their_own_and_totals_take_the_place_of_rates),
		cmocka_unit_test(the_cursor_is_seen_on_every_screen),
	};
	return cmocka_run_group_tests_name("columns", tests, NULL, NULL);
}
