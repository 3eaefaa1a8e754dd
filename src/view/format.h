#ifndef PGREPLTOP_VIEW_FORMAT_H
#define PGREPLTOP_VIEW_FORMAT_H
/* The values of columns for people; the units are those of all words. */
#include "model/format.h"
#include "model/metric.h"

void format_value(StrBuf *out, Value value); /* by its type */

#endif
