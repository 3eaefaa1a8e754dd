#include "model/exposition.h"

#include "report_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static StrBuf write_columns(const Report *report, TableId table, const char *names)
{
	ColumnList lists[TABLE_COUNT];
	TableSet set = {{table}, 1};
	StrBuf out = {0};
	Err err = {""};
	if (!columns_parse(lists, &set, str_from(names), &err))
		fail_msg("%s", err.text);
	exposition_write(&out, &lists[0], report);
	return out;
}

static void assert_text(StrBuf out, const char *wanted)
{
	assert_string_equal(out.len > 0 ? out.data : "", wanted);
	strbuf_free(&out);
}

static Report report_of_nodes(NodeRow *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		rows[i] = fixture_node_row();
		rows[i].cluster = STR("7");
	}
	return (Report){.nodes = rows, .nnodes = count};
}

static void numbers_are_gauges_in_base_units(void **state)
{
	(void)state;
	NodeRow rows[1];
	Report report = report_of_nodes(rows, 1);
	rows[0].node = STR("s1");
	rows[0].upstream = STR("p1");
	rows[0].replay_lsn = 0x100000002;
	rows[0].lag_bytes = 12;
	rows[0].backup_percent = 12.5;
	assert_text(
		write_columns(&report, TABLE_NODES, "replay_lsn,lag_bytes,lag_seconds,backup_percent"),
		"# HELP pgrepltop_node_replay_lsn_bytes Last position that it replayed. In bytes since the beginning of "
		"WAL.\n"
		"# TYPE pgrepltop_node_replay_lsn_bytes gauge\n"
		"pgrepltop_node_replay_lsn_bytes{cluster=\"7\",node=\"s1\",upstream=\"p1\"} 4294967298\n"
		"# HELP pgrepltop_node_lag_bytes How far its replay is behind the primary; unknown across timelines.\n"
		"# TYPE pgrepltop_node_lag_bytes gauge\n"
		"pgrepltop_node_lag_bytes{cluster=\"7\",node=\"s1\",upstream=\"p1\"} 12\n"
		"# HELP pgrepltop_node_backup_ratio The share of it that was sent. As a ratio: 1 is all.\n"
		"# TYPE pgrepltop_node_backup_ratio gauge\n"
		"pgrepltop_node_backup_ratio{cluster=\"7\",node=\"s1\",upstream=\"p1\"} 0.125\n");
}

static void never_is_infinite_and_unknown_is_left_out(void **state)
{
	(void)state;
	NodeRow rows[3];
	Report report = report_of_nodes(rows, 3);
	rows[0].node = STR("a");
	rows[1].node = STR("b");
	rows[2].node = STR("c");
	rows[0].eta_seconds = INFINITY;
	rows[2].eta_seconds = 1.5;
	assert_text(
		write_columns(&report, TABLE_NODES, "eta_seconds"),
		"# HELP pgrepltop_node_eta_seconds Time until it has caught up at this rate; never (empty in CSV): it "
		"falls behind.\n"
		"# TYPE pgrepltop_node_eta_seconds gauge\n"
		"pgrepltop_node_eta_seconds{cluster=\"7\",node=\"a\"} +Inf\n"
		"pgrepltop_node_eta_seconds{cluster=\"7\",node=\"c\"} 1.5\n");
	assert_text(write_columns(&report, TABLE_NODES, "lag_seconds"), "");
}

static void words_are_labels_of_the_info(void **state)
{
	(void)state;
	NodeRow rows[1];
	Report report = report_of_nodes(rows, 1);
	rows[0].node = STR("s1");
	rows[0].port = 5432;
	rows[0].state = STR("streaming");
	rows[0].role = STR("");
	rows[0].error = STR("is no label");
	assert_text(write_columns(&report, TABLE_NODES, "time,state,role,port,error,bottleneck"),
	            "# HELP pgrepltop_node_info What each node is, in labels.\n"
	            "# TYPE pgrepltop_node_info gauge\n"
	            "pgrepltop_node_info{cluster=\"7\",node=\"s1\",state=\"streaming\",port=\"5432\"} 1\n");
}

