#include "model/history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const int64_t s = 1000000000;

static void assert_passed(const History *h, Lsn lsn, int64_t t_mono_ns)
{
	HistoryTime t = history_passed(h, 1, lsn);
	assert_true(t.known);
	assert_false(t.at_latest);
	assert_false(t.at_least);
	if (t.t_mono_ns != t_mono_ns)
		fail_msg("passed at %lld, not at %lld", (long long)t.t_mono_ns, (long long)t_mono_ns);
}

static void assert_at_least(const History *h, Lsn lsn, int64_t t_mono_ns)
{
	HistoryTime t = history_passed(h, 1, lsn);
	assert_true(t.known && t.at_least && !t.at_latest);
	assert_true(t.t_mono_ns == t_mono_ns);
}

static void assert_latest(const History *h, Lsn lsn)
{
	HistoryTime t = history_passed(h, 1, lsn);
	assert_true(t.known && t.at_latest && !t.at_least);
}

static void nothing_is_known_of_a_node_without_entries(void **state)
{
	History *h = history_new(4);
	assert_false(history_passed(h, 1, 100).known);
	history_add(h, 1, s, LSN_NONE);
	assert_false(history_passed(h, 1, 100).known);
	history_add(h, 2, s, 100);
	assert_false(history_passed(h, 1, 100).known);
	assert_true(history_passed(h, 2, 100).known);
	assert_false(history_passed(h, 2, LSN_NONE).known);
	history_free(h);
}

static void freeing_nothing_is_allowed(void **state)
{
	history_free(NULL);
}

static void the_newest_position_and_beyond_is_not_behind(void **state)
{
	History *h = history_new(4);
	history_add(h, 1, s, 100);
	assert_latest(h, 100);
	history_add(h, 1, 2 * s, 200);
	assert_latest(h, 200);
	assert_latest(h, 201);
	assert_passed(h, 100, s);
	history_free(h);
}

static void moments_between_entries_are_interpolated(void **state)
{
	History *h = history_new(8);
	history_add(h, 1, 10 * s, 1000);
	history_add(h, 1, 12 * s, 2000);
	history_add(h, 1, 13 * s, 6000);
	history_add(h, 1, 14 * s, 6001);
	assert_passed(h, 1000, 10 * s);
	assert_passed(h, 1500, 11 * s);
	assert_passed(h, 1750, 11 * s + s / 2);
	assert_passed(h, 2000, 12 * s);
	assert_passed(h, 3000, 12 * s + s / 4);
	assert_passed(h, 6000, 13 * s);
	assert_latest(h, 6001);
	history_free(h);
}

static void an_idle_time_counts_from_its_end(void **state)
{
	History *h = history_new(4);
	for (int64_t t = 1; t <= 60; t++)
		history_add(h, 1, t * s, 1000);
	history_add(h, 1, 61 * s, 2000);
	assert_passed(h, 1000, 60 * s);
	assert_passed(h, 1500, 60 * s + s / 2);
	history_free(h);
}

static void idle_times_between_busy_ones_count_from_their_ends(void **state)
{
	History *h = history_new(8);
	for (int64_t i = 1; i <= 5; i++) { /* at each position for 6 of 10 seconds */
		history_add(h, 1, 10 * i * s, (Lsn)(1000 * i));
		history_add(h, 1, (10 * i + 6) * s, (Lsn)(1000 * i));
	}
	for (int64_t i = 1; i <= 4; i++) {
		assert_passed(h, (Lsn)(1000 * i), (10 * i + 6) * s);
		assert_passed(h, (Lsn)(1000 * i + 500), (10 * i + 8) * s);
	}
	history_free(h);
}

static void before_the_first_entry_the_moment_is_a_bound(void **state)
{
	History *h = history_new(4);
	history_add(h, 1, 5 * s, 1000);
	history_add(h, 1, 9 * s, 1000);
	history_add(h, 1, 10 * s, 2000);
	assert_at_least(h, 999, 5 * s);
	assert_at_least(h, 1, 5 * s);
	assert_passed(h, 1000, 9 * s);
	history_free(h);
}

static void a_full_ring_forgets_the_oldest(void **state)
{
	History *h = history_new(3);
	for (int64_t i = 1; i <= 10; i++) {
		history_add(h, 1, i * s, (Lsn)(100 * i));
		if (i < 4)
			continue;
		assert_at_least(h, (Lsn)(100 * (i - 3)), (i - 2) * s);
		assert_passed(h, (Lsn)(100 * (i - 2)), (i - 2) * s);
		assert_passed(h, (Lsn)(100 * i - 50), i * s - s / 2);
		assert_latest(h, (Lsn)(100 * i));
	}
	history_free(h);
}

