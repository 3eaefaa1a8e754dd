/* What is promised of the themes that come with the program: they can be read, in any number of colours, and tell nothing
 * by colour alone. */
#include "theme_file_fixture.h"

#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { TRUE_COLOR = 1 << 24 };

typedef struct Promise {
	const char *name;
	double text; /* contrast of text with what it stands on, in true colour and 256 colours; 0 = the terminal's own */
	double graphics; /* of lines and bars */
	bool colors;
} Promise;

static const Promise promises[] = {
	{"colorblind", 4.5, 3, true}, {"default", 0, 0, true}, {"high-contrast", 7, 7, true},
	{"light", 4.5, 3, true},      {"mono", 0, 0, false},   {"solarized", 3, 1.9, true},
};

static void load(Theme *theme, const char *name)
{
	theme_init(theme, false);
	theme_file_apply(theme, name);
	theme_finish(theme);
}

static bool is_graphics(int style)
{
	return style == STYLE_SEPARATOR || (style >= STYLE_BAR_SEND && style <= STYLE_BAR_FRAME);
}

static void every_theme_that_is_shipped_is_looked_at(void **state)
{
	const char *folder = getenv("THEME_DIR");
	size_t count = 0;
	(void)state;
	DIR *dir = opendir(folder ? folder : "themes");
	assert_non_null(dir);
	for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
		if (!str_ends(str_from(entry->d_name), STR(".ini")))
			continue;
		size_t i = 0;
		while (i < COUNT(promises) && strncmp(promises[i].name, entry->d_name, strlen(entry->d_name) - 4) != 0)
			i++;
		if (i == COUNT(promises))
			fail_msg("%s: nothing is promised of it", entry->d_name);
		count++;
	}
	closedir(dir);
	assert_int_equal(count, COUNT(promises));
}

static void check_contrast(const Promise *promise, int colors)
{
	Theme theme;
	load(&theme, promise->name);
	for (int style = 0; style < STYLE_COUNT; style++) {
		Look look = theme.looks[style];
		if (colors < TRUE_COLOR)
			look = color_reduce(look, colors);
		assert_true(look.fg != COLOR_DEFAULT && look.bg != COLOR_DEFAULT);
		double contrast = color_contrast(color_rgb(look.fg), color_rgb(look.bg));
		double wanted = is_graphics(style) ? promise->graphics : promise->text;
		if (colors < 256 && wanted > 3)
			wanted = 3;
		if (contrast < wanted)
			fail_msg("%s with %d colours: %s has a contrast of %.2f, not %.1f", promise->name, colors,
			         style_name((Style)style), contrast, wanted);
	}
}

static void text_can_be_read_with_any_number_of_colours(void **state)
{
	static const int colors[] = {TRUE_COLOR, 256, 88, 16, 8};
	(void)state;
	for (size_t i = 0; i < COUNT(promises); i++) {
		for (size_t k = 0; k < COUNT(colors) && promises[i].text > 0; k++)
			check_contrast(&promises[i], colors[k]);
	}
}

/* Terminals show dim text at half of what the theme says. */
static void themes_that_promise_contrast_dim_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(promises); i++) {
		Theme theme;
		load(&theme, promises[i].name);
		for (int style = 0; style < STYLE_COUNT && promises[i].text > 0; style++)
			assert_false(theme.looks[style].attrs & ATTR_DIM);
	}
}

static void the_theme_without_colours_has_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(promises); i++) {
		Theme theme;
		size_t colored = 0;
		load(&theme, promises[i].name);
		for (int style = 0; style < STYLE_COUNT; style++)
			colored += theme.looks[style].fg != COLOR_DEFAULT || theme.looks[style].bg != COLOR_DEFAULT;
		assert_int_equal(colored > 0, promises[i].colors);
	}
}

/* With all colours taken away: the cursor, what is bad, what must not be missed, and boxes. */
static void nothing_is_told_by_colour_alone(void **state)
{
	static const Style pairs[][2] = {
		{STYLE_BAD, STYLE_OK},
		{STYLE_BAD, STYLE_NORMAL},
		{STYLE_WARNING, STYLE_OK},
		{STYLE_SELECTED, STYLE_NORMAL},
		{STYLE_SELECTED_OFF, STYLE_NORMAL},
		{STYLE_SELECTED, STYLE_SELECTED_OFF},
		{STYLE_ALARM, STYLE_NORMAL},
		{STYLE_MESSAGE_BAD, STYLE_MESSAGE},
		{STYLE_DIALOG, STYLE_NORMAL},
		{STYLE_COLUMN, STYLE_NORMAL},
		{STYLE_COLUMN_SORT, STYLE_COLUMN},
		{STYLE_KEY, STYLE_KEY_LABEL},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(promises); i++) {
		Theme theme;
		load(&theme, promises[i].name);
		theme_remove_colors(&theme);
		for (size_t k = 0; k < COUNT(pairs); k++) {
			if (theme.looks[pairs[k][0]].attrs == theme.looks[pairs[k][1]].attrs)
				fail_msg("%s: %s looks as %s does", promises[i].name, style_name(pairs[k][0]),
				         style_name(pairs[k][1]));
		}
	}
}