static void flags_are_numbers_and_sums_are_counters(void **state)
{
	(void)state;
	SlotRow slot = fixture_slot_row();
	ProcessRow process = fixture_process_row();
	Report report = {.slots = &slot, .nslots = 1, .processes = &process, .nprocesses = 1};
	slot.node = process.node = STR("p1");
	slot.slot = STR("x");
	slot.active = STR("t");
	slot.temporary = STR("f");
	process.pid = 7;
	process.backend_type = STR("walsender");
	process.rchar_bytes = 9;
	StrBuf out = write_columns(&report, TABLE_SLOTS, "active,temporary,synced");
	assert_non_null(strstr(out.data,
	                       "\npgrepltop_slot_active{cluster=\"7312345678901234567\",node=\"p1\",slot=\"x\"} 1\n"));
	assert_non_null(strstr(out.data, "slot=\"x\"} 0\n"));
	assert_null(strstr(out.data, "synced"));
	strbuf_free(&out);
	out = write_columns(&report, TABLE_PROCESSES, "rchar_bytes");
	assert_non_null(strstr(out.data, "# TYPE pgrepltop_process_rchar_bytes_total counter\n"));
	assert_non_null(strstr(out.data, "node=\"p1\",pid=\"7\",backend_type=\"walsender\"} 9\n"));
	strbuf_free(&out);
}

static void label_values_are_escaped(void **state)
{
	(void)state;
	NodeRow rows[1];
	Report report = report_of_nodes(rows, 1);
	rows[0].node = STR("a\"b\\c\nd\xff\xc3\xa4");
	StrBuf out = write_columns(&report, TABLE_NODES, "depth");
	assert_non_null(strstr(out.data, "node=\"a\\\"b\\\\c\\nd\xef\xbf\xbd\xc3\xa4\"} 0\n"));
	strbuf_free(&out);
}

static size_t count_of(const char *text, const char *needle)
{
	size_t count = 0;
	for (const char *at = strstr(text, needle); at != NULL; at = strstr(at + 1, needle))
		count++;
	return count;
}

static void no_series_is_there_twice(void **state)
{
	(void)state;
	NodeRow rows[5];
	Report report = report_of_nodes(rows, 5);
	for (size_t i = 0; i < 5; i++) {
		rows[i].node = i == 2 ? STR("other") : STR("same");
		rows[i].depth = (int64_t)i;
	}
	StrBuf out = write_columns(&report, TABLE_NODES, "depth,state");
	assert_int_equal(count_of(out.data, "node_depth{cluster=\"7\",node=\"same\"} 0\n"), 1);
	assert_int_equal(count_of(out.data, "node_depth{cluster=\"7\",node=\"same\",copy=\"2\"} 1\n"), 1);
	assert_int_equal(count_of(out.data, "node_depth{cluster=\"7\",node=\"other\"} 2\n"), 1);
	assert_int_equal(count_of(out.data, "node_depth{cluster=\"7\",node=\"same\",copy=\"4\"} 4\n"), 1);
	assert_int_equal(count_of(out.data, "node_info{cluster=\"7\",node=\"same\",copy=\"3\"} 1\n"), 1);
	strbuf_free(&out);
}

static bool is_name(const char *name)
{
	return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name);
}

/* Names by Prometheus' rules; what tells rows apart exists in each table but that of events. */
static void names_are_as_they_should_be(void **state)
{
	(void)state;
	for (TableId id = 0; id < TABLE_COUNT; id++) {
		const MetricTable *table = metric_table(id);
		size_t labels = 0;
		assert_true(is_name(table->one));
		for (size_t i = 0; i < table->nmetrics; i++) {
			const Metric *metric = &table->metrics[i];
			StrBuf name = {0};
			exposition_name(&name, id, metric);
			assert_true(is_name(name.data));
			assert_null(strstr(name.data, "percent"));
			assert_true(metric->use != METRIC_FLAG || metric->type == VALUE_TEXT);
			assert_true(metric->use != METRIC_COUNTER || metric->type == VALUE_BYTES);
			assert_string_not_equal(metric->name, "info");
			assert_string_not_equal(metric->name, "copy");
			labels += metric->use == METRIC_LABEL;
			strbuf_free(&name);
		}
		assert_int_equal(exposition_has(id), id != TABLE_EVENTS);
		assert_int_equal(labels > 0, id != TABLE_EVENTS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_gauges_in_base_units),
		cmocka_unit_test(never_is_infinite_and_unknown_is_left_out),
		cmocka_unit_test(words_are_labels_of_the_info),
		cmocka_unit_test(flags_are_numbers_and_sums_are_counters),
		cmocka_unit_test(label_values_are_escaped),
		cmocka_unit_test(no_series_is_there_twice),
		cmocka_unit_test(names_are_as_they_should_be),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
