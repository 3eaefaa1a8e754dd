#include "view/process_lines.h"

#include "report_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static const MetricTable *table(void)
{
	return metric_table(TABLE_PROCESSES);
}

static ProcessChoice filtered(const char *text)
{
	ProcessChoice choice = {0};
	Err err = {""};
	assert_true(filter_parse(&choice.filter, table(), str_from(text), &err));
	return choice;
}

/* "p1: 15401 15403 s2: 16001": headings by name, processes by number. */
static void check(const Report *report, const ProcessChoice *choice, NodeId node, const char *wanted)
{
	ProcessLines lines = {0};
	StrBuf now = {0};
	process_lines_build(&lines, report, choice, node);
	for (size_t i = 0; i < lines.count; i++) {
		const ProcessLine *line = &lines.rows[i];
		strbuf_add_cstr(&now, i > 0 ? " " : "");
		if (line->row == ROW_NONE)
			strbuf_addf(&now, "%.*s:", STR_ARG(report->nodes[lines.groups[line->group].node].node));
		else
			strbuf_addf(&now, "%d", (int)report->processes[line->row].pid);
		assert_int_equal(process_line_of(&lines, report, process_line_key(&lines, report, i)), i);
	}
	assert_string_equal(now.len > 0 ? now.data : "", wanted);
	strbuf_free(&now);
	process_lines_free(&lines);
}

static void processes_stand_below_their_nodes(void **state)
{
	static ReportFixture f;
	ProcessChoice all = {0};
	(void)state;
	fixture_processes(&f);
	check(&f.report, &all, 0,
	      "p1: 15401 15403 15404 15436 15437 15440 15567 15568 15570 s1: s4: s2: 16001 16002 16003 16010 16011 s3:");
	check(&f.report, &all, 3, "16001 16002 16003 16010 16011");
	check(&f.report, &all, 2, "");
	check(&f.report, &all, 99, "");
	all.flat = true;
	check(&f.report, &all, 0,
	      "15401 15403 15404 15436 15437 15440 15567 15568 15570 16001 16002 16003 16010 16011");
}

static void they_are_sorted_within_their_node_or_all_in_one(void **state)
{
	static ReportFixture f;
	ProcessChoice choice = {.order = {metric_find(table(), STR("wchar_bytes_per_second")), true}};
	(void)state;
	fixture_processes(&f);
	check(&f.report, &choice, 0,
	      "p1: 15401 15567 15403 15404 15436 15437 15440 15568 15570 s1: s4: s2: 16002 16003 16001 16010 16011 s3:");
	choice.flat = true;
	check(&f.report, &choice, 0,
	      "15401 15567 15403 16002 16003 15404 15436 15437 15440 15568 16001 16010 16011 15570");
	choice.order.descending = false;
	check(&f.report, &choice, 1, "15436 15437 15440 15568 15404 15403 15567 15401 15570");
}

static void a_node_of_which_none_is_shown_has_no_heading_unless_nothing_is_known_of_it(void **state)
{
	static ReportFixture f;
	ProcessChoice choice = filtered("type=startup");
	(void)state;
	fixture_processes(&f);
	check(&f.report, &choice, 0, "s1: s4: s2: 16001 s3:");
	choice = filtered("nobody");
	check(&f.report, &choice, 0, "s1: s4: s3:");
	check(&f.report, &choice, 3, "");
}

static void sums_are_of_what_is_shown(void **state)
{
	static ReportFixture f;
	ProcessLines lines = {0};
	ProcessChoice choice = {0};
	(void)state;
	fixture_processes(&f);
	process_lines_build(&lines, &f.report, &choice, 0);
	assert_int_equal(lines.all, 14);
	assert_int_equal(lines.shown, 14);
	assert_int_equal(lines.unread, 3);
	assert_int_equal(lines.ngroups, 5);
	assert_int_equal(lines.groups[0].all, 9);
	double all = lines.groups[0].sum.wchar_bytes_per_second;
	assert_true(fabs(all - (20.5 + 4.1 + 20.0) * 1024 * 1024 - 310) < 1);
	assert_true(fabs(lines.sum.wchar_bytes_per_second - all - 8.2 * 1024 * 1024) < 1);
	assert_true(lines.groups[0].sum.wal_bytes_per_second == f.nodes[0].wal_bytes_per_second);
	assert_true(isnan(lines.groups[1].sum.wchar_bytes_per_second));
	choice = filtered("type=walwriter");
	process_lines_build(&lines, &f.report, &choice, 0);
	assert_int_equal(lines.all, 14);
	assert_int_equal(lines.shown, 1);
	assert_int_equal(lines.groups[0].shown, 1);
	assert_true(fabs(lines.sum.wchar_bytes_per_second - 4.1 * 1024 * 1024) < 1);
	assert_int_equal(lines.sum.wchar_bytes, lines.groups[0].sum.wchar_bytes);
	choice = filtered("pid=15570"); /* its counters are not known */
	process_lines_build(&lines, &f.report, &choice, 0);
	assert_true(isnan(lines.sum.wchar_bytes_per_second));
	assert_int_equal(lines.sum.wchar_bytes, INT_NONE);
	process_lines_free(&lines);
}

