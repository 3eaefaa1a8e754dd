#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define FFFD "\xEF\xBF\xBD"
#define ACUTE "\xCC\x81" /* combining acute accent, U+0301 */

static uint64_t xorshift(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* Asserts that all of `s` is UTF-8 (a U+FFFD must stand there as such), holds nothing unsafe and no combining mark
 * but right after a base. */
static void assert_safe(Str s)
{
	bool after_base = false;
	for (size_t at = 0; at < s.len;) {
		uint32_t code_point = 0;
		size_t used = utf8_decode(str_sub(s, at, s.len), &code_point);
		if (code_point == UTF8_REPLACEMENT)
			assert_true(str_eq(str_sub(s, at, at + used), STR(FFFD)));
		assert_false(utf8_is_unsafe(code_point));
		bool is_mark = utf8_width(code_point) == 0;
		assert_true(!is_mark || after_base);
		after_base = !is_mark;
		at += used;
	}
}

static void decode_gives_code_points_and_their_length(void **state)
{
	(void)state;
	static const struct {
		Str s;
		uint32_t code_point;
		size_t used;
	} cases[] = {
		{STR_INIT("a"), 'a', 1},
		{STR_INIT("\0"), 0, 1},
		{STR_INIT("\x7F"), 0x7F, 1},
		{STR_INIT("\xC2\x80"), 0x80, 2},
		{STR_INIT("\xDF\xBF"), 0x7FF, 2},
		{STR_INIT("\xE0\xA0\x80"), 0x800, 3},
		{STR_INIT("\xED\x9F\xBF"), 0xD7FF, 3},
		{STR_INIT("\xEE\x80\x80"), 0xE000, 3},
		{STR_INIT("\xEF\xBF\xBD"), UTF8_REPLACEMENT, 3},
		{STR_INIT("\xEF\xBF\xBF"), 0xFFFF, 3},
		{STR_INIT("\xF0\x90\x80\x80"), 0x10000, 4},
		{STR_INIT("\xF4\x8F\xBF\xBF"), 0x10FFFF, 4},
		{STR_INIT("\xF0\x9F\x90\x98zz"), 0x1F418, 4},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint32_t code_point = 0xAAAA;
		assert_int_equal(utf8_decode(cases[i].s, &code_point), cases[i].used);
		assert_int_equal(code_point, cases[i].code_point);
	}
}

static void decode_uses_the_maximal_invalid_part(void **state)
{
	(void)state;
	static const struct {
		Str s;
		size_t used;
	} cases[] = {
		{STR_INIT("\x80"), 1}, /* stray continuation */
		{STR_INIT("\xBF\x80"), 1},
		{STR_INIT("\xC0\x80"), 1}, /* overlong NUL */
		{STR_INIT("\xC1\xBF"), 1},
		{STR_INIT("\xE0\x80\x80"), 1}, /* overlong, three bytes */
		{STR_INIT("\xE0\x9F\xBF"), 1},
		{STR_INIT("\xF0\x80\x80\x80"), 1}, /* overlong, four bytes */
		{STR_INIT("\xF0\x8F\xBF\xBF"), 1},
		{STR_INIT("\xED\xA0\x80"), 1}, /* surrogates */
		{STR_INIT("\xED\xBF\xBF"), 1},
		{STR_INIT("\xF4\x90\x80\x80"), 1}, /* above U+10FFFF */
		{STR_INIT("\xF5\x80\x80\x80"), 1},
		{STR_INIT("\xFE"), 1},
		{STR_INIT("\xFF"), 1},
		{STR_INIT("\xC3"), 1}, /* cut by the end */
		{STR_INIT("\xE2\x82"), 2},
		{STR_INIT("\xF0\x9F\x90"), 3},
		{STR_INIT("\xC3"
	                  "a"),
	         1}, /* cut by another character */
		{STR_INIT("\xE2\x82"
	                  "a"),
	         2},
		{STR_INIT("\xF0\x9F\x90"
	                  "a"),
	         3},
		{STR_INIT("\xF0\x9F\xC3\xA9"), 2},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint32_t code_point = 0xAAAA;
		assert_int_equal(utf8_decode(cases[i].s, &code_point), cases[i].used);
		assert_int_equal(code_point, UTF8_REPLACEMENT);
	}
}

static void every_code_point_makes_the_round_trip(void **state)
{
	(void)state;
	for (uint32_t c = 0; c <= 0x10FFFF; c++) {
		char bytes[4];
		size_t len = utf8_encode(c, bytes);
		uint32_t back = 0;
		bool surrogate = c >= 0xD800 && c <= 0xDFFF;
		/* cmocka's asserts are too slow for a million rounds. */
		if (utf8_decode((Str){bytes, len}, &back) != len || back != (surrogate ? UTF8_REPLACEMENT : c))
			fail_msg("U+%04X came back as U+%04X", (unsigned)c, (unsigned)back);
	}
}

static void encode_writes_what_is_no_code_point_as_replacement(void **state)
{
	(void)state;
	static const uint32_t bad[] = {0xD800, 0xDFFF, 0x110000, UINT32_MAX};
	for (size_t i = 0; i < COUNT(bad); i++) {
		char bytes[4];
		assert_int_equal(utf8_encode(bad[i], bytes), 3);
		assert_memory_equal(bytes, FFFD, 3);
	}
}

static void width_is_that_of_wcwidth(void **state)
{
	(void)state;
	static const struct {
		uint32_t code_point;
		int width;
	} cases[] = {
		{0x00, 0},    {0x1B, 0},    {0x7F, 0},    {0x9F, 0},               /* controls */
		{' ', 1},     {'a', 1},     {0xA0, 1},    {0xAD, 1},    {0xE9, 1}, /* Latin; soft hyphen is drawn */
		{0x2FF, 1},   {0x300, 0},   {0x36F, 0},   {0x370, 1}, /* edges of the first combining range */
		{0x483, 0},   {0x5BE, 1},   {0x605, 1},   {0x64B, 0},   {0xE31, 0},  /* other scripts' marks */
		{0x10FF, 1},  {0x1100, 2},  {0x115F, 2},  {0x1160, 0},  {0x11FF, 0}, /* conjoining Hangul */
		{0x200B, 0},  {0x200D, 0},  {0x202E, 0},  {0x2066, 0},  {0xFEFF, 0}, /* invisible */
		{0xFE0F, 0},  {0xE0001, 0}, {0xE01EF, 0},                            /* variation selectors, tags */
		{0x20D0, 0},  {0x20AC, 1},  {0x2500, 1},  {0x2588, 1},  {0x2800, 1}, /* symbols, lines, Braille */
		{0x231A, 2},  {0x2713, 1},  {0x2705, 2},  {0x2B50, 2},               /* emoji presentation or not */
		{0x2E80, 2},  {0x3000, 2},  {0x302A, 0},  {0x303F, 1},  {0x3042, 2}, /* CJK */
		{0x3099, 0},  {0x4E2D, 2},  {0x4DC0, 2},  {0x9FFF, 2},  {0xA4CF, 1},  {0xAC00, 2},   {0xD7A3, 2},
		{0xFF01, 2},  {0xFF61, 1},  {0xFFE6, 2},  {0xFFFD, 1},  {0xE000, 1},  {0x10FFFD, 1}, /* private use */
		{0x1F1E6, 1}, {0x1F3FB, 2}, {0x1F418, 2}, {0x1F600, 2}, {0x1F321, 1}, {0x20000, 2},  {0x3FFFD, 2},
		{0x40000, 1},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (utf8_width(cases[i].code_point) != cases[i].width)
			fail_msg("U+%04X is not %d wide", (unsigned)cases[i].code_point, cases[i].width);
	}
}

static void columns_are_the_sum_of_the_widths(void **state)
{
	(void)state;
	static const struct {
		Str s;
		size_t columns;
	} cases[] = {
		{STR_INIT(""), 0},
		{{NULL, 0}, 0},
		{STR_INIT("standby_1"), 9},
		{STR_INIT("e" ACUTE), 1},
		{STR_INIT("\xE4\xB8\xAD\xE6\x96\x87"), 4},
		{STR_INIT("a\xF0\x9F\x90\x98z"), 4},
		{STR_INIT("\xFF\xFF"), 2}, /* as two U+FFFD */
		{STR_INIT("\x1B[m"), 2},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(utf8_columns(cases[i].s), cases[i].columns);
}

static void unsafe_are_controls_bidi_and_the_invisible(void **state)
{
	(void)state;
	static const uint32_t bad[] = {
		0x00,    '\t',    '\n',    0x1B,    0x1F,    0x7F,     0x80,     0x9B,       0x9F,   0xAD,
		0x34F,   0x61C,   0x115F,  0x1160,  0x180E,  0x200B,   0x200C,   0x200D,     0x200E, 0x200F,
		0x2028,  0x2029,  0x202A,  0x202E,  0x2060,  0x2064,   0x2066,   0x2069,     0x206F, 0x3164,
		0xFE0F,  0xFEFF,  0xFFA0,  0xFFF9,  0xD800,  0xDFFF,   0xFDD0,   0xFFFE,     0xFFFF, 0x1FFFE,
		0xE0001, 0xE0041, 0xE007F, 0xE0100, 0x1D173, 0x10FFFF, 0x110000, UINT32_MAX,
	};
	static const uint32_t good[] = {
		' ',    '~',    0xA0,   0xA1,   0x301,  0x600,  0x2010,  0x2027,  0x202F,  0x205F,
		0x2070, 0x4E2D, 0xE000, 0xF8FF, 0xFFFC, 0xFFFD, 0x1F418, 0xF0000, 0xFFFFD, 0x10FFFD,
	};
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (!utf8_is_unsafe(bad[i]))
			fail_msg("U+%04X passes", (unsigned)bad[i]);
	}
	for (size_t i = 0; i < COUNT(good); i++) {
		if (utf8_is_unsafe(good[i]))
			fail_msg("U+%04X does not pass", (unsigned)good[i]);
	}
}

static void whatever_has_no_width_and_passes_is_a_combining_mark(void **state)
{
	(void)state;
	/* The bidi controls and the zero-width family must not slip through as if they were marks. */
	for (uint32_t c = 0x2000; c < 0x20D0; c++) {
		if (utf8_width(c) == 0 && !utf8_is_unsafe(c))
			fail_msg("U+%04X is invisible and passes", (unsigned)c);
	}
	for (uint32_t c = 0; c < 0x300; c++) {
		if (utf8_width(c) == 0 && !utf8_is_unsafe(c))
			fail_msg("U+%04X is invisible and passes", (unsigned)c);
	}
}

static void sanitise_makes_hostile_text_displayable(void **state)
{
	(void)state;
	static const struct {
		Str s, expected;
	} cases[] = {
		{STR_INIT(""), STR_INIT("")},
		{{NULL, 0}, STR_INIT("")},
		{STR_INIT("walreceiver"), STR_INIT("walreceiver")},
		{STR_INIT("caf\xC3\xA9 \xE4\xB8\xAD"), STR_INIT("caf\xC3\xA9 \xE4\xB8\xAD")},
		{STR_INIT("\xF0\x9F\x90\x98"), STR_INIT("\xF0\x9F\x90\x98")},
		{STR_INIT("a\nb\tc\rd\r\ne"), STR_INIT("a b c d  e")},
		{STR_INIT("\x1B[31mred\x07"), STR_INIT("?[31mred?")},
		{STR_INIT("a\0b\x7F"), STR_INIT("a?b?")},
		{STR_INIT("\xC2\x9B"
	                  "31m"),
	         STR_INIT("?31m")}, /* C1 CSI */
		{STR_INIT("a\xE2\x80\xAE"
	                  "b\xE2\x81\xA6"
	                  "c"),
	         STR_INIT("a?b?c")}, /* bidi override, isolate */
		{STR_INIT("a\xE2\x80\x8B"
	                  "b\xEF\xBB\xBF"
	                  "c"),
	         STR_INIT("a?b?c")}, /* zero width */
		{STR_INIT("a\xE2\x80\xA8"
	                  "b"),
	         STR_INIT("a?b")}, /* line separator */
		{STR_INIT("a\xF3\xA0\x81\x81"
	                  "b"),
	         STR_INIT("a?b")},                                    /* tag */
		{STR_INIT("\xEE\x80\x80"), STR_INIT("\xEE\x80\x80")}, /* private use */
		{STR_INIT("a\xFF"
	                  "b"),
	         STR_INIT("a" FFFD "b")},
		{STR_INIT("a\xE2\x82"), STR_INIT("a" FFFD FFFD)},     /* each invalid byte */
		{STR_INIT("\xED\xA0\x80"), STR_INIT(FFFD FFFD FFFD)}, /* surrogate */
		{STR_INIT("\xC0\xAF"), STR_INIT(FFFD FFFD)},          /* overlong slash */
		{STR_INIT(FFFD), STR_INIT(FFFD)},                     /* one that was there */
		{STR_INIT("e" ACUTE "x"), STR_INIT("e" ACUTE "x")},
		{STR_INIT("e" ACUTE ACUTE ACUTE "x" ACUTE), STR_INIT("e" ACUTE "x" ACUTE)},
		{STR_INIT(ACUTE "x"), STR_INIT("x")}, /* no base */
		{STR_INIT("\n" ACUTE ACUTE), STR_INIT(" " ACUTE)},
		{STR_INIT("\xFF" ACUTE), STR_INIT(FFFD ACUTE)},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		StrBuf out = {0};
		utf8_sanitise(&out, cases[i].s);
		assert_int_equal(out.len, cases[i].expected.len);
		assert_true(str_eq(strbuf_str(&out), cases[i].expected));
		assert_safe(strbuf_str(&out));
		strbuf_free(&out);
	}
}

static void sanitise_appends_and_respects_a_fixed_builder(void **state)
{
	(void)state;
	char storage[8];
	StrBuf out = STRBUF_ON(storage);
	strbuf_add(&out, STR("app="));
	utf8_sanitise(&out, STR("\xE4\xB8\xAD\xE6\x96\x87"));
	assert_true(out.truncated);
	assert_string_equal(storage, "app=\xE4\xB8\xAD");
}

static void sanitise_shrinks_a_run_of_64_kb_of_combining_marks_to_one(void **state)
{
	(void)state;
	StrBuf in = {0};
	strbuf_add_char(&in, 'z');
	for (int i = 0; i < 32 * 1024; i++)
		strbuf_add(&in, STR(ACUTE));
	StrBuf out = {0};
	utf8_sanitise(&out, strbuf_str(&in));
	assert_true(str_eq(strbuf_str(&out), STR("z" ACUTE)));
	strbuf_free(&in);
	strbuf_free(&out);
}

static void sanitised_random_bytes_are_safe_and_stay_as_they_are(void **state)
{
	(void)state;
	static const char *const pieces[] = {
		"\xCC\x81", "\xE2\x80\xAE", "\xF0\x9F\x90\x98", "\xE4\xB8\xAD", "\n", "a", FFFD,
	};
	uint64_t seed = 0xC0FFEE;
	for (int i = 0; i < 3000; i++) {
		StrBuf in = {0};
		StrBuf once = {0};
		StrBuf twice = {0};
		for (uint64_t n = xorshift(&seed) % 40; n > 0; n--) {
			uint64_t r = xorshift(&seed);
			if (r % 2)
				strbuf_add_cstr(&in, pieces[(r >> 8) % COUNT(pieces)]);
			else
				strbuf_add_char(&in, (char)(r >> 16));
		}
		utf8_sanitise(&once, strbuf_str(&in));
		assert_safe(strbuf_str(&once));
		utf8_sanitise(&twice, strbuf_str(&once));
		assert_true(str_eq(strbuf_str(&once), strbuf_str(&twice)));
		strbuf_free(&in);
		strbuf_free(&once);
		strbuf_free(&twice);
	}
}

static void fit_cuts_between_characters_and_keeps_marks_with_their_base(void **state)
{
	(void)state;
	static const struct {
		Str s;
		size_t columns;
		size_t bytes;
	} cases[] = {
		{STR_INIT("abc"), 0, 0},
		{STR_INIT("abc"), 2, 2},
		{STR_INIT("abc"), 3, 3},
		{STR_INIT("abc"), SIZE_MAX, 3},
		{STR_INIT(""), 5, 0},
		{{NULL, 0}, 5, 0},
		{STR_INIT("\xE4\xB8\xAD\xE6\x96\x87"), 1, 0}, /* half of a wide character is none */
		{STR_INIT("\xE4\xB8\xAD\xE6\x96\x87"), 2, 3},
		{STR_INIT("\xE4\xB8\xAD\xE6\x96\x87"), 3, 3},
		{STR_INIT("\xE4\xB8\xAD\xE6\x96\x87"), 4, 6},
		{STR_INIT("e" ACUTE "x"), 1, 3},
		{STR_INIT("e" ACUTE ACUTE), 1, 5},
		{STR_INIT("\xFF\xFF"), 1, 1},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(utf8_fit(cases[i].s, cases[i].columns), cases[i].bytes);
}

static void fit_is_the_longest_prefix_that_fits_for_random_bytes(void **state)
{
	(void)state;
	uint64_t seed = 7;
	for (int i = 0; i < 3000; i++) {
		char text[48];
		size_t len = xorshift(&seed) % (sizeof(text) + 1);
		for (size_t k = 0; k < len; k++)
			text[k] = (char)(xorshift(&seed) >> 20);
		Str s = {text, len};
		size_t columns = xorshift(&seed) % 30;
		size_t bytes = utf8_fit(s, columns);
		assert_true(bytes <= len);
		assert_true(utf8_columns(str_sub(s, 0, bytes)) <= columns);
		if (bytes < len) {
			uint32_t next = 0;
			size_t used = utf8_decode(str_sub(s, bytes, len), &next);
			assert_true(utf8_columns(str_sub(s, 0, bytes + used)) > columns);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decode_gives_code_points_and_their_length),
		cmocka_unit_test(decode_uses_the_maximal_invalid_part),
		cmocka_unit_test(every_code_point_makes_the_round_trip),
		cmocka_unit_test(encode_writes_what_is_no_code_point_as_replacement),
		cmocka_unit_test(width_is_that_of_wcwidth),
		cmocka_unit_test(columns_are_the_sum_of_the_widths),
		cmocka_unit_test(unsafe_are_controls_bidi_and_the_invisible),
		cmocka_unit_test(whatever_has_no_width_and_passes_is_a_combining_mark),
		cmocka_unit_test(sanitise_makes_hostile_text_displayable),
		cmocka_unit_test(sanitise_appends_and_respects_a_fixed_builder),
		cmocka_unit_test(sanitise_shrinks_a_run_of_64_kb_of_combining_marks_to_one),
		cmocka_unit_test(sanitised_random_bytes_are_safe_and_stay_as_they_are),
		cmocka_unit_test(fit_cuts_between_characters_and_keeps_marks_with_their_base),
		cmocka_unit_test(fit_is_the_longest_prefix_that_fits_for_random_bytes),
	};
	return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
