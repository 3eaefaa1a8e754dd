#ifndef PGREPLTOP_MODEL_ROWS_H
#define PGREPLTOP_MODEL_ROWS_H
/* What a screen shows and a file holds: flat rows with every value derived, one row a line. They are built once per
 * snapshot (report.h) and are all that view/ and out/ see of the model, so the screen, the CSV files and a replay of them
 * cannot disagree. Which fields are columns, and how they are named, stands in metric.h and nowhere else.
 *
 * Unknown values: STR_NONE, INT_NONE, NAN, LSN_NONE. */
#include "base/str.h"
#include "model/lsn.h"
#include "model/snapshot.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a role lacks to whom a server hides something; it stands where the value would be. */
#define MISSING_GRANT "grant pg_monitor"
#define NOT_VISIBLE "not visible to this role: " MISSING_GRANT

/* "No such row". */
#define ROW_NONE UINT32_MAX

/* The identity of a line over time: selection and tags hold this, never a row number. */
typedef struct RowKey {
	NodeId node;      /* the node, or for a client leaf and a process the node it belongs to */
	int pid;          /* 0 for the node itself, ROW_KEY_SLOT for a ghost leaf */
	int64_t start_us; /* of the process; TIME_NONE where it is not visible; of a ghost leaf a hash of its name */
} RowKey;

#define ROW_KEY_SLOT (-1)

static inline bool row_key_eq(RowKey a, RowKey b)
{
	return a.node == b.node && a.pid == b.pid && a.start_us == b.start_us;
}

/* For the start_us of what has a name and no start. FNV-1a. */
static inline int64_t row_key_hash(Str name)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	for (size_t i = 0; i < name.len; i++)
		hash = (hash ^ (unsigned char)name.data[i]) * UINT64_C(1099511628211);
	return (int64_t)hash;
}

/* How a line's state is to be seen, for colours; the word itself is in `state`. */
typedef enum RowHealth { HEALTH_OK, HEALTH_NOTE, HEALTH_WARNING, HEALTH_BAD, HEALTH_UNKNOWN } RowHealth;

typedef struct NodeRow {
	RowKey key;
	uint32_t parent; /* row of the upstream, ROW_NONE for a root */
	uint32_t cluster_index;
	uint32_t slot; /* row of the slot that it uses, or that a ghost leaf is; ROW_NONE without one */
	bool last_child;
	bool is_client;
	bool is_ghost; /* a slot that nobody holds */
	bool edge_weak;
	bool lag_at_least; /* lag_seconds is a lower bound */
	bool lag_stale;    /* the server's lag columns are older than they should be */
	bool local;
	bool is_hidden; /* the role may not see its edge */
	/* for actions: */
	bool in_recovery;        /* it answers, and is a standby */
	bool replay_paused;      /* or a pause was asked for */
	int64_t server_start_us; /* of its postmaster; TIME_NONE = not known */
	int version_num;         /* 0 = not known */
	Str login;               /* the role that we are connected as */
	Str pause_needs;         /* the right that it lacks to pause and resume replay; STR_NONE: none */
	RowHealth health;

	Str time;
	Str cluster;
	Str node;
	Str host;
	int64_t port;
	Str role;
	Str state;
	Str upstream;
	int64_t depth;
	int64_t timeline;
	Str application_name;
	Str sync_state;
	int64_t sync_priority;
	Lsn sent_lsn, write_lsn, flush_lsn, replay_lsn;
	int64_t send_gap_bytes, network_gap_bytes, disk_gap_bytes, replay_gap_bytes;
	int64_t lag_bytes;
	double lag_seconds;
	double write_lag_seconds, flush_lag_seconds, replay_lag_seconds;
	double wal_bytes_per_second;    /* what it writes (primary) or receives (standby) */
	double replay_bytes_per_second; /* standby only */
	double eta_seconds;             /* INFINITY: never at this rate */
	Str bottleneck;
	Str edge_evidence;
	double age_seconds;
	Str error;
	Str version;
	Str slot_name;
	int64_t retained_bytes;
	Str backup_phase; /* of a base backup; STR_NONE: none, or not known */
	int64_t backup_bytes, backup_total_bytes;
	double backup_percent;
} NodeRow;

