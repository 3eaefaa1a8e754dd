#include "model/role.h"

#include "model/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "snapshot_fixture.h"

#define MB (INT64_C(1024) * 1024)
#define SEG(n) "0000000100000000000000" n

/* ---- a primary and its standby, with processes ------------------------------------------------------------------ */

enum { PROCESSES = 16, PRIMARY = 0, STANDBY = 1, STANDBY_PID = 50 };

typedef struct Server {
	Activity activity[PROCESSES];
	size_t nactivity;
	ProcSample procs[PROCESSES];
	ProcTable table;
	NodeRoles roles;
	NodeIdentity identity;
} Server;

typedef struct Scene {
	Snapshot *snapshot;
	Server servers[2];
	const Report *report;
} Scene;

static NodeRoles plain_roles(void)
{
	NodeRoles r = {.archive_mode = STR("off"), .wal_segment_size = 16 * MB, .apply_delay_us = TIME_NONE};
	r.archived = r.archive_failures = 0;
	r.last_archived_us = r.last_failed_us = r.archiver_reset_us = TIME_NONE;
	r.checkpoint_us = r.receiver_message_us = TIME_NONE;
	r.checkpoints_timed = r.checkpoints_requested = INT_NONE;
	r.restartpoints_timed = r.restartpoints_requested = r.restartpoints_done = r.ios_in_flight = INT_NONE;
	return r;
}

static NodeSample *sample_of(const Scene *s, int node)
{
	return snap_sample(&s->snapshot->nodes[node]);
}

static NodeRoles *roles_of(Scene *s, int node)
{
	return &s->servers[node].roles;
}

/* A process that the server lists; those of one node in the order of their pids. */
static void add_process(Scene *s, int node, int pid, const char *type, const char *wait_type, const char *wait)
{
	Server *server = &s->servers[node];
	Activity *a = &server->activity[server->nactivity++];
	*a = (Activity){.pid = pid, .backend_start_us = s->snapshot->wall_us - 60000000, .query_start_us = TIME_NONE};
	a->backend_type = str_from(type);
	a->wait_event_type = str_from(wait_type);
	a->wait_event = str_from(wait);
	NodeSample *sample = sample_of(s, node);
	sample->has_activity = true;
	sample->activity = server->activity;
	sample->nactivity = server->nactivity;
}

/* What /proc shows of a process: its type and the words of its title. */
static void add_title(Scene *s, int node, int pid, const char *type, const char *at, const char *wal_file)
{
	Server *server = &s->servers[node];
	ProcSample *p = &server->procs[server->table.nrows++];
	*p = (ProcSample){.pid = pid, .ppid = 1, .start_ticks = 1, .backend_type = str_from(type)};
	p->at = str_from(at);
	p->wal_file = str_from(wal_file);
	server->table.rows = server->procs;
	server->table.ticks_per_second = 100;
	server->table.source = STR("local");
	sample_of(s, node)->procs = &server->table;
}

static void use_version(Scene *s, int node, int major)
{
	Server *server = &s->servers[node];
	server->identity = *s->snapshot->nodes[node].identity;
	server->identity.version_num = major * 10000;
	s->snapshot->nodes[node].identity = &server->identity;
}

/* 1923 at 0/5000000 feeds 1921, which replayed up to 0/4000000. */
static void scene_init(Scene *s, int major)
{
	*s = (Scene){.snapshot = snap_new(2)};
	Node *p = NODE(s->snapshot, .port = 1923, .primary = true, .flush = 0x5000000);
	NODE(s->snapshot, .port = 1921, .to_port = 1923, .local_port = 40001, .receive = 0x4800000,
	     .replay = 0x4000000);
	SENDER(s->snapshot, p, .port = 40001, .sent = 0x4c00000, .at = 0x4800000);
	for (int node = PRIMARY; node <= STANDBY; node++) {
		use_version(s, node, major);
		s->servers[node].roles = plain_roles();
		sample_of(s, node)->roles = &s->servers[node].roles;
	}
	add_process(s, PRIMARY, 20, "checkpointer", "Activity", "CheckpointerMain");
	add_process(s, STANDBY, 20, "checkpointer", "Activity", "CheckpointerMain");
}

static void derive(Scene *s)
{
	History *history = history_new(2);
	s->report = report_build(&s->snapshot->arena, s->snapshot,
	                         topology_build(&s->snapshot->arena, s->snapshot, NULL), history, NULL);
	history_free(history);
}

static void scene_end(Scene *s)
{
	snap_free(s->snapshot);
}

static int64_t ago(const Scene *s, int seconds)
{
	return s->snapshot->wall_us - seconds * INT64_C(1000000);
}

/* ---- its rows --------------------------------------------------------------------------------------------------- */

static const RoleRow *find_role(const Scene *s, int node, const char *process)
{
	for (size_t i = 0; i < s->report->nroles; i++) {
		const RoleRow *row = &s->report->roles[i];
		if (row->node == s->snapshot->nodes[node].id && str_eq(row->process, str_from(process)))
			return row;
	}
	return NULL;
}

static void assert_role(Scene *s, int node, const char *process, int pid, RowHealth health, const char *text)
{
	if (s->report == NULL)
		derive(s);
	const RoleRow *row = find_role(s, node, process);
	if (row == NULL) {
		fail_msg("no %s", process);
		return;
	}
	if (!str_eq(row->text, str_from(text)))
		fail_msg("%s: got '%.*s', wanted '%s'", process, STR_ARG(row->text), text);
	assert_int_equal(row->pid, pid != 0 ? pid : INT_NONE);
	assert_int_equal(row->health, health);
}

