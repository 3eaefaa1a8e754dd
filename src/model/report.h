#ifndef PGREPLTOP_MODEL_REPORT_H
#define PGREPLTOP_MODEL_REPORT_H
/* Builds the rows of a snapshot. */
#include "base/arena.h"
#include "model/history.h"
#include "model/rows.h"
#include "model/snapshot.h"
#include "model/topology.h"

/* `history` is read; the caller adds the snapshot's primaries to it first (report_note_history). */
const Report *report_build(Arena *arena, const Snapshot *snapshot, const Topology *topology, const History *history);
void report_note_history(History *history, const Snapshot *snapshot);

#endif