/* A server, not a client or a slot of one: those have rows of their own, whose key names the node that they belong to. */
static inline bool row_is_node(const NodeRow *row)
{
	return !row->is_client && !row->is_ghost;
}

typedef struct SlotRow {
	Str time;
	Str cluster;
	Str node;
	Str slot;
	Str type;
	Str active; /* t, f: as psql's \copy reads them */
	Lsn restart_lsn;
	int64_t retained_bytes;
	Str wal_status;
	int64_t safe_bytes;
	double seconds_to_lost;
	Str plugin;
	Str database;
	int64_t active_pid;
	Str used_by;
	Lsn confirmed_flush_lsn;
	double growth_bytes_per_second;
	Str inactive_since; /* as `time` */
	double inactive_seconds;
	Str invalidation_reason;
	Str temporary, conflicting, failover, synced; /* t, f */
	Str error;
} SlotRow;

typedef struct ProcessRow {
	RowKey key;
	bool sync_wait;  /* waits for synchronous replication: wait event SyncRep */
	bool can_signal; /* pg_cancel_backend() can reach it: a session or a worker, no auxiliary process */
	bool is_walsender;
	bool is_hidden;  /* the role may not see what the session does */
	bool delays_off; /* the kernel of its host does not count I/O delays, so io_delay_percent is never known */
	Str serves;      /* for a walsender: the node or client it feeds; STR_NONE if not known */
	Str needs;       /* the right that our role lacks to signal it, as far as it is known; STR_NONE: none */

	Str time;
	Str cluster;
	Str node;
	int64_t pid;
	Str backend_type;
	Str user;
	Str database;
	Str application_name;
	Str client;
	Str state;
	Str wait_event; /* "TYPE:NAME" */
	Lsn wal_lsn;    /* in the process title */
	Str wal_file;   /* in the process title */
	double rchar_bytes_per_second, wchar_bytes_per_second;
	double read_bytes_per_second, write_bytes_per_second;
	double wal_bytes_per_second;
	double io_delay_percent;
	double cpu_percent;
	Str io_source; /* local, sql, none */
	Str query;
	Str error;
	Str at;                   /* what the title says it does: "streaming 5C/60000000", "waiting for 5C/61E789D8" */
	double query_age_seconds; /* of the running query */
	/* since the program first saw the process; of one that has begun since: since then */
	int64_t rchar_bytes, wchar_bytes, read_bytes, write_bytes;
	Str wal_source; /* what wal_bytes_per_second is: lsn (the position moved), backend (counted by the server) */
	double wal_write_bytes_per_second; /* 18+: WAL that it wrote to files, as the server counts it */
	Str open_wal_file;                 /* the WAL segment that it has open */
	int64_t open_wal_offset;           /* where it stands in it, if the kernel knows */
} ProcessRow;

/* A standby as the failover lens sees it. */
typedef struct CandidateRow {
	RowKey key;
	Str node;
	Str state;
	bool matches;    /* the rule names it: it may have acknowledged commits */
	bool counts;     /* its acknowledgements count now */
	bool reachable;  /* it is polled and answers */
	bool promotable; /* reachable, and on the primary's timeline */
	int64_t timeline;
	Lsn acknowledged_lsn; /* at the level of synchronous_commit, as the primary knows it */
	Lsn received_lsn, replay_lsn;
	int64_t loss_bytes;
	Str acknowledged_loss; /* none, possible, unknown */
	int64_t followers;     /* nodes below it, which follow it if it is promoted; the others are orphaned */
} CandidateRow;

/* What another rule would cost each commit. */
typedef struct WhatIfRow {
	Str method; /* ANY or FIRST */
	int64_t required;
	Str level; /* remote_write, on, remote_apply */
	int64_t samples;
	double p50_seconds, p95_seconds;
	double commits_per_second; /* of one client that does nothing else, at the median */
} WhatIfRow;

