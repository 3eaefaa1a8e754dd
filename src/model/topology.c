#include "model/topology.h"

#include <stdlib.h>

Str edge_evidence_text(EdgeEvidence evidence)
{
	static const Str TEXT[] = {
		[EDGE_NONE] = {NULL, 0},
		[EDGE_SLOT] = STR_INIT("slot"),
		[EDGE_TCP] = STR_INIT("tcp"),
		[EDGE_SOCKET] = STR_INIT("socket"),
		[EDGE_NAME] = STR_INIT("application_name"),
		[EDGE_ADDRESS] = STR_INIT("address"),
		[EDGE_START] = STR_INIT("start~"),
		[EDGE_NAME_ONLY] = STR_INIT("application_name~"),
		[EDGE_RECEIVER] = STR_INIT("receiver"),
		[EDGE_CONNINFO] = STR_INIT("conninfo"),
		[EDGE_LAST] = STR_INIT("last"),
	};
	return TEXT[evidence];
}

bool edge_is_weak(EdgeEvidence evidence)
{
	return evidence == EDGE_START || evidence == EDGE_NAME_ONLY;
}

/* A node or a leaf while its place is being found: nodes first, in snapshot order, then the leaves. */
typedef struct Item {
	const Node *node;
	const WalSender *sender;
	const Slot *slot;
	uint32_t parent; /* item, TOPO_NONE for a root */
	EdgeEvidence evidence;
	uint64_t cluster;         /* system identifier; 0 = unknown */
	uint32_t group;           /* items of one cluster share it: the lowest item index of the cluster */
	uint32_t first_kid, next; /* children, in order; roots are chained by `next` too */
} Item;

typedef struct Builder {
	Arena *arena;
	const Snapshot *snapshot;
	const Topology *previous;
	Item *items;
	uint32_t nitems;
	uint32_t *row_of; /* item -> row, once it is laid out */
	Topology *out;
} Builder;

static const TopoRow *previous_row(const Topology *previous, NodeId id)
{
	for (size_t i = 0; previous != NULL && i < previous->nrows; i++)
		if (previous->rows[i].node != NULL && previous->rows[i].node->id == id)
			return &previous->rows[i];
	return NULL;
}

static uint32_t node_with_id(const Snapshot *snapshot, NodeId id)
{
	for (uint32_t i = 0; i < snapshot->nnodes; i++)
		if (snapshot->nodes[i].id == id)
			return i;
	return TOPO_NONE;
}

/* Whether the standby streams from an address that is no known node's and at which it did not stream before. */
static bool was_repointed(const Node *now, const Node *before)
{
	if (now->sample == NULL || !node_is_live(now))
		return false;
	const WalReceiver *a = &now->sample->receiver, *b = before->sample != NULL ? &before->sample->receiver : NULL;
	if (a->pid == 0 || str_is_none(a->sender_host))
		return false;
	return b == NULL || !str_eq(a->sender_host, b->sender_host) || a->sender_port != b->sender_port;
}

/* A standby that says nothing of its upstream now (down, receiver gone) stays where it was; also one behind a proxy, whose
 * word names no node, while its upstream is down. */
static uint32_t last_upstream(const Builder *b, const Node *node)
{
	if (node->sample != NULL && !node->sample->in_recovery)
		return TOPO_NONE;
	const TopoRow *row = previous_row(b->previous, node->id);
	if (row == NULL || row->upstream == TOPO_NONE || b->previous->rows[row->upstream].node == NULL)
		return TOPO_NONE;
	if (was_repointed(node, row->node))
		return TOPO_NONE;
	return node_with_id(b->snapshot, b->previous->rows[row->upstream].node->id);
}

static void place_nodes(Builder *b, const Edge *edges)
{
	for (uint32_t i = 0; i < b->snapshot->nnodes; i++) {
		const Node *node = &b->snapshot->nodes[i];
		Item *item = &b->items[b->nitems++];
		*item = (Item){.node = node, .parent = edges[i].upstream, .evidence = edges[i].evidence};
		item->cluster = node->identity != NULL ? node->identity->system_identifier : 0;
		item->first_kid = item->next = TOPO_NONE;
		if (edges[i].row != EDGE_NO_NODE)
			item->sender = &b->snapshot->nodes[edges[i].upstream].sample->senders[edges[i].row];
		if (item->evidence == EDGE_NONE) {
			item->parent = last_upstream(b, node);
			item->evidence = item->parent != TOPO_NONE ? EDGE_LAST : EDGE_NONE;
		}
	}
}

