#ifndef PGREPLTOP_COLLECT_LOCAL_SERVERS_H
#define PGREPLTOP_COLLECT_LOCAL_SERVERS_H
/* The PostgreSQL servers of this host and how to connect to them, as far as /proc tells. */
#include "collect/procfs.h"

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
LocalServer *local_servers_find(Procfs *procfs, Arena *arena, const char *const *socket_dirs, size_t *count);

/* The postmaster of a session whose server runs in a pid namespace below ours (a container of this host), and so names its
 * processes by other numbers: the parent of a process that has the pid `backend_pid` for itself. Title and start times must
 * match as in procfs_find_postmaster(). Returns its pid in our namespace; 0: there is none; -1: several could be it. Looks
 * for such servers at most every 2 s. */
int local_servers_find_nested(Procfs *procfs, int backend_pid, int64_t backend_start_us, int64_t postmaster_start_us,
                              int64_t now_ns);

#endif
