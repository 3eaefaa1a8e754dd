#ifndef PGREPLTOP_MODEL_SNAPSHOT_H
#define PGREPLTOP_MODEL_SNAPSHOT_H
/* What the nodes last reported. A NodeSample is one answer of one node; it is filled by its source, immutable once a
 * snapshot shows it, and reference-counted, because a node that does not answer keeps its last sample over many
 * snapshots. A Snapshot is the set of all nodes at one tick, in an arena of its own.
 *
 * Unknown values: LSN_NONE, TIME_NONE, INT_NONE, STR_NONE, and 0 for pids and ports. */
#include "base/arena.h"
#include "base/str.h"
#include "model/lsn.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INT_NONE INT64_MIN
#define TIME_NONE INT64_MIN /* of times in microseconds since the Unix epoch, and of intervals in microseconds */

/* One configured or discovered node for the life of the program; never reused, 0 = none. */
typedef uint32_t NodeId;

/* What reading /proc through SQL takes beside pg_monitor. */
typedef enum FileGrant {
	GRANT_READ_SERVER_FILES = 1, /* the role pg_read_server_files */
	GRANT_READ_FILE = 2,         /* EXECUTE on functions */
	GRANT_READ_BINARY_FILE = 4,
	GRANT_LS_DIR = 8
} FileGrant;

/* What identifies a server and does not change while its postmaster lives. */
typedef struct NodeIdentity {
	uint64_t system_identifier;  /* pg_control_system(); 0 = unknown */
	int64_t postmaster_start_us; /* pg_postmaster_start_time() */
	int port;                    /* the server's own idea of its port */
	int version_num;             /* as server_version_num: 150018 */
	Str version;                 /* "15.18" */
	Str cluster_name;
	Str listen_addresses;
	bool can_monitor; /* superuser or member of pg_monitor: sees all columns of the statistics views */
	bool superuser;
	bool can_read_files;        /* pg_read_file() on absolute paths works (11+) */
	unsigned missing_grants;    /* FileGrants that the role lacks; 0 also before 11, where nobody can have them */
	int backend_pid;            /* of the polling session */
	int64_t backend_start_us;   /* of the polling session */
	Str role;                   /* that we are connected as */
	bool can_signal;            /* has the rights of pg_signal_backend */
	bool can_signal_autovacuum; /* 18+: those of pg_signal_autovacuum_worker */
	bool can_pause;             /* may execute the functions that pause and resume replay */
	Str superusers;             /* names, a line each, as they were when we connected */
} NodeIdentity;

/* pg_stat_wal_receiver. With pid set and status STR_NONE the role may not see it. */
typedef struct WalReceiver {
	int pid; /* 0 = no WAL receiver runs */
	Str status;
	Str sender_host; /* as the standby sees it: a name, an address or a socket directory */
	int sender_port;
	Str slot_name;
	int64_t start_us; /* backend_start of its process */
	int local_port;   /* its end of the TCP connection; 0 = unknown or a Unix socket */
	int peer_pid;     /* the process at the other end of its Unix socket, on this host; 0 = unknown or TCP */
} WalReceiver;

/* A row of pg_stat_replication, with the slot that its process holds. */
typedef struct WalSender {
	int pid;
	Str user;
	Str application_name;
	Str client_addr; /* STR_NONE: Unix socket (client_port -1), or not visible to the role */
	int client_port;
	int64_t backend_start_us;
	Str state; /* startup, catchup, streaming, backup, stopping; STR_NONE: not visible to the role */
	Lsn sent_lsn, write_lsn, flush_lsn, replay_lsn;
	int64_t write_lag_us, flush_lag_us, replay_lag_us;
	int64_t sync_priority;
	Str sync_state;
	int64_t reply_time_us; /* 12+ */
	Str slot_name;
	bool slot_logical;
} WalSender;

/* Yes, no, or nothing said of it. */
typedef enum Flag { FLAG_UNKNOWN, FLAG_NO, FLAG_YES } Flag;

