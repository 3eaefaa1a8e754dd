#ifndef PGREPLTOP_MODEL_QUORUM_H
#define PGREPLTOP_MODEL_QUORUM_H
/* The quorum and failover lenses: whether commits are acknowledged now, which standbys they depend on, and what is lost if
 * another node becomes the primary. Pure; built from one snapshot and its topology.
 *
 * A commit is acknowledged when `required` standbys have it (syncrep.h), so of the n standbys that may have acknowledged
 * it any n - required + 1 include one that has it: with so many under control the one furthest ahead has every
 * acknowledged commit. */
#include "model/syncrep.h"
#include "model/topology.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which of a standby's positions releases a commit: synchronous_commit of the server's default. */
typedef enum SyncLevel {
	SYNC_LEVEL_UNKNOWN,
	SYNC_LEVEL_LOCAL, /* off and local: commits wait for nobody */
	SYNC_LEVEL_WRITE, /* remote_write */
	SYNC_LEVEL_FLUSH, /* on */
	SYNC_LEVEL_APPLY  /* remote_apply */
} SyncLevel;

typedef enum AcknowledgedLoss {
	LOSS_UNKNOWN,
	LOSS_NONE,    /* no commit that a client was told of */
	LOSS_POSSIBLE /* there may be some */
} AcknowledgedLoss;

/* A standby that counts for the rule, or that may be promoted. */
typedef struct QuorumStandby {
	uint32_t row; /* of the topology */
	bool matches; /* the rule names it: it may have acknowledged commits */
	bool counts;  /* it streams, and its acknowledgements count now */
	bool reachable;
	bool promotable;  /* reachable, and on the timeline of the primary */
	Lsn acknowledged; /* as the primary knows it, at the level of synchronous_commit; LSN_NONE = not known */
	Lsn received;     /* what it would replay before it is promoted */
	Lsn replayed;
	int64_t loss_bytes; /* WAL of the primary that it does not have; INT_NONE = not known */
	AcknowledgedLoss acknowledged_loss;
} QuorumStandby;

typedef struct Quorum {
	uint32_t primary; /* row of the topology */
	SyncRule rule;
	bool rule_known; /* false: the setting was not understood, `warning` says why */
	Str warning;     /* STR_NONE: the rule can be met */
	SyncLevel level;
	bool hidden;         /* the role may not see who streams: neither `streaming` nor `blocked` says anything */
	bool blocked;        /* commits that wait for the rule hang now */
	size_t known;        /* n: standbys that may have acknowledged a commit */
	size_t streaming;    /* of them, those whose acknowledgements count now */
	Lsn safe_lsn;        /* newest position that `required` standbys hold; LSN_NONE = none */
	size_t fence_needed; /* n - required + 1; 0 without a rule */
	size_t fence_reachable;
	QuorumStandby *standbys; /* best candidate for promotion first */
	size_t nstandbys;
} Quorum;

/* `primary` is a row whose node's last sample is a primary's. Its standbys are all of the cluster, or with several
 * primaries those of its own tree. */
const Quorum *quorum_build(Arena *arena, const Topology *topology, uint32_t primary);

/* The candidate to promote; NULL if there is none. */
const QuorumStandby *quorum_best(const Quorum *quorum);

SyncLevel sync_level_parse(Str synchronous_commit);
Str acknowledged_loss_text(AcknowledgedLoss loss); /* none, possible, unknown */

#endif
