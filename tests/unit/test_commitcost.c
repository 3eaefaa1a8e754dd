#include "model/commitcost.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "snapshot_fixture.h"

enum { STANDBYS = 3 };

static void assert_close(double actual, double expected)
{
	if (isnan(expected) ? !isnan(actual) : isnan(actual) || fabs(actual - expected) > 1e-6)
		fail_msg("%.12g is not %.12g", actual, expected);
}

/* One refresh of primary 1: lags in ms of write; flush is 10, replay 100 times as much. 0: not known. */
static void note(CommitCost *cost, int64_t t_s, const int *ms, const char *const *states, int64_t waiting,
                 int64_t next_xid)
{
	Arena arena = {0};
	Snapshot *snapshot = snap_new(1);
	Node *p = NODE(snapshot, .port = 1923, .primary = true);
	NodeSample *sample = snap_sample(p);
	sample->t_mono_ns = t_s * 1000000000;
	sample->sync_waiting = waiting;
	sample->next_xid = next_xid;
	for (int i = 0; i < STANDBYS; i++) {
		WalSender *s = SENDER(snapshot, p, .port = 40000 + i);
		s->sync_state = str_from(states != NULL ? states[i] : "quorum");
		s->sync_priority = str_eq(s->sync_state, STR("async")) ? 0 : i + 1;
		if (ms[i] == 0)
			continue;
		s->write_lag_us = ms[i] * 1000;
		s->flush_lag_us = ms[i] * 10000;
		s->replay_lag_us = ms[i] * 100000;
	}
	commit_cost_note(cost, topology_build(&arena, snapshot, NULL));
	arena_free(&arena);
	snap_free(snapshot);
}

static double predict(const CommitCost *cost, SyncMethod method, int required, SyncLevel level)
{
	Arena arena = {0};
	double p50 = commit_cost_predict(cost, &arena, 1, AMONG_ALL, method, required, level).p50_seconds;
	arena_free(&arena);
	return p50;
}

static void any_waits_for_the_quickest_and_first_for_its_own(void **state)
{
	CommitCost *cost = commit_cost_new(10);
	note(cost, 1, (int[]){5, 1, 3}, NULL, 0, 0);
	assert_close(predict(cost, SYNC_ANY, 1, SYNC_LEVEL_WRITE), 0.001);
	assert_close(predict(cost, SYNC_ANY, 2, SYNC_LEVEL_WRITE), 0.003);
	assert_close(predict(cost, SYNC_ANY, 3, SYNC_LEVEL_WRITE), 0.005);
	assert_close(predict(cost, SYNC_ANY, 4, SYNC_LEVEL_WRITE), NAN);
	assert_close(predict(cost, SYNC_ANY, 2, SYNC_LEVEL_FLUSH), 0.030);
	assert_close(predict(cost, SYNC_ANY, 2, SYNC_LEVEL_APPLY), 0.300);
	assert_close(predict(cost, SYNC_FIRST, 1, SYNC_LEVEL_WRITE), 0.005);
	assert_close(predict(cost, SYNC_FIRST, 2, SYNC_LEVEL_WRITE), 0.005);
	assert_close(predict(cost, SYNC_FIRST, 1, SYNC_LEVEL_LOCAL), NAN);
	commit_cost_free(cost);
}

static void the_one_the_server_chose_comes_first(void **state)
{
	CommitCost *cost = commit_cost_new(10);
	note(cost, 1, (int[]){5, 1, 3}, (const char *const[]){"potential", "potential", "sync"}, 0, 0);
	assert_close(predict(cost, SYNC_FIRST, 1, SYNC_LEVEL_WRITE), 0.003);
	commit_cost_free(cost);
}

static void those_that_the_rule_does_not_name_do_not_answer_for_it(void **state)
{
	CommitCost *cost = commit_cost_new(10);
	Arena arena = {0};
	static const struct {
		CommitAmong among;
		SyncMethod method;
		int required;
		double p50;
	} cases[] = {
		{AMONG_NAMED, SYNC_ANY, 1, 0.003},   {AMONG_NAMED, SYNC_ANY, 2, 0.005}, {AMONG_NAMED, SYNC_ANY, 3, NAN},
		{AMONG_NAMED, SYNC_FIRST, 3, NAN},   {AMONG_ALL, SYNC_ANY, 1, 0.001},   {AMONG_ALL, SYNC_ANY, 3, 0.005},
		{AMONG_NAMED, SYNC_FIRST, 1, 0.005},
	};
	note(cost, 1, (int[]){5, 1, 3}, (const char *const[]){"quorum", "async", "quorum"}, 0, 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CommitWait wait = commit_cost_predict(cost, &arena, 1, cases[i].among, cases[i].method,
		                                      cases[i].required, SYNC_LEVEL_WRITE);
		assert_close(wait.p50_seconds, cases[i].p50);
	}
	arena_free(&arena);
	commit_cost_free(cost);
}

static void quantiles_are_over_the_refreshes_that_are_kept(void **state)
{
	CommitCost *cost = commit_cost_new(20);
	Arena arena = {0};
	for (int i = 1; i <= 40; i++)
		note(cost, i, (int[]){i, 0, 0}, NULL, 0, 0);
	CommitWait wait = commit_cost_predict(cost, &arena, 1, AMONG_ALL, SYNC_ANY, 1, SYNC_LEVEL_WRITE);
	assert_int_equal(wait.samples, 20);
	assert_close(wait.p50_seconds, 0.031);
	assert_close(wait.p95_seconds, 0.039);
	assert_int_equal(commit_cost_predict(cost, &arena, 2, AMONG_ALL, SYNC_ANY, 1, SYNC_LEVEL_WRITE).samples, 0);
	assert_int_equal(commit_cost_predict(cost, &arena, 1, AMONG_ALL, SYNC_ANY, 2, SYNC_LEVEL_WRITE).samples, 0);
	arena_free(&arena);
	commit_cost_free(cost);
	commit_cost_free(NULL);
}

static void littles_law_gives_the_mean_wait(void **state)
{
	CommitCost *cost = commit_cost_new(10);
	static const int none[STANDBYS];
	note(cost, 1, none, NULL, 2, 1000);
	assert_close(commit_cost_measured(cost, 1), NAN);
	note(cost, 2, none, NULL, 4, 2000);
	note(cost, 2, none, NULL, 400, 2000); /* the same answer again */
	note(cost, 3, none, NULL, 3, 3000);
	assert_close(commit_cost_measured(cost, 1), 0.003); /* 3 wait, 1000 commits per second */
	note(cost, 4, none, NULL, 9, 10);                   /* another server */
	assert_close(commit_cost_measured(cost, 1), NAN);
	note(cost, 5, none, NULL, 1, 20);
	assert_close(commit_cost_measured(cost, 1), 0.5);
	note(cost, 6, none, NULL, INT_NONE, INT_NONE);
	assert_close(commit_cost_measured(cost, 1), 0.5);
	assert_close(commit_cost_measured(cost, 9), NAN);
	commit_cost_free(cost);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_waits_for_the_quickest_and_first_for_its_own),
		cmocka_unit_test(the_one_the_server_chose_comes_first),
		cmocka_unit_test(those_that_the_rule_does_not_name_do_not_answer_for_it),
		cmocka_unit_test(quantiles_are_over_the_refreshes_that_are_kept),
		cmocka_unit_test(littles_law_gives_the_mean_wait),
	};
	return cmocka_run_group_tests_name("commitcost", tests, NULL, NULL);
}
