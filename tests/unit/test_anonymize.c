#include "model/anonymize.h"

#include "model/metric.h"
#include "model/record.h"
#include "report_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void assert_str(Str got, const char *wanted)
{
	if (!str_eq(got, str_from(wanted)))
		fail_msg("\"%.*s\" instead of \"%s\"", STR_ARG(got), wanted);
}

/* Every text of every row gets one that is unmistakable, so that a column that anonymize.c was not told of shows here. */
static void no_text_gets_through_that_is_not_known(void **state)
{
	(void)state;
	/* These are the words of servers and of ours; a column that is added here must hold no name. */
	static const char *const kept[] = {
		"time",
		"inactive_since",
		"role",
		"state",
		"sync_state",
		"bottleneck",
		"edge_evidence",
		"backup_phase",
		"wait_event",
		"wal_file",
		"open_wal_file",
		"io_source",
		"wal_source",
		"type",
		"active",
		"temporary",
		"conflicting",
		"failover",
		"synced",
		"wal_status",
		"invalidation_reason",
		"method",
		"blocked",
		"acknowledged_loss",
		"synchronous_commit",
	};
	NodeRow node = fixture_node_row();
	ProcessRow process = fixture_process_row();
	SlotRow slot = fixture_slot_row();
	QuorumRow quorum = {0};
	Report report = {.nodes = &node,
	                 .nnodes = 1,
	                 .processes = &process,
	                 .nprocesses = 1,
	                 .slots = &slot,
	                 .nslots = 1,
	                 .quorums = &quorum,
	                 .nquorums = 1};
	void *const rows[] = {
		[TABLE_NODES] = &node, [TABLE_PROCESSES] = &process, [TABLE_SLOTS] = &slot, [TABLE_QUORUM] = &quorum};
	Anonymizer *a = anonymizer_new();
	Arena arena = {0};
	for (TableId id = 0; id < TABLE_EVENTS; id++) {
		const MetricTable *table = metric_table(id);
		for (size_t i = 0; i < table->nmetrics; i++) {
			if (table->metrics[i].type == VALUE_TEXT)
				*(Str *)((char *)rows[id] + table->metrics[i].offset) =
					str_format(&arena, "secret-%s %zu", table->metrics[i].name, i);
		}
	}
	anonymize_report(a, &arena, &report);
	for (TableId id = 0; id < TABLE_EVENTS; id++) {
		const MetricTable *table = metric_table(id);
		for (size_t i = 0; i < table->nmetrics; i++) {
			const Metric *metric = &table->metrics[i];
			bool is_kept = strcmp(metric->name, "version") == 0;
			for (size_t k = 0; k < sizeof(kept) / sizeof(kept[0]); k++)
				is_kept |= strcmp(metric->name, kept[k]) == 0;
			Value value = metric_get(metric, rows[id]);
			if (metric->type == VALUE_TEXT && !is_kept && str_find(value.text, STR("secret")) != SIZE_MAX)
				fail_msg("%s.%s: %.*s", table->name, metric->name, STR_ARG(value.text));
		}
	}
	assert_true(str_is_none(process.query));
	assert_true(node.port == INT_NONE);
	anonymizer_free(a);
	arena_free(&arena);
}

