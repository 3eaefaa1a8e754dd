#include "base/num.h"

#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define UNTOUCHED 12345

static uint64_t xorshift(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* Bit for bit, so that -0 differs from 0 and nothing hides in a tolerance. */
static void assert_same_double(double actual, double expected)
{
	assert_memory_equal(&actual, &expected, sizeof(expected));
}

static const Str not_integers[] = {
	{NULL, 0},       STR_INIT(""),    STR_INIT("-"),    STR_INIT("+1"),   STR_INIT(" 1"),  STR_INIT("1 "),
	STR_INIT("1\n"), STR_INIT("1.0"), STR_INIT("0x10"), STR_INIT("1e3"),  STR_INIT("--1"), STR_INIT("1-"),
	STR_INIT("1\0"), STR_INIT("a"),   STR_INIT("1,0"),  STR_INIT("\xB2"), STR_INIT("- 1"), STR_INIT("1_000"),
};

static void u64_takes_decimal_digits_up_to_its_maximum(void **state)
{
	(void)state;
	static const struct {
		Str s;
		uint64_t expected;
	} cases[] = {
		{STR_INIT("0"), 0},
		{STR_INIT("007"), 7},
		{STR_INIT("18446744073709551615"), UINT64_MAX},
		{STR_INIT("000000000000000000000000018446744073709551615"), UINT64_MAX},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t value = UNTOUCHED;
		assert_true(num_parse_u64(cases[i].s, &value));
		assert_int_equal(value, cases[i].expected);
	}
}

static void u64_refuses_overflow_and_everything_else_and_leaves_the_output(void **state)
{
	(void)state;
	static const Str bad[] = {
		STR_INIT("18446744073709551616"),
		STR_INIT("18446744073709551620"),
		STR_INIT("99999999999999999999"),
		STR_INIT("184467440737095516150"),
		STR_INIT("-0"),
		STR_INIT("-1"),
	};
	uint64_t value = UNTOUCHED;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(num_parse_u64(bad[i], &value));
	for (size_t i = 0; i < COUNT(not_integers); i++)
		assert_false(num_parse_u64(not_integers[i], &value));
	assert_int_equal(value, UNTOUCHED);
}

static void i64_takes_a_minus_and_both_limits(void **state)
{
	(void)state;
	static const struct {
		Str s;
		int64_t expected;
	} cases[] = {
		{STR_INIT("0"), 0},
		{STR_INIT("-0"), 0},
		{STR_INIT("-1"), -1},
		{STR_INIT("9223372036854775807"), INT64_MAX},
		{STR_INIT("-9223372036854775807"), -INT64_MAX},
		{STR_INIT("-9223372036854775808"), INT64_MIN},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t value = UNTOUCHED;
		assert_true(num_parse_i64(cases[i].s, &value));
		assert_int_equal(value, cases[i].expected);
	}
}

static void i64_refuses_overflow_and_everything_else_and_leaves_the_output(void **state)
{
	(void)state;
	static const Str bad[] = {
		STR_INIT("9223372036854775808"),
		STR_INIT("-9223372036854775809"),
		STR_INIT("18446744073709551615"),
		STR_INIT("-18446744073709551616"),
	};
	int64_t value = UNTOUCHED;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(num_parse_i64(bad[i], &value));
	for (size_t i = 0; i < COUNT(not_integers); i++)
		assert_false(num_parse_i64(not_integers[i], &value));
	assert_int_equal(value, UNTOUCHED);
}

static void hex64_takes_1_to_16_digits_of_either_case(void **state)
{
	(void)state;
	static const struct {
		Str s;
		bool ok;
		uint64_t expected;
	} cases[] = {
		{STR_INIT("0"), true, 0},
		{STR_INIT("16B3748"), true, 0x16B3748},
		{STR_INIT("deadBEEF"), true, 0xDEADBEEF},
		{STR_INIT("ffffffffffffffff"), true, UINT64_MAX},
		{STR_INIT("00000000000000001"), false, 0},
		{STR_INIT(""), false, 0},
		{{NULL, 0}, false, 0},
		{STR_INIT("0x1"), false, 0},
		{STR_INIT("g"), false, 0},
		{STR_INIT("@"), false, 0},
		{STR_INIT("-1"), false, 0},
		{STR_INIT(" 1"), false, 0},
		{STR_INIT("1\0"), false, 0},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t value = UNTOUCHED;
		assert_int_equal(num_parse_hex64(cases[i].s, &value), cases[i].ok);
		assert_int_equal(value, cases[i].ok ? cases[i].expected : UNTOUCHED);
	}
}

static void double_takes_its_syntax(void **state)
{
	(void)state;
	static const struct {
		Str s;
		double expected;
	} cases[] = {
		{STR_INIT("0"), 0.0},
		{STR_INIT("-0"), -0.0},
		{STR_INIT("007"), 7.0},
		{STR_INIT("1.5"), 1.5},
		{STR_INIT("-12.25"), -12.25},
		{STR_INIT("0.1"), 0.1},
		{STR_INIT("1e3"), 1000.0},
		{STR_INIT("1E+3"), 1000.0},
		{STR_INIT("25.0e-1"), 2.5},
		{STR_INIT("1.7976931348623157e308"), DBL_MAX},
		{STR_INIT("2.2250738585072014e-308"), DBL_MIN},
		{STR_INIT("1e-999"), 0.0},
		{STR_INIT("9007199254740993"), 9007199254740992.0}, /* rounded to even */
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		double value = UNTOUCHED;
		assert_true(num_parse_double(cases[i].s, &value));
		assert_same_double(value, cases[i].expected);
	}
}

static void double_refuses_what_strtod_would_take(void **state)
{
	(void)state;
	static const Str bad[] = {
		{NULL, 0},
		STR_INIT(""),
		STR_INIT("-"),
		STR_INIT("+1"),
		STR_INIT(" 1"),
		STR_INIT("1 "),
		STR_INIT(".5"),
		STR_INIT("5."),
		STR_INIT("1.e3"),
		STR_INIT("1e"),
		STR_INIT("1e+"),
		STR_INIT("e3"),
		STR_INIT("inf"),
		STR_INIT("-inf"),
		STR_INIT("nan"),
		STR_INIT("NaN"),
		STR_INIT("0x1p3"),
		STR_INIT("1,5"),
		STR_INIT("1e309"),
		STR_INIT("-1e309"),
		STR_INIT("1.2.3"),
		STR_INIT("1e3.5"),
		STR_INIT("1d"),
		STR_INIT("1\0"),
		STR_INIT("Infinity"),
		STR_INIT("1e99999999999999999999"),

	};
	double value = UNTOUCHED;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(num_parse_double(bad[i], &value));
	assert_same_double(value, UNTOUCHED);
}

static void double_takes_the_longest_plain_notation_but_not_endless_digits(void **state)
{
	(void)state;
	char text[2000];
	double value = UNTOUCHED;
	int len = snprintf(text, sizeof(text), "%.17f", -DBL_MAX);
	assert_true(num_parse_double((Str){text, (size_t)len}, &value));
	assert_same_double(value, -DBL_MAX);
	memset(text, '1', sizeof(text));
	assert_false(num_parse_double((Str){text, sizeof(text)}, &value));
	memset(text, '0', sizeof(text));
	assert_false(num_parse_double((Str){text, 513}, &value));
	assert_true(num_parse_double((Str){text, 512}, &value));
	assert_same_double(value, 0.0);
}

static void double_reads_no_byte_behind_the_slice(void **state)
{
	(void)state;
	double value = UNTOUCHED;
	assert_true(num_parse_double((Str){"12345", 2}, &value));
	assert_same_double(value, 12.0);
}

static void random_numbers_make_the_round_trip(void **state)
{
	(void)state;
	uint64_t seed = 0x9E3779B97F4A7C15u;
	for (int i = 0; i < 20000; i++) {
		char text[64];
		uint64_t bits = xorshift(&seed) >> (xorshift(&seed) % 64);
		int64_t number = i % 2 ? -(int64_t)(bits >> 1) : (int64_t)(bits >> 1);
		uint64_t u = 0;
		int64_t n = 0;
		double d = 0;
		double real = (double)number / (double)(1 + xorshift(&seed) % 1000003);

		snprintf(text, sizeof(text), "%ju", (uintmax_t)bits);
		assert_true(num_parse_u64(str_from(text), &u));
		assert_int_equal(u, bits);
		snprintf(text, sizeof(text), "%jd", (intmax_t)number);
		assert_true(num_parse_i64(str_from(text), &n));
		assert_int_equal(n, number);
		snprintf(text, sizeof(text), i % 3 ? "%jx" : "%jX", (uintmax_t)bits);
		assert_true(num_parse_hex64(str_from(text), &u));
		assert_int_equal(u, bits);
		snprintf(text, sizeof(text), "%.17g", real);
		assert_true(num_parse_double(str_from(text), &d));
		assert_same_double(d, real);
	}
}

static void int_in_takes_its_limits_and_refuses_beyond(void **state)
{
	(void)state;
	static const struct {
		Str s;
		int64_t min, max;
		bool ok;
		int64_t expected;
	} cases[] = {
		{STR_INIT("1"), 1, 65535, true, 1},
		{STR_INIT("65535"), 1, 65535, true, 65535},
		{STR_INIT("0"), 1, 65535, false, 0},
		{STR_INIT("65536"), 1, 65535, false, 0},
		{STR_INIT("-5"), -5, -5, true, -5},
		{STR_INIT("-9223372036854775808"), INT64_MIN, INT64_MAX, true, INT64_MIN},
		{STR_INIT("9223372036854775808"), INT64_MIN, INT64_MAX, false, 0},
		{STR_INIT("5"), 6, 4, false, 0},
		{STR_INIT(""), 0, 9, false, 0},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t value = UNTOUCHED;
		assert_int_equal(num_parse_int_in(cases[i].s, cases[i].min, cases[i].max, &value), cases[i].ok);
		assert_int_equal(value, cases[i].ok ? cases[i].expected : UNTOUCHED);
	}
}

static void duration_takes_every_unit_and_means_seconds_without(void **state)
{
	(void)state;
	static const struct {
		Str s;
		double expected;
	} cases[] = {
		{STR_INIT("0"), 0.0},         {STR_INIT("2"), 2.0},       {STR_INIT("2s"), 2.0},
		{STR_INIT("0.5"), 0.5},       {STR_INIT("500ms"), 0.5},   {STR_INIT("100ms"), 0.1},
		{STR_INIT("9ms"), 0.009}, /* times 1e-3 would miss it by one bit */
		{STR_INIT("250us"), 0.00025}, {STR_INIT("1.5min"), 90.0}, {STR_INIT("2h"), 7200.0},
		{STR_INIT("1d"), 86400.0},    {STR_INIT("1e3ms"), 1.0},   {STR_INIT("1e-3s"), 0.001},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		double value = UNTOUCHED;
		assert_true(num_parse_duration(cases[i].s, &value));
		assert_same_double(value, cases[i].expected);
	}
}

static void duration_refuses_other_units_signs_space_and_overflow(void **state)
{
	(void)state;
	static const Str bad[] = {
		{NULL, 0},        STR_INIT(""),     STR_INIT("s"),   STR_INIT("ms"),    STR_INIT("-1s"),
		STR_INIT("-0"),   STR_INIT("+1"),   STR_INIT("1 s"), STR_INIT("1S"),    STR_INIT("1m"),
		STR_INIT("1e"),   STR_INIT("1sec"), STR_INIT("1D"),  STR_INIT("1.s"),   STR_INIT("1s1"),
		STR_INIT("1ms "), STR_INIT("inf"),  STR_INIT("nan"), STR_INIT("1msms"), STR_INIT("1e308d"),
		STR_INIT("1\0s"),

	};
	double value = UNTOUCHED;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(num_parse_duration(bad[i], &value));
	assert_same_double(value, UNTOUCHED);
}

static void bytes_takes_every_unit_in_any_case_exactly(void **state)
{
	(void)state;
	static const struct {
		Str s;
		int64_t expected;
	} cases[] = {
		{STR_INIT("0"), 0},
		{STR_INIT("123"), 123},
		{STR_INIT("123B"), 123},
		{STR_INIT("1kB"), 1024},
		{STR_INIT("1KB"), 1024},
		{STR_INIT("16mb"), 16777216},
		{STR_INIT("1GB"), 1073741824},
		{STR_INIT("2TB"), INT64_C(2199023255552)},
		{STR_INIT("1.5GB"), 1610612736},
		{STR_INIT("0.5kB"), 512},
		{STR_INIT("1.0001kB"), 1024},
		{STR_INIT("0.5"), 1},
		{STR_INIT("1e3"), 1000},
		{STR_INIT("9223372036854775807"), INT64_MAX},
		{STR_INIT("9007199254740993"), INT64_C(9007199254740993)}, /* beyond what a double can tell apart */
		{STR_INIT("8388607TB"), INT64_C(8388607) << 40},
		{STR_INIT("8388607.5TB"), (INT64_C(8388607) << 40) + (INT64_C(1) << 39)},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t value = UNTOUCHED;
		assert_true(num_parse_bytes(cases[i].s, &value));
		assert_int_equal(value, cases[i].expected);
	}
}

static void bytes_refuses_other_units_signs_space_and_overflow(void **state)
{
	(void)state;
	static const Str bad[] = {
		{NULL, 0},
		STR_INIT(""),
		STR_INIT("kB"),
		STR_INIT("-1kB"),
		STR_INIT("-1"),
		STR_INIT("-0.5"),
		STR_INIT("+1"),
		STR_INIT("1 kB"),
		STR_INIT("1k"),
		STR_INIT("1M"),
		STR_INIT("1PB"),
		STR_INIT("1kBB"),
		STR_INIT("1.kB"),
		STR_INIT("inf"),
		STR_INIT("1e999"),
		STR_INIT("1e19"),
		STR_INIT("8388608TB"),
		STR_INIT("1MiB"),
		STR_INIT("9223372036854775808"),
		STR_INIT("9223372036854775807kB"),
		STR_INIT("99999999999999999999"),
		STR_INIT("8388608.5TB"),

	};
	int64_t value = UNTOUCHED;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(num_parse_bytes(bad[i], &value));
	assert_int_equal(value, UNTOUCHED);
}

static void random_bytes_never_upset_a_parser(void **state)
{
	(void)state;
	static const char alphabet[] = "0123456789.-+eExkKmMgGtTbBsuhdin \0\xFF";
	uint64_t seed = 42;
	for (int i = 0; i < 50000; i++) {
		char text[24];
		size_t len = xorshift(&seed) % (sizeof(text) + 1);
		for (size_t k = 0; k < len; k++)
			text[k] = alphabet[xorshift(&seed) % (sizeof(alphabet) - 1)];
		Str s = {text, len};
		uint64_t u = UNTOUCHED;
		int64_t n = UNTOUCHED;
		double d = -1;
		int64_t bytes = -1;
		/* What one parser takes, the wider one takes as the same number. */
		if (num_parse_u64(s, &u) && u <= INT64_MAX) {
			assert_true(num_parse_i64(s, &n));
			assert_int_equal((uint64_t)n, u);
			assert_true(num_parse_bytes(s, &bytes));
			assert_int_equal(bytes, n);
		}
		if (num_parse_i64(s, &n)) {
			assert_true(num_parse_double(s, &d));
			assert_true(d == (double)n);
		}
		if (num_parse_duration(s, &d))
			assert_true(d >= 0);
		if (num_parse_bytes(s, &bytes))
			assert_true(bytes >= 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(u64_takes_decimal_digits_up_to_its_maximum),
		cmocka_unit_test(u64_refuses_overflow_and_everything_else_and_leaves_the_output),
		cmocka_unit_test(i64_takes_a_minus_and_both_limits),
		cmocka_unit_test(i64_refuses_overflow_and_everything_else_and_leaves_the_output),
		cmocka_unit_test(hex64_takes_1_to_16_digits_of_either_case),
		cmocka_unit_test(double_takes_its_syntax),
		cmocka_unit_test(double_refuses_what_strtod_would_take),
		cmocka_unit_test(double_takes_the_longest_plain_notation_but_not_endless_digits),
		cmocka_unit_test(double_reads_no_byte_behind_the_slice),
		cmocka_unit_test(random_numbers_make_the_round_trip),
		cmocka_unit_test(int_in_takes_its_limits_and_refuses_beyond),
		cmocka_unit_test(duration_takes_every_unit_and_means_seconds_without),
		cmocka_unit_test(duration_refuses_other_units_signs_space_and_overflow),
		cmocka_unit_test(bytes_takes_every_unit_in_any_case_exactly),
		cmocka_unit_test(bytes_refuses_other_units_signs_space_and_overflow),
		cmocka_unit_test(random_bytes_never_upset_a_parser),
	};
	return cmocka_run_group_tests_name("num", tests, NULL, NULL);
}
