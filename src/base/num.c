#include "base/num.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The longest double written without an exponent has 309 digits before the point; anything beyond this is refused. */
#define DOUBLE_TEXT_MAX 512

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool has_minus(Str s)
{
	return s.len > 0 && s.data[0] == '-';
}

bool num_parse_u64(Str s, uint64_t *out)
{
	if (s.len == 0)
		return false;
	uint64_t value = 0;
	for (size_t i = 0; i < s.len; i++) {
		if (!is_digit(s.data[i]))
			return false;
		unsigned digit = (unsigned)(s.data[i] - '0');
		if (value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*out = value;
	return true;
}

bool num_parse_i64(Str s, int64_t *out)
{
	bool negative = has_minus(s);
	uint64_t magnitude = 0;
	if (!num_parse_u64(negative ? str_sub(s, 1, s.len) : s, &magnitude))
		return false;
	if (magnitude > (uint64_t)INT64_MAX + negative)
		return false;
	if (!negative)
		*out = (int64_t)magnitude;
	else if (magnitude > INT64_MAX) /* its positive does not exist */
		*out = INT64_MIN;
	else
		*out = -(int64_t)magnitude;
	return true;
}

static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool num_parse_hex64(Str s, uint64_t *out)
{
	if (s.len < 1 || s.len > 16)
		return false;
	uint64_t value = 0;
	for (size_t i = 0; i < s.len; i++) {
		int digit = hex_digit(s.data[i]);
		if (digit < 0)
			return false;
		value = value << 4 | (unsigned)digit;
	}
	*out = value;
	return true;
}

/* Moves *at over digits; false when there are none. */
static bool skip_digits(Str s, size_t *at)
{
	size_t start = *at;
	while (*at < s.len && is_digit(s.data[*at]))
		(*at)++;
	return *at > start;
}

static bool is_double_syntax(Str s)
{
	size_t at = has_minus(s) ? 1 : 0;
	if (!skip_digits(s, &at))
		return false;
	if (at < s.len && s.data[at] == '.') {
		at++;
		if (!skip_digits(s, &at))
			return false;
	}
	if (at < s.len && (s.data[at] == 'e' || s.data[at] == 'E')) {
		at++;
		if (at < s.len && (s.data[at] == '-' || s.data[at] == '+'))
			at++;
		if (!skip_digits(s, &at))
			return false;
	}
	return at == s.len;
}

bool num_parse_double(Str s, double *out)
{
	char text[DOUBLE_TEXT_MAX + 1];
	if (s.len > DOUBLE_TEXT_MAX || !is_double_syntax(s))
		return false;
	memcpy(text, s.data, s.len);
	text[s.len] = '\0';
	/* strtod rounds correctly, which no simple loop does. It asks LC_NUMERIC for the decimal point, but the program
	 * sets LC_CTYPE alone, so that is always the C locale; and what else strtod would take (white space,
	 * hexadecimal, "inf", "nan") was refused above. */
	double value = strtod(text, NULL);
	if (!isfinite(value))
		return false;
	*out = value;
	return true;
}

bool num_parse_int_in(Str s, int64_t min, int64_t max, int64_t *out)
{
	int64_t value = 0;
	if (!num_parse_i64(s, &value) || value < min || value > max)
		return false;
	*out = value;
	return true;
}

/* Cuts the letters at the end off *s and returns them. */
static Str cut_unit(Str *s)
{
	size_t end = s->len;
	while (end > 0 && is_letter(s->data[end - 1]))
		end--;
	Str unit = str_sub(*s, end, s->len);
	*s = str_sub(*s, 0, end);
	return unit;
}

bool num_parse_duration(Str s, double *seconds)
{
	/* Small units divide, since 1e-3 is not exact in binary: 500ms is to be the same number as 0.5s. */
	static const struct {
		Str name;
		double times;
		double per;
	} units[] = {
		{STR_INIT(""), 1, 1},     {STR_INIT("us"), 1, 1e6}, {STR_INIT("ms"), 1, 1e3},  {STR_INIT("s"), 1, 1},
		{STR_INIT("min"), 60, 1}, {STR_INIT("h"), 3600, 1}, {STR_INIT("d"), 86400, 1},
	};
	double number = 0;
	Str digits = s;
	Str unit = cut_unit(&digits);
	if (has_minus(digits) || !num_parse_double(digits, &number))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (!str_eq(unit, units[i].name))
			continue;
		double value = number * units[i].times / units[i].per;
		if (!isfinite(value))
			return false;
		*seconds = value;
		return true;
	}
	return false;
}

/* The number itself is a whole one in most cases, and then exact; a fraction (1.5GB) is rounded to whole bytes. */
static bool scale_bytes(Str digits, int64_t factor, int64_t *bytes)
{
	uint64_t whole = 0;
	if (num_parse_u64(digits, &whole)) {
		if (whole > (uint64_t)(INT64_MAX / factor))
			return false;
		*bytes = (int64_t)whole * factor;
		return true;
	}
	double number = 0;
	if (has_minus(digits) || !num_parse_double(digits, &number))
		return false;
	number = number * (double)factor + 0.5;
	if (!(number < 0x1p63))
		return false;
	*bytes = (int64_t)number;
	return true;
}

bool num_parse_bytes(Str s, int64_t *bytes)
{
	static const struct {
		Str name;
		int shift;
	} units[] = {
		{STR_INIT(""), 0},    {STR_INIT("B"), 0},   {STR_INIT("kB"), 10},
		{STR_INIT("MB"), 20}, {STR_INIT("GB"), 30}, {STR_INIT("TB"), 40},
	};
	Str digits = s;
	Str unit = cut_unit(&digits);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (str_eq_nocase(unit, units[i].name))
			return scale_bytes(digits, (int64_t)1 << units[i].shift, bytes);
	}
	return false;
}

/* ---- to text ---- */

void num_write_u64(StrBuf *out, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);
	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value != 0);
	strbuf_add(out, (Str){digits + at, sizeof(digits) - at});
}

void num_write_i64(StrBuf *out, int64_t value)
{
	if (value < 0)
		strbuf_add_char(out, '-');
	num_write_u64(out, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void num_write_real(StrBuf *out, double value)
{
	if (!isfinite(value))
		return;
	double size = value < 0 ? -value : value;
	if (size >= 1e18) {
		strbuf_addf(out, "%.0f", value);
		return;
	}
	uint64_t whole = (uint64_t)size;
	uint64_t micro = (uint64_t)((size - (double)whole) * 1e6 + 0.5);
	if (micro >= 1000000) {
		whole++;
		micro = 0;
	}
	if (value < 0 && (whole != 0 || micro != 0))
		strbuf_add_char(out, '-');
	num_write_u64(out, whole);
	if (micro == 0)
		return;
	char decimals[7] = ".";
	for (size_t i = 6; i > 0; i--) {
		decimals[i] = (char)('0' + micro % 10);
		micro /= 10;
	}
	size_t len = sizeof(decimals);
	while (decimals[len - 1] == '0')
		len--;
	strbuf_add(out, (Str){decimals, len});
}
