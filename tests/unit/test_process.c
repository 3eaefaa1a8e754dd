#include "model/process.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "snapshot_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define NOW_US INT64_C(1700000000123000) /* of the fixture's servers */

/* ---- a server with processes ----------------------------------------------------------------------------------- */

typedef struct Scene {
	Snapshot *snapshot;
	Node *node;
	ProcessRow *rows;
	size_t nrows;
} Scene;

static Scene scene_new(bool primary)
{
	Scene s = {.snapshot = snap_new(1)};
	s.node = NODE(s.snapshot, .port = 1923, .primary = primary);
	return s;
}

static ProcTable *set_procs(Scene *s, NodeSample *sample, const ProcSample *procs, size_t count)
{
	ProcTable *table = ARENA_NEW(&s->snapshot->arena, ProcTable);
	*table = (ProcTable){
		.t_mono_ns = sample->t_mono_ns, .nrows = count, .ticks_per_second = 100, .source = STR("local")};
	table->rows = ARENA_ARRAY(&s->snapshot->arena, ProcSample, count);
	for (size_t i = 0; i < count; i++)
		table->rows[i] = procs[i];
	sample->procs = table;
	return table;
}

static void set_activity(Scene *s, const Activity *activity, size_t count)
{
	NodeSample *sample = snap_sample(s->node);
	sample->has_activity = true;
	sample->activity = ARENA_ARRAY(&s->snapshot->arena, Activity, count);
	for (size_t i = 0; i < count; i++)
		sample->activity[i] = activity[i];
	sample->nactivity = count;
}

static void derive(Scene *s)
{
	size_t room = process_count(s->node);
	s->rows = ARENA_ARRAY(&s->snapshot->arena, ProcessRow, room);
	s->nrows = process_rows(&s->snapshot->arena, s->node, s->rows);
	assert_true(s->nrows <= room);
	for (size_t i = 0; i < s->nrows; i++) {
		assert_true(i == 0 || s->rows[i].pid > s->rows[i - 1].pid);
		assert_int_equal(s->rows[i].key.node, s->node->id);
		assert_int_equal(s->rows[i].key.pid, s->rows[i].pid);
	}
}

static const ProcessRow *row_of(const Scene *s, int pid)
{
	for (size_t i = 0; i < s->nrows; i++)
		if (s->rows[i].pid == pid)
			return &s->rows[i];
	fail_msg("no row of pid %d", pid);
	return NULL;
}

static void assert_str(Str actual, const char *expected)
{
	if (!str_eq(actual, str_from(expected)))
		fail_msg("got '%.*s', wanted '%s'", STR_ARG(actual), expected != NULL ? expected : "no value");
}

static void assert_rate(double actual, double expected)
{
	if (isnan(expected) ? !isnan(actual) : !(fabs(actual - expected) < 1e-6))
		fail_msg("%.12g is not %.12g", actual, expected);
}

/* ---- joining --------------------------------------------------------------------------------------------------- */

static void a_node_without_an_answer_has_no_processes(void **state)
{
	const Node node = {.id = 1};
	assert_int_equal(process_count(&node), 0);
	assert_int_equal(process_rows(NULL, &node, NULL), 0);
}

static void both_lists_are_merged_by_pid(void **state)
{
	static const ProcSample procs[] = {{.pid = 1}, {.pid = 5}, {.pid = 7}, {.pid = 20}};
	static const Activity activity[] = {{.pid = 3}, {.pid = 5}, {.pid = 20}, {.pid = 30}};
	static const int expected[] = {1, 3, 5, 7, 20, 30};
	Scene s = scene_new(true);
	set_procs(&s, snap_sample(s.node), procs, COUNT(procs));
	set_activity(&s, activity, COUNT(activity));
	derive(&s);
	assert_int_equal(s.nrows, COUNT(expected));
	for (size_t i = 0; i < COUNT(expected); i++)
		assert_int_equal(s.rows[i].pid, expected[i]);
	assert_str(row_of(&s, 3)->error, "/proc: not found (hidepid, or just started)");
	assert_str(row_of(&s, 5)->error, NULL);
	snap_free(s.snapshot);
}

static void without_proc_the_activity_stands_alone_and_without_error(void **state)
{
	static const Activity activity[] = {{.pid = 3, .client = STR_INIT("[local]")}};
	Scene s = scene_new(true);
	set_activity(&s, activity, 1);
	derive(&s);
	assert_int_equal(s.nrows, 1);
	assert_str(s.rows[0].io_source, "none");
	assert_str(s.rows[0].error, NULL);
	ProcTable *table = set_procs(&s, snap_sample(s.node), NULL, 0);
	table->error = STR("why");
	derive(&s);
	assert_str(s.rows[0].error, "why");
	snap_free(s.snapshot);
}

