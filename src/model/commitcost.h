#ifndef PGREPLTOP_MODEL_COMMITCOST_H
#define PGREPLTOP_MODEL_COMMITCOST_H
/* What synchronous commit costs: the wait that is measured now, and what other rules would cost.
 *
 * write_lag, flush_lag and replay_lag of pg_stat_replication are, for recent WAL, the time from its flush on the primary
 * to the standby's report that it was written, flushed and replayed: the wait of a commit at remote_write, on and
 * remote_apply for this one standby. With ANY k a commit waits for the k-th quickest of them, with FIRST k for the slowest of
 * the first k. So a rule's wait follows from the standbys' lags of the same moment. */
#include "model/quorum.h"

#include <stddef.h>
#include <stdint.h>

typedef struct CommitCost CommitCost;

/* Remembers this many refreshes of each primary. */
CommitCost *commit_cost_new(size_t capacity);
void commit_cost_free(CommitCost *cost);

/* Notes what the primaries of a snapshot say of their standbys and of sessions that wait. Call once a snapshot. */
void commit_cost_note(CommitCost *cost, const Topology *topology);

typedef struct CommitWait {
	size_t samples; /* refreshes it rests on; 0: nothing is known */
	double p50_seconds, p95_seconds;
} CommitWait;

typedef enum CommitAmong {
	AMONG_ALL,  /* as of (*) */
	AMONG_NAMED /* those that the rule in force names */
} CommitAmong;

/* The wait of a commit on this primary with the rule FIRST or ANY `required` at `level` (WRITE, FLUSH or APPLY). */
CommitWait commit_cost_predict(const CommitCost *cost, Arena *arena, NodeId primary, CommitAmong among,
                               SyncMethod method, int required, SyncLevel level);

/* The mean wait of a commit as it is, by Little's law: sessions that wait on average, divided by commits per second. Commits
 * are counted by transaction ids, which only transactions that write take: as those that roll back and subtransactions do,
 * of which many make it too low. NAN: not known, or nothing commits. */
double commit_cost_measured(const CommitCost *cost, NodeId primary);

#endif
