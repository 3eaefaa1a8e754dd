#include "model/series.h"
#include "report_fixture.h"

#include <math.h>
#include <stdio.h>

#define MB (1024 * 1024)

static CandidateRow candidate(const char *node, const char *state, Lsn received, Lsn replayed, int64_t loss)
{
	return (CandidateRow){
		.node = str_from(node),
		.state = str_from(state),
		.matches = true,
		.counts = true,
		.reachable = true,
		.promotable = true,
		.timeline = 2,
		.acknowledged_lsn = received,
		.received_lsn = received,
		.replay_lsn = replayed,
		.loss_bytes = loss,
		.acknowledged_loss = STR("none"),
	};
}

static void add_what_if(ReportFixture *f)
{
	static const char *const levels[] = {"remote_write", "on", "remote_apply"};
	for (int i = 0; i < 12; i++) {
		double wait = 0.0004 * (1 + i / 3 % 2 * 3) * (1 + i % 3 * i % 3);
		f->what_if[i] = (WhatIfRow){
			.method = i < 6 ? STR("ANY") : STR("FIRST"),
			.required = 1 + i / 3 % 2,
			.level = str_from(levels[i % 3]),
			.samples = 300,
			.p50_seconds = wait,
			.p95_seconds = wait * 7,
			.commits_per_second = 1 / wait,
		};
	}
	f->what_if[11].p50_seconds = f->what_if[11].p95_seconds = NAN;
	f->what_if[10].commits_per_second = NAN;
	f->quorum.what_if = f->what_if;
	f->quorum.nwhat_if = 12;
}

static void add_quorum(ReportFixture *f)
{
	const Lsn end = f->nodes[0].flush_lsn;
	f->clusters[0].synchronous_standby_names = STR("ANY 2 (*)");
	f->candidates[0] = candidate("s2", "paused", end, end - (Lsn)1340 * MB, 0);
	f->candidates[1] = candidate("s1", "streaming", end - 2 * MB, end - 5 * MB, 2 * MB);
	f->candidates[1].followers = 1;
	f->candidates[2] = candidate("s3", "catchup", end - (Lsn)9342 * MB, end - (Lsn)9343 * MB, 9342LL * MB);
	f->candidates[2].counts = false;
	f->candidates[2].acknowledged_loss = STR("possible");
	f->candidates[3] = candidate("s4", "streaming", end - 60 * MB, end - 62 * MB, 60 * MB);
	f->candidates[3].matches = f->candidates[3].counts = false;
	f->candidates[3].acknowledged_loss = STR("possible");
	f->quorum = (QuorumRow){
		.key = f->nodes[0].key,
		.live = true,
		.time = f->report.time,
		.cluster = f->clusters[0].cluster,
		.node = STR("p1"),
		.method = STR("any"),
		.required = 2,
		.candidates = 3,
		.streaming = 3,
		.blocked = STR("f"),
		.waiting_sessions = 1,
		.longest_wait_seconds = 0.004,
		.commit_wait_seconds = 0.00024,
		.safe_lsn = end - 2 * MB,
		.fence_needed = 2,
		.fence_reachable = 3,
		.best_candidate = STR("s2"),
		.best_candidate_lsn = end,
		.loss_bytes = 0,
		.acknowledged_loss = STR("none"),
		.rule = STR("ANY 2 (*)"),
		.synchronous_commit = STR("on"),
		.standbys = f->candidates,
		.nstandbys = 4,
	};
	f->report.quorums = &f->quorum;
	f->report.nquorums = 1;
}

static void add_event(ReportFixture *f, const char *node, const char *event, const char *severity, const char *text)
{
	size_t at = f->report.nevents++;
	snprintf(f->event_times[at], sizeof f->event_times[at], "2026-11-21T12:%02zu:33.123Z", at);
	f->events[at] = (EventRow){
		.number = at + 1,
		.time = str_from(f->event_times[at]),
		.cluster = f->clusters[0].cluster,
		.node = str_from(node),
		.event = str_from(event),
		.severity = str_from(severity),
		.text = str_from(text),
	};
	f->report.events = f->events;
}

