#ifndef PGREPLTOP_MODEL_EXPOSITION_H
#define PGREPLTOP_MODEL_EXPOSITION_H
/* A report in Prometheus' text format, version 0.0.4.
 *
 * Each number is a gauge (or, if it only grows, a counter) named pgrepltop_ONE_COLUMN, in base units: LSNs as bytes since the
 * beginning of WAL, percentages as ratios, flags as 1 and 0. What tells rows apart are labels of every series; all other text
 * stands in the labels of pgrepltop_ONE_info, whose value is 1. What is unknown is left out; an ETA of "never" is +Inf. */
#include "model/columns.h"
#include "model/rows.h"

#include <stdbool.h>

/* Whether the table has a place there: events have none, for they have no values. */
bool exposition_has(TableId table);
/* Of one table, whose rows are of `columns`' choice; labels are always there. Series are told apart even where rows are
 * not: by a label "copy". */
void exposition_write(StrBuf *out, const ColumnList *columns, const Report *report);
/* The name of a column's series. */
void exposition_name(StrBuf *out, TableId table, const Metric *metric);

#endif
