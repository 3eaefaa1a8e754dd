#include "model/topology.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "snapshot_fixture.h"
#include "topology_fixture.h"

static const Topology *build(Snapshot *s, const Topology *previous)
{
	const Topology *t = topology_build(&s->arena, s, previous);
	const char *wrong = topo_malformed(s, t);
	if (wrong != NULL)
		fail_msg("%s", wrong);
	return t;
}

static const Topology *assert_tree_after(Snapshot *s, const Topology *previous, const char *expected)
{
	const Topology *t = build(s, previous);
	StrBuf text = {0};
	topo_draw(t, &text);
	if (!str_eq(strbuf_str(&text), str_from(expected)))
		fail_msg("got\n%swanted\n%s", text.data, expected);
	strbuf_free(&text);
	return t;
}

static const Topology *assert_tree(Snapshot *s, const char *expected)
{
	return assert_tree_after(s, NULL, expected);
}

/* ---- the reference topology ------------------------------------------------------------------------------------ */

static void the_reference_topology_is_a_tree_in_the_order_of_ports(void **state)
{
	Snapshot *s = snap_reference(true);
	const Topology *t = assert_tree(s, "1923\n"
	                                   ".1921 tcp\n"
	                                   "../1925 tcp\n"
	                                   ".1922 tcp\n"
	                                   "./1924 tcp\n");
	assert_int_equal(t->nclusters, 1);
	assert_true(t->clusters[0].system_identifier == 7);
	assert_int_equal(t->clusters[0].primary, 0);
	assert_int_equal(t->clusters[0].primaries, 1);
	snap_free(s);
}

static void without_ports_nodes_stand_in_their_places_and_rows_stay_client_leaves(void **state)
{
	Snapshot *s = snap_reference(false);
	assert_tree(s, "1923\n"
	               ".1921 receiver\n"
	               "../1925 address\n"
	               ".1922 receiver\n"
	               ".1924 receiver\n"
	               ".walreceiver#100\n"
	               ".walreceiver#101\n"
	               "./walreceiver#102\n");
	snap_free(s);
}

static void the_order_of_the_snapshot_does_not_matter(void **state)
{
	static const int orders[][5] = {{0, 1, 2, 3, 4}, {4, 3, 2, 1, 0}, {2, 0, 4, 1, 3}};
	for (size_t i = 0; i < 3; i++) {
		Snapshot *s = snap_reference(true);
		Node shuffled[5];
		for (size_t k = 0; k < 5; k++)
			shuffled[k] = s->nodes[orders[i][k]];
		memcpy(s->nodes, shuffled, sizeof shuffled);
		assert_tree(s, "1923\n.1921 tcp\n../1925 tcp\n.1922 tcp\n./1924 tcp\n");
		snap_free(s);
	}
}

static void client_leaves_follow_the_nodes_in_the_order_of_pids(void **state)
{
	Snapshot *s = snap_new(2);
	Node *p = NODE(s, .port = 2, .primary = true);
	NODE(s, .port = 1, .to_port = 2, .local_port = 40002);
	SENDER(s, p, .app = "pg_receivewal", .port = 40001, .never_replays = true);
	SENDER(s, p, .port = 40002);
	SENDER(s, p, .app = "sub", .port = 40003, .slot = "sub", .logical = true);
	SENDER(s, p, .app = "pg_basebackup", .port = 40004, .state = "backup");
	assert_tree(s, "2\n"
	               ".1 tcp\n"
	               ".pg_receivewal#100\n"
	               ".sub#102\n"
	               "./pg_basebackup#103\n");
	snap_free(s);
}

static void rows_of_a_plain_role_are_client_leaves(void **state)
{
	Snapshot *s = snap_new(3);
	Node *p = NODE(s, .port = 1, .primary = true);
	NODE(s, .port = 2, .to_hidden = true, .cluster_name = "a");
	NODE(s, .port = 3, .to_hidden = true);
	SENDER(s, p, .app = "a", .hidden = true);
	SENDER(s, p, .hidden = true);
	assert_tree(s, "1\n"
	               ".2 application_name~\n"
	               "./walreceiver#101\n"
	               "3\n");
	snap_free(s);
}

/* ---- clusters -------------------------------------------------------------------------------------------------- */

