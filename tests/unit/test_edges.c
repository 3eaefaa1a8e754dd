#include "model/edges.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "snapshot_fixture.h"

enum { NO_ROW = -1 };

static Edge edge_of(const Snapshot *s, const Node *node)
{
	Arena arena = {0};
	Edge edge = edges_match(&arena, s)[node - s->nodes];
	arena_free(&arena);
	return edge;
}

static void assert_edge(const Snapshot *s, const Node *node, const Node *upstream, int row, EdgeEvidence evidence)
{
	Edge edge = edge_of(s, node);
	assert_int_equal(edge.evidence, evidence);
	assert_int_equal(edge.upstream, upstream != NULL ? (uint32_t)(upstream - s->nodes) : EDGE_NO_NODE);
	assert_int_equal(edge.row, row != NO_ROW ? (uint32_t)row : EDGE_NO_NODE);
}

static void assert_no_edge(const Snapshot *s, const Node *node)
{
	assert_edge(s, node, NULL, NO_ROW, EDGE_NONE);
}

/* ---- slots and ports ------------------------------------------------------------------------------------------- */

static void on_one_host_with_one_name_ports_tell_all(void **state)
{
	Snapshot *s = snap_reference(true);
	const Node *n = s->nodes;
	assert_no_edge(s, &n[REF_1923]);
	assert_edge(s, &n[REF_1922], &n[REF_1923], 0, EDGE_TCP);
	assert_edge(s, &n[REF_1924], &n[REF_1923], 1, EDGE_TCP);
	assert_edge(s, &n[REF_1921], &n[REF_1923], 2, EDGE_TCP);
	assert_edge(s, &n[REF_1925], &n[REF_1921], 0, EDGE_TCP);
	snap_free(s);
}

static void without_ports_the_standbys_word_names_the_upstream_but_no_row(void **state)
{
	Snapshot *s = snap_reference(false);
	const Node *n = s->nodes;
	assert_no_edge(s, &n[REF_1923]);
	assert_edge(s, &n[REF_1922], &n[REF_1923], NO_ROW, EDGE_RECEIVER);
	assert_edge(s, &n[REF_1924], &n[REF_1923], NO_ROW, EDGE_RECEIVER);
	assert_edge(s, &n[REF_1921], &n[REF_1923], NO_ROW, EDGE_RECEIVER);
	/* the only row there */
	assert_edge(s, &n[REF_1925], &n[REF_1921], 0, EDGE_ADDRESS);
	snap_free(s);
}

static void a_slot_outweighs_everything_else(void **state)
{
	Snapshot *s = snap_new(3);
	Node *p = NODE(s, .port = 1, .primary = true);
	const Node *a = NODE(s, .port = 2, .to_port = 1, .slot = "a", .cluster_name = "b", .local_port = 40002);
	const Node *b = NODE(s, .port = 3, .to_port = 1, .slot = "b", .cluster_name = "a", .local_port = 40001);
	SENDER(s, p, .app = "a", .port = 40001, .slot = "a");
	SENDER(s, p, .app = "b", .port = 40002, .slot = "b");
	assert_edge(s, a, p, 0, EDGE_SLOT);
	assert_edge(s, b, p, 1, EDGE_SLOT);
	snap_free(s);
}

static void one_slot_name_on_two_servers_is_told_by_the_upstream_that_is_named(void **state)
{
	Snapshot *s = snap_new(4);
	Node *p = NODE(s, .port = 1, .primary = true);
	Node *a = NODE(s, .port = 2, .to_port = 1, .slot = "standby");
	const Node *b = NODE(s, .port = 3, .to_port = 2, .slot = "standby");
	SENDER(s, p, .port = 40001, .slot = "standby");
	SENDER(s, a, .port = 40002, .slot = "standby");
	assert_edge(s, a, p, 0, EDGE_SLOT);
	assert_edge(s, b, a, 0, EDGE_SLOT);
	snap_free(s);
}

static void a_slot_that_two_standbys_name_is_nobodys_unless_addresses_tell(void **state)
{
	for (int addresses = 0; addresses < 2; addresses++) {
		Snapshot *s = snap_new(3);
		Node *p = NODE(s, .port = 5432, .host = "10.0.0.1", .primary = true);
		/* the upstream of one of them is not polled; both are known by names of their own */
		const Node *a = NODE(s, .port = 5432, .host = addresses ? "10.0.0.2" : "a", .to_host = "x",
		                     .to_port = 5432, .slot = "one");
		const Node *b =
			NODE(s, .port = 5432, .host = "10.0.0.3", .to_host = "y", .to_port = 5432, .slot = "one");
		SENDER(s, p, .addr = "10.0.0.2", .port = 40001, .slot = "one");
		if (addresses)
			assert_edge(s, a, p, 0, EDGE_SLOT);
		else
			assert_no_edge(s, a);
		assert_no_edge(s, b);
		snap_free(s);
	}
}

