#include "model/lsn.h"

#include "base/num.h"

bool lsn_parse(Str s, Lsn *out)
{
	Str low = s;
	Str high = str_cut(&low, '/');
	uint64_t h, l;
	if (high.len > 8 || low.len > 8 || !num_parse_hex64(high, &h) || !num_parse_hex64(low, &l))
		return false;
	*out = h << 32 | l;
	return true;
}

static size_t put_hex(char *text, uint32_t value)
{
	char digits[8];
	size_t n = 0;
	do {
		digits[n++] = "0123456789ABCDEF"[value & 15];
		value >>= 4;
	} while (value != 0);
	for (size_t i = 0; i < n; i++)
		text[i] = digits[n - 1 - i];
	return n;
}

/* By hand, not by printf: a screen or CSV sample writes four of these a row. */
Str lsn_write(Lsn lsn, char text[LSN_TEXT_MAX])
{
	if (lsn == LSN_NONE)
		return STR_NONE;
	size_t len = put_hex(text, (uint32_t)(lsn >> 32));
	text[len++] = '/';
	len += put_hex(text + len, (uint32_t)lsn);
	text[len] = '\0';
	return (Str){text, len};
}

int64_t lsn_diff(Lsn a, Lsn b)
{
	if (a == LSN_NONE || b == LSN_NONE)
		return INT64_MIN;
	uint64_t distance = a > b ? a - b : b - a;
	int64_t bytes = distance > INT64_MAX ? INT64_MAX : (int64_t)distance;
	return a >= b ? bytes : -bytes;
}