static void clusters_come_in_the_order_of_their_first_node(void **state)
{
	Snapshot *s = snap_new(5);
	NODE(s, .port = 5, .sysid = 9, .to_port = 4);
	NODE(s, .port = 1, .sysid = 8, .primary = true);
	NODE(s, .port = 4, .sysid = 9, .primary = true);
	NODE(s, .port = 6, .unanswered = true);
	NODE(s, .port = 2, .sysid = 8, .to_port = 1);
	const Topology *t = assert_tree(s, "4\n./5 receiver\n\n1\n./2 receiver\n\n6\n");
	assert_int_equal(t->nclusters, 3);
	assert_true(t->clusters[2].system_identifier == 0);
	assert_int_equal(t->clusters[2].primary, TOPO_NONE);
	snap_free(s);
}

static void clusters_with_the_same_addresses_stay_apart(void **state)
{
	Snapshot *s = snap_new(4);
	for (uint64_t sysid = 8; sysid <= 9; sysid++) {
		Node *p = NODE(s, .name = sysid == 8 ? "p8" : "p9", .host = "10.0.0.1", .port = 5432, .sysid = sysid,
		               .primary = true);
		NODE(s, .name = sysid == 8 ? "s8" : "s9", .host = "10.0.0.2", .port = 5432, .sysid = sysid,
		     .to_host = "10.0.0.1", .to_port = 5432, .local_port = 40000, .slot = "s");
		SENDER(s, p, .addr = "10.0.0.2", .port = 40000, .slot = sysid == 8 ? "s" : NULL);
	}
	assert_tree(s, "p8\n./s8 slot\n\np9\n./s9 tcp\n");
	snap_free(s);
}

static void an_edge_into_another_cluster_is_cut(void **state)
{
	Snapshot *s = snap_new(2);
	NODE(s, .port = 1, .sysid = 8, .primary = true);
	NODE(s, .port = 2, .sysid = 9, .conninfo_port = 1);
	assert_tree(s, "1\n\n2\n");
	snap_free(s);
}

static void a_primary_that_never_answered_is_of_the_cluster_of_its_standbys(void **state)
{
	Snapshot *s = snap_new(3);
	NODE(s, .port = 2, .to_port = 1);
	NODE(s, .port = 3, .conninfo_port = 1);
	NODE(s, .port = 1, .unanswered = true, .state = NODE_DOWN);
	const Topology *t = assert_tree(s, "1\n.2 receiver\n./3 conninfo\n");
	assert_true(t->clusters[0].system_identifier == 7);
	assert_int_equal(t->clusters[0].primary, TOPO_NONE);
	assert_int_equal(t->clusters[0].primaries, 0);
	snap_free(s);
}

static void an_unanswered_upstream_named_by_two_clusters_is_of_one(void **state)
{
	Snapshot *s = snap_new(3);
	NODE(s, .port = 1, .unanswered = true, .state = NODE_DOWN);
	NODE(s, .port = 2, .sysid = 8, .to_port = 1);
	NODE(s, .port = 3, .sysid = 9, .to_port = 1);
	assert_tree(s, "1\n./2 receiver\n\n3\n");
	snap_free(s);
}

static void two_primaries_are_two_trees_of_one_cluster(void **state)
{
	Snapshot *s = snap_reference(true);
	snap_sample(&s->nodes[REF_1921])->in_recovery = false;
	const Topology *t = assert_tree(s, "1921\n"
	                                   "./1925 tcp\n"
	                                   "1923\n"
	                                   ".1922 tcp\n"
	                                   ".1924 tcp\n"
	                                   "./walreceiver#102\n");
	assert_int_equal(t->nclusters, 1);
	assert_int_equal(t->clusters[0].primaries, 2);
	snap_free(s);
}

static void of_a_dead_and_a_live_primary_the_live_one_is_the_clusters(void **state)
{
	Snapshot *s = snap_new(3);
	NODE(s, .port = 1, .primary = true, .state = NODE_DOWN);
	NODE(s, .port = 2, .primary = true);
	NODE(s, .port = 3, .primary = true, .state = NODE_DOWN);
	const Topology *t = assert_tree(s, "1\n2\n3\n");
	assert_int_equal(t->clusters[0].primary, 1);
	assert_int_equal(t->clusters[0].primaries, 1);
	s->nodes[1].state = NODE_DOWN;
	t = build(s, NULL);
	assert_int_equal(t->clusters[0].primary, 0);
	assert_int_equal(t->clusters[0].primaries, 0);
	snap_free(s);
}

/* ---- over time ------------------------------------------------------------------------------------------------- */

