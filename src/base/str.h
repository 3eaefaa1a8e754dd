#ifndef PGREPLTOP_BASE_STR_H
#define PGREPLTOP_BASE_STR_H
/* Text as a borrowed slice (Str) and a builder (StrBuf). A Str carries its length, need not be NUL-terminated and
 * owns nothing; data == NULL is "no value" (unknown), which differs from the empty string. */
#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Str {
	const char *data;
	size_t len;
} Str;

#define STR_NONE ((Str){NULL, 0})
/* A Str of a string literal; STR_INIT is the form for static initialisers. */
#define STR(literal) ((Str){"" literal, sizeof(literal) - 1})
#define STR_INIT(literal) \
	{ \
		"" literal, sizeof(literal) - 1 \
	}
/* For printf: "%.*s", STR_ARG(s) */
#define STR_ARG(s) (int)(s).len, (s).data ? (s).data : ""

Str str_from(const char *cstr); /* borrows; NULL gives STR_NONE */
static inline bool str_is_none(Str s)
{
	return s.data == NULL;
}
/* True for the same bytes; STR_NONE equals only STR_NONE. */
bool str_eq(Str a, Str b);
/* As str_eq, ASCII letters compared without case. */
bool str_eq_nocase(Str a, Str b);
bool str_starts(Str s, Str prefix);
bool str_ends(Str s, Str suffix);
/* strcmp-like order by bytes; STR_NONE sorts first. */
int str_cmp(Str a, Str b);
/* Position of `needle`, or SIZE_MAX. The empty needle is found at 0. */
size_t str_find(Str s, Str needle);
size_t str_find_nocase(Str s, Str needle); /* ASCII case only */
/* s[from, to), both clamped to the length. */
Str str_sub(Str s, size_t from, size_t to);
/* Without ASCII white space (space \t \n \v \f \r) at both ends. */
Str str_trim(Str s);
/* Cuts at the first `separator`: returns what stands before it and leaves in *rest what stands after it. Without a
 * separator returns all and leaves STR_NONE in *rest. */
Str str_cut(Str *rest, char separator);
/* A copy in the arena, NUL-terminated (the NUL is not in len). STR_NONE stays STR_NONE. */
Str str_dup(Arena *arena, Str s);
/* Formats into the arena, NUL-terminated. */
Str str_format(Arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);
/* A moment, in microseconds since the Unix epoch, as files show it: UTC, ISO 8601, milliseconds (cut), Z. STR_NONE where
 * the calendar ends. */
Str str_time(Arena *arena, int64_t unix_us);

/* The builder. Fixed (strbuf_fixed: caller's storage, overlong text is cut at a UTF-8 boundary and `truncated` set) or
 * growing (zero-initialised; owns malloc'ed memory until strbuf_free). The text is always NUL-terminated once
 * anything was added or the storage is fixed. */
typedef struct StrBuf {
	char *data;
	size_t len;
	size_t cap;
	bool fixed;
	bool truncated;
} StrBuf;

StrBuf strbuf_fixed(char *storage, size_t size); /* size >= 1 */
#define STRBUF_ON(array) strbuf_fixed((array), sizeof(array))
void strbuf_add(StrBuf *b, Str s); /* STR_NONE adds nothing */
void strbuf_add_cstr(StrBuf *b, const char *s);
void strbuf_add_char(StrBuf *b, char c);
void strbuf_add_repeat(StrBuf *b, char c, size_t count);
void strbuf_addf(StrBuf *b, const char *format, ...) PRINTF_LIKE(2, 3);
void strbuf_clear(StrBuf *b); /* empty; keeps the storage */
void strbuf_free(StrBuf *b);  /* growing only; leaves it empty and usable */
Str strbuf_str(const StrBuf *b);

#endif
