#ifndef PGREPLTOP_COLLECT_PROC_PARSE_H
#define PGREPLTOP_COLLECT_PROC_PARSE_H
/* The texts of /proc, parsed (proc(5)), and PostgreSQL's process titles. Pure. False: not of that form. */
#include "base/arena.h"
#include "base/str.h"
#include "model/lsn.h"
#include "model/snapshot.h"

#include <stdbool.h>
#include <stdint.h>

/* /proc/PID/stat: fills pid, ppid, run_state, cpu_ticks, start_ticks, blkio_ticks. The name in parentheses may hold
 * anything. */
bool proc_parse_stat(Str text, ProcSample *out);
/* The same file: the name in its parentheses (comm), and whether the process is exiting or a zombie: the kernel then
 * gives its /proc files to root, so that EACCES says nothing of permissions. */
bool proc_parse_stat_name(Str text, Str *name);
bool proc_parse_stat_exiting(Str text);
/* /proc/PID/io */
bool proc_parse_io(Str text, ProcIo *out);
/* /proc/PID/cmdline: NULs and runs of spaces become one space, trailing ones go. */
Str proc_parse_cmdline(Arena *arena, Str text);
/* The target of a link of /proc/PID/fd: the name of a WAL segment, 24 hexadecimal digits, whatever folder it is in; ".partial"
 * and " (deleted)" stay on it. A slice of `link`. */
bool proc_parse_segment_link(Str link, Str *name);
/* /proc/PID/fdinfo/N: the position. */
bool proc_parse_fdinfo_pos(Str text, int64_t *pos);
/* /proc/vmstat, one line: true if it is that of what was read from, or written to, the disks since boot, in bytes. */
bool proc_parse_vmstat_line(Str line, uint64_t *read_bytes, uint64_t *write_bytes);
/* btime of /proc/stat: seconds since the epoch at boot. */
bool proc_parse_btime(Str text, int64_t *seconds);
/* /proc/PID/status: the user, if the process is his alone (real and effective). */
bool proc_parse_user(Str text, uint64_t *uid);
/* /proc/PID/status, line NSpid: the pid that the process has for itself, if it lives in a pid namespace below ours, where it
 * has another one than for us; 0: it lives in ours, or the kernel does not tell. */
int proc_parse_nested_pid(Str text);

typedef struct TcpEntry {
	uint64_t inode;
	uint32_t uid;
	uint16_t local_port, remote_port;
	bool listening;   /* state 0A */
	bool established; /* state 01 */
	bool local_any;   /* bound to 0.0.0.0 or :: */
	bool local_loopback;
	bool v6;
	uint8_t local_address[16]; /* network order; v4 in the first four bytes */
} TcpEntry;
/* One line of /proc/net/tcp or tcp6; false also for the title line. */
bool proc_parse_tcp_line(Str line, bool v6, TcpEntry *out);
/* One line of /proc/net/unix: the path of a listening socket, a slice of `line`; false for all others. */
bool proc_parse_unix_line(Str line, Str *path);
/* PORT of ".s.PGSQL.PORT", the name of a server's Unix socket; 0: another file. */
int proc_parse_socket_name(Str name);

/* postmaster.pid (miscadmin.h, LOCK_FILE_LINE_*): pid, data directory, start time, port, socket directory, listen
 * address. Fields of a file that is still being written are 0 or STR_NONE. Slices of `text`. */
typedef struct PostmasterPid {
	int pid;
	Str data_directory;
	int64_t start_time; /* seconds since the epoch */
	int port;
	Str socket_directory;
	Str listen_address;
} PostmasterPid;
bool proc_parse_postmaster_pid(Str text, PostmasterPid *out);

/* What the arguments of a postmaster (/proc/PID/cmdline as read, with NULs) say of its address: -D, -p, -k, -h, and
 * the same as -c NAME=VALUE or --NAME=VALUE. Of lists the first item. 0 or STR_NONE: not said. Slices of `cmdline`. */
typedef struct PostmasterArgs {
	Str data_directory;
	int port;
	Str socket_directory;
	Str listen_address;
} PostmasterArgs;
PostmasterArgs proc_parse_postmaster_args(Str cmdline);

/* What a process title says (facts differ: 10 has "wal receiver process   streaming LSN", 11+ "walreceiver streaming
 * LSN", a cluster_name prefix may stand before). User, database and worker names can be chosen so that a title looks
 * like another's: where pg_stat_activity tells the backend type, believe it. */
typedef struct ProcTitle {
	Str backend_type; /* as pg_stat_activity names it ("walsender", "startup", "walwriter"), or what an unknown worker
	                   * calls itself; STR_NONE for client backends */
	Str at;       /* "streaming 5C/60000000", "recovering 00000002...", "waiting for 5C/61E789D8", "last was ..." */
	Lsn wal_lsn;  /* of `at` */
	Str wal_file; /* 24 hex digits in `at` */
} ProcTitle;
/* Slices of `title`, in which runs of spaces are one (proc_parse_cmdline). `cluster_name` is as the server says ("" for
 * none); STR_NONE, unknown, makes a guess at where its prefix ends. False: not a title of a PostgreSQL process
 * ("postgres: ..."). */
bool proc_parse_title(Str title, Str cluster_name, ProcTitle *out);

#endif
