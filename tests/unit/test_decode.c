#include "collect/decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "grid_fixture.h"
#include "snapshot_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Decodes into whatever the kind fills; everything is freed. */
static bool decodes(QueryKind kind, Rows rows, Err *err)
{
	Arena arena = {0};
	NodeIdentity identity = {0};
	NodeSample *sample = sample_new(NULL);
	ActAnswer answer = ACT_GONE;
	int port = 0;
	bool ok = false;
	switch (kind) {
	case QUERY_IDENTITY:
		ok = decode_identity(&arena, rows, &identity, err);
		break;
	case QUERY_NODE:
		ok = decode_node(rows, sample, err);
		break;
	case QUERY_SLOTS:
		ok = decode_slots(rows, sample, err);
		break;
	case QUERY_SENDERS:
		ok = decode_senders(rows, sample, err);
		break;
	case QUERY_BACKUPS:
		ok = decode_backups(rows, sample, err);
		break;
	case QUERY_ACTIVITY:
		ok = decode_activity(rows, sample, err);
		break;
	case QUERY_ROLES:
		ok = decode_roles(rows, sample, err);
		break;
	case QUERY_SUBSCRIPTIONS:
		ok = decode_subscriptions(rows, sample, err);
		break;
	case QUERY_RECEIVER_PORT:
		ok = decode_receiver_port(rows, &port, err);
		break;
	case QUERY_PROCESSES:
	case QUERY_LONG_LIVED:
		ok = decode_processes(rows, 1, sample, err);
		break;
	case QUERY_CANCEL:
	case QUERY_TERMINATE:
	case QUERY_COUNT:
		ok = decode_signal(rows, &answer, err);
		break;
	case QUERY_PAUSE:
	case QUERY_RESUME:
		ok = decode_replay(rows, &answer, err);
		break;
	}
	arena_free(&arena);
	sample_free(sample_unref(sample));
	return ok;
}

static bool is_of_any_length(ColumnType type)
{
	return type == COLUMN_TEXT || type == COLUMN_BYTEA;
}

/* ---- every kind ------------------------------------------------------------------------------------------------ */

static void the_columns_of_the_query_table_are_those_that_are_read(void **state)
{
	for (int kind = 0; kind < QUERY_COUNT; kind++) {
		Grid g = grid_of((QueryKind)kind, 1);
		Err err = {""};
		assert_true(decodes((QueryKind)kind, grid_rows(&g), &err));
		assert_string_equal(err.text, "");
		arena_free(&g.arena);
	}
}

static void another_number_of_columns_is_refused(void **state)
{
	for (int kind = 0; kind < QUERY_COUNT; kind++) {
		int n = (int)query_of((QueryKind)kind)->ncolumns;
		const int wrong[] = {0, n - 1, n + 1, 1000};
		for (size_t i = 0; i < COUNT(wrong); i++) {
			Grid g = grid_new(1, wrong[i]);
			Err err = {""};
			assert_false(decodes((QueryKind)kind, grid_rows(&g), &err));
			assert_string_not_equal(err.text, "");
			arena_free(&g.arena);
		}
	}
}

static void another_number_of_rows_is_refused_where_one_is_due(void **state)
{
	static const QueryKind one[] = {QUERY_IDENTITY, QUERY_NODE, QUERY_ROLES};
	for (size_t i = 0; i < COUNT(one); i++)
		for (int nrows = 0; nrows <= 2; nrows++) {
			Grid g = grid_of(one[i], nrows);
			assert_int_equal(decodes(one[i], grid_rows(&g), NULL), nrows == 1);
			arena_free(&g.arena);
		}
	Grid two = grid_of(QUERY_CANCEL, 2);
	assert_false(decodes(QUERY_CANCEL, grid_rows(&two), NULL));
	arena_free(&two.arena);
	for (int kind = 0; kind < QUERY_COUNT; kind++) {
		const Rows negative = {NULL, -1, (int)query_of((QueryKind)kind)->ncolumns, grid_get};
		assert_false(decodes((QueryKind)kind, negative, NULL));
	}
}

