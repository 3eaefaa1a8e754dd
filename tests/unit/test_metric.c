#include "model/metric.h"

#include "model/report.h"
#include "report_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const char NODE_COLUMNS[] =
	"time,cluster,node,host,port,role,state,upstream,depth,timeline,application_name,sync_state,sync_priority,sent_lsn,"
	"write_lsn,flush_lsn,replay_lsn,send_gap_bytes,network_gap_bytes,disk_gap_bytes,replay_gap_bytes,lag_bytes,"
	"lag_seconds,write_lag_seconds,flush_lag_seconds,replay_lag_seconds,wal_bytes_per_second,replay_bytes_per_second,"
	"eta_seconds,bottleneck,edge_evidence,age_seconds,error,version,slot_name,retained_bytes,backup_phase,"
	"backup_bytes,backup_total_bytes,backup_percent\n";
static const char SLOT_COLUMNS[] =
	"time,cluster,node,slot,type,active,restart_lsn,retained_bytes,wal_status,safe_bytes,seconds_to_lost,plugin,database,"
	"active_pid,used_by,confirmed_flush_lsn,growth_bytes_per_second,inactive_since,inactive_seconds,invalidation_reason,"
	"temporary,conflicting,failover,synced,error\n";
static const char PROCESS_COLUMNS[] =
	"time,cluster,node,pid,backend_type,user,database,application_name,client,state,wait_event,wal_lsn,wal_file,"
	"rchar_bytes_per_second,wchar_bytes_per_second,read_bytes_per_second,write_bytes_per_second,wal_bytes_per_second,"
	"io_delay_percent,cpu_percent,io_source,query,error,rchar_bytes,wchar_bytes,read_bytes,write_bytes,wal_source,"
	"wal_write_bytes_per_second,open_wal_file,open_wal_offset,serves\n";

static void csv_headers_are_the_contract(void **state)
{
	StrBuf out = {0};
	(void)state;
	metric_write_csv_header(&out, metric_table(TABLE_NODES));
	assert_string_equal(out.data, NODE_COLUMNS);
	strbuf_clear(&out);
	metric_write_csv_header(&out, metric_table(TABLE_PROCESSES));
	assert_string_equal(out.data, PROCESS_COLUMNS);
	strbuf_clear(&out);
	metric_write_csv_header(&out, metric_table(TABLE_SLOTS));
	assert_string_equal(out.data, SLOT_COLUMNS);
	strbuf_free(&out);
}

static size_t value_size(ValueType type)
{
	return type == VALUE_TEXT ? sizeof(Str) : 8;
}

static void the_tables_are_sound(void **state)
{
	(void)state;
	for (TableId id = 0; id < TABLE_COUNT; id++) {
		const MetricTable *table = metric_table(id);
		TableId found;
		assert_true(metric_table_find(str_from(table->name), &found));
		assert_int_equal(found, id);
		for (size_t i = 0; i < table->nmetrics; i++) {
			const Metric *m = &table->metrics[i];
			assert_ptr_equal(metric_find(table, str_from(m->name)), m); /* so names are unique */
			assert_true(m->csv || m->title);
			assert_true(m->offset + value_size(m->type) <= table->row_size);
			assert_true(m->width > 0);
			if (m->title)
				assert_true(strlen(m->title) <= m->width);
			assert_true(strlen(m->help) > 10 && m->help[strlen(m->help) - 1] == '.');
		}
	}
	TableId none;
	assert_false(metric_table_find(STR("slots "), &none));
	assert_null(metric_find(metric_table(TABLE_NODES), STR("pid")));
}

/* Sets every field to something of its own; each column must read the field of its name. */
static void every_type_is_read_from_its_field(void **state)
{
	NodeRow row = fixture_node_row();
	const MetricTable *table = metric_table(TABLE_NODES);
	(void)state;
	row.node = STR("n");
	row.port = 5432;
	row.replay_lsn = 0x100000002;
	row.lag_bytes = 77;
	row.eta_seconds = 1.5;
	assert_true(str_eq(metric_get(metric_find(table, STR("node")), &row).text, STR("n")));
	assert_int_equal(metric_get(metric_find(table, STR("port")), &row).integer, 5432);
	assert_true(metric_get(metric_find(table, STR("replay_lsn")), &row).lsn == 0x100000002);
	assert_int_equal(metric_get(metric_find(table, STR("lag_bytes")), &row).integer, 77);
	assert_int_equal(metric_get(metric_find(table, STR("lag_bar")), &row).integer, 77);
	assert_true(metric_get(metric_find(table, STR("eta_seconds")), &row).real == 1.5);
}

