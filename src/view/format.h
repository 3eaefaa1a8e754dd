#ifndef PGREPLTOP_VIEW_FORMAT_H
#define PGREPLTOP_VIEW_FORMAT_H
/* Numbers for people. All units of the screen are made here. Unknown values are written as "-". */
#include "base/str.h"
#include "model/metric.h"

#include <stdint.h>

void format_bytes(StrBuf *out,
                  int64_t bytes); /* "0", "832", "4.7 MB", "1.3 GB": 1024-based as pg_size_pretty's units */
void format_rate(StrBuf *out, double bytes_per_s); /* "0", "20.0 MB" (the column title carries /s) */
void format_seconds(
	StrBuf *out,
	double seconds); /* "0", "0.3ms", "45ms", "1.2s", "41s", "3m20s", "2h05", "4d03h", INFINITY "never" */
void format_percent(StrBuf *out, double percent);         /* "15.4" */
void format_uptime(StrBuf *out, double seconds);          /* "3d 04:12", "04:12" */
void format_count(StrBuf *out, size_t count);             /* "1,003" */
void format_shown(StrBuf *out, size_t shown, size_t all); /* "12 of 1,003", "1,003 processes" */
void format_value(StrBuf *out, Value value);              /* by its type */

#endif
