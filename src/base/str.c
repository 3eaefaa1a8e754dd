#include "base/str.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STRBUF_MIN 64u

static char lower(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c + ('a' - 'A'));
	return c;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* memcmp may not be given NULL, not even for no bytes. */
static bool same_bytes(const char *a, const char *b, size_t len)
{
	return len == 0 || memcmp(a, b, len) == 0;
}

static bool same_bytes_nocase(const char *a, const char *b, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (lower(a[i]) != lower(b[i]))
			return false;
	}
	return true;
}

Str str_from(const char *cstr)
{
	return cstr ? (Str){cstr, strlen(cstr)} : STR_NONE;
}

bool str_eq(Str a, Str b)
{
	return str_is_none(a) == str_is_none(b) && a.len == b.len && same_bytes(a.data, b.data, a.len);
}

bool str_eq_nocase(Str a, Str b)
{
	return str_is_none(a) == str_is_none(b) && a.len == b.len && same_bytes_nocase(a.data, b.data, a.len);
}

bool str_starts(Str s, Str prefix)
{
	return s.len >= prefix.len && same_bytes(s.data, prefix.data, prefix.len);
}

bool str_ends(Str s, Str suffix)
{
	return s.len >= suffix.len && str_starts(str_sub(s, s.len - suffix.len, s.len), suffix);
}

int str_cmp(Str a, Str b)
{
	if (str_is_none(a) || str_is_none(b))
		return (int)str_is_none(b) - (int)str_is_none(a);
	size_t common = a.len < b.len ? a.len : b.len;
	int order = common ? memcmp(a.data, b.data, common) : 0;
	if (order != 0)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}

size_t str_find(Str s, Str needle)
{
	if (needle.len == 0)
		return 0;
	if (needle.len > s.len)
		return SIZE_MAX;
	const char *found = memmem(s.data, s.len, needle.data, needle.len);
	return found ? (size_t)(found - s.data) : SIZE_MAX;
}

size_t str_find_nocase(Str s, Str needle)
{
	if (needle.len == 0)
		return 0;
	for (size_t at = 0; at < s.len && needle.len <= s.len - at; at++) {
		if (same_bytes_nocase(s.data + at, needle.data, needle.len))
			return at;
	}
	return SIZE_MAX;
}

Str str_sub(Str s, size_t from, size_t to)
{
	if (str_is_none(s))
		return STR_NONE;
	if (to > s.len)
		to = s.len;
	if (from > to)
		from = to;
	return (Str){s.data + from, to - from};
}

Str str_trim(Str s)
{
	size_t from = 0;
	size_t to = s.len;
	while (from < to && is_space(s.data[from]))
		from++;
	while (to > from && is_space(s.data[to - 1]))
		to--;
	return str_sub(s, from, to);
}

Str str_cut(Str *rest, char separator)
{
	Str s = *rest;
	const char *at = s.len ? memchr(s.data, separator, s.len) : NULL;
	if (!at) {
		*rest = STR_NONE;
		return s;
	}
	size_t before = (size_t)(at - s.data);
	*rest = str_sub(s, before + 1, s.len);
	return str_sub(s, 0, before);
}

Str str_dup(Arena *arena, Str s)
{
	if (str_is_none(s))
		return STR_NONE;
	char *copy = arena_alloc(arena, s.len + 1); /* zeroed, so the NUL is there */
	if (s.len)
		memcpy(copy, s.data, s.len);
	return (Str){copy, s.len};
}

Str str_format(Arena *arena, const char *format, ...)
{
	char small[256]; /* spares most texts the second formatting */
	va_list args;
	va_start(args, format);
	int written = vsnprintf(small, sizeof(small), format, args);
	va_end(args);
	size_t len = written > 0 ? (size_t)written : 0;
	if (len < sizeof(small))
		return str_dup(arena, (Str){small, len});
	char *text = arena_alloc(arena, len + 1);
	va_start(args, format);
	(void)vsnprintf(text, len + 1, format, args);
	va_end(args);
	return (Str){text, len};
}

/* Makes room for `extra` more bytes and a NUL; returns how many of them may be added. A cut text takes nothing more:
 * what follows a gap would mislead. */
