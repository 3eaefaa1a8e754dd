#include "view/theme.h"

#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void read_theme(const char *path, StrBuf *out)
{
	char chunk[4096];
	size_t got;
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	while ((got = fread(chunk, 1, sizeof(chunk), file)) > 0)
		strbuf_add(out, (Str){chunk, got});
	fclose(file);
}

/* Each line of the file goes through theme_set(), as the program does it; returns how many. */
static size_t apply(Theme *theme, Str text)
{
	Str section = STR_NONE;
	size_t count = 0;
	for (Str rest = text; rest.len > 0;) {
		Str line = str_trim(str_cut(&rest, '\n'));
		if (line.len == 0 || line.data[0] == ';')
			continue;
		if (line.data[0] == '[') {
			section = str_sub(line, 1, line.len - 1);
			continue;
		}
		Err err = {""};
		Str value = line;
		Str key = str_trim(str_cut(&value, '='));
		if (!theme_set(theme, section, key, str_trim(value), &err))
			fail_msg("%.*s: %s", STR_ARG(line), err.text);
		count++;
	}
	return count;
}

static void the_default_file_is_the_built_in_theme(void **state)
{
	const char *folder = getenv("THEME_DIR");
	char path[512];
	StrBuf text = {0};
	Theme built_in, from_file;
	(void)state;
	snprintf(path, sizeof(path), "%s/default.ini", folder ? folder : "themes");
	read_theme(path, &text);
	theme_init(&built_in, false);
	memset(&from_file, 0x55, sizeof(from_file)); /* so that a line that is missing shows */
	apply(&from_file, strbuf_str(&text));
	assert_memory_equal(&from_file, &built_in, sizeof(Theme));
	strbuf_free(&text);
}

static void every_style_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int i = 0; i < STYLE_COUNT; i++) {
		assert_non_null(style_name((Style)i));
		for (int j = 0; j < i; j++)
			assert_string_not_equal(style_name((Style)i), style_name((Style)j));
	}
}

static void check_glyphs(const Theme *theme, uint32_t below)
{
	const uint32_t *glyphs = (const uint32_t *)&theme->glyphs;
	for (size_t i = 0; i < sizeof(Glyphs) / sizeof(uint32_t); i++) {
		assert_int_equal(utf8_width(glyphs[i]), 1);
		assert_false(utf8_is_unsafe(glyphs[i]));
		assert_true(glyphs[i] < below);
	}
	const Glyphs *g = &theme->glyphs;
	const uint32_t bar[] = {g->bar_send, g->bar_network, g->bar_disk, g->bar_replay, g->bar_plain, g->bar_empty};
	for (size_t i = 0; i < 6; i++) {
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(bar[i], bar[j]);
	}
}

static void glyphs_are_single_columns_and_bars_differ_in_shape(void **state)
{
	Theme theme;
	(void)state;
	theme_init(&theme, false);
	check_glyphs(&theme, 0x110000);
	theme_use_ascii(&theme);
	check_glyphs(&theme, 0x7F);
	theme_init(&theme, true);
	check_glyphs(&theme, 0x7F);
}

static void styles_are_read_from_words(void **state)
{
	static const struct {
		const char *value;
		Look look;
	} cases[] = {
		{"", {COLOR_DEFAULT, COLOR_DEFAULT, 0}},
		{"fg=cyan bg=default bold", {6, COLOR_DEFAULT, ATTR_BOLD}},
		{"  dim  underline ", {COLOR_DEFAULT, COLOR_DEFAULT, ATTR_DIM | ATTR_UNDERLINE}},
		{"fg=bright-red bg=250 reverse italic", {9, 250, ATTR_REVERSE | ATTR_ITALIC}},
		{"fg=#0a1B2c", {COLOR_RGB | 0x0A1B2C, COLOR_DEFAULT, 0}},
	};
	Theme theme;
	Err err = {""};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		theme_init(&theme, false);
		assert_true(theme_set(&theme, STR("styles"), STR("bad"), str_from(cases[i].value), &err));
		assert_int_equal(theme.looks[STYLE_BAD].fg, cases[i].look.fg);
		assert_int_equal(theme.looks[STYLE_BAD].bg, cases[i].look.bg);
		assert_int_equal(theme.looks[STYLE_BAD].attrs, cases[i].look.attrs);
	}
}

