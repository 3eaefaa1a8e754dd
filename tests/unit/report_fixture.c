#include "report_fixture.h"

#include <math.h>

#define MB (1024 * 1024)

NodeRow fixture_node_row(void)
{
	return (NodeRow){
		.parent = TOPO_NONE,
		.slot = ROW_NONE,
		.health = HEALTH_OK,
		.time = STR("2026-11-21T12:01:33.123Z"),
		.cluster = STR("7312345678901234567"),
		.port = INT_NONE,
		.timeline = INT_NONE,
		.sync_priority = INT_NONE,
		.send_gap_bytes = INT_NONE,
		.network_gap_bytes = INT_NONE,
		.disk_gap_bytes = INT_NONE,
		.replay_gap_bytes = INT_NONE,
		.lag_bytes = INT_NONE,
		.lag_seconds = NAN,
		.write_lag_seconds = NAN,
		.flush_lag_seconds = NAN,
		.replay_lag_seconds = NAN,
		.wal_bytes_per_second = NAN,
		.replay_bytes_per_second = NAN,
		.eta_seconds = NAN,
		.age_seconds = NAN,
		.retained_bytes = INT_NONE,
		.backup_bytes = INT_NONE,
		.backup_total_bytes = INT_NONE,
		.backup_percent = NAN,
	};
}

SlotRow fixture_slot_row(void)
{
	return (SlotRow){
		.time = STR("2026-11-21T12:01:33.123Z"),
		.cluster = STR("7312345678901234567"),
		.active = STR("f"),
		.retained_bytes = INT_NONE,
		.safe_bytes = INT_NONE,
		.seconds_to_lost = NAN,
		.active_pid = INT_NONE,
		.growth_bytes_per_second = NAN,
		.inactive_seconds = NAN,
	};
}

ProcessRow fixture_process_row(void)
{
	return (ProcessRow){
		.time = STR("2026-11-21T12:01:33.123Z"),
		.cluster = STR("7312345678901234567"),
		.rchar_bytes_per_second = NAN,
		.wchar_bytes_per_second = NAN,
		.read_bytes_per_second = NAN,
		.write_bytes_per_second = NAN,
		.wal_bytes_per_second = NAN,
		.io_delay_percent = NAN,
		.cpu_percent = NAN,
		.io_source = STR("none"),
		.query_age_seconds = NAN,
		.rchar_bytes = INT_NONE,
		.wchar_bytes = INT_NONE,
		.read_bytes = INT_NONE,
		.write_bytes = INT_NONE,
		.wal_write_bytes_per_second = NAN,
		.open_wal_offset = INT_NONE,
	};
}

ClusterRow fixture_cluster_row(void)
{
	return (ClusterRow){
		.timeline = INT_NONE,
		.uptime_seconds = NAN,
		.wal_bytes_per_second = NAN,
		.waiting = INT_NONE,
	};
}

static NodeRow *add_node(ReportFixture *f, NodeId id, const char *name, const char *role, const char *state)
{
	NodeRow *row = &f->nodes[f->report.nnodes++];
	*row = fixture_node_row();
	row->key = (RowKey){id, 0, 0};
	row->node = str_from(name);
	row->host = STR("127.0.0.1");
	row->port = 1919 + (int64_t)id;
	row->role = str_from(role);
	row->state = str_from(state);
	row->age_seconds = 0.012;
	row->version = STR("15.18");
	row->local = true;
	return row;
}