/* An upstream that never answered is of its standbys' cluster, and a standby of its upstream's. All are told by what was
 * known before, the upstream outweighing the standbys and of these the lowest id, so that the order of nodes does not
 * matter. True: somebody was told. */
static bool tell_clusters(Builder *b)
{
	uint64_t *told = ARENA_ARRAY(b->arena, uint64_t, b->nitems);
	NodeId *by = ARENA_ARRAY(b->arena, NodeId, b->nitems); /* 0: by the upstream */
	bool any = false;
	for (uint32_t i = 0; i < b->nitems; i++) {
		const Item *item = &b->items[i];
		if (item->parent == TOPO_NONE)
			continue;
		const Item *parent = &b->items[item->parent];
		if (item->cluster == 0 && parent->cluster != 0) {
			told[i] = parent->cluster;
			by[i] = 0;
		} else if (parent->cluster == 0 && item->cluster != 0 &&
		           (told[item->parent] == 0 || item->node->id < by[item->parent])) {
			told[item->parent] = item->cluster;
			by[item->parent] = item->node->id;
		}
	}
	for (uint32_t i = 0; i < b->nitems; i++) {
		if (told[i] == 0)
			continue;
		b->items[i].cluster = told[i];
		any = true;
	}
	return any;
}

/* An edge into another cluster is a mistake in an address. */
static void settle_clusters(Builder *b)
{
	while (tell_clusters(b)) {
	}
	for (uint32_t i = 0; i < b->nitems; i++) {
		Item *item = &b->items[i];
		if (item->parent == TOPO_NONE || item->cluster == b->items[item->parent].cluster)
			continue;
		item->parent = TOPO_NONE;
		item->sender = NULL;
		item->evidence = EDGE_NONE;
	}
}

/* Whether `a` is the better one of a cycle to become a root: what streams now outweighs what did so once (the last word of
 * a promoted node that died may be that it follows the one that follows it now); then the lowest id. */
static bool cuts_better(const Item *a, const Item *b)
{
	bool a_past = a->evidence >= EDGE_CONNINFO, b_past = b->evidence >= EDGE_CONNINFO;
	if (a_past != b_past)
		return a_past;
	return a->node->id < b->node->id;
}

/* Makes a root of one node of every cycle. */
static void cut_cycles(Builder *b)
{
	uint32_t *seen = ARENA_ARRAY(b->arena, uint32_t, b->nitems); /* the walk (start + 1) that came by; 0 = none */
	for (uint32_t start = 0; start < b->nitems; start++) {
		uint32_t i = start;
		while (i != TOPO_NONE && seen[i] == 0) {
			seen[i] = start + 1;
			i = b->items[i].parent;
		}
		if (i == TOPO_NONE || seen[i] != start + 1)
			continue;
		uint32_t cut = i;
		for (uint32_t k = b->items[i].parent; k != i; k = b->items[k].parent)
			if (cuts_better(&b->items[k], &b->items[cut]))
				cut = k;
		b->items[cut].parent = TOPO_NONE;
		b->items[cut].sender = NULL; /* a client leaf of the node that it came from */
		b->items[cut].evidence = EDGE_NONE;
	}
}

static int compare_pointers(const void *a, const void *b)
{
	const WalSender *x = *(const WalSender *const *)a, *y = *(const WalSender *const *)b;
	return ((uintptr_t)x > (uintptr_t)y) - ((uintptr_t)x < (uintptr_t)y);
}

/* Every row that became nobody's edge is a client leaf, so that none is ever dropped. */
static void add_clients(Builder *b)
{
	const WalSender **taken = ARENA_ARRAY(b->arena, const WalSender *, b->snapshot->nnodes + 1);
	size_t ntaken = 0;
	for (uint32_t i = 0; i < b->nitems; i++)
		if (b->items[i].sender != NULL)
			taken[ntaken++] = b->items[i].sender;
	qsort(taken, ntaken, sizeof *taken, compare_pointers);
	for (uint32_t i = 0; i < b->snapshot->nnodes; i++) {
		const Node *node = &b->snapshot->nodes[i];
		size_t nsenders = node->sample != NULL && node_is_live(node) ? node->sample->nsenders : 0;
		for (size_t k = 0; k < nsenders; k++) {
			const WalSender *sender = &node->sample->senders[k];
			if (bsearch(&sender, taken, ntaken, sizeof *taken, compare_pointers) != NULL)
				continue;
			b->items[b->nitems++] = (Item){.sender = sender,
			                               .parent = i,
			                               .cluster = b->items[i].cluster,
			                               .first_kid = TOPO_NONE,
			                               .next = TOPO_NONE};
		}
	}
}

