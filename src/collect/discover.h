#ifndef PGREPLTOP_COLLECT_DISCOVER_H
#define PGREPLTOP_COLLECT_DISCOVER_H
/* Where else to look: addresses at which nodes of the clusters on show may be found, up by what standbys say of their
 * upstream, down by the clients of WAL senders. Pure; the poller decides what to try and when. */
#include "base/arena.h"
#include "model/topology.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct Candidate {
	Str host;
	int port;
	bool named;   /* a standby names it as its upstream: it is a node whether it can be reached or not */
	bool vouched; /* named, or the port is the default or a given node's: no wild guess */
	NodeId near;  /* the node that told of it: its connection parameters apply */
} Candidate;

typedef struct Candidates {
	Candidate *items;
	size_t count;
	bool scan_this_host; /* a standby of a node on this host is not known by address: look at the local postmasters */
} Candidates;

Candidates discover(Arena *arena, const Snapshot *snapshot, const Topology *topology);

#endif