/* Behind `parent` by these gaps; positions follow from where the parent is. */
static void set_edge(NodeRow *row, uint32_t parent, Lsn available, const int64_t gaps[4])
{
	row->parent = parent;
	row->depth = 1;
	row->upstream = STR("p1");
	row->timeline = 2;
	row->edge_evidence = STR("tcp");
	row->send_gap_bytes = gaps[0];
	row->network_gap_bytes = gaps[1];
	row->disk_gap_bytes = gaps[2];
	row->replay_gap_bytes = gaps[3];
	row->sent_lsn = available - (Lsn)gaps[0];
	row->write_lsn = row->sent_lsn - (Lsn)gaps[1];
	row->flush_lsn = row->write_lsn - (Lsn)gaps[2];
	row->replay_lsn = row->flush_lsn - (Lsn)gaps[3];
	row->lag_bytes = gaps[0] + gaps[1] + gaps[2] + gaps[3];
	row->wal_bytes_per_second = 83.1 * MB;
	row->replay_bytes_per_second = 80.4 * MB;
}

static void set_sync(NodeRow *row, const char *application, const char *state, int64_t priority)
{
	row->application_name = str_from(application);
	row->sync_state = str_from(state);
	row->sync_priority = priority;
}

static void set_lag(NodeRow *row, double seconds, double eta, const char *bottleneck)
{
	row->lag_seconds = seconds;
	row->eta_seconds = eta;
	row->bottleneck = str_from(bottleneck);
	row->write_lag_seconds = seconds * 0.2;
	row->flush_lag_seconds = seconds * 0.4;
	row->replay_lag_seconds = seconds;
}

static const Lsn P1_FLUSH = 0x5C61E789D8;

static void add_reference_nodes(ReportFixture *f)
{
	NodeRow *row = add_node(f, 1, "p1", "primary", "running");
	row->timeline = 2;
	row->flush_lsn = P1_FLUSH;
	row->wal_bytes_per_second = 83.1 * MB;
	row->application_name = STR("main");

	row = add_node(f, 2, "s1", "standby", "streaming");
	set_edge(row, 0, P1_FLUSH, (const int64_t[4]){1 * MB, 640 * 1024, 300 * 1024, 2900 * 1024});
	set_sync(row, "s1", "quorum", 1);
	set_lag(row, 0.094, 1.2, "replay");

	row = add_node(f, 5, "s4", "standby", "streaming");
	set_edge(row, 1, f->nodes[1].flush_lsn, (const int64_t[4]){30 * MB, 21 * MB, 0, 8 * MB});
	row->depth = 2;
	row->upstream = STR("s1");
	row->lag_bytes += 2 * MB;
	row->last_child = true;
	row->edge_evidence = STR("start~");
	row->edge_weak = true;
	set_sync(row, "walreceiver", "async", 0);
	set_lag(row, 0.9, 10.2, "send");

	row = add_node(f, 3, "s2", "standby", "paused");
	row->health = HEALTH_WARNING;
	set_edge(row, 0, P1_FLUSH, (const int64_t[4]){0, 0, 0, 1340LL * MB});
	row->replay_bytes_per_second = 0;
	row->lag_at_least = true;
	set_sync(row, "s2", "quorum", 1);
	set_lag(row, 41.3, INFINITY, "replay paused");

	row = add_node(f, 4, "s3", "standby", "catchup");
	row->health = HEALTH_WARNING;
	set_edge(row, 0, P1_FLUSH, (const int64_t[4]){9300LL * MB, 40 * MB, 2 * MB, 1 * MB});
	set_sync(row, "s3", "potential", 2);
	set_lag(row, 221.0, 512.0, "send");
	row->lag_stale = true;

	row = add_node(f, 1, "pg_receivewal 127.0.0.1:41122", "client", "streaming");
	row->key = (RowKey){1, 15440, 1000};
	row->is_client = true;
	row->health = HEALTH_UNKNOWN;
	row->last_child = true;
	row->parent = 0;
	row->depth = 1;
	row->upstream = STR("p1");
	set_sync(row, "pg_receivewal", "async", 0);
	row->sent_lsn = P1_FLUSH;
	row->write_lsn = P1_FLUSH;
	row->flush_lsn = P1_FLUSH - 4096;
	row->version = STR_NONE;
	row->local = false;
}