/* What a slot keeps is kept for somebody, who is just not there. */
static void add_ghosts(Builder *b)
{
	for (uint32_t i = 0; i < b->snapshot->nnodes; i++) {
		const Node *node = &b->snapshot->nodes[i];
		size_t nslots = node->sample != NULL && node_is_live(node) ? node->sample->nslots : 0;
		for (size_t k = 0; k < nslots; k++)
			if (!node->sample->slots[k].active)
				b->items[b->nitems++] = (Item){.slot = &node->sample->slots[k],
				                               .parent = i,
				                               .cluster = b->items[i].cluster,
				                               .first_kid = TOPO_NONE,
				                               .next = TOPO_NONE};
	}
}

/* Nodes, then clients, then ghosts. */
static int kind_order(const Item *item)
{
	if (item->node != NULL)
		return 0;
	return item->slot == NULL ? 1 : 2;
}

static int compare_items(const Item *a, const Item *b)
{
	if (kind_order(a) != kind_order(b))
		return kind_order(a) - kind_order(b);
	if (a->slot != NULL)
		return str_cmp(a->slot->name, b->slot->name);
	if (a->node == NULL)
		return (a->sender->pid > b->sender->pid) - (a->sender->pid < b->sender->pid);
	bool a_root = a->node->sample != NULL && !a->node->sample->in_recovery;
	bool b_root = b->node->sample != NULL && !b->node->sample->in_recovery;
	if (a_root != b_root)
		return a_root ? -1 : 1;
	int by_host = str_cmp(a->node->host, b->node->host);
	if (by_host != 0)
		return by_host;
	if (a->node->port != b->node->port)
		return a->node->port < b->node->port ? -1 : 1;
	return (a->node->id > b->node->id) - (a->node->id < b->node->id);
}

static int compare_item_pointers(const void *a, const void *b)
{
	return compare_items(*(const Item *const *)a, *(const Item *const *)b);
}

static int compare_clusters(const void *a, const void *b)
{
	const Item *x = *(const Item *const *)a, *y = *(const Item *const *)b;
	if (x->cluster != y->cluster)
		return x->cluster < y->cluster ? -1 : 1;
	return (x > y) - (x < y);
}

/* Sets every item's group. Of an unknown cluster each tree is a group of its own: its root's, which alone counts. */
static void group_items(Builder *b)
{
	Item **order = ARENA_ARRAY(b->arena, Item *, b->nitems + 1);
	for (uint32_t i = 0; i < b->nitems; i++)
		order[i] = &b->items[i];
	qsort(order, b->nitems, sizeof *order, compare_clusters);
	for (uint32_t k = 0; k < b->nitems; k++) {
		bool same = k > 0 && order[k]->cluster != 0 && order[k]->cluster == order[k - 1]->cluster;
		order[k]->group = same ? order[k - 1]->group : (uint32_t)(order[k] - b->items);
	}
}

/* Chains children and roots in display order by inserting the items from the last to the first of it. Returns the chain
 * of the roots. */
static uint32_t chain(Builder *b)
{
	Item **order = ARENA_ARRAY(b->arena, Item *, b->nitems + 1);
	for (uint32_t i = 0; i < b->nitems; i++)
		order[i] = &b->items[i];
	qsort(order, b->nitems, sizeof *order, compare_item_pointers);
	uint32_t roots = TOPO_NONE;
	for (uint32_t k = b->nitems; k-- > 0;) {
		Item *item = order[k];
		uint32_t *head = item->parent == TOPO_NONE ? &roots : &b->items[item->parent].first_kid;
		item->next = *head;
		*head = (uint32_t)(item - b->items);
	}
	return roots;
}

