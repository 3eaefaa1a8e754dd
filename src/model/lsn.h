#ifndef PGREPLTOP_MODEL_LSN_H
#define PGREPLTOP_MODEL_LSN_H
/* Log sequence numbers: byte positions in the WAL of one timeline, written as PostgreSQL's pg_lsn does ("5C/61E789D8"). */
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* 0 is InvalidXLogRecPtr (xlogdefs.h): no server reports it as a position, so it serves as "unknown". */
typedef uint64_t Lsn;
#define LSN_NONE ((Lsn)0)

enum { LSN_TEXT_MAX = 18 }; /* "FFFFFFFF/FFFFFFFF" and the NUL */

/* 1..8 hex digits, a slash, 1..8 hex digits, as pg_lsn_in() accepts. */
bool lsn_parse(Str s, Lsn *out);
/* Writes "X/X" as pg_lsn_out() does and returns it as a slice of `text`. LSN_NONE gives STR_NONE. */
Str lsn_write(Lsn lsn, char text[LSN_TEXT_MAX]);
/* a - b in bytes, at most +-INT64_MAX; INT64_MIN ("unknown") if either is LSN_NONE. */
int64_t lsn_diff(Lsn a, Lsn b);
static inline Lsn lsn_max(Lsn a, Lsn b)
{
	return a > b ? a : b;
}

#endif