/* A row of pg_replication_slots. */
typedef struct Slot {
	Str name;
	Str plugin;
	Str type; /* physical, logical */
	Str database;
	bool temporary;
	bool active;
	int active_pid;          /* 0 = nobody holds it */
	Lsn restart_lsn;         /* the oldest WAL that it keeps; LSN_NONE: none (never used, or lost) */
	Lsn confirmed_flush_lsn; /* logical: what the consumer has */
	Str wal_status;          /* 13+: reserved, extended, unreserved, lost; STR_NONE also of one never used */
	int64_t safe_wal_size;   /* 13+: bytes that may be written until it is in danger; INT_NONE = no limit or lost */
	Flag conflicting;        /* 16+ */
	int64_t inactive_since_us; /* 17+ */
	Str invalidation_reason;   /* 17+ */
	Flag failover, synced;     /* 17+ */
} Slot;

/* A row of pg_stat_progress_basebackup (13+). */
typedef struct BaseBackup {
	int pid; /* of its WAL sender */
	Str phase;
	int64_t total_bytes, done_bytes; /* INT_NONE = not known (yet) */
} BaseBackup;

/* A row of pg_stat_activity. */
typedef struct Activity {
	int pid;
	int64_t backend_start_us;
	int64_t query_start_us;
	Str backend_type;
	Str user;
	Str database;
	Str application_name;
	Str client; /* address, "[local]", or STR_NONE for processes without a client */
	Str state;
	Str wait_event_type;
	Str wait_event;
	Str query;
	/* 18+, of processes that the server counts for, since they started; INT_NONE = not told */
	int64_t wal_bytes;       /* of the WAL records that it made */
	int64_t wal_write_bytes; /* written to WAL files */
} Activity;

/* A row of pg_stat_subscription: a worker, or a subscription without one. */
typedef struct Subscription {
	int pid; /* 0 = none works for it */
	Str name;
	bool is_table_sync;
	int leader_pid; /* of a parallel apply worker (16+) */
	Lsn received_lsn, reported_lsn;
	int64_t last_message_us;
} Subscription;

/* What a server says of the work of its processes, beside what every sample has. */
typedef struct NodeRoles {
	Str archive_mode;                   /* off, on, always */
	bool archive_set;                   /* there is a command or a library to archive with */
	int64_t archived, archive_failures; /* since archiver_reset_us */
	Str last_archived_wal, last_failed_wal;
	int64_t last_archived_us, last_failed_us, archiver_reset_us;
	int64_t wal_segment_size; /* bytes */
	Lsn redo_lsn;             /* where replay would start after a crash */
	int64_t checkpoint_us;    /* on a standby when the primary made that checkpoint */
	int64_t receiver_message_us;
	int64_t checkpoints_timed, checkpoints_requested; /* up to 16 restartpoints count, too */
	int64_t restartpoints_timed, restartpoints_requested, restartpoints_done; /* 17+ */
	Flag restore_set;                                                         /* there is a restore_command; 12+ */
	int64_t apply_delay_us;                                                   /* recovery_min_apply_delay; 12+ */
	Str primary_slot_name;                                                    /* 12+; "" = none */
	Flag summarize_wal;                                                       /* 17+ */
	Lsn summarized_lsn, pending_lsn;
	int summarizer_pid;
	Flag sync_slots; /* sync_replication_slots, 17+ */
	Str io_method;   /* 18+ */
	int io_workers;
	int64_t ios_in_flight; /* 18+, INT_NONE where the role may not see them */
} NodeRoles;

/* Servers show every role that there is a sender, a receiver or a session, and to one without the right nothing of it. */
bool receiver_is_hidden(const WalReceiver *receiver);
bool sender_is_hidden(const WalSender *sender);
bool activity_is_hidden(const Activity *activity);

/* Why a process's /proc files were not read; the difference is shown, never a 0 for "not allowed". */
typedef enum ProcAccess {
	PROC_OK,
	PROC_DENIED,       /* EACCES: another user's process */
	PROC_HIDDEN,       /* ENOENT while the server lists it: hidepid */
	PROC_GONE,         /* exited while it was read */
	PROC_FAILED,       /* anything else */
	PROC_RESTRICTED,   /* EACCES though it is of our own user: not dumpable, or a security module forbids it */
	PROC_NO_CAPABILITY /* EACCES though we are root: of a container, say, that lacks CAP_SYS_PTRACE */
} ProcAccess;