static void a_logical_slot_is_no_standbys(void **state)
{
	Snapshot *s = snap_new(2);
	Node *p = NODE(s, .port = 1, .primary = true);
	const Node *a = NODE(s, .port = 2, .to_port = 1, .slot = "sub");
	SENDER(s, p, .app = "sub", .port = 40001, .slot = "sub", .logical = true);
	assert_edge(s, a, p, NO_ROW, EDGE_RECEIVER);
	snap_free(s);
}

static void one_ephemeral_port_on_two_client_hosts_is_told_by_the_address(void **state)
{
	Snapshot *s = snap_new(3);
	Node *p = NODE(s, .port = 5432, .host = "10.0.0.1", .primary = true);
	const Node *a =
		NODE(s, .port = 5432, .host = "10.0.0.2", .to_host = "10.0.0.1", .to_port = 5432, .local_port = 40000);
	const Node *b =
		NODE(s, .port = 5432, .host = "10.0.0.3", .to_host = "10.0.0.1", .to_port = 5432, .local_port = 40000);
	SENDER(s, p, .addr = "10.0.0.3", .port = 40000);
	SENDER(s, p, .addr = "10.0.0.2", .port = 40000);
	assert_edge(s, a, p, 1, EDGE_TCP);
	assert_edge(s, b, p, 0, EDGE_TCP);
	snap_free(s);
}

static void one_ephemeral_port_of_two_standbys_and_one_row_goes_to_neither(void **state)
{
	Snapshot *s = snap_new(3);
	Node *p = NODE(s, .port = 5432, .host = "10.0.0.1", .primary = true);
	const Node *a = NODE(s, .port = 5432, .host = "a", .to_host = "other", .to_port = 5432, .local_port = 40000);
	const Node *b = NODE(s, .port = 5432, .host = "b", .to_host = "10.0.0.1", .to_port = 5432, .local_port = 40000);
	SENDER(s, p, .addr = "10.0.0.3", .port = 40000);
	assert_no_edge(s, a);
	assert_edge(s, b, p, NO_ROW, EDGE_RECEIVER);
	snap_free(s);
}

static void one_client_port_to_two_servers_of_a_host_is_told_by_the_upstream_that_is_named(void **state)
{
	Snapshot *s = snap_new(4);
	Node *p = NODE(s, .port = 1, .primary = true);
	Node *a = NODE(s, .port = 2, .to_port = 1, .local_port = 40000);
	const Node *b = NODE(s, .port = 3, .to_port = 2, .local_port = 40000);
	SENDER(s, p, .port = 40000);
	SENDER(s, a, .port = 40000);
	assert_edge(s, a, p, 0, EDGE_TCP);
	assert_edge(s, b, a, 0, EDGE_TCP);
	snap_free(s);
}

/* ---- names ----------------------------------------------------------------------------------------------------- */

static void a_name_that_only_one_row_and_one_node_have_matches(void **state)
{
	Snapshot *s = snap_new(3);
	Node *p = NODE(s, .port = 1, .primary = true);
	const Node *a = NODE(s, .port = 2, .to_port = 1, .cluster_name = "a");
	const Node *b = NODE(s, .port = 3, .to_port = 1, .cluster_name = "b");
	SENDER(s, p, .app = "b", .port = 40001);
	SENDER(s, p, .app = "a", .port = 40002);
	assert_edge(s, a, p, 1, EDGE_NAME);
	assert_edge(s, b, p, 0, EDGE_NAME);
	snap_free(s);
}

static void a_name_that_two_have_matches_nothing(void **state)
{
	Snapshot *s = snap_new(4);
	Node *p = NODE(s, .port = 1, .primary = true);
	const Node *a = NODE(s, .port = 2, .to_port = 1, .cluster_name = "15/main");
	const Node *b = NODE(s, .port = 3, .to_port = 1, .cluster_name = "15/main");
	SENDER(s, p, .app = "15/main", .port = 40001);
	SENDER(s, p, .app = "15/main", .port = 40002);
	assert_edge(s, a, p, NO_ROW, EDGE_RECEIVER);
	assert_edge(s, b, p, NO_ROW, EDGE_RECEIVER);
	snap_free(s);
}

