#include "collect/decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "grid_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void put_slot(Grid *g, int row, const char *name, const char *type, int active_pid)
{
	put(g, row, column_of(QUERY_SLOTS, "slot_name"), str_from(name));
	put(g, row, column_of(QUERY_SLOTS, "slot_type"), str_from(type));
	put_number(g, row, column_of(QUERY_SLOTS, "active_pid"), active_pid, 4);
}

static void a_slot_is_read(void **state)
{
	Grid g = grid_of(QUERY_SLOTS, 1);
	put_slot(&g, 0, "s1", "logical", 77);
	put(&g, 0, column_of(QUERY_SLOTS, "plugin"), STR("pgoutput"));
	put(&g, 0, column_of(QUERY_SLOTS, "database"), STR("shop"));
	put_number(&g, 0, column_of(QUERY_SLOTS, "temporary"), 0, 1);
	put(&g, 0, column_of(QUERY_SLOTS, "wal_status"), STR("extended"));
	put_number(&g, 0, column_of(QUERY_SLOTS, "safe_wal_size"), -5, 8);
	put(&g, 0, column_of(QUERY_SLOTS, "invalidation_reason"), STR("rows_removed"));
	put_number(&g, 0, column_of(QUERY_SLOTS, "failover"), 0, 1);
	NodeSample *n = decoded(&g, decode_slots);
	const Slot *s = &n->slots[0];
	assert_int_equal(n->nslots, 1);
	assert_true(str_eq(s->name, STR("s1")) && str_eq(s->type, STR("logical")));
	assert_true(str_eq(s->plugin, STR("pgoutput")) && str_eq(s->database, STR("shop")));
	assert_true(!s->temporary && s->active && s->active_pid == 77);
	assert_true(s->restart_lsn == 0x1007 && s->confirmed_flush_lsn == 0x1008);
	assert_true(str_eq(s->wal_status, STR("extended")) && s->safe_wal_size == -5);
	assert_true(s->inactive_since_us == EPOCH_US + 1000012);
	assert_true(str_eq(s->invalidation_reason, STR("rows_removed")));
	assert_true(s->conflicting == FLAG_YES && s->failover == FLAG_NO && s->synced == FLAG_YES);
	done(n);
}

static void what_a_version_does_not_tell_of_a_slot_is_unknown(void **state)
{
	Grid g = grid_new(1, (int)query_of(QUERY_SLOTS)->ncolumns);
	put(&g, 0, 0, STR("never"));
	NodeSample *n = decoded(&g, decode_slots);
	const Slot *s = &n->slots[0];
	assert_int_equal(n->nslots, 1);
	assert_true(s->conflicting == FLAG_UNKNOWN && s->failover == FLAG_UNKNOWN && s->synced == FLAG_UNKNOWN);
	assert_true(s->safe_wal_size == INT_NONE && s->inactive_since_us == TIME_NONE);
	assert_true(s->restart_lsn == LSN_NONE && s->active_pid == 0 && str_is_none(s->wal_status));
	done(n);
}

static void slots_come_out_sorted_by_name_each_once(void **state)
{
	static const char *const sent[] = {"b", "a", "b", "", "c", "d", "c"};
	Grid g = grid_of(QUERY_SLOTS, COUNT(sent));
	for (int i = 0; i < (int)COUNT(sent); i++)
		put(&g, i, 0, str_from(sent[i]));
	NodeSample *n = decoded(&g, decode_slots);
	assert_int_equal(n->nslots, 3);
	assert_true(str_eq(n->slots[0].name, STR("b")) && str_eq(n->slots[2].name, STR("d")));
	assert_ptr_equal(sample_slot(n, STR("b")), &n->slots[0]);
	assert_ptr_equal(sample_slot(n, STR("c")), &n->slots[1]);
	assert_ptr_equal(sample_slot(n, STR("d")), &n->slots[2]);
	assert_null(sample_slot(n, STR("a")));
	assert_null(sample_slot(n, STR("zz")));
	assert_null(sample_slot(n, STR_NONE));
	done(n);
}

