#include "model/quorum.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "snapshot_fixture.h"

enum { MAX = 5 };

/* A primary on port 1 with standbys on ports 11.., each at its own position. */
typedef struct Fleet {
	Snapshot *snapshot;
	Arena arena;
	Node *primary;
	Node *standby[MAX];
	WalSender *sender; /* their rows, in their order */
} Fleet;

static void make_fleet(Fleet *f, const char *rule, const char *level, const Lsn *at, int count)
{
	*f = (Fleet){.snapshot = snap_new(MAX + 1)};
	f->primary = NODE(f->snapshot, .port = 1, .primary = true, .flush = 1000);
	NodeSample *sample = snap_sample(f->primary);
	sample->synchronous_standby_names = str_from(rule);
	sample->synchronous_commit = str_from(level);
	sample->timeline = 1;
	for (int i = 0; i < count; i++) {
		f->standby[i] = NODE(f->snapshot, .port = 11 + i, .receive = at[i], .replay = at[i], .to_port = 1,
		                     .local_port = 40000 + i);
		snap_sample(f->standby[i])->timeline = 1;
	}
	for (int i = 0; i < count; i++) {
		WalSender *sender = SENDER(f->snapshot, f->primary, .port = 40000 + i, .at = at[i]);
		sender->sync_priority = 1;
	}
	f->sender = sample->senders;
}

static void free_fleet(Fleet *f)
{
	arena_free(&f->arena);
	snap_free(f->snapshot);
}

static const Quorum *look(Fleet *f)
{
	const Topology *topology = topology_build(&f->arena, f->snapshot, NULL);
	assert_int_equal(topology->nclusters, 1);
	const Quorum *q = quorum_build(&f->arena, topology, topology->clusters[0].primary);
	assert_non_null(q);
	return q;
}

static int port_of(Fleet *f, const QuorumStandby *s)
{
	const Topology *topology = topology_build(&f->arena, f->snapshot, NULL);
	return topology->rows[s->row].node->port;
}

static void lose(Node *node)
{
	node->state = NODE_DOWN;
}

static void five_standbys_with_any_two_need_four_under_control(void **state)
{
	Fleet f;
	make_fleet(&f, "ANY 2 (*)", "on", (Lsn[]){900, 950, 800, 700, 960}, 5);
	const Quorum *q = look(&f);
	assert_int_equal(q->rule.required, 2);
	assert_int_equal(q->known, 5);
	assert_int_equal(q->streaming, 5);
	assert_int_equal(q->fence_needed, 4);
	assert_int_equal(q->fence_reachable, 5);
	assert_false(q->blocked);
	assert_true(q->safe_lsn == 950); /* the second furthest */
	assert_int_equal(port_of(&f, quorum_best(q)), 15);
	assert_int_equal(quorum_best(q)->loss_bytes, 40);
	assert_int_equal(quorum_best(q)->acknowledged_loss, LOSS_NONE);
	assert_int_equal(q->standbys[1].acknowledged_loss, LOSS_NONE); /* 950 */
	assert_int_equal(q->standbys[2].acknowledged_loss, LOSS_POSSIBLE);
	free_fleet(&f);
}

static void too_few_standbys_block_commits(void **state)
{
	Fleet f;
	make_fleet(&f, "ANY 2 (*)", "on", (Lsn[]){900, 950, 800}, 3);
	assert_false(look(&f)->blocked);
	f.sender[0].state = STR("catchup");
	assert_int_equal(look(&f)->streaming, 2);
	assert_false(look(&f)->blocked);
	f.sender[1].state = STR("catchup");
	const Quorum *q = look(&f);
	assert_int_equal(q->streaming, 1);
	assert_true(q->blocked);
	assert_true(q->safe_lsn == LSN_NONE);
	assert_int_equal(q->known, 3);
	f.standby[0]->state = f.standby[2]->state = NODE_DOWN;
	assert_int_equal(quorum_best(look(&f))->acknowledged_loss, LOSS_POSSIBLE);
	snap_sample(f.standby[1])->receive_lsn = 1000; /* what has all of it loses nothing, blocked or not */
	q = look(&f);
	assert_int_equal(quorum_best(q)->loss_bytes, 0);
	assert_int_equal(quorum_best(q)->acknowledged_loss, LOSS_NONE);
	free_fleet(&f);
}

