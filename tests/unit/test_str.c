#include "base/str.h"

#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Equal, with "unknown" and "empty" told apart. */
static void assert_str(Str actual, Str expected)
{
	assert_int_equal(str_is_none(actual), str_is_none(expected));
	assert_int_equal(actual.len, expected.len);
	if (expected.len)
		assert_memory_equal(actual.data, expected.data, expected.len);
}

static int sign(int order)
{
	return (order > 0) - (order < 0);
}

static void str_from_null_is_none_and_from_empty_is_not(void **state)
{
	(void)state;
	assert_true(str_is_none(str_from(NULL)));
	assert_str(str_from(""), STR(""));
	assert_str(str_from("abc"), STR("abc"));
}

static void equality_compares_bytes_and_none_equals_only_none(void **state)
{
	(void)state;
	static const struct {
		Str a, b;
		bool eq, eq_nocase;
	} cases[] = {
		{{NULL, 0}, {NULL, 0}, true, true},
		{{NULL, 0}, STR_INIT(""), false, false},
		{STR_INIT(""), {NULL, 0}, false, false},
		{STR_INIT(""), STR_INIT(""), true, true},
		{STR_INIT("abc"), STR_INIT("abc"), true, true},
		{STR_INIT("abc"), STR_INIT("aBC"), false, true},
		{STR_INIT("abc"), STR_INIT("abcd"), false, false},
		{STR_INIT("a\0b"), STR_INIT("a\0b"), true, true},
		{STR_INIT("a\0b"), STR_INIT("a\0c"), false, false},
		{STR_INIT("["), STR_INIT("{"), false, false}, /* 0x20 apart, but no letters */
		{STR_INIT("@"), STR_INIT("`"), false, false},
		{STR_INIT("\xC3\x84"), STR_INIT("\xC3\xA4"), false, false}, /* only ASCII is folded */
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(str_eq(cases[i].a, cases[i].b), cases[i].eq);
		assert_int_equal(str_eq_nocase(cases[i].a, cases[i].b), cases[i].eq_nocase);
	}
}

static void starts_and_ends_look_at_whole_affixes(void **state)
{
	(void)state;
	static const struct {
		Str s, affix;
		bool starts, ends;
	} cases[] = {
		{STR_INIT("standby"), STR_INIT("stand"), true, false},
		{STR_INIT("standby"), STR_INIT("by"), false, true},
		{STR_INIT("standby"), STR_INIT("standby"), true, true},
		{STR_INIT("standby"), STR_INIT("standby1"), false, false},
		{STR_INIT("standby"), STR_INIT(""), true, true},
		{STR_INIT(""), STR_INIT(""), true, true},
		{STR_INIT(""), STR_INIT("a"), false, false},
		{{NULL, 0}, STR_INIT("a"), false, false},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(str_starts(cases[i].s, cases[i].affix), cases[i].starts);
		assert_int_equal(str_ends(cases[i].s, cases[i].affix), cases[i].ends);
	}
}

static void order_is_by_bytes_with_none_first_and_is_antisymmetric(void **state)
{
	(void)state;
	static const Str ascending[] = {
		{NULL, 0},       STR_INIT(""),   STR_INIT("\0"), STR_INIT("B"),    STR_INIT("a"),
		STR_INIT("a\0"), STR_INIT("aa"), STR_INIT("b"),  STR_INIT("\x80"), STR_INIT("\xFF"),
	};
	for (size_t i = 0; i < COUNT(ascending); i++) {
		for (size_t k = 0; k < COUNT(ascending); k++)
			assert_int_equal(sign(str_cmp(ascending[i], ascending[k])), sign((int)i - (int)k));
	}
}

