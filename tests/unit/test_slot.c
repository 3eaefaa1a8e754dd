#include "model/slot.h"

#include "derived_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const SlotRow *slot_of(const Report *r, const char *name)
{
	for (size_t i = 0; i < r->nslots; i++)
		if (str_eq(r->slots[i].slot, str_from(name)))
			return &r->slots[i];
	fail_msg("no slot %s", name);
	return NULL;
}

/* A primary at 0/5000 that was at 0/4000 a second ago. */
static Node *moving_primary(Snapshot *s)
{
	Node *p = NODE(s, .port = 1, .primary = true, .flush = 0x5000);
	snap_previous(s, p)->flush_lsn = 0x4000;
	return p;
}

static void a_slot_keeps_what_lies_between_it_and_the_newest_wal(void **state)
{
	Snapshot *s = snap_new(2);
	Node *p = moving_primary(s);
	SLOT(s, p, .name = "a", .restart = 0x1000, .status = "reserved", .safe = 0x8000);
	SLOT(s, p, .name = "b", .active_pid = 100, .restart = 0x5008);
	SLOT(s, p, .name = "c", .database = "shop", .restart = 0x4000);
	SENDER(s, p, .app = "sub", .slot = "b");
	const Report *r = report_of(s);
	assert_int_equal(r->nslots, 3);
	const SlotRow *a = slot_of(r, "a");
	assert_str(a->node, "1");
	assert_str(a->cluster, "7");
	assert_str(a->time, "2023-11-14T22:13:20.123Z");
	assert_str(a->type, "physical");
	assert_str(a->active, "f");
	assert_int_equal(a->active_pid, INT_NONE);
	assert_int_equal(a->retained_bytes, 0x4000);
	assert_int_equal(a->safe_bytes, 0x8000);
	assert_close(a->seconds_to_lost, 8);
	assert_close(a->growth_bytes_per_second, NAN); /* it was not there before */
	assert_close(a->inactive_seconds, NAN);
	assert_str(a->inactive_since, NULL);
	assert_str(a->used_by, NULL);
	const SlotRow *b = slot_of(r, "b");
	assert_str(b->active, "t");
	assert_int_equal(b->active_pid, 100);
	assert_int_equal(b->retained_bytes, 0); /* read a moment later */
	assert_close(b->seconds_to_lost, NAN);
	assert_str(b->used_by, "sub pid 100");
	assert_str(slot_of(r, "c")->database, "shop");
	const NodeRow *row = row_of(r, "sub pid 100");
	assert_str(row->slot_name, "b");
	assert_int_equal(row->retained_bytes, 0);
	assert_ptr_equal(&r->slots[row->slot], b);
	assert_true(row_of(r, "1")->slot == ROW_NONE && row_of(r, "1")->retained_bytes == INT_NONE);
	snap_free(s);
}

static void the_growth_of_a_slot_is_negative_while_its_consumer_catches_up(void **state)
{
	static const struct {
		Lsn before, now;
		double growth;
	} cases[] = {
		{0x1000, 0x1000, 4096},  {0x1000, 0x2000, 0},
		{0x1000, 0x4000, -8192}, {0x2000, 0x1000, NAN}, /* dropped and created again */
		{0, 0x1000, NAN},        {0x1000, 0, NAN},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		Snapshot *s = snap_new(1);
		Node *p = moving_primary(s);
		snap_slot(s, snap_previous(s, p), (SlotSpec){.name = "a", .restart = cases[i].before});
		SLOT(s, p, .name = "a", .restart = cases[i].now);
		assert_close(slot_of(report_of(s), "a")->growth_bytes_per_second, cases[i].growth);
		snap_previous(s, p)->in_recovery = true; /* promoted since */
		assert_close(slot_of(report_of(s), "a")->growth_bytes_per_second, NAN);
		snap_free(s);
	}
}

