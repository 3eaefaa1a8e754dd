#ifndef PGREPLTOP_MODEL_DIVERGENCE_H
#define PGREPLTOP_MODEL_DIVERGENCE_H
/* Where the nodes of one cluster no longer share one history: two live primaries, standbys on another timeline than the
 * newest primary's, standbys that have more than their upstream. Found anew in every snapshot, from live samples only.
 * Where two timelines parted is in files that are not read here; so the words say who has which LSN on which timeline. */
#include "base/arena.h"
#include "base/str.h"
#include "model/topology.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum DivergenceKind {
	DIVERGENCE_NONE,
	DIVERGENCE_SPLIT_BRAIN,  /* a live primary of a cluster with another one */
	DIVERGENCE_OLD_TIMELINE, /* a standby below the newest primary's timeline that does not stream from it */
	DIVERGENCE_FORKED,       /* a standby on a timeline that no live primary has reached */
	DIVERGENCE_AHEAD         /* a standby that had more than its upstream has later, on the same timeline */
} DivergenceKind;

typedef struct RowDivergence {
	DivergenceKind kind;
	Str reason; /* a sentence; STR_NONE without divergence */
} RowDivergence;

typedef struct ClusterDivergence {
	Str primaries;         /* of a split brain: "A TL 1 at 0/5000060, B TL 2 at 0/5001000"; else STR_NONE */
	uint32_t off_timeline; /* standbys of kind OLD_TIMELINE or FORKED */
	uint32_t ahead;        /* standbys of kind AHEAD */
} ClusterDivergence;

typedef struct Divergence {
	RowDivergence *rows;         /* one per row of the topology */
	ClusterDivergence *clusters; /* one per cluster of the topology */
} Divergence;

/* All memory is the arena's. */
const Divergence *divergence_find(Arena *arena, const Topology *topology);

/* Whether the LSNs of row `row` (for a client leaf: of its upstream) and of row `other` are positions in one history: on
 * the same timeline, or the one streams from the other and so cannot have left its history. Unknown timelines are taken
 * as equal. */
bool divergence_comparable(const Topology *topology, uint32_t row, uint32_t other);

/* "split brain", "old timeline", "forked timeline", "ahead of upstream"; STR_NONE for none. */
Str divergence_state(DivergenceKind kind);

#endif
