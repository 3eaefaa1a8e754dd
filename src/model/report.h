#ifndef PGREPLTOP_MODEL_REPORT_H
#define PGREPLTOP_MODEL_REPORT_H
/* Builds the rows of a snapshot. */
#include "base/arena.h"
#include "model/commitcost.h"
#include "model/history.h"
#include "model/rows.h"
#include "model/snapshot.h"
#include "model/topology.h"

/* `history` and `cost` are read; the caller notes the snapshot in them first (report_note_history, commit_cost_note). `cost`
 * may be NULL. */
Report *report_build(Arena *arena, const Snapshot *snapshot, const Topology *topology, const History *history,
                     const CommitCost *cost);
/* "12:01:33Z": when it was made; nothing if that is not known. */
void report_write_clock(StrBuf *out, const Report *report);
void report_note_history(History *history, const Snapshot *snapshot);

#endif