static ProcessRow *add_process(ReportFixture *f, NodeId node, const char *name, int pid, const char *type)
{
	ProcessRow *row = &f->processes[f->report.nprocesses++];
	*row = fixture_process_row();
	row->key = (RowKey){node, pid, 1000 + pid};
	row->node = str_from(name);
	row->pid = pid;
	row->backend_type = str_from(type);
	row->is_walsender = str_eq(row->backend_type, STR("walsender"));
	row->can_signal = row->is_walsender || str_eq(row->backend_type, STR("client backend"));
	return row;
}

static void set_io(ProcessRow *row, double rchar, double wchar, double wal, double cpu)
{
	row->io_source = STR("local");
	row->rchar_bytes_per_second = rchar;
	row->wchar_bytes_per_second = wchar;
	row->read_bytes_per_second = 0;
	row->write_bytes_per_second = wchar * 2.5;
	row->wal_bytes_per_second = wal;
	row->io_delay_percent = wchar > 0 ? 15.4 : 0;
	row->cpu_percent = cpu;
	row->rchar_bytes = (int64_t)rchar * 60;
	row->wchar_bytes = (int64_t)wchar * 60;
	row->read_bytes = 0;
	row->write_bytes = row->wchar_bytes * 5 / 2;
}

static void set_session(ProcessRow *row, const char *user, const char *database, const char *state, const char *wait)
{
	row->user = str_from(user);
	row->database = str_from(database);
	row->client = STR("10.0.0.17");
	row->state = str_from(state);
	row->wait_event = str_from(wait);
}

static void add_walsender(ReportFixture *f, int pid, const char *serves)
{
	ProcessRow *row = add_process(f, 1, "p1", pid, "walsender");
	set_io(row, 83.0 * MB, 0, 83.1 * MB, 7.9);
	set_session(row, "repl", NULL, "active", "Activity:WalSenderMain");
	row->serves = str_from(serves);
	row->application_name = str_from(serves);
	row->at = STR("streaming 5C/61A00000");
	row->wal_lsn = 0x5C61A00000;
	row->query = STR("START_REPLICATION 5C/10000000 TIMELINE 2");
}

static void add_reference_processes(ReportFixture *f)
{
	ProcessRow *row = add_process(f, 1, "p1", 15401, "checkpointer");
	row->key.start_us = TIME_NONE;
	set_io(row, 0, 20.5 * MB, NAN, 1.3);
	row->wait_event = STR("Activity:CheckpointerMain");
	row = add_process(f, 1, "p1", 15403, "walwriter");
	set_io(row, 0, 4.1 * MB, NAN, 0.6);
	row = add_process(f, 1, "p1", 15404, "archiver");
	set_io(row, 16.0 * MB, 310, NAN, 0.1);
	row->at = STR("last was 000000020000005C00000060");
	row->wal_file = STR("000000020000005C00000060");
	add_walsender(f, 15436, "s1");
	add_walsender(f, 15437, "s2");
	add_walsender(f, 15440, "pg_receivewal 127.0.0.1:41122");

	row = add_process(f, 1, "p1", 15567, "client backend");
	set_io(row, 812, 20.0 * MB, 1.9 * MB, 31.4);
	set_session(row, "app", "shop", "active", "IO:WALSync");
	row->query = STR("insert into orders select * from incoming where id > 42");
	row->query_age_seconds = 0.204;
	row = add_process(f, 1, "p1", 15568, "client backend");
	set_io(row, 0, 0, 0, 0);
	set_session(row, "app", "shop", "idle", "Client:ClientRead");
	row->query = STR("commit");
	row = add_process(f, 1, "p1", 15570, "client backend");
	set_session(row, "report", "shop", "active", NULL);
	row->key.start_us = TIME_NONE;
	row->error = STR("/proc: not permitted (run as the server's user or root)");
	row->query = STR("select count(*) from orders");
	row->query_age_seconds = 4000;

	row = add_process(f, 3, "s2", 16001, "startup");
	set_io(row, 0, 0, 0, 0);
	row->at = STR("recovering 000000020000005C00000011");
	row->wait_event = STR("IPC:RecoveryPause");
}

