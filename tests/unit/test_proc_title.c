/* What the titles of processes say, on every version. */
#include "collect/proc_parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_str(Str got, const char *want)
{
	if (!want) {
		assert_true(str_is_none(got));
		return;
	}
	if (str_is_none(got) || !str_eq(got, str_from(want)))
		fail_msg("got '%.*s', wanted '%s'", STR_ARG(got), want);
}

typedef struct TitleCase {
	const char *cluster; /* NULL: unknown */
	const char *title;
	const char *type;
	const char *at;
	Lsn lsn;
	const char *file;
} TitleCase;

#define SEG "0000000200000005000000A1"

static void assert_titles(const TitleCase *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const TitleCase *c = &cases[i];
		ProcTitle t;
		if (!proc_parse_title(str_from(c->title), str_from(c->cluster), &t))
			fail_msg("refused: %s", c->title);
		print_message("# %s\n", c->title);
		assert_str(t.backend_type, c->type);
		assert_str(t.at, c->at);
		assert_true(t.wal_lsn == c->lsn);
		assert_str(t.wal_file, c->file);
	}
}
#define ASSERT_TITLES(cases) assert_titles(cases, sizeof(cases) / sizeof((cases)[0]))

static void titles_of_version_10(void **state)
{
	static const TitleCase cases[] = {
		{"", "postgres: wal sender process repl 127.0.0.1(56638) streaming 5C/60000000", "walsender",
	         "streaming 5C/60000000", 0x5C60000000, NULL},
		{"", "postgres: wal sender process repl [local] streaming 0/2", "walsender", "streaming 0/2", 2, NULL},
		{"", "postgres: wal sender process repl [local] sending backup \"a b\"", "walsender",
	         "sending backup \"a b\"", 0, NULL},
		{"", "postgres: wal receiver process streaming 0/2032BE8", "walreceiver", "streaming 0/2032BE8",
	         0x2032BE8, NULL},
		{"", "postgres: wal receiver process", "walreceiver", NULL, 0, NULL},
		{"", "postgres: startup process recovering " SEG, "startup", "recovering " SEG, 0, SEG},
		{"", "postgres: startup process waiting for " SEG, "startup", "waiting for " SEG, 0, SEG},
		{"", "postgres: startup process recovering " SEG " waiting", "startup", "recovering " SEG " waiting", 0,
	         SEG},
		{"", "postgres: wal writer process", "walwriter", NULL, 0, NULL},
		{"", "postgres: writer process", "background writer", NULL, 0, NULL},
		{"", "postgres: checkpointer process", "checkpointer", NULL, 0, NULL},
		{"", "postgres: autovacuum launcher process", "autovacuum launcher", NULL, 0, NULL},
		{"", "postgres: autovacuum worker process shop", "autovacuum worker", NULL, 0, NULL},
		{"", "postgres: bgworker: logical replication launcher", "logical replication launcher", NULL, 0, NULL},
		{"", "postgres: bgworker: parallel worker for PID 17", "parallel worker", NULL, 0, NULL},
		{"", "postgres: stats collector process", "stats collector", NULL, 0, NULL},
		{"", "postgres: logger process", "logger", NULL, 0, NULL},
		{"", "postgres: archiver process last was " SEG, "archiver", "last was " SEG, 0, SEG},
		{"", "postgres: archiver process", "archiver", NULL, 0, NULL},
	};
	ASSERT_TITLES(cases);
}

