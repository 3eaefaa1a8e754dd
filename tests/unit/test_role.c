#include "model/role.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "role_fixture.h"

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
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
