#include "view/theme.h"

#include "base/utf8.h"
#include "theme_file_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void the_default_file_is_the_built_in_theme(void **state)
{
	Theme built_in, from_file;
	(void)state;
	theme_init(&built_in, false);
	memset(&from_file, 0x55, sizeof(from_file)); /* so that a line that is missing shows */
	theme_file_apply(&from_file, "default");
	assert_memory_equal(&from_file, &built_in, sizeof(Theme));
}

static void every_style_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int i = 0; i < STYLE_COUNT; i++) {
		assert_non_null(style_name((Style)i));
		assert_non_null(style_help((Style)i));
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
		{"style", "bad", "",
	         "there is no section [style]: expected [styles] or [glyphs]; did you mean \"styles\"?"},
		{"styles", "warnign", "", "there is no style \"warnign\"; did you mean \"warning\"?"},
		{"styles", "bad", "fg=bright-bleu", "did you mean \"blue\"?"},
		{"glyphs", "bar-sendd", "x", "there is no glyph \"bar-sendd\"; did you mean \"bar-send\"?"},
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

static void a_colour_that_is_not_named_is_that_of_normal(void **state)
{
	Theme theme;
	Err err = {""};
	(void)state;
	theme_init(&theme, false);
	assert_true(theme_set(&theme, STR("styles"), STR("ok"), STR("fg=2 bold"), &err));
	assert_true(theme_set(&theme, STR("styles"), STR("dim"), STR("bg=default"), &err));
	assert_true(theme_set(&theme, STR("styles"), STR("selected"), STR("fg=1 bg=3"), &err));
	assert_true(theme_set(&theme, STR("styles"), STR("normal"), STR("fg=0 bg=7 italic"), &err));
	theme_finish(&theme);
	const Look *ok = &theme.looks[STYLE_OK], *dim = &theme.looks[STYLE_DIM];
	assert_true(ok->fg == 2 && ok->bg == 7 && ok->attrs == ATTR_BOLD);
	assert_true(dim->fg == 0 && dim->bg == 7 && dim->attrs == 0);
	assert_true(theme.looks[STYLE_SELECTED].fg == 1 && theme.looks[STYLE_SELECTED].bg == 3);
	/* without colours the background that all have is none */
	theme_remove_colors(&theme);
	assert_false(theme.looks[STYLE_OK].attrs & ATTR_REVERSE);
	assert_true(theme.looks[STYLE_SELECTED].attrs & ATTR_REVERSE);
}

static void every_glyph_is_named(void **state)
{
	const char *name = NULL, *help = NULL;
	size_t count = 0;
	Theme theme;
	Err err = {""};
	(void)state;
	theme_init(&theme, false);
	for (; theme_glyph(count, &name, &help); count++) {
		bool is_spark = strcmp(name, "spark") == 0;
		assert_true(
			theme_set(&theme, STR("glyphs"), str_from(name), is_spark ? STR("aaaaaaaa") : STR("a"), &err));
		assert_true(strlen(help) > 3);
	}
	const uint32_t *glyphs = (const uint32_t *)&theme.glyphs;
	for (size_t i = 0; i < sizeof(Glyphs) / sizeof(uint32_t); i++)
		assert_int_equal(glyphs[i], 'a');
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
		cmocka_unit_test(a_colour_that_is_not_named_is_that_of_normal),
		cmocka_unit_test(every_glyph_is_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
