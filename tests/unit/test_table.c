#include "view/table.h"

#include "model/report.h"
#include "report_fixture.h"
#include "view/view_tree.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const char *const names[] = {"node", "state", "lag_bytes", "lag_seconds", "replay_lsn", NULL};

static void shown(const TableLayout *layout, char *out, size_t size)
{
	StrBuf buf = strbuf_fixed(out, size);
	for (size_t i = 0; i < layout->ncolumns; i++)
		strbuf_addf(&buf, "%s%s", i ? " " : "", layout->columns[i].metric->name);
}

static void the_least_important_columns_drop_first_and_none_overflows(void **state)
{
	static const struct {
		int width;
		const char *columns;
	} cases[] = {
		{80, "node state lag_bytes lag_seconds replay_lsn"}, /* 20 11 7 6 13 and gaps: 61 */
		{61, "node state lag_bytes lag_seconds replay_lsn"},
		{60, "node state lag_bytes lag_seconds"},
		{46, "node state lag_seconds"},
		{38, "node state"},
		{31, "node"},
		{5, "node"},
		{0, ""},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		TableLayout layout;
		char text[256];
		table_layout(&layout, metric_table(TABLE_NODES), names, cases[i].width, 0, NULL);
		shown(&layout, text, sizeof(text));
		assert_string_equal(text, cases[i].columns);
		assert_true(layout.width <= cases[i].width);
		assert_false(layout.more_left);
	}
}

static void columns_never_overlap(void **state)
{
	(void)state;
	for (int width = 1; width < 120; width++) {
		for (int left = 0; left < 6; left++) {
			TableLayout layout;
			const TableStretch stretch[] = {{"state", 30, 0}, {"node", 0, 0}, {NULL, 0, 0}};
			table_layout(&layout, metric_table(TABLE_NODES), names, width, left, stretch);
			for (size_t i = 0; i + 1 < layout.ncolumns; i++)
				assert_int_equal(layout.columns[i].col + layout.columns[i].width + 1,
				                 layout.columns[i + 1].col);
			const TableColumn *last = &layout.columns[layout.ncolumns - 1];
			assert_int_equal(last->col + last->width, width); /* node takes what is left */
		}
	}
}

static void scrolling_keeps_the_first_column(void **state)
{
	TableLayout layout;
	char text[256];
	(void)state;
	table_layout(&layout, metric_table(TABLE_NODES), names, 40, 2, NULL);
	shown(&layout, text, sizeof(text));
	assert_string_equal(text, "node lag_seconds");
	assert_true(layout.more_left);
	assert_true(layout.more_right);
	table_layout(&layout, metric_table(TABLE_NODES), names, 40, 99, NULL);
	shown(&layout, text, sizeof(text));
	assert_string_equal(text, "node");
	assert_false(layout.more_right);
}

static void spare_width_goes_to_the_columns_that_stretch(void **state)
{
	TableLayout layout;
	const TableStretch limited[] = {{"state", 15, 0}, {"lag_bytes", 10, 0}, {"port", 0, 0}, {NULL, 0, 0}};
	const TableStretch kept_free[] = {{"node", 0, 20}, {NULL, 0, 0}};
	(void)state;
	table_layout(&layout, metric_table(TABLE_NODES), names, 80, 0, limited);
	assert_int_equal(table_find(&layout, "state")->width, 15);
	assert_int_equal(table_find(&layout, "lag_bytes")->width, 10);
	assert_int_equal(layout.width, 68);
	table_layout(&layout, metric_table(TABLE_NODES), names, 80, 0, kept_free);
	assert_null(table_find(&layout, "replay_lsn"));
	assert_int_equal(layout.width, 80);
}

