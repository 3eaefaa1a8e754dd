#include "model/metric.h"

#include "model/report.h"
#include "report_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

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
		cmocka_unit_test(the_tables_are_sound),
		cmocka_unit_test(every_type_is_read_from_its_field),
		cmocka_unit_test(unknown_is_known_to_be_unknown),
		cmocka_unit_test(unknown_sorts_last_in_both_directions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