static void add_reference_cluster(ReportFixture *f)
{
	ClusterRow *row = &f->clusters[f->report.nclusters++];
	*row = (ClusterRow){
		.cluster = STR("7312345678901234567"),
		.key = {0, 0, 7312345678901234567},
		.name = STR("main"),
		.primary = STR("p1"),
		.version = STR("15.18"),
		.timeline = 2,
		.uptime_seconds = 3 * 86400 + 4 * 3600 + 12 * 60 + 7,
		.wal_bytes_per_second = 83.1 * MB,
		.synchronous_standby_names = STR("ANY 1 (*)"),
		.nodes = 5,
		.nodes_up = 5,
		.primaries = 1,
		.sync_standbys = 2,
		.waiting = 0,
	};
}

static void init(ReportFixture *f)
{
	*f = (ReportFixture){0};
	f->report = (Report){
		.time = STR("2026-11-21T12:01:33.123Z"),
		.wall_us = 1795262493123000,
		.tick = 7,
		.interval_s = 1,
		.settled = true,
		.nodes = f->nodes,
		.processes = f->processes,
		.clusters = f->clusters,
		.host = {NAN, NAN},
	};
}

void fixture_reference(ReportFixture *f)
{
	init(f);
	add_reference_cluster(f);
	add_reference_nodes(f);
	add_reference_processes(f);
}

void fixture_node_down(ReportFixture *f)
{
	fixture_reference(f);
	f->clusters[0].nodes_up = 4;
	f->clusters[0].sync_standbys = 1;
	NodeRow *down = &f->nodes[1];
	Lsn replay = down->replay_lsn;
	*down = fixture_node_row();
	down->key = (RowKey){2, 0, 0};
	down->parent = 0;
	down->depth = 1;
	down->node = STR("s1");
	down->role = STR("standby");
	down->state = STR("down");
	down->health = HEALTH_BAD;
	down->upstream = STR("p1");
	down->edge_evidence = STR("last~");
	down->edge_weak = true;
	down->timeline = 2;
	down->flush_lsn = down->replay_lsn = replay;
	down->lag_bytes = (int64_t)(P1_FLUSH - replay);
	down->lag_seconds = 31.4;
	down->age_seconds = 31.2;
	down->error = STR("connection to server at \"127.0.0.1\", port 1921 failed: Connection refused");
	NodeRow *child = &f->nodes[2];
	child->state = STR("no receiver");
	child->health = HEALTH_WARNING;
	child->sync_state = STR_NONE;
	child->sync_priority = INT_NONE;
	child->sent_lsn = child->write_lsn = LSN_NONE;
	child->send_gap_bytes = child->network_gap_bytes = child->disk_gap_bytes = child->replay_gap_bytes = INT_NONE;
	child->bottleneck = STR_NONE;
	child->edge_evidence = STR("conninfo~");
	child->lag_seconds = 32.9;
	child->eta_seconds = INFINITY;
	child->write_lag_seconds = child->flush_lag_seconds = child->replay_lag_seconds = NAN;
}

void fixture_sync_wait(ReportFixture *f)
{
	fixture_reference(f);
	f->clusters[0].waiting = 2;
	f->clusters[0].sync_standbys = 0;
	f->clusters[0].wal_bytes_per_second = 0;
	f->clusters[0].synchronous_standby_names =
		STR("FIRST 2 (standby_in_frankfurt, standby_in_dublin, standby_in_paris)");
	f->report.nprocesses = 0;
	for (int i = 0; i < 2; i++) {
		ProcessRow *row = add_process(f, 1, "p1", 20000 + i, "client backend");
		set_io(row, 0, 0, 0, 0);
		set_session(row, "app", "shop", "active", "IPC:SyncRep");
		row->sync_wait = true;
		row->wal_lsn = P1_FLUSH - (Lsn)i * 128;
		row->at = i == 0 ? STR("waiting for 5C/61E789D8") : STR("waiting for 5C/61E78958");
		row->query = STR(
			"insert into payments (account, amount, reference) values (4711, 250.00, 'invoice 2026-1133') "
			"returning id");
		row->query_age_seconds = 130 + i;
	}
	add_walsender(f, 20010, "s2");
}

