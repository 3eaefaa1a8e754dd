#include "model/rowtext.h"

#include "report_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void write_header(StrBuf *out, TableId table)
{
	ColumnList all = columns_all(table);
	csv_write_header(out, &all);
}

static void write_row(StrBuf *out, TableId table, const void *row)
{
	ColumnList all = columns_all(table);
	csv_write_row(out, &all, row);
}

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
	write_header(&out, TABLE_NODES);
	assert_string_equal(out.data, NODE_COLUMNS);
	strbuf_clear(&out);
	write_header(&out, TABLE_PROCESSES);
	assert_string_equal(out.data, PROCESS_COLUMNS);
	strbuf_clear(&out);
	write_header(&out, TABLE_SLOTS);
	assert_string_equal(out.data, SLOT_COLUMNS);
	strbuf_free(&out);
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
	write_row(&out, TABLE_NODES, &row);
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
	write_row(&out, TABLE_PROCESSES, &row);
	for (size_t i = 0; i < out.len; i++)
		commas += out.data[i] == ',';
	for (const char *c = PROCESS_COLUMNS; *c; c++)
		wanted += *c == ',';
	assert_int_equal(commas, wanted);
	strbuf_free(&out);
}

/* ---- JSON ---- */

static ColumnList columns_of(TableId table, const char *names)
{
	ColumnList lists[TABLE_COUNT];
	TableSet set = {{table}, 1};
	Err err = {""};
	if (!columns_parse(lists, &set, str_from(names), &err))
		fail_msg("%s", err.text);
	return lists[0];
}

static void rows_are_written_as_json(void **state)
{
	NodeRow row = fixture_node_row();
	ColumnList some =
		columns_of(TABLE_NODES, "node,port,sent_lsn,lag_bytes,lag_seconds,eta_seconds,error,depth,state");
	StrBuf out = {0};
	(void)state;
	row.node = STR("a");
	row.state = STR("");
	row.sent_lsn = 0x5C61E789D8;
	row.lag_bytes = INT64_MAX;
	row.lag_seconds = -0.25;
	row.eta_seconds = INFINITY;
	json_write_row(&out, &some, &row, false);
	assert_string_equal(out.data, "{\"node\":\"a\",\"port\":null,\"sent_lsn\":\"5C/61E789D8\","
	                              "\"lag_bytes\":9223372036854775807,\"lag_seconds\":-0.25,\"eta_seconds\":null,"
	                              "\"error\":null,\"depth\":0,\"state\":\"\"}\n");
	strbuf_clear(&out);
	some = columns_of(TABLE_NODES, "node");
	json_write_row(&out, &some, &row, true);
	assert_string_equal(out.data, "{\"table\":\"nodes\",\"node\":\"a\"}\n");
	strbuf_free(&out);
}

static void strings_are_escaped_for_json(void **state)
{
	NodeRow row = fixture_node_row();
	ColumnList some = columns_of(TABLE_NODES, "node");
	StrBuf out = {0};
	(void)state;
	row.node = STR("\"\\\n\t\r\x01\x1f\x7f/\xc3\xa4\xff\xed\xa0\x80\xf0\x9f\x98\x80");
	json_write_row(&out, &some, &row, false);
	assert_string_equal(out.data, "{\"node\":\"\\\"\\\\\\n\\t\\u000d\\u0001\\u001f\\u007f/\xc3\xa4\xef\xbf\xbd"
	                              "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xf0\x9f\x98\x80\"}\n");
	strbuf_free(&out);
}

static void flags_are_booleans_in_json_and_letters_in_csv(void **state)
{
	SlotRow row = fixture_slot_row();
	ColumnList some = columns_of(TABLE_SLOTS, "temporary,active,synced");
	StrBuf out = {0};
	(void)state;
	row.temporary = STR("t");
	json_write_row(&out, &some, &row, false);
	csv_write_row(&out, &some, &row);
	assert_string_equal(out.data, "{\"temporary\":true,\"active\":false,\"synced\":null}\nt,f,\n");
	strbuf_free(&out);
}

/* ---- --columns ---- */

static void assert_columns_error(const char *tables, const char *names, const char *wanted)
{
	ColumnList lists[TABLE_COUNT];
	TableSet set = {{0}, 0};
	Err err = {""};
	assert_true(tables_add(&set, str_from(tables), &err));
	assert_false(columns_parse(lists, &set, str_from(names), &err));
	if (strstr(err.text, wanted) == NULL)
		fail_msg("\"%s\" is not in: %s", wanted, err.text);
}

static void columns_are_chosen_and_ordered(void **state)
{
	ColumnList lists[TABLE_COUNT];
	TableSet set = {{0}, 0};
	StrBuf out = {0};
	Err err;
	(void)state;
	assert_true(tables_add(&set, STR("slots, nodes,quorum"), &err));
	assert_true(columns_parse(lists, &set, STR("nodes.lag_bytes, slots.slot,nodes.node"), &err));
	csv_write_header(&out, &lists[0]);
	csv_write_header(&out, &lists[1]);
	assert_string_equal(out.data, "slot\nlag_bytes,node\n");
	assert_int_equal(lists[2].count, columns_all(TABLE_QUORUM).count); /* none is named: all */
	strbuf_free(&out);
}

static void wrong_columns_are_told_with_what_was_meant(void **state)
{
	(void)state;
	assert_columns_error("nodes", "node,lag_byte",
	                     "table nodes has no column \"lag_byte\"; did you mean \"lag_bytes\"?");
	assert_columns_error("slots", "xyzzy",
	                     "table slots has no column \"xyzzy\"; it has time cluster node slot type ");
	assert_columns_error("nodes", "xyzzy", " backup_percent"); /* the longest list is whole */
	assert_columns_error("processes", "xyzzy", " open_wal_offset");
	assert_columns_error("nodes", "lag_bar", "no column \"lag_bar\""); /* of the screen only */
	assert_columns_error("nodes", "", "no column \"\"");
	assert_columns_error("nodes", "node,port,node", "column node is named twice");
	assert_columns_error("nodes,slots", "node", "With several it is TABLE.COLUMN");
	assert_columns_error("nodes,slots", "quorum.node", "table quorum is not written");
	assert_columns_error("nodes,slots", "slot.node", "did you mean \"slots\"?");
}

static void tables_are_named_once(void **state)
{
	TableSet set = {{0}, 0};
	Err err;
	(void)state;
	assert_true(tables_add(&set, STR("nodes"), &err));
	assert_true(tables_add(&set, STR("events,slots"), &err));
	assert_int_equal(set.count, 3);
	assert_int_equal(set.ids[2], TABLE_SLOTS);
	assert_true(tables_have(&set, TABLE_EVENTS));
	assert_false(tables_have(&set, TABLE_QUORUM));
	assert_false(tables_add(&set, STR("slots"), &err));
	assert_string_equal(err.text, "table slots is named twice");
	assert_false(tables_add(&set, STR("quorum,"), &err));
	assert_false(tables_add(&set, STR("node"), &err));
	assert_non_null(strstr(err.text, "did you mean \"nodes\"?"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(csv_headers_are_the_contract),
		cmocka_unit_test(rows_are_written_as_csv),
		cmocka_unit_test(a_row_has_as_many_fields_as_the_header),
		cmocka_unit_test(rows_are_written_as_json),
		cmocka_unit_test(strings_are_escaped_for_json),
		cmocka_unit_test(flags_are_booleans_in_json_and_letters_in_csv),
		cmocka_unit_test(columns_are_chosen_and_ordered),
		cmocka_unit_test(wrong_columns_are_told_with_what_was_meant),
		cmocka_unit_test(tables_are_named_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