static void a_name_of_two_rows_or_of_two_nodes_matches_nothing(void **state)
{
	for (int rows = 1; rows <= 2; rows++) {
		Snapshot *s = snap_new(4);
		Node *p = NODE(s, .port = 1, .host = "p", .primary = true);
		const Node *a = NODE(s, .port = 2, .host = "a", .to_host = "p", .to_port = 1, .cluster_name = "x");
		if (rows == 1)
			NODE(s, .port = 3, .host = "b", .to_host = "p", .to_port = 1, .cluster_name = "x");
		for (int i = 0; i < rows; i++)
			SENDER(s, p, .app = "x", .addr = "10.0.0.9", .port = 40001 + i);
		assert_edge(s, a, p, NO_ROW, EDGE_RECEIVER);
		snap_free(s);
	}
}

static void walreceiver_and_the_empty_name_are_no_names(void **state)
{
	static const char *const names[] = {"walreceiver", ""};
	for (size_t i = 0; i < 2; i++) {
		Snapshot *s = snap_new(2);
		Node *p = NODE(s, .port = 1, .host = "p", .primary = true);
		const Node *a = NODE(s, .port = 2, .host = "a", .to_host = "p", .to_port = 1, .cluster_name = names[i]);
		SENDER(s, p, .app = names[i], .addr = "10.0.0.9", .port = 40001);
		assert_edge(s, a, p, NO_ROW, EDGE_RECEIVER);
		snap_free(s);
	}
}

static void rows_of_a_plain_role_can_only_match_by_name(void **state)
{
	Snapshot *s = snap_new(3);
	Node *p = NODE(s, .port = 1, .primary = true);
	const Node *a = NODE(s, .port = 2, .to_hidden = true, .cluster_name = "a");
	const Node *b = NODE(s, .port = 3, .to_hidden = true);
	SENDER(s, p, .app = "a", .hidden = true);
	SENDER(s, p, .hidden = true);
	assert_edge(s, a, p, 0, EDGE_NAME_ONLY); /* the upstream that it names is not visible */
	assert_no_edge(s, b);
	snap_free(s);
}

/* Debian calls every cluster VERSION/NAME: the row is that of a standby that is not polled. */
static void a_name_that_many_hosts_share_does_not_outweigh_the_standbys_word(void **state)
{
	static const struct {
		const char *p, *a, *to, *client;
		int to_port;
		int64_t apart_us;
		EdgeEvidence evidence;
	} cases[] = {
		/* another port, or a loopback upstream of a remote client, or the other way round: another server */
		{NULL, NULL, "127.0.0.1", "127.0.0.1", 5, 1000, EDGE_NONE},
		{NULL, NULL, "/tmp", "127.0.0.1", 9, 1000, EDGE_NONE},
		{"10.0.0.1", "10.0.0.2", "127.0.0.1", "10.0.0.9", 1, 1000, EDGE_NONE},
		{"10.0.0.1", "10.0.0.2", "10.0.0.8", "127.0.0.1", 1, 1000, EDGE_NONE},
		/* another address may be the same server's, if they began together */
		{"10.0.0.1", "10.0.0.2", "10.0.0.8", "10.0.0.2", 1, 2000000, EDGE_NONE},
		{"10.0.0.1", "10.0.0.2", "10.0.0.8", "10.0.0.2", 1, 1000, EDGE_NAME_ONLY},
		/* a name of the upstream may be any server's */
		{"10.0.0.1", "10.0.0.2", "db1", "10.0.0.9", 1, 11000000, EDGE_NONE},
		{"10.0.0.1", "10.0.0.2", "db1", "10.0.0.9", 1, 1000, EDGE_NAME_ONLY},
		{"10.0.0.1", "10.0.0.2", "db1", "10.0.0.2", 1, 1000, EDGE_NAME},
		/* its own word, and neither an address nor a clock against it */
		{"10.0.0.1", "10.0.0.2", "10.0.0.1", "10.0.0.2", 1, 1000, EDGE_NAME},
		{"10.0.0.1", "10.0.0.2", "10.0.0.1", "10.0.0.2", 1, 11000000, EDGE_NAME},
		{"10.0.0.1", "10.0.0.2", "10.0.0.1", "10.0.0.9", 1, 1000, EDGE_NAME},
		{"10.0.0.1", "10.0.0.2", "10.0.0.1", "10.0.0.9", 1, 11000000, EDGE_RECEIVER},
	};
	const int64_t t = INT64_C(1700000000000000);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		Snapshot *s = snap_new(2);
		Node *p = NODE(s, .port = 1, .host = cases[i].p, .primary = true);
		const Node *a = NODE(s, .port = 2, .host = cases[i].a, .to_host = cases[i].to,
		                     .to_port = cases[i].to_port, .start_us = t, .cluster_name = "15/main");
		SENDER(s, p, .app = "15/main", .addr = cases[i].client, .port = 40001,
		       .start_us = t + cases[i].apart_us);
		bool row = cases[i].evidence == EDGE_NAME || cases[i].evidence == EDGE_NAME_ONLY;
		const Node *upstream = cases[i].evidence != EDGE_NONE ? p : NULL;
		assert_edge(s, a, upstream, row ? 0 : NO_ROW, cases[i].evidence);
		snap_free(s);
	}
}

