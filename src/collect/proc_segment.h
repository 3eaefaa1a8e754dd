#ifndef PGREPLTOP_COLLECT_PROC_SEGMENT_H
#define PGREPLTOP_COLLECT_PROC_SEGMENT_H
/* Which WAL segment a process has open, by the links of /proc/PID/fd. A link costs as much as all counters of a process, so
 * as few are read as will do: the descriptor that it was the last time comes first, all of them are searched only when that
 * is another file by now, and nothing is looked at of a process whose counters stand still. */
#include "collect/procfs.h"

/* What is remembered of a process between looks; one that was not looked at has fd -1 and all else 0. */
typedef struct OpenSegment {
	int fd;         /* of the process; -1: no segment was found */
	uint64_t moved; /* bytes by system calls until the last look */
	bool looked;
	bool settled;   /* another look would find the same until it moves again */
	uint8_t skips;  /* how often it is passed over after a vain search */
	uint8_t wait;   /* how often yet */
	uint8_t zeros;  /* looks in a row that found the position 0 */
	int64_t offset; /* INT_NONE: the kernel keeps none */
	char name[48];  /* "": none */
} OpenSegment;

/* Looks again if that can bring something new. `moved`: rchar + wchar of now, read before. `*links`: how many links may
 * still be read in search; it may be overdrawn by one process. False: there should be a search, and no links are left. */
bool open_segment_look(OpenSegment *segment, const Procfs *procfs, int pid, uint64_t moved, int *links);

#endif
