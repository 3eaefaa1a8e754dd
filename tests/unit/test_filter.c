#include "model/filter.h"

#include "report_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static ProcessRow backend(void)
{
	ProcessRow row = fixture_process_row();
	row.time = STR("2026-11-21T12:01:33.123Z");
	row.pid = 15567;
	row.backend_type = STR("client backend");
	row.user = STR("app");
	row.database = STR("shop");
	row.state = STR("idle in transaction");
	row.query = STR("INSERT INTO \"orders\" values (1, 'a=b')");
	row.wal_lsn = 0x5C60000000;
	row.wchar_bytes_per_second = 20.5 * 1024 * 1024;
	row.write_bytes = 3000;
	row.query_age_seconds = 0.204;
	row.cpu_percent = 31.4;
	return row;
}

static bool matches(const char *text, const ProcessRow *row)
{
	Filter filter = {0};
	Err err = {""};
	if (!filter_parse(&filter, metric_table(TABLE_PROCESSES), str_from(text), &err))
		fail_msg("%s: %s", text, err.text);
	return filter_matches(&filter, row);
}

static void what_a_row_matches(void **state)
{
	static const char *const yes[] = {
		"",
		"  ",
		"shop",
		"SHOP",
		"insert orders",
		"15567",
		"backend app",
		"user=app",
		"user=APP",
		"us=app",
		"DB=shop",
		"type=\"client backend\"",
		"\"client backend\"",
		"state~idle",
		"state=\"idle in transaction\"",
		"query~\"insert into\"",
		"query~\"\"\"orders\"\"\"",
		"\"a=b\"",
		"query~a=b",
		"user!=postgres",
		"user!~pp2",
		"pid=15567",
		"pid>15566",
		"pid>=15567",
		"pid<15568",
		"pid<=15567",
		"pid!=1",
		"write/s>20MB",
		"WRITE/s>20M",
		"write/s<21MB/s",
		"wchar_bytes_per_second>=20.5MB",
		"write_bytes=3000",
		"write_bytes<3kB",
		"age>200ms",
		"age<1s",
		"age<1min",
		"cpu>31",
		"cpu%<50%",
		"wal_lsn=5C/60000000",
		"wal_lsn>5C/1",
		"wal_lsn<=5D/0",
		"io_delay_percent=",
		"user!=",
		"application=",
		"read/s=",
		"application!=x",
		"read/s!=0",
		"shop user=app pid>1",
		"cpu>-1",
		"s!d",
	};
	static const char *const no[] = {
		"nothing",         "shop nothing",
		"2026-11-21",      "1556",
		"155670",          "user=ap",
		"user!=app",       "user!~pp",
		"state=idle",      "query~delete",
		"pid>15567",       "pid<15567",
		"pid=1",           "write/s>1GB",
		"write_bytes>3kB", "age>1s",
		"cpu>50",          "wal_lsn>5C/60000000",
		"wal_lsn=0/0",     "io_delay_percent!=",
		"user=",           "read/s=0",
		"read/s<1MB",      "read/s>0",
		"application~x",   "application=x",
		"io%<100",         "shop user=x",
	};
	ProcessRow row = backend();
	row.query = STR("INSERT INTO \"orders\" values (1, 'a=b') s!d");
	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		if (!matches(yes[i], &row))
			fail_msg("must match: %s", yes[i]);
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (matches(no[i], &row))
			fail_msg("must not match: %s", no[i]);
}

static void what_does_not_parse_says_where_and_why(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{"usr=app", "character 1: processes have no column \"usr\"; did you mean \"user\"?"},
		{"shop qurey~x", "character 6: processes have no column \"qurey\"; did you mean \"query\"?"},
		{"zzz=1", "character 1: processes have no column \"zzz\""},
		{"wchar>1", "character 1: \"wchar\" may be wchar_bytes_per_second or wchar_bytes"},
		{"wa=x", "character 1: \"wa\" may be wait_event or wal_lsn"},
		{"=x", "character 1: expected a column before =; quotes make it a text"},
		{"a !=x", "character 3: expected a column before !=; quotes make it a text"},
		{"state>1", "character 6: state is text: expected =, !=, ~ or !~"},
		{"pid~1", "character 4: pid is no text: expected =, !=, <, <=, > or >="},
		{"pid>x", "character 4: \"x\" is not what pid holds: expected a number"},
		{"pid>", "character 4: \"\" is not what pid holds: expected a number"},
		{"write/s>1XB",
	         "character 8: \"1XB\" is not what wchar_bytes_per_second holds: expected bytes, as 1000, "
	         "64kB or 1.5GB"},
		{"age>1week",
	         "character 4: \"1week\" is not what query_age_seconds holds: expected a time, as 2, 500ms or "
	         "3min"},
		{"cpu>lots", "character 4: \"lots\" is not what cpu_percent holds: expected a percentage, as 50"},
		{"wal_lsn>7", "character 8: \"7\" is not what wal_lsn holds: expected an LSN, as 5C/60000000"},
		{"state~", "character 6: expected a text behind ~"},
		{"\xc3\xa4 \"b c", "character 3: this quote has no end"},
		{"\"\"", "character 1: expected a text between the quotes"},
		{"a b c d e f g h i j k l m n o p q", "character 33: expected at most 16 words"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		Filter filter = {0}, before = {0};
		Err err = {""};
		assert_true(filter_parse(&filter, metric_table(TABLE_PROCESSES), STR("user=app"), &err));
		before = filter;
		assert_false(filter_parse(&filter, metric_table(TABLE_PROCESSES), str_from(cases[i].text), &err));
		assert_string_equal(err.text, cases[i].error);
		assert_memory_equal(&filter, &before, sizeof filter);
	}
}

