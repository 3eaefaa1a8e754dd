#ifndef PGREPLTOP_MODEL_SERIES_H
#define PGREPLTOP_MODEL_SERIES_H
/* The lag of each node over the last minutes, for sparklines and charts: a ring of samples a node, which lives as long as
 * the program. A ring takes memory as it fills and never more than its capacity. */
#include "model/rows.h"

#include <stddef.h>
#include <stdint.h>

typedef struct LagPoint {
	int64_t t_mono_ns;
	float lag_seconds, lag_bytes;      /* NAN: not known */
	float send, network, disk, replay; /* gaps in bytes, NAN: not known */
} LagPoint;

typedef struct Series Series;

/* `capacity` points a node, at least 2. */
Series *series_new(size_t capacity);
void series_free(Series *series);
Series *series_copy(const Series *series); /* as it is now; owned by the caller */

/* Notes what the report says of every polled node. Call once a report. */
void series_note(Series *series, const Report *report, int64_t t_mono_ns);

/* How many points there are of a node; 0 if it is not known. */
size_t series_count(const Series *series, NodeId node);
/* Point `i` of it, the oldest first; `i` below series_count(). */
LagPoint series_point(const Series *series, NodeId node, size_t i);

#endif