/* /proc/PID/io, proc(5). Bytes since the process started. */
typedef struct ProcIo {
	uint64_t rchar, wchar;            /* by system calls */
	uint64_t read_bytes, write_bytes; /* as the kernel accounts them to the disk */
} ProcIo;

/* One process of a server as /proc shows it. */
typedef struct ProcSample {
	int pid;
	int ppid;
	uint64_t start_ticks; /* stat field 22: since boot; with the pid, the identity of the process */
	char run_state;       /* R, S, D, Z, ... ; 0 = unknown */
	uint64_t cpu_ticks;   /* utime + stime */
	uint64_t blkio_ticks; /* delayacct_blkio_ticks */
	ProcAccess io_access; /* whether `io` holds anything */
	ProcIo io;
	Str open_wal_file;       /* the WAL segment that it has open; STR_NONE: none was found */
	int64_t open_wal_offset; /* its position in that; INT_NONE = the kernel keeps none */
	Str title;               /* command line, runs of spaces collapsed */
	/* What the title says, set by whoever knows the server's cluster_name: */
	Str backend_type; /* of an auxiliary process; STR_NONE for client backends */
	Str at;           /* "streaming 5C/60000000", "waiting for 5C/61E789D8" */
	Lsn wal_lsn;      /* in `at` */
	Str wal_file;     /* in `at` */
} ProcSample;

/* All processes of one server at one moment, sorted by pid. */
typedef struct ProcTable {
	int64_t t_mono_ns;
	ProcSample *rows;
	size_t nrows;
	long ticks_per_second;
	bool delay_accounting; /* the kernel counts I/O delays (kernel.task_delayacct) */
	Str source;            /* "local" or "sql" */
	Str error;             /* STR_NONE, or why the table is empty, or why processes are missing from it */
} ProcTable;

typedef enum ReplayPause { REPLAY_RUNNING, REPLAY_PAUSE_REQUESTED, REPLAY_PAUSED } ReplayPause;

/* One answer of one node. */
typedef struct NodeSample {
	unsigned refs;          /* maintained by sample_ref/sample_unref */
	Arena arena;            /* holds all that the fields below point to */
	int64_t t_mono_ns;      /* arrival, on our monotonic clock */
	int64_t t_asked_ns;     /* when it was asked: nothing in it is older; INT64_MIN: not known */
	int64_t server_time_us; /* clock_timestamp() */
	bool in_recovery;
	uint32_t timeline; /* 0 = unknown */
	Lsn flush_lsn;     /* primary: pg_current_wal_flush_lsn() */
	Lsn receive_lsn;   /* standby: pg_last_wal_receive_lsn() */
	Lsn replay_lsn;    /* standby: pg_last_wal_replay_lsn() */
	ReplayPause replay_pause;
	Str synchronous_standby_names;
	Str synchronous_commit; /* of our own session: the server's default */
	int64_t sync_waiting;   /* sessions that wait for synchronous replication; INT_NONE = not known or no rule */
	int64_t sync_longest_wait_us; /* of them; INT_NONE = none, or not known */
	int64_t next_xid;             /* primary: the next transaction id, with its epoch; INT_NONE = not known */
	WalReceiver receiver;
	Str primary_host; /* from primary_conninfo, where the role may read it (12+) */
	int primary_port;
	Slot *slots; /* sorted by name */
	size_t nslots;
	WalSender *senders; /* sorted by pid */
	size_t nsenders;
	BaseBackup *backups; /* sorted by pid */
	size_t nbackups;
	bool has_activity;  /* activity was asked for and answered */
	Activity *activity; /* sorted by pid */
	size_t nactivity;
	const ProcTable *procs;            /* NULL: not asked for, or the node is not on this host (node_procs()) */
	const NodeRoles *roles;            /* NULL: not asked for, or not answered */
	const Subscription *subscriptions; /* asked for with the roles; by name and pid */
	size_t nsubscriptions;
	Str notice; /* a part of the answer failed: the server's message */
} NodeSample;

