#ifndef PGREPLTOP_COLLECT_PROC_READER_H
#define PGREPLTOP_COLLECT_PROC_READER_H
/* Reads /proc of all processes of one server, with kept descriptors and pread: no path building in the hot path. */
#include "collect/procfs.h"

/* All processes of one postmaster. Descriptors of its processes' io, stat and cmdline are kept between calls in a cache
 * keyed by pid and start time; what exited is closed. All readers together keep at most half of RLIMIT_NOFILE as it was at
 * procfs_open() (raise it before), and fewer where descriptors run out; the rest is opened for each read. Opaque, one per
 * node. */
typedef struct ProcReader ProcReader;
ProcReader *proc_reader_new(Procfs *procfs, int postmaster_pid);
/* The same for one in a pid namespace below ours: rows bear the numbers that the server has for its processes. */
ProcReader *proc_reader_new_nested(Procfs *procfs, int postmaster_pid);
void proc_reader_free(ProcReader *reader);
/* Reads all into a table in the arena (never NULL; errors are in it and on its rows). The postmaster itself is a row.
 * What exited before its stat could be read is no row; PROC_GONE is on rows whose process exited since, and PROC_DENIED
 * and PROC_FAILED with start_ticks 0 on those whose stat could not be read.
 * Titles are read where `want_titles`. Children come from /proc/PID/task/PID/children, or where the kernel lacks it from
 * a scan by ppid. */
const ProcTable *proc_reader_read(ProcReader *reader, Arena *arena, int64_t t_mono_ns, bool want_titles);
/* The same with titles, but of sessions that are idle: those say nothing else, and a server can have thousands of them.
 * `activity` is sorted by pid. */
const ProcTable *proc_reader_read_busy(ProcReader *reader, Arena *arena, int64_t t_mono_ns, const Activity *activity,
                                       size_t nactivity);

#endif
