#include "app/docgen.h"

#include "app/options.h"
#include "model/metric.h"
#include "model/record.h"
#include "view/keymap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static StrBuf generate(const char *section)
{
	StrBuf out = {0};
	assert_true(docgen_write(str_from(section), &out));
	assert_true(str_ends(strbuf_str(&out), STR("\n")));
	return out;
}

/* Hyphens are escaped in roff. */
static void assert_names(const StrBuf *out, const char *name)
{
	StrBuf expected = {0};
	for (; *name; name++)
		strbuf_addf(&expected, "%s%c", *name == '-' ? "\\" : "", *name);
	if (str_find(strbuf_str(out), strbuf_str(&expected)) == SIZE_MAX)
		fail_msg("%s is missing", expected.data);
	strbuf_free(&expected);
}

static void an_unknown_section_is_refused(void **state)
{
	(void)state;
	StrBuf out = {0};
	assert_false(docgen_write(STR("nonsense"), &out));
	assert_int_equal(out.len, 0);
}

/* No request but those that are meant, and no hyphen that a manual viewer would turn into another character. */
static void the_manual_parts_are_clean_roff(void **state)
{
	(void)state;
	static const char *const parts[] = {"options", "keys", "columns"};
	for (size_t i = 0; i < COUNT(parts); i++) {
		StrBuf out = generate(parts[i]);
		for (Str rest = strbuf_str(&out); rest.len;) {
			Str line = str_cut(&rest, '\n');
			bool is_request = str_starts(line, STR(".TP")) || str_starts(line, STR(".SS "));
			assert_true(is_request || !(str_starts(line, STR(".")) || str_starts(line, STR("'"))));
			for (size_t k = 0; k < line.len && !is_request; k++)
				assert_true(line.data[k] != '-' || (k && line.data[k - 1] == '\\'));
		}
		strbuf_free(&out);
	}
}

static void the_options_of_the_command_line_are_there(void **state)
{
	(void)state;
	StrBuf out = generate("options");
	assert_non_null(strstr(
		out.data, ".TP\n\\fB\\-s\\fR, \\fB\\-\\-delay\\fR=\\fISECONDS\\fR\nSeconds between samples, 0.1 to "
			  "3600 (default 1).\n"));
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (OPTIONS[i].group)
			assert_names(&out, OPTIONS[i].long_name);
	}
	assert_null(strstr(out.data, "docgen"));
	assert_null(strstr(out.data, "timeout"));
	strbuf_free(&out);
}

static void every_key_and_action_is_there(void **state)
{
	(void)state;
	StrBuf out = generate("keys");
	assert_non_null(strstr(out.data, ".TP\n\\fBUp\\fR, \\fBk\\fR (\\fIup\\fR)\n"));
	for (size_t i = 0; i < KEY_BINDING_COUNT; i++)
		assert_names(&out, KEY_BINDINGS[i].name);
	strbuf_free(&out);
}

static void every_column_is_there_with_its_type(void **state)
{
	(void)state;
	StrBuf out = generate("columns");
	for (size_t id = 0; id < TABLE_COUNT; id++) {
		const MetricTable *table = metric_table((TableId)id);
		for (size_t i = 0; i < table->nmetrics; i++)
			assert_names(&out, table->metrics[i].name);
	}
	assert_non_null(strstr(out.data, "\\fBlag_bytes\\fR (bytes; "));
	assert_non_null(strstr(out.data, "\\fBlag_seconds\\fR (seconds; "));
	assert_non_null(strstr(out.data, "\\fBreplay_lsn\\fR (LSN; "));
	strbuf_free(&out);
}

static void every_file_of_a_recording_is_there(void **state)
{
	(void)state;
	StrBuf out = generate("recording");
	assert_non_null(strstr(out.data, ".TP\n.I nodes_more.csv\n"));
	assert_non_null(strstr(out.data, "Columns: time, row, "));
	for (size_t file = TABLE_COUNT; file < RECORD_FILES; file++) {
		RecordColumn columns[RECORD_COLUMNS_MAX];
		size_t count = record_columns((RecordFile)file, columns);
		for (size_t i = 0; i < count; i++)
			assert_non_null(strstr(out.data, columns[i].name));
	}
	strbuf_free(&out);
}

static void the_sample_configuration_has_every_key_commented_out(void **state)
{
	(void)state;
	StrBuf out = generate("config");
	assert_non_null(strstr(out.data, "\n# seconds between samples, 0.1 to 3600\n;delay = 1\n"));
	assert_non_null(strstr(out.data, "\n;host =\n"));
	assert_non_null(strstr(out.data, "\n;cancel = C\n"));
	for (Str rest = strbuf_str(&out); !str_is_none(rest);) {
		Str line = str_cut(&rest, '\n');
		assert_true(line.len == 0 || strchr("#;[", line.data[0]));
		assert_true(line.len <= 120);
	}
	strbuf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_unknown_section_is_refused),
		cmocka_unit_test(the_manual_parts_are_clean_roff),
		cmocka_unit_test(the_options_of_the_command_line_are_there),
		cmocka_unit_test(every_key_and_action_is_there),
		cmocka_unit_test(every_column_is_there_with_its_type),
		cmocka_unit_test(every_file_of_a_recording_is_there),
		cmocka_unit_test(the_sample_configuration_has_every_key_commented_out),
	};
	return cmocka_run_group_tests_name("docgen", tests, NULL, NULL);
}
