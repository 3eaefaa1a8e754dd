#ifndef PGREPLTOP_COLLECT_TRUST_H
#define PGREPLTOP_COLLECT_TRUST_H
/* Which of the servers that were found on this host may be told the user's password: anybody can run one. */
#include <stdbool.h>

/* True if process `pid` runs as root, as ourselves, or as the user of `known_postmaster`, a server that let us in (0: there
 * is none on this host). `proc_root` is "/proc" but in tests. A pid of 0 is nobody's. */
bool trust_postmaster(const char *proc_root, int pid, int known_postmaster);

#endif