static void assert_no_role(Scene *s, int node, const char *process)
{
	if (s->report == NULL)
		derive(s);
	const RoleRow *row = find_role(s, node, process);
	if (row != NULL)
		fail_msg("%s: %.*s", process, STR_ARG(row->text));
}

/* ---- walsender -------------------------------------------------------------------------------------------------- */

static void nothing_is_said_where_nothing_was_asked(void **state)
{
	Scene s;
	scene_init(&s, 15);
	sample_of(&s, PRIMARY)->roles = NULL;
	derive(&s);
	for (size_t i = 0; i < s.report->nroles; i++)
		assert_int_equal(s.report->roles[i].node, s.snapshot->nodes[STANDBY].id);
	assert_true(s.report->nroles > 0);
	scene_end(&s);
}

static void nothing_is_said_of_a_node_that_is_gone(void **state)
{
	Scene s;
	scene_init(&s, 15);
	s.snapshot->nodes[PRIMARY].state = NODE_DOWN;
	assert_no_role(&s, PRIMARY, "checkpointer");
	scene_end(&s);
}

static void a_walsender_feeds_a_standby(void **state)
{
	Scene s;
	scene_init(&s, 15);
	add_process(&s, PRIMARY, 100, "walsender", "Activity", "WalSenderMain");
	assert_role(&s, PRIMARY, "walsender", 100, HEALTH_OK,
	            "feeds 1921: streaming, sent up to 0/4C00000, 4.0 MB left to send");
	scene_end(&s);
}

static void a_walsender_catches_up_from_a_slot(void **state)
{
	Scene s;
	scene_init(&s, 15);
	WalSender *sender = &sample_of(&s, PRIMARY)->senders[0];
	sender->state = STR("catchup");
	sender->slot_name = STR("s1");
	sender->sent_lsn = 0x5000000;
	assert_role(&s, PRIMARY, "walsender", 100, HEALTH_NOTE, "feeds 1921: catchup, sent up to 0/5000000, slot s1");
	scene_end(&s);
}

static void a_walsender_serves_a_subscriber(void **state)
{
	Scene s;
	scene_init(&s, 15);
	SENDER(s.snapshot, &s.snapshot->nodes[PRIMARY], .app = "sub", .port = 9, .slot = "sub", .logical = true,
	       .at = 0x5000000);
	derive(&s);
	const RoleRow *first = find_role(&s, PRIMARY, "walsender");
	const RoleRow *second = first + 1; /* in the order of their pids */
	assert_int_equal(second->pid, 101);
	assert_true(str_eq(second->text, STR("feeds sub slot sub: streaming, sent up to 0/5000000, logical slot sub")));
	scene_end(&s);
}

static void a_walsender_sends_a_base_backup(void **state)
{
	static BaseBackup backups[] = {{99, STR_INIT("other"), 1, 1},
	                               {100, STR_INIT("streaming database files"), 40 * MB, 30 * MB}};
	Scene s;
	scene_init(&s, 15);
	sample_of(&s, PRIMARY)->senders[0].state = STR("backup");
	sample_of(&s, PRIMARY)->senders[0].application_name = STR("pg_basebackup");
	sample_of(&s, PRIMARY)->senders[0].client_port = 7;
	sample_of(&s, PRIMARY)->backups = backups;
	sample_of(&s, PRIMARY)->nbackups = 2;
	assert_role(
		&s, PRIMARY, "walsender", 100, HEALTH_OK,
		"sends a base backup to pg_basebackup 127.0.0.1:7, streaming database files, 30.0 MB sent, of about "
		"40.0 MB");
	scene_end(&s);
}

static void a_hidden_walsender_says_which_grant_is_missing(void **state)
{
	Scene s;
	scene_init(&s, 15);
	sample_of(&s, PRIMARY)->nsenders = 0;
	SENDER(s.snapshot, &s.snapshot->nodes[PRIMARY], .app = "standby", .hidden = true);
	derive(&s);
	const RoleRow *row = find_role(&s, PRIMARY, "walsender");
	assert_non_null(row);
	assert_true(str_ends(row->text, STR(", " NOT_VISIBLE)));
	assert_int_equal(row->health, HEALTH_UNKNOWN);
	scene_end(&s);
}

/* ---- walreceiver ------------------------------------------------------------------------------------------------ */

static void a_walreceiver_receives(void **state)
{
	Scene s;
	scene_init(&s, 15);
	roles_of(&s, STANDBY)->receiver_message_us = ago(&s, 3);
	sample_of(&s, STANDBY)->receiver.slot_name = STR("s1");
	assert_role(&s, STANDBY, "walreceiver", STANDBY_PID, HEALTH_OK,
	            "receives from 127.0.0.1:1923: streaming, has WAL up to 0/4800000, last message 3.0s ago, slot s1");
	assert_no_role(&s, PRIMARY, "walreceiver");
	scene_end(&s);
}

