#ifndef PGREPLTOP_TESTS_UNIT_SNAPSHOT_FIXTURE_H
#define PGREPLTOP_TESTS_UNIT_SNAPSHOT_FIXTURE_H
/* Snapshots from compact descriptions, for tests of what is derived from them. A snapshot and all it points to live until
 * snap_free(). What a description leaves out is 0 or NULL there and gets the value named beside it. */
#include "model/snapshot.h"

/* A node; without `unanswered` it has a sample. */
typedef struct NodeSpec {
	NodeId id;        /* its position + 1 */
	const char *name; /* "PORT", or "HOST:PORT" of one that is not on 127.0.0.1 */
	const char *host; /* 127.0.0.1 */
	int port;
	const char *alias;        /* none */
	NodeState state;          /* NODE_UP if it answered, else NODE_CONNECTING */
	bool unanswered;          /* neither identity nor sample */
	uint64_t sysid;           /* 7 */
	const char *cluster_name; /* "" */
	bool primary;
	Lsn flush;           /* of a primary: 0/1000 */
	Lsn receive, replay; /* of a standby: unknown */
	int to_port;         /* of the upstream, as its WAL receiver says; 0: no receiver runs */
	const char *to_host; /* 127.0.0.1 */
	bool plain_role;     /* without pg_monitor */
	bool to_hidden;      /* a receiver runs, but the role may see its pid only */
	int local_port;
	const char *slot;
	int64_t start_us;          /* of the receiver; 0: unknown */
	int conninfo_port;         /* of primary_conninfo */
	const char *conninfo_host; /* 127.0.0.1 */
} NodeSpec;

/* A row of pg_stat_replication. */
typedef struct SenderSpec {
	int pid;           /* 100 and up by one a row */
	const char *app;   /* walreceiver */
	const char *addr;  /* 127.0.0.1 */
	int port;          /* 0: a Unix socket */
	int64_t start_us;  /* 0: unknown */
	const char *state; /* streaming */
	Lsn at;            /* for those of the next line that are 0; 0/1000 */
	Lsn sent, write, flush, replay;
	bool never_replays; /* pg_receivewal */
	const char *slot;
	bool logical;
	bool hidden; /* only pid and application_name are visible to the role */
} SenderSpec;

/* A row of pg_replication_slots: nobody holds it, unless there is an active_pid. */
typedef struct SlotSpec {
	const char *name;
	const char *database; /* of a logical one; NULL: physical */
	int active_pid;
	Lsn restart;        /* unknown: never used */
	const char *status; /* wal_status */
	int64_t safe;       /* 0: unknown */
	const char *reason; /* invalidation_reason */
	bool synced;
	int64_t idle_since_us; /* 0: unknown */
} SlotSpec;

Snapshot *snap_new(size_t max_nodes);
void snap_free(Snapshot *snapshot);
Node *snap_add(Snapshot *snapshot, NodeSpec spec);
#define NODE(snapshot, ...) snap_add((snapshot), (NodeSpec){__VA_ARGS__})
/* The node's rows must be added in the order of their pids. */
WalSender *snap_send(Snapshot *snapshot, Node *node, SenderSpec spec);
#define SENDER(snapshot, node, ...) snap_send((snapshot), (node), (SenderSpec){__VA_ARGS__})
/* The node's slots must be added in the order of their names; into its sample, or the one before. */
Slot *snap_slot(Snapshot *snapshot, NodeSample *sample, SlotSpec spec);
#define SLOT(snapshot, node, ...) snap_slot((snapshot), snap_sample(node), (SlotSpec){__VA_ARGS__})
/* The node's sample, to be changed; the one before is made on demand. */
NodeSample *snap_sample(const Node *node);
NodeSample *snap_previous(Snapshot *snapshot, Node *node);

/* 1923 feeds 1921, 1922 and 1924, 1921 feeds 1925; every name is walreceiver, every address 127.0.0.1. Nodes stand in the
 * order of their names' addition: 1925, 1924, 1923, 1922, 1921. */
enum { REF_1925, REF_1924, REF_1923, REF_1922, REF_1921 };
Snapshot *snap_reference(bool with_ports);

uint64_t snap_random(uint64_t *seed, uint64_t below);

#endif
