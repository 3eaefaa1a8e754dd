#include "view/color.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { NONE = COLOR_DEFAULT };

static void contrast_is_that_of_wcag(void **state)
{
	static const struct {
		Rgb a, b;
		double contrast;
	} cases[] = {
		{{0, 0, 0}, {255, 255, 255}, 21},      {{255, 255, 255}, {0, 0, 0}, 21},
		{{12, 34, 56}, {12, 34, 56}, 1},       {{0x76, 0x76, 0x76}, {255, 255, 255}, 4.54},
		{{255, 0, 0}, {255, 255, 255}, 3.998}, {{0, 0, 255}, {255, 255, 255}, 8.59},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		double contrast = color_contrast(cases[i].a, cases[i].b);
		assert_true(contrast > cases[i].contrast - 0.01 && contrast < cases[i].contrast + 0.01);
	}
}

static void the_palette_is_xterms(void **state)
{
	(void)state;
	assert_int_equal(color_distance(color_rgb(1), (Rgb){205, 0, 0}), 0);
	assert_int_equal(color_distance(color_rgb(16), (Rgb){0, 0, 0}), 0);
	assert_int_equal(color_distance(color_rgb(208), (Rgb){255, 135, 0}), 0);
	assert_int_equal(color_distance(color_rgb(231), (Rgb){255, 255, 255}), 0);
	assert_int_equal(color_distance(color_rgb(232), (Rgb){8, 8, 8}), 0);
	assert_int_equal(color_distance(color_rgb(255), (Rgb){238, 238, 238}), 0);
	assert_int_equal(color_distance(color_rgb(COLOR_RGB | 0x123456), (Rgb){0x12, 0x34, 0x56}), 0);
}

static void a_terminal_gets_the_nearest_colour_it_has(void **state)
{
	static const struct {
		Look look;
		int colors;
		Look reduced;
	} cases[] = {
		/* what there is stays */
		{{208, 17, ATTR_DIM}, 256, {208, 17, ATTR_DIM}},
		{{NONE, NONE, ATTR_BOLD}, 8, {NONE, NONE, ATTR_BOLD}},
		{{3, 4, 0}, 8, {3, 4, 0}},
		{{12, 3, 0}, 16, {12, 3, 0}},
		/* of 256 not the first 16, to which people give other colours */
		{{COLOR_RGB | 0xFFFFFF, NONE, 0}, 256, {231, NONE, 0}},
		{{COLOR_RGB | 0xCD0000, NONE, 0}, 256, {160, NONE, 0}},
		{{COLOR_RGB | 0xFE8800, NONE, 0}, 256, {208, NONE, 0}},
		{{COLOR_RGB | 0xFE0000, NONE, 0}, 16, {9, NONE, 0}},
		{{208, NONE, 0}, 88, {3, NONE, 0}},
		/* with eight, bold makes a foreground bright, and a background is what it can be */
		{{9, NONE, 0}, 8, {1, NONE, ATTR_BOLD}},
		{{COLOR_RGB | 0xFF0000, NONE, ATTR_UNDERLINE}, 8, {1, NONE, ATTR_BOLD | ATTR_UNDERLINE}},
		{{COLOR_RGB | 0xCC0000, NONE, 0}, 8, {1, NONE, 0}},
		{{NONE, 12, 0}, 8, {NONE, 4, 0}},
		/* what would become the same becomes black or white */
		{{COLOR_RGB | 0x3A3A3A, COLOR_RGB | 0x00AF5F, 0}, 8, {0, 2, 0}},
		{{COLOR_RGB | 0x005F5F, COLOR_RGB | 0x00AFAF, 0}, 8, {0, 6, 0}},
		{{COLOR_RGB | 0x00005F, COLOR_RGB | 0x5F5FD7, 0}, 8, {7, 4, 0}},
		/* a gray does not become a colour */
		{{COLOR_RGB | 0x1C1C1C, COLOR_RGB | 0x767676, 0}, 8, {0, 7, 0}},
		{{NONE, COLOR_RGB | 0x767676, 0}, 16, {NONE, 8, 0}},
		/* what nobody could read before is as it was meant */
		{{1, 1, 0}, 8, {1, 1, 0}},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		Look look = color_reduce(cases[i].look, cases[i].colors);
		if (look.fg != cases[i].reduced.fg || look.bg != cases[i].reduced.bg ||
		    look.attrs != cases[i].reduced.attrs)
			fail_msg("case %zu: got fg %d, bg %d, attributes %u", i, look.fg, look.bg, look.attrs);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(contrast_is_that_of_wcag),
		cmocka_unit_test(the_palette_is_xterms),
		cmocka_unit_test(a_terminal_gets_the_nearest_colour_it_has),
	};
	return cmocka_run_group_tests_name("color", tests, NULL, NULL);
}