static void a_node_that_goes_down_keeps_its_place_and_its_children_theirs(void **state)
{
	Snapshot *s = snap_reference(true);
	const Topology *before = build(s, NULL);
	Snapshot *later = snap_reference(true);
	later->nodes[REF_1921].state = NODE_DOWN;
	snap_sample(&later->nodes[REF_1923])->nsenders = 2;
	const Topology *after =
		assert_tree_after(later, before, "1923\n.1921 last\n../1925 receiver\n.1922 tcp\n./1924 tcp\n");
	/* its child notices, and an hour later nothing has changed */
	Snapshot *last = snap_reference(true);
	last->nodes[REF_1921].state = NODE_DOWN;
	last->nodes[REF_1921].sample = NULL;
	snap_sample(&last->nodes[REF_1923])->nsenders = 2;
	memset(&snap_sample(&last->nodes[REF_1925])->receiver, 0, sizeof(WalReceiver));
	after = assert_tree_after(last, after, "1923\n.1921 last\n../1925 last\n.1922 tcp\n./1924 tcp\n");
	Snapshot *again = snap_reference(true);
	assert_tree_after(again, after, "1923\n.1921 tcp\n../1925 tcp\n.1922 tcp\n./1924 tcp\n");
	snap_free(again);
	snap_free(last);
	snap_free(later);
	snap_free(s);
}

static void a_node_of_which_nothing_is_known_any_more_stays_in_its_cluster(void **state)
{
	Snapshot *s = snap_new(2), *later = snap_new(2);
	NODE(s, .port = 1, .primary = true);
	NODE(s, .port = 2, .to_port = 1);
	NODE(later, .port = 1, .primary = true);
	NODE(later, .port = 2, .unanswered = true, .state = NODE_DOWN);
	assert_tree_after(later, build(s, NULL), "1\n./2 last\n");
	snap_free(later);
	snap_free(s);
}

static void a_primary_that_goes_down_keeps_its_tree(void **state)
{
	Snapshot *s = snap_reference(true);
	const Topology *before = build(s, NULL);
	Snapshot *later = snap_reference(true);
	later->nodes[REF_1923].state = NODE_DOWN;
	for (size_t i = 0; i < later->nnodes; i++)
		if (later->nodes[i].sample->receiver.sender_port == 1923)
			memset(&snap_sample(&later->nodes[i])->receiver, 0, sizeof(WalReceiver));
	assert_tree_after(later, before, "1923\n.1921 last\n../1925 tcp\n.1922 last\n./1924 last\n");
	snap_free(later);
	snap_free(s);
}

static void a_standby_that_was_repointed_moves(void **state)
{
	Snapshot *s = snap_reference(true);
	const Topology *before = build(s, NULL);
	Snapshot *later = snap_reference(true);
	snap_sample(&later->nodes[REF_1925])->receiver.sender_port = 1922;
	snap_sample(&later->nodes[REF_1925])->receiver.local_port = 40015;
	SENDER(later, &later->nodes[REF_1922], .port = 40015);
	assert_tree_after(later, before, "1923\n.1921 tcp\n../walreceiver#100\n.1922 tcp\n../1925 tcp\n./1924 tcp\n");
	snap_free(later);
	snap_free(s);
}

static void a_standby_that_was_repointed_to_a_stranger_does_not_stay(void **state)
{
	const int64_t start_us = INT64_C(1700000000000000);
	Snapshot *s = snap_reference(true);
	const Topology *before = build(s, NULL);
	Snapshot *later = snap_reference(true);
	WalReceiver *receiver = &snap_sample(&later->nodes[REF_1925])->receiver;
	receiver->sender_host = STR("10.9.9.9");
	receiver->local_port = 40015;
	receiver->start_us = start_us; /* the row that it left behind is of an hour ago */
	snap_sample(&later->nodes[REF_1921])->senders[0].backend_start_us = start_us - INT64_C(3600000000);
	assert_tree_after(later, before, "1923\n.1921 tcp\n../walreceiver#100\n.1922 tcp\n./1924 tcp\n1925\n");
	receiver->sender_host = STR("127.0.0.1");
	receiver->sender_port = 1999;
	assert_tree_after(later, before, "1923\n.1921 tcp\n../walreceiver#100\n.1922 tcp\n./1924 tcp\n1925\n");
	snap_free(later);
	snap_free(s);
}