static void the_time_until_a_slot_is_lost_is_known_or_not(void **state)
{
	static const struct {
		Lsn restart;
		const char *status;
		int64_t safe;
		Lsn flush_before;
		double seconds;
	} cases[] = {
		{0x1000, "reserved", 0x2000, 0x4000, 2},
		{0x1000, "unreserved", -5, 0x4000, 0},
		{0x1000, "reserved", 0x2000, 0x5000, NAN}, /* no WAL is written */
		{0x1000, "reserved", 0, 0x4000, NAN},      /* no limit */
		{0x1000, "reserved", 0x2000, 0, NAN},
		{0, NULL, -12345, 0x4000, NAN}, /* never used */
		{0, "lost", 0, 0x4000, 0},
		{0, "lost", 0, 0, 0},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		Snapshot *s = snap_new(1);
		Node *p = moving_primary(s);
		snap_previous(s, p)->flush_lsn = cases[i].flush_before;
		SLOT(s, p, .name = "a", .restart = cases[i].restart, .status = cases[i].status, .safe = cases[i].safe);
		const SlotRow *row = slot_of(report_of(s), "a");
		assert_close(row->seconds_to_lost, cases[i].seconds);
		if (cases[i].restart == LSN_NONE)
			assert_true(row->safe_bytes == INT_NONE && row->retained_bytes == INT_NONE);
		snap_free(s);
	}
}

static void a_slot_that_nobody_holds_is_a_leaf_with_its_state(void **state)
{
	static const struct {
		SlotSpec spec;
		const char *state;
		RowHealth health;
	} cases[] = {
		{{.restart = 0x1000}, "inactive", HEALTH_NOTE},
		{{.restart = 0x1000, .status = "reserved"}, "inactive", HEALTH_NOTE},
		{{.restart = 0x1000, .status = "extended"}, "extended", HEALTH_WARNING},
		{{.restart = 0x1000, .status = "unreserved"}, "unreserved", HEALTH_WARNING},
		{{.status = "lost"}, "lost", HEALTH_BAD},
		{{.restart = 0x1000, .status = "lost", .reason = "rows_removed", .synced = true}, "lost", HEALTH_BAD},
		{{.status = NULL}, "unused", HEALTH_NOTE},
		{{.restart = 0x1000, .status = "reserved", .synced = true}, "synced", HEALTH_OK},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		Snapshot *s = snap_new(1);
		Node *p = moving_primary(s);
		SlotSpec spec = cases[i].spec;
		spec.name = "a";
		snap_slot(s, snap_sample(p), spec);
		const Report *r = report_of(s);
		assert_int_equal(r->nnodes, 2);
		const NodeRow *row = row_of(r, "slot a");
		assert_str(row->role, "slot");
		assert_str(row->state, cases[i].state);
		assert_int_equal(row->health, cases[i].health);
		assert_str(row->upstream, "1");
		assert_str(row->slot_name, "a");
		assert_str(row->edge_evidence, NULL);
		assert_true(row->is_ghost && !row->is_client && row->depth == 1 && row->last_child &&
		            row->port == INT_NONE);
		assert_int_equal(row->retained_bytes, r->slots[row->slot].retained_bytes);
		assert_true(row->flush_lsn == spec.restart && row->replay_lsn == LSN_NONE);
		assert_true(row->lag_bytes == INT_NONE && row->send_gap_bytes == INT_NONE);
		snap_free(s);
	}
}

static void slots_that_nobody_holds_follow_the_clients_of_their_node(void **state)
{
	static const char *const expected[] = {"1", "2", "slot d", "3", "pg_receivewal pid 7", "slot a", "slot c"};
	Snapshot *s = snap_new(3);
	Node *standby = NODE(s, .port = 2, .to_port = 1, .slot = "b");
	Node *p = NODE(s, .port = 1, .primary = true);
	Node *down = NODE(s, .port = 3, .conninfo_port = 1, .state = NODE_DOWN);
	SENDER(s, p, .pid = 5, .slot = "b");
	SENDER(s, p, .pid = 7, .app = "pg_receivewal", .never_replays = true);
	SLOT(s, p, .name = "a");
	SLOT(s, p, .name = "b", .active_pid = 5);
	SLOT(s, p, .name = "c", .database = "shop");
	SLOT(s, standby, .name = "d", .synced = true);
	SLOT(s, down, .name = "e");
	const Report *r = report_of(s);
	assert_int_equal(r->nnodes, COUNT(expected));
	for (size_t i = 0; i < COUNT(expected); i++)
		assert_str(r->nodes[i].node, expected[i]);
	assert_str(r->nodes[2].upstream, "2");
	assert_true(r->nodes[2].last_child && r->nodes[6].last_child && !r->nodes[5].last_child);
	snap_free(s);
}

