#include "collect/query.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static size_t rows_for(QueryKind kind, int version, Privilege privilege)
{
	size_t n = 0;
	for (size_t i = 0; i < NQUERIES; i++) {
		const Query *q = &QUERIES[i];
		n += q->kind == kind && version >= q->min_version && version <= q->max_version &&
		     privilege >= q->min_privilege && privilege <= q->max_privilege;
	}
	return n;
}

static bool reads_files(QueryKind kind)
{
	return kind == QUERY_RECEIVER_PORT || kind == QUERY_PROCESSES || kind == QUERY_LONG_LIVED;
}

/* What no server lets us ask. */
static bool is_hole(QueryKind kind, int version, Privilege privilege)
{
	if (kind == QUERY_BACKUPS)
		return version < 13;
	return reads_files(kind) && (version < 11 || privilege < PRIVILEGE_FILES);
}

static void each_kind_version_and_privilege_has_exactly_one_row(void **state)
{
	for (int kind = 0; kind < QUERY_COUNT; kind++)
		for (int version = 10; version <= 18; version++)
			for (int p = 0; p < PRIVILEGE_COUNT; p++) {
				size_t expected = is_hole((QueryKind)kind, version, (Privilege)p) ? 0 : 1;
				if (rows_for((QueryKind)kind, version, (Privilege)p) != expected)
					fail_msg("kind %d, version %d, privilege %d", kind, version, p);
			}
}

static void the_row_that_is_found_is_the_one_that_applies(void **state)
{
	static const int minors[] = {0, 1, 23, 9999};
	for (int kind = 0; kind < QUERY_COUNT; kind++)
		for (int version = 10; version <= 18; version++)
			for (int p = 0; p < PRIVILEGE_COUNT; p++)
				for (size_t m = 0; m < 4; m++) {
					const Query *q =
						query_find((QueryKind)kind, version * 10000 + minors[m], (Privilege)p);
					assert_int_equal(q == NULL, is_hole((QueryKind)kind, version, (Privilege)p));
					if (q == NULL)
						continue;
					assert_int_equal(q->kind, kind);
					assert_in_range(version, q->min_version, q->max_version);
					assert_in_range(p, q->min_privilege, q->max_privilege);
				}
}

static void a_newer_server_than_the_newest_gets_its_queries(void **state)
{
	static const int versions[] = {190000, 190003, 200000, 990000};
	for (int kind = 0; kind < QUERY_COUNT; kind++)
		for (int p = 0; p < PRIVILEGE_COUNT; p++)
			for (size_t v = 0; v < 4; v++)
				assert_ptr_equal(query_find((QueryKind)kind, versions[v], (Privilege)p),
				                 query_find((QueryKind)kind, 180000, (Privilege)p));
}

static void an_older_server_than_the_oldest_gets_none(void **state)
{
	static const int versions[] = {90624, 80000, 0, -1};
	for (int kind = 0; kind < QUERY_COUNT; kind++)
		for (size_t v = 0; v < 4; v++)
			assert_null(query_find((QueryKind)kind, versions[v], PRIVILEGE_FILES));
}

static void names_and_columns_belong_to_the_kind(void **state)
{
	for (size_t i = 0; i < NQUERIES; i++)
		for (size_t k = 0; k < i; k++) {
			const Query *a = &QUERIES[i], *b = &QUERIES[k];
			assert_int_equal(strcmp(a->name, b->name) == 0, a->kind == b->kind);
			if (a->kind == b->kind)
				assert_true(a->columns == b->columns && a->ncolumns == b->ncolumns);
		}
}

static void every_row_is_complete(void **state)
{
	for (size_t i = 0; i < NQUERIES; i++) {
		const Query *q = &QUERIES[i];
		assert_true(q->min_version >= QUERY_OLDEST_VERSION && q->max_version <= QUERY_NEWEST_VERSION);
		assert_true(q->min_version <= q->max_version && q->min_privilege <= q->max_privilege);
		assert_true(q->name[0] != '\0' && q->sql[0] != '\0' && q->ncolumns > 0);
		for (size_t c = 0; c < q->ncolumns; c++) {
			assert_true(q->columns[c].name != NULL && q->columns[c].name[0] != '\0');
			assert_true(column_type_oid(q->columns[c].type) != 0);
			for (size_t k = 0; k < c; k++)
				assert_string_not_equal(q->columns[c].name, q->columns[k].name);
		}
	}
}