static size_t reserve(StrBuf *b, size_t extra)
{
	if (b->truncated)
		return 0;
	if (b->cap - b->len > extra)
		return extra;
	if (b->fixed) {
		b->truncated = true;
		return b->cap - b->len - 1;
	}
	/* Lengths near SIZE_MAX end as out of memory and not as a small number. */
	size_t need = extra < SIZE_MAX - b->len ? b->len + extra + 1 : SIZE_MAX;
	size_t cap = b->cap < SIZE_MAX / 2 ? b->cap * 2 : SIZE_MAX;
	if (cap < need)
		cap = need;
	if (cap < STRBUF_MIN)
		cap = STRBUF_MIN;
	b->data = xrealloc_array(b->data, cap, 1);
	b->cap = cap;
	return extra;
}

/* `len` without the first bytes of a character whose last ones are missing. Bytes that are not UTF-8 stay. */
static size_t whole_characters(const char *text, size_t len)
{
	size_t tail = 0; /* continuation bytes at the end */
	while (tail < 3 && tail < len && ((unsigned char)text[len - 1 - tail] & 0xC0) == 0x80)
		tail++;
	if (tail == len)
		return len; /* also of no text at all */
	unsigned char lead = (unsigned char)text[len - 1 - tail];
	size_t need = 0;
	if (lead >= 0xC2 && lead <= 0xDF)
		need = 1;
	else if (lead >= 0xE0 && lead <= 0xEF)
		need = 2;
	else if (lead >= 0xF0 && lead <= 0xF4)
		need = 3;
	return tail < need ? len - 1 - tail : len;
}

/* Takes `added` bytes behind the text into it. */
static void settle(StrBuf *b, size_t added)
{
	assert(b->data != NULL); /* reserve() made room for a NUL at least */
	b->len += added;
	if (b->truncated)
		b->len = whole_characters(b->data, b->len);
	b->data[b->len] = '\0';
}

StrBuf strbuf_fixed(char *storage, size_t size)
{
	storage[0] = '\0';
	return (StrBuf){.data = storage, .cap = size, .fixed = true};
}

void strbuf_add(StrBuf *b, Str s)
{
	if (str_is_none(s))
		return;
	size_t count = reserve(b, s.len);
	if (count)
		memcpy(b->data + b->len, s.data, count);
	settle(b, count);
}

void strbuf_add_cstr(StrBuf *b, const char *s)
{
	strbuf_add(b, str_from(s));
}

void strbuf_add_char(StrBuf *b, char c)
{
	size_t count = reserve(b, 1);
	if (count)
		b->data[b->len] = c;
	settle(b, count);
}

void strbuf_add_repeat(StrBuf *b, char c, size_t count)
{
	count = reserve(b, count);
	if (count)
		memset(b->data + b->len, c, count);
	settle(b, count);
}

void strbuf_addf(StrBuf *b, const char *format, ...)
{
	if (b->truncated)
		return;
	if (!b->data)
		reserve(b, STRBUF_MIN - 1);
	size_t room = b->cap - b->len;
	va_list args;
	va_start(args, format);
	int written = vsnprintf(b->data + b->len, room, format, args);
	va_end(args);
	size_t count = written > 0 ? (size_t)written : 0; /* below 0: it cannot be formatted, and adds nothing */
	if (count >= room) {
		count = reserve(b, count);
		if (!b->fixed) {
			va_start(args, format);
			(void)vsnprintf(b->data + b->len, count + 1, format, args);
			va_end(args);
		}
	}
	settle(b, count);
}

void strbuf_clear(StrBuf *b)
{
	b->len = 0;
	b->truncated = false;
	if (b->data)
		b->data[0] = '\0';
}

void strbuf_free(StrBuf *b)
{
	if (b->fixed) {
		strbuf_clear(b);
		return;
	}
	free(b->data);
	*b = (StrBuf){0};
}

Str strbuf_str(const StrBuf *b)
{
	return b->data ? (Str){b->data, b->len} : STR("");
}

Str str_time(Arena *arena, int64_t unix_us)
{
	int64_t ms = unix_us / 1000 - (unix_us % 1000 < 0);
	int64_t seconds = ms / 1000 - (ms % 1000 < 0);
	time_t clock = (time_t)seconds;
	struct tm tm;
	if (gmtime_r(&clock, &tm) == NULL)
		return STR_NONE;
	return str_format(arena, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
	                  tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(ms - seconds * 1000));
}