static void a_slot_or_port_that_is_anothers_does_not_outweigh_the_standbys_word(void **state)
{
	for (int by_slot = 0; by_slot < 2; by_slot++) {
		Snapshot *s = snap_new(2);
		Node *p = NODE(s, .port = 1, .primary = true);
		const Node *a = NODE(s, .port = 2, .to_port = 5, .local_port = by_slot ? 0 : 40001,
		                     .slot = by_slot ? "standby" : NULL);
		SENDER(s, p, .port = 40001, .slot = by_slot ? "standby" : NULL); /* of the one on port 5, not polled */
		assert_no_edge(s, a);
		snap_free(s);
	}
}

/* ---- Unix sockets ---------------------------------------------------------------------------------------------- */

static void the_process_at_the_other_end_of_a_socket_tells_all(void **state)
{
	Snapshot *s = snap_new(4);
	Node *p = NODE(s, .port = 1, .primary = true);
	Node *q = NODE(s, .port = 2, .to_host = "/tmp", .to_port = 1);
	const Node *a = NODE(s, .port = 3, .to_host = "/tmp", .to_port = 1);
	const Node *b = NODE(s, .port = 4, .to_host = "/tmp", .to_port = 1);
	SENDER(s, p, .pid = 101);
	SENDER(s, p, .pid = 102);
	SENDER(s, p, .pid = 103);
	SENDER(s, q, .pid = 104);
	snap_sample(q)->receiver.peer_pid = 102;
	snap_sample(a)->receiver.peer_pid = 103;
	snap_sample(b)->receiver.peer_pid = 101;
	assert_edge(s, b, p, NO_ROW, EDGE_RECEIVER); /* a number of another host's process says nothing */
	p->local = q->local = true;
	assert_edge(s, q, p, 1, EDGE_SOCKET);
	assert_edge(s, a, p, 2, EDGE_SOCKET);
	assert_edge(s, b, p, 0, EDGE_SOCKET);
	snap_sample(a)->receiver.peer_pid = 104; /* one folder of sockets, or one port, is not all that there are */
	assert_edge(s, a, q, 0, EDGE_SOCKET);
	snap_free(s);
}

/* ---- addresses ------------------------------------------------------------------------------------------------- */

static void the_only_candidate_at_an_address_matches(void **state)
{
	Snapshot *s = snap_new(4);
	Node *p = NODE(s, .port = 5432, .host = "10.0.0.1", .primary = true);
	const Node *a = NODE(s, .port = 5432, .host = "10.0.0.2", .to_host = "db1", .to_port = 5432);
	const Node *b = NODE(s, .port = 5432, .host = "10.0.0.3", .to_host = "db1", .to_port = 5432);
	const Node *c = NODE(s, .port = 5433, .host = "10.0.0.3", .to_host = "db1", .to_port = 5432);
	SENDER(s, p, .addr = "10.0.0.3", .port = 40001);
	SENDER(s, p, .addr = "10.0.0.2", .port = 40001);
	SENDER(s, p, .addr = "10.0.0.3", .port = 40002);
	assert_edge(s, a, p, 1, EDGE_ADDRESS);
	assert_no_edge(s, b);
	assert_no_edge(s, c);
	snap_free(s);
}

