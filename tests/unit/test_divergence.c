#include "model/divergence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "snapshot_fixture.h"

typedef struct Found {
	Snapshot *snapshot;
	const Topology *topology;
	const Divergence *divergence;
} Found;

static Found find(Snapshot *s)
{
	const Topology *t = topology_build(&s->arena, s, NULL);
	return (Found){s, t, divergence_find(&s->arena, t)};
}

static uint32_t row_of(const Found *f, const Node *node)
{
	for (uint32_t r = 0; r < f->topology->nrows; r++)
		if (f->topology->rows[r].node == node)
			return r;
	fail_msg("no row of %.*s", STR_ARG(node->name));
	return 0;
}

static void assert_row(const Found *f, const Node *node, DivergenceKind kind, const char *reason)
{
	const RowDivergence *found = &f->divergence->rows[row_of(f, node)];
	if (!str_eq(found->reason, str_from(reason)))
		fail_msg("got '%.*s', wanted '%s'", STR_ARG(found->reason), reason != NULL ? reason : "no reason");
	assert_int_equal(found->kind, kind);
}

static void assert_primaries(const Found *f, const char *wanted)
{
	Str found = f->divergence->clusters[0].primaries;
	if (!str_eq(found, str_from(wanted)))
		fail_msg("got '%.*s', wanted '%s'", STR_ARG(found), wanted != NULL ? wanted : "none");
}

/* ---- split brain ---- */

static void two_live_primaries_name_each_other_and_what_each_has(void **state)
{
	Snapshot *s = snap_new(3);
	Node *a = NODE(s, .port = 1923, .primary = true, .flush = 0x5000060);
	Node *b = NODE(s, .port = 1921, .primary = true, .flush = 0x5001000);
	Node *other = NODE(s, .port = 1930, .primary = true, .sysid = 8);
	snap_sample(b)->timeline = 2;
	Found f = find(s);
	assert_row(&f, a, DIVERGENCE_SPLIT_BRAIN, "split brain: also 1921 is primary, TL 2 at 0/5001000");
	assert_row(&f, b, DIVERGENCE_SPLIT_BRAIN, "split brain: also 1923 is primary, TL 1 at 0/5000060");
	assert_row(&f, other, DIVERGENCE_NONE, NULL);
	assert_primaries(&f, "1921 TL 2 at 0/5001000, 1923 TL 1 at 0/5000060");
	assert_true(str_is_none(f.divergence->clusters[1].primaries));
	snap_free(s);
}

static void three_primaries_are_all_named(void **state)
{
	Snapshot *s = snap_new(3);
	Node *a = NODE(s, .port = 1, .primary = true, .flush = 0x10);
	Node *b = NODE(s, .port = 2, .primary = true, .flush = 0x20);
	Node *c = NODE(s, .port = 3, .primary = true, .flush = 0x30);
	snap_sample(b)->timeline = 2;
	snap_sample(c)->timeline = 0; /* not known */
	Found f = find(s);
	assert_row(&f, a, DIVERGENCE_SPLIT_BRAIN,
	           "split brain: also 2 is primary, TL 2 at 0/20; also 3 is primary, at 0/30");
	assert_primaries(&f, "1 TL 1 at 0/10, 2 TL 2 at 0/20, 3 at 0/30");
	snap_free(s);
}

