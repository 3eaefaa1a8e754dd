#include "model/lag.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/report.h"
#include "snapshot_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void assert_close(double actual, double expected)
{
	if (isnan(actual) || fabs(actual - expected) > 1e-9)
		fail_msg("%.12g is not %.12g", actual, expected);
}

/* ---- gaps ------------------------------------------------------------------------------------------------------ */

static void gaps_stand_between_neighbouring_stages(void **state)
{
	static const struct {
		Lsn available, sent, write, flush, replay;
		Gaps gaps;
		const char *bottleneck;
	} cases[] = {
		{100, 100, 100, 100, 100, {0, 0, 0, 0}, NULL},
		{100, 90, 70, 40, 30, {10, 20, 30, 10}, "disk"},
		{100, 40, 40, 40, 40, {60, 0, 0, 0}, "send"},
		{100, 100, 40, 40, 40, {0, 60, 0, 0}, "network"},
		{100, 100, 100, 100, 1, {0, 0, 0, 99}, "replay"},
		/* a row that is newer than the LSN of its server, and stages that overtake each other */
		{50, 100, 100, 100, 100, {0, 0, 0, 0}, NULL},
		{100, 80, 90, 80, 80, {10, 0, 10, 0}, "disk"},
		{100, 80, 80, 80, 95, {5, 0, 0, 0}, "send"},
		{10, 20, 30, 40, 50, {0, 0, 0, 0}, NULL},
		/* a tie goes to the stage nearest to the data */
		{40, 30, 20, 10, 10, {10, 10, 10, 0}, "disk"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		Gaps g = lag_gaps(cases[i].available, cases[i].sent, cases[i].write, cases[i].flush, cases[i].replay);
		assert_true(g.send == cases[i].gaps.send);
		assert_true(g.network == cases[i].gaps.network);
		assert_true(g.disk == cases[i].gaps.disk);
		assert_true(g.replay == cases[i].gaps.replay);
		assert_true(str_eq(lag_bottleneck(g, NAN), str_from(cases[i].bottleneck)));
	}
}

static void an_unknown_position_leaves_all_gaps_unknown(void **state)
{
	for (int unknown = 0; unknown < 5; unknown++) {
		Lsn p[] = {500, 400, 300, 200, 100};
		p[unknown] = LSN_NONE;
		Gaps g = lag_gaps(p[0], p[1], p[2], p[3], p[4]);
		assert_true(g.send == INT_NONE && g.network == INT_NONE && g.disk == INT_NONE && g.replay == INT_NONE);
		assert_true(str_is_none(lag_bottleneck(g, NAN)));
	}
}

static void a_sender_that_finds_the_connection_full_is_not_what_is_slow(void **state)
{
	static const struct {
		int64_t send, network;
		double write_rate;
		const char *bottleneck;
	} cases[] = {
		{1 << 24, 1 << 22, 0, "network"},       /* nobody reads */
		{1 << 24, 1 << 22, 1 << 20, "network"}, /* four seconds under way */
		{1 << 24, 1 << 22, 1 << 23, "send"},    /* half a second: a long way, but no queue */
		{1 << 24, 1 << 22, NAN, "send"},        /* not known yet */
		{1 << 24, 65536, 0, "network"},
		{1 << 24, 65535, 0, "send"}, /* what was under way when the sender stopped */
		{1 << 24, 0, 0, "send"},
		{1 << 20, 1 << 22, 1 << 23, "network"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		Gaps g = {cases[i].send, cases[i].network, 0, 0};
		assert_true(str_eq(lag_bottleneck(g, cases[i].write_rate), str_from(cases[i].bottleneck)));
	}
}

static void gaps_are_never_negative_and_add_up(void **state)
{
	uint64_t seed = 1;
	for (int i = 0; i < 20000; i++) {
		Lsn p[5], most = 0;
		uint64_t range = i % 2 == 0 ? 50 : UINT64_C(1) << 62;
		for (int k = 0; k < 5; k++) {
			p[k] = 1 + snap_random(&seed, range);
			most = lsn_max(most, p[k]);
		}
		Gaps g = lag_gaps(p[0], p[1], p[2], p[3], p[4]);
		assert_true(g.send >= 0 && g.network >= 0 && g.disk >= 0 && g.replay >= 0);
		assert_true(g.send + g.network + g.disk + g.replay == (int64_t)(most - p[4]));
	}
}

/* ---- time ------------------------------------------------------------------------------------------------------ */

static const int64_t second = 1000000000;

typedef struct Scene {
	Snapshot *snapshot;
	History *history;
	Node *root;
} Scene;

/* A primary that was at 1000, 1001, ... at the seconds 1, 2, ..., `last`; the last one is now. */
static Scene scene_new(int64_t last, size_t capacity)
{
	Scene s = {snap_new(1), history_new(capacity), NULL};
	s.root = NODE(s.snapshot, .port = 1923, .primary = true);
	for (int64_t t = 1; t <= last; t++)
		history_add(s.history, s.root->id, t * second, (Lsn)(999 + t));
	snap_sample(s.root)->t_mono_ns = last * second;
	return s;
}

static void scene_free(Scene s)
{
	history_free(s.history);
	snap_free(s.snapshot);
}

static void a_caught_up_node_has_no_lag_however_long_the_primary_idles(void **state)
{
	Scene s = scene_new(10, 16);
	for (int64_t t = 11; t < 100; t++) {
		history_add(s.history, s.root->id, t * second, 1009);
		snap_sample(s.root)->t_mono_ns = t * second;
		LagTime lag = lag_time(s.history, s.root, 1009, t * second);
		assert_true(lag.seconds == 0 && !lag.at_least);
	}
	assert_true(lag_time(s.history, s.root, 2000, 100 * second).seconds == 0);
	scene_free(s);
}

static void a_paused_node_lags_more_each_second(void **state)
{
	Scene s = scene_new(5, 64);
	for (int64_t t = 6; t < 40; t++) {
		history_add(s.history, s.root->id, t * second, (Lsn)(999 + t));
		snap_sample(s.root)->t_mono_ns = t * second;
		LagTime lag = lag_time(s.history, s.root, 1004, t * second);
		assert_close(lag.seconds, (double)(t - 5));
		assert_false(lag.at_least);
	}
	scene_free(s);
}

static void a_paused_node_lags_more_even_when_the_primary_stops_writing(void **state)
{
	Scene s = scene_new(5, 64);
	for (int64_t t = 6; t < 20; t++) {
		history_add(s.history, s.root->id, t * second, 1004);
		snap_sample(s.root)->t_mono_ns = t * second;
		assert_close(lag_time(s.history, s.root, 1003, t * second).seconds, (double)(t - 4));
	}
	scene_free(s);
}

static void lag_is_a_lower_bound_before_the_history_reaches_back(void **state)
{
	Scene s = scene_new(10, 4);
	LagTime lag = lag_time(s.history, s.root, 1000, 10 * second);
	assert_true(lag.at_least);
	assert_close(lag.seconds, 3);
	lag = lag_time(s.history, s.root, 1007, 10 * second);
	assert_false(lag.at_least);
	assert_close(lag.seconds, 2);
	scene_free(s);
}

/* Stopped for a minute after it asked, the program finds the answer of then and takes it for no newer than it is. */
static void an_answer_that_waited_for_us_is_of_the_moment_it_was_asked_for(void **state)
{
	Scene s = scene_new(10, 16);
	NodeSample *sample = snap_sample(s.root);
	sample->flush_lsn = 1009;
	sample->t_asked_ns = 10 * second;
	sample->t_mono_ns = 70 * second;
	report_note_history(s.history, s.snapshot);
	assert_close(lag_time(s.history, s.root, 1005, 70 * second).seconds, 4);
	sample->flush_lsn = 1070;
	sample->t_asked_ns = sample->t_mono_ns = 71 * second;
	report_note_history(s.history, s.snapshot);
	assert_close(lag_time(s.history, s.root, 1009, 71 * second).seconds, 61);
	assert_close(lag_time(s.history, s.root, 1005, 71 * second).seconds, 65);
	scene_free(s);
}

static void while_the_primary_is_overdue_lag_is_as_of_now(void **state)
{
	Scene s = scene_new(10, 16);
	assert_close(lag_time(s.history, s.root, 1005, 30 * second).seconds, 4);
	s.root->state = NODE_SILENT;
	assert_close(lag_time(s.history, s.root, 1005, 30 * second).seconds, 24);
	scene_free(s);
}

static void lag_is_never_negative(void **state)
{
	Scene s = scene_new(10, 16);
	snap_sample(s.root)->t_mono_ns = 2 * second;
	LagTime lag = lag_time(s.history, s.root, 1005, 10 * second);
	assert_true(lag.seconds == 0);
	scene_free(s);
}

static void lag_is_unknown_without_a_root_its_past_or_a_position(void **state)
{
	Scene s = scene_new(10, 16);
	assert_true(isnan(lag_time(s.history, NULL, 1005, 0).seconds));
	assert_true(isnan(lag_time(s.history, s.root, LSN_NONE, 0).seconds));
	const Node stranger = {.id = 99, .state = NODE_UP, .sample = s.root->sample};
	assert_true(isnan(lag_time(s.history, &stranger, 1005, 0).seconds));
	const Node unanswered = {.id = s.root->id};
	assert_true(isnan(lag_time(s.history, &unanswered, 1005, 0).seconds));
	scene_free(s);
}

static void a_primary_initialised_anew_starts_a_new_past(void **state)
{
	Scene s = scene_new(10, 16);
	history_add(s.history, s.root->id, 11 * second, 100);
	history_add(s.history, s.root->id, 12 * second, 200);
	snap_sample(s.root)->t_mono_ns = 12 * second;
	assert_close(lag_time(s.history, s.root, 150, 0).seconds, 0.5);
	assert_true(lag_time(s.history, s.root, 50, 0).at_least);
	assert_true(lag_time(s.history, s.root, 1005, 0).seconds == 0);
	scene_free(s);
}

/* ---- the server's own columns, ETA ----------------------------------------------------------------------------- */

static void a_reply_is_stale_after_two_status_intervals(void **state)
{
	const int64_t now = INT64_C(1700000000000000);
	static const struct {
		int64_t age_us;
		bool stale;
	} cases[] = {{0, false}, {-5000000, false}, {19999999, false}, {20000000, false}, {20000001, true}};
	for (size_t i = 0; i < COUNT(cases); i++) {
		const WalSender sender = {.reply_time_us = now - cases[i].age_us};
		assert_int_equal(lag_reply_is_stale(&sender, now), cases[i].stale);
	}
	const WalSender before_12 = {.reply_time_us = TIME_NONE};
	assert_false(lag_reply_is_stale(&before_12, now));
	const WalSender old = {.reply_time_us = 0};
	assert_false(lag_reply_is_stale(&old, TIME_NONE));
}

static void the_end_of_a_lag_is_estimated_from_both_rates(void **state)
{
	static const struct {
		int64_t bytes;
		double replay, generation, eta;
	} cases[] = {
		{0, NAN, NAN, 0},      {-5, NAN, NAN, 0},          {1000, 100, 0, 10},        {1000, 100, NAN, 10},
		{1000, 150, 50, 10},   {1000, 100, 100, INFINITY}, {1000, 50, 100, INFINITY}, {1000, 0, 0, INFINITY},
		{1000, NAN, 100, NAN}, {INT_NONE, 100, 0, NAN},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		double eta = lag_eta(cases[i].bytes, cases[i].replay, cases[i].generation);
		assert_true(isnan(cases[i].eta) ? isnan(eta) : eta == cases[i].eta);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gaps_stand_between_neighbouring_stages),
		cmocka_unit_test(an_unknown_position_leaves_all_gaps_unknown),
		cmocka_unit_test(gaps_are_never_negative_and_add_up),
		cmocka_unit_test(a_sender_that_finds_the_connection_full_is_not_what_is_slow),
		cmocka_unit_test(an_answer_that_waited_for_us_is_of_the_moment_it_was_asked_for),
		cmocka_unit_test(a_caught_up_node_has_no_lag_however_long_the_primary_idles),
		cmocka_unit_test(a_paused_node_lags_more_each_second),
		cmocka_unit_test(a_paused_node_lags_more_even_when_the_primary_stops_writing),
		cmocka_unit_test(lag_is_a_lower_bound_before_the_history_reaches_back),
		cmocka_unit_test(while_the_primary_is_overdue_lag_is_as_of_now),
		cmocka_unit_test(lag_is_never_negative),
		cmocka_unit_test(lag_is_unknown_without_a_root_its_past_or_a_position),
		cmocka_unit_test(a_primary_initialised_anew_starts_a_new_past),
		cmocka_unit_test(a_reply_is_stale_after_two_status_intervals),
		cmocka_unit_test(the_end_of_a_lag_is_estimated_from_both_rates),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
