#include "model/role_service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "role_fixture.h"

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
