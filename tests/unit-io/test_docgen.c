#include "app/docgen.h"

#include "app/options.h"
#include "model/metric.h"
#include "model/record.h"
#include "view/keymap.h"
#include "view/theme.h"

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
	static const char *const parts[] = {"options", "keys", "columns", "settings", "actions", "styles", "glyphs"};
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

static void every_key_of_the_configuration_is_in_its_manual_and_in_the_sample(void **state)
{
	(void)state;
	StrBuf settings = generate("settings");
	StrBuf config = generate("config");
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const Option *option = &OPTIONS[i];
		StrBuf text = {0};
		if (!option->key)
			continue;
		assert_names(&settings, option->key);
		strbuf_addf(&text, "\n[%s]\n", option->section);
		assert_non_null(strstr(config.data, text.data));
		strbuf_clear(&text);
		strbuf_addf(&text, "\n;%s =", option->key);
		assert_non_null(strstr(config.data, text.data));
		strbuf_free(&text);
	}
	assert_true(str_starts(strbuf_str(&settings), STR(".SS [pgrepltop]\n")));
	assert_non_null(strstr(settings.data, "\\fBascii\\fR = \\fByes\\fR | \\fBno\\fR (default: \\fBno\\fR)\n"));
	assert_non_null(strstr(settings.data, "\\fBdelay\\fR = \\fISECONDS\\fR (default: \\fB1\\fR)\n"));
	strbuf_free(&settings);
	strbuf_free(&config);
}

static void every_style_and_glyph_is_explained(void **state)
{
	(void)state;
	StrBuf styles = generate("styles");
	StrBuf glyphs = generate("glyphs");
	const char *name = NULL, *help = NULL;
	for (int i = 0; i < STYLE_COUNT; i++)
		assert_names(&styles, style_name((Style)i));
	for (size_t i = 0; theme_glyph(i, &name, &help); i++)
		assert_names(&glyphs, name);
	strbuf_free(&styles);
	strbuf_free(&glyphs);
}

/* What the shells make of it is tested by them, in tests/tui. */
static void every_option_can_be_completed(void **state)
{
	(void)state;
	StrBuf bash = generate("bash");
	StrBuf zsh = generate("zsh");
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const Option *option = &OPTIONS[i];
		StrBuf name = {0};
		strbuf_addf(&name, "--%s", option->long_name);
		bool expected = option->group != NULL;
		assert_true((strstr(bash.data, name.data) != NULL) == expected ||
		            strcmp(option->long_name, "docgen") == 0);
		assert_true((strstr(zsh.data, name.data) != NULL) == expected ||
		            strcmp(option->long_name, "docgen") == 0);
		/* words that nobody can be offered would be forgotten words */
		assert_true((option->completes == COMPLETE_WORDS) == (option->words != NULL));
		strbuf_free(&name);
	}
	assert_null(strstr(zsh.data, "'--docgen"));
	strbuf_free(&bash);
	strbuf_free(&zsh);
}

static void the_names_of_themes_are_lines(void **state)
{
	(void)state;
	StrBuf out = generate("themes");
	assert_true(str_starts(strbuf_str(&out), STR("default\n")) || strstr(out.data, "\ndefault\n"));
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
		cmocka_unit_test(every_key_of_the_configuration_is_in_its_manual_and_in_the_sample),
		cmocka_unit_test(every_style_and_glyph_is_explained),
		cmocka_unit_test(every_option_can_be_completed),
		cmocka_unit_test(the_names_of_themes_are_lines),
		cmocka_unit_test(every_file_of_a_recording_is_there),
		cmocka_unit_test(the_sample_configuration_has_every_key_commented_out),
	};
	return cmocka_run_group_tests_name("docgen", tests, NULL, NULL);
}