static void a_value_of_the_wrong_length_is_refused_in_every_column_but_texts(void **state)
{
	static const char bytes[64] = {0};
	for (int kind = 0; kind < QUERY_COUNT; kind++) {
		const Query *q = query_of((QueryKind)kind);
		for (int c = 0; c < (int)q->ncolumns; c++)
			for (size_t len = 0; len <= 64; len++) {
				Grid g = grid_of((QueryKind)kind, 1);
				bool fits = is_of_any_length(q->columns[c].type) || len == grid_get(&g, 0, c).len;
				put(&g, 0, c, (Str){bytes, len});
				Err err = {""};
				assert_int_equal(decodes((QueryKind)kind, grid_rows(&g), &err), fits);
				char column[32] = "";
				StrBuf b = STRBUF_ON(column);
				strbuf_addf(&b, "column %d of", c + 1);
				assert_int_equal(strstr(err.text, column) != NULL, !fits);
				arena_free(&g.arena);
			}
	}
}

static void nulls_read_as_unknown_in_every_column(void **state)
{
	for (int kind = 0; kind < QUERY_COUNT; kind++) {
		Grid g = grid_new(1, (int)query_of((QueryKind)kind)->ncolumns);
		assert_true(decodes((QueryKind)kind, grid_rows(&g), NULL));
		arena_free(&g.arena);
	}
}

static void random_bytes_never_do_harm(void **state)
{
	uint64_t seed = 42;
	for (int run = 0; run < 4000; run++) {
		QueryKind kind = (QueryKind)snap_random(&seed, QUERY_COUNT);
		const Query *q = query_of(kind);
		Grid g = grid_of(kind, (int)snap_random(&seed, 5));
		for (int row = 0; row < g.nrows; row++)
			for (int c = 0; c < g.ncolumns; c++) {
				char bytes[24];
				for (size_t i = 0; i < sizeof bytes; i++)
					bytes[i] = (char)(unsigned char)snap_random(&seed, 256);
				size_t len = is_of_any_length(q->columns[c].type) || snap_random(&seed, 50) == 0
				                     ? snap_random(&seed, sizeof bytes)
				                     : grid_get(&g, row, c).len;
				if (snap_random(&seed, 10) != 0)
					put(&g, row, c, (Str){bytes, len});
				else
					g.cells[row * g.ncolumns + c] = STR_NONE;
			}
		Err err;
		decodes(kind, grid_rows(&g), &err);
		arena_free(&g.arena);
	}
}

/* ---- values ---------------------------------------------------------------------------------------------------- */

static void identity_is_read(void **state)
{
	Grid g = grid_of(QUERY_IDENTITY, 1);
	put_number(&g, 0, 0, INT64_C(-2), 8); /* system identifiers above 2^63 come as negative numbers */
	put_number(&g, 0, 2, 1923, 4);
	put(&g, 0, 3, STR("15.18"));
	put(&g, 0, 4, STR(""));
	g.cells[5] = STR_NONE;
	put_number(&g, 0, 6, 0, 1);
	put_number(&g, 0, 9, 4711, 4);
	Arena arena = {0};
	NodeIdentity id = {0};
	assert_true(decode_identity(&arena, grid_rows(&g), &id, NULL));
	arena_free(&g.arena); /* nothing of the answer is borrowed */
	assert_true(id.system_identifier == UINT64_MAX - 1);
	assert_true(id.postmaster_start_us == EPOCH_US + 1000001);
	assert_int_equal(id.port, 1923);
	assert_true(str_eq(id.version, STR("15.18")));
	assert_true(str_eq(id.cluster_name, STR("")));
	assert_true(str_is_none(id.listen_addresses));
	assert_false(id.superuser);
	assert_true(id.can_monitor && id.can_read_files && id.missing_grants == 1);
	assert_int_equal(id.backend_pid, 4711);
	assert_true(id.backend_start_us == EPOCH_US + 1000010);
	arena_free(&arena);
}

static void a_standby_is_read(void **state)
{
	Grid g = grid_of(QUERY_NODE, 1);
	put_number(&g, 0, 2, 3, 8);
	g.cells[3] = STR_NONE;
	put(&g, 0, 6, STR("pause requested"));
	put_number(&g, 0, 8, 99, 4);
	put(&g, 0, 10, STR("/tmp"));
	put_number(&g, 0, 11, 65535, 4);
	g.cells[14] = g.cells[15] = STR_NONE;
	NodeSample *n = decoded(&g, decode_node);
	assert_true(n->server_time_us == EPOCH_US + 1000000);
	assert_true(n->in_recovery);
	assert_int_equal(n->timeline, 3);
	assert_true(n->flush_lsn == LSN_NONE && n->receive_lsn == 0x1004 && n->replay_lsn == 0x1005);
	assert_int_equal(n->replay_pause, REPLAY_PAUSE_REQUESTED);
	assert_true(str_eq(n->synchronous_standby_names, STR("text")));
	assert_int_equal(n->receiver.pid, 99);
	assert_true(str_eq(n->receiver.status, STR("text")) && str_eq(n->receiver.slot_name, STR("text")));
	assert_true(str_eq(n->receiver.sender_host, STR("/tmp")));
	assert_int_equal(n->receiver.sender_port, 65535);
	assert_true(n->receiver.start_us == EPOCH_US + 1000013);
	assert_true(str_is_none(n->primary_host));
	assert_int_equal(n->primary_port, 0);
	done(n);
}

