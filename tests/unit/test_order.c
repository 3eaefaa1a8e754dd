#include "model/order.h"

#include "report_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static uint64_t next(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return *seed >> 33;
}

static const Metric *column(const char *name)
{
	const Metric *metric = metric_find(metric_table(TABLE_PROCESSES), str_from(name));
	assert_non_null(metric);
	return metric;
}

static void rows_of_any_number_are_sorted_stably_with_the_unknown_last(void **state)
{
	static const size_t counts[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 64, 100, 1000, 5000};
	uint64_t seed = 42;
	(void)state;
	for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
		size_t n = counts[c];
		ProcessRow *rows = calloc(n + 1, sizeof *rows);
		uint32_t *index = calloc(n + 1, sizeof *index), *scratch = calloc(n + 1, sizeof *scratch);
		for (size_t i = 0; i < n; i++) {
			rows[i] = fixture_process_row();
			if (next(&seed) % 5 > 0) /* many are equal */
				rows[i].cpu_percent = (double)(next(&seed) % (n / 3 + 2));
			index[i] = (uint32_t)i;
		}
		for (int descending = 0; descending < 2; descending++) {
			SortOrder order = {column("cpu_percent"), descending == 1};
			for (size_t i = 0; i < n; i++)
				index[i] = (uint32_t)i;
			order_sort(order, rows, sizeof *rows, index, scratch, n);
			for (size_t i = 1; i < n; i++) {
				int way = metric_compare(order.column, &rows[index[i - 1]], &rows[index[i]],
				                         order.descending);
				assert_true(way < 0 || (way == 0 && index[i - 1] < index[i]));
			}
		}
		free(rows);
		free(index);
		free(scratch);
	}
}

static void without_a_column_nothing_moves(void **state)
{
	ProcessRow rows[2] = {fixture_process_row(), fixture_process_row()};
	uint32_t index[2] = {1, 0}, scratch[2];
	(void)state;
	order_sort((SortOrder){0}, rows, sizeof *rows, index, scratch, 2);
	assert_int_equal(index[0], 1);
	assert_int_equal(index[1], 0);
}

static void one_steps_through_the_columns_and_out_of_them(void **state)
{
	const Metric *columns[] = {column("pid"), column("user")};
	SortOrder order = {0};
	(void)state;
	order = order_step(order, columns, 2, 1);
	assert_ptr_equal(order.column, columns[0]);
	assert_true(order.descending); /* a number */
	order = order_step(order, columns, 2, 1);
	assert_ptr_equal(order.column, columns[1]);
	assert_false(order.descending);
	order = order_step(order, columns, 2, 1);
	assert_null(order.column);
	order = order_step(order, columns, 2, -1);
	assert_ptr_equal(order.column, columns[1]);
	order = order_step(order_step(order, columns, 2, -1), columns, 2, -1);
	assert_null(order.column);
	assert_null(order_step(order, columns, 0, 1).column);
	order = order_step(order_by(column("state")), columns, 2, 1); /* no longer on the screen */
	assert_ptr_equal(order.column, columns[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_of_any_number_are_sorted_stably_with_the_unknown_last),
		cmocka_unit_test(without_a_column_nothing_moves),
		cmocka_unit_test(one_steps_through_the_columns_and_out_of_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