static void a_walreceiver_that_waits_is_noted(void **state)
{
	Scene s;
	scene_init(&s, 15);
	sample_of(&s, STANDBY)->receiver.status = STR("waiting");
	assert_role(&s, STANDBY, "walreceiver", STANDBY_PID, HEALTH_NOTE,
	            "receives from 127.0.0.1:1923: waiting, has WAL up to 0/4800000");
	scene_end(&s);
}

static void a_hidden_walreceiver_says_which_grant_is_missing(void **state)
{
	Scene s;
	scene_init(&s, 15);
	sample_of(&s, STANDBY)->receiver.status = STR_NONE;
	assert_role(&s, STANDBY, "walreceiver", STANDBY_PID, HEALTH_UNKNOWN, "what it does is " NOT_VISIBLE);
	scene_end(&s);
}

/* The standby does not stream; what its row says of it. */
static void assert_no_receiver(Scene *s, const char *text)
{
	NodeSample *sample = sample_of(s, STANDBY);
	sample->receiver = (WalReceiver){.start_us = TIME_NONE};
	sample_of(s, PRIMARY)->nsenders = 0;
	assert_role(s, STANDBY, "walreceiver", 0, HEALTH_WARNING, text);
	scene_end(s);
}

static void scene_without_receiver(Scene *s)
{
	scene_init(s, 15);
	sample_of(s, STANDBY)->primary_host = STR("127.0.0.1");
	sample_of(s, STANDBY)->primary_port = 1923;
	roles_of(s, STANDBY)->primary_slot_name = STR("");
}

#define WOULD_FOLLOW "none runs, it would follow 127.0.0.1:1923, "

static void a_missing_walreceiver_is_said_and_where_to_look(void **state)
{
	Scene s;
	scene_without_receiver(&s);
	assert_no_receiver(&s, WOULD_FOLLOW "its log says why");
}

static void a_missing_walreceiver_has_no_upstream_to_reach(void **state)
{
	Scene s;
	scene_without_receiver(&s);
	s.snapshot->nodes[PRIMARY].state = NODE_DOWN;
	assert_no_receiver(&s, WOULD_FOLLOW "its upstream 1923 is down");
}

static void a_missing_walreceiver_has_lost_its_slot(void **state)
{
	Scene s;
	scene_without_receiver(&s);
	roles_of(&s, STANDBY)->primary_slot_name = STR("s1");
	SLOT(s.snapshot, &s.snapshot->nodes[PRIMARY], .name = "s1", .status = "lost");
	assert_no_receiver(&s, WOULD_FOLLOW "its slot s1 on 1923 is lost");
}

static void a_missing_walreceiver_has_its_slot_taken(void **state)
{
	Scene s;
	scene_without_receiver(&s);
	roles_of(&s, STANDBY)->primary_slot_name = STR("s1");
	SLOT(s.snapshot, &s.snapshot->nodes[PRIMARY], .name = "s1", .active_pid = 77, .restart = 0x1000);
	assert_no_receiver(&s, WOULD_FOLLOW "its slot s1 on 1923 is in use by another");
}

static void a_missing_walreceiver_names_no_slot_of_its_upstream(void **state)
{
	Scene s;
	scene_without_receiver(&s);
	roles_of(&s, STANDBY)->primary_slot_name = STR("s1");
	SLOT(s.snapshot, &s.snapshot->nodes[PRIMARY], .name = "s2", .restart = 0x1000);
	assert_no_receiver(&s, WOULD_FOLLOW "1923 has no slot s1");
}

static void a_slot_that_is_fine_is_not_blamed(void **state)
{
	Scene s;
	scene_without_receiver(&s);
	roles_of(&s, STANDBY)->primary_slot_name = STR("s1");
	SLOT(s.snapshot, &s.snapshot->nodes[PRIMARY], .name = "s1", .restart = 0x1000, .status = "reserved");
	assert_no_receiver(&s, WOULD_FOLLOW "its log says why");
}

static void a_standby_may_live_on_its_archive(void **state)
{
	Scene s;
	scene_init(&s, 15);
	roles_of(&s, STANDBY)->restore_set = FLAG_YES;
	assert_no_receiver(&s, "none runs, primary_conninfo names no host, WAL comes by restore_command");
}

static void what_primary_conninfo_says_is_not_known_before_12(void **state)
{
	Scene s;
	scene_init(&s, 11);
	assert_no_receiver(&s, "none runs");
}

/* ---- startup ---------------------------------------------------------------------------------------------------- */

static void assert_startup(int major, const char *wait_type, const char *wait, const char *at, const char *wal_file,
                           RowHealth health, const char *text)
{
	Scene s;
	scene_init(&s, major);
	add_process(&s, STANDBY, 60, "startup", wait_type, wait);
	add_title(&s, STANDBY, 60, "startup", at, wal_file);
	assert_role(&s, STANDBY, "startup", 60, health, text);
	assert_no_role(&s, PRIMARY, "startup");
	scene_end(&s);
}

#define RECOVERING "recovering " SEG("A3"), SEG("A3")
#define WAITING "waiting for " SEG("A3"), SEG("A3")
#define IN ", in " SEG("A3") ", replayed up to 0/4000000"
#define WANTS ", wants " SEG("A3") ", replayed up to 0/4000000"

