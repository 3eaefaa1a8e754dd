#include "model/series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct Ring {
	LagPoint *points;
	size_t allocated; /* grows up to the capacity */
	size_t start, count;
} Ring;

struct Series {
	size_t capacity;
	Ring *rings; /* by node id: ids are small and never reused */
	size_t nrings;
};

enum { FIRST_POINTS = 32 };

Series *series_new(size_t capacity)
{
	Series *s = xcalloc(1, sizeof *s);
	s->capacity = capacity < 2 ? 2 : capacity;
	return s;
}

void series_free(Series *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->nrings; i++)
		free(s->rings[i].points);
	free(s->rings);
	free(s);
}

Series *series_copy(const Series *s)
{
	Series *copy = series_new(s->capacity);
	copy->nrings = s->nrings;
	copy->rings = xrealloc_array(NULL, s->nrings > 0 ? s->nrings : 1, sizeof *copy->rings);
	for (size_t i = 0; i < s->nrings; i++) {
		const Ring *ring = &s->rings[i];
		copy->rings[i] = *ring;
		if (ring->allocated == 0)
			continue;
		copy->rings[i].points = xrealloc_array(NULL, ring->allocated, sizeof *ring->points);
		memcpy(copy->rings[i].points, ring->points, ring->count * sizeof *ring->points);
	}
	return copy;
}

static Ring *ring_of(Series *s, NodeId node)
{
	if (node >= s->nrings) {
		size_t count = (size_t)node * 2 + 8;
		s->rings = xrealloc_array(s->rings, count, sizeof *s->rings);
		memset(s->rings + s->nrings, 0, (count - s->nrings) * sizeof *s->rings);
		s->nrings = count;
	}
	return &s->rings[node];
}

/* A ring that is not full has its points from the start of its memory on, so it can grow in place. */
static void append(const Series *s, Ring *ring, LagPoint point)
{
	if (ring->count == ring->allocated && ring->allocated < s->capacity) {
		size_t wanted = ring->allocated == 0 ? FIRST_POINTS : ring->allocated * 2;
		ring->allocated = wanted < s->capacity ? wanted : s->capacity;
		ring->points = xrealloc_array(ring->points, ring->allocated, sizeof *ring->points);
	}
	if (ring->count < ring->allocated) {
		ring->points[ring->count++] = point;
		return;
	}
	ring->points[ring->start] = point;
	ring->start = ring->start + 1 < ring->allocated ? ring->start + 1 : 0;
}

static float bytes_of(int64_t bytes)
{
	return bytes == INT_NONE ? NAN : (float)bytes;
}

void series_note(Series *s, const Report *report, int64_t t_mono_ns)
{
	for (size_t i = 0; i < report->nnodes; i++) {
		const NodeRow *row = &report->nodes[i];
		if (!row_is_node(row))
			continue;
		append(s, ring_of(s, row->key.node),
		       (LagPoint){.t_mono_ns = t_mono_ns,
		                  .lag_seconds = (float)row->lag_seconds,
		                  .lag_bytes = bytes_of(row->lag_bytes),
		                  .send = bytes_of(row->send_gap_bytes),
		                  .network = bytes_of(row->network_gap_bytes),
		                  .disk = bytes_of(row->disk_gap_bytes),
		                  .replay = bytes_of(row->replay_gap_bytes)});
	}
}

size_t series_count(const Series *s, NodeId node)
{
	return node < s->nrings ? s->rings[node].count : 0;
}

LagPoint series_point(const Series *s, NodeId node, size_t i)
{
	const Ring *ring = &s->rings[node];
	size_t at = ring->start + i;
	return ring->points[at < ring->allocated ? at : at - ring->allocated];
}