static void pause_states_are_told_apart(void **state)
{
	static const struct {
		Str text;
		ReplayPause pause;
	} cases[] = {
		{STR_INIT("paused"), REPLAY_PAUSED},      {STR_INIT("pause requested"), REPLAY_PAUSE_REQUESTED},
		{STR_INIT("not paused"), REPLAY_RUNNING}, {STR_INIT("PAUSED"), REPLAY_RUNNING},
		{STR_INIT(""), REPLAY_RUNNING},           {{NULL, 0}, REPLAY_RUNNING},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		Grid g = grid_of(QUERY_NODE, 1);
		put(&g, 0, 6, cases[i].text);
		NodeSample *n = decoded(&g, decode_node);
		assert_int_equal(n->replay_pause, cases[i].pause);
		done(n);
	}
}

static void a_timeline_that_is_none_is_unknown(void **state)
{
	static const struct {
		int64_t sent;
		uint32_t timeline;
	} cases[] = {{1, 1},        {UINT32_MAX, UINT32_MAX}, {0, 0}, {-1, 0}, {INT64_C(1) << 32, 0}, {INT64_MAX, 0},
	             {INT64_MIN, 0}};
	for (size_t i = 0; i < COUNT(cases); i++) {
		Grid g = grid_of(QUERY_NODE, 1);
		put_number(&g, 0, 2, cases[i].sent, 8);
		NodeSample *n = decoded(&g, decode_node);
		assert_int_equal(n->timeline, cases[i].timeline);
		done(n);
	}
}

static void a_port_that_is_none_is_unknown(void **state)
{
	static const struct {
		int32_t sent;
		int port;
	} cases[] = {{1, 1}, {5432, 5432}, {65535, 65535}, {65536, 0}, {0, 0}, {-1, 0}, {INT32_MAX, 0}, {INT32_MIN, 0}};
	for (size_t i = 0; i < COUNT(cases); i++) {
		Grid g = grid_of(QUERY_NODE, 1);
		put_number(&g, 0, 11, cases[i].sent, 4);
		put_number(&g, 0, 15, cases[i].sent, 4);
		NodeSample *n = decoded(&g, decode_node);
		assert_int_equal(n->receiver.sender_port, cases[i].port);
		assert_int_equal(n->primary_port, cases[i].port);
		done(n);
		Grid one = grid_of(QUERY_RECEIVER_PORT, 1);
		put_number(&one, 0, 0, cases[i].sent, 4);
		int port = 77;
		assert_true(decode_receiver_port(grid_rows(&one), &port, NULL));
		assert_int_equal(port, cases[i].port);
		arena_free(&one.arena);
	}
}

static void times_that_no_clock_says_are_unknown_and_others_can_be_subtracted(void **state)
{
	static const struct {
		int64_t sent;
		bool known;
	} cases[] = {
		{0, true},
		{-1, true},
		{INT64_C(788918400000000), true},     /* 2025 */
		{INT64_C(-211813488000000000), true}, /* 4714 BC, PostgreSQL's oldest */
		{INT64_MAX, false},                   /* infinity */
		{INT64_MIN, false},                   /* -infinity */
		{INT64_MAX - EPOCH_US, false},
		{INT64_MIN + 1, false},
		{INT64_C(9223371331199999999), false}, /* the year 294276, its newest */
	};
	int64_t least = 0, most = 0;
	for (size_t i = 0; i < COUNT(cases); i++) {
		Grid g = grid_of(QUERY_NODE, 1);
		put_number(&g, 0, 0, cases[i].sent, 8);
		NodeSample *n = decoded(&g, decode_node);
		assert_true(n->server_time_us == (cases[i].known ? cases[i].sent + EPOCH_US : TIME_NONE));
		done(n);
	}
	uint64_t seed = 3;
	for (int i = 0; i < 2000; i++) {
		Grid g = grid_of(QUERY_NODE, 1);
		put_number(&g, 0, 0, (int64_t)(snap_random(&seed, UINT64_MAX)), 8);
		NodeSample *n = decoded(&g, decode_node);
		int64_t difference;
		if (n->server_time_us != TIME_NONE) {
			least = n->server_time_us < least ? n->server_time_us : least;
			most = n->server_time_us > most ? n->server_time_us : most;
		}
		assert_false(__builtin_sub_overflow(most, least, &difference));
		done(n);
	}
}

