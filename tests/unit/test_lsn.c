#include "model/lsn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void what_pg_lsn_accepts_is_parsed(void **state)
{
	static const struct {
		Str text;
		Lsn lsn;
	} cases[] = {
		{STR_INIT("0/0"), 0},
		{STR_INIT("0/1"), 1},
		{STR_INIT("1/0"), UINT64_C(0x100000000)},
		{STR_INIT("5C/61E789D8"), UINT64_C(0x5C61E789D8)},
		{STR_INIT("5c/61e789d8"), UINT64_C(0x5C61E789D8)},
		{STR_INIT("00000000/00000010"), 16},
		{STR_INIT("FFFFFFFF/FFFFFFFF"), UINT64_MAX},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		Lsn lsn = 77;
		assert_true(lsn_parse(cases[i].text, &lsn));
		assert_true(lsn == cases[i].lsn);
	}
}

static void anything_else_is_refused_and_leaves_the_output(void **state)
{
	static const Str cases[] = {
		{NULL, 0},
		STR_INIT(""),
		STR_INIT("/"),
		STR_INIT("1/"),
		STR_INIT("/1"),
		STR_INIT("1"),
		STR_INIT("1/2/3"),
		STR_INIT("123456789/0"),
		STR_INIT("0/123456789"),
		STR_INIT("000000000/0"),
		STR_INIT("-1/0"),
		STR_INIT("0x1/0"),
		STR_INIT(" 1/0"),
		STR_INIT("1/0 "),
		STR_INIT("1 /0"),
		STR_INIT("1/0\0"),
		STR_INIT("G/0"),
		STR_INIT("1.0/0"),
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		Lsn lsn = 77;
		if (lsn_parse(cases[i], &lsn))
			fail_msg("'%.*s' was accepted", STR_ARG(cases[i]));
		assert_true(lsn == 77);
	}
}

static void it_is_written_as_the_server_does(void **state)
{
	static const struct {
		Lsn lsn;
		const char *text;
	} cases[] = {
		{1, "0/1"},
		{16, "0/10"},
		{UINT64_C(0x100000000), "1/0"},
		{UINT64_C(0x5C61E789D8), "5C/61E789D8"},
		{UINT64_C(0xA00000000000000F), "A0000000/F"},
		{UINT64_MAX, "FFFFFFFF/FFFFFFFF"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[LSN_TEXT_MAX];
		memset(text, 'x', sizeof text);
		Str s = lsn_write(cases[i].lsn, text);
		assert_string_equal(text, cases[i].text);
		assert_ptr_equal(s.data, text);
		assert_int_equal(s.len, strlen(cases[i].text));
	}
}

static void unknown_is_written_as_no_value(void **state)
{
	char text[LSN_TEXT_MAX];
	assert_true(str_is_none(lsn_write(LSN_NONE, text)));
}

static void what_is_written_is_parsed_to_the_same(void **state)
{
	uint64_t lsn = 1;
	for (int i = 0; i < 5000; i++) {
		lsn = lsn * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		Lsn shifted = lsn >> i % 64, back = 0;
		if (shifted == LSN_NONE)
			continue;
		char text[LSN_TEXT_MAX];
		assert_true(lsn_parse(lsn_write(shifted, text), &back));
		assert_true(back == shifted);
	}
}

static void a_difference_is_signed_unknown_without_both_and_never_wraps(void **state)
{
	assert_true(lsn_diff(0x200, 0x100) == 0x100);
	assert_true(lsn_diff(0x100, 0x200) == -0x100);
	assert_true(lsn_diff(0x100, 0x100) == 0);
	assert_true(lsn_diff(UINT64_C(0x100000001), UINT64_C(0xFFFFFFFF)) == 2);
	assert_true(lsn_diff(LSN_NONE, 1) == INT64_MIN);
	assert_true(lsn_diff(1, LSN_NONE) == INT64_MIN);
	assert_true(lsn_diff(LSN_NONE, LSN_NONE) == INT64_MIN);
	assert_true(lsn_diff(UINT64_MAX, 1) == INT64_MAX);
	assert_true(lsn_diff(1, UINT64_MAX) == -INT64_MAX);
	assert_true(lsn_diff((UINT64_C(1) << 63) + 1, 1) == INT64_MAX);
}

static void unknown_is_less_than_every_position(void **state)
{
	assert_true(lsn_max(LSN_NONE, 5) == 5);
	assert_true(lsn_max(5, LSN_NONE) == 5);
	assert_true(lsn_max(5, UINT64_MAX) == UINT64_MAX);
	assert_true(lsn_max(LSN_NONE, LSN_NONE) == LSN_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_pg_lsn_accepts_is_parsed),
		cmocka_unit_test(anything_else_is_refused_and_leaves_the_output),
		cmocka_unit_test(it_is_written_as_the_server_does),
		cmocka_unit_test(unknown_is_written_as_no_value),
		cmocka_unit_test(what_is_written_is_parsed_to_the_same),
		cmocka_unit_test(a_difference_is_signed_unknown_without_both_and_never_wraps),
		cmocka_unit_test(unknown_is_less_than_every_position),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