static void add_events(ReportFixture *f)
{
	add_event(f, "s3", "connected", "info", "catchup after 12s");
	for (int i = 0; i < 20; i++) {
		add_event(f, "s2", "paused", "warning", "replay was paused");
		add_event(f, "s2", "paused", "info", "replay goes on");
	}
	add_event(f, "s1", "lost", "critical",
	          "down: connection to server at \"127.0.0.1\", port 1921 failed: Connection refused");
	add_event(f, "p1", "action", "info", "cancel pid 15567 (app@shop): pg_cancel_backend returned t");
}

/* Two minutes: none for a while, not known for a while, then a hill of all stages, what is left of it, and a little one. */
static const Series *lag_history(const ReportFixture *f)
{
	enum { SAMPLES = 125 };
	static struct {
		Series *series;
	} kept;
	NodeRow nodes[FIXTURE_NODES];
	Report report = {.nodes = nodes, .nnodes = f->report.nnodes};
	if (kept.series != NULL)
		return kept.series;
	kept.series = series_new(600);
	for (int i = 0; i < SAMPLES; i++) {
		bool unknown = (i >= 10 && i < 15) || i == SAMPLES - 8;
		int64_t unit = i < 20 ? 0 : i < 90 ? (int64_t)(i - 20) * MB : 20000;
		if (i >= SAMPLES - 9) /* what the trend shows */
			unit = (int64_t)(i - SAMPLES + 9) * 2500;
		for (size_t n = 0; n < f->report.nnodes; n++) {
			nodes[n] = f->nodes[n];
			nodes[n].lag_bytes = n == 0 || unknown ? INT_NONE : unit * 8 + (n == 2 ? unit : 0);
			nodes[n].send_gap_bytes = unit * 2;
			nodes[n].network_gap_bytes = unit;
			nodes[n].disk_gap_bytes = unit;
			nodes[n].replay_gap_bytes = unit * 4;
		}
		series_note(kept.series, &report, (int64_t)i * 1000000000);
	}
	return kept.series;
}

static ProcessRow *add_to_s2(ReportFixture *f, int pid, const char *type, const ProcessRow *like)
{
	ProcessRow *row = &f->processes[f->report.nprocesses++];
	*row = *like;
	row->key = (RowKey){3, pid, 1000 + pid};
	row->node = STR("s2");
	row->pid = pid;
	row->backend_type = str_from(type);
	return row;
}

void fixture_processes(ReportFixture *f)
{
	fixture_reference(f);
	const ProcessRow *writer = &f->processes[1], *idle = &f->processes[7];
	add_to_s2(f, 16002, "walreceiver", writer)->wal_bytes_per_second = 83.1 * MB;
	add_to_s2(f, 16003, "background writer", writer)->wait_event = STR("Activity:BgWriterHibernate");
	add_to_s2(f, 16010, "client backend", idle)->user = STR("report");
	ProcessRow *stopped = add_to_s2(f, 16011, "client backend", idle);
	stopped->state = STR("idle in transaction");
	stopped->write_bytes = stopped->rchar_bytes = 300 * MB;
	f->nodes[2].local = false;
	f->nodes[4].error = STR("no answer for 12s");
	f->report.host = (HostRow){3.9 * MB, 64.0 * MB};
}

void fixture_views(ReportFixture *f)
{
	fixture_reference(f);
	f->nodes[1].slot_name = STR("s1_slot");
	f->nodes[1].retained_bytes = 5 * MB;
	add_quorum(f);
	add_what_if(f);
	add_events(f);
	f->report.series = lag_history(f);
}

static void add_role(ReportFixture *f, size_t node, const char *process, int pid, RowHealth health, const char *text)
{
	f->roles[f->report.nroles++] = (RoleRow){.node = f->nodes[node].key.node,
	                                         .process = str_from(process),
	                                         .pid = pid != 0 ? pid : INT_NONE,
	                                         .health = health,
	                                         .text = str_from(text)};
	f->report.roles = f->roles;
}

