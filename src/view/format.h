#ifndef PGREPLTOP_VIEW_FORMAT_H
#define PGREPLTOP_VIEW_FORMAT_H
/* The values of columns for people; the units are those of all words. */
#include "model/format.h"
#include "model/metric.h"

#include <stddef.h>

void format_count(StrBuf *out, size_t count);             /* "1,003" */
void format_shown(StrBuf *out, size_t shown, size_t all); /* "12 of 1,003", "1,003 processes" */
void format_value(StrBuf *out, Value value);              /* by its type */

#endif