static void intervals_are_microseconds_with_days_and_unknown_beyond(void **state)
{
	static const struct {
		int64_t us;
		int32_t days, months;
		int64_t expected;
	} cases[] = {
		{0, 0, 0, 0},
		{1500, 0, 0, 1500},
		{-7, 0, 0, -7},
		{1, 1, 0, INT64_C(86400000001)},
		{1, -1, 0, INT64_C(-86399999999)},
		{INT64_MAX, 0, 0, INT64_MAX},
		{INT64_MAX, 1, 0, TIME_NONE},
		{INT64_MIN, -1, 0, TIME_NONE},
		{0, 100000000, 0, INT64_C(8640000000000000000)},
		{0, INT32_MAX, 0, TIME_NONE},
		{0, INT32_MIN, 0, TIME_NONE},
		{INT64_MAX, INT32_MAX, INT32_MAX, TIME_NONE}, /* infinity of 17 */
		{INT64_MIN, INT32_MIN, INT32_MIN, TIME_NONE},
		{5, 0, 1, TIME_NONE},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		Grid g = grid_of(QUERY_SENDERS, 1);
		put_interval(&g, 0, 12, cases[i].us, cases[i].days, cases[i].months);
		NodeSample *n = decoded(&g, decode_senders);
		assert_int_equal(n->nsenders, 1);
		assert_true(n->senders[0].flush_lag_us == cases[i].expected);
		assert_true(n->senders[0].write_lag_us == 11 && n->senders[0].replay_lag_us == 13);
		done(n);
	}
}

/* ---- senders --------------------------------------------------------------------------------------------------- */

static void a_sender_is_read(void **state)
{
	Grid g = grid_of(QUERY_SENDERS, 1);
	put_number(&g, 0, column_of(QUERY_SENDERS, "client_port"), 40001, 4);
	put(&g, 0, 1, STR("rep"));
	put(&g, 0, 2, STR("s1"));
	put(&g, 0, 3, STR("10.0.0.2"));
	put(&g, 0, 6, STR("streaming"));
	put_number(&g, 0, 14, 0, 4);
	put(&g, 0, 15, STR("async"));
	NodeSample *n = decoded(&g, decode_senders);
	const WalSender *s = &n->senders[0];
	assert_int_equal(n->nsenders, 1);
	assert_int_equal(s->pid, 1);
	assert_true(str_eq(s->user, STR("rep")) && str_eq(s->application_name, STR("s1")));
	assert_true(str_eq(s->client_addr, STR("10.0.0.2")));
	assert_int_equal(s->client_port, 40001);
	assert_true(s->backend_start_us == EPOCH_US + 1000005);
	assert_true(str_eq(s->state, STR("streaming")));
	assert_true(s->sent_lsn == 0x1007 && s->write_lsn == 0x1008 && s->flush_lsn == 0x1009 &&
	            s->replay_lsn == 0x100A);
	assert_true(s->sync_priority == 0 && str_eq(s->sync_state, STR("async")));
	assert_true(s->reply_time_us == EPOCH_US + 1000016);
	assert_true(str_is_none(s->slot_name) && !s->slot_logical);
	done(n);
}

static void a_row_that_the_role_may_not_see_is_unknown_not_zero(void **state)
{
	Grid g = grid_new(1, (int)query_of(QUERY_SENDERS)->ncolumns);
	put_number(&g, 0, 0, 5, 4);
	put(&g, 0, 2, STR("s1"));
	NodeSample *n = decoded(&g, decode_senders);
	const WalSender *s = &n->senders[0];
	assert_int_equal(n->nsenders, 1);
	assert_true(str_is_none(s->client_addr) && str_is_none(s->state) && str_is_none(s->sync_state));
	assert_true(s->client_port == 0 && s->backend_start_us == TIME_NONE && s->reply_time_us == TIME_NONE);
	assert_true(s->sent_lsn == LSN_NONE && s->replay_lsn == LSN_NONE);
	assert_true(s->write_lag_us == TIME_NONE && s->sync_priority == INT_NONE);
	assert_true(str_is_none(s->slot_name) && !s->slot_logical);
	done(n);
}