static void a_sender_has_the_slot_that_its_process_holds(void **state)
{
	static const int pids[] = {3, 5, 8};
	Grid g = grid_of(QUERY_SLOTS, 4), s = grid_of(QUERY_SENDERS, COUNT(pids));
	put_slot(&g, 0, "a", "logical", 8);
	put_slot(&g, 1, "b", "physical", 3);
	put_slot(&g, 2, "c", "physical", 3); /* the second of one process */
	put_slot(&g, 3, "d", "logical", 7);  /* a backend that reads it by SQL */
	for (int i = 0; i < (int)COUNT(pids); i++)
		put_number(&s, i, 0, pids[i], 4);
	NodeSample *n = decoded(&g, decode_slots);
	assert_true(decode_senders(grid_rows(&s), n, NULL));
	arena_free(&s.arena);
	assert_int_equal(n->nsenders, 3);
	assert_true(str_eq(n->senders[0].slot_name, STR("b")) && !n->senders[0].slot_logical);
	assert_true(str_is_none(n->senders[1].slot_name) && !n->senders[1].slot_logical);
	assert_true(str_eq(n->senders[2].slot_name, STR("a")) && n->senders[2].slot_logical);
	done(n);
}

static void a_base_backup_is_read(void **state)
{
	Grid g = grid_of(QUERY_BACKUPS, 2);
	put(&g, 0, 1, STR("streaming database files"));
	put_number(&g, 0, 2, 1000, 8);
	put_number(&g, 0, 3, 400, 8);
	put(&g, 1, 2, STR_NONE); /* it is still being estimated */
	NodeSample *n = decoded(&g, decode_backups);
	assert_int_equal(n->nbackups, 2);
	assert_true(n->backups[0].pid == 1 && str_eq(n->backups[0].phase, STR("streaming database files")));
	assert_true(n->backups[0].total_bytes == 1000 && n->backups[0].done_bytes == 400);
	assert_true(n->backups[1].pid == 2 && n->backups[1].total_bytes == INT_NONE);
	done(n);
}

/* Numbers of a grid are 0x1000 and the column, times a second after the epoch and the column. */
static int64_t number_in(QueryKind kind, const char *name)
{
	return 0x1000 + column_of(kind, name);
}

static int64_t time_in(QueryKind kind, const char *name)
{
	return EPOCH_US + 1000000 + column_of(kind, name);
}

static void what_processes_do_is_read(void **state)
{
	const QueryKind k = QUERY_ROLES;
	Grid g = grid_of(k, 1);
	put(&g, 0, column_of(k, "archive_mode"), STR("always"));
	put(&g, 0, column_of(k, "last_archived_wal"), STR("archived"));
	put(&g, 0, column_of(k, "last_failed_wal"), STR("failed"));
	put(&g, 0, column_of(k, "primary_slot_name"), STR("slot"));
	put(&g, 0, column_of(k, "io_method"), STR("worker"));
	put_number(&g, 0, column_of(k, "summarizer_pid"), 77, 4);
	put_number(&g, 0, column_of(k, "io_workers"), 3, 4);
	put_number(&g, 0, column_of(k, "restore_set"), 0, 1);
	put_interval(&g, 0, column_of(k, "apply_delay"), 5000000, 0, 0);
	NodeSample *n = decoded(&g, decode_roles);
	const NodeRoles *r = n->roles;
	assert_true(str_eq(r->archive_mode, STR("always")) && r->archive_set);
	assert_int_equal(r->archived, number_in(k, "archived_count"));
	assert_int_equal(r->archive_failures, number_in(k, "failed_count"));
	assert_true(str_eq(r->last_archived_wal, STR("archived")) && str_eq(r->last_failed_wal, STR("failed")));
	assert_int_equal(r->last_archived_us, time_in(k, "last_archived_time"));
	assert_int_equal(r->last_failed_us, time_in(k, "last_failed_time"));
	assert_int_equal(r->archiver_reset_us, time_in(k, "archiver_reset"));
	assert_int_equal(r->wal_segment_size, number_in(k, "wal_segment_size"));
	assert_int_equal(r->redo_lsn, number_in(k, "redo_lsn"));
	assert_int_equal(r->checkpoint_us, time_in(k, "checkpoint_time"));
	assert_int_equal(r->receiver_message_us, time_in(k, "last_msg_receipt_time"));
	assert_int_equal(r->checkpoints_timed, number_in(k, "timed"));
	assert_int_equal(r->checkpoints_requested, number_in(k, "requested"));
	assert_int_equal(r->restartpoints_timed, number_in(k, "restartpoints_timed"));
	assert_int_equal(r->restartpoints_requested, number_in(k, "restartpoints_requested"));
	assert_int_equal(r->restartpoints_done, number_in(k, "restartpoints_done"));
	assert_true(r->restore_set == FLAG_NO && r->apply_delay_us == 5000000);
	assert_true(str_eq(r->primary_slot_name, STR("slot")) && r->summarize_wal == FLAG_YES);
	assert_int_equal(r->summarized_lsn, number_in(k, "summarized_lsn"));
	assert_int_equal(r->pending_lsn, number_in(k, "pending_lsn"));
	assert_true(r->summarizer_pid == 77 && r->sync_slots == FLAG_YES);
	assert_true(str_eq(r->io_method, STR("worker")) && r->io_workers == 3);
	assert_int_equal(r->ios_in_flight, number_in(k, "ios_in_flight"));
	done(n);
}