/* Writes the tree below `start` without recursion: a six-deep cascade and a thousand-deep mistake cost the same stack. */
static void emit_tree(Builder *b, uint32_t start, uint32_t cluster)
{
	uint32_t root_row = (uint32_t)b->out->nrows;
	unsigned depth = 0;
	uint32_t i = start;
	while (i != TOPO_NONE) {
		const Item *item = &b->items[i];
		b->row_of[i] = (uint32_t)b->out->nrows;
		bool is_root = i == start;
		b->out->rows[b->out->nrows++] = (TopoRow){.node = item->node,
		                                          .sender = item->sender,
		                                          .slot = item->slot,
		                                          .upstream = is_root ? TOPO_NONE : b->row_of[item->parent],
		                                          .evidence = item->evidence,
		                                          .cluster = cluster,
		                                          .root = root_row,
		                                          .depth = depth,
		                                          .last_child = !is_root && item->next == TOPO_NONE};
		if (item->first_kid != TOPO_NONE) {
			i = item->first_kid;
			depth++;
			continue;
		}
		while (i != start && b->items[i].next == TOPO_NONE) {
			i = b->items[i].parent;
			depth--;
		}
		i = i == start ? TOPO_NONE : b->items[i].next;
	}
}

/* A tree's root in the order in which the trees are written. */
typedef struct Root {
	uint32_t group, place, item; /* place: in the chain of roots */
} Root;

static int compare_roots(const void *a, const void *b)
{
	const Root *x = a, *y = b;
	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	return (x->place > y->place) - (x->place < y->place);
}

static void emit_cluster(Builder *b, const Root *roots, size_t nroots)
{
	uint32_t index = (uint32_t)b->out->nclusters++;
	TopoCluster *cluster = &b->out->clusters[index];
	*cluster = (TopoCluster){.system_identifier = b->items[roots->group].cluster,
	                         .first = (uint32_t)b->out->nrows,
	                         .primary = TOPO_NONE};
	for (size_t i = 0; i < nroots; i++)
		emit_tree(b, roots[i].item, index);
	cluster->count = (uint32_t)b->out->nrows - cluster->first;
	for (uint32_t r = cluster->first; r < b->out->nrows; r++) {
		const Node *node = b->out->rows[r].node;
		if (node == NULL || node->sample == NULL || node->sample->in_recovery)
			continue;
		bool live = node_is_live(node);
		if (cluster->primary == TOPO_NONE || (live && cluster->primaries == 0))
			cluster->primary = r;
		cluster->primaries += live;
	}
}

/* Clusters come in the order of their first node. */
static void emit_clusters(Builder *b, uint32_t first_root)
{
	Root *roots = ARENA_ARRAY(b->arena, Root, b->nitems + 1);
	uint32_t nroots = 0;
	for (uint32_t i = first_root; i != TOPO_NONE; i = b->items[i].next) {
		roots[nroots] = (Root){b->items[i].group, nroots, i};
		nroots++;
	}
	qsort(roots, nroots, sizeof *roots, compare_roots);
	b->out->clusters = ARENA_ARRAY(b->arena, TopoCluster, nroots + 1);
	for (uint32_t from = 0, to; from < nroots; from = to) {
		for (to = from + 1; to < nroots && roots[to].group == roots[from].group;)
			to++;
		emit_cluster(b, &roots[from], to - from);
	}
}

const Topology *topology_build(Arena *arena, const Snapshot *snapshot, const Topology *previous)
{
	size_t nitems = snapshot->nnodes;
	for (size_t i = 0; i < snapshot->nnodes; i++)
		if (snapshot->nodes[i].sample != NULL)
			nitems += snapshot->nodes[i].sample->nsenders + snapshot->nodes[i].sample->nslots;
	Builder b = {.arena = arena, .snapshot = snapshot, .previous = previous};
	b.items = ARENA_ARRAY(arena, Item, nitems + 1);
	b.out = ARENA_NEW(arena, Topology);
	b.out->rows = ARENA_ARRAY(arena, TopoRow, nitems + 1);
	place_nodes(&b, edges_match(arena, snapshot));
	settle_clusters(&b);
	cut_cycles(&b);
	add_clients(&b);
	add_ghosts(&b);
	b.row_of = ARENA_ARRAY(arena, uint32_t, b.nitems);
	group_items(&b);
	emit_clusters(&b, chain(&b));
	return b.out;
}
