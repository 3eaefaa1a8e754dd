#ifndef PGREPLTOP_MODEL_TOPOLOGY_H
#define PGREPLTOP_MODEL_TOPOLOGY_H
/* Who replicates from whom: matches the rows of pg_stat_replication with the WAL receivers of polled nodes and lays the
 * result out as a forest. Every node, every row of pg_stat_replication and every inactive slot stands in it exactly once;
 * cycles are cut.
 * Pure: the same snapshot and the same previous topology give the same result. */
#include "base/arena.h"
#include "model/edges.h"
#include "model/snapshot.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As written to CSV: "slot", "tcp", ...; STR_NONE for EDGE_NONE. A weak one carries a trailing "~". */
Str edge_evidence_text(EdgeEvidence evidence);
bool edge_is_weak(EdgeEvidence evidence);

#define TOPO_NONE UINT32_MAX

/* One line of the tree: a polled node, a client leaf (a row that is no polled node) or a ghost leaf (a slot that nobody
 * holds). */
typedef struct TopoRow {
	const Node *node;        /* NULL for a leaf */
	const WalSender *sender; /* the upstream's row for it; NULL if none or not known */
	const Slot *slot;        /* the upstream's, of a ghost leaf; else NULL */
	uint32_t upstream;       /* index of the upstream's row, TOPO_NONE for a root */
	EdgeEvidence evidence;
	uint32_t cluster; /* index into Topology.clusters */
	uint32_t root;    /* index of the tree's root row */
	unsigned depth;
	bool last_child;
} TopoRow;

/* The nodes of one system identifier. Nodes that never said theirs form clusters of their own. */
typedef struct TopoCluster {
	uint64_t system_identifier; /* 0 = unknown */
	uint32_t first;             /* its rows are [first, first + count) */
	uint32_t count;
	uint32_t primary;   /* row of the first live node that is not in recovery, else of a dead one, else TOPO_NONE */
	uint32_t primaries; /* how many live nodes are not in recovery */
} TopoCluster;

typedef struct Topology {
	TopoRow *rows; /* in display order: every row's upstream stands before it */
	size_t nrows;
	TopoCluster *clusters;
	size_t nclusters;
} Topology;

/* `previous` (may be NULL) says where a node stood that can no longer be asked. */
const Topology *topology_build(Arena *arena, const Snapshot *snapshot, const Topology *previous);

#endif