static void a_loopback_or_socket_client_is_on_its_servers_host(void **state)
{
	Snapshot *s = snap_new(4);
	Node *p = NODE(s, .port = 5432, .host = "db1", .primary = true);
	const Node *ours = NODE(s, .port = 5433, .to_host = "elsewhere", .to_port = 5432);
	SENDER(s, p, .addr = "127.0.0.1", .port = 40001);
	assert_no_edge(s, ours); /* that is not our loopback */
	const Node *theirs = NODE(s, .port = 5433, .host = "db1", .to_port = 5432);
	assert_edge(s, theirs, p, 0, EDGE_ADDRESS);
	p->sample = NODE(s, .port = 9, .primary = true)->sample;
	SENDER(s, p, .port = 0);
	assert_edge(s, theirs, p, 0, EDGE_ADDRESS);
	snap_free(s);
}

static void rows_that_are_no_standbys_are_no_candidates(void **state)
{
	static const SenderSpec others[] = {
		{.app = "pg_receivewal", .port = 40001, .never_replays = true},
		{.app = "pg_basebackup", .port = 40001, .state = "backup"},
		{.app = "sub", .port = 40001, .slot = "sub", .logical = true},
	};
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		Snapshot *s = snap_new(2);
		Node *p = NODE(s, .port = 1, .primary = true);
		const Node *a = NODE(s, .port = 2, .to_port = 1, .cluster_name = others[i].app);
		snap_send(s, p, others[i]);
		assert_edge(s, a, p, NO_ROW, EDGE_RECEIVER);
		SENDER(s, p, .port = 40002, .state = "startup", .never_replays = true);
		assert_edge(s, a, p, 1, EDGE_ADDRESS);
		snap_free(s);
	}
}

static void a_row_that_began_long_before_the_receiver_is_another_ones(void **state)
{
	static const struct {
		const char *host;
		int64_t distance_us;
		EdgeEvidence evidence;
	} cases[] = {
		{NULL, 9000000, EDGE_ADDRESS},
		{NULL, 11000000, EDGE_RECEIVER},
		{NULL, -11000000, EDGE_RECEIVER},
		{"10.0.0.2", 11000000, EDGE_ADDRESS}, /* two hosts, two clocks */
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		Snapshot *s = snap_new(2);
		const int64_t t = INT64_C(1700000000000000);
		const char *primary = cases[i].host != NULL ? "10.0.0.1" : NULL;
		Node *p = NODE(s, .port = 1, .host = primary, .primary = true);
		const Node *a =
			NODE(s, .port = 2, .host = cases[i].host, .to_host = primary, .to_port = 1, .start_us = t);
		SENDER(s, p, .addr = cases[i].host, .port = 40001, .start_us = t + cases[i].distance_us);
		assert_edge(s, a, p, cases[i].evidence == EDGE_ADDRESS ? 0 : NO_ROW, cases[i].evidence);
		snap_free(s);
	}
}

/* ---- start times ----------------------------------------------------------------------------------------------- */

/* Standbys behind a proxy, all at its address: only start times (ms) are left. -1 ends a list. */
static Snapshot *started(const int *receivers, const int *senders, const char *alias)
{
	const int64_t t = INT64_C(1700000000000000);
	Snapshot *s = snap_new(8);
	Node *p = NODE(s, .port = 5432, .host = "10.0.0.1", .alias = alias, .primary = true);
	for (size_t i = 0; receivers[i] >= 0; i++)
		NODE(s, .port = (int)(5001 + i), .host = "10.0.0.2", .to_host = "10.0.0.7", .to_port = 6432,
		     .start_us = t + receivers[i] * INT64_C(1000), .local_port = (int)(50000 + i));
	for (size_t i = 0; senders[i] >= 0; i++)
		SENDER(s, p, .addr = "10.0.0.7", .port = (int)(40001 + i), .start_us = t + senders[i] * INT64_C(1000));
	return s;
}

static void through_a_proxy_start_times_tell_as_far_as_they_are_apart(void **state)
{
	static const struct {
		int receivers[4], senders[5];
		int rows[4]; /* per receiver */
	} cases[] = {
		{{0, 500, -1}, {505, 5, -1}, {1, 0}},
		{{0, -1}, {5, -1}, {0}},
		{{0, -1}, {1000, -1}, {0}},
		{{0, -1}, {1001, -1}, {NO_ROW}},
		{{0, -1}, {5, 54, -1}, {NO_ROW}},
		{{0, -1}, {5, 56, -1}, {0}},
		{{0, 45, -1}, {3, -1}, {NO_ROW, NO_ROW}},
		{{0, 60, -1}, {3, -1}, {0, NO_ROW}},
		/* two that are alike do not matter beside one that is far nearer, in whichever order they come */
		{{0, -1}, {100, 120, 2, -1}, {2}},
		{{0, -1}, {2, 100, 120, -1}, {0}},
		{{0, -1}, {100, 2, 120, -1}, {1}},
	};
	for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
		/* who asked at the proxy's address knows whose it is */
		Snapshot *s = started(cases[c].receivers, cases[c].senders, "10.0.0.7:6432");
		for (size_t i = 0; cases[c].receivers[i] >= 0; i++)
			assert_edge(s, &s->nodes[i + 1], &s->nodes[0], cases[c].rows[i],
			            cases[c].rows[i] != NO_ROW ? EDGE_START : EDGE_RECEIVER);
		snap_free(s);
		/* else that may be a server that is not polled, whose own row this is */
		s = started(cases[c].receivers, cases[c].senders, NULL);
		for (size_t i = 0; cases[c].receivers[i] >= 0; i++)
			assert_no_edge(s, &s->nodes[i + 1]);
		snap_free(s);
	}
}

