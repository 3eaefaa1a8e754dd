#ifndef PGREPLTOP_COLLECT_SOCKDIAG_H
#define PGREPLTOP_COLLECT_SOCKDIAG_H
/* Who is at the other end of a Unix socket, which /proc does not tell: the kernel does, by netlink (sock_diag(7)), for the
 * sockets of our network namespace. */

/* The PostgreSQL WAL sender to which process `pid` is connected by a Unix socket; 0: none is, or it cannot be told: no
 * right to look at the processes' descriptors, a kernel without sock_diag, or another network namespace. `proc_root` is
 * "/proc" but in tests. Looks at the descriptors of all WAL senders of this host: not for every tick. Never waits. */
int sockdiag_wal_sender(const char *proc_root, int pid);

#endif
