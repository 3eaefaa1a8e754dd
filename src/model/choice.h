#ifndef PGREPLTOP_MODEL_CHOICE_H
#define PGREPLTOP_MODEL_CHOICE_H
/* Which rows of a table are written, and in which order: --filter and --sort. */
#include "base/arena.h"
#include "model/filter.h"
#include "model/metric.h"
#include "model/order.h"
#include "model/rows.h"

/* A report whose table has the rows that match only, in that order; its other tables are those of `report`. It is `report`
 * itself where there is nothing to choose. Rows that name others by number (NodeRow.parent) lose their meaning: it is for
 * what is written, not for the screen. */
const Report *report_choose(Arena *arena, const Report *report, TableId table, const Filter *filter, SortOrder order);

#endif
