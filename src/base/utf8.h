#ifndef PGREPLTOP_BASE_UTF8_H
#define PGREPLTOP_BASE_UTF8_H
/* UTF-8 without locale: decoding, terminal column widths, and the one door by which hostile text becomes displayable. */
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_REPLACEMENT 0xFFFDu

/* Decodes the first code point of a non-empty slice. Returns the bytes used (>= 1); an invalid, overlong, surrogate or
 * cut sequence gives UTF8_REPLACEMENT and uses the maximal invalid subpart (at least 1 byte). */
size_t utf8_decode(Str s, uint32_t *code_point);
/* Bytes written to out (1..4); an invalid code point is written as U+FFFD. */
size_t utf8_encode(uint32_t code_point, char out[4]);
/* Terminal columns of a code point as xterm and wcwidth count them: 0 (combining, zero width), 1, or 2 (East Asian
 * wide, emoji). Controls give 0; they never reach a terminal. */
int utf8_width(uint32_t code_point);
/* Columns of a whole slice. */
size_t utf8_columns(Str s);
/* True for code points that may not reach a terminal: C0, DEL, C1, bidi controls, zero-width and invisible formatting,
 * line/paragraph separators, tags, private use is allowed. */
bool utf8_is_unsafe(uint32_t code_point);
/* Appends `s` with every invalid byte as U+FFFD; newline, tab and carriage return as one space; other unsafe code
 * points as '?'; at most one combining mark kept after each base character. The result is valid UTF-8 and safe. */
void utf8_sanitise(StrBuf *out, Str s);
/* Where the slice must be cut so that it has at most `columns` columns and no character is split; returns bytes. */
size_t utf8_fit(Str s, size_t columns);

#endif
