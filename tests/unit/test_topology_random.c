#include "model/topology.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "snapshot_fixture.h"
#include "topology_fixture.h"

/* Properties of trees of random snapshots. A failure names its seed, with which it can be had again. */

enum { ROUNDS = 3000 };

#define FAIL(seed, ...) \
	do { \
		print_error("seed %llu: ", (unsigned long long)(seed)); \
		fail_msg(__VA_ARGS__); \
	} while (0)

/* ---- snapshots ------------------------------------------------------------------------------------------------- */

static const char *const hosts[] = {NULL, "10.0.0.1", "db2", "localhost", "/tmp", "10.0.0.3"};

static const char *any(uint64_t *seed, const char *const *of, size_t count)
{
	return of[snap_random(seed, count)];
}

/* Anything that nodes may claim, with few enough values that claims collide. `apart`: no two nodes have the same port, as
 * no two nodes of the program have the same address. */
static Snapshot *random_snapshot(uint64_t seed, bool apart)
{
	static const char *const names[] = {"", "walreceiver", "a", "b", "15/main", "s1"};
	static const char *const slots[] = {NULL, NULL, "a", "b", "c", ""};
	static const char *const states[] = {"streaming", "streaming", "catchup", "startup", "backup", "stopping"};
	const int64_t t = INT64_C(1700000000000000);
	size_t n = snap_random(&seed, 61);
	int ports = 1 + (int)snap_random(&seed, 1 + n);
	Snapshot *s = snap_new(n);
	for (size_t i = 0; i < n; i++) {
		NodeSpec spec = {.port = 1 + (int)snap_random(&seed, (uint64_t)ports),
		                 .sysid = 7 + snap_random(&seed, 10) / 8};
		if (apart)
			spec.port = (int)i + 1;
		spec.host = any(&seed, hosts, 3);
		spec.state = (NodeState)snap_random(&seed, NODE_DOWN + 1);
		spec.unanswered = snap_random(&seed, 8) == 0;
		spec.primary = snap_random(&seed, 8) == 0;
		spec.cluster_name = any(&seed, names, 6);
		spec.to_port = snap_random(&seed, 4) != 0 ? 1 + (int)snap_random(&seed, (uint64_t)ports) : 0;
		spec.to_host = any(&seed, hosts, 6);
		spec.to_hidden = snap_random(&seed, 8) == 0;
		spec.local_port = (int)snap_random(&seed, 2) * (40000 + (int)snap_random(&seed, 40));
		spec.slot = any(&seed, slots, 6);
		spec.start_us = snap_random(&seed, 3) != 0 ? t + (int64_t)snap_random(&seed, 4000000) : 0;
		spec.conninfo_port = (int)snap_random(&seed, (uint64_t)ports + 1);
		spec.conninfo_host = any(&seed, hosts, 6);
		if (spec.unanswered && (spec.state == NODE_UP || spec.state == NODE_SILENT))
			spec.state = NODE_CONNECTING;
		snap_add(s, spec);
	}
	for (size_t i = 0; i < n; i++) {
		uint64_t rows = s->nodes[i].sample != NULL ? snap_random(&seed, 6) : 0;
		for (uint64_t k = 0; k < rows; k++) {
			SenderSpec spec = {.app = any(&seed, names, 6),
			                   .addr = any(&seed, hosts, 6),
			                   .slot = any(&seed, slots, 6)};
			spec.port = (int)snap_random(&seed, 4) == 0 ? 0 : 40000 + (int)snap_random(&seed, 40);
			spec.state = any(&seed, states, 6);
			spec.logical = spec.slot != NULL && snap_random(&seed, 4) == 0;
			spec.never_replays = snap_random(&seed, 6) == 0;
			spec.hidden = snap_random(&seed, 8) == 0;
			spec.start_us = snap_random(&seed, 3) != 0 ? t + (int64_t)snap_random(&seed, 4000000) : 0;
			snap_send(s, &s->nodes[i], spec);
		}
	}
	return s;
}