static void glyphs_are_read_as_characters_numbers_or_space(void **state)
{
	Theme theme;
	Err err = {""};
	(void)state;
	theme_init(&theme, false);
	assert_true(theme_set(&theme, STR("glyphs"), STR("bar-send"), STR("#"), &err));
	assert_int_equal(theme.glyphs.bar_send, '#');
	assert_true(theme_set(&theme, STR("glyphs"), STR("bar-send"), STR("U+25A0"), &err));
	assert_int_equal(theme.glyphs.bar_send, 0x25A0);
	assert_true(theme_set(&theme, STR("glyphs"), STR("bar-send"), STR("space"), &err));
	assert_int_equal(theme.glyphs.bar_send, ' ');
	assert_true(theme_set(&theme, STR("glyphs"), STR("spark"), STR("abcdefgh"), &err));
	assert_int_equal(theme.glyphs.spark[7], 'h');
}

static void what_is_wrong_is_named_and_changes_nothing(void **state)
{
	static const struct {
		const char *section, *key, *value, *says;
	} cases[] = {
		{"colors", "bad", "", "[colors]"},
		{"styles", "worse", "", "\"worse\""},
		{"styles", "bad", "blinking", "\"blinking\""},
		{"styles", "bad", "fg=pink", "\"pink\""},
		{"styles", "bad", "fg=256", "\"256\""},
		{"styles", "bad", "fg=#12345", "\"#12345\""},
		{"styles", "bad", "bold bg=", "colour"},
		{"glyphs", "corner", "x", "\"corner\""},
		{"glyphs", "vertical", "", "one character"},
		{"glyphs", "vertical", "ab", "one character"},
		{"glyphs", "vertical", "\xe6\x9d\xb1", "one character"},
		{"glyphs", "vertical", "\033", "one character"},
		{"glyphs", "vertical", "U+FFFFFFF", "one character"},
		{"glyphs", "spark", "abcdefg", "eight"},
		{"glyphs", "spark", "abcdefghi", "eight"},
	};
	Theme theme, before;
	(void)state;
	theme_init(&before, false);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		Err err = {""};
		theme_init(&theme, false);
		assert_false(theme_set(&theme, str_from(cases[i].section), str_from(cases[i].key),
		                       str_from(cases[i].value), &err));
		assert_non_null(strstr(err.text, cases[i].says));
		assert_memory_equal(&theme, &before, sizeof(theme));
	}
}

static void without_colours_the_important_is_still_told_apart(void **state)
{
	Theme theme;
	(void)state;
	theme_init(&theme, false);
	theme_remove_colors(&theme);
	for (int i = 0; i < STYLE_COUNT; i++) {
		assert_int_equal(theme.looks[i].fg, COLOR_DEFAULT);
		assert_int_equal(theme.looks[i].bg, COLOR_DEFAULT);
	}
	assert_true(theme.looks[STYLE_SELECTED].attrs & ATTR_REVERSE);
	assert_false(theme.looks[STYLE_SELECTED_OFF].attrs & ATTR_REVERSE);
	assert_int_not_equal(theme.looks[STYLE_SELECTED_OFF].attrs, theme.looks[STYLE_NORMAL].attrs);
	assert_int_not_equal(theme.looks[STYLE_BAD].attrs, theme.looks[STYLE_NORMAL].attrs);
	assert_true(theme.looks[STYLE_MESSAGE_BAD].attrs & ATTR_REVERSE);
	assert_true(theme.looks[STYLE_DIALOG].attrs & ATTR_REVERSE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_default_file_is_the_built_in_theme),
		cmocka_unit_test(every_style_has_a_name_of_its_own),
		cmocka_unit_test(glyphs_are_single_columns_and_bars_differ_in_shape),
		cmocka_unit_test(styles_are_read_from_words),
		cmocka_unit_test(glyphs_are_read_as_characters_numbers_or_space),
		cmocka_unit_test(what_is_wrong_is_named_and_changes_nothing),
		cmocka_unit_test(without_colours_the_important_is_still_told_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