static void what_the_server_says_outweighs_the_title(void **state)
{
	static const ProcSample procs[] = {
		{.pid = 1,
	         .backend_type = STR_INIT("walwriter"),
	         .at = STR_INIT("streaming 0/10"),
	         .wal_lsn = 16,
	         .wal_file = STR_INIT("000000010000000000000001")},
		{.pid = 2, .backend_type = STR_INIT("startup")},
	};
	static const Activity activity[] = {{.pid = 1,
	                                     .backend_start_us = 77,
	                                     .query_start_us = TIME_NONE,
	                                     .backend_type = STR_INIT("client backend"),
	                                     .user = STR_INIT("u"),
	                                     .database = STR_INIT("d"),
	                                     .application_name = STR_INIT("a"),
	                                     .client = STR_INIT("10.0.0.9:4"),
	                                     .state = STR_INIT("active"),
	                                     .wait_event_type = STR_INIT("IPC"),
	                                     .wait_event = STR_INIT("SyncRep"),
	                                     .query = STR_INIT("q")},
	                                    {.pid = 2, .backend_start_us = TIME_NONE, .query_start_us = TIME_NONE}};
	Scene s = scene_new(true);
	set_procs(&s, snap_sample(s.node), procs, 2);
	set_activity(&s, activity, 2);
	derive(&s);
	const ProcessRow *r = &s.rows[0];
	assert_true(r->key.start_us == 77);
	assert_str(r->backend_type, "client backend");
	assert_str(r->user, "u");
	assert_str(r->database, "d");
	assert_str(r->application_name, "a");
	assert_str(r->client, "10.0.0.9:4");
	assert_str(r->state, "active");
	assert_str(r->wait_event, "IPC:SyncRep");
	assert_str(r->query, "q");
	assert_str(r->at, "streaming 0/10");
	assert_str(r->wal_file, "000000010000000000000001");
	assert_true(r->wal_lsn == 16 && r->sync_wait && r->can_signal && !r->is_walsender);
	assert_str(s.rows[1].backend_type, "startup"); /* not visible to the role */
	assert_str(s.rows[1].wait_event, NULL);
	assert_true(!s.rows[1].can_signal && !s.rows[1].sync_wait && s.rows[1].key.start_us == TIME_NONE);
	snap_free(s.snapshot);
}

static void auxiliary_processes_cannot_be_signalled(void **state)
{
	static const struct {
		Activity activity;
		const char *type;
		bool signal, walsender;
	} cases[] = {
		{{.pid = 1, .backend_type = STR_INIT("client backend")}, "client backend", true, false},
		{{.pid = 1, .backend_type = STR_INIT("walsender")}, "walsender", true, true},
		{{.pid = 1, .client = STR_INIT("[local]")}, "client backend", true, false},
		{{.pid = 1}, NULL, false, false},
		{{.pid = 1, .backend_type = STR_INIT("walreceiver")}, "walreceiver", false, false},
		{{.pid = 1, .backend_type = STR_INIT("autovacuum worker")}, "autovacuum worker", true, false},
		{{.pid = 1, .backend_type = STR_INIT("parallel worker")}, "parallel worker", true, false},
		{{.pid = 1, .backend_type = STR_INIT("pg_cron launcher")}, "pg_cron launcher", true, false},
		{{.pid = 1, .backend_type = STR_INIT("startup")}, "startup", false, false},
		{{.pid = 1, .backend_type = STR_INIT("checkpointer")}, "checkpointer", false, false},
		{{.pid = 1, .backend_type = STR_INIT("io worker")}, "io worker", false, false},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		Scene s = scene_new(true);
		set_activity(&s, &cases[i].activity, 1);
		derive(&s);
		assert_str(s.rows[0].backend_type, cases[i].type);
		assert_int_equal(s.rows[0].can_signal, cases[i].signal);
		assert_int_equal(s.rows[0].is_walsender, cases[i].walsender);
		snap_free(s.snapshot);
	}
}