static void titles_of_version_11_and_later(void **state)
{
	static const TitleCase cases[] = {
		{"", "postgres: walsender repl 10.0.0.7(56638) streaming 5C/60000000", "walsender",
	         "streaming 5C/60000000", 0x5C60000000, NULL},
		{"", "postgres: walsender repl shop fe80::1%eth0(56638) START_REPLICATION", "walsender",
	         "START_REPLICATION", 0, NULL},
		{"", "postgres: walsender repl [local] sending backup \"streaming 1/2\"", "walsender",
	         "sending backup \"streaming 1/2\"", 0, NULL},
		{"", "postgres: walsender repl db2.example.org(1)", "walsender", NULL, 0, NULL},
		{"", "postgres: walreceiver streaming 0/2032BE8", "walreceiver", "streaming 0/2032BE8", 0x2032BE8,
	         NULL},
		{"", "postgres: walreceiver restarting at 0/3000000", "walreceiver", "restarting at 0/3000000",
	         0x3000000, NULL},
		{"", "postgres: walreceiver idle", "walreceiver", "idle", 0, NULL},
		{"", "postgres: startup recovering " SEG, "startup", "recovering " SEG, 0, SEG},
		{"", "postgres: startup waiting for " SEG, "startup", "waiting for " SEG, 0, SEG},
		{"", "postgres: startup recovering " SEG " waiting", "startup", "recovering " SEG " waiting", 0, SEG},
		{"", "postgres: startup", "startup", NULL, 0, NULL},
		{"", "postgres: walwriter", "walwriter", NULL, 0, NULL},
		{"", "postgres: background writer", "background writer", NULL, 0, NULL},
		{"", "postgres: checkpointer", "checkpointer", NULL, 0, NULL},
		{"", "postgres: checkpointer performing shutdown checkpoint", "checkpointer",
	         "performing shutdown checkpoint", 0, NULL},
		{"", "postgres: autovacuum launcher", "autovacuum launcher", NULL, 0, NULL},
		{"", "postgres: autovacuum worker shop", "autovacuum worker", NULL, 0, NULL},
		{"", "postgres: autovacuum worker shop waiting for 0/2017000", "autovacuum worker",
	         "waiting for 0/2017000", 0x2017000, NULL},
		{"", "postgres: logical replication launcher", "logical replication launcher", NULL, 0, NULL},
		{"", "postgres: logical replication worker for subscription 16394 sync 16390",
	         "logical replication worker", NULL, 0, NULL},
		{"", "postgres: logical replication apply worker for subscription 16394",
	         "logical replication apply worker", NULL, 0, NULL},
		{"", "postgres: logical replication apply worker for subscription 16394 waiting for 1/0",
	         "logical replication apply worker", "waiting for 1/0", 0x100000000, NULL},
		{"", "postgres: logical replication parallel apply worker for subscription 1",
	         "logical replication parallel worker", NULL, 0, NULL},
		{"", "postgres: parallel worker for PID 17", "parallel worker", NULL, 0, NULL},
		{"", "postgres: pg_cron launcher", "pg_cron launcher", NULL, 0, NULL},
		{"", "postgres: stats collector", "stats collector", NULL, 0, NULL},
		{"", "postgres: logger", "logger", NULL, 0, NULL},
		{"", "postgres: archiver last was " SEG, "archiver", "last was " SEG, 0, SEG},
		{"", "postgres: archiver archiving " SEG ".00000028.backup", "archiver",
	         "archiving " SEG ".00000028.backup", 0, SEG},
		{"", "postgres: archiver failed on 00000002.history", "archiver", "failed on 00000002.history", 0,
	         NULL},
		{"", "postgres: walsummarizer", "walsummarizer", NULL, 0, NULL},
		{"", "postgres: slotsync worker", "slotsync worker", NULL, 0, NULL},
		{"", "postgres: io worker 0", "io worker", NULL, 0, NULL},
	};
	ASSERT_TITLES(cases);
}

static void titles_of_client_backends(void **state)
{
	static const TitleCase cases[] = {
		{"", "postgres: app shop 127.0.0.1(46878) idle", NULL, NULL, 0, NULL},
		{"", "postgres: app shop [local] INSERT waiting for 0/2017000", NULL, "waiting for 0/2017000",
	         0x2017000, NULL},
		{"", "postgres: app shop ::1(9) COMMIT waiting for 5C/61E789D8", NULL, "waiting for 5C/61E789D8",
	         0x5C61E789D8, NULL},
		{"", "postgres: app shop [local] UPDATE waiting", NULL, NULL, 0, NULL},
		{"", "postgres: app shop [local] idle in transaction (aborted)", NULL, NULL, 0, NULL},
		{"", "postgres: app shop [local]", NULL, NULL, 0, NULL},
		{"", "postgres: client backend", NULL, NULL, 0, NULL},
		{"", "postgres: startup archiver [local] recovering " SEG, NULL, NULL, 0, NULL}, /* user, database */
		{"", "postgres: logger x(1) host(2) idle", NULL, NULL, 0, NULL},
		{"", "postgres: app: walwriter shop [local] idle", NULL, NULL, 0, NULL},
		{"", "postgres: waiting for 1/2", "waiting for 1/2", NULL, 0, NULL},
		{"", "postgres: ", NULL, NULL, 0, NULL},
		{"", "postgres:", NULL, NULL, 0, NULL},
		{NULL, "postgres:", NULL, NULL, 0, NULL},
		{NULL, "postgres: app shop [local] INSERT waiting for 0/2017000", NULL, "waiting for 0/2017000",
	         0x2017000, NULL},
	};
	ASSERT_TITLES(cases);
}

