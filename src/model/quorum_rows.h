#ifndef PGREPLTOP_MODEL_QUORUM_ROWS_H
#define PGREPLTOP_MODEL_QUORUM_ROWS_H
/* The rows of the quorum and failover lens. */
#include "model/commitcost.h"
#include "model/rows.h"
#include "model/topology.h"

/* Fills report->quorums from the topology that the report was built from; its nodes and clusters must be filled. `cost` may
 * be NULL. With `what_if` the rows of other rules too. */
void quorum_rows_fill(Arena *arena, Report *report, const Topology *topology, const CommitCost *cost, bool what_if);

#endif
