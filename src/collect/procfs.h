#ifndef PGREPLTOP_COLLECT_PROCFS_H
#define PGREPLTOP_COLLECT_PROCFS_H
/* Reads /proc below an injectable root: no fork. Knows files, processes and sockets, nothing of sessions. What is read of
 * all processes of a server stands in proc_reader.h, the servers of this host in local_servers.h. */
#include "base/arena.h"
#include "base/err.h"
#include "model/snapshot.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A postmaster in a pid namespace below ours. */
typedef struct NestedServer {
	int pid; /* in our namespace */
	uint64_t start_ticks;
} NestedServer;

typedef struct Procfs {
	DIR *root; /* kept, rewound for each listing */
	int root_fd;
	long ticks_per_second;
	int delayacct_fd;     /* -1: the kernel has no such switch */
	size_t kept;          /* descriptors that all readers hold */
	size_t kept_max;      /* sessions need descriptors too */
	NestedServer *nested; /* as local_servers.c found them, valid until then */
	size_t nnested;
	int64_t nested_until_ns;
} Procfs;

/* `root` is "/proc" but in tests. NULL with `err` if it cannot be opened or holds no processes. */
Procfs *procfs_open(const char *root, Err *err);
void procfs_close(Procfs *procfs);

/* Finds the postmaster of a session's backend: the process `backend_pid` must be a PostgreSQL backend that started at
 * `backend_start_us` (tolerance: 2 s, for btime is in whole seconds and the clock may have been set), and its parent one
 * that started at `postmaster_start_us`. Returns the parent's pid, or 0: the server is not on this host, or in another
 * pid namespace (local_servers_find_nested() then). A pid alone proves nothing: on a remote server the same number is a stranger here. */
int procfs_find_postmaster(Procfs *procfs, int backend_pid, int64_t backend_start_us, int64_t postmaster_start_us);

/* Why the session's process may not be found although the server seems to be on this host: hidepid, or it is not in a pid
 * namespace that we see. */
Str procfs_why_unseen(const Procfs *procfs, int backend_pid);

/* Seconds since the epoch at boot; -1: not known. */
int64_t procfs_boot_time(const Procfs *procfs);
/* True if a process that started `ticks` after boot may have noted `start_us` as the time of its start. */
bool procfs_started_at(const Procfs *procfs, int64_t boot_s, uint64_t ticks, int64_t start_us);
/* The pid that the process has for itself in a pid namespace below ours; 0: it lives in ours. */
int procfs_nested_pid(const Procfs *procfs, int pid);

/* The local port of the established TCP connection that process `pid` holds to `remote_port`; 0: none, or not allowed.
 * Joins /proc/PID/fd with /proc/net/tcp and tcp6. */
int procfs_tcp_local_port(Procfs *procfs, int pid, int remote_port);

/* What the kernel counts of all disks (/proc/vmstat): iotop's "actual" reads and writes, page cache hits left out. Of the
 * whole host, in a container too. Not `known` where it cannot be read. */
HostSample procfs_read_host(const Procfs *procfs, int64_t t_mono_ns);

/* ---- files, for what reads /proc in other ways ---- */

enum {
	FILE_TEXT_MAX = 4096, /* stat, io and status are shorter, and so are PostgreSQL's titles */
	PID_PATH_MAX = 64
};

/* These return a descriptor or a length, or -errno. Paths are relative to the root or absolute. */
int procfs_open_file(const Procfs *procfs, const char *path);
ssize_t procfs_pread(int fd, char *buffer, size_t size, off_t offset);
ssize_t procfs_read_file(const Procfs *procfs, const char *path, char *buffer, size_t size);

const char *procfs_pid_path(char path[PID_PATH_MAX], int pid, const char *file); /* "PID/file", in `path` */
/* The text of /proc/PID/`file`, in the buffer; STR_NONE if it cannot be read. */
Str procfs_read_pid_file(const Procfs *procfs, int pid, const char *file, char *buffer, size_t size);
bool procfs_read_stat(const Procfs *procfs, int pid, ProcSample *out);
/* Whether its title begins as those of a server's children do. */
bool procfs_has_server_title(const Procfs *procfs, int pid);

typedef void ProcfsLineFn(void *context, Str line);
/* Calls for each line of a file of any size. A line that is longer than the buffer is left out. */
void procfs_each_line(const Procfs *procfs, const char *path, ProcfsLineFn *fn, void *context);
/* The next process of the folder, 0 at its end. */
int procfs_next_pid(DIR *dir);
DIR *procfs_open_dir(const Procfs *procfs, const char *path); /* NULL if it cannot be opened */

#endif