static void startup_says_what_it_waits_for(void **state)
{
	assert_startup(15, NULL, NULL, RECOVERING, HEALTH_OK, "replays" IN);
	assert_startup(15, "IO", "DataFileRead", RECOVERING, HEALTH_OK, "replays (IO:DataFileRead)" IN);
	assert_startup(15, "Activity", "RecoveryWalStream", RECOVERING, HEALTH_OK, "waits for WAL to arrive" IN);
	assert_startup(12, "Activity", "RecoveryWalAll", RECOVERING, HEALTH_OK, "waits for WAL to arrive" IN);
	assert_startup(15, "Timeout", "RecoveryApplyDelay", RECOVERING, HEALTH_NOTE, "holds a commit back" IN);
	assert_startup(15, "IPC", "RecoveryConflictSnapshot", RECOVERING, HEALTH_WARNING,
	               "waits for queries that need what it is to remove" IN);
	assert_startup(15, "IPC", "RecoveryConflictTablespace", RECOVERING, HEALTH_WARNING,
	               "waits for queries that use a tablespace it is to drop" IN);
	assert_startup(15, "BufferPin", "BufferPin", RECOVERING, HEALTH_WARNING,
	               "waits for a query that holds a page" IN);
	assert_startup(15, "Lock", "relation", RECOVERING, HEALTH_WARNING,
	               "waits for a lock that a session here holds (Lock:relation)" IN);
	assert_startup(10, NULL, NULL, "recovering " SEG("A3") " waiting", SEG("A3"), HEALTH_WARNING,
	               "waits for sessions that conflict with replay" IN);
}

static void startup_says_where_it_looks_for_wal(void **state)
{
	assert_startup(13, "Timeout", "RecoveryRetrieveRetryInterval", WAITING, HEALTH_NOTE,
	               "found no more WAL, soon looks again" WANTS);
	assert_startup(12, "Activity", "RecoveryWalStream", WAITING, HEALTH_NOTE,
	               "found no more WAL, soon looks again" WANTS);
	assert_startup(15, "IPC", "RestoreCommand", WAITING, HEALTH_NOTE, "restore_command runs" WANTS);
	assert_startup(15, NULL, NULL, WAITING, HEALTH_NOTE, "looks for WAL" WANTS);
	assert_startup(14, NULL, NULL, WAITING, HEALTH_NOTE, "restore_command seems to run" WANTS);
	assert_startup(10, NULL, NULL, WAITING, HEALTH_NOTE, "restore_command seems to run" WANTS);
}

static void without_a_restore_command_none_runs(void **state)
{
	Scene s;
	scene_init(&s, 14);
	roles_of(&s, STANDBY)->restore_set = FLAG_NO;
	add_process(&s, STANDBY, 60, "startup", NULL, NULL);
	add_title(&s, STANDBY, 60, "startup", WAITING);
	assert_role(&s, STANDBY, "startup", 60, HEALTH_NOTE, "looks for WAL" WANTS);
	scene_end(&s);
}

static void a_standby_that_stands_still_may_look_for_a_history_file(void **state)
{
	Scene s;
	scene_init(&s, 14);
	Node *standby = &s.snapshot->nodes[STANDBY];
	sample_of(&s, STANDBY)->receiver = (WalReceiver){.start_us = TIME_NONE};
	sample_of(&s, PRIMARY)->nsenders = 0;
	add_process(&s, STANDBY, 60, "startup", NULL, NULL);
	add_title(&s, STANDBY, 60, "startup", RECOVERING);
	NodeSample *previous = snap_previous(s.snapshot, standby);
	previous->replay_lsn = 0x4000000;
	assert_role(&s, STANDBY, "startup", 60, HEALTH_NOTE,
	            "restore_command seems to run, in " SEG("A3") ", replayed up to 0/4000000, 0/s");
	s.report = NULL;
	previous->replay_lsn = 0x3fffc00;
	assert_role(&s, STANDBY, "startup", 60, HEALTH_OK,
	            "replays, in " SEG("A3") ", replayed up to 0/4000000, 1.0 kB/s");
	scene_end(&s);
}

static void a_pause_goes_before_what_it_waits_for(void **state)
{
	Scene s;
	scene_init(&s, 15);
	add_process(&s, STANDBY, 60, "startup", "IPC", "RecoveryPause");
	sample_of(&s, STANDBY)->replay_pause = REPLAY_PAUSED;
	assert_role(&s, STANDBY, "startup", 60, HEALTH_WARNING, "replay is paused, replayed up to 0/4000000");
	s.report = NULL;
	sample_of(&s, STANDBY)->replay_pause = REPLAY_PAUSE_REQUESTED;
	s.servers[STANDBY].activity[1].wait_event = s.servers[STANDBY].activity[1].wait_event_type = STR_NONE;
	assert_role(&s, STANDBY, "startup", 60, HEALTH_WARNING,
	            "replays, a pause is requested, replayed up to 0/4000000");
	scene_end(&s);
}

static void the_delay_of_a_standby_is_said(void **state)
{
	Scene s;
	scene_init(&s, 15);
	add_process(&s, STANDBY, 60, "startup", "Timeout", "RecoveryApplyDelay");
	roles_of(&s, STANDBY)->apply_delay_us = INT64_C(300000000);
	assert_role(&s, STANDBY, "startup", 60, HEALTH_NOTE,
	            "holds a commit back, replayed up to 0/4000000, recovery_min_apply_delay 5m00s");
	scene_end(&s);
}