/* How many columns the outermost SELECT has: commas outside of parentheses, brackets and quotes up to its FROM. */
static size_t count_columns(const char *sql)
{
	size_t commas = 0, depth = 0;
	bool quoted = false, in_select = false;
	for (const char *p = sql; *p != '\0'; p++) {
		if (*p == '\'')
			quoted = !quoted;
		if (quoted)
			continue;
		depth += *p == '(' || *p == '[';
		depth -= *p == ')' || *p == ']';
		if (depth > 0)
			continue;
		bool word = p == sql || isspace((unsigned char)p[-1]);
		if (word && strncmp(p, "SELECT ", 7) == 0)
			in_select = true;
		else if (word && in_select && strncmp(p, "FROM ", 5) == 0)
			return commas + 1;
		commas += in_select && *p == ',';
	}
	return in_select ? commas + 1 : 0;
}

static void the_text_has_as_many_columns_as_the_table_says(void **state)
{
	for (size_t i = 0; i < NQUERIES; i++)
		if (count_columns(QUERIES[i].sql) != QUERIES[i].ncolumns)
			fail_msg("%s from version %d has %zu columns, not %zu", QUERIES[i].name, QUERIES[i].min_version,
			         count_columns(QUERIES[i].sql), QUERIES[i].ncolumns);
}

static void the_text_has_balanced_parentheses_and_quotes(void **state)
{
	for (size_t i = 0; i < NQUERIES; i++) {
		long depth = 0;
		bool quoted = false;
		for (const char *p = QUERIES[i].sql; *p != '\0'; p++) {
			quoted ^= *p == '\'';
			depth += quoted ? 0 : (*p == '(') - (*p == ')');
			assert_true(depth >= 0);
			assert_true(*p != ';');
		}
		assert_true(depth == 0 && !quoted);
	}
}

/* What a version does not have, its text may not say: facts, section 1. */
static void no_text_asks_for_what_its_oldest_server_lacks(void **state)
{
	static const struct {
		const char *word;
		int since;
	} facts[] = {
		{"s.reply_time", 12},
		{"w.sender_host", 11},
		{"w.sender_port", 11},
		{"primary_conninfo", 12},
		{"flushed_lsn", 13},
		{"written_lsn", 13},
		{"pg_get_wal_replay_pause_state", 14},
		{"leader_pid", 13},
		{"pg_read_file", 11},
		{", wal_status", 13},
		{", safe_wal_size", 13},
		{", conflicting", 16},
		{", inactive_since", 17},
		{", invalidation_reason", 17},
		{", failover", 17},
		{", synced", 17},
		{"pg_stat_progress_basebackup", 13},
		{"pg_stat_get_backend_wal", 18},
		{"restore_command", 12},
		{"recovery_min_apply_delay", 12},
		{"archive_library", 15},
		{"leader_pid AS leader", 16},
		{"pg_stat_checkpointer", 17},
		{"pg_get_wal_summarizer_state", 17},
		{"sync_replication_slots", 17},
		{"pg_aios", 18},
		{"io_method')", 18},
		{"pg_stat_get_backend_io", 18},
		{"pg_stat_io", 16},
	};
	for (size_t i = 0; i < NQUERIES; i++)
		for (size_t f = 0; f < sizeof facts / sizeof facts[0]; f++)
			if (strstr(QUERIES[i].sql, facts[f].word) != NULL && QUERIES[i].min_version < facts[f].since)
				fail_msg("%s asks version %d for %s", QUERIES[i].name, QUERIES[i].min_version,
				         facts[f].word);
}