/* A tree as it may really be, of one cluster, with what its nodes and rows say of it. */
typedef struct RealTree {
	Snapshot *snapshot;
	size_t count;
	size_t upstream[64];         /* of each node but the first */
	const WalSender *sender[64]; /* its row; NULL: not read yet */
} RealTree;

static RealTree real_tree(uint64_t seed)
{
	RealTree tree = {0};
	uint64_t run = seed;
	size_t n = tree.count = 2 + snap_random(&seed, 59);
	bool ports = run % 4 != 0, named = run % 3 == 0, proxy = run % 5 == 0;
	int pids[64] = {0};
	Snapshot *s = tree.snapshot = snap_new(n);
	NODE(s, .port = 1, .primary = true);
	for (size_t i = 1; i < n; i++) {
		size_t up = tree.upstream[i] = snap_random(&seed, i);
		int64_t start_us = INT64_C(1700000000000000) + (int64_t)snap_random(&seed, 60) * 100000;
		NODE(s, .port = (int)(i + 1), .to_port = proxy ? 6432 : (int)(up + 1),
		     .to_host = proxy ? "proxy" : NULL,
		     .local_port = ports && snap_random(&seed, 4) != 0 ? (int)(40000 + i) : 0, .start_us = start_us,
		     .cluster_name = named ? "15/main" : NULL);
		if (snap_random(&seed, 10) == 0)
			continue; /* its upstream was asked before it connected */
		const WalSender *sender = SENDER(s, &s->nodes[up], .port = (int)((proxy ? 50000 : 40000) + i),
		                                 .app = named ? "15/main" : NULL, .addr = proxy ? "10.0.0.9" : NULL,
		                                 .start_us = start_us + 1000 + (int64_t)snap_random(&seed, 19000));
		pids[i] = sender->pid;
	}
	for (size_t i = 1; i < n; i++) { /* rows may have moved as their lists grew */
		const NodeSample *up = s->nodes[tree.upstream[i]].sample;
		for (size_t k = 0; pids[i] != 0 && k < up->nsenders; k++)
			if (up->senders[k].pid == pids[i])
				tree.sender[i] = &up->senders[k];
	}
	return tree;
}

/* ---- what is compared ------------------------------------------------------------------------------------------ */

static const Topology *build(uint64_t seed, Snapshot *s, const Topology *previous)
{
	const Topology *t = topology_build(&s->arena, s, previous);
	const char *wrong = topo_malformed(s, t);
	if (wrong != NULL)
		FAIL(seed, "%s", wrong);
	return t;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The trees of all clusters as text, in the order of the texts: that of the clusters is the order in which they were
 * found. */
static void draw_sorted(Snapshot *s, const Topology *t, StrBuf *out)
{
	char **texts = ARENA_ARRAY(&s->arena, char *, t->nclusters);
	for (size_t c = 0; c < t->nclusters; c++) {
		const TopoCluster *cluster = &t->clusters[c];
		Topology part = {.rows = &t->rows[cluster->first], .nrows = cluster->count};
		StrBuf text = {0};
		topo_draw(&part, &text);
		texts[c] = (char *)str_dup(&s->arena, strbuf_str(&text)).data;
		strbuf_free(&text);
	}
	if (t->nclusters > 0)
		qsort(texts, t->nclusters, sizeof *texts, compare_texts);
	for (size_t c = 0; c < t->nclusters; c++)
		strbuf_addf(out, "%s\n", texts[c]);
}

static void assert_same(uint64_t seed, const char *what, Snapshot *sa, const Topology *a, Snapshot *sb,
                        const Topology *b)
{
	StrBuf first = {0}, second = {0};
	draw_sorted(sa, a, &first);
	draw_sorted(sb, b, &second);
	if (!str_eq(strbuf_str(&first), strbuf_str(&second)))
		FAIL(seed, "%s:\n%s\nand then\n%s", what, first.data, second.data);
	strbuf_free(&first);
	strbuf_free(&second);
}

static void shuffle(Snapshot *s, uint64_t seed)
{
	for (size_t i = s->nnodes; i > 1; i--) {
		size_t k = snap_random(&seed, i);
		Node node = s->nodes[k];
		s->nodes[k] = s->nodes[i - 1];
		s->nodes[i - 1] = node;
	}
}

/* ---- properties ------------------------------------------------------------------------------------------------ */

/* Every node and every row exactly once, below its upstream, and no cycle; the same each time. */
static void random_snapshots_give_well_formed_trees_the_same_each_time(void **state)
{
	Snapshot *before = NULL;
	const Topology *previous = NULL;
	for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
		Snapshot *s = random_snapshot(seed, false), *twin = random_snapshot(seed, false);
		const Topology *t = build(seed, s, previous);
		assert_same(seed, "the same snapshot again", s, t, twin, build(seed, twin, previous));
		snap_free(twin);
		if (before != NULL)
			snap_free(before);
		before = s;
		previous = seed % 7 == 0 ? NULL : t;
	}
	snap_free(before);
}