/* A primary and the standbys that its commits depend on. */
typedef struct QuorumRow {
	RowKey key;
	bool is_blocked;
	bool live; /* the primary answers */
	Str time;
	Str cluster;
	Str node;
	Str method; /* off, first, any */
	int64_t required;
	int64_t candidates; /* standbys that may have acknowledged a commit */
	int64_t streaming;  /* of them, those that count now */
	Str blocked;        /* t, f */
	int64_t waiting_sessions;
	double longest_wait_seconds;
	double commit_wait_seconds;
	Lsn safe_lsn;
	int64_t fence_needed, fence_reachable;
	Str best_candidate;
	Lsn best_candidate_lsn;
	int64_t loss_bytes;
	Str acknowledged_loss;
	Str rule;
	Str synchronous_commit;
	Str warning;
	Str released_by; /* while it is blocked or sessions wait long: what would release them */
	/* the median wait of a commit with the rule in force, at remote_write, on and remote_apply */
	double predicted_write_seconds, predicted_flush_seconds, predicted_apply_seconds;
	CandidateRow *standbys; /* best candidate first */
	size_t nstandbys;
	WhatIfRow *what_if;
	size_t nwhat_if;
} QuorumRow;

/* What a process of a node does for replication, in words; also one that should run and does not. */
typedef struct RoleRow {
	NodeId node;
	Str process;
	int64_t pid; /* INT_NONE: none, several, or not known */
	RowHealth health;
	Str text;
} RoleRow;

/* What all processes of this host, PostgreSQL's and others, read from and write to the disks; NAN = unknown. */
typedef struct HostRow {
	double read_bytes_per_second, write_bytes_per_second;
} HostRow;

/* Something that changed. */
typedef struct EventRow {
	uint64_t number; /* 1 for the first since the program began */
	Str time;
	Str cluster;
	Str node;
	Str event;    /* connected, lost, state, promoted, ... */
	Str severity; /* info, warning, critical */
	Str text;
} EventRow;

/* One header block. */
typedef struct ClusterRow {
	Str cluster; /* system identifier */
	Str name;    /* cluster_name of its primary; may be STR_NONE */
	Str primary; /* node name, STR_NONE without one */
	Str version;
	int64_t timeline;
	double uptime_seconds; /* of the primary's postmaster */
	double wal_bytes_per_second;
	Str synchronous_standby_names;
	int64_t nodes; /* polled ones */
	int64_t nodes_up;
	int64_t primaries;
	bool is_hidden;        /* the role may not see what the last two would count, which then are INT_NONE */
	int64_t sync_standbys; /* rows of the primary with sync_state sync or quorum that stream */
	int64_t waiting;       /* sessions in SyncRep wait, where activity was read; else INT_NONE */
	RowKey key;            /* of its heading: no node, the system identifier in start_us */
	Str split_brain;       /* its live primaries and what each has, where there are several; else STR_NONE */
	int64_t off_timeline;  /* standbys on another timeline than the newest primary's, not following it */
	int64_t ahead;         /* standbys ahead of their upstream */
} ClusterRow;

struct Series;

typedef struct Report {
	Str time; /* UTC, ISO 8601, milliseconds, Z */
	int64_t wall_us;
	uint64_t tick;
	double interval_s;
	bool settled;
	NodeRow *nodes; /* in tree order */
	size_t nnodes;
	ProcessRow *processes; /* by node in tree order, then pid; only of nodes whose sample has activity or /proc */
	size_t nprocesses;
	RoleRow *roles; /* only of the node whose page is open; in the order in which they are shown */
	size_t nroles;
	HostRow host;
	SlotRow *slots; /* by node in tree order, then name; only of nodes that can be asked */
	size_t nslots;
	ClusterRow *clusters;
	size_t nclusters;
	QuorumRow *quorums; /* one a primary, in tree order */
	size_t nquorums;
	const EventRow *events; /* in batch mode those that it shows for the first time, on the screen the last ones */
	size_t nevents;
	const struct Series *series; /* the lag of its nodes until now; NULL: it is not kept */
} Report;

#endif
