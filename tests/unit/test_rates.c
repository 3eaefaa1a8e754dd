#include "model/rates.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "snapshot_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const int64_t s = 1000000000;

static void assert_rate(double actual, double expected)
{
	if (isnan(expected) ? !isnan(actual) : !(fabs(actual - expected) <= 1e-9 * fabs(expected)))
		fail_msg("%.12g is not %.12g", actual, expected);
}

static void a_counter_grows_per_second_or_has_no_rate(void **state)
{
	static const struct {
		uint64_t before, now;
		int64_t t0_ms, t1_ms;
		double rate;
	} cases[] = {
		{100, 300, 1000, 3000, 100},      {100, 100, 1000, 2000, 0},
		{100, 101, 1000, 1500, 2},        {0, UINT64_MAX, 0, 1000, 18446744073709551615.0},
		{300, 100, 1000, 2000, NAN}, /* it fell: a restart, never a wrap */
		{UINT64_MAX, 0, 1000, 2000, NAN}, {100, 300, 1000, 1000, NAN},
		{100, 300, 2000, 1000, NAN},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_rate(
			rate_counter(cases[i].before, cases[i].now, cases[i].t0_ms * 1000000, cases[i].t1_ms * 1000000),
			cases[i].rate);
}

static void an_unknown_lsn_has_no_rate(void **state)
{
	assert_rate(rate_lsn(100, 300, s, 2 * s), 200);
	assert_rate(rate_lsn(LSN_NONE, 300, s, 2 * s), NAN);
	assert_rate(rate_lsn(100, LSN_NONE, s, 2 * s), NAN);
	assert_rate(rate_lsn(LSN_NONE, LSN_NONE, s, 2 * s), NAN);
	assert_rate(rate_lsn(300, 100, s, 2 * s), NAN);
}

static void ticks_become_percent_of_wall_time(void **state)
{
	assert_rate(rate_percent(0, 50, 100, 0, s), 50);
	assert_rate(rate_percent(10, 210, 100, 0, s), 200);
	assert_rate(rate_percent(10, 10, 100, 0, s), 0);
	assert_rate(rate_percent(10, 9, 100, 0, s), NAN);
	assert_rate(rate_percent(0, 50, 0, 0, s), NAN);
	assert_rate(rate_percent(0, 50, -1, 0, s), NAN);
}

static void a_primary_writes_and_a_standby_receives_and_replays(void **state)
{
	Snapshot *f = snap_new(2);
	Node *p = NODE(f, .port = 1, .primary = true, .flush = 5000);
	Node *standby = NODE(f, .port = 2, .receive = 4000, .replay = 3000);
	assert_rate(rate_node_wal(p), NAN);
	assert_rate(rate_node_replay(standby), NAN);
	snap_previous(f, p)->flush_lsn = 4000;
	snap_previous(f, standby)->receive_lsn = 3500;
	snap_previous(f, standby)->replay_lsn = 2900;
	assert_rate(rate_node_wal(p), 1000);
	assert_rate(rate_node_replay(p), NAN);
	assert_rate(rate_node_wal(standby), 500);
	assert_rate(rate_node_replay(standby), 100);
	snap_free(f);
}

static void a_standby_that_restores_an_archive_receives_what_it_replays(void **state)
{
	Snapshot *f = snap_new(1);
	Node *standby = NODE(f, .port = 2, .replay = 3000);
	snap_previous(f, standby)->replay_lsn = 2000;
	assert_rate(rate_node_wal(standby), 1000);
	snap_free(f);
}

static void a_promotion_or_a_new_timeline_has_no_rate(void **state)
{
	Snapshot *f = snap_new(1);
	Node *node = NODE(f, .port = 2, .primary = true, .flush = 5000);
	NodeSample *before = snap_previous(f, node);
	before->flush_lsn = before->receive_lsn = before->replay_lsn = 4000;
	before->in_recovery = true;
	assert_rate(rate_node_wal(node), NAN);
	before->in_recovery = false;
	before->timeline = 2;
	assert_rate(rate_node_wal(node), NAN);
	before->timeline = 1;
	assert_rate(rate_node_wal(node), 1000);
	snap_free(f);
}

static void a_node_without_an_answer_has_no_rate(void **state)
{
	Snapshot *f = snap_new(1);
	const Node *node = NODE(f, .port = 2, .unanswered = true);
	assert_rate(rate_node_wal(node), NAN);
	assert_rate(rate_node_replay(node), NAN);
	snap_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_counter_grows_per_second_or_has_no_rate),
		cmocka_unit_test(an_unknown_lsn_has_no_rate),
		cmocka_unit_test(ticks_become_percent_of_wall_time),
		cmocka_unit_test(a_primary_writes_and_a_standby_receives_and_replays),
		cmocka_unit_test(a_standby_that_restores_an_archive_receives_what_it_replays),
		cmocka_unit_test(a_promotion_or_a_new_timeline_has_no_rate),
		cmocka_unit_test(a_node_without_an_answer_has_no_rate),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
