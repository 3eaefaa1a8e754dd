#ifndef PGREPLTOP_VIEW_LINES_H
#define PGREPLTOP_VIEW_LINES_H
/* Which lines the tree on the screen has: the rows of a report in the chosen order, without what is folded away or left out, and a
 * heading for each cluster where several are known. Computed once per report or change of the view. */
#include "base/arena.h"
#include "model/filter.h"
#include "model/order.h"
#include "model/rows.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct TreeLine {
	RowKey key;
	uint32_t node;    /* index into report->nodes; ROW_NONE: a heading */
	uint32_t cluster; /* index into report->clusters; ROW_NONE: the heading of all that never said theirs */
	uint32_t parent;  /* the upstream's line; ROW_NONE: a root or a heading */
	uint32_t below;   /* rows that hang below it, folded or not, without those that the filter leaves out */
	bool folded;      /* they are not lines */
	RowHealth worst;  /* of the rows that are folded away */
	bool last_child;
	bool only_above; /* the filter leaves it out, but not all that hangs below it */
} TreeLine;

/* A set of rows, as those that are folded (nodes and headings) or tagged; sorted. Zero-initialised is empty; owns its memory. */
typedef struct FoldSet {
	RowKey *keys;
	size_t count, cap;
} FoldSet;

bool fold_has(const FoldSet *set, RowKey key);
void fold_set(FoldSet *set, RowKey key, bool folded);
void fold_free(FoldSet *set); /* leaves it empty and usable */

/* Zero-initialised is empty; owns its memory. The lines hold for the report that they were built from only. */
typedef struct Lines {
	Arena arena;
	TreeLine *rows;
	size_t count;
	size_t matching; /* rows of the report that the filter lets through, folded away or not */
} Lines;

/* `filter`: of nodes. What it leaves out is no line, but for those that something it lets through hangs below. */
void lines_build(Lines *lines, const Report *report, SortOrder order, const FoldSet *folded, const Filter *filter);
void lines_free(Lines *lines);
/* Whether a cluster said its system identifier. */
bool lines_cluster_is_known(const ClusterRow *cluster);

#endif