static void what_a_server_does_not_tell_of_processes_is_unknown(void **state)
{
	Grid g = grid_new(1, (int)query_of(QUERY_ROLES)->ncolumns);
	NodeSample *n = decoded(&g, decode_roles);
	const NodeRoles *r = n->roles;
	assert_true(str_is_none(r->archive_mode) && str_is_none(r->io_method));
	assert_true(r->archived == INT_NONE && r->last_failed_us == TIME_NONE && r->redo_lsn == LSN_NONE);
	assert_true(r->restore_set == FLAG_UNKNOWN && r->summarize_wal == FLAG_UNKNOWN &&
	            r->sync_slots == FLAG_UNKNOWN);
	assert_true(r->apply_delay_us == TIME_NONE && r->ios_in_flight == INT_NONE && r->summarizer_pid == 0);
	done(n);
}

static void subscriptions_are_read(void **state)
{
	const QueryKind k = QUERY_SUBSCRIPTIONS;
	Grid g = grid_of(k, 2);
	put(&g, 1, column_of(k, "pid"), STR_NONE);
	put(&g, 1, column_of(k, "leader"), STR_NONE);
	put(&g, 1, column_of(k, "received_lsn"), STR_NONE);
	NodeSample *n = decoded(&g, decode_subscriptions);
	assert_int_equal(n->nsubscriptions, 2);
	const Subscription *s = n->subscriptions;
	assert_true(s[0].pid == 1 && s[0].leader_pid == 1 && str_eq(s[0].name, STR("text")) && s[0].is_table_sync);
	assert_int_equal(s[0].received_lsn, number_in(k, "received_lsn"));
	assert_int_equal(s[0].reported_lsn, number_in(k, "reported_lsn"));
	assert_int_equal(s[0].last_message_us, time_in(k, "last_msg_receipt_time"));
	assert_true(s[1].pid == 0 && s[1].leader_pid == 0 && s[1].received_lsn == LSN_NONE);
	done(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slot_is_read),
		cmocka_unit_test(what_a_version_does_not_tell_of_a_slot_is_unknown),
		cmocka_unit_test(slots_come_out_sorted_by_name_each_once),
		cmocka_unit_test(a_sender_has_the_slot_that_its_process_holds),
		cmocka_unit_test(a_base_backup_is_read),
		cmocka_unit_test(what_processes_do_is_read),
		cmocka_unit_test(what_a_server_does_not_tell_of_processes_is_unknown),
		cmocka_unit_test(subscriptions_are_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