static void cells_are_aligned_by_type(void **state)
{
	Frame frame = {0};
	TableLayout layout;
	NodeRow row = fixture_node_row();
	char storage[256];
	StrBuf out = STRBUF_ON(storage);
	(void)state;
	row.node = STR("a-name-that-is-too-long-for-it");
	row.state = STR("ok");
	row.lag_bytes = 2048;
	frame_reset(&frame, 61, 2);
	table_layout(&layout, metric_table(TABLE_NODES), names, 61, 0, NULL);
	table_draw_titles(&layout, &frame, 0, STYLE_COLUMN);
	for (size_t i = 0; i < layout.ncolumns; i++)
		table_draw_cell(&layout.columns[i], &frame, 1, &row, STYLE_NORMAL, '~');
	frame_row_text(&frame, 0, &out);
	assert_string_equal(storage, "NODE                 STATE         BYTES   TIME    REPLAY LSN");
	strbuf_clear(&out);
	frame_row_text(&frame, 1, &out);
	assert_string_equal(storage, "a-name-that-is-too-~ ok           2.0 kB      -             -");
	assert_int_equal(frame.cells[0].style, STYLE_COLUMN);
	assert_int_equal(frame.cells[60].style, STYLE_COLUMN);
	assert_int_equal(frame.cells[61 + 60].style, STYLE_DIM); /* unknown */
	frame_free(&frame);
}

static int total(LagBar bar)
{
	return bar.send + bar.network + bar.disk + bar.replay + bar.plain;
}

static void a_lag_bar_grows_with_the_logarithm_of_the_lag(void **state)
{
	NodeRow row = fixture_node_row();
	static const struct {
		int64_t lag;
		int cells;
	} cases[] = {
		{0, 0},          {1023, 0},       {1024, 1},       {1 << 20, 11},
		{1LL << 33, 24}, {1LL << 34, 25}, {INT64_MAX, 25}, {INT_NONE, 0},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		row.lag_bytes = cases[i].lag;
		assert_int_equal(total(tree_lag_bar(&row, 25)), cases[i].cells);
		assert_int_equal(tree_lag_bar(&row, 25).plain, cases[i].cells); /* no gaps are known */
		assert_int_equal(total(tree_lag_bar(&row, 0)), 0);
		assert_true(total(tree_lag_bar(&row, 1)) <= 1);
	}
	int before = 0;
	for (int64_t lag = 1; lag > 0 && lag < INT64_MAX / 2; lag += lag / 7 + 1) {
		row.lag_bytes = lag;
		int cells = total(tree_lag_bar(&row, 25));
		assert_true(cells >= before);
		before = cells;
	}
}

static void a_lag_bar_is_divided_in_proportion_and_adds_up(void **state)
{
	NodeRow row = fixture_node_row();
	(void)state;
	row.lag_bytes = 1LL << 34;
	row.send_gap_bytes = 100;
	row.network_gap_bytes = 100;
	row.disk_gap_bytes = 100;
	row.replay_gap_bytes = 100;
	LagBar bar = tree_lag_bar(&row, 10);
	assert_int_equal(bar.send, 3); /* the remainders are equal: the first two get them */
	assert_int_equal(bar.network, 3);
	assert_int_equal(bar.disk, 2);
	assert_int_equal(bar.replay, 2);
	assert_int_equal(bar.plain, 0);
	row.send_gap_bytes = 0;
	row.network_gap_bytes = INT_NONE;
	row.disk_gap_bytes = 26;
	row.replay_gap_bytes = 74;
	bar = tree_lag_bar(&row, 10);
	assert_int_equal(bar.send, 0);
	assert_int_equal(bar.network, 0);
	assert_int_equal(bar.disk, 3);
	assert_int_equal(bar.replay, 7);
	row.send_gap_bytes = row.disk_gap_bytes = row.replay_gap_bytes = INT64_MAX;
	for (int width = 0; width < 40; width++)
		assert_int_equal(total(tree_lag_bar(&row, width)), width);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_least_important_columns_drop_first_and_none_overflows),
		cmocka_unit_test(columns_never_overlap),
		cmocka_unit_test(scrolling_keeps_the_first_column),
		cmocka_unit_test(spare_width_goes_to_the_columns_that_stretch),
		cmocka_unit_test(cells_are_aligned_by_type),
		cmocka_unit_test(a_lag_bar_grows_with_the_logarithm_of_the_lag),
		cmocka_unit_test(a_lag_bar_is_divided_in_proportion_and_adds_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
