#include "model/history.h"

#include <stdlib.h>

/* One LSN and the moments at which the node was first and last seen at it: while it is idle only `last_ns` moves. */
typedef struct Entry {
	Lsn lsn;
	int64_t first_ns, last_ns;
} Entry;

typedef struct Ring {
	NodeId node;
	size_t start, count;
	Entry *entries;
} Ring;

struct History {
	size_t capacity;
	Ring *rings;
	size_t nrings;
};

History *history_new(size_t capacity)
{
	History *h = xcalloc(1, sizeof *h);
	h->capacity = capacity < 2 ? 2 : capacity;
	return h;
}

void history_free(History *h)
{
	if (h == NULL)
		return;
	for (size_t i = 0; i < h->nrings; i++)
		free(h->rings[i].entries);
	free(h->rings);
	free(h);
}

static Ring *find_ring(const History *h, NodeId node)
{
	for (size_t i = 0; i < h->nrings; i++) /* one per primary: few */
		if (h->rings[i].node == node)
			return &h->rings[i];
	return NULL;
}

/* `i` is at most the capacity. */
static Entry *entry_at(const History *h, const Ring *ring, size_t i)
{
	size_t at = ring->start + i;
	return &ring->entries[at < h->capacity ? at : at - h->capacity];
}

static Ring *add_ring(History *h, NodeId node)
{
	h->rings = xrealloc_array(h->rings, h->nrings + 1, sizeof *h->rings);
	Ring *ring = &h->rings[h->nrings++];
	*ring = (Ring){.node = node, .entries = xcalloc(h->capacity, sizeof *ring->entries)};
	return ring;
}

void history_add(History *h, NodeId node, int64_t t_mono_ns, Lsn lsn)
{
	if (lsn == LSN_NONE)
		return;
	Ring *ring = find_ring(h, node);
	if (ring == NULL)
		ring = add_ring(h, node);
	if (ring->count > 0) {
		Entry *last = entry_at(h, ring, ring->count - 1);
		if (t_mono_ns < last->last_ns)
			return;
		if (lsn == last->lsn) {
			last->last_ns = t_mono_ns;
			return;
		}
		if (lsn < last->lsn)
			ring->count = 0;
	}
	if (ring->count == h->capacity) {
		ring->start = ring->start + 1 < h->capacity ? ring->start + 1 : 0;
		ring->count--;
	}
	ring->count++;
	*entry_at(h, ring, ring->count - 1) = (Entry){lsn, t_mono_ns, t_mono_ns};
}

void history_forget(History *h, NodeId node)
{
	Ring *ring = find_ring(h, node);
	if (ring != NULL)
		ring->count = 0;
}

HistoryTime history_passed(const History *h, NodeId node, Lsn lsn)
{
	const Ring *ring = find_ring(h, node);
	if (ring == NULL || ring->count == 0 || lsn == LSN_NONE)
		return (HistoryTime){0};
	const Entry *newest = entry_at(h, ring, ring->count - 1);
	if (lsn >= newest->lsn)
		return (HistoryTime){.known = true, .at_latest = true, .t_mono_ns = newest->last_ns};
	const Entry *oldest = entry_at(h, ring, 0);
	if (lsn < oldest->lsn)
		return (HistoryTime){.known = true, .at_least = true, .t_mono_ns = oldest->first_ns};
	size_t low = 0, high = ring->count - 1; /* entry[low].lsn <= lsn < entry[high].lsn */
	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;
		if (entry_at(h, ring, mid)->lsn <= lsn)
			low = mid;
		else
			high = mid;
	}
	const Entry *before = entry_at(h, ring, low), *after = entry_at(h, ring, high);
	double part = (double)(lsn - before->lsn) / (double)(after->lsn - before->lsn);
	int64_t span = after->first_ns - before->last_ns;
	return (HistoryTime){.known = true, .t_mono_ns = before->last_ns + (int64_t)(part * (double)span)};
}