static void timelines_and_lsns_rule_weak_candidates_out(void **state)
{
	enum { TWO_LOOK_ALIKE, NEWER_TIMELINE, ACKNOWLEDGED_MORE, ACKNOWLEDGED_LATER, CASES };
	for (int c = 0; c < CASES; c++) {
		Snapshot *s = snap_new(3);
		Node *p = NODE(s, .port = 1, .primary = true);
		Node *a = NODE(s, .port = 2, .to_port = 1, .replay = 0x2000);
		SENDER(s, p, .port = 40001, .pid = 101);
		SENDER(s, p, .port = 40002, .pid = 102);
		NodeSample *before = snap_previous(s, p);
		if (c == ACKNOWLEDGED_MORE || c == ACKNOWLEDGED_LATER) {
			WalSender *was = ARENA_ARRAY(&s->arena, WalSender, 1);
			*was = p->sample->senders[0];
			was->flush_lsn = 0x3000;
			before->senders = was;
			before->nsenders = 1;
		}
		if (c == ACKNOWLEDGED_LATER) /* the standby's sample is the older one */
			snap_sample(a)->t_mono_ns = before->t_mono_ns;
		if (c == NEWER_TIMELINE)
			snap_sample(a)->timeline = 2;
		bool told = c == ACKNOWLEDGED_MORE;
		assert_edge(s, a, p, told ? 1 : NO_ROW, told ? EDGE_ADDRESS : EDGE_RECEIVER);
		snap_free(s);
	}
}

static void the_address_of_a_proxy_is_no_evidence(void **state)
{
	Snapshot *s = snap_new(2);
	Node *p = NODE(s, .port = 5432, .host = "10.0.0.1", .primary = true);
	/* the proxy runs beside a standby, and another one comes through it */
	const Node *beside = NODE(s, .port = 5432, .host = "10.0.0.7", .to_host = "10.0.0.9", .to_port = 6432);
	SENDER(s, p, .addr = "10.0.0.7", .port = 40001);
	assert_no_edge(s, beside);
	snap_free(s);
}

/* ---- the standby's own word ------------------------------------------------------------------------------------ */

static void a_standby_that_receives_nothing_has_its_conninfo(void **state)
{
	Snapshot *s = snap_new(3);
	const Node *p = NODE(s, .port = 1, .primary = true);
	const Node *a = NODE(s, .port = 2, .conninfo_port = 1);
	const Node *b = NODE(s, .port = 3, .conninfo_port = 9);
	assert_edge(s, a, p, NO_ROW, EDGE_CONNINFO);
	assert_no_edge(s, b);
	snap_free(s);
}

static void a_dead_standby_has_its_last_word_and_takes_no_row(void **state)
{
	Snapshot *s = snap_new(2);
	Node *p = NODE(s, .port = 1, .primary = true);
	const Node *a = NODE(s, .port = 2, .state = NODE_DOWN, .to_port = 1, .local_port = 40001, .slot = "a");
	SENDER(s, p, .port = 40001, .slot = "a");
	assert_edge(s, a, p, NO_ROW, EDGE_LAST);
	snap_free(s);
}

static void rows_of_a_dead_upstream_say_nothing_those_of_a_silent_one_do(void **state)
{
	Snapshot *s = snap_new(2);
	Node *p = NODE(s, .port = 1, .primary = true, .state = NODE_DOWN);
	const Node *a = NODE(s, .port = 2, .to_port = 1, .local_port = 40001);
	SENDER(s, p, .port = 40001);
	assert_edge(s, a, p, NO_ROW, EDGE_RECEIVER);
	p->state = NODE_SILENT;
	assert_edge(s, a, p, 0, EDGE_TCP);
	snap_free(s);
}

