#include "model/action.h"

#include "base/csv.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static ActTarget target(ActKind kind)
{
	return (ActTarget){.kind = kind,
	                   .key = {1, 15567, INT64_C(1795254769306748)},
	                   .server_start_us = INT64_C(1795254000000000),
	                   .node = "p1",
	                   .login = "monitor",
	                   .age_seconds = NAN};
}

static void set(char *out, size_t size, const char *text)
{
	StrBuf b = strbuf_fixed(out, size);
	strbuf_add_cstr(&b, text);
}

static void each_answer_has_its_words(void **state)
{
	static const struct {
		ActKind kind;
		ActAnswer answer;
		const char *detail, *needs, *words;
	} cases[] = {
		{ACT_CANCEL, ACT_ASKED, "", "", "sent, waiting for the answer"},
		{ACT_CANCEL, ACT_DONE, "", "", "pg_cancel_backend returned t"},
		{ACT_TERMINATE, ACT_DONE, "", "", "pg_terminate_backend returned t"},
		{ACT_PAUSE, ACT_DONE, "", "", "done, replay stops; what arrives is kept"},
		{ACT_RESUME, ACT_DONE, "", "", "done, replay goes on"},
		{ACT_CANCEL, ACT_FALSE, "PID 15567 is not a PostgreSQL backend process", "",
	         "pg_cancel_backend returned f: PID 15567 is not a PostgreSQL backend process"},
		{ACT_CANCEL, ACT_FALSE, "", "", "pg_cancel_backend returned f: the server could not signal it"},
		{ACT_CANCEL, ACT_GONE, "", "", "gone; that session has ended, nothing was signalled"},
		{ACT_TERMINATE, ACT_RECYCLED, "", "",
	         "gone; pid 15567 now belongs to another process: nothing was sent"},
		{ACT_CANCEL, ACT_HIDDEN, "", "", "not sent, this role may not see whose pid it is (pg_monitor)"},
		{ACT_PAUSE, ACT_NO_STANDBY, "", "", "not done, the server is no standby (a promotion ends recovery)"},
		{ACT_PAUSE, ACT_OTHER_SERVER, "", "", "not done, the server was restarted since, or it is another one"},
		{ACT_PAUSE, ACT_DENIED, "permission denied for function pg_wal_replay_pause", "",
	         "not permitted: permission denied for function pg_wal_replay_pause (grant execute on function "
	         "pg_wal_replay_pause())"},
		{ACT_CANCEL, ACT_DENIED, "must be a superuser", "superuser: the session is a superuser's",
	         "not permitted: must be a superuser (needs superuser: the session is a superuser's)"},
		{ACT_CANCEL, ACT_ERROR, "canceling statement due to statement timeout", "",
	         "canceling statement due to statement timeout"},
		{ACT_CANCEL, ACT_NO_ANSWER, "no answer within 3 s", "", "no answer within 3 s; it may have been done"},
		{ACT_CANCEL, ACT_NOT_SENT, "the node is not connected", "", "not sent, the node is not connected"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		ActTarget t = target(cases[i].kind);
		StrBuf text = {0};
		t.answer = cases[i].answer;
		set(t.detail, sizeof t.detail, cases[i].detail);
		set(t.needs, sizeof t.needs, cases[i].needs);
		act_write_answer(&text, &t);
		assert_string_equal(text.data, cases[i].words);
		assert_int_equal(act_is_bad(&t), t.answer != ACT_DONE && t.answer != ACT_ASKED);
		strbuf_free(&text);
	}
}

static void a_synchronous_wait_that_was_cancelled_says_what_stands(void **state)
{
	ActTarget t = target(ACT_CANCEL);
	StrBuf text = {0};
	t.sync_wait = true;
	t.answer = ACT_DONE;
	act_write_answer(&text, &t);
	assert_string_equal(text.data, "pg_cancel_backend returned t; the commit stands, perhaps on no standby");
	strbuf_free(&text);
}

enum { LOG_FIELDS = 15 };

static void read_row(StrBuf *line, Arena *arena, Str *fields)
{
	Str text = strbuf_str(line);
	size_t count;
	assert_int_equal(csv_read_row(&text, arena, fields, LOG_FIELDS, &count), CSV_ROW);
	assert_int_equal(count, LOG_FIELDS);
	assert_int_equal(text.len, 0);
}

static bool is(Str field, const char *text)
{
	return str_eq(field, str_from(text));
}

static void a_line_of_the_action_log_is_one_line_whatever_the_query_is(void **state)
{
	ActTarget t = target(ACT_TERMINATE);
	StrBuf line = {0};
	Arena arena = {0};
	Str f[LOG_FIELDS];
	set(t.query, sizeof t.query, "select \"a\",\n\t'b'\r\n\x1b[2J from t");
	set(t.user, sizeof t.user, "o\"ne");
	act_log_header(&line);
	read_row(&line, &arena, f);
	assert_true(is(f[0], "time") && is(f[7], "backend_start") && is(f[14], "answer"));
	strbuf_clear(&line);
	act_log_row(&line, STR("2026-11-21T12:00:00.000Z"), STR("root"), STR("asked"), &t);
	assert_ptr_equal(memchr(line.data, '\n', line.len), line.data + line.len - 1);
	read_row(&line, &arena, f);
	assert_true(is(f[0], "2026-11-21T12:00:00.000Z") && is(f[1], "asked") && is(f[2], "root"));
	assert_true(is(f[3], "monitor") && str_is_none(f[4]) && is(f[5], "p1") && is(f[6], "15567"));
	assert_true(is(f[7], "2026-11-21T09:52:49.306748Z"));
	assert_true(is(f[8], "terminate") && is(f[10], "o\"ne"));
	assert_true(is(f[13], "select \"a\",  'b'  ?[2J from t"));
	assert_true(str_is_none(f[14]));
	strbuf_clear(&line);
	t.answer = ACT_GONE;
	act_log_row(&line, STR("2026-11-21T12:00:00.000Z"), STR("root"), STR("answer"), &t);
	read_row(&line, &arena, f);
	assert_true(is(f[1], "answer") && str_starts(f[14], STR("gone;")));
	strbuf_free(&line);
	arena_free(&arena);
}

static void a_pause_is_logged_with_the_start_of_its_server(void **state)
{
	ActTarget t = target(ACT_PAUSE);
	StrBuf line = {0};
	Arena arena = {0};
	Str f[LOG_FIELDS];
	t.key = (RowKey){3, 0, 0};
	act_log_row(&line, STR("2026-11-21T12:00:00.000Z"), STR("root"), STR("asked"), &t);
	read_row(&line, &arena, f);
	assert_true(str_is_none(f[6]) && is(f[7], "2026-11-21T09:40:00.000000Z") && is(f[8], "pause"));
	strbuf_free(&line);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_answer_has_its_words),
		cmocka_unit_test(a_synchronous_wait_that_was_cancelled_says_what_stands),
		cmocka_unit_test(a_line_of_the_action_log_is_one_line_whatever_the_query_is),
		cmocka_unit_test(a_pause_is_logged_with_the_start_of_its_server),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