static void what_a_role_lacks_to_signal_is_said(void **state)
{
	enum { PLAIN, SIGNALLER, WORKERS, SUPER };
	static const struct {
		int rights, version;
		const char *type, *user, *needs;
	} cases[] = {
		{SUPER, 180000, "client backend", "postgres", NULL},
		{PLAIN, 150000, "client backend", "monitor", NULL}, /* its own */
		{PLAIN, 150000, "client backend", "app", "pg_signal_backend"},
		{PLAIN, 150000, "walsender", "repl", "pg_signal_backend"},
		{SIGNALLER, 150000, "client backend", "app", NULL},
		{SIGNALLER, 150000, "client backend", "postgres", "superuser: the session is a superuser's"},
		{SIGNALLER, 150000, "client backend", "root", "superuser: the session is a superuser's"},
		{SIGNALLER, 150000, "client backend", "roo", NULL},
		{SIGNALLER, 150000, "autovacuum worker", NULL, "superuser: the process runs as no role"},
		{WORKERS, 170000, "autovacuum worker", NULL, "superuser: the process runs as no role"},
		{SIGNALLER, 180000, "autovacuum worker", NULL, "pg_signal_autovacuum_worker"},
		{WORKERS, 180000, "autovacuum worker", NULL, NULL},
		{WORKERS, 180000, "client backend", "app", "pg_signal_backend"},
		{PLAIN, 150000, "checkpointer", NULL, NULL}, /* nobody can */
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		Scene s = scene_new(true);
		NodeIdentity identity = *s.node->identity;
		identity.role = STR("monitor");
		identity.superusers = STR("postgres\nroot");
		identity.version_num = cases[i].version;
		identity.superuser = cases[i].rights == SUPER;
		identity.can_signal = cases[i].rights == SIGNALLER;
		identity.can_signal_autovacuum = cases[i].rights == WORKERS;
		s.node->identity = &identity;
		Activity activity = {
			.pid = 1, .backend_type = str_from(cases[i].type), .user = str_from(cases[i].user)};
		set_activity(&s, &activity, 1);
		derive(&s);
		assert_str(s.rows[0].needs, cases[i].needs);
		snap_free(s.snapshot);
	}
}

static void the_parent_of_the_others_is_the_postmaster(void **state)
{
	static const ProcSample procs[] = {
		{.pid = 3, .ppid = 10, .title = STR_INIT("postgres: walwriter"), .backend_type = STR_INIT("walwriter")},
		{.pid = 10, .ppid = 1, .title = STR_INIT("/usr/lib/postgresql/15/bin/postgres -D /data")},
		{.pid = 12, .ppid = 10, .title = STR_INIT("postgres: u d [local] idle")},
	};
	Scene s = scene_new(true);
	set_procs(&s, snap_sample(s.node), procs, 3); /* pids may have wrapped around */
	derive(&s);
	assert_str(row_of(&s, 10)->backend_type, "postmaster");
	assert_str(row_of(&s, 3)->backend_type, "walwriter");
	assert_str(row_of(&s, 12)->backend_type, NULL);
	assert_false(row_of(&s, 10)->can_signal);
	set_procs(&s, snap_sample(s.node), procs, 1);
	derive(&s);
	assert_str(row_of(&s, 3)->backend_type, "walwriter");
	ProcSample odd[] = {procs[0], procs[1]};
	odd[1].title = STR("postgres: u d [local] idle"); /* of whatever that is, it is no postmaster */
	set_procs(&s, snap_sample(s.node), odd, 2);
	derive(&s);
	assert_str(row_of(&s, 10)->backend_type, NULL);
	snap_free(s.snapshot);
}

static void the_age_of_a_query_is_that_of_a_running_one_and_never_negative(void **state)
{
	static const struct {
		Str state;
		int64_t start_us;
		double age;
	} cases[] = {
		{STR_INIT("active"), NOW_US - 2500000, 2.5}, {STR_INIT("active"), NOW_US + 40000, 0},
		{STR_INIT("active"), TIME_NONE, NAN},        {STR_INIT("idle"), NOW_US - 2500000, NAN},
		{{NULL, 0}, NOW_US - 2500000, NAN},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		Scene s = scene_new(true);
		const Activity a = {.pid = 1, .state = cases[i].state, .query_start_us = cases[i].start_us};
		set_activity(&s, &a, 1);
		derive(&s);
		assert_rate(s.rows[0].query_age_seconds, cases[i].age);
		snap_sample(s.node)->server_time_us = TIME_NONE;
		derive(&s);
		assert_rate(s.rows[0].query_age_seconds, NAN);
		snap_free(s.snapshot);
	}
}

/* ---- /proc ----------------------------------------------------------------------------------------------------- */

