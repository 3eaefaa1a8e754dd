#include "view/lines.h"

#include <stdlib.h>
#include <string.h>

/* ---- what is folded ---- */

static int compare_keys(RowKey a, RowKey b)
{
	if (a.node != b.node)
		return a.node < b.node ? -1 : 1;
	if (a.pid != b.pid)
		return a.pid < b.pid ? -1 : 1;
	return (a.start_us > b.start_us) - (a.start_us < b.start_us);
}

/* Where the key is, or belongs. */
static size_t fold_place(const FoldSet *set, RowKey key)
{
	size_t low = 0, high = set->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare_keys(set->keys[middle], key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool fold_has(const FoldSet *set, RowKey key)
{
	size_t at = fold_place(set, key);
	return at < set->count && row_key_eq(set->keys[at], key);
}

void fold_set(FoldSet *set, RowKey key, bool folded)
{
	size_t at = fold_place(set, key);
	bool there = at < set->count && row_key_eq(set->keys[at], key);
	if (there == folded)
		return;
	if (there) {
		set->count--;
		memmove(&set->keys[at], &set->keys[at + 1], (set->count - at) * sizeof *set->keys);
		return;
	}
	if (set->count == set->cap) {
		set->cap = set->cap == 0 ? 16 : 2 * set->cap;
		set->keys = xrealloc_array(set->keys, set->cap, sizeof *set->keys);
	}
	memmove(&set->keys[at + 1], &set->keys[at], (set->count - at) * sizeof *set->keys);
	set->keys[at] = key;
	set->count++;
}

void fold_free(FoldSet *set)
{
	free(set->keys);
	*set = (FoldSet){0};
}

/* ---- the order ---- */

typedef enum Keep { KEEP_NOT, KEEP_ABOVE, KEEP_MATCH } Keep;

typedef struct Builder {
	const Report *report;
	const FoldSet *folded;
	Lines *lines;
	Keep *keep; /* by row */
	bool headings;
	uint32_t *first_kid, *next; /* by row, in order; roots of a cluster are chained by `next`, too */
	uint32_t *first_root;       /* by cluster */
	uint32_t *clusters;         /* in order */
	uint32_t nclusters;
	uint32_t *line_of; /* row -> line */
} Builder;

/* A row with all that its place depends on, as qsort() hands nothing else to the comparison. */
typedef struct Place {
	const NodeRow *row;
	SortOrder order;
	uint32_t index;
} Place;

static int compare_places(const void *a, const void *b)
{
	const Place *x = a, *y = b;
	int order = metric_compare(x->order.column, x->row, y->row, x->order.descending);
	return order != 0 ? order : (x->index > y->index) - (x->index < y->index);
}

bool lines_cluster_is_known(const ClusterRow *cluster)
{
	return cluster->cluster.len > 0;
}

/* A parent stands before its children, so no chain of parents has a circle. */
static uint32_t parent_of(const Report *report, uint32_t row)
{
	uint32_t parent = report->nodes[row].parent;
	return parent < row ? parent : ROW_NONE;
}

static uint32_t cluster_of(const Report *report, uint32_t row)
{
	uint32_t cluster = report->nodes[row].cluster_index;
	return cluster < report->nclusters ? cluster : 0;
}

/* The rows in order: each one's place among its siblings follows from it. */
static Place *sort_rows(Lines *lines, const Report *report, SortOrder order)
{
	Place *places = ARENA_ARRAY(&lines->arena, Place, report->nnodes + 1);
	for (uint32_t i = 0; i < report->nnodes; i++)
		places[i] = (Place){&report->nodes[i], order, i};
	if (order.column != NULL)
		qsort(places, report->nnodes, sizeof *places, compare_places);
	return places;
}

/* What the filter lets through, and the way up from there. */
static void choose_rows(Builder *b, const Filter *filter)
{
	b->keep = ARENA_ARRAY(&b->lines->arena, Keep, b->report->nnodes + 1);
	for (uint32_t i = (uint32_t)b->report->nnodes; i-- > 0;) {
		uint32_t parent = parent_of(b->report, i);
		if (filter_matches(filter, &b->report->nodes[i])) {
			b->keep[i] = KEEP_MATCH;
			b->lines->matching++;
		}
		if (b->keep[i] != KEEP_NOT && parent != ROW_NONE)
			b->keep[parent] = KEEP_ABOVE; /* until it is looked at itself */
	}
}

/* Clusters come as their first roots do; with headings those that nobody knows stand together at the end. */
static void order_clusters(Builder *b, const Place *places)
{
	bool *seen = ARENA_ARRAY(&b->lines->arena, bool, b->report->nclusters + 1);
	b->clusters = ARENA_ARRAY(&b->lines->arena, uint32_t, b->report->nclusters + 1);
	for (int pass = 0; pass < 2; pass++) {
		for (size_t k = 0; k < b->report->nnodes; k++) {
			uint32_t c = cluster_of(b->report, places[k].index);
			bool later = b->headings && c < b->report->nclusters &&
			             !lines_cluster_is_known(&b->report->clusters[c]) && pass == 0;
			if (parent_of(b->report, places[k].index) != ROW_NONE || seen[c] || later ||
			    b->keep[places[k].index] == KEEP_NOT)
				continue;
			seen[c] = true;
			b->clusters[b->nclusters++] = c;
		}
	}
}

static uint32_t *array_of_none(Arena *arena, size_t count)
{
	uint32_t *array = ARENA_ARRAY(arena, uint32_t, count + 1);
	for (size_t i = 0; i <= count; i++)
		array[i] = ROW_NONE;
	return array;
}

static void chain_rows(Builder *b, const Place *places)
{
	const Report *report = b->report;
	b->first_kid = array_of_none(&b->lines->arena, report->nnodes);
	b->next = array_of_none(&b->lines->arena, report->nnodes);
	b->first_root = array_of_none(&b->lines->arena, report->nclusters);
	for (size_t k = report->nnodes; k-- > 0;) {
		uint32_t i = places[k].index;
		uint32_t parent = parent_of(report, i);
		if (b->keep[i] == KEEP_NOT)
			continue;
		uint32_t *head = parent != ROW_NONE ? &b->first_kid[parent] : &b->first_root[cluster_of(report, i)];
		b->next[i] = *head;
		*head = i;
	}
}

/* ---- the lines ---- */

static uint32_t add_line(Builder *b, TreeLine line)
{
	line.folded = fold_has(b->folded, line.key);
	b->lines->rows[b->lines->count] = line;
	return (uint32_t)b->lines->count++;
}

static void hide(TreeLine *line, const NodeRow *row)
{
	static const int rank[] = {
		[HEALTH_OK] = 0, [HEALTH_UNKNOWN] = 1, [HEALTH_NOTE] = 2, [HEALTH_WARNING] = 3, [HEALTH_BAD] = 4};
	if (rank[row->health] > rank[line->worst])
		line->worst = row->health;
}

/* The tree below `root`, without recursion. `hider` is the folded line that rows vanish into; ROW_NONE: none. */
static void add_tree(Builder *b, uint32_t root, uint32_t heading)
{
	const Report *report = b->report;
	bool all_hidden = heading != ROW_NONE && b->lines->rows[heading].folded;
	uint32_t hider = all_hidden ? heading : ROW_NONE;
	uint32_t i = root;
	while (i != ROW_NONE) {
		const NodeRow *row = &report->nodes[i];
		if (heading != ROW_NONE)
			b->lines->rows[heading].below++;
		if (hider != ROW_NONE) {
			hide(&b->lines->rows[hider], row);
		} else {
			uint32_t parent = parent_of(report, i);
			b->line_of[i] = add_line(b, (TreeLine){.key = row->key,
			                                       .node = i,
			                                       .cluster = cluster_of(report, i),
			                                       .parent = i == root ? ROW_NONE : b->line_of[parent],
			                                       .last_child = i != root && b->next[i] == ROW_NONE,
			                                       .only_above = b->keep[i] == KEEP_ABOVE});
			if (b->lines->rows[b->line_of[i]].folded)
				hider = b->line_of[i];
		}
		if (b->first_kid[i] != ROW_NONE) {
			i = b->first_kid[i];
			continue;
		}
		for (;; i = parent_of(report, i)) {
			if (hider != ROW_NONE && b->lines->rows[hider].node == i)
				hider = ROW_NONE; /* its subtree is through */
			if (i == root || b->next[i] != ROW_NONE)
				break;
		}
		i = i == root ? ROW_NONE : b->next[i];
	}
}

/* How many rows hang below each line: a child adds itself and its own to its upstream, from the last row up. */
static void count_below(Builder *b)
{
	uint32_t *below = ARENA_ARRAY(&b->lines->arena, uint32_t, b->report->nnodes + 1);
	for (uint32_t i = (uint32_t)b->report->nnodes; i-- > 0;) {
		uint32_t parent = parent_of(b->report, i);
		if (parent != ROW_NONE && b->keep[i] != KEEP_NOT)
			below[parent] += 1 + below[i];
	}
	for (size_t k = 0; k < b->lines->count; k++)
		if (b->lines->rows[k].node != ROW_NONE)
			b->lines->rows[k].below = below[b->lines->rows[k].node];
}

static void add_cluster(Builder *b, uint32_t cluster, uint32_t heading)
{
	for (uint32_t root = b->first_root[cluster]; root != ROW_NONE; root = b->next[root])
		add_tree(b, root, heading);
}

static void add_all(Builder *b)
{
	uint32_t heading = ROW_NONE;
	bool known_before = true;
	for (uint32_t k = 0; k < b->nclusters; k++) {
		uint32_t c = b->clusters[k];
		bool known = c < b->report->nclusters && lines_cluster_is_known(&b->report->clusters[c]);
		if (b->headings && known)
			heading = add_line(b, (TreeLine){.key = b->report->clusters[c].key,
			                                 .node = ROW_NONE,
			                                 .cluster = c,
			                                 .parent = ROW_NONE});
		else if (b->headings && known_before) /* the first of those that are not known */
			heading = add_line(b, (TreeLine){.node = ROW_NONE, .cluster = ROW_NONE, .parent = ROW_NONE});
		known_before = known;
		add_cluster(b, c, heading);
	}
}

void lines_build(Lines *lines, const Report *report, SortOrder order, const FoldSet *folded, const Filter *filter)
{
	arena_reset(&lines->arena);
	lines->count = lines->matching = 0;
	lines->rows = ARENA_ARRAY(&lines->arena, TreeLine, report->nnodes + report->nclusters + 1);
	size_t known = 0;
	for (size_t c = 0; c < report->nclusters; c++)
		known += lines_cluster_is_known(&report->clusters[c]);
	Builder b = {.report = report, .folded = folded, .lines = lines, .headings = known > 1};
	b.line_of = ARENA_ARRAY(&lines->arena, uint32_t, report->nnodes + 1);
	const Place *places = sort_rows(lines, report, order);
	choose_rows(&b, filter);
	order_clusters(&b, places);
	chain_rows(&b, places);
	add_all(&b);
	count_below(&b);
}

void lines_free(Lines *lines)
{
	arena_free(&lines->arena);
	*lines = (Lines){0};
}