static void a_dead_primary_leaves_what_enough_standbys_hold(void **state)
{
	Fleet f;
	make_fleet(&f, "ANY 2 (*)", "on", (Lsn[]){900, 950, 800, 700, 960}, 5);
	const Topology *before = topology_build(&f.arena, f.snapshot, NULL);
	lose(f.primary);
	lose(f.standby[4]);
	const Topology *topology = topology_build(&f.arena, f.snapshot, before);
	const Quorum *q = quorum_build(&f.arena, topology, topology->clusters[0].primary);
	assert_int_equal(q->known, 5);
	assert_int_equal(q->fence_needed, 4);
	assert_int_equal(q->fence_reachable, 4);
	assert_int_equal(topology->rows[quorum_best(q)->row].node->port, 12);
	assert_int_equal(quorum_best(q)->acknowledged_loss, LOSS_NONE);
	assert_int_equal(q->standbys[1].acknowledged_loss, LOSS_POSSIBLE);
	assert_false(q->blocked); /* nobody commits there */
	lose(f.standby[3]);
	topology = topology_build(&f.arena, f.snapshot, topology);
	q = quorum_build(&f.arena, topology, topology->clusters[0].primary);
	assert_int_equal(q->fence_reachable, 3);
	assert_int_equal(quorum_best(q)->acknowledged_loss, LOSS_POSSIBLE);
	free_fleet(&f);
}

static void names_that_are_not_connected_count_as_known(void **state)
{
	Fleet f;
	make_fleet(&f, "ANY 2 (walreceiver, a, b, c, d)", "on", (Lsn[]){900}, 1);
	const Quorum *q = look(&f);
	assert_int_equal(q->known, 5);
	assert_int_equal(q->fence_needed, 4);
	assert_true(q->blocked);
	free_fleet(&f);
}

static void the_level_decides_which_position_counts(void **state)
{
	static const struct {
		const char *level;
		Lsn safe;
	} cases[] = {{"remote_write", 900}, {"on", 800}, {"remote_apply", 700}};
	for (size_t i = 0; i < 3; i++) {
		Fleet f;
		make_fleet(&f, "ANY 1 (*)", cases[i].level, (Lsn[]){900}, 1);
		f.sender[0].flush_lsn = 800;
		f.sender[0].replay_lsn = 700;
		assert_true(look(&f)->safe_lsn == cases[i].safe);
		free_fleet(&f);
	}
}

static void ties_go_to_what_was_replayed_and_forks_stay_behind(void **state)
{
	Fleet f;
	make_fleet(&f, "", "on", (Lsn[]){900, 900, 950}, 3);
	snap_sample(f.standby[0])->replay_lsn = 500;
	snap_sample(f.standby[2])->timeline = 2;
	const Quorum *q = look(&f);
	assert_int_equal(port_of(&f, &q->standbys[0]), 12);
	assert_int_equal(port_of(&f, &q->standbys[1]), 11);
	assert_int_equal(port_of(&f, &q->standbys[2]), 13);
	assert_false(q->standbys[2].promotable);
	assert_true(q->standbys[2].loss_bytes == INT_NONE);
	assert_int_equal(q->standbys[2].acknowledged_loss, LOSS_POSSIBLE);
	assert_int_equal(q->fence_needed, 0);
	assert_int_equal(q->rule.method, SYNC_OFF);
	assert_int_equal(quorum_best(q)->acknowledged_loss, LOSS_POSSIBLE); /* 100 bytes behind, all acknowledged */
	free_fleet(&f);
}

static void without_a_rule_only_what_is_there_in_full_loses_nothing(void **state)
{
	Fleet f;
	make_fleet(&f, "", "on", (Lsn[]){1000, 999}, 2);
	const Quorum *q = look(&f);
	assert_int_equal(q->standbys[0].acknowledged_loss, LOSS_NONE);
	assert_int_equal(q->standbys[1].acknowledged_loss, LOSS_POSSIBLE);
	assert_int_equal(q->standbys[1].loss_bytes, 1);
	free_fleet(&f);
}

static void a_rule_that_is_not_understood_says_so(void **state)
{
	Fleet f;
	make_fleet(&f, "SOME 2 (a)", "on", (Lsn[]){900}, 1);
	const Quorum *q = look(&f);
	assert_false(q->rule_known);
	assert_false(str_is_none(q->warning));
	assert_false(q->blocked);
	free_fleet(&f);
}

static void what_a_role_may_not_see_is_not_taken_for_a_blocked_commit(void **state)
{
	Fleet f;
	make_fleet(&f, "ANY 1 (*)", "on", (Lsn[]){900}, 1);
	f.sender[0] = (WalSender){.pid = f.sender[0].pid};
	const Quorum *q = look(&f);
	assert_true(q->hidden);
	assert_false(q->blocked);
	free_fleet(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(five_standbys_with_any_two_need_four_under_control),
		cmocka_unit_test(too_few_standbys_block_commits),
		cmocka_unit_test(a_dead_primary_leaves_what_enough_standbys_hold),
		cmocka_unit_test(names_that_are_not_connected_count_as_known),
		cmocka_unit_test(the_level_decides_which_position_counts),
		cmocka_unit_test(ties_go_to_what_was_replayed_and_forks_stay_behind),
		cmocka_unit_test(without_a_rule_only_what_is_there_in_full_loses_nothing),
		cmocka_unit_test(a_rule_that_is_not_understood_says_so),
		cmocka_unit_test(what_a_role_may_not_see_is_not_taken_for_a_blocked_commit),
	};
	return cmocka_run_group_tests_name("quorum", tests, NULL, NULL);
}
