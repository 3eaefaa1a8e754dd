#ifndef PGREPLTOP_MODEL_EDGES_H
#define PGREPLTOP_MODEL_EDGES_H
/* Matches standbys with rows of pg_stat_replication by ranked evidence. On one host all rows may be called "walreceiver"
 * and come from 127.0.0.1, so names and addresses prove little; slots and TCP port pairs do. What cannot be told stays
 * open: an edge is never guessed silently. */
#include "base/arena.h"
#include "model/snapshot.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an edge rests on, strongest first. */
typedef enum EdgeEvidence {
	EDGE_NONE,
	EDGE_SLOT,      /* the WAL sender holds the slot that the receiver names */
	EDGE_TCP,       /* both ends of one TCP connection: client_port = the receiver's local port */
	EDGE_SOCKET,    /* both ends of one Unix socket on this host: the row's process holds the other end */
	EDGE_NAME,      /* an application_name that only one row and one node of the cluster have */
	EDGE_ADDRESS,   /* the only candidate at that address */
	EDGE_START,     /* started together, at the upstream that the standby names: weak, for rows may be mixed up */
	EDGE_NAME_ONLY, /* the name alone: neither the standby's word nor an address supports it: weak */
	EDGE_RECEIVER,  /* the standby names this upstream, but which of its rows is the standby's is not known */
	EDGE_CONNINFO,  /* its primary_conninfo names this upstream; nothing streams now */
	EDGE_LAST       /* nothing streams now; it was so when it last did */
} EdgeEvidence;

#define EDGE_NO_NODE UINT32_MAX

typedef struct Edge {
	uint32_t upstream; /* index into snapshot->nodes, EDGE_NO_NODE = none or not known */
	uint32_t row;      /* index into that node's senders, EDGE_NO_NODE = not known */
	EdgeEvidence evidence;
} Edge;

/* One edge per node of the snapshot, in its order. */
Edge *edges_match(Arena *arena, const Snapshot *snapshot);

/* True if the rows of this node's last sample still say something: it answers, or hangs. */
bool node_is_live(const Node *node);
/* The node that `host`:`port`, as seen by `by`, means; EDGE_NO_NODE if none is known. Loopback and socket addresses mean the
 * host that `by` runs on. */
uint32_t node_at_address(const Snapshot *snapshot, const Node *by, Str host, int port);

#endif