static void a_hidden_startup_process_tells_its_position_at_least(void **state)
{
	Scene s;
	scene_init(&s, 15);
	s.servers[STANDBY].activity[0] = (Activity){.pid = 60,
	                                            .backend_start_us = TIME_NONE,
	                                            .query_start_us = TIME_NONE,
	                                            .query = STR("<insufficient privilege>")};
	assert_role(&s, STANDBY, "startup", 0, HEALTH_OK, "replayed up to 0/4000000");
	s.report = NULL;
	add_title(&s, STANDBY, 60, "startup", RECOVERING);
	assert_role(&s, STANDBY, "startup", 60, HEALTH_OK, "state " NOT_VISIBLE IN);
	scene_end(&s);
}

/* ---- archiver --------------------------------------------------------------------------------------------------- */

static void scene_with_archiver(Scene *s, int major)
{
	scene_init(s, major);
	roles_of(s, PRIMARY)->archive_mode = STR("on");
	roles_of(s, PRIMARY)->archive_set = true;
	roles_of(s, PRIMARY)->archiver_reset_us = INT64_C(1700000000000000);
	add_process(s, PRIMARY, 70, "archiver", "Activity", "ArchiverMain");
}

static void no_archiver_is_expected_where_none_runs(void **state)
{
	Scene s;
	scene_init(&s, 15);
	roles_of(&s, STANDBY)->archive_mode = STR("on"); /* runs after promotion only */
	assert_no_role(&s, PRIMARY, "archiver");
	assert_no_role(&s, STANDBY, "archiver");
	scene_end(&s);
}

static void an_archiver_has_archived(void **state)
{
	Scene s;
	scene_with_archiver(&s, 15);
	NodeRoles *r = roles_of(&s, PRIMARY);
	assert_role(&s, PRIMARY, "archiver", 70, HEALTH_OK, "nothing archived so far");
	s.report = NULL;
	r->last_archived_wal = STR(SEG("04"));
	r->last_archived_us = ago(&s, 7);
	r->archived = 4;
	assert_role(&s, PRIMARY, "archiver", 70, HEALTH_OK, "last archived " SEG("04") " 7.0s ago, 4 in all");
	s.report = NULL;
	r->last_archived_wal = STR(SEG("01"));
	assert_role(&s, PRIMARY, "archiver", 70, HEALTH_OK,
	            "last archived " SEG("01") " 7.0s ago, 4 in all, 3 segments (48.0 MB) wait");
	s.report = NULL;
	r->last_failed_wal = STR(SEG("01"));
	r->last_failed_us = ago(&s, 8);
	r->archive_failures = 1;
	r->last_archived_wal = STR(SEG("03"));
	assert_role(&s, PRIMARY, "archiver", 70, HEALTH_OK,
	            "last archived " SEG("03") " 7.0s ago, 4 in all, 1 segment (16.0 MB) waits, "
	                                       "1 failure since 2023-11-14T22:13:20Z, the last 8.0s ago");
	scene_end(&s);
}

static void an_archiver_fails(void **state)
{
	Scene s;
	scene_with_archiver(&s, 15);
	NodeRoles *r = roles_of(&s, PRIMARY);
	r->last_failed_wal = STR(SEG("02"));
	r->last_failed_us = ago(&s, 1);
	r->archive_failures = 12;
	assert_role(&s, PRIMARY, "archiver", 70, HEALTH_BAD,
	            "FAILING on " SEG(
			    "02") ", last 1.0s ago, 12 failures since 2023-11-14T22:13:20Z, nothing archived so far, "
	                          "3 segments (48.0 MB) wait");
	s.report = NULL;
	r->last_archived_wal = STR(SEG("01"));
	r->last_archived_us = ago(&s, 90);
	r->archived = 1;
	assert_role(
		&s, PRIMARY, "archiver", 70, HEALTH_BAD,
		"FAILING on " SEG("02") ", last 1.0s ago, 12 failures since 2023-11-14T22:13:20Z, "
					"last archived " SEG("01") " 1m30s ago, 1 in all, 3 segments (48.0 MB) wait");
	scene_end(&s);
}

static void a_backlog_is_not_guessed(void **state)
{
	static const char *const names[] = {"00000002.history", "000000020000000000000001", "0000000100000000000000zz",
	                                    "000000010000000000000001.00000028.backup", ""};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		Scene s;
		scene_with_archiver(&s, 15);
		roles_of(&s, PRIMARY)->last_archived_wal = str_from(names[i]);
		roles_of(&s, PRIMARY)->last_archived_us = ago(&s, 7);
		derive(&s);
		const RoleRow *row = find_role(&s, PRIMARY, "archiver");
		assert_true(str_find(row->text, STR("wait")) == SIZE_MAX);
		scene_end(&s);
	}
}

static void segments_are_counted_by_their_size(void **state)
{
	Scene s;
	scene_with_archiver(&s, 15);
	NodeRoles *r = roles_of(&s, PRIMARY);
	r->wal_segment_size = 1024 * MB;
	sample_of(&s, PRIMARY)->flush_lsn =
		UINT64_C(0x200000000); /* 8 GB: segments 0 .. 7 are complete, four to a log file */
	r->last_archived_wal = STR("000000010000000100000001");
	r->last_archived_us = ago(&s, 7);
	r->archived = 6;
	assert_role(&s, PRIMARY, "archiver", 70, HEALTH_OK,
	            "last archived 000000010000000100000001 7.0s ago, 6 in all, 2 segments (2.0 GB) wait");
	scene_end(&s);
}