void fixture_hostile(ReportFixture *f)
{
	fixture_reference(f);
	f->clusters[0].name = STR("ma\033[31min\r\n");
	f->nodes[0].node = f->clusters[0].primary = STR("p1\033]0;owned\007");
	f->nodes[1].node = STR("\xe6\x9d\xb1\xe4\xba\xac-\xe3\x82\xb9\xe3\x82\xbf\xe3\x83\xb3\xe3\x83\x90\xe3\x82\xa4");
	f->nodes[2].node = STR("e\xcc\x81\xcc\x82\xcc\x83tat-\xe2\x80\xae"
	                       "evil");
	f->nodes[3].node = STR("bad \xff\xc3( utf8");
	f->nodes[4].node = STR("an-uncommonly-long-name-of-a-standby.example.org:5432");
	f->nodes[4].error = STR("one\ntwo\tthree \033[2J");
	f->nodes[5].application_name = STR("\x9b"
	                                   "31m");
	f->nodes[3].sync_state = STR("\xf0\x9f\x90\x98");
	f->processes[6].user = STR("\xd8\xa7\xd9\x84\xd9\x85");
	f->processes[6].query = STR("select '\033[2J\033[1;1H', '\xe8\xa1\xa8'\nfrom\t\"t\"");
	f->processes[7].database = STR("\xe6\x95\xb0\xe6\x8d\xae\xe5\xba\x93\xe6\x95\xb0\xe6\x8d\xae");
}

void fixture_plain_role(ReportFixture *f)
{
	init(f);
	add_reference_cluster(f);
	f->clusters[0].is_hidden = true;
	f->clusters[0].sync_standbys = f->clusters[0].waiting = INT_NONE;
	NodeRow *row = add_node(f, 1, "p1", "primary", "running");
	row->timeline = 2;
	row->flush_lsn = P1_FLUSH;
	row = add_node(f, 1, "walreceiver pid 15436", "client", "connected");
	row->key.pid = 15436;
	row->parent = 0;
	row->depth = 1;
	row->last_child = row->is_client = row->is_hidden = true;
	row->health = HEALTH_UNKNOWN;
	row->error = STR(NOT_VISIBLE);
	row->host = STR_NONE;
	row->port = INT_NONE;
	row = add_node(f, 2, "s1", "standby", "receiving");
	row->timeline = 2;
	row->replay_lsn = P1_FLUSH - 4 * MB;
	row->lag_bytes = 4 * MB;
	row->lag_seconds = 0.2;
	row->is_hidden = true;
	row->error = STR("its upstream is " NOT_VISIBLE);
	static const char *const types[] = {"walsender", "client backend", NULL};
	for (int i = 0; i < 3; i++) {
		ProcessRow *process = add_process(f, 1, "p1", 15436 + i, types[i]);
		process->key.start_us = TIME_NONE;
		process->is_hidden = true;
		process->user = STR("app");
		process->query = STR("<insufficient privilege>");
		process->error = i == 2 ? STR("/proc: not permitted (run as the server's user or root); " NOT_VISIBLE)
		                        : STR(NOT_VISIBLE);
	}
	set_io(&f->processes[0], 4.0 * MB, 0, NAN, 0);
	f->processes[0].at = STR("streaming 5C/60000000");
}

