#ifndef PGREPLTOP_OUT_BATCH_H
#define PGREPLTOP_OUT_BATCH_H
/* Reports as rows on a descriptor. */
#include "base/err.h"
#include "model/filter.h"
#include "model/order.h"
#include "model/report.h"

#include <stdbool.h>

typedef struct Batch Batch;

Batch *batch_new(int fd, TableId table); /* the descriptor stays the caller's */
/* Which rows are written, and in which order; both are of the batch's table. */
void batch_select(Batch *batch, const Filter *filter, SortOrder order);
void batch_free(Batch *batch);
/* Writes the report's rows of the table, with a header line before the first, in as few writes as the descriptor takes.
 * False: output failed (a full disk, a closed pipe). */
bool batch_write(Batch *batch, const Report *report, Err *err);

#endif