/* A hanging one may come back; one that is down is over. */
static void only_a_live_primary_counts(void **state)
{
	static const struct {
		NodeState state;
		bool split;
	} cases[] = {
		{NODE_UP, true},      {NODE_SILENT, true}, {NODE_UNAVAILABLE, false},
		{NODE_DENIED, false}, {NODE_DOWN, false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		Snapshot *s = snap_new(2);
		Node *a = NODE(s, .port = 1923, .primary = true, .state = cases[i].state);
		Node *b = NODE(s, .port = 1921, .primary = true);
		Found f = find(s);
		DivergenceKind kind = cases[i].split ? DIVERGENCE_SPLIT_BRAIN : DIVERGENCE_NONE;
		assert_int_equal(f.divergence->rows[row_of(&f, a)].kind, kind);
		assert_int_equal(f.divergence->rows[row_of(&f, b)].kind, kind);
		assert_int_equal(!str_is_none(f.divergence->clusters[0].primaries), cases[i].split);
		snap_free(s);
	}
}

/* ---- timelines ---- */

static void a_standby_of_the_old_primary_is_on_an_old_timeline(void **state)
{
	Snapshot *s = snap_new(4);
	Node *old = NODE(s, .port = 1923, .primary = true, .flush = 0x5000060);
	Node *new = NODE(s, .port = 1921, .primary = true, .flush = 0x5001000);
	Node *sibling = NODE(s, .port = 1922, .to_port = 1923, .receive = 0x5000040, .replay = 0x5000040);
	Node *cascade = NODE(s, .port = 1925, .to_port = 1921, .receive = 0x5001000, .replay = 0x5001000);
	SENDER(s, old, .port = 40002, .at = 0x5000040);
	SENDER(s, new, .port = 40005, .at = 0x5001000);
	snap_sample(new)->timeline = snap_sample(cascade)->timeline = 2;
	Found f = find(s);
	assert_row(&f, sibling, DIVERGENCE_OLD_TIMELINE,
	           "old timeline: TL 1 at 0/5000040 from 1923, but 1921 is primary, TL 2 at 0/5001000");
	assert_row(&f, cascade, DIVERGENCE_NONE, NULL);
	assert_int_equal(f.divergence->clusters[0].off_timeline, 1);
	assert_int_equal(f.divergence->clusters[0].ahead, 0);
	uint32_t row = row_of(&f, sibling);
	assert_true(divergence_comparable(f.topology, row, row_of(&f, old)));
	assert_false(divergence_comparable(f.topology, row, row_of(&f, new)));
	assert_true(divergence_comparable(f.topology, row_of(&f, cascade), row_of(&f, new)));
	snap_free(s);
}

/* A walsender sends the older parts of its own history only to who has not left it. */
static void a_standby_that_catches_up_through_older_timelines_is_well(void **state)
{
	Snapshot *s = snap_new(3);
	Node *p = NODE(s, .port = 1923, .primary = true, .flush = 0x9000000);
	Node *s1 = NODE(s, .port = 1921, .to_port = 1923, .local_port = 40001, .receive = 0x3000000);
	Node *s2 = NODE(s, .port = 1922, .to_port = 1921, .local_port = 40002, .receive = 0x2000000);
	WalSender *w1 = SENDER(s, p, .port = 40001, .state = "catchup", .at = 0x3000000);
	SENDER(s, s1, .port = 40002, .at = 0x2000000);
	snap_sample(p)->timeline = 3;
	snap_sample(s1)->timeline = 2;
	snap_sample(s2)->timeline = 1;
	Found f = find(s);
	assert_row(&f, s1, DIVERGENCE_NONE, NULL);
	assert_row(&f, s2, DIVERGENCE_NONE, NULL);
	assert_true(divergence_comparable(f.topology, row_of(&f, s2), row_of(&f, p)));

	/* It waits at the end of its timeline and asks for no other: recovery_target_timeline = current. */
	w1->state = STR("startup");
	f = find(s);
	assert_row(&f, s1, DIVERGENCE_OLD_TIMELINE,
	           "old timeline: TL 2 at 0/3000000, but 1923 is primary, TL 3 at 0/9000000");
	assert_row(&f, s2, DIVERGENCE_OLD_TIMELINE,
	           "old timeline: TL 1 at 0/2000000 from 1921, but 1923 is primary, TL 3 at 0/9000000");
	assert_int_equal(f.divergence->clusters[0].off_timeline, 2);
	assert_false(divergence_comparable(f.topology, row_of(&f, s2), row_of(&f, p)));
	snap_free(s);
}

static void a_standby_without_a_receiver_is_judged_by_its_timeline_alone(void **state)
{
	Snapshot *s = snap_new(4);
	NODE(s, .port = 1921, .primary = true, .flush = 0x5001000);
	Node *plain = NODE(s, .port = 1925, .replay = 0x5000000, .plain_role = true);
	Node *stuck = NODE(s, .port = 1922, .replay = 0x5002000, .conninfo_port = 1921);
	Node *hidden = NODE(s, .port = 1924, .replay = 0x5000000, .to_hidden = true);
	snap_sample(&s->nodes[0])->timeline = 2;
	Found f = find(s);
	assert_row(&f, stuck, DIVERGENCE_OLD_TIMELINE,
	           "old timeline: TL 1 at 0/5002000, but 1921 is primary, TL 2 at 0/5001000");
	assert_row(&f, plain, DIVERGENCE_NONE, NULL);
	assert_row(&f, hidden, DIVERGENCE_NONE, NULL); /* a control file's word on a timeline may be an old one */
	snap_free(s);
}

static void a_standby_beyond_every_live_primary_is_on_a_forked_timeline(void **state)
{
	Snapshot *s = snap_new(3);
	Node *p = NODE(s, .port = 1923, .primary = true, .flush = 0x6000000);
	NODE(s, .port = 1921, .primary = true, .state = NODE_DOWN);
	Node *left = NODE(s, .port = 1925, .replay = 0x5001000);
	snap_sample(left)->timeline = 2;
	Found f = find(s);
	assert_row(&f, left, DIVERGENCE_FORKED,
	           "forked timeline: TL 2 at 0/5001000, but 1923 is primary, TL 1 at 0/6000000");
	assert_row(&f, p, DIVERGENCE_NONE, NULL);
	assert_primaries(&f, NULL);
	snap_free(s);
}

static void nothing_is_claimed_without_a_live_primary_or_of_a_dead_standby(void **state)
{
	Snapshot *s = snap_new(4);
	NODE(s, .port = 1923, .primary = true, .state = NODE_DOWN);
	Node *a = NODE(s, .port = 1921, .replay = 0x10);
	Node *b = NODE(s, .port = 1922, .replay = 0x20);
	snap_sample(a)->timeline = 2;
	Found f = find(s);
	assert_row(&f, a, DIVERGENCE_NONE, NULL);
	assert_row(&f, b, DIVERGENCE_NONE, NULL);
	Node *p = NODE(s, .port = 1924, .primary = true);
	snap_sample(p)->timeline = 2;
	b->state = NODE_DOWN;
	f = find(s);
	assert_row(&f, b, DIVERGENCE_NONE, NULL);
	assert_int_equal(f.divergence->clusters[0].off_timeline, 0);
	snap_free(s);
}

/* ---- ahead ---- */

/* A primary and a standby; the primary was asked after the standby had answered. */
static Snapshot *standby_at(Lsn own, Lsn flush)
{
	Snapshot *s = snap_new(2);
	Node *p = NODE(s, .port = 1923, .primary = true, .flush = flush);
	Node *standby = NODE(s, .port = 1921, .receive = own, .replay = own, .conninfo_port = 1923);
	snap_sample(standby)->t_mono_ns -= 20;
	snap_sample(p)->t_asked_ns = s->mono_ns - 10;
	return s;
}

static void a_standby_that_had_more_before_its_upstream_was_asked_is_ahead(void **state)
{
	Snapshot *s = standby_at(0x5000000, 0x4000000);
	Found f = find(s);
	assert_row(&f, &s->nodes[1], DIVERGENCE_AHEAD,
	           "ahead of upstream: TL 1 at 0/5000000, but 1923 has only 0/4000000");
	assert_int_equal(f.divergence->clusters[0].ahead, 1);
	snap_free(s);

	s = standby_at(0x5000000, 0x5000000);
	f = find(s);
	assert_row(&f, &s->nodes[1], DIVERGENCE_NONE, NULL);
	snap_free(s);
}

static void of_a_standby_that_answered_later_the_sample_before_counts(void **state)
{
	Snapshot *s = standby_at(0x5000000, 0x4000000);
	snap_sample(&s->nodes[1])->t_mono_ns = s->mono_ns;
	Found f = find(s);
	assert_row(&f, &s->nodes[1], DIVERGENCE_NONE, NULL); /* it may have come by that meanwhile */
	NodeSample *previous = snap_previous(s, &s->nodes[1]);
	previous->replay_lsn = 0x3FFFFFF;
	f = find(s);
	assert_row(&f, &s->nodes[1], DIVERGENCE_NONE, NULL);
	previous->replay_lsn = 0x4000001;
	f = find(s);
	assert_row(&f, &s->nodes[1], DIVERGENCE_AHEAD,
	           "ahead of upstream: TL 1 at 0/4000001, but 1923 has only 0/4000000");
	previous->timeline = 2; /* of another history */
	f = find(s);
	assert_row(&f, &s->nodes[1], DIVERGENCE_NONE, NULL);
	snap_free(s);
}

static void what_cannot_be_compared_is_not_ahead(void **state)
{
	Snapshot *s = standby_at(0x5000000, 0x4000000);
	NodeSample *p = snap_sample(&s->nodes[0]);
	p->t_asked_ns = INT64_MIN; /* not known */
	Found f = find(s);
	assert_row(&f, &s->nodes[1], DIVERGENCE_NONE, NULL);
	p->t_asked_ns = s->mono_ns;
	p->timeline = 0;
	f = find(s);
	assert_row(&f, &s->nodes[1], DIVERGENCE_NONE, NULL);
	p->timeline = 1;
	s->nodes[0].state = NODE_DOWN;
	f = find(s);
	assert_row(&f, &s->nodes[1], DIVERGENCE_NONE, NULL);
	snap_free(s);
}

/* Every server is asked at some moment, looks at itself at a later one and its answer arrives still later, however slow
 * each of the ways is; meanwhile WAL streams at full speed. */
static void a_healthy_cascade_under_load_never_shows_anything(void **state)
{
	uint64_t seed = 7;
	enum { NODES = 4, SECOND = 1000000000 };
	for (int round = 0; round < 3000; round++) {
		Snapshot *s = snap_new(NODES);
		int64_t delay = 0; /* of the WAL on its way down, more with every level */
		for (int i = 0; i < NODES; i++) {
			int64_t looked[2];
			int64_t asked = s->mono_ns - 3 * (int64_t)SECOND + (int64_t)snap_random(&seed, SECOND);
			Node *node = NODE(s, .port = 1923 + i, .primary = i == 0, .to_port = i == 0 ? 0 : 1922 + i,
			                  .local_port = i == 0 ? 0 : 40000 + i);
			NodeSample *samples[] = {snap_previous(s, node), snap_sample(node)};
			for (int k = 0; k < 2; k++) {
				samples[k]->t_asked_ns = asked;
				looked[k] = asked + (int64_t)snap_random(&seed, SECOND / 2);
				samples[k]->t_mono_ns = looked[k] + (int64_t)snap_random(&seed, SECOND / 2);
				asked = samples[k]->t_mono_ns + (int64_t)snap_random(&seed, SECOND / 10);
				Lsn at = (Lsn)(looked[k] - delay) / 10; /* 100 MB/s */
				samples[k]->flush_lsn = i == 0 ? at : LSN_NONE;
				samples[k]->receive_lsn = samples[k]->replay_lsn = i == 0 ? LSN_NONE : at;
			}
			if (i + 1 < NODES && snap_random(&seed, 2) == 0)
				SENDER(s, node, .port = 40001 + i, .at = (Lsn)(looked[1] - delay) / 10);
			delay += (int64_t)snap_random(&seed, SECOND / 1000);
		}
		Found f = find(s);
		for (uint32_t r = 0; r < f.topology->nrows; r++)
			assert_int_equal(f.divergence->rows[r].kind, DIVERGENCE_NONE);
		snap_free(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_live_primaries_name_each_other_and_what_each_has),
		cmocka_unit_test(three_primaries_are_all_named),
		cmocka_unit_test(only_a_live_primary_counts),
		cmocka_unit_test(a_standby_of_the_old_primary_is_on_an_old_timeline),
		cmocka_unit_test(a_standby_that_catches_up_through_older_timelines_is_well),
		cmocka_unit_test(a_standby_without_a_receiver_is_judged_by_its_timeline_alone),
		cmocka_unit_test(a_standby_beyond_every_live_primary_is_on_a_forked_timeline),
		cmocka_unit_test(nothing_is_claimed_without_a_live_primary_or_of_a_dead_standby),
		cmocka_unit_test(a_standby_that_had_more_before_its_upstream_was_asked_is_ahead),
		cmocka_unit_test(of_a_standby_that_answered_later_the_sample_before_counts),
		cmocka_unit_test(what_cannot_be_compared_is_not_ahead),
		cmocka_unit_test(a_healthy_cascade_under_load_never_shows_anything),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
