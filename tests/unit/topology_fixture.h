#ifndef PGREPLTOP_TESTS_UNIT_TOPOLOGY_FIXTURE_H
#define PGREPLTOP_TESTS_UNIT_TOPOLOGY_FIXTURE_H
/* What tests of trees share. */
#include "model/topology.h"

/* The tree as text: a line a row, one dot a level, "/" before the last child of an upstream; a node by its name, a client
 * leaf by application_name#pid; then the evidence. A blank line stands between clusters. */
void topo_draw(const Topology *topology, StrBuf *out);
/* What holds of every tree, however strange the snapshot: every node and every row exactly once, each below its upstream,
 * in one piece. NULL, or what does not hold. */
const char *topo_malformed(const Snapshot *snapshot, const Topology *topology);

#endif