/* Nor in the files of a recording that are no table. */
static void nothing_that_is_recorded_beside_the_columns_names_anybody(void **state)
{
	(void)state;
	static const char *const kept[] = {"pause_needs", "needs", "state",  "acknowledged_loss",
	                                   "method",      "level", "process"};
	NodeRow node = fixture_node_row();
	ProcessRow process = fixture_process_row();
	ClusterRow cluster = fixture_cluster_row();
	CandidateRow candidate = {0};
	WhatIfRow what_if = {0};
	RoleRow role = {0};
	QuorumRow quorum = {.standbys = &candidate, .nstandbys = 1, .what_if = &what_if, .nwhat_if = 1};
	Report report = {.nodes = &node,
	                 .nnodes = 1,
	                 .processes = &process,
	                 .nprocesses = 1,
	                 .clusters = &cluster,
	                 .nclusters = 1,
	                 .quorums = &quorum,
	                 .nquorums = 1,
	                 .roles = &role,
	                 .nroles = 1};
	void *const rows[RECORD_ROW_FILES] = {
		[RECORD_NODES_MORE] = &node,  [RECORD_PROCESSES_MORE] = &process, [RECORD_QUORUM_MORE] = &quorum,
		[RECORD_CLUSTERS] = &cluster, [RECORD_CANDIDATES] = &candidate,   [RECORD_WHAT_IF] = &what_if,
		[RECORD_ROLES] = &role,
	};
	Anonymizer *a = anonymizer_new();
	Arena arena = {0};
	RecordColumn columns[RECORD_COLUMNS_MAX];
	for (RecordFile file = RECORD_NODES_MORE; file < RECORD_ROW_FILES; file++) {
		size_t count = record_columns(file, columns);
		for (size_t i = 0; i < count; i++) {
			if (columns[i].type == RECORD_TEXT)
				*(Str *)((char *)rows[file] + columns[i].offset) =
					str_format(&arena, "secret-%s %zu", columns[i].name, i);
		}
	}
	cluster.key.start_us = 7000000000000000001; /* the system identifier */
	node.is_ghost = true;
	node.key.start_us = 42; /* the hash of a name */
	anonymize_report(a, &arena, &report);
	for (RecordFile file = RECORD_NODES_MORE; file < RECORD_ROW_FILES; file++) {
		size_t count = record_columns(file, columns);
		for (size_t i = 0; i < count; i++) {
			bool is_kept = false;
			for (size_t k = 0; k < sizeof(kept) / sizeof(kept[0]); k++)
				is_kept |= strcmp(columns[i].name, kept[k]) == 0;
			if (columns[i].type != RECORD_TEXT || is_kept)
				continue;
			Str text = *(const Str *)((const char *)rows[file] + columns[i].offset);
			if (str_find(text, STR("secret")) != SIZE_MAX && !str_eq(text, STR("secret-version")))
				fail_msg("%s.%s: %.*s", record_file_name(file), columns[i].name, STR_ARG(text));
		}
	}
	assert_true(cluster.key.start_us == row_key_hash(STR("cluster1")));
	assert_true(node.key.start_us == row_key_hash(node.node));
	anonymizer_free(a);
	arena_free(&arena);
}

/* As they come out of a recording. */
static void events_that_were_made_of_names_lose_them(void **state)
{
	(void)state;
	Anonymizer *a = anonymizer_new();
	Arena arena = {0};
	NodeRow node = fixture_node_row();
	const EventRow event = {.number = 7,
	                        .time = STR("2026-11-21T12:00:00.000Z"),
	                        .cluster = STR("7000000000000000001"),
	                        .node = STR("alpha:5432"),
	                        .event = STR("promoted"),
	                        .severity = STR("critical"),
	                        .text = STR("alpha:5432 was promoted, bravo:5433 follows")};
	Report report = {.nodes = &node, .nnodes = 1, .events = &event, .nevents = 1};
	node.node = STR("alpha:5432");
	anonymize_report(a, &arena, &report);
	assert_int_equal(report.nevents, 1);
	assert_int_equal(report.events[0].number, 7);
	assert_str(report.events[0].time, "2026-11-21T12:00:00.000Z");
	assert_str(report.events[0].cluster, "cluster2"); /* the node's is the first */
	assert_str(report.events[0].node, "node1");
	assert_str(report.events[0].event, "promoted");
	assert_str(report.events[0].severity, "critical");
	assert_str(report.events[0].text, "node1 was promoted, ? follows");
	anonymizer_free(a);
	arena_free(&arena);
}

static void the_same_name_is_the_same_everywhere_and_always(void **state)
{
	(void)state;
	Anonymizer *a = anonymizer_new();
	Arena arena = {0};
	for (int sample = 0; sample < 2; sample++) {
		NodeRow nodes[3] = {fixture_node_row(), fixture_node_row(), fixture_node_row()};
		SlotRow slot = fixture_slot_row();
		Report report = {.nodes = nodes, .nnodes = 3, .slots = &slot, .nslots = 1};
		nodes[0].node = STR("alpha:5432");
		nodes[0].host = STR("alpha");
		nodes[1].node = STR("bravo:5432");
		nodes[1].host = STR("alpha");
		nodes[1].upstream = STR("alpha:5432");
		nodes[2].node = STR("slot charly_slot");
		nodes[2].is_ghost = true;
		slot.node = STR("alpha:5432");
		slot.slot = STR("charly_slot");
		slot.used_by = STR("bravo:5432");
		nodes[1].error = STR("alpha:5432 has TL 2 at 0/5001000; could not connect to alpha, port 54321");
		anonymize_report(a, &arena, &report);
		assert_str(nodes[0].node, "node1");
		assert_str(nodes[0].cluster, "cluster1");
		assert_str(nodes[1].node, "node2");
		assert_str(nodes[1].upstream, "node1");
		assert_str(nodes[0].host, "host1");
		assert_str(nodes[1].host, "host1");
		assert_str(nodes[2].node, "slot slot1");
		assert_str(slot.slot, "slot1");
		assert_str(slot.node, "node1");
		assert_str(slot.used_by, "node2");
		assert_str(nodes[1].error, "node1 has TL 2 at 0/5001000; could not connect to host1, port ?");
	}
	anonymizer_free(a);
	arena_free(&arena);
}