static void pids_come_out_sorted_each_once_and_positive(void **state)
{
	static const int32_t sent[] = {-5, 0, 3, 3, 7, 5, 7, 9, INT32_MAX, INT32_MIN};
	static const int expected[] = {3, 7, 9, INT32_MAX};
	Grid g = grid_of(QUERY_SENDERS, COUNT(sent));
	Grid a = grid_of(QUERY_ACTIVITY, COUNT(sent));
	for (int i = 0; i < (int)COUNT(sent); i++) {
		put_number(&g, i, 0, sent[i], 4);
		put_number(&a, i, 0, sent[i], 4);
	}
	NodeSample *n = decoded(&g, decode_senders);
	NodeSample *m = decoded(&a, decode_activity);
	assert_int_equal(n->nsenders, COUNT(expected));
	assert_int_equal(m->nactivity, COUNT(expected));
	for (size_t i = 0; i < COUNT(expected); i++) {
		assert_int_equal(n->senders[i].pid, expected[i]);
		assert_int_equal(m->activity[i].pid, expected[i]);
	}
	done(n);
	done(m);
}

static void of_two_answers_the_last_one_holds(void **state)
{
	NodeSample *n = sample_new(NULL);
	for (int nrows = 200; nrows >= 0; nrows -= 50) {
		Grid g = grid_of(QUERY_SENDERS, nrows), a = grid_of(QUERY_ACTIVITY, nrows);
		for (int i = 0; i < nrows; i++) {
			put_number(&g, i, 0, 1000 * (5 - nrows / 50) + i, 4);
			put_number(&a, i, 0, 1000 * (5 - nrows / 50) + i, 4);
		}
		assert_true(decode_senders(grid_rows(&g), n, NULL));
		assert_true(decode_activity(grid_rows(&a), n, NULL));
		assert_int_equal(n->nsenders, nrows);
		assert_int_equal(n->nactivity, nrows);
		arena_free(&g.arena);
		arena_free(&a.arena);
	}
	done(n);
}

static void no_rows_are_an_answer_too(void **state)
{
	Grid g = grid_of(QUERY_SENDERS, 0), a = grid_of(QUERY_ACTIVITY, 0);
	NodeSample *n = decoded(&g, decode_senders);
	assert_int_equal(n->nsenders, 0);
	assert_false(n->has_activity);
	assert_true(decode_activity(grid_rows(&a), n, NULL));
	assert_true(n->has_activity);
	assert_int_equal(n->nactivity, 0);
	arena_free(&a.arena);
	done(n);
}

/* ---- activity, port, signal ------------------------------------------------------------------------------------ */

static void a_session_is_read_with_texts_as_they_are(void **state)
{
	enum { HUGE = 3000000 };
	Grid g = grid_of(QUERY_ACTIVITY, 1);
	char *huge = xcalloc(HUGE, 1);
	memset(huge, 'x', HUGE);
	static const Str odd = STR_INIT("a\0b\x1b[31m\xff\xfe");
	put(&g, 0, 6, odd);
	put(&g, 0, 11, (Str){huge, HUGE});
	NodeSample *n = decoded(&g, decode_activity);
	const Activity *a = &n->activity[0];
	assert_int_equal(n->nactivity, 1);
	assert_true(a->backend_start_us == EPOCH_US + 1000001 && a->query_start_us == EPOCH_US + 1000002);
	assert_true(str_eq(a->application_name, odd));
	assert_true(a->wal_bytes == 0x1000 + 12 && a->wal_write_bytes == 0x1000 + 13);
	assert_int_equal(a->query.len, HUGE);
	assert_memory_equal(a->query.data, huge, HUGE);
	const Str *texts[] = {&a->backend_type,    &a->user,      &a->database, &a->client, &a->state,
	                      &a->wait_event_type, &a->wait_event};
	for (size_t i = 0; i < COUNT(texts); i++)
		assert_true(str_eq(*texts[i], STR("text")));
	free(huge);
	done(n);
}