static void a_ghost_leaf_keeps_its_identity(void **state)
{
	Snapshot *s = snap_new(2);
	Node *p = moving_primary(s);
	SLOT(s, p, .name = "b", .restart = 0x1000);
	RowKey before = row_of(report_of(s), "slot b")->key;
	Node *other = NODE(s, .port = 2, .to_port = 1);
	SLOT(s, other, .name = "b");
	snap_sample(p)->nslots = 0;
	SLOT(s, p, .name = "a", .restart = 0x1000);
	SLOT(s, p, .name = "b", .restart = 0x2000, .status = "extended");
	const Report *r = report_of(s);
	size_t same = 0;
	for (size_t i = 0; i < r->nnodes; i++) {
		bool is_it = row_key_eq(r->nodes[i].key, before);
		same += is_it;
		assert_true(!is_it ||
		            (str_eq(r->nodes[i].node, STR("slot b")) && str_eq(r->nodes[i].upstream, STR("1"))));
	}
	assert_int_equal(same, 1);
	snap_free(s);
}

static void an_idle_slot_says_since_when_by_the_servers_clock(void **state)
{
	Snapshot *s = snap_new(1);
	Node *p = moving_primary(s);
	SLOT(s, p, .name = "a", .restart = 0x1000, .idle_since_us = s->wall_us - 90000000);
	SLOT(s, p, .name = "b", .restart = 0x1000, .idle_since_us = s->wall_us + 5); /* a clock that was set back */
	const Report *r = report_of(s);
	assert_str(slot_of(r, "a")->inactive_since, "2023-11-14T22:11:50.123Z");
	assert_close(slot_of(r, "a")->inactive_seconds, 90);
	assert_close(slot_of(r, "b")->inactive_seconds, 0);
	snap_sample(p)->server_time_us = TIME_NONE;
	assert_close(slot_of(report_of(s), "a")->inactive_seconds, NAN);
	snap_free(s);
}

static void a_slot_names_the_standby_that_used_it_last(void **state)
{
	Snapshot *s = snap_new(3);
	Node *p = moving_primary(s);
	Node *used = NODE(s, .port = 2, .to_port = 1, .slot = "a");
	NODE(s, .port = 3, .to_port = 2, .slot = "b"); /* of the same name, on another upstream */
	SENDER(s, p, .slot = "a");
	SLOT(s, p, .name = "a", .active_pid = 100, .restart = 0x1000);
	SLOT(s, p, .name = "b", .restart = 0x1000);
	const Topology *before = topology_build(&s->arena, s, NULL);
	const Report *r = report_of(s);
	assert_str(slot_of(r, "a")->used_by, "2");
	assert_str(slot_of(r, "b")->used_by, NULL);
	used->state = NODE_DOWN;
	snap_sample(p)->nsenders = 0;
	snap_sample(p)->slots[0].active = false;
	snap_sample(p)->slots[0].active_pid = 0;
	r = report_after(s, before);
	assert_str(row_of(r, "slot a")->state, "inactive");
	assert_str(slot_of(r, "a")->used_by, "2");
	assert_str(row_of(r, "2")->upstream, "1");
	p->state = NODE_DOWN; /* what it said of its slots is not so any more */
	assert_int_equal(report_after(s, before)->nslots, 0);
	snap_free(s);
}