static void a_standby_behind_a_proxy_stays_when_its_upstream_goes_down(void **state)
{
	Snapshot *s[2];
	for (int i = 0; i < 2; i++) {
		s[i] = snap_new(2);
		Node *p = NODE(s[i], .port = 1, .primary = true, .state = i == 0 ? NODE_UP : NODE_DOWN);
		NODE(s[i], .port = 2, .to_host = "proxy", .to_port = 1, .slot = "s");
		SENDER(s[i], p, .addr = "10.0.0.9", .port = 40001, .slot = "s");
	}
	const Topology *before = assert_tree(s[0], "1\n./2 slot\n");
	assert_tree_after(s[1], before, "1\n./2 last\n");
	snap_free(s[0]);
	snap_free(s[1]);
}

static void a_promoted_standby_is_a_root_at_once(void **state)
{
	Snapshot *s = snap_reference(true);
	const Topology *before = build(s, NULL);
	Snapshot *later = snap_reference(true);
	snap_sample(&later->nodes[REF_1921])->in_recovery = false;
	later->nodes[REF_1923].state = NODE_DOWN;
	const Topology *t =
		assert_tree_after(later, before, "1921\n./1925 tcp\n1923\n.1922 receiver\n./1924 receiver\n");
	assert_int_equal(t->clusters[0].primary, 0);
	assert_int_equal(t->clusters[0].primaries, 1);
	later->nodes[REF_1921].state = NODE_DOWN; /* what it was last */
	assert_tree_after(later, before, "1921\n./1925 receiver\n1923\n.1922 receiver\n./1924 receiver\n");
	snap_free(later);
	snap_free(s);
}

static void a_previous_upstream_that_is_gone_is_forgotten(void **state)
{
	Snapshot *s = snap_new(2);
	NODE(s, .id = 1, .port = 1, .primary = true);
	NODE(s, .id = 2, .port = 2, .to_port = 1);
	const Topology *before = assert_tree(s, "1\n./2 receiver\n");
	Snapshot *later = snap_new(1);
	NODE(later, .id = 2, .port = 2);
	assert_tree_after(later, before, "2\n");
	snap_free(later);
	snap_free(s);
}

static void a_server_initialised_anew_leaves_its_old_cluster(void **state)
{
	Snapshot *s = snap_new(2);
	NODE(s, .port = 1, .primary = true);
	NODE(s, .port = 2, .to_port = 1);
	const Topology *before = build(s, NULL);
	Snapshot *later = snap_new(2);
	NODE(later, .port = 1, .primary = true);
	NODE(later, .port = 2, .sysid = 8)->sample = NULL;
	assert_tree_after(later, before, "1\n\n2\n");
	snap_free(later);
	snap_free(s);
}

/* ---- cycles ---------------------------------------------------------------------------------------------------- */

static void a_cycle_is_cut_at_the_lowest_id_and_its_row_stays(void **state)
{
	Snapshot *s = snap_new(4);
	static const int upstream[] = {3, 1, 2};
	for (int i = 0; i < 3; i++)
		NODE(s, .port = i + 1, .id = (NodeId)(13 - i), .to_port = upstream[i], .local_port = 40000 + i);
	for (int i = 0; i < 3; i++)
		SENDER(s, &s->nodes[upstream[i] - 1], .port = 40000 + i);
	NODE(s, .port = 9, .to_port = 2);
	assert_tree(s, "3\n"
	               "./1 tcp\n"
	               "../2 tcp\n"
	               "...9 receiver\n"
	               ".../walreceiver#100\n");
	snap_free(s);
}

static void a_cycle_is_cut_where_nothing_streams_now(void **state)
{
	Snapshot *s = snap_new(2);
	/* 2 was promoted and died before it said so; its last word is that it followed 1, which now follows it */
	NODE(s, .port = 1, .to_port = 2);
	NODE(s, .port = 2, .to_port = 1, .state = NODE_DOWN);
	assert_tree(s, "2\n./1 receiver\n");
	snap_free(s);
}

static void a_node_that_names_itself_is_a_root(void **state)
{
	Snapshot *s = snap_new(1);
	Node *a = NODE(s, .port = 1, .to_port = 1, .local_port = 40000, .slot = "a");
	SENDER(s, a, .port = 40000, .slot = "a");
	assert_tree(s, "1\n./walreceiver#100\n");
	snap_free(s);
}

/* ---- properties ------------------------------------------------------------------------------------------------ */