void fixture_unreachable(ReportFixture *f)
{
	static const char *const errors[] = {
		"connection to server at \"10.0.0.1\", port 5432 failed: Connection refused",
		"password authentication failed for user \"monitor\"",
	};
	init(f);
	for (uint32_t i = 0; i < 2; i++) {
		NodeRow *row = add_node(f, i + 1, i == 0 ? "10.0.0.1:5432" : "10.0.0.2:5432", "unknown",
		                        i == 0 ? "down" : "denied");
		row->cluster = STR_NONE;
		row->cluster_index = i;
		row->health = HEALTH_BAD;
		row->local = false;
		row->age_seconds = NAN;
		row->version = STR_NONE;
		row->error = str_from(errors[i]);
		f->clusters[i] = fixture_cluster_row();
		f->clusters[i].nodes = 1;
	}
	f->report.nclusters = 2;
}

static void diverge(NodeRow *row, const char *state, const char *error)
{
	row->state = str_from(state);
	row->error = str_from(error);
	row->health = HEALTH_BAD;
}

void fixture_split_brain(ReportFixture *f)
{
	fixture_reference(f);
	f->clusters[0].primaries = 2;
	f->clusters[0].split_brain = STR("127.0.0.1:1923 TL 2 at 5C/61E789D8, 127.0.0.1:1921 TL 3 at 5C/5D1789D8");
	f->clusters[0].off_timeline = 2;
	f->clusters[0].ahead = 1;
	f->nodes[0].node = STR("127.0.0.1:1923");
	diverge(&f->nodes[0], "split brain", "split brain: also 127.0.0.1:1921 is primary, TL 3 at 5C/5D1789D8");
	NodeRow s4 = f->nodes[2], *s1 = &f->nodes[4];
	f->nodes[1] = f->nodes[3]; /* s2 */
	f->nodes[2] = f->nodes[4]; /* s3 */
	f->nodes[3] = f->nodes[5]; /* pg_receivewal */
	*s1 = fixture_node_row();
	s1->key = (RowKey){2, 0, 0};
	s1->node = STR("127.0.0.1:1921");
	s1->role = STR("primary");
	s1->timeline = 3;
	s1->flush_lsn = P1_FLUSH - 77 * MB;
	diverge(s1, "split brain", "split brain: also 127.0.0.1:1923 is primary, TL 2 at 5C/61E789D8");
	f->nodes[5] = s4;
	f->nodes[5].parent = 4;
	f->nodes[5].depth = 1;
	f->nodes[5].timeline = 3;
	diverge(&f->nodes[5], "ahead of upstream",
	        "ahead of upstream: TL 3 at 5C/60000000, but 127.0.0.1:1921 has only 5C/5D1789D8");
	diverge(&f->nodes[1], "old timeline",
	        "old timeline: TL 2 at 5C/61E789D8 from 127.0.0.1:1923, but 127.0.0.1:1921 is primary, TL 3 at 5C/5D1789D8");
	diverge(&f->nodes[2], "old timeline",
	        "old timeline: TL 2 at 5C/61E789D8 from 127.0.0.1:1923, but 127.0.0.1:1921 is primary, TL 3 at 5C/5D1789D8");
}