/* A fresh sample with one reference. `pool` (may be NULL) is a spent sample whose memory is reused. */
NodeSample *sample_new(NodeSample *pool);
NodeSample *sample_ref(const NodeSample *sample);
/* Gives up one reference. Returns the sample when it was the last one, for sample_new() or sample_free(), else NULL. */
NodeSample *sample_unref(const NodeSample *sample);
void sample_free(NodeSample *sample); /* only what sample_unref() returned; NULL is ignored */
/* The WAL sender with this pid; NULL if there is none. */
WalSender *sample_sender(const NodeSample *sample, int pid);
/* The session or worker with this pid; NULL if there is none, or it was not asked for. */
Activity *sample_activity(const NodeSample *sample, int pid);
/* Sessions that have been idle for long are not asked how much WAL they made: what the sample before has of them stays. */
void sample_keep_wal_counts(NodeSample *sample, const NodeSample *before);
/* The named slot; NULL if the node has none of that name. */
const Slot *sample_slot(const NodeSample *sample, Str name);
/* The moment that its values are of, on our monotonic clock: when they were asked for, as far as that is known. Were it
 * the arrival, an answer that waited for us while we were stopped would make old values look new. */
int64_t sample_moment_ns(const NodeSample *sample);
/* What the node can send: design word "available LSN". */
Lsn sample_available_lsn(const NodeSample *sample);

typedef enum NodeState {
	NODE_CONNECTING,  /* nothing is known yet */
	NODE_UP,          /* the last poll was answered */
	NODE_SILENT,      /* connected, but an answer is overdue */
	NODE_UNAVAILABLE, /* alive, but takes no connection: starting up, shutting down, too many clients */
	NODE_DENIED,      /* alive, but refuses us: authentication, missing role or database */
	NODE_DOWN         /* cannot be reached */
} NodeState;

typedef struct Node {
	NodeId id;
	Str name; /* shown: from the configuration, else HOST:PORT */
	Str host; /* canonical: 127.0.0.1 for every loopback way to it, [local] for a server without TCP */
	int port;
	const Str *aliases; /* other canonical "HOST:PORT" at which it was reached */
	size_t naliases;
	NodeState state;
	Str error;                    /* STR_NONE, or why the state is not NODE_UP */
	bool local;                   /* its processes were found in this host's /proc */
	bool given;                   /* named by the user, not discovered */
	const NodeIdentity *identity; /* NULL until it answered once */
	const NodeSample *sample;     /* newest; NULL until it answered once */
	const NodeSample *previous;   /* the one before, of the same postmaster; may be NULL */
	/* Of a node on another host the processes come in answers of their own. These hold nothing else, and are the two
	 * newest: one that is late leaves the rates of the last two. */
	const NodeSample *remote, *remote_previous; /* may be NULL */
	const ProcTable *remote_error;              /* why there are none; else NULL */
} Node;

/* What this host has read from and written to its disks since boot. */
typedef struct HostSample {
	bool known; /* else the rest is nothing: not asked for, or not to be had */
	int64_t t_mono_ns;
	uint64_t read_bytes, write_bytes;
} HostSample;

typedef struct Snapshot {
	Arena arena;
	HostSample host, previous_host; /* at the last two ticks; while processes of this host are wanted */
	int64_t mono_ns;                /* when it was published */
	int64_t wall_us;                /* the same moment, Unix epoch */
	uint64_t tick;
	double interval_s;
	bool settled; /* every known node answered or failed, and discovery has nothing pending */
	Node *nodes;
	size_t nnodes;
} Snapshot;

/* Its memory; the samples of its nodes are not its own. NULL is nothing. */
void snapshot_free(Snapshot *snapshot);

/* The processes of a node, read here or through SQL, and those of the reading before: NULL if there are none. Only while
 * its sessions were asked for, too. */
const ProcTable *node_procs(const Node *node);
const ProcTable *node_procs_before(const Node *node);

/* The host part of an address as this program names nodes: "127.0.0.1" for loopback names and addresses, "[local]" for
 * a socket directory, else `host`. */
Str canonical_host(Str host);

#endif