static void an_archiver_has_nothing_to_archive_with(void **state)
{
	Scene s;
	scene_with_archiver(&s, 15);
	roles_of(&s, PRIMARY)->archive_set = false;
	assert_role(&s, PRIMARY, "archiver", 70, HEALTH_BAD,
	            "neither archive_command nor archive_library is set: nothing is archived, nothing archived so far");
	scene_end(&s);
}

static void the_command_of_an_archiver_runs(void **state)
{
	Scene s;
	scene_with_archiver(&s, 15);
	s.servers[PRIMARY].activity[1].wait_event_type = STR("IPC");
	s.servers[PRIMARY].activity[1].wait_event = STR("ArchiveCommand");
	assert_role(&s, PRIMARY, "archiver", 70, HEALTH_OK, "archive_command runs, nothing archived so far");
	scene_end(&s);
}

static void a_missing_archiver_is_said_only_where_it_would_be_seen(void **state)
{
	for (int major = 13; major <= 14; major++) {
		Scene s;
		scene_with_archiver(&s, major);
		s.servers[PRIMARY].nactivity = sample_of(&s, PRIMARY)->nactivity = 1;
		/* 13 does not list it */
		assert_role(&s, PRIMARY, "archiver", 0, major == 14 ? HEALTH_WARNING : HEALTH_OK,
		            major == 14 ? "archive_mode is on and none runs, nothing archived so far"
		                        : "nothing archived so far");
		scene_end(&s);
	}
}

static void a_standby_archives_always(void **state)
{
	Scene s;
	scene_init(&s, 15);
	NodeRoles *r = roles_of(&s, STANDBY);
	r->archive_mode = STR("always");
	r->archive_set = true;
	r->last_archived_wal = STR(SEG("02"));
	r->last_archived_us = ago(&s, 7);
	r->archived = 2;
	add_process(&s, STANDBY, 70, "archiver", "Activity", "ArchiverMain");
	assert_role(&s, STANDBY, "archiver", 70, HEALTH_OK,
	            "last archived " SEG("02") " 7.0s ago, 2 in all, 1 segment (16.0 MB) waits");
	scene_end(&s);
}

/* ---- checkpointer, writers -------------------------------------------------------------------------------------- */

static void a_checkpointer_on_a_primary(void **state)
{
	Scene s;
	scene_init(&s, 15);
	NodeRoles *r = roles_of(&s, PRIMARY);
	r->checkpoint_us = ago(&s, 120);
	r->redo_lsn = 0x3000000;
	r->checkpoints_timed = 5;
	r->checkpoints_requested = 2;
	assert_role(&s, PRIMARY, "checkpointer", 20, HEALTH_OK,
	            "idle, last checkpoint 2m00s ago, REDO at 0/3000000, 32.0 MB of WAL since, "
	            "5 timed and 2 requested checkpoints");
	s.report = NULL;
	s.servers[PRIMARY].activity[0].wait_event_type = STR("Timeout");
	s.servers[PRIMARY].activity[0].wait_event = STR("CheckpointWriteDelay");
	r->checkpoint_us = TIME_NONE;
	r->redo_lsn = LSN_NONE;
	r->checkpoints_timed = INT_NONE;
	assert_role(&s, PRIMARY, "checkpointer", 20, HEALTH_OK, "writes a checkpoint, at its pace");
	s.report = NULL;
	s.servers[PRIMARY].activity[0].wait_event_type = s.servers[PRIMARY].activity[0].wait_event = STR_NONE;
	assert_role(&s, PRIMARY, "checkpointer", 20, HEALTH_OK, "at work");
	s.report = NULL;
	s.servers[PRIMARY].activity[0].wait_event_type = STR("IO");
	s.servers[PRIMARY].activity[0].wait_event = STR("DataFileSync");
	assert_role(&s, PRIMARY, "checkpointer", 20, HEALTH_OK, "waits for IO:DataFileSync");
	scene_end(&s);
}

static void a_checkpointer_on_a_standby(void **state)
{
	Scene s;
	scene_init(&s, 17);
	NodeRoles *r = roles_of(&s, STANDBY);
	r->checkpoint_us = ago(&s, 120);
	r->redo_lsn = 0x3000000;
	r->checkpoints_timed = r->checkpoints_requested = 0;
	r->restartpoints_timed = 4;
	r->restartpoints_requested = 1;
	r->restartpoints_done = 3;
	assert_role(&s, STANDBY, "checkpointer", 20, HEALTH_OK,
	            "idle, would restart at a checkpoint of 2m00s ago, REDO at 0/3000000, 16.0 MB of WAL since, "
	            "4 timed and 1 requested restartpoints, 3 done");
	s.report = NULL;
	r->restartpoints_timed = r->restartpoints_requested = r->restartpoints_done = INT_NONE; /* until 16 */
	r->checkpoint_us = TIME_NONE;
	r->redo_lsn = LSN_NONE;
	r->checkpoints_timed = 6;
	s.servers[STANDBY].activity[0].wait_event_type = STR("IPC");
	s.servers[STANDBY].activity[0].wait_event = STR("ArchiveCleanupCommand");
	assert_role(&s, STANDBY, "checkpointer", 20, HEALTH_OK,
	            "archive_cleanup_command runs, 6 timed and 0 requested restartpoints");
	scene_end(&s);
}