static void a_primary_has_no_upstream_whatever_it_last_received(void **state)
{
	Snapshot *s = snap_reference(true);
	snap_sample(&s->nodes[REF_1921])->in_recovery = false;
	assert_no_edge(s, &s->nodes[REF_1921]);
	assert_edge(s, &s->nodes[REF_1925], &s->nodes[REF_1921], 0, EDGE_TCP);
	snap_free(s);
}

static void the_word_of_a_standby_rules_other_upstreams_out(void **state)
{
	Snapshot *s = snap_new(3);
	Node *p = NODE(s, .port = 1, .primary = true);
	const Node *a = NODE(s, .port = 2, .to_port = 3, .local_port = 40001, .slot = "a", .cluster_name = "a");
	const Node *b = NODE(s, .port = 3, .to_port = 9);
	SENDER(s, p, .app = "a", .port = 40001, .slot = "a");
	assert_edge(s, a, b, NO_ROW, EDGE_RECEIVER);
	snap_free(s);
}

static void rows_of_another_cluster_never_match(void **state)
{
	Snapshot *s = snap_new(3);
	Node *p = NODE(s, .port = 1, .primary = true, .sysid = 8);
	const Node *a = NODE(s, .port = 2, .to_port = 1, .local_port = 40001, .slot = "a", .cluster_name = "a");
	const Node *unknown = NODE(s, .port = 3, .unanswered = true);
	SENDER(s, p, .app = "a", .port = 40001, .slot = "a");
	assert_no_edge(s, a);
	assert_no_edge(s, unknown);
	snap_free(s);
}

/* ---- addresses of nodes ---------------------------------------------------------------------------------------- */

static void an_address_means_what_it_means_on_the_host_of_who_says_it(void **state)
{
	Snapshot *s = snap_new(6);
	const Node *here = NODE(s, .port = 1);
	const Node *here_too = NODE(s, .port = 2, .host = "[local]");
	const Node *db1 = NODE(s, .port = 1, .host = "db1", .alias = "10.0.0.1:1");
	const Node *db1_too = NODE(s, .port = 2, .host = "DB1");
	const struct {
		const Node *by;
		const char *host;
		int port;
		const Node *found;
	} cases[] = {
		{here_too, "127.0.0.1", 1, here}, {here_too, "localhost", 1, here},
		{here_too, "::1", 1, here},       {here_too, "/tmp", 1, here},
		{here, "/tmp", 2, here_too},      {here, "", 2, here_too},
		{here, "127.0.0.1", 2, here_too}, {here, "db1", 1, db1},
		{here, "Db1", 2, db1_too},        {here, "10.0.0.1", 1, db1},
		{here, "10.0.0.1", 2, NULL},      {db1_too, "localhost", 1, db1},
		{db1, "/var/run", 2, db1_too},    {db1, "db1", 1, NULL},
		{here, "127.0.0.1", 1, NULL},     {here, "db2", 1, NULL},
		{here, "db1", 0, NULL},           {here, NULL, 1, NULL},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint32_t found = node_at_address(s, cases[i].by, str_from(cases[i].host), cases[i].port);
		assert_int_equal(found, cases[i].found != NULL ? (uint32_t)(cases[i].found - s->nodes) : EDGE_NO_NODE);
	}
	snap_free(s);
}

static void one_address_in_two_clusters_means_the_one_of_the_own(void **state)
{
	Snapshot *s = snap_new(6);
	NODE(s, .port = 5432, .host = "a1", .alias = "10.0.0.1:5432", .sysid = 8, .primary = true);
	const Node *own = NODE(s, .port = 5432, .host = "b1", .alias = "10.0.0.1:5432", .sysid = 9, .primary = true);
	const Node *standby = NODE(s, .port = 5432, .host = "b2", .sysid = 9, .to_host = "10.0.0.1", .to_port = 5432);
	assert_edge(s, standby, own, NO_ROW, EDGE_RECEIVER);
	snap_free(s);
}

static void an_upstream_that_never_answered_is_known_by_its_address(void **state)
{
	Snapshot *s = snap_new(2);
	const Node *p = NODE(s, .port = 1, .unanswered = true, .state = NODE_DOWN);
	const Node *a = NODE(s, .port = 2, .to_port = 1, .local_port = 40001);
	assert_edge(s, a, p, NO_ROW, EDGE_RECEIVER);
	snap_free(s);
}

/* ---- size ------------------------------------------------------------------------------------------------------ */