static void why_there_are_no_counters_is_said(void **state)
{
	static const ProcSample procs[] = {
		{.pid = 1},
		{.pid = 2, .io_access = PROC_DENIED},
		{.pid = 3, .io_access = PROC_HIDDEN},
		{.pid = 4, .io_access = PROC_GONE},
		{.pid = 5, .io_access = PROC_FAILED},
	};
	Scene s = scene_new(true);
	set_procs(&s, snap_sample(s.node), procs, COUNT(procs));
	derive(&s);
	for (size_t i = 0; i < COUNT(procs); i++) {
		assert_int_equal(str_is_none(s.rows[i].error), i == 0);
		assert_str(s.rows[i].io_source, i == 0 ? "local" : "none");
		for (size_t k = 1; k < i; k++)
			assert_false(str_eq(s.rows[i].error, s.rows[k].error));
	}
	snap_free(s.snapshot);
}

static void assert_no_io_rates(const ProcessRow *r)
{
	assert_true(isnan(r->rchar_bytes_per_second) && isnan(r->wchar_bytes_per_second));
	assert_true(isnan(r->read_bytes_per_second) && isnan(r->write_bytes_per_second));
}

static void counters_become_rates_over_the_tables_own_interval(void **state)
{
	ProcSample before = {
		.pid = 4, .start_ticks = 9, .cpu_ticks = 100, .blkio_ticks = 5, .io = {1000, 2000, 3000, 4000}};
	ProcSample now = {
		.pid = 4, .start_ticks = 9, .cpu_ticks = 150, .blkio_ticks = 25, .io = {1200, 2400, 3600, 4800}};
	Scene s = scene_new(true);
	NodeSample *old = snap_previous(s.snapshot, s.node);
	ProcTable *table = set_procs(&s, snap_sample(s.node), &now, 1);
	set_procs(&s, old, &before, 1)->t_mono_ns = table->t_mono_ns - 2000000000;
	derive(&s);
	assert_rate(s.rows[0].rchar_bytes_per_second, 100);
	assert_rate(s.rows[0].wchar_bytes_per_second, 200);
	assert_rate(s.rows[0].read_bytes_per_second, 300);
	assert_rate(s.rows[0].write_bytes_per_second, 400);
	assert_rate(s.rows[0].cpu_percent, 25);
	assert_rate(s.rows[0].io_delay_percent, NAN); /* the kernel does not count */
	table->delay_accounting = true;
	derive(&s);
	assert_rate(s.rows[0].io_delay_percent, 10);
	table->rows[0].io.wchar = 0; /* fell */
	derive(&s);
	assert_rate(s.rows[0].wchar_bytes_per_second, NAN);
	assert_rate(s.rows[0].rchar_bytes_per_second, 100);
	snap_free(s.snapshot);
}

static void another_process_denied_or_unread_has_no_rates(void **state)
{
	static const struct {
		ProcSample before, now;
		bool cpu;
	} cases[] = {
		{{.pid = 4, .start_ticks = 9}, {.pid = 4, .start_ticks = 10}, false}, /* the pid was reused */
		{{.pid = 5, .start_ticks = 9}, {.pid = 4, .start_ticks = 9}, false},
		{{.pid = 4, .start_ticks = 9, .io_access = PROC_DENIED}, {.pid = 4, .start_ticks = 9}, true},
		{{.pid = 4, .start_ticks = 9}, {.pid = 4, .start_ticks = 9, .io_access = PROC_DENIED}, true},
		/* not even stat could be read, twice: that is not 0 % */
		{{.pid = 4, .io_access = PROC_HIDDEN}, {.pid = 4, .io_access = PROC_HIDDEN}, false},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		Scene s = scene_new(true);
		set_procs(&s, snap_sample(s.node), &cases[i].now, 1)->delay_accounting = true;
		set_procs(&s, snap_previous(s.snapshot, s.node), &cases[i].before, 1);
		derive(&s);
		assert_no_io_rates(&s.rows[0]);
		assert_int_equal(!isnan(s.rows[0].cpu_percent), cases[i].cpu);
		assert_int_equal(!isnan(s.rows[0].io_delay_percent), cases[i].cpu);
		snap_free(s.snapshot);
	}
}

/* ---- WAL by role ----------------------------------------------------------------------------------------------- */

