#ifndef PGREPLTOP_COLLECT_PROCFS_H
#define PGREPLTOP_COLLECT_PROCFS_H
/* Reads /proc below an injectable root, with kept descriptors and pread: no fork, no path building in the hot path.
 * Knows processes and sockets, nothing of sessions. */
#include "base/arena.h"
#include "base/err.h"
#include "model/snapshot.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct Procfs Procfs;

/* `root` is "/proc" but in tests. NULL with `err` if it cannot be opened or holds no processes. */
Procfs *procfs_open(const char *root, Err *err);
void procfs_close(Procfs *procfs);

/* Finds the postmaster of a session's backend: the process `backend_pid` must be a PostgreSQL backend that started at
 * `backend_start_us` (tolerance: 2 s, for btime is in whole seconds and the clock may have been set), and its parent one
 * that started at `postmaster_start_us`. Returns the parent's pid, or 0: the server is not on this host (or in another
 * pid namespace). A pid alone proves nothing: on a remote server the same number is a stranger here. */
int procfs_find_postmaster(Procfs *procfs, int backend_pid, int64_t backend_start_us, int64_t postmaster_start_us);

/* All processes of one postmaster. Descriptors of its processes' io, stat and cmdline are kept between calls in a cache
 * keyed by pid and start time; what exited is closed. All readers together keep at most half of RLIMIT_NOFILE as it was at
 * procfs_open() (raise it before), and fewer where descriptors run out; the rest is opened for each read. Opaque, one per
 * node. */
typedef struct ProcReader ProcReader;
ProcReader *proc_reader_new(Procfs *procfs, int postmaster_pid);
void proc_reader_free(ProcReader *reader);
/* Reads all into a table in the arena (never NULL; errors are in it and on its rows). The postmaster itself is a row.
 * What exited before its stat could be read is no row; PROC_GONE is on rows whose process exited since, and PROC_DENIED
 * and PROC_FAILED with start_ticks 0 on those whose stat could not be read.
 * Titles are read where `want_titles`. Children come from /proc/PID/task/PID/children, or where the kernel lacks it from
 * a scan by ppid. */
const ProcTable *proc_reader_read(ProcReader *reader, Arena *arena, int64_t t_mono_ns, bool want_titles);

/* The local port of the established TCP connection that process `pid` holds to `remote_port`; 0: none, or not allowed.
 * Joins /proc/PID/fd with /proc/net/tcp and tcp6. */
int procfs_tcp_local_port(Procfs *procfs, int pid, int remote_port);

/* A PostgreSQL server found on this host. */
typedef struct LocalServer {
	int postmaster_pid;
	uint64_t start_ticks;
	int port;
	Str socket_directory; /* STR_NONE: not known or none */
	Str listen_host; /* an address to connect to by TCP (127.0.0.1 for a wildcard); STR_NONE: not known or none */
} LocalServer;
/* Finds every postmaster of our pid namespace: a process named postgres, postmaster or postgres.bin with a child titled
 * "postgres: ...". Its address comes from postmaster.pid in its working directory (/proc/PID/cwd) or in that of its -D
 * argument; else, not being allowed to read that, from its arguments (-p, -k, -h); else from the TCP ports on which its
 * user listens and the sockets .s.PGSQL.PORT that its user owns in /proc/net/unix and in `socket_dirs` (NULL-terminated;
 * NULL: /var/run/postgresql and /tmp): then one entry per such port, with postmaster_pid 0 where it cannot be told which
 * belongs to whom. Ports without such a socket are left out if there are sockets enough for that user's servers. Sorted
 * by port. One small read a process of the host: not for every tick. */
LocalServer *procfs_local_servers(Procfs *procfs, Arena *arena, const char *const *socket_dirs, size_t *count);

#endif