static void the_cluster_name_is_taken_off(void **state)
{
	static const TitleCase cases[] = {
		{"main", "postgres: main: walwriter", "walwriter", NULL, 0, NULL},
		{"15/main", "postgres: 15/main: startup recovering " SEG, "startup", "recovering " SEG, 0, SEG},
		{"a: b", "postgres: a: b: walreceiver streaming 0/2", "walreceiver", "streaming 0/2", 2, NULL},
		{"a  b", "postgres: a b: walsender u [local] streaming 0/2", "walsender", "streaming 0/2", 2, NULL},
		{"walwriter", "postgres: walwriter: checkpointer", "checkpointer", NULL, 0, NULL},
		{"main", "postgres: main: app shop [local] idle", NULL, NULL, 0, NULL},
		{"main", "postgres: main: bgworker: x", "background worker", NULL, 0, NULL},
		{"main", "postgres: main: pg_cron launcher", "pg_cron launcher", NULL, 0, NULL},
		{"main", "postgres: mainly shop [local] idle", NULL, NULL, 0, NULL},
	};
	ASSERT_TITLES(cases);
}

static void an_unknown_cluster_name_is_guessed(void **state)
{
	static const TitleCase cases[] = {
		{NULL, "postgres: walwriter", "walwriter", NULL, 0, NULL},
		{NULL, "postgres: 15/main: walwriter", "walwriter", NULL, 0, NULL},
		{NULL, "postgres: a: b: walreceiver streaming 0/2", "walreceiver", "streaming 0/2", 2, NULL},
		{NULL, "postgres: 15/main: walsender u 10.0.0.1(5) streaming 0/2", "walsender", "streaming 0/2", 2,
	         NULL},
		{NULL, "postgres: 15/main: app shop [local] idle", NULL, NULL, 0, NULL},
		{NULL, "postgres: bgworker: logical replication launcher", "logical replication launcher", NULL, 0,
	         NULL},
		{"other", "postgres: main: walwriter", "walwriter", NULL, 0, NULL},
	};
	ASSERT_TITLES(cases);
}

static void other_command_lines_are_no_titles(void **state)
{
	static const char *const titles[] = {
		"",
		"postgres",
		"/usr/lib/postgresql/15/bin/postgres -D /data",
		" postgres: walwriter",
		"postgres:walwriter",
		"Postgres: walwriter",
		"xpostgres: walwriter",
	};
	ProcTitle t = {.wal_lsn = 5};
	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
		assert_false(proc_parse_title(str_from(titles[i]), STR_NONE, &t));
	assert_false(proc_parse_title(STR_NONE, STR_NONE, &t));
	assert_int_equal(t.wal_lsn, 5);
}

static void every_beginning_of_a_title_is_taken(void **state)
{
	static const char *const titles[] = {
		"postgres: 15/main: walsender repl 127.0.0.1(56638) streaming 5C/60000000",
		"postgres: startup process recovering " SEG " waiting",
		"postgres: app shop [local] INSERT waiting for 0/2017000",
	};
	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++) {
		for (size_t len = sizeof("postgres:") - 1; len <= strlen(titles[i]); len++) {
			char *text = malloc(len);
			memcpy(text, titles[i], len);
			ProcTitle t;
			assert_true(proc_parse_title((Str){text, len}, STR_NONE, &t));
			assert_true(proc_parse_title((Str){text, len}, STR("15/main"), &t));
			free(text);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(titles_of_version_10),
		cmocka_unit_test(titles_of_version_11_and_later),
		cmocka_unit_test(titles_of_client_backends),
		cmocka_unit_test(the_cluster_name_is_taken_off),
		cmocka_unit_test(an_unknown_cluster_name_is_guessed),
		cmocka_unit_test(other_command_lines_are_no_titles),
		cmocka_unit_test(every_beginning_of_a_title_is_taken),
	};
	return cmocka_run_group_tests_name("proc_title", tests, NULL, NULL);
}
