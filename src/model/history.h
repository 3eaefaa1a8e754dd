#ifndef PGREPLTOP_MODEL_HISTORY_H
#define PGREPLTOP_MODEL_HISTORY_H
/* When did a primary pass an LSN? Per node a bounded ring of (moment, flush LSN) on our own monotonic clock, one entry a
 * change. It is the base of the honest time lag: no server clock and no idle period can bend it. */
#include "model/snapshot.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct History History;

History *history_new(size_t capacity); /* entries per node, >= 2 */
void history_free(History *history);
/* At `t_mono_ns` the node's flush LSN was `lsn`. Older moments and LSN_NONE are ignored; an LSN below the last one (a
 * re-initialised server) starts that node's ring anew. */
void history_add(History *history, NodeId node, int64_t t_mono_ns, Lsn lsn);

/* The node is no primary now: what it becomes later begins a new past, on another timeline. */
void history_forget(History *history, NodeId node);

typedef struct HistoryTime {
	bool known;
	bool at_latest;    /* `lsn` is not behind the newest entry */
	bool at_least;     /* the ring does not reach back far enough: t_mono_ns is the latest it can have been */
	int64_t t_mono_ns; /* when the node passed `lsn`, interpolated between entries */
} HistoryTime;

HistoryTime history_passed(const History *history, NodeId node, Lsn lsn);

#endif