static void the_tree_of_a_snapshot_and_its_own_tree_is_that_tree(void **state)
{
	for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
		Snapshot *before = random_snapshot(seed + ROUNDS, true), *s = random_snapshot(seed, true);
		const Topology *t = build(seed, s, seed % 2 ? build(seed, before, NULL) : NULL);
		assert_same(seed, "once more", s, t, s, build(seed, s, t));
		snap_free(before);
		snap_free(s);
	}
}

static void the_order_in_which_nodes_are_listed_does_not_matter(void **state)
{
	for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
		Snapshot *s = random_snapshot(seed, true), *other = random_snapshot(seed, true);
		shuffle(other, seed);
		assert_same(seed, "shuffled", s, build(seed, s, NULL), other, build(seed, other, NULL));
		snap_free(s);
		snap_free(other);
	}
}

/* Nor does the order in which they were found, which their ids say. */
static void the_order_in_which_nodes_were_found_does_not_matter_to_real_trees(void **state)
{
	for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
		Snapshot *s = real_tree(seed).snapshot, *other = real_tree(seed).snapshot;
		shuffle(other, seed);
		for (size_t i = 0; i < other->nnodes; i++)
			other->nodes[i].id = (NodeId)(i + 1);
		assert_same(seed, "shuffled", s, build(seed, s, NULL), other, build(seed, other, NULL));
		snap_free(s);
		snap_free(other);
	}
}

/* What is found may be less than what is so, never something else. */
static void edges_of_real_trees_are_never_wrong(void **state)
{
	size_t exact = 0, total = 0;
	for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
		RealTree real = real_tree(seed);
		const Topology *t = build(seed, real.snapshot, NULL);
		for (uint32_t r = 0; r < t->nrows; r++) {
			const TopoRow *row = &t->rows[r];
			size_t i = row->node != NULL ? (size_t)(row->node - real.snapshot->nodes) : 0;
			if (i == 0 || edge_is_weak(row->evidence)) /* start times may deceive, and say so */
				continue;
			total++;
			exact += row->sender != NULL;
			const Node *upstream = &real.snapshot->nodes[real.upstream[i]];
			if (row->upstream != TOPO_NONE && t->rows[row->upstream].node != upstream)
				FAIL(seed, "port %d has a wrong upstream", row->node->port);
			if (row->sender != NULL && row->sender != real.sender[i])
				FAIL(seed, "port %d has a wrong row", row->node->port);
		}
		snap_free(real.snapshot);
	}
	assert_true(exact > total / 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_snapshots_give_well_formed_trees_the_same_each_time),
		cmocka_unit_test(the_tree_of_a_snapshot_and_its_own_tree_is_that_tree),
		cmocka_unit_test(the_order_in_which_nodes_are_listed_does_not_matter),
		cmocka_unit_test(the_order_in_which_nodes_were_found_does_not_matter_to_real_trees),
		cmocka_unit_test(edges_of_real_trees_are_never_wrong),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