static void find_gives_the_first_position_or_size_max(void **state)
{
	(void)state;
	static const struct {
		Str s, needle;
		size_t at, at_nocase;
	} cases[] = {
		{STR_INIT("abcabc"), STR_INIT("bc"), 1, 1},
		{STR_INIT("abcabc"), STR_INIT("BC"), SIZE_MAX, 1},
		{STR_INIT("abcABC"), STR_INIT("BC"), 4, 1},
		{STR_INIT("aab"), STR_INIT("ab"), 1, 1},
		{STR_INIT("abc"), STR_INIT("abc"), 0, 0},
		{STR_INIT("abc"), STR_INIT("c"), 2, 2},
		{STR_INIT("abc"), STR_INIT("abcd"), SIZE_MAX, SIZE_MAX},
		{STR_INIT("abc"), STR_INIT("cd"), SIZE_MAX, SIZE_MAX},
		{STR_INIT("abc"), STR_INIT(""), 0, 0},
		{STR_INIT(""), STR_INIT(""), 0, 0},
		{STR_INIT(""), STR_INIT("a"), SIZE_MAX, SIZE_MAX},
		{{NULL, 0}, STR_INIT("a"), SIZE_MAX, SIZE_MAX},
		{{NULL, 0}, STR_INIT(""), 0, 0},
		{STR_INIT("a\0b"), STR_INIT("\0b"), 1, 1},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(str_find(cases[i].s, cases[i].needle), cases[i].at);
		assert_int_equal(str_find_nocase(cases[i].s, cases[i].needle), cases[i].at_nocase);
	}
}

