#include "app/themes.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const ThemeWants ALL = {false, false};

/* The user's home, with a folder for themes. */
static int home_setup(void **state)
{
	static char home[64]; /* NOLINT(cppcoreguidelines-avoid-non-const-global-variables) */
	static const char *const folders[] = {".config", ".config/pgrepltop", ".config/pgrepltop/themes"};
	char path[256];
	snprintf(home, sizeof(home), "/tmp/pgrepltop-themes-XXXXXX");
	if (!mkdtemp(home))
		return -1;
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", home, folders[i]);
		if (mkdir(path, 0700) != 0)
			return -1;
	}
	setenv("HOME", home, 1);
	unsetenv("XDG_CONFIG_HOME");
	*state = home;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static int home_teardown(void **state)
{
	return nftw(*state, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void write_theme(const char *home, const char *name, const char *text, char *path, size_t size)
{
	snprintf(path, size, "%s/.config/pgrepltop/themes/%s.ini", home, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void assert_is_default(const Theme *theme)
{
	Theme built_in;
	theme_init(&built_in, false);
	theme_finish(&built_in);
	assert_memory_equal(theme, &built_in, sizeof(built_in));
}

static void a_theme_is_found_by_name_and_by_path(void **state)
{
	char path[256];
	Theme theme;
	Problems problems = {0};
	write_theme(*state, "mine", "[styles]\nnormal = bg=7\ntitle = fg=#112233 bold\n[glyphs]\nbar-send = U+0058\n",
	            path, sizeof(path));
	assert_true(themes_load(&theme, "mine", ALL, &problems));
	assert_int_equal(theme.looks[STYLE_TITLE].fg, COLOR_RGB | 0x112233);
	assert_int_equal(theme.looks[STYLE_TITLE].bg, 7);
	assert_int_equal(theme.glyphs.bar_send, 'X');
	assert_true(themes_load(&theme, path, ALL, &problems));
	assert_int_equal(theme.glyphs.bar_send, 'X');
	assert_true(themes_load(&theme, "default", ALL, &problems));
	assert_is_default(&theme);
	assert_int_equal(problems_count(&problems), 0);
}

static void a_theme_can_be_had_without_colours_and_in_ascii(void **state)
{
	char path[256];
	Theme theme;
	Problems problems = {0};
	write_theme(*state, "mine", "[styles]\nbad = fg=1 bg=2\n[glyphs]\nbar-send = U+25A0\n", path, sizeof(path));
	assert_true(themes_load(&theme, "mine", (ThemeWants){.ascii = true, .no_color = true}, &problems));
	assert_int_equal(theme.looks[STYLE_BAD].fg, COLOR_DEFAULT);
	assert_int_equal(theme.looks[STYLE_BAD].attrs, ATTR_REVERSE);
	assert_int_equal(theme.glyphs.bar_send, '#');
	assert_int_equal(theme.glyphs.tree_branch, '|');
}

static void of_a_wrong_theme_every_line_is_named_and_the_default_is_used(void **state)
{
	char path[256];
	Theme theme;
	Problems problems = {0};
	write_theme(
		*state, "mine",
		"[styles]\n\ntitle = fg=pink\nok = fg=green\n[glyhps]\nvertical = x\n[glyphs]\nvertical = xy\nnonsense\n",
		path, sizeof(path));
	assert_false(themes_load(&theme, "mine", ALL, &problems));
	assert_is_default(&theme);
	assert_int_equal(problems.nerrors, 4);
	StrBuf expected = {0};
	strbuf_addf(&expected, "%s:9: expected [SECTION], KEY = VALUE or a comment\n", path);
	strbuf_addf(
		&expected,
		"%s:3: key \"title\" in [styles]: \"pink\" is no colour: expected default, black, red, green, yellow, "
		"blue, magenta, cyan, white, the same with bright- before it, 0 to 255, or #rrggbb\n",
		path);
	strbuf_addf(
		&expected,
		"%s:6: key \"vertical\" in [glyhps]: there is no section [glyhps]: expected [styles] or [glyphs]; did "
		"you mean \"glyphs\"?\n",
		path);
	strbuf_addf(
		&expected,
		"%s:8: key \"vertical\" in [glyphs]: \"xy\": expected one character of one column, U+XXXX or space\n",
		path);
	assert_string_equal(problems.text.data, expected.data);
	problems_free(&problems);
	strbuf_free(&expected);
}

static void a_theme_that_is_not_there_is_named_with_one_that_is(void **state)
{
	char path[256];
	Theme theme;
	Problems problems = {0};
	write_theme(*state, "solarized", "", path, sizeof(path));
	assert_false(themes_load(&theme, "solarised", ALL, &problems));
	assert_is_default(&theme);
	Str text = problems_first(&problems);
	assert_true(str_starts(
		text,
		STR("there is no theme \"solarised\"; did you mean \"solarized\"? (looked for /tmp/pgrepltop-themes-")));
	assert_true(str_find(text, STR("/themes/solarised.ini, ")) != SIZE_MAX);
	problems_free(&problems);
	assert_false(themes_load(&theme, "/no/such.ini", ALL, &problems));
	assert_string_equal(problems.text.data, "there is no theme \"/no/such.ini\" (looked for /no/such.ini)\n");
	problems_free(&problems);
}

static void all_themes_are_listed_in_order(void **state)
{
	char path[256];
	Arena arena = {0};
	Str *names = NULL;
	write_theme(*state, "mine", "", path, sizeof(path));
	write_theme(*state, "light", "", path, sizeof(path));
	write_theme(*state, ".hidden", "", path, sizeof(path));
	size_t count = themes_list(&arena, &names);
	size_t mine = 0, light = 0, builtin = 0;
	for (size_t i = 0; i < count; i++) {
		mine += str_eq(names[i], STR("mine"));
		light += str_eq(names[i], STR("light"));
		builtin += str_eq(names[i], STR("default"));
		assert_false(str_starts(names[i], STR(".")));
		assert_true(i == 0 || str_cmp(names[i - 1], names[i]) < 0);
	}
	assert_int_equal(mine, 1);
	assert_int_equal(light, 1);
	assert_int_equal(builtin, 1);
	arena_free(&arena);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, home_setup, home_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_theme_is_found_by_name_and_by_path),
		TEST(a_theme_can_be_had_without_colours_and_in_ascii),
		TEST(of_a_wrong_theme_every_line_is_named_and_the_default_is_used),
		TEST(a_theme_that_is_not_there_is_named_with_one_that_is),
		TEST(all_themes_are_listed_in_order),
	};
	return cmocka_run_group_tests_name("themes", tests, NULL, NULL);
}