static double cpu_seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void a_thousand_nodes_take_no_time_in_any_shape(void **state)
{
	enum { N = 1000 };
	for (int shape = 0; shape < 4; shape++) { /* a chain, a fan, strangers, all unanswered */
		Snapshot *s = snap_new(N);
		for (int i = 0; i < N; i++)
			NODE(s, .port = i + 1, .primary = shape < 2 && i == 0,
			     .to_port = shape == 0 ? i : (int)(shape == 1 && i > 0),
			     .sysid = shape == 2 ? (uint64_t)i + 1 : 7, .unanswered = shape == 3);
		for (int i = 0; shape < 3 && i < N; i++)
			SENDER(s, &s->nodes[shape == 1 ? 0 : i], .port = 40000 + i);
		double before = cpu_seconds();
		const Topology *t = topology_build(&s->arena, s, NULL);
		t = topology_build(&s->arena, s, t);
		assert_true(cpu_seconds() - before < 2);
		assert_int_equal(t->rows[t->nrows - 1].depth, shape == 0 ? N : shape == 3 ? 0 : 1);
		snap_free(s);
	}
}

static void an_empty_snapshot_is_an_empty_forest(void **state)
{
	Snapshot *s = snap_new(1);
	const Topology *t = assert_tree(s, "");
	assert_int_equal(t->nclusters, 0);
	snap_free(s);
}

static void only_the_weak_evidence_is_marked(void **state)
{
	for (int e = EDGE_NONE; e <= EDGE_LAST; e++) {
		Str text = edge_evidence_text((EdgeEvidence)e);
		assert_int_equal(str_is_none(text), e == EDGE_NONE);
		assert_int_equal(str_ends(text, STR("~")), edge_is_weak((EdgeEvidence)e));
		for (int other = EDGE_NONE; other < e; other++)
			assert_false(str_eq(text, edge_evidence_text((EdgeEvidence)other)));
	}
	assert_true(edge_is_weak(EDGE_START) && edge_is_weak(EDGE_NAME_ONLY));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_reference_topology_is_a_tree_in_the_order_of_ports),
		cmocka_unit_test(without_ports_nodes_stand_in_their_places_and_rows_stay_client_leaves),
		cmocka_unit_test(the_order_of_the_snapshot_does_not_matter),
		cmocka_unit_test(client_leaves_follow_the_nodes_in_the_order_of_pids),
		cmocka_unit_test(rows_of_a_plain_role_are_client_leaves),
		cmocka_unit_test(clusters_come_in_the_order_of_their_first_node),
		cmocka_unit_test(clusters_with_the_same_addresses_stay_apart),
		cmocka_unit_test(an_edge_into_another_cluster_is_cut),
		cmocka_unit_test(a_primary_that_never_answered_is_of_the_cluster_of_its_standbys),
		cmocka_unit_test(an_unanswered_upstream_named_by_two_clusters_is_of_one),
		cmocka_unit_test(two_primaries_are_two_trees_of_one_cluster),
		cmocka_unit_test(of_a_dead_and_a_live_primary_the_live_one_is_the_clusters),
		cmocka_unit_test(a_node_that_goes_down_keeps_its_place_and_its_children_theirs),
		cmocka_unit_test(a_node_of_which_nothing_is_known_any_more_stays_in_its_cluster),
		cmocka_unit_test(a_primary_that_goes_down_keeps_its_tree),
		cmocka_unit_test(a_standby_that_was_repointed_moves),
		cmocka_unit_test(a_standby_that_was_repointed_to_a_stranger_does_not_stay),
		cmocka_unit_test(a_standby_behind_a_proxy_stays_when_its_upstream_goes_down),
		cmocka_unit_test(a_promoted_standby_is_a_root_at_once),
		cmocka_unit_test(a_previous_upstream_that_is_gone_is_forgotten),
		cmocka_unit_test(a_server_initialised_anew_leaves_its_old_cluster),
		cmocka_unit_test(a_cycle_is_cut_at_the_lowest_id_and_its_row_stays),
		cmocka_unit_test(a_cycle_is_cut_where_nothing_streams_now),
		cmocka_unit_test(a_node_that_names_itself_is_a_root),
		cmocka_unit_test(a_thousand_nodes_take_no_time_in_any_shape),
		cmocka_unit_test(an_empty_snapshot_is_an_empty_forest),
		cmocka_unit_test(only_the_weak_evidence_is_marked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