void fixture_forest(ReportFixture *f)
{
	static const char *const nodes[] = {"shop-a", "shop-b", "billing-a", "billing-b", "billing-c"};
	fixture_reference(f);
	for (uint32_t i = 1; i < 3; i++) {
		ClusterRow *cluster = &f->clusters[f->report.nclusters++];
		*cluster = f->clusters[0];
		cluster->cluster = i == 1 ? STR("7400000000000000001") : STR("7400000000000000002");
		cluster->key.start_us = 7400000000000000000 + (int64_t)i;
		cluster->name = i == 1 ? STR("shop") : STR("");
		cluster->version = i == 1 ? STR("10.23") : STR("18.4");
		cluster->timeline = 1;
		cluster->nodes = i == 1 ? 2 : 3;
		cluster->nodes_up = 2;
		cluster->wal_bytes_per_second = (i == 1 ? 12 : 250) * 1024.0;
		cluster->synchronous_standby_names = i == 1 ? STR("") : STR("FIRST 1 (b)");
		cluster->sync_standbys = 0;
		cluster->off_timeline = i - 1;
	}
	for (uint32_t i = 0; i < 5; i++) {
		uint32_t first = (uint32_t)f->report.nnodes - (i < 2 ? i : i - 2);
		bool root = i == 0 || i == 2;
		NodeRow *row =
			add_node(f, 20 + i, nodes[i], root ? "primary" : "standby", root ? "running" : "streaming");
		row->cluster_index = i < 2 ? 1 : 2;
		row->last_child = i == 1 || i == 4;
		if (root)
			continue;
		set_edge(row, first, 0x5000000, (const int64_t[4]){0, 0, 0, (int64_t)i * 4096});
		row->timeline = 1;
		row->lag_seconds = 0.01 * i;
	}
	diverge(&f->nodes[9], "old timeline",
	        "old timeline: TL 1 at 0/4FFD000, but billing-a is primary, TL 2 at 0/5000000");
	NodeRow *unknown = add_node(f, 30, "10.0.0.1:5432", "unknown", "down");
	unknown->cluster = STR_NONE;
	unknown->cluster_index = 3;
	unknown->health = HEALTH_BAD;
	unknown->error = STR("connection to server at \"10.0.0.1\", port 5432 failed: Connection refused");
	f->clusters[f->report.nclusters++] = fixture_cluster_row();
	f->clusters[3].nodes = 1;
}

void fixture_clusters(ReportFixture *f)
{
	fixture_reference(f);
	f->report.nprocesses = 0;
	f->clusters[0].primaries = 2;
	f->clusters[0].split_brain = STR("p1 TL 2 at 5C/61E789D8, s2 TL 3 at 5C/5D1789D8");
	f->nodes[3] = fixture_node_row();
	f->nodes[3].key = (RowKey){3, 0, 0};
	f->nodes[3].node = STR("s2");
	f->nodes[3].role = STR("primary");
	f->nodes[3].timeline = 3;
	f->nodes[3].flush_lsn = P1_FLUSH - 77 * MB;
	diverge(&f->nodes[0], "split brain", "split brain: also s2 is primary, TL 3 at 5C/5D1789D8");
	diverge(&f->nodes[3], "split brain", "split brain: also p1 is primary, TL 2 at 5C/61E789D8");
	for (uint32_t i = 1; i < 3; i++) {
		ClusterRow *cluster = &f->clusters[f->report.nclusters++];
		*cluster = fixture_cluster_row();
		cluster->cluster = i == 1 ? STR("7400000000000000001") : STR("7400000000000000002");
		cluster->key.start_us = 7400000000000000000 + (int64_t)i;
		cluster->nodes = 1;
		cluster->nodes_up = 1;
		NodeRow *row = add_node(f, 10 + i, i == 1 ? "lonely:5432" : "other:5432", "standby", "no receiver");
		row->cluster_index = i;
		row->health = HEALTH_WARNING;
		row->replay_lsn = 0x3000148;
		row->timeline = 1;
	}
}

static SlotRow *add_ghost(ReportFixture *f, const char *name, const char *node_name, const char *state,
                          RowHealth health)
{
	NodeRow *row = add_node(f, 1, node_name, "slot", state);
	row->key = (RowKey){1, ROW_KEY_SLOT, (int64_t)f->report.nslots};
	row->is_ghost = true;
	row->health = health;
	row->parent = 0;
	row->depth = 1;
	row->upstream = STR("p1");
	row->host = row->version = STR_NONE;
	row->port = INT_NONE;
	row->local = false;
	row->slot = (uint32_t)f->report.nslots;
	row->slot_name = str_from(name);
	SlotRow *slot = &f->slots[f->report.nslots++];
	*slot = fixture_slot_row();
	slot->node = STR("p1");
	slot->slot = row->slot_name;
	return slot;
}