static void unknown_is_known_to_be_unknown(void **state)
{
	NodeRow row = fixture_node_row();
	const char *const unknown[] = {"node", "port", "sent_lsn", "lag_bytes", "lag_seconds", "wal_bytes_per_second"};
	(void)state;
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		assert_false(metric_get(metric_find(metric_table(TABLE_NODES), str_from(unknown[i])), &row).known);
	row.node = STR("");
	row.lag_bytes = 0;
	row.lag_seconds = 0;
	assert_true(metric_get(metric_find(metric_table(TABLE_NODES), STR("node")), &row).known);
	assert_true(metric_get(metric_find(metric_table(TABLE_NODES), STR("lag_bytes")), &row).known);
	assert_true(metric_get(metric_find(metric_table(TABLE_NODES), STR("lag_seconds")), &row).known);
}

static void rows_are_written_as_csv(void **state)
{
	NodeRow row = fixture_node_row();
	StrBuf out = {0};
	(void)state;
	row.node = STR("a,\"b\"");
	row.state = STR("");
	row.port = 5432;
	row.depth = 0;
	row.timeline = -12;
	row.sent_lsn = 0x5C61E789D8;
	row.send_gap_bytes = 0;
	row.lag_bytes = INT64_MAX;
	row.lag_seconds = 0.1;
	row.write_lag_seconds = 1e-7;
	row.flush_lag_seconds = 2.9999999;
	row.replay_lag_seconds = -0.25;
	row.wal_bytes_per_second = 87136665.6;
	row.replay_bytes_per_second = 3e19;
	row.eta_seconds = INFINITY;
	metric_write_csv_row(&out, metric_table(TABLE_NODES), &row);
	assert_string_equal(
		out.data,
		"2026-11-21T12:01:33.123Z,7312345678901234567,\"a,\"\"b\"\"\",,5432,,\"\",,0,-12,,,,"
		"5C/61E789D8,,,,0,,,,9223372036854775807,0.1,0,3,-0.25,87136665.6,30000000000000000000,,,,,,,,,,,,\n");
	strbuf_free(&out);
}

static void a_row_has_as_many_fields_as_the_header(void **state)
{
	ProcessRow row = fixture_process_row();
	StrBuf out = {0};
	size_t commas = 0, wanted = 0;
	(void)state;
	metric_write_csv_row(&out, metric_table(TABLE_PROCESSES), &row);
	for (size_t i = 0; i < out.len; i++)
		commas += out.data[i] == ',';
	for (const char *c = PROCESS_COLUMNS; *c; c++)
		wanted += *c == ',';
	assert_int_equal(commas, wanted);
	strbuf_free(&out);
}

static void unknown_sorts_last_in_both_directions(void **state)
{
	const Metric *lag = metric_find(metric_table(TABLE_NODES), STR("lag_seconds"));
	const Metric *name = metric_find(metric_table(TABLE_NODES), STR("node"));
	NodeRow low = fixture_node_row(), high = fixture_node_row(), unknown = fixture_node_row();
	(void)state;
	low.lag_seconds = 1;
	high.lag_seconds = INFINITY;
	assert_int_equal(metric_compare(lag, &low, &high, false), -1);
	assert_int_equal(metric_compare(lag, &low, &high, true), 1);
	assert_int_equal(metric_compare(lag, &low, &low, true), 0);
	assert_int_equal(metric_compare(lag, &low, &unknown, false), -1);
	assert_int_equal(metric_compare(lag, &low, &unknown, true), -1);
	assert_int_equal(metric_compare(lag, &unknown, &low, true), 1);
	assert_int_equal(metric_compare(lag, &unknown, &unknown, true), 0);
	low.node = STR("a");
	high.node = STR("b");
	assert_int_equal(metric_compare(name, &low, &high, false), -1);
	assert_int_equal(metric_compare(name, &low, &high, true), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(csv_headers_are_the_contract),
		cmocka_unit_test(the_tables_are_sound),
		cmocka_unit_test(every_type_is_read_from_its_field),
		cmocka_unit_test(unknown_is_known_to_be_unknown),
		cmocka_unit_test(rows_are_written_as_csv),
		cmocka_unit_test(a_row_has_as_many_fields_as_the_header),
		cmocka_unit_test(unknown_sorts_last_in_both_directions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
