#ifndef PGREPLTOP_TESTS_UNIT_REPORT_FIXTURE_H
#define PGREPLTOP_TESTS_UNIT_REPORT_FIXTURE_H
/* Reports made by hand for tests of what shows them. A report points into its fixture; only the history of lag, which is the
 * same for all of them, is allocated, once. */
#include "model/report.h"

enum {
	FIXTURE_NODES = 16,
	FIXTURE_PROCESSES = 48,
	FIXTURE_CLUSTERS = 4,
	FIXTURE_SLOTS = 8,
	FIXTURE_EVENTS = 60,
	FIXTURE_ROLES = 20
};

typedef struct ReportFixture {
	Report report;
	NodeRow nodes[FIXTURE_NODES];
	ProcessRow processes[FIXTURE_PROCESSES];
	ClusterRow clusters[FIXTURE_CLUSTERS];
	SlotRow slots[FIXTURE_SLOTS];
	QuorumRow quorum;
	CandidateRow candidates[4];
	WhatIfRow what_if[12];
	EventRow events[FIXTURE_EVENTS];
	RoleRow roles[FIXTURE_ROLES];
	char event_times[FIXTURE_EVENTS][32];
} ReportFixture;

/* Rows in which everything is unknown. */
NodeRow fixture_node_row(void);
ProcessRow fixture_process_row(void);
ClusterRow fixture_cluster_row(void);
SlotRow fixture_slot_row(void);

/* p1 feeds s1, s2, s3 and a pg_receivewal; s1 feeds s4. All is well, under load; p1 has processes. */
void fixture_reference(ReportFixture *f);
void fixture_delays_off(ReportFixture *f);
void fixture_delays_off_for_some(ReportFixture *f);
/* The same with s1 down: it stays where it was, and s4 stays below it. */
void fixture_node_down(ReportFixture *f);
/* The reference for actions: its nodes are known as servers and standbys, s2 is paused, and our role `monitor` lacks the rights
 * for pauses on s3 and for one of the sessions on p1, which waits for a synchronous commit. */
void fixture_actions(ReportFixture *f);
/* p1 has no synchronous standby left: sessions wait in COMMIT, a client's replay is paused, lag is long. */
void fixture_sync_wait(ReportFixture *f);
/* Names with escape sequences, controls, wide and combining characters, invalid UTF-8. */
void fixture_hostile(ReportFixture *f);
/* A primary and a standby as a role without rights sees them. */
void fixture_plain_role(ReportFixture *f);
/* Two nodes that were never reached. */
void fixture_unreachable(ReportFixture *f);
/* The reference with a base backup and slots that nobody holds: of a standby that is down, lost, never used, hostile. */
void fixture_slots(ReportFixture *f);
/* p1 and s1 are primaries; s2 and s3 follow the old one, s4 is ahead of the new one. */
void fixture_split_brain(ReportFixture *f);
/* Three clusters, of p1 as in the reference, of two and of three nodes; and a node that was never reached. */
void fixture_forest(ReportFixture *f);
/* Three clusters: one with two primaries, one without a primary, one more. */
void fixture_clusters(ReportFixture *f);

/* The reference with more processes on s2, none of s1 yet, s4 on another host, s3 silent; and what the disks do. */
void fixture_processes(ReportFixture *f);

/* The reference with ANY 2 of its three standbys, what other rules cost, events, and the lag of the last minutes. */
void fixture_views(ReportFixture *f);
/* The same with what the processes of p1 and s1 do: p1 cannot archive, s1 lacks its slot synchronisation. */
void fixture_roles(ReportFixture *f);
/* The same when two of the three are gone: commits hang, and the first event of all is long gone. */
void fixture_blocked(ReportFixture *f);
/* A primary and a standby as a role without rights sees them, and what that leaves of the quorum. */
void fixture_hidden_quorum(ReportFixture *f);
/* Three clusters; commits hang in the second. */
void fixture_blocked_elsewhere(ReportFixture *f);

#endif
