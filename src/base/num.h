#ifndef PGREPLTOP_BASE_NUM_H
#define PGREPLTOP_BASE_NUM_H
/* Numbers from text, and to text. Checked parsing: the whole slice must be the number, no white space, no sign unless said, no
 * locale. On false the output is untouched. */
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

bool num_parse_u64(Str s, uint64_t *out);   /* decimal digits */
bool num_parse_i64(Str s, int64_t *out);    /* optional leading - */
bool num_parse_hex64(Str s, uint64_t *out); /* 1..16 hex digits, no 0x */
bool num_parse_double(Str s, double *out);  /* [-]digits[.digits][e[-+]digits], finite */
bool num_parse_int_in(Str s, int64_t min, int64_t max, int64_t *out);
/* Seconds: a number with an optional unit us, ms, s, min, h, d (as PostgreSQL's GUC units); none means s. Not negative. */
bool num_parse_duration(Str s, double *seconds);
/* Bytes: a number with an optional unit B, kB, MB, GB, TB (1024-based and case-insensitive); none means bytes. */
bool num_parse_bytes(Str s, int64_t *bytes);

/* Written without a locale: printf takes the decimal point from it, and is most of the time of a row. */
void num_write_u64(StrBuf *out, uint64_t value);
void num_write_i64(StrBuf *out, int64_t value);
/* Up to six decimals, trailing zeros cut. What is not finite has no such spelling: nothing is written. */
void num_write_real(StrBuf *out, double value);

#endif