/* ---- as people with red-green blindness see it ---- */

typedef struct Vision {
	const char *name;
	double matrix[3][3]; /* of linear RGB; Machado, Oliveira and Fernandes 2009, severity 1.0 */
} Vision;

static const Vision visions[] = {
	{"usual", {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}},
	{"protanopia",
         {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}}},
	{"deuteranopia",
         {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}}},
};

static double linear(int level)
{
	double part = level / 255.0;
	return part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4);
}

static double lab_part(double t)
{
	return t > 216.0 / 24389 ? cbrt(t) : t * 24389 / 27 / 116 + 16.0 / 116;
}

/* CIE L*a*b* of a colour as it is seen. */
static void see(const Vision *vision, Rgb rgb, double lab[3])
{
	const double in[3] = {linear(rgb.r), linear(rgb.g), linear(rgb.b)};
	double out[3];
	for (int i = 0; i < 3; i++) {
		out[i] = 0;
		for (int k = 0; k < 3; k++)
			out[i] += vision->matrix[i][k] * in[k];
		out[i] = fmin(fmax(out[i], 0), 1);
	}
	double x = lab_part((0.4124 * out[0] + 0.3576 * out[1] + 0.1805 * out[2]) / 0.9505);
	double y = lab_part(0.2126 * out[0] + 0.7152 * out[1] + 0.0722 * out[2]);
	double z = lab_part((0.0193 * out[0] + 0.1192 * out[1] + 0.9505 * out[2]) / 1.089);
	lab[0] = 116 * y - 16;
	lab[1] = 500 * (x - y);
	lab[2] = 200 * (y - z);
}

/* What meets the eye of a style: its background, where it has one of its own. */
static Rgb seen_of(const Theme *theme, Style style)
{
	const Look *look = &theme->looks[style];
	return color_rgb(look->bg != theme->looks[STYLE_NORMAL].bg ? look->bg : look->fg);
}

static double difference(const Vision *vision, Rgb a, Rgb b)
{
	double la[3], lb[3];
	see(vision, a, la);
	see(vision, b, lb);
	return sqrt(pow(la[0] - lb[0], 2) + pow(la[1] - lb[1], 2) + pow(la[2] - lb[2], 2));
}

static void check_told_apart(const Theme *theme, const Vision *vision, const Style *styles, size_t count)
{
	enum { CLEAR = 20 }; /* 2.3 can just be told apart side by side */
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < i; k++) {
			double delta = difference(vision, seen_of(theme, styles[i]), seen_of(theme, styles[k]));
			if (delta < CLEAR)
				fail_msg("%s: %s and %s differ by %.1f", vision->name, style_name(styles[i]),
				         style_name(styles[k]), delta);
		}
	}
}

static void the_colorblind_theme_can_be_told_apart_by_all(void **state)
{
	static const Style states[] = {STYLE_OK, STYLE_WARNING, STYLE_BAD, STYLE_NORMAL};
	static const Style bars[] = {STYLE_BAR_SEND, STYLE_BAR_NETWORK, STYLE_BAR_DISK, STYLE_BAR_REPLAY};
	Theme theme;
	(void)state;
	load(&theme, "colorblind");
	for (size_t i = 0; i < COUNT(visions); i++) {
		check_told_apart(&theme, &visions[i], states, COUNT(states));
		check_told_apart(&theme, &visions[i], bars, COUNT(bars));
	}
}

/* So that the test above is known to find what it looks for. */
static void red_and_green_of_one_brightness_are_the_same_to_some(void **state)
{
	const Rgb red = {0xB0, 0x50, 0x00}, green = {0x70, 0x70, 0x00};
	(void)state;
	assert_true(difference(&visions[0], red, green) > 35);
	assert_true(difference(&visions[2], red, green) < 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_theme_that_is_shipped_is_looked_at),
		cmocka_unit_test(text_can_be_read_with_any_number_of_colours),
		cmocka_unit_test(themes_that_promise_contrast_dim_nothing),
		cmocka_unit_test(the_theme_without_colours_has_none),
		cmocka_unit_test(nothing_is_told_by_colour_alone),
		cmocka_unit_test(the_colorblind_theme_can_be_told_apart_by_all),
		cmocka_unit_test(red_and_green_of_one_brightness_are_the_same_to_some),
	};
	return cmocka_run_group_tests_name("theme files", tests, NULL, NULL);
}