static void writers_are_named_where_they_run(void **state)
{
	Scene s;
	scene_init(&s, 15);
	assert_no_role(&s, PRIMARY, "walwriter");
	s.report = NULL;
	add_process(&s, PRIMARY, 21, "background writer", "Activity", "BgWriterHibernate");
	add_process(&s, PRIMARY, 22, "walwriter", "LWLock", "WALWrite");
	assert_role(&s, PRIMARY, "walwriter", 22, HEALTH_OK, "waits for LWLock:WALWrite");
	assert_role(&s, PRIMARY, "background writer", 21, HEALTH_OK, "idle");
	scene_end(&s);
}

/* ---- since 17 --------------------------------------------------------------------------------------------------- */

static void a_summarizer_says_how_far_it_is(void **state)
{
	Scene s;
	scene_init(&s, 17);
	NodeRoles *r = roles_of(&s, PRIMARY);
	r->summarize_wal = FLAG_NO;
	assert_no_role(&s, PRIMARY, "walsummarizer");
	s.report = NULL;
	r->summarize_wal = FLAG_YES;
	r->summarizer_pid = 30;
	r->summarized_lsn = 0x3000000;
	r->pending_lsn = 0x4000000;
	add_process(&s, PRIMARY, 30, "walsummarizer", "Activity", "WalSummarizerWal");
	assert_role(&s, PRIMARY, "walsummarizer", 30, HEALTH_OK,
	            "idle, summarized up to 0/3000000, 32.0 MB behind, has read up to 0/4000000");
	s.report = NULL;
	r->summarizer_pid = 0;
	r->pending_lsn = r->summarized_lsn = LSN_NONE;
	assert_role(&s, PRIMARY, "walsummarizer", 0, HEALTH_WARNING, "summarize_wal is on and none runs");
	scene_end(&s);
}

static void a_slot_sync_worker_keeps_slots(void **state)
{
	Scene s;
	scene_init(&s, 17);
	NodeRoles *r = roles_of(&s, STANDBY);
	r->sync_slots = roles_of(&s, PRIMARY)->sync_slots = FLAG_YES;
	SLOT(s.snapshot, &s.snapshot->nodes[STANDBY], .name = "a", .synced = true, .restart = 0x1000);
	SLOT(s.snapshot, &s.snapshot->nodes[STANDBY], .name = "b", .restart = 0x1000);
	assert_role(&s, STANDBY, "slotsync worker", 0, HEALTH_WARNING,
	            "sync_replication_slots is on and none runs: it needs hot_standby_feedback, primary_slot_name, "
	            "wal_level logical, and dbname in primary_conninfo, slots kept in step with the primary's: 1");
	assert_no_role(&s, PRIMARY, "slotsync worker");
	s.report = NULL;
	add_process(&s, STANDBY, 31, "slotsync worker", "Activity", "ReplicationSlotsyncMain");
	assert_role(&s, STANDBY, "slotsync worker", 31, HEALTH_OK, "idle, slots kept in step with the primary's: 1");
	s.report = NULL;
	r->sync_slots = FLAG_NO;
	assert_no_role(&s, STANDBY, "slotsync worker");
	scene_end(&s);
}

static void io_workers_are_counted(void **state)
{
	Scene s;
	scene_init(&s, 18);
	NodeRoles *r = roles_of(&s, PRIMARY);
	r->io_method = STR("sync");
	r->io_workers = 3;
	assert_no_role(&s, PRIMARY, "io workers");
	s.report = NULL;
	r->io_method = STR("worker");
	r->ios_in_flight = 4;
	assert_role(&s, PRIMARY, "io workers", 0, HEALTH_WARNING, "0 run, 0 busy, io_workers 3, 4 I/Os in flight");
	s.report = NULL;
	add_process(&s, PRIMARY, 31, "io worker", "Activity", "IoWorkerMain");
	add_process(&s, PRIMARY, 32, "io worker", "IO", "DataFileRead");
	add_process(&s, PRIMARY, 33, "io worker", NULL, NULL);
	assert_role(&s, PRIMARY, "io workers", 0, HEALTH_OK, "3 run, 2 busy, io_workers 3, 4 I/Os in flight");
	s.report = NULL;
	for (size_t i = 1; i < 4; i++)
		s.servers[PRIMARY].activity[i] = (Activity){.pid = (int)(30 + i),
		                                            .backend_start_us = TIME_NONE,
		                                            .query_start_us = TIME_NONE,
		                                            .query = STR("<insufficient privilege>")};
	r->ios_in_flight = INT_NONE;
	assert_role(&s, PRIMARY, "io workers", 0, HEALTH_OK, "how many are busy is " NOT_VISIBLE ", io_workers 3");
	scene_end(&s);
}

/* ---- subscriptions ---------------------------------------------------------------------------------------------- */