static double cpu_seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void a_thousand_standbys_that_look_alike_take_no_time(void **state)
{
	Snapshot *s = snap_new(1001);
	Node *p = NODE(s, .port = 1, .primary = true);
	for (int i = 0; i < 1000; i++) {
		NODE(s, .port = 1000 + i, .to_port = 1, .cluster_name = "15/main", .start_us = 1);
		SENDER(s, p, .app = "15/main", .port = 40000, .start_us = 1);
	}
	double before = cpu_seconds();
	assert_edge(s, &s->nodes[1000], p, NO_ROW, EDGE_RECEIVER);
	assert_true(cpu_seconds() - before < 1);
	for (uint32_t i = 0; i < 1000; i++) {
		snap_sample(&s->nodes[i + 1])->receiver.local_port = (int)(30000 + i);
		snap_sample(p)->senders[i].client_port = (int)(30000 + i);
	}
	before = cpu_seconds();
	assert_edge(s, &s->nodes[1000], p, 999, EDGE_TCP);
	assert_true(cpu_seconds() - before < 1);
	snap_free(s);
}

static void an_empty_snapshot_has_no_edges(void **state)
{
	Snapshot *s = snap_new(1);
	Arena arena = {0};
	edges_match(&arena, s);
	arena_free(&arena);
	snap_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(on_one_host_with_one_name_ports_tell_all),
		cmocka_unit_test(without_ports_the_standbys_word_names_the_upstream_but_no_row),
		cmocka_unit_test(a_slot_outweighs_everything_else),
		cmocka_unit_test(one_slot_name_on_two_servers_is_told_by_the_upstream_that_is_named),
		cmocka_unit_test(a_slot_that_two_standbys_name_is_nobodys_unless_addresses_tell),
		cmocka_unit_test(a_logical_slot_is_no_standbys),
		cmocka_unit_test(one_ephemeral_port_on_two_client_hosts_is_told_by_the_address),
		cmocka_unit_test(one_ephemeral_port_of_two_standbys_and_one_row_goes_to_neither),
		cmocka_unit_test(one_client_port_to_two_servers_of_a_host_is_told_by_the_upstream_that_is_named),
		cmocka_unit_test(a_name_that_only_one_row_and_one_node_have_matches),
		cmocka_unit_test(a_name_that_two_have_matches_nothing),
		cmocka_unit_test(a_name_of_two_rows_or_of_two_nodes_matches_nothing),
		cmocka_unit_test(walreceiver_and_the_empty_name_are_no_names),
		cmocka_unit_test(rows_of_a_plain_role_can_only_match_by_name),
		cmocka_unit_test(a_name_that_many_hosts_share_does_not_outweigh_the_standbys_word),
		cmocka_unit_test(a_slot_or_port_that_is_anothers_does_not_outweigh_the_standbys_word),
		cmocka_unit_test(the_process_at_the_other_end_of_a_socket_tells_all),
		cmocka_unit_test(the_only_candidate_at_an_address_matches),
		cmocka_unit_test(a_loopback_or_socket_client_is_on_its_servers_host),
		cmocka_unit_test(rows_that_are_no_standbys_are_no_candidates),
		cmocka_unit_test(a_row_that_began_long_before_the_receiver_is_another_ones),
		cmocka_unit_test(through_a_proxy_start_times_tell_as_far_as_they_are_apart),
		cmocka_unit_test(timelines_and_lsns_rule_weak_candidates_out),
		cmocka_unit_test(the_address_of_a_proxy_is_no_evidence),
		cmocka_unit_test(a_standby_that_receives_nothing_has_its_conninfo),
		cmocka_unit_test(a_dead_standby_has_its_last_word_and_takes_no_row),
		cmocka_unit_test(rows_of_a_dead_upstream_say_nothing_those_of_a_silent_one_do),
		cmocka_unit_test(a_primary_has_no_upstream_whatever_it_last_received),
		cmocka_unit_test(the_word_of_a_standby_rules_other_upstreams_out),
		cmocka_unit_test(rows_of_another_cluster_never_match),
		cmocka_unit_test(an_address_means_what_it_means_on_the_host_of_who_says_it),
		cmocka_unit_test(one_address_in_two_clusters_means_the_one_of_the_own),
		cmocka_unit_test(an_upstream_that_never_answered_is_known_by_its_address),
		cmocka_unit_test(a_thousand_standbys_that_look_alike_take_no_time),
		cmocka_unit_test(an_empty_snapshot_has_no_edges),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
