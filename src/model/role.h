#ifndef PGREPLTOP_MODEL_ROLE_H
#define PGREPLTOP_MODEL_ROLE_H
/* What each process of a node does for replication, in words. */
#include "model/rows.h"
#include "model/topology.h"

/* Fills report->roles for every node whose sample has roles, from the topology that the report was built from; its nodes,
 * slots and processes must be filled. */
void role_rows_fill(Arena *arena, Report *report, const Topology *topology);

#endif