static void a_receiver_port_is_that_of_the_only_row(void **state)
{
	for (int nrows = 0; nrows <= 3; nrows++) {
		Grid g = grid_of(QUERY_RECEIVER_PORT, nrows);
		int port = 77;
		assert_true(decode_receiver_port(grid_rows(&g), &port, NULL));
		assert_int_equal(port, nrows == 1 ? 1 : 0);
		arena_free(&g.arena);
	}
}

static void the_answer_to_a_signal_has_five_forms(void **state)
{
	static const struct {
		int hidden, sent; /* -1 = NULL */
		ActAnswer answer;
	} cases[] = {
		{0, 1, ACT_DONE},    {0, 0, ACT_FALSE},  {0, -1, ACT_RECYCLED},
		{1, -1, ACT_HIDDEN}, {1, 1, ACT_HIDDEN}, {-1, -1, ACT_RECYCLED},
	};
	ActAnswer answer = ACT_DONE;
	for (size_t i = 0; i < COUNT(cases); i++) {
		Grid g = grid_new(1, 2);
		if (cases[i].hidden >= 0)
			put_number(&g, 0, 0, cases[i].hidden, 1);
		if (cases[i].sent >= 0)
			put_number(&g, 0, 1, cases[i].sent, 1);
		assert_true(decode_signal(grid_rows(&g), &answer, NULL));
		assert_int_equal(answer, cases[i].answer);
		arena_free(&g.arena);
	}
	answer = ACT_DONE;
	Grid none = grid_new(0, 2);
	assert_true(decode_signal(grid_rows(&none), &answer, NULL));
	assert_int_equal(answer, ACT_GONE);
	arena_free(&none.arena);
}

static void replay_is_paused_only_on_the_standby_that_was_meant(void **state)
{
	static const struct {
		int same, standby, done; /* -1 = NULL */
		ActAnswer answer;
	} cases[] = {
		{1, 1, 1, ACT_DONE},        {0, 1, -1, ACT_OTHER_SERVER},   {0, 0, -1, ACT_OTHER_SERVER},
		{1, 0, -1, ACT_NO_STANDBY}, {-1, -1, -1, ACT_OTHER_SERVER}, {1, 1, -1, ACT_FALSE},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		const int values[] = {cases[i].same, cases[i].standby, cases[i].done};
		ActAnswer answer = ACT_ERROR;
		Grid g = grid_new(1, 3);
		for (int c = 0; c < 3; c++)
			if (values[c] >= 0)
				put_number(&g, 0, c, values[c], 1);
		assert_true(decode_replay(grid_rows(&g), &answer, NULL));
		assert_int_equal(answer, cases[i].answer);
		arena_free(&g.arena);
	}
	ActAnswer answer;
	Grid none = grid_new(0, 3);
	assert_false(decode_replay(grid_rows(&none), &answer, NULL));
	arena_free(&none.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_columns_of_the_query_table_are_those_that_are_read),
		cmocka_unit_test(another_number_of_columns_is_refused),
		cmocka_unit_test(another_number_of_rows_is_refused_where_one_is_due),
		cmocka_unit_test(a_value_of_the_wrong_length_is_refused_in_every_column_but_texts),
		cmocka_unit_test(nulls_read_as_unknown_in_every_column),
		cmocka_unit_test(random_bytes_never_do_harm),
		cmocka_unit_test(identity_is_read),
		cmocka_unit_test(a_standby_is_read),
		cmocka_unit_test(pause_states_are_told_apart),
		cmocka_unit_test(a_timeline_that_is_none_is_unknown),
		cmocka_unit_test(a_port_that_is_none_is_unknown),
		cmocka_unit_test(times_that_no_clock_says_are_unknown_and_others_can_be_subtracted),
		cmocka_unit_test(intervals_are_microseconds_with_days_and_unknown_beyond),
		cmocka_unit_test(a_sender_is_read),
		cmocka_unit_test(a_row_that_the_role_may_not_see_is_unknown_not_zero),
		cmocka_unit_test(pids_come_out_sorted_each_once_and_positive),
		cmocka_unit_test(of_two_answers_the_last_one_holds),
		cmocka_unit_test(no_rows_are_an_answer_too),
		cmocka_unit_test(a_session_is_read_with_texts_as_they_are),
		cmocka_unit_test(a_receiver_port_is_that_of_the_only_row),
		cmocka_unit_test(the_answer_to_a_signal_has_five_forms),
		cmocka_unit_test(replay_is_paused_only_on_the_standby_that_was_meant),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