static void a_capacity_below_two_is_two(void **state)
{
	for (size_t capacity = 0; capacity < 3; capacity++) {
		History *h = history_new(capacity);
		history_add(h, 1, 1 * s, 100);
		history_add(h, 1, 2 * s, 200);
		assert_passed(h, 150, s + s / 2);
		history_add(h, 1, 3 * s, 300);
		assert_at_least(h, 150, 2 * s);
		assert_passed(h, 250, 2 * s + s / 2);
		history_free(h);
	}
}

static void older_moments_are_ignored(void **state)
{
	History *h = history_new(4);
	history_add(h, 1, 1 * s, 100);
	history_add(h, 1, 3 * s, 300);
	history_add(h, 1, 2 * s, 900);
	assert_latest(h, 300);
	history_add(h, 1, 2 * s, 50);
	assert_passed(h, 200, 2 * s);
	history_free(h);
}

static void a_server_initialised_anew_starts_anew(void **state)
{
	History *h = history_new(3);
	for (int64_t i = 1; i <= 5; i++)
		history_add(h, 1, i * s, (Lsn)(1000 * i));
	history_add(h, 1, 6 * s, 500);
	assert_latest(h, 500);
	assert_at_least(h, 400, 6 * s);
	for (int64_t i = 7; i <= 9; i++)
		history_add(h, 1, i * s, (Lsn)(500 + 100 * (i - 6)));
	assert_latest(h, 800);
	assert_passed(h, 650, 7 * s + s / 2);
	assert_at_least(h, 500, 7 * s);
	history_free(h);
}

static void a_forgotten_past_begins_anew(void **state)
{
	History *h = history_new(4);
	history_forget(h, 1);
	for (int64_t i = 1; i <= 9; i++)
		history_add(h, 1, i * s, (Lsn)(1000 * i));
	history_add(h, 2, s, 1);
	history_forget(h, 1);
	assert_false(history_passed(h, 1, 8000).known);
	assert_true(history_passed(h, 2, 1).known);
	history_add(h, 1, 100 * s, 20000);
	assert_at_least(h, 19999, 100 * s);
	history_add(h, 1, 101 * s, 21000);
	assert_passed(h, 20500, 100 * s + s / 2);
	history_free(h);
}

static void nodes_do_not_share_their_past(void **state)
{
	History *h = history_new(4);
	for (NodeId id = 1; id <= 100; id++)
		for (int64_t i = 1; i <= 2; i++)
			history_add(h, id, i * s + id, (Lsn)(i * 1000) + id);
	for (NodeId id = 1; id <= 100; id++) {
		HistoryTime t = history_passed(h, id, 1500 + id);
		assert_true(t.known && !t.at_latest && t.t_mono_ns == s + s / 2 + id);
	}
	history_free(h);
}

static void the_ends_of_the_range_are_positions_like_others(void **state)
{
	History *h = history_new(4);
	history_add(h, 1, 0, 1);
	history_add(h, 1, 8 * s, UINT64_MAX);
	assert_latest(h, UINT64_MAX);
	assert_passed(h, UINT64_C(1) << 63, 4 * s);
	history_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_known_of_a_node_without_entries),
		cmocka_unit_test(freeing_nothing_is_allowed),
		cmocka_unit_test(the_newest_position_and_beyond_is_not_behind),
		cmocka_unit_test(moments_between_entries_are_interpolated),
		cmocka_unit_test(an_idle_time_counts_from_its_end),
		cmocka_unit_test(idle_times_between_busy_ones_count_from_their_ends),
		cmocka_unit_test(before_the_first_entry_the_moment_is_a_bound),
		cmocka_unit_test(a_full_ring_forgets_the_oldest),
		cmocka_unit_test(a_capacity_below_two_is_two),
		cmocka_unit_test(older_moments_are_ignored),
		cmocka_unit_test(a_server_initialised_anew_starts_anew),
		cmocka_unit_test(a_forgotten_past_begins_anew),
		cmocka_unit_test(nodes_do_not_share_their_past),
		cmocka_unit_test(the_ends_of_the_range_are_positions_like_others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
