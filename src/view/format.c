#include "view/format.h"

#include "model/snapshot.h"

#include <math.h>

/* printf's %f takes the decimal point from the locale, so tenths are written as two integers. */
static void put_tenths(StrBuf *out, double value)
{
	int64_t tenths = (int64_t)(value * 10 + 0.5);
	strbuf_addf(out, "%lld.%lld", (long long)(tenths / 10), (long long)(tenths % 10));
}

static void put_whole(StrBuf *out, double value)
{
	strbuf_addf(out, "%.0f", value);
}

static void put_bytes(StrBuf *out, double bytes)
{
	static const char *const units[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
	if (bytes < 0) {
		strbuf_add_char(out, '-');
		bytes = -bytes;
	}
	if (bytes < 1023.5) {
		put_whole(out, bytes);
		return;
	}
	size_t unit = 0;
	for (bytes /= 1024; bytes >= 1023.5 && unit < sizeof(units) / sizeof(units[0]) - 1; bytes /= 1024)
		unit++;
	if (bytes < 99.95)
		put_tenths(out, bytes);
	else
		put_whole(out, bytes);
	strbuf_addf(out, " %s", units[unit]);
}

void format_bytes(StrBuf *out, int64_t bytes)
{
	if (bytes == INT_NONE)
		strbuf_add_char(out, '-');
	else
		put_bytes(out, (double)bytes);
}

void format_rate(StrBuf *out, double bytes_per_s)
{
	if (!isfinite(bytes_per_s))
		strbuf_add_char(out, '-');
	else if (bytes_per_s > 0 && bytes_per_s < 0.5)
		strbuf_add_cstr(out, "<1");
	else
		put_bytes(out, bytes_per_s);
}

static void put_short_time(StrBuf *out, double seconds)
{
	double ms = seconds * 1000;
	if (seconds == 0) {
		strbuf_add_char(out, '0');
	} else if (ms < 0.05) {
		strbuf_add_cstr(out, "<0.1ms");
	} else if (ms < 9.95) {
		put_tenths(out, ms);
		strbuf_add_cstr(out, "ms");
	} else if (ms < 999.5) {
		put_whole(out, ms);
		strbuf_add_cstr(out, "ms");
	} else if (seconds < 9.95) {
		put_tenths(out, seconds);
		strbuf_add_char(out, 's');
	} else {
		put_whole(out, seconds);
		strbuf_add_char(out, 's');
	}
}

static void put_long_time(StrBuf *out, double seconds)
{
	long long s = (long long)(seconds + 0.5);
	if (s < 3600)
		strbuf_addf(out, "%lldm%02lld", s / 60, s % 60);
	else if (s < 86400)
		strbuf_addf(out, "%lldh%02lld", s / 3600, s / 60 % 60);
	else if (s < 100LL * 86400)
		strbuf_addf(out, "%lldd%02lldh", s / 86400, s / 3600 % 24);
	else
		strbuf_addf(out, "%lldd", s / 86400);
	if (s < 3600)
		strbuf_add_char(out, 's');
}

void format_seconds(StrBuf *out, double seconds)
{
	if (isnan(seconds)) {
		strbuf_add_char(out, '-');
		return;
	}
	if (isinf(seconds) || seconds > 1e15) {
		strbuf_add_cstr(out, "never");
		return;
	}
	if (seconds < 0) {
		strbuf_add_char(out, '-');
		seconds = seconds < -1e15 ? 1e15 : -seconds;
	}
	if (seconds < 59.5)
		put_short_time(out, seconds);
	else
		put_long_time(out, seconds);
}

void format_percent(StrBuf *out, double percent)
{
	if (!isfinite(percent) || percent > 1e15 || percent < 0)
		strbuf_add_char(out, '-');
	else if (percent < 999.95)
		put_tenths(out, percent);
	else
		put_whole(out, percent);
}

void format_uptime(StrBuf *out, double seconds)
{
	if (!(seconds >= 0 && seconds < 1e15)) {
		strbuf_add_char(out, '-');
		return;
	}
	long long minutes = (long long)seconds / 60;
	if (minutes >= 24 * 60)
		strbuf_addf(out, "%lldd ", minutes / (24 * 60));
	strbuf_addf(out, "%02lld:%02lld", minutes / 60 % 24, minutes % 60);
}

void format_count(StrBuf *out, size_t count)
{
	if (count >= 1000) {
		format_count(out, count / 1000);
		strbuf_addf(out, ",%03zu", count % 1000);
	} else {
		strbuf_addf(out, "%zu", count);
	}
}

void format_shown(StrBuf *out, size_t shown, size_t all)
{
	format_count(out, shown);
	if (shown != all) {
		strbuf_add_cstr(out, " of ");
		format_count(out, all);
	}
	if (shown == all)
		strbuf_add_cstr(out, all == 1 ? " process" : " processes");
}

void format_value(StrBuf *out, Value value)
{
	char text[LSN_TEXT_MAX];
	if (!value.known) {
		strbuf_add_char(out, '-');
		return;
	}
	switch (value.type) {
	case VALUE_TEXT:
		strbuf_add(out, value.text);
		break;
	case VALUE_INT:
		strbuf_addf(out, "%lld", (long long)value.integer);
		break;
	case VALUE_BYTES:
		format_bytes(out, value.integer);
		break;
	case VALUE_SECONDS:
		format_seconds(out, value.real);
		break;
	case VALUE_RATE:
		format_rate(out, value.real);
		break;
	case VALUE_PERCENT:
		format_percent(out, value.real);
		break;
	case VALUE_LSN:
		strbuf_add(out, lsn_write(value.lsn, text));
		break;
	}
}
