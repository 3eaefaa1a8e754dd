#include "view/format.h"

#include "model/snapshot.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

typedef struct RealCase {
	double value;
	const char *text;
} RealCase;

static void check(void (*format)(StrBuf *, double), const RealCase *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char storage[64];
		StrBuf out = STRBUF_ON(storage);
		format(&out, cases[i].value);
		assert_string_equal(storage, cases[i].text);
	}
}

static void bytes_have_units_of_1024_and_at_most_seven_columns(void **state)
{
	static const struct {
		int64_t value;
		const char *text;
	} cases[] = {
		{0, "0"},
		{832, "832"},
		{1023, "1023"},
		{1024, "1.0 kB"},
		{4928307, "4.7 MB"},
		{65011712, "62.0 MB"},
		{102342 * 1024LL, "99.9 MB"},
		{1024LL * 1024 * 1024 - 1, "1.0 GB"},
		{1395864371, "1.3 GB"},
		{1022LL << 30, "1022 GB"},
		{INT64_MAX, "8.0 EB"},
		{-2048, "-2.0 kB"},
		{INT_NONE, "-"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char storage[64];
		StrBuf out = STRBUF_ON(storage);
		format_bytes(&out, cases[i].value);
		assert_string_equal(storage, cases[i].text);
		assert_true(out.len <= 7);
	}
}

static void rates_tell_nothing_from_little_from_unknown(void **state)
{
	static const RealCase cases[] = {
		{0, "0"}, {0.2, "<1"}, {20971520, "20.0 MB"}, {310, "310"}, {NAN, "-"}, {INFINITY, "-"},
	};
	(void)state;
	check(format_rate, cases, COUNT(cases));
}

static void seconds_keep_two_units_at_most(void **state)
{
	static const RealCase cases[] = {
		{0, "0"},         {0.00001, "<0.1ms"}, {0.0003, "0.3ms"}, {0.0099, "9.9ms"}, {0.00996, "10ms"},
		{0.045, "45ms"},  {0.9994, "999ms"},   {0.9996, "1.0s"},  {1.2, "1.2s"},     {9.94, "9.9s"},
		{9.96, "10s"},    {41.3, "41s"},       {59.4, "59s"},     {59.6, "1m00s"},   {200, "3m20s"},
		{3599.6, "1h00"}, {7500, "2h05"},      {86400, "1d00h"},  {356400, "4d03h"}, {8640000, "100d"},
		{NAN, "-"},       {INFINITY, "never"}, {-0.5, "-500ms"},  {1e300, "never"},
	};
	(void)state;
	check(format_seconds, cases, COUNT(cases));
}

static void percents_have_one_decimal(void **state)
{
	static const RealCase cases[] = {{0, "0.0"}, {15.44, "15.4"}, {99.96, "100.0"}, {1600, "1600"}, {NAN, "-"}};
	(void)state;
	check(format_percent, cases, COUNT(cases));
}

static void uptime_is_days_hours_minutes(void **state)
{
	static const RealCase cases[] = {{274327, "3d 04:12"}, {15120, "04:12"}, {0, "00:00"}, {NAN, "-"}, {-1, "-"}};
	(void)state;
	check(format_uptime, cases, COUNT(cases));
}

static void values_are_written_by_their_type(void **state)
{
	const struct {
		Value value;
		const char *text;
	} cases[] = {
		{{.type = VALUE_TEXT, .known = true, .text = STR("x")}, "x"},
		{{.type = VALUE_TEXT}, "-"},
		{{.type = VALUE_INT, .known = true, .integer = -7}, "-7"},
		{{.type = VALUE_BYTES, .known = true, .integer = 2048}, "2.0 kB"},
		{{.type = VALUE_SECONDS, .known = true, .real = 3}, "3.0s"},
		{{.type = VALUE_RATE, .known = true, .real = 0}, "0"},
		{{.type = VALUE_PERCENT, .known = true, .real = 1}, "1.0"},
		{{.type = VALUE_LSN, .known = true, .lsn = 0x5C61E789D8}, "5C/61E789D8"},
		{{.type = VALUE_LSN}, "-"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char storage[64];
		StrBuf out = STRBUF_ON(storage);
		format_value(&out, cases[i].value);
		assert_string_equal(storage, cases[i].text);
	}
}

static void counts_have_groups_of_three_digits(void **state)
{
	static const struct {
		size_t shown, all;
		const char *text;
	} cases[] = {
		{0, 0, "0 processes"},           {1, 1, "1 process"},
		{12, 1003, "12 of 1,003"},       {999, 999, "999 processes"},
		{1000, 1000, "1,000 processes"}, {7, 12034005, "7 of 12,034,005"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char storage[64];
		StrBuf out = STRBUF_ON(storage);
		format_shown(&out, cases[i].shown, cases[i].all);
		assert_string_equal(storage, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_have_groups_of_three_digits),
		cmocka_unit_test(bytes_have_units_of_1024_and_at_most_seven_columns),
		cmocka_unit_test(rates_tell_nothing_from_little_from_unknown),
		cmocka_unit_test(seconds_keep_two_units_at_most),
		cmocka_unit_test(percents_have_one_decimal),
		cmocka_unit_test(uptime_is_days_hours_minutes),
		cmocka_unit_test(values_are_written_by_their_type),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