static void a_logical_subscriber_is_named_by_its_slot(void **state)
{
	Snapshot *s = snap_new(1);
	Node *p = moving_primary(s);
	SENDER(s, p, .app = "sub1", .addr = "10.0.0.4", .port = 40001, .slot = "shop", .logical = true, .at = 0x4800);
	SENDER(s, p, .app = "", .addr = "10.0.0.5", .port = 40002, .state = "catchup");
	SLOT(s, p, .name = "shop", .database = "d", .active_pid = 100, .restart = 0x4000);
	const Report *r = report_of(s);
	const NodeRow *row = row_of(r, "sub1 slot shop");
	assert_str(row->host, "10.0.0.4");
	assert_int_equal(row->health, HEALTH_OK);
	assert_int_equal(row->lag_bytes, 0x800);
	assert_int_equal(row->retained_bytes, 0x1000);
	row = row_of(r, "walsender 10.0.0.5:40002");
	assert_int_equal(row->health, HEALTH_NOTE);
	snap_free(s);
}

static void a_lag_up_to_a_position_that_is_never_reported_is_none(void **state)
{
	Snapshot *s = snap_new(1);
	Node *p = moving_primary(s);
	WalSender *w = SENDER(s, p, .app = "pg_receivewal", .never_replays = true);
	w->write_lag_us = 3000;
	w->flush_lag_us = w->replay_lag_us = 10000000;
	w->flush_lsn = LSN_NONE;
	const NodeRow *row = row_of(report_of(s), "pg_receivewal pid 100");
	assert_close(row->write_lag_seconds, 0.003);
	assert_close(row->flush_lag_seconds, NAN);
	assert_close(row->replay_lag_seconds, NAN);
	snap_free(s);
}

static void a_base_backup_says_how_far_it_is(void **state)
{
	static const struct {
		int64_t total, done;
		double percent;
	} cases[] = {
		{4000, 1000, 25},      {4000, 0, 0}, {4000, 5000, 100},
		{INT_NONE, 1000, NAN}, {0, 0, NAN},  {4000, INT_NONE, NAN},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		Snapshot *s = snap_new(1);
		Node *p = moving_primary(s);
		WalSender *w = SENDER(s, p, .app = "pg_basebackup", .state = "backup", .never_replays = true);
		w->sent_lsn = w->write_lsn = w->flush_lsn = LSN_NONE;
		SENDER(s, p, .app = "pg_basebackup", .slot = "pg_basebackup_100", .never_replays = true);
		BaseBackup backups[] = {{99, STR("other"), 1, 1},
		                        {100, STR("streaming database files"), cases[i].total, cases[i].done}};
		snap_sample(p)->backups = backups;
		snap_sample(p)->nbackups = COUNT(backups);
		const Report *r = report_of(s);
		const NodeRow *row = row_of(r, "pg_basebackup pid 100");
		assert_str(row->state, "backup");
		assert_int_equal(row->health, HEALTH_OK);
		assert_str(row->backup_phase, "streaming database files");
		assert_int_equal(row->backup_bytes, cases[i].done);
		assert_int_equal(row->backup_total_bytes, cases[i].total);
		assert_close(row->backup_percent, cases[i].percent);
		row = row_of(r, "pg_basebackup pid 101");
		assert_str(row->backup_phase, NULL);
		assert_close(row->backup_percent, NAN);
		snap_free(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slot_keeps_what_lies_between_it_and_the_newest_wal),
		cmocka_unit_test(the_growth_of_a_slot_is_negative_while_its_consumer_catches_up),
		cmocka_unit_test(the_time_until_a_slot_is_lost_is_known_or_not),
		cmocka_unit_test(a_slot_that_nobody_holds_is_a_leaf_with_its_state),
		cmocka_unit_test(slots_that_nobody_holds_follow_the_clients_of_their_node),
		cmocka_unit_test(a_ghost_leaf_keeps_its_identity),
		cmocka_unit_test(an_idle_slot_says_since_when_by_the_servers_clock),
		cmocka_unit_test(a_slot_names_the_standby_that_used_it_last),
		cmocka_unit_test(a_logical_subscriber_is_named_by_its_slot),
		cmocka_unit_test(a_lag_up_to_a_position_that_is_never_reported_is_none),
		cmocka_unit_test(a_base_backup_says_how_far_it_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