static void set_retained(SlotRow *slot, int64_t retained, int64_t safe, double seconds_to_lost)
{
	slot->restart_lsn = P1_FLUSH - (Lsn)retained;
	slot->retained_bytes = retained;
	slot->safe_bytes = safe;
	slot->seconds_to_lost = seconds_to_lost;
}

void fixture_slots(ReportFixture *f)
{
	fixture_reference(f);
	f->report.slots = f->slots;
	f->nodes[f->report.nnodes - 1].last_child = false;

	NodeRow *row = add_node(f, 1, "pg_basebackup 127.0.0.1:41130", "client", "backup");
	row->key = (RowKey){1, 15441, 1000};
	row->is_client = true;
	row->parent = 0;
	row->depth = 1;
	row->upstream = STR("p1");
	row->backup_phase = STR("streaming database files");
	row->backup_bytes = 1210LL * MB;
	row->backup_total_bytes = 2662LL * MB;
	row->backup_percent = 45.4;

	SlotRow *slot = add_ghost(f, "s5", "slot s5", "extended", HEALTH_WARNING);
	set_retained(slot, 9400LL * MB, 840LL * MB, 10.1);
	slot->used_by = STR("db5:1926");
	slot->inactive_seconds = 303;
	slot = add_ghost(f, "old", "slot old", "lost", HEALTH_BAD);
	slot->invalidation_reason = STR("wal_removed");
	slot->seconds_to_lost = 0;
	slot = add_ghost(f, "new", "slot new", "unused", HEALTH_NOTE);
	slot->inactive_seconds = 5;
	slot = add_ghost(f, "shop", "slot shop", "inactive", HEALTH_NOTE);
	set_retained(slot, 12 * MB, INT_NONE, NAN);
	slot->database = STR("sh\x1b[31mop");
	slot = add_ghost(f, "kept", "slot kept", "synced", HEALTH_OK);
	set_retained(slot, 0, INT_NONE, NAN);
	slot->inactive_seconds = 2;
	f->nodes[f->report.nnodes - 1].last_child = true;
}

void fixture_delays_off(ReportFixture *f)
{
	fixture_reference(f);
	for (size_t i = 0; i < f->report.nprocesses; i++) {
		f->report.processes[i].io_delay_percent = NAN;
		f->report.processes[i].delays_off = true;
	}
}

/* Of two hosts, on one of which the kernel counts. */
void fixture_delays_off_for_some(ReportFixture *f)
{
	fixture_delays_off(f);
	f->report.processes[1].io_delay_percent = 12.5;
	f->report.processes[1].delays_off = false;
}
/* ---- actions ---- */

void fixture_actions(ReportFixture *f)
{
	fixture_reference(f);
	for (size_t i = 0; i < f->report.nnodes; i++) {
		NodeRow *node = &f->nodes[i];
		if (node->is_client)
			continue;
		node->server_start_us = 1000000 * (int64_t)node->key.node;
		node->version_num = 150018;
		node->login = STR("monitor");
		node->in_recovery = str_eq(node->role, STR("standby"));
		node->replay_paused = str_eq(node->node, STR("s2"));
		if (str_eq(node->node, STR("s3")))
			node->pause_needs = STR("execute on pg_wal_replay_pause() and pg_wal_replay_resume()");
	}
	for (size_t i = 0; i < f->report.nprocesses; i++) {
		ProcessRow *process = &f->processes[i];
		if (process->key.start_us == TIME_NONE && process->key.pid == 15401)
			process->key.start_us = 15401;
		if (process->key.pid == 15567) {
			process->needs = STR("superuser: the session is a superuser's");
			process->sync_wait = true;
			process->wait_event = STR("IPC:SyncRep");
			process->wal_lsn = 0x5C61E789D8;
		}
	}
}