static void subscriptions_name_their_workers(void **state)
{
	Scene s;
	scene_init(&s, 18);
	Subscription all[] = {
		{40, STR_INIT("shop"), false, 0, 0x2000, 0x1000, ago(&s, 2)},
		{41, STR_INIT("shop"), true, 0, LSN_NONE, LSN_NONE, TIME_NONE},
		{0, STR_INIT("old"), false, 0, LSN_NONE, LSN_NONE, TIME_NONE},
	};
	NodeSample *sample = sample_of(&s, PRIMARY);
	sample->subscriptions = all;
	sample->nsubscriptions = 2;
	assert_role(&s, PRIMARY, "apply worker", 40, HEALTH_OK,
	            "applies subscription shop, received up to 0/2000, reported 0/1000, last message 2.0s ago");
	assert_role(&s, PRIMARY, "tablesync worker", 41, HEALTH_OK, "copies a table for subscription shop");
	s.report = NULL;
	sample->subscriptions = all + 2;
	sample->nsubscriptions = 1;
	assert_role(&s, PRIMARY, "apply worker", 0, HEALTH_NOTE,
	            "subscription old has none: it is disabled, or its worker failed");
	s.report = NULL;
	all[2].pid = 42;
	all[2].leader_pid = 40;
	assert_role(&s, PRIMARY, "apply worker", 42, HEALTH_OK, "applies subscription old, for the worker 40");
	scene_end(&s);
}

/* ---- hostile and unknown ---------------------------------------------------------------------------------------- */

static void an_answer_without_anything_leaves_nothing_that_is_made_up(void **state)
{
	Scene s;
	scene_init(&s, 15);
	*roles_of(&s, PRIMARY) = plain_roles();
	sample_of(&s, PRIMARY)->server_time_us = TIME_NONE;
	roles_of(&s, PRIMARY)->checkpoint_us = 0;
	assert_role(&s, PRIMARY, "checkpointer", 20, HEALTH_OK, "idle");
	scene_end(&s);
}

static void long_names_are_cut_and_nothing_is_overrun(void **state)
{
	static char name[4096];
	Scene s;
	scene_with_archiver(&s, 15);
	memset(name, 'x', sizeof name - 1);
	roles_of(&s, PRIMARY)->last_failed_wal = str_from(name);
	roles_of(&s, PRIMARY)->last_failed_us = ago(&s, 1);
	roles_of(&s, PRIMARY)->wal_segment_size = INT64_MAX;
	roles_of(&s, PRIMARY)->archive_failures = INT64_MIN + 1;
	derive(&s);
	const RoleRow *row = find_role(&s, PRIMARY, "archiver");
	assert_true(row->text.len < 512 && str_starts(row->text, STR("FAILING on xxx")));
	scene_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_said_where_nothing_was_asked),
		cmocka_unit_test(nothing_is_said_of_a_node_that_is_gone),
		cmocka_unit_test(a_walsender_feeds_a_standby),
		cmocka_unit_test(a_walsender_catches_up_from_a_slot),
		cmocka_unit_test(a_walsender_serves_a_subscriber),
		cmocka_unit_test(a_walsender_sends_a_base_backup),
		cmocka_unit_test(a_hidden_walsender_says_which_grant_is_missing),
		cmocka_unit_test(a_walreceiver_receives),
		cmocka_unit_test(a_walreceiver_that_waits_is_noted),
		cmocka_unit_test(a_hidden_walreceiver_says_which_grant_is_missing),
		cmocka_unit_test(a_missing_walreceiver_is_said_and_where_to_look),
		cmocka_unit_test(a_missing_walreceiver_has_no_upstream_to_reach),
		cmocka_unit_test(a_missing_walreceiver_has_lost_its_slot),
		cmocka_unit_test(a_missing_walreceiver_has_its_slot_taken),
		cmocka_unit_test(a_missing_walreceiver_names_no_slot_of_its_upstream),
		cmocka_unit_test(a_slot_that_is_fine_is_not_blamed),
		cmocka_unit_test(a_standby_may_live_on_its_archive),
		cmocka_unit_test(what_primary_conninfo_says_is_not_known_before_12),
		cmocka_unit_test(startup_says_what_it_waits_for),
		cmocka_unit_test(startup_says_where_it_looks_for_wal),
		cmocka_unit_test(without_a_restore_command_none_runs),
		cmocka_unit_test(a_standby_that_stands_still_may_look_for_a_history_file),
		cmocka_unit_test(a_pause_goes_before_what_it_waits_for),
		cmocka_unit_test(the_delay_of_a_standby_is_said),
		cmocka_unit_test(a_hidden_startup_process_tells_its_position_at_least),
		cmocka_unit_test(no_archiver_is_expected_where_none_runs),
		cmocka_unit_test(an_archiver_has_archived),
		cmocka_unit_test(an_archiver_fails),
		cmocka_unit_test(a_backlog_is_not_guessed),
		cmocka_unit_test(segments_are_counted_by_their_size),
		cmocka_unit_test(an_archiver_has_nothing_to_archive_with),
		cmocka_unit_test(the_command_of_an_archiver_runs),
		cmocka_unit_test(a_missing_archiver_is_said_only_where_it_would_be_seen),
		cmocka_unit_test(a_standby_archives_always),
		cmocka_unit_test(a_checkpointer_on_a_primary),
		cmocka_unit_test(a_checkpointer_on_a_standby),
		cmocka_unit_test(writers_are_named_where_they_run),
		cmocka_unit_test(a_summarizer_says_how_far_it_is),
		cmocka_unit_test(a_slot_sync_worker_keeps_slots),
		cmocka_unit_test(io_workers_are_counted),
		cmocka_unit_test(subscriptions_name_their_workers),
		cmocka_unit_test(an_answer_without_anything_leaves_nothing_that_is_made_up),
		cmocka_unit_test(long_names_are_cut_and_nothing_is_overrun),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
