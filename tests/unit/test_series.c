#include "model/series.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void note(Series *series, NodeId node, int64_t t, int64_t lag)
{
	NodeRow rows[3] = {{.key = {node, 0, 0}, .lag_bytes = lag, .lag_seconds = NAN, .replay_gap_bytes = INT_NONE},
	                   {.key = {node, 7, 1}, .is_client = true, .lag_bytes = 99},
	                   {.key = {node, ROW_KEY_SLOT, 1}, .is_ghost = true, .lag_bytes = 98}};
	Report report = {.nodes = rows, .nnodes = 3};
	series_note(series, &report, t);
}

static void points_come_back_oldest_first_and_the_oldest_go(void **state)
{
	for (size_t capacity = 2; capacity < 100; capacity += 13) {
		Series *series = series_new(capacity);
		for (int64_t i = 0; i < 150; i++) {
			note(series, 3, i, i * 10);
			size_t count = (size_t)i + 1 < capacity ? (size_t)i + 1 : capacity;
			assert_int_equal(series_count(series, 3), count);
			assert_int_equal(series_point(series, 3, count - 1).t_mono_ns, i);
			assert_int_equal(series_point(series, 3, 0).t_mono_ns, i + 1 - (int64_t)count);
			assert_true(series_point(series, 3, 0).lag_bytes == (float)((i + 1 - (int64_t)count) * 10));
		}
		series_free(series);
	}
}

static void nodes_are_kept_apart_and_clients_and_slots_left_out(void **state)
{
	Series *series = series_new(10);
	assert_int_equal(series_count(series, 1), 0);
	note(series, 1, 1, 5);
	note(series, 900, 2, INT_NONE);
	assert_int_equal(series_count(series, 1), 1);
	assert_int_equal(series_count(series, 900), 1);
	assert_int_equal(series_count(series, 7), 0);
	assert_int_equal(series_count(series, 100000), 0);
	assert_true(isnan(series_point(series, 900, 0).lag_bytes));
	assert_true(isnan(series_point(series, 1, 0).replay));
	series_free(series);
	series_free(NULL);
}

static void a_copy_stands_still(void **state)
{
	for (int64_t filled = 0; filled < 12; filled++) {
		Series *series = series_new(5);
		for (int64_t i = 0; i < filled; i++)
			note(series, 3, i, i);
		Series *copy = series_copy(series);
		size_t count = series_count(series, 3);
		for (int64_t i = 0; i < 7; i++)
			note(series, 3 + (NodeId)i % 2, 1000, 1000);
		assert_int_equal(series_count(copy, 3), count);
		assert_int_equal(series_count(copy, 4), 0);
		for (size_t i = 0; i < count; i++)
			assert_int_equal(series_point(copy, 3, i).t_mono_ns, filled - (int64_t)count + (int64_t)i);
		series_free(series);
		series_free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(points_come_back_oldest_first_and_the_oldest_go),
		cmocka_unit_test(nodes_are_kept_apart_and_clients_and_slots_left_out),
		cmocka_unit_test(a_copy_stands_still),
	};
	return cmocka_run_group_tests_name("series", tests, NULL, NULL);
}