static void a_walsender_moves_what_it_sends(void **state)
{
	static const Activity activity[] = {{.pid = 100, .backend_type = STR_INIT("walsender")},
	                                    {.pid = 101, .backend_type = STR_INIT("walsender")},
	                                    {.pid = 200, .backend_type = STR_INIT("client backend")}};
	Scene s = scene_new(true);
	set_activity(&s, activity, 3);
	SENDER(s.snapshot, s.node, .port = 1, .at = 5000, .start_us = 1);
	SENDER(s.snapshot, s.node, .port = 2, .at = 5000, .start_us = 2);
	Node old = {.sample = snap_previous(s.snapshot, s.node)};
	SENDER(s.snapshot, &old, .port = 1, .at = 4000, .start_us = 1);
	SENDER(s.snapshot, &old, .port = 2, .at = 4000, .start_us = 1); /* another one with that pid */
	derive(&s);
	assert_rate(row_of(&s, 100)->wal_bytes_per_second, 1000);
	assert_rate(row_of(&s, 101)->wal_bytes_per_second, NAN);
	assert_rate(row_of(&s, 200)->wal_bytes_per_second, NAN);
	snap_free(s.snapshot);
}

static void a_receiver_moves_what_it_flushes_and_startup_what_it_replays(void **state)
{
	static const Activity activity[] = {{.pid = 1, .backend_type = STR_INIT("startup")},
	                                    {.pid = 2, .backend_type = STR_INIT("walreceiver")}};
	Scene s = scene_new(false);
	set_activity(&s, activity, 2);
	NodeSample *now = snap_sample(s.node), *old = snap_previous(s.snapshot, s.node);
	now->receive_lsn = 9000;
	now->replay_lsn = 8000;
	old->receive_lsn = 8500;
	old->replay_lsn = 7900;
	derive(&s);
	assert_rate(row_of(&s, 1)->wal_bytes_per_second, 100);
	assert_rate(row_of(&s, 2)->wal_bytes_per_second, 500);
	old->in_recovery = false; /* a role that changed has no difference */
	derive(&s);
	assert_rate(row_of(&s, 1)->wal_bytes_per_second, NAN);
	snap_free(s.snapshot);
}

static void a_row_of_which_something_is_hidden_names_the_grant_behind_what_else_is_missing(void **state)
{
	static const ProcSample procs[] = {{.pid = 10, .io_access = PROC_OK}, {.pid = 11, .io_access = PROC_DENIED}};
	static const Activity activity[] = {
		{.pid = 10, .backend_start_us = TIME_NONE, .query = STR_INIT("<insufficient privilege>")},
		{.pid = 11, .backend_start_us = TIME_NONE, .query = STR_INIT("<insufficient privilege>")},
		{.pid = 12, .backend_start_us = NOW_US, .query = STR_INIT("<insufficient privilege>")}};
	Scene s = scene_new(true);
	set_activity(&s, activity, COUNT(activity));
	derive(&s);
	assert_true(s.rows[0].is_hidden && str_eq(s.rows[0].error, STR(NOT_VISIBLE)));
	assert_false(s.rows[2].is_hidden); /* somebody's query is called so */
	assert_true(str_is_none(s.rows[2].error));
	set_procs(&s, snap_sample(s.node), procs, COUNT(procs));
	derive(&s);
	assert_true(str_eq(s.rows[0].error, STR(NOT_VISIBLE)));
	assert_true(
		str_eq(s.rows[1].error, STR("/proc: not permitted (run as the server's user or root); " NOT_VISIBLE)));
	snap_free(s.snapshot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_node_without_an_answer_has_no_processes),
		cmocka_unit_test(both_lists_are_merged_by_pid),
		cmocka_unit_test(without_proc_the_activity_stands_alone_and_without_error),
		cmocka_unit_test(what_the_server_says_outweighs_the_title),
		cmocka_unit_test(auxiliary_processes_cannot_be_signalled),
		cmocka_unit_test(what_a_role_lacks_to_signal_is_said),
		cmocka_unit_test(the_parent_of_the_others_is_the_postmaster),
		cmocka_unit_test(the_age_of_a_query_is_that_of_a_running_one_and_never_negative),
		cmocka_unit_test(why_there_are_no_counters_is_said),
		cmocka_unit_test(counters_become_rates_over_the_tables_own_interval),
		cmocka_unit_test(another_process_denied_or_unread_has_no_rates),
		cmocka_unit_test(a_walsender_moves_what_it_sends),
		cmocka_unit_test(a_receiver_moves_what_it_flushes_and_startup_what_it_replays),
		cmocka_unit_test(a_row_of_which_something_is_hidden_names_the_grant_behind_what_else_is_missing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