static void a_text_that_is_too_long_is_refused(void **state)
{
	char text[FILTER_TEXT_MAX + 1];
	Filter filter = {0};
	Err err = {""};
	(void)state;
	memset(text, 'x', sizeof text);
	assert_false(filter_parse(&filter, metric_table(TABLE_PROCESSES), (Str){text, FILTER_TEXT_MAX}, &err));
	assert_string_equal(err.text, "expected at most 255 bytes");
	assert_true(filter_parse(&filter, metric_table(TABLE_PROCESSES), (Str){text, FILTER_TEXT_MAX - 1}, &err));
	assert_int_equal(strlen(filter.text), FILTER_TEXT_MAX - 1);
	assert_false(filter_is_empty(&filter));
}

static void a_copy_of_a_filter_is_a_filter(void **state)
{
	ProcessRow row = backend();
	Filter filter = {0};
	Err err = {""};
	(void)state;
	assert_true(filter_parse(&filter, metric_table(TABLE_PROCESSES), STR("user=app \"in tran\""), &err));
	Filter copy = filter;
	memset(&filter, 'x', sizeof filter);
	assert_true(filter_matches(&copy, &row));
	assert_string_equal(copy.text, "user=app \"in tran\"");
	row.user = STR("other");
	assert_false(filter_matches(&copy, &row));
}

static void any_table_can_be_filtered(void **state)
{
	static ReportFixture f;
	Filter filter = {0};
	Err err = {""};
	size_t found = 0;
	(void)state;
	fixture_reference(&f);
	assert_true(filter_parse(&filter, metric_table(TABLE_NODES), STR("lag>100MB"), &err));
	for (size_t i = 0; i < f.report.nnodes; i++)
		found += filter_matches(&filter, &f.nodes[i]);
	assert_int_equal(found, 2);
	assert_true(filter_matches(&filter, &f.nodes[3]));
	assert_true(filter_parse(&filter, metric_table(TABLE_NODES), STR("eta>1h"), &err)); /* never */
	assert_true(filter_matches(&filter, &f.nodes[3]));
	assert_false(filter_matches(&filter, &f.nodes[1]));
	assert_true(filter_parse(&filter, metric_table(TABLE_NODES), STR("1921"), &err));
	assert_true(filter_matches(&filter, &f.nodes[1]));
	assert_false(filter_matches(&filter, &f.nodes[0]));
	for (TableId id = 0; id < TABLE_COUNT; id++)
		assert_true(filter_parse(&filter, metric_table(id), STR("node=p1 x"), &err));
}

static void columns_are_found_as_people_name_them(void **state)
{
	static const struct {
		const char *text, *name;
	} cases[] = {
		{"pid", "pid"},
		{"PID", "pid"},
		{"db", "database"},
		{"USER", "user"},
		{"Query", "query"},
		{"type", "backend_type"},
		{"read", "rchar_bytes"},
		{"read/s", "rchar_bytes_per_second"},
		{"cpu", "cpu_percent"},
		{"disk r/s", "read_bytes_per_second"},
		{"rchar_bytes", "rchar_bytes"},
		{"BACK", "backend_type"},
	};
	Err err = {""};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const Metric *metric = metric_resolve(metric_table(TABLE_PROCESSES), str_from(cases[i].text), &err);
		assert_non_null(metric);
		assert_string_equal(metric->name, cases[i].name);
	}
	assert_null(metric_resolve(metric_table(TABLE_PROCESSES), STR(""), &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_row_matches),
		cmocka_unit_test(what_does_not_parse_says_where_and_why),
		cmocka_unit_test(a_text_that_is_too_long_is_refused),
		cmocka_unit_test(a_copy_of_a_filter_is_a_filter),
		cmocka_unit_test(any_table_can_be_filtered),
		cmocka_unit_test(columns_are_found_as_people_name_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