void fixture_roles(ReportFixture *f)
{
	fixture_views(f);
	add_role(f, 0, "walsender", 15436, HEALTH_OK,
	         "feeds s1: streaming, sent up to 5C/61D789D8, 1.0 MB left to send, 83.1 MB/s, "
	         "reads 000000020000005C00000061, slot s1_slot");
	add_role(f, 0, "walsender", 15437, HEALTH_NOTE,
	         "feeds s3: catchup, sent up to 5A/17E789D8, 9.1 GB left to send");
	add_role(f, 0, "walsender", 15438, HEALTH_UNKNOWN, "feeds s2, " NOT_VISIBLE);
	add_role(
		f, 0, "archiver", 15400, HEALTH_BAD,
		"FAILING on 000000020000005C0000005E, last 0.4s ago, 12 failures since 2026-11-21T09:12:00Z, last archived "
		"000000020000005C0000005D 3m20s ago, 1471 in all, 3 segments (48.0 MB) wait");
	add_role(
		f, 0, "checkpointer", 15401, HEALTH_OK,
		"writes a checkpoint, at its pace, last checkpoint 4m41s ago, REDO at 5C/118239F0, 1.3 GB of WAL since, "
		"612 timed and 3 requested checkpoints");
	add_role(f, 0, "walwriter", 15403, HEALTH_OK, "idle, writes 12.4 MB/s");
	add_role(f, 0, "io workers", 0, HEALTH_OK, "3 run, 1 busy, io_workers 3, 2 I/Os in flight");
	add_role(
		f, 1, "walreceiver", 25436, HEALTH_OK,
		"receives from 127.0.0.1:1920: streaming, has WAL up to 5C/61C8D9D8, 83.1 MB/s, last message 12ms ago");
	add_role(f, 1, "startup", 25400, HEALTH_WARNING,
	         "waits for queries that need what it is to remove, in 000000020000005C00000061, replayed up to "
	         "5C/619B89D8, 80.4 MB/s");
	add_role(f, 1, "checkpointer", 25401, HEALTH_OK, "idle, would restart at a checkpoint of 4m41s ago");
	add_role(f, 1, "background writer", 25402, HEALTH_OK, "idle, writes 0/s");
	add_role(f, 1, "slotsync worker", 0, HEALTH_WARNING,
	         "sync_replication_slots is on and none runs: it needs hot_standby_feedback, primary_slot_name, "
	         "wal_level logical, and dbname in primary_conninfo, slots kept in step with the primary's: 0");
}

void fixture_blocked(ReportFixture *f)
{
	fixture_views(f);
	f->clusters[0].sync_standbys = 1;
	f->clusters[0].wal_bytes_per_second = 0;
	f->quorum.is_blocked = true;
	f->quorum.blocked = STR("t");
	f->quorum.streaming = 1;
	f->quorum.waiting_sessions = 17;
	f->quorum.longest_wait_seconds = 131;
	f->quorum.safe_lsn = LSN_NONE;
	f->quorum.released_by = STR("s1 or s3");
	f->quorum.warning = STR("ANY 2 (*) needs two standbys");
	f->quorum.acknowledged_loss = STR("possible");
	f->candidates[1].counts = false;
}

void fixture_hidden_quorum(ReportFixture *f)
{
	fixture_plain_role(f);
	add_quorum(f);
	f->clusters[0].synchronous_standby_names = f->quorum.rule;
	f->quorum.streaming = f->quorum.waiting_sessions = f->quorum.fence_needed = INT_NONE;
	f->quorum.longest_wait_seconds = f->quorum.commit_wait_seconds = NAN;
	f->quorum.blocked = STR_NONE;
	f->quorum.safe_lsn = LSN_NONE;
	f->quorum.acknowledged_loss = STR("unknown");
	f->quorum.nstandbys = 1;
}

void fixture_blocked_elsewhere(ReportFixture *f)
{
	fixture_forest(f);
	add_quorum(f);
	f->clusters[0].synchronous_standby_names = STR("ANY 1 (*)");
	f->clusters[1].synchronous_standby_names = f->quorum.rule;
	f->quorum.cluster = f->clusters[1].cluster;
	f->quorum.node = f->clusters[1].primary;
	f->quorum.is_blocked = true;
	f->quorum.blocked = STR("t");
	f->quorum.streaming = 1;
	f->quorum.released_by = STR("any standby");
}