static void no_text_asks_for_what_its_role_may_not_see(void **state)
{
	for (size_t i = 0; i < NQUERIES; i++) {
		const char *conninfo = strstr(QUERIES[i].sql, "current_setting('primary_conninfo')");
		assert_true(conninfo == NULL || QUERIES[i].min_privilege >= PRIVILEGE_MONITOR);
		bool calls = strstr(QUERIES[i].sql, "pg_read_file('") != NULL ||
		             strstr(QUERIES[i].sql, "pg_read_binary_file('/") != NULL;
		assert_int_equal(calls, reads_files(QUERIES[i].kind));
		assert_true(!calls || QUERIES[i].min_privilege == PRIVILEGE_FILES);
	}
}

static void signals_check_the_process_before_they_are_sent(void **state)
{
	assert_non_null(strstr(query_find(QUERY_CANCEL, 150000, PRIVILEGE_PLAIN)->sql, "pg_cancel_backend(a.pid)"));
	assert_non_null(
		strstr(query_find(QUERY_TERMINATE, 150000, PRIVILEGE_PLAIN)->sql, "pg_terminate_backend(a.pid)"));
	for (size_t i = 0; i < NQUERIES; i++) {
		bool signals = strstr(QUERIES[i].sql, "pg_cancel_backend") != NULL ||
		               strstr(QUERIES[i].sql, "pg_terminate_backend") != NULL;
		assert_int_equal(signals, QUERIES[i].kind == QUERY_CANCEL || QUERIES[i].kind == QUERY_TERMINATE);
		if (signals)
			assert_non_null(strstr(QUERIES[i].sql, "CASE WHEN a.backend_start = $2 THEN pg_"));
	}
}

static void replay_is_paused_behind_a_check_of_the_server(void **state)
{
	for (size_t i = 0; i < NQUERIES; i++) {
		const Query *q = &QUERIES[i];
		bool pauses = strstr(q->sql, "pg_wal_replay_pause()::") != NULL;
		bool resumes = strstr(q->sql, "pg_wal_replay_resume()::") != NULL;
		assert_int_equal(pauses, q->kind == QUERY_PAUSE);
		assert_int_equal(resumes, q->kind == QUERY_RESUME);
		if (pauses || resumes)
			assert_non_null(strstr(q->sql, "CASE WHEN s.same AND s.rec THEN pg_wal_replay_"));
	}
}

static void types_have_the_oids_of_pg_type(void **state)
{
	assert_int_equal(column_type_oid(COLUMN_TEXT), 25);
	assert_int_equal(column_type_oid(COLUMN_BOOL), 16);
	assert_int_equal(column_type_oid(COLUMN_INT4), 23);
	assert_int_equal(column_type_oid(COLUMN_INT8), 20);
	assert_int_equal(column_type_oid(COLUMN_LSN), 3220);
	assert_int_equal(column_type_oid(COLUMN_TIMESTAMPTZ), 1184);
	assert_int_equal(column_type_oid(COLUMN_INTERVAL), 1186);
	assert_int_equal(column_type_oid(COLUMN_BYTEA), 17);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_version_and_privilege_has_exactly_one_row),
		cmocka_unit_test(the_row_that_is_found_is_the_one_that_applies),
		cmocka_unit_test(a_newer_server_than_the_newest_gets_its_queries),
		cmocka_unit_test(an_older_server_than_the_oldest_gets_none),
		cmocka_unit_test(names_and_columns_belong_to_the_kind),
		cmocka_unit_test(every_row_is_complete),
		cmocka_unit_test(the_text_has_as_many_columns_as_the_table_says),
		cmocka_unit_test(the_text_has_balanced_parentheses_and_quotes),
		cmocka_unit_test(no_text_asks_for_what_its_oldest_server_lacks),
		cmocka_unit_test(no_text_asks_for_what_its_role_may_not_see),
		cmocka_unit_test(signals_check_the_process_before_they_are_sent),
		cmocka_unit_test(replay_is_paused_behind_a_check_of_the_server),
		cmocka_unit_test(types_have_the_oids_of_pg_type),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