static void a_process_is_active_that_did_something(void **state)
{
	ProcessRow row = fixture_process_row();
	(void)state;
	assert_false(process_is_active(&row, false));
	row.rchar_bytes_per_second = row.wchar_bytes_per_second = row.cpu_percent = 0;
	row.state = STR("idle");
	assert_false(process_is_active(&row, true));
	row.rchar_bytes = 1;
	assert_false(process_is_active(&row, false));
	assert_true(process_is_active(&row, true));
	row.state = STR("active");
	assert_true(process_is_active(&row, false));
	row.wait_event = STR("IPC:SyncRep");
	assert_true(process_is_active(&row, false));
	row.wait_event = STR("Activity:WalSenderMain"); /* a WAL sender with nothing to send */
	assert_false(process_is_active(&row, false));
	row.wal_bytes_per_second = 1;
	assert_true(process_is_active(&row, false));
	row.wal_bytes_per_second = NAN;
	row.cpu_percent = 0.1;
	assert_true(process_is_active(&row, false));
}

static void rates_and_totals_stand_for_each_other(void **state)
{
	const Metric *rate = metric_find(table(), STR("write_bytes_per_second"));
	const Metric *total = metric_find(table(), STR("write_bytes"));
	const Metric *other = metric_find(table(), STR("pid"));
	(void)state;
	assert_ptr_equal(process_column(rate, true), total);
	assert_ptr_equal(process_column(total, false), rate);
	assert_ptr_equal(process_column(rate, false), rate);
	assert_ptr_equal(process_column(other, true), other);
	assert_null(process_column(NULL, true));
}

/* Thousands of rows: in steady state nothing is allocated, and the order is right. */
static void many_rows_take_no_memory_anew(void **state)
{
	enum { MANY = 5000 };
	static ReportFixture f;
	ProcessLines lines = {0};
	ProcessChoice choice = {.order = {metric_find(table(), STR("cpu_percent")), true}, .flat = true};
	ProcessRow *rows = calloc(MANY, sizeof *rows);
	(void)state;
	fixture_processes(&f);
	for (int i = 0; i < MANY; i++) {
		rows[i] = fixture_process_row();
		rows[i].pid = i + 1;
		rows[i].key = (RowKey){i < MANY / 2 ? 1 : 3, i + 1, 0};
		rows[i].cpu_percent = (i * 7919) % MANY;
	}
	f.report.processes = rows;
	f.report.nprocesses = MANY;
	process_lines_build(&lines, &f.report, &choice, 0);
	ProcessLines before = lines;
	for (int round = 0; round < 3; round++) {
		process_lines_build(&lines, &f.report, &choice, 0);
		assert_int_equal(lines.count, MANY);
		for (size_t i = 1; i < lines.count; i++)
			assert_true(rows[lines.rows[i - 1].row].cpu_percent > rows[lines.rows[i].row].cpu_percent);
	}
	assert_ptr_equal(lines.rows, before.rows);
	assert_ptr_equal(lines.index, before.index);
	assert_ptr_equal(lines.groups, before.groups);
	process_lines_free(&lines);
	free(rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(processes_stand_below_their_nodes),
		cmocka_unit_test(they_are_sorted_within_their_node_or_all_in_one),
		cmocka_unit_test(a_node_of_which_none_is_shown_has_no_heading_unless_nothing_is_known_of_it),
		cmocka_unit_test(sums_are_of_what_is_shown),
		cmocka_unit_test(a_process_is_active_that_did_something),
		cmocka_unit_test(rates_and_totals_stand_for_each_other),
		cmocka_unit_test(many_rows_take_no_memory_anew),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