static void sub_clamps_both_ends(void **state)
{
	(void)state;
	static const struct {
		Str s;
		size_t from, to;
		Str expected;
	} cases[] = {
		{STR_INIT("abcdef"), 0, 6, STR_INIT("abcdef")},
		{STR_INIT("abcdef"), 2, 4, STR_INIT("cd")},
		{STR_INIT("abcdef"), 2, SIZE_MAX, STR_INIT("cdef")},
		{STR_INIT("abcdef"), SIZE_MAX, SIZE_MAX, STR_INIT("")},
		{STR_INIT("abcdef"), 4, 2, STR_INIT("")},
		{STR_INIT(""), 0, 1, STR_INIT("")},
		{{NULL, 0}, 0, 1, {NULL, 0}},
		{{NULL, 0}, 1, 5, {NULL, 0}},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_str(str_sub(cases[i].s, cases[i].from, cases[i].to), cases[i].expected);
}

static void trim_takes_ascii_white_space_from_both_ends_only(void **state)
{
	(void)state;
	static const struct {
		Str s, expected;
	} cases[] = {
		{STR_INIT("  a b \t\r\n\v\f"), STR_INIT("a b")},
		{STR_INIT("a"), STR_INIT("a")},
		{STR_INIT(" \t "), STR_INIT("")},
		{STR_INIT(""), STR_INIT("")},
		{{NULL, 0}, {NULL, 0}},
		{STR_INIT("\xC2\xA0"
	                  "a"),
	         STR_INIT("\xC2\xA0"
	                  "a")}, /* no-break space is not ASCII */
		{STR_INIT("\0a\0"), STR_INIT("\0a\0")},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_str(str_trim(cases[i].s), cases[i].expected);
}

static void cut_walks_over_the_parts_and_ends_in_none(void **state)
{
	(void)state;
	Str rest = STR("a,,bc,");
	assert_str(str_cut(&rest, ','), STR("a"));
	assert_str(str_cut(&rest, ','), STR(""));
	assert_str(str_cut(&rest, ','), STR("bc"));
	assert_str(rest, STR(""));
	assert_str(str_cut(&rest, ','), STR(""));
	assert_str(rest, STR_NONE);
	assert_str(str_cut(&rest, ','), STR_NONE);
	assert_str(rest, STR_NONE);
}

static void dup_copies_with_a_nul_and_keeps_none(void **state)
{
	(void)state;
	Arena arena = {0};
	char source[] = "abc";
	Str copy = str_dup(&arena, (Str){source, 2});
	source[0] = 'x';
	assert_str(copy, STR("ab"));
	assert_int_equal(copy.data[2], '\0');
	assert_str(str_dup(&arena, STR("")), STR(""));
	assert_str(str_dup(&arena, STR_NONE), STR_NONE);
	assert_str(str_dup(&arena, STR("a\0b")), STR("a\0b"));
	arena_free(&arena);
}

static void format_is_exact_for_every_length_around_its_small_buffer(void **state)
{
	(void)state;
	Arena arena = {0};
	for (int width = 0; width < 600; width++) {
		Str s = str_format(&arena, "%*s", width, "");
		assert_int_equal(s.len, width);
		assert_int_equal(strlen(s.data), width);
	}
	assert_str(str_format(&arena, "%d-%.*s", 7, STR_ARG(STR("ab"))), STR("7-ab"));
	assert_str(str_format(&arena, "%.*s", STR_ARG(STR_NONE)), STR(""));
	arena_free(&arena);
}

static void an_untouched_builder_is_the_empty_text_and_not_none(void **state)
{
	(void)state;
	StrBuf b = {0};
	assert_str(strbuf_str(&b), STR(""));
	strbuf_add(&b, STR_NONE);
	strbuf_add_cstr(&b, NULL);
	assert_null(b.data);
	strbuf_add(&b, STR(""));
	assert_non_null(b.data);
	assert_string_equal(b.data, "");
	strbuf_free(&b);
}

static void a_growing_builder_is_always_terminated(void **state)
{
	(void)state;
	StrBuf b = {0};
	for (size_t i = 0; i < 1000; i++) {
		strbuf_add_char(&b, 'x');
		assert_int_equal(b.len, i + 1);
		assert_int_equal(strlen(b.data), i + 1);
	}
	assert_false(b.truncated);
	strbuf_free(&b);
}

static void a_growing_builder_takes_every_kind_of_piece(void **state)
{
	(void)state;
	StrBuf b = {0};
	strbuf_add(&b, STR("ab"));
	strbuf_add_cstr(&b, "cd");
	strbuf_add_char(&b, '-');
	strbuf_add_repeat(&b, '=', 3);
	strbuf_add_repeat(&b, '!', 0);
	strbuf_addf(&b, "%s%04d", "x", 42);
	strbuf_addf(&b, "%s", "");
	assert_str(strbuf_str(&b), STR("abcd-===x0042"));
	strbuf_clear(&b);
	assert_str(strbuf_str(&b), STR(""));
	assert_true(b.cap > 0);
	strbuf_add(&b, STR("again"));
	assert_str(strbuf_str(&b), STR("again"));
	strbuf_free(&b);
	assert_null(b.data);
	strbuf_add_char(&b, 'z');
	assert_str(strbuf_str(&b), STR("z"));
	strbuf_free(&b);
}

static void addf_is_exact_for_every_length_and_fill_of_the_buffer(void **state)
{
	(void)state;
	for (size_t before = 0; before < 140; before += 7) {
		for (int width = 0; width < 200; width++) {
			StrBuf b = {0};
			if (before) /* else addf is the first to need memory */
				strbuf_add_repeat(&b, 'a', before);
			strbuf_addf(&b, "%*d", width, 7);
			size_t expected = before + (width ? (size_t)width : 1);
			assert_int_equal(b.len, expected);
			assert_int_equal(strlen(b.data), expected);
			assert_int_equal(b.data[expected - 1], '7');
			strbuf_free(&b);
		}
	}
}

static void a_fixed_builder_is_terminated_from_the_start_and_fits_exactly(void **state)
{
	(void)state;
	char storage[6];
	StrBuf b = STRBUF_ON(storage);
	assert_string_equal(storage, "");
	strbuf_add(&b, STR("abcde"));
	assert_string_equal(storage, "abcde");
	assert_false(b.truncated);
	strbuf_add(&b, STR(""));
	assert_false(b.truncated);
	strbuf_add_char(&b, 'f');
	assert_true(b.truncated);
	assert_string_equal(storage, "abcde");
	strbuf_clear(&b);
	assert_false(b.truncated);
	strbuf_add_cstr(&b, "xy");
	assert_string_equal(storage, "xy");
}

static void a_fixed_builder_of_one_byte_holds_only_the_nul(void **state)
{
	(void)state;
	char storage[1];
	StrBuf b = STRBUF_ON(storage);
	strbuf_addf(&b, "%d", 5);
	assert_true(b.truncated);
	assert_str(strbuf_str(&b), STR(""));
	assert_int_equal(storage[0], '\0');
}

static void overlong_text_is_cut_between_characters(void **state)
{
	(void)state;
	static const struct {
		size_t size;
		const char *text;
		const char *expected;
	} cases[] = {
		{5, "abcdef", "abcd"},
		{5, "abc\xC3\xA9z", "abc"},         /* e acute does not fit */
		{6, "abc\xC3\xA9z", "abc\xC3\xA9"}, /* it does */
		{4, "a\xE2\x82\xAC", "a"},          /* euro sign, two of three bytes */
		{3, "a\xE2\x82\xAC", "a"},          /* one of three */
		{5, "a\xE2\x82\xACz", "a\xE2\x82\xAC"},
		{4, "\xF0\x9F\x90\x98", ""}, /* elephant, three of four */
		{5, "\xF0\x9F\x90\x98!", "\xF0\x9F\x90\x98"},
		{5, "\x80\x80\x80\x80\x80\x80", "\x80\x80\x80\x80"}, /* not UTF-8: nothing to keep whole */
		{3, "a\xFFz", "a\xFF"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		char storage[16];
		StrBuf b = strbuf_fixed(storage, cases[i].size);
		strbuf_add_cstr(&b, cases[i].text);
		assert_true(b.truncated);
		assert_string_equal(storage, cases[i].expected);
		b = strbuf_fixed(storage, cases[i].size);
		strbuf_addf(&b, "%s", cases[i].text);
		assert_true(b.truncated);
		assert_string_equal(storage, cases[i].expected);
		b = strbuf_fixed(storage, cases[i].size);
		for (const char *c = cases[i].text; *c; c++)
			strbuf_add_char(&b, *c);
		assert_true(b.truncated);
		assert_string_equal(storage, cases[i].expected);
	}
}

static void a_cut_text_takes_nothing_more_even_if_it_would_fit(void **state)
{
	(void)state;
	char storage[5];
	StrBuf b = STRBUF_ON(storage);
	strbuf_add_cstr(&b, "ab\xE2\x82\xAC");
	assert_string_equal(storage, "ab");
	strbuf_add_char(&b, 'z');
	strbuf_add_repeat(&b, 'z', 1);
	strbuf_addf(&b, "%c", 'z');
	strbuf_add(&b, STR("z"));
	assert_string_equal(storage, "ab");
	assert_true(b.truncated);
	strbuf_free(&b); /* of no effect on the caller's storage but to empty it */
	assert_string_equal(storage, "");
}

static void a_repeat_is_cut_to_a_fixed_builder(void **state)
{
	(void)state;
	char storage[8];
	StrBuf b = STRBUF_ON(storage);
	strbuf_add_repeat(&b, '-', SIZE_MAX);
	assert_string_equal(storage, "-------");
	assert_true(b.truncated);
}

static void err_set_returns_false_and_may_have_no_err(void **state)
{
	(void)state;
	Err err = {0};
	assert_false(err_set(NULL, "lost"));
	assert_false(err_context(NULL, "lost"));
	assert_false(err_set(&err, "cannot open %s: %d", "x", 2));
	assert_string_equal(err.text, "cannot open x: 2");
}

static void err_text_is_one_line_without_a_full_stop(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		const char *expected;
	} cases[] = {
		{"server closed the connection.\n", "server closed the connection"},
		{"first\nsecond\tthird", "first second third"},
		{"a\x1b[31mb\x7F", "a [31mb"},
		{"", "unknown error"},
		{" \n", "unknown error"},
		{"cannot open ..", "cannot open .."},
		{"cannot open ./.", "cannot open ./."},
		{"is a directory: .", "is a directory: ."},
		{".", "."},
		{"\xC3\xA9", "\xC3\xA9"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		Err err = {0};
		err_set(&err, "%s", cases[i].text);
		assert_string_equal(err.text, cases[i].expected);
	}
}

static void err_context_stands_before_the_text(void **state)
{
	(void)state;
	Err err = {0};
	err_set(&err, "no such file");
	assert_false(err_context(&err, "line %d", 3));
	err_context(&err, "config");
	assert_string_equal(err.text, "config: line 3: no such file");
}

static void err_context_without_a_text_stands_alone(void **state)
{
	(void)state;
	Err err = {0};
	err_context(&err, "config");
	assert_string_equal(err.text, "config");
	err_context(&err, "%s", "");
	assert_string_equal(err.text, "config");
}

static void err_may_be_given_its_own_text(void **state)
{
	(void)state;
	Err err = {0};
	err_set(&err, "inner");
	err_set(&err, "outer (%s)", err.text);
	assert_string_equal(err.text, "outer (inner)");
	err_context(&err, "%s", err.text);
	assert_string_equal(err.text, "outer (inner): outer (inner)");
}

static void overlong_err_text_is_cut_between_characters(void **state)
{
	(void)state;
	enum { ROOM = sizeof(((Err *)NULL)->text) - 1 };
	for (int before = ROOM - 5; before <= ROOM + 5; before++) {
		Err err = {0};
		err_set(&err, "%0*d\xF0\x9F\x90\x98tail", before, 0);
		size_t len = strlen(err.text);
		if (before > ROOM - 4)
			assert_int_equal(len, before < ROOM ? before : ROOM);
		else
			assert_int_equal(len, ROOM);
		if (before == ROOM - 4)
			assert_string_equal(err.text + before, "\xF0\x9F\x90\x98");
	}
}

static void overlong_err_context_pushes_the_text_out(void **state)
{
	(void)state;
	Err err = {0};
	err_set(&err, "inner");
	err_context(&err, "%01100d", 0);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	err_set(&err, "%01010d", 0);
	err_context(&err, "context");
	assert_int_equal(strlen(err.text), 7 + 2 + 1010);
	err_context(&err, "context");
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	assert_memory_equal(err.text, "context: context: 000", 21);
}

static void a_moment_is_written_in_utc_with_milliseconds(void **state)
{
	static const struct {
		int64_t unix_us;
		const char *text;
	} cases[] = {
		{0, "1970-01-01T00:00:00.000Z"},
		{INT64_C(1700000000123999), "2023-11-14T22:13:20.123Z"},
		{-1, "1969-12-31T23:59:59.999Z"},
		{INT64_C(-1000000), "1969-12-31T23:59:59.000Z"},
		{INT64_C(-1000001), "1969-12-31T23:59:58.999Z"},
		{INT64_C(253402300800000000), "10000-01-01T00:00:00.000Z"},
	};
	Arena arena = {0};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_string_equal(str_time(&arena, cases[i].unix_us).data, cases[i].text);
	(void)str_time(&arena, INT64_MIN);
	(void)str_time(&arena, INT64_MAX);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(str_from_null_is_none_and_from_empty_is_not),
		cmocka_unit_test(equality_compares_bytes_and_none_equals_only_none),
		cmocka_unit_test(starts_and_ends_look_at_whole_affixes),
		cmocka_unit_test(order_is_by_bytes_with_none_first_and_is_antisymmetric),
		cmocka_unit_test(find_gives_the_first_position_or_size_max),
		cmocka_unit_test(sub_clamps_both_ends),
		cmocka_unit_test(trim_takes_ascii_white_space_from_both_ends_only),
		cmocka_unit_test(cut_walks_over_the_parts_and_ends_in_none),
		cmocka_unit_test(dup_copies_with_a_nul_and_keeps_none),
		cmocka_unit_test(format_is_exact_for_every_length_around_its_small_buffer),
		cmocka_unit_test(an_untouched_builder_is_the_empty_text_and_not_none),
		cmocka_unit_test(a_growing_builder_is_always_terminated),
		cmocka_unit_test(a_growing_builder_takes_every_kind_of_piece),
		cmocka_unit_test(addf_is_exact_for_every_length_and_fill_of_the_buffer),
		cmocka_unit_test(a_fixed_builder_is_terminated_from_the_start_and_fits_exactly),
		cmocka_unit_test(a_fixed_builder_of_one_byte_holds_only_the_nul),
		cmocka_unit_test(overlong_text_is_cut_between_characters),
		cmocka_unit_test(a_cut_text_takes_nothing_more_even_if_it_would_fit),
		cmocka_unit_test(a_repeat_is_cut_to_a_fixed_builder),
		cmocka_unit_test(err_set_returns_false_and_may_have_no_err),
		cmocka_unit_test(err_text_is_one_line_without_a_full_stop),
		cmocka_unit_test(err_context_stands_before_the_text),
		cmocka_unit_test(err_context_without_a_text_stands_alone),
		cmocka_unit_test(err_may_be_given_its_own_text),
		cmocka_unit_test(overlong_err_text_is_cut_between_characters),
		cmocka_unit_test(overlong_err_context_pushes_the_text_out),
		cmocka_unit_test(a_moment_is_written_in_utc_with_milliseconds),
	};
	return cmocka_run_group_tests_name("str", tests, NULL, NULL);
}