static void sentences_keep_what_says_nothing_of_anybody(void **state)
{
	(void)state;
	static const struct {
		const char *text, *wanted;
	} cases[] = {
		{"connection to server at \"db1.example\" (10.1.2.3), port 5432 failed: Connection refused",
	         "connection to server at \"?\" (?), port ? failed: Connection refused"},
		{"connection to server on socket \"/run/acme/.s.PGSQL.5432\" failed: No such file or directory",
	         "connection to server on socket \"?\" failed: No such file or directory"},
		{"FATAL:  password authentication failed for user \"bob\"",
	         "FATAL:  password authentication failed for user \"?\""},
		{"FATAL:  no pg_hba.conf entry for host \"10.0.0.9\", user \"bob\", database \"shop\", SSL off",
	         "FATAL:  no pg_hba.conf entry for host \"?\", user \"?\", database \"?\", SSL off"},
		{"split brain: also wal-e2.example is primary, TL 3 at 5C/61E789D8",
	         "split brain: also ? is primary, TL 3 at 5C/61E789D8"},
		{"/proc: not permitted (run as the server's user or root); " NOT_VISIBLE,
	         "/proc: not permitted (run as the server's user or root); " NOT_VISIBLE},
		{"streaming 0/3000148", "streaming 0/3000148"},
		{"", ""},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		Anonymizer *a = anonymizer_new();
		Arena arena = {0};
		NodeRow node = fixture_node_row();
		Report report = {.nodes = &node, .nnodes = 1};
		node.error = str_from(cases[i].text);
		anonymize_report(a, &arena, &report);
		assert_str(node.error, cases[i].wanted);
		anonymizer_free(a);
		arena_free(&arena);
	}
}

static void the_rule_names_whom_the_rows_name(void **state)
{
	(void)state;
	Anonymizer *a = anonymizer_new();
	Arena arena = {0};
	NodeRow node = fixture_node_row();
	ClusterRow cluster = fixture_cluster_row();
	QuorumRow quorum = {.rule = STR("any 1 (bravo, \"Far Away\", *)"),
	                    .warning = STR("2 standbys of FAR are required")};
	Report report = {
		.nodes = &node, .nnodes = 1, .clusters = &cluster, .nclusters = 1, .quorums = &quorum, .nquorums = 1};
	node.node = STR("b:1");
	node.application_name = STR("Bravo"); /* the server compares without case */
	cluster.synchronous_standby_names = quorum.rule;
	cluster.name = STR("acme");
	anonymize_report(a, &arena, &report);
	assert_str(node.application_name, "app1");
	assert_str(quorum.rule, "ANY 1 (app1, app2, *)");
	assert_str(cluster.synchronous_standby_names, "ANY 1 (app1, app2, *)");
	assert_str(quorum.warning, "2 standbys of ? are required");
	assert_true(str_is_none(cluster.name));
	quorum.rule = STR("2 ((");
	cluster.synchronous_standby_names = STR(" ");
	anonymize_report(a, &arena, &report);
	assert_str(quorum.rule, "?");
	assert_str(cluster.synchronous_standby_names, " ");
	anonymizer_free(a);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_text_gets_through_that_is_not_known),
		cmocka_unit_test(nothing_that_is_recorded_beside_the_columns_names_anybody),
		cmocka_unit_test(events_that_were_made_of_names_lose_them),
		cmocka_unit_test(the_same_name_is_the_same_everywhere_and_always),
		cmocka_unit_test(sentences_keep_what_says_nothing_of_anybody),
		cmocka_unit_test(the_rule_names_whom_the_rows_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
