#ifndef PGREPLTOP_MODEL_RATES_H
#define PGREPLTOP_MODEL_RATES_H
/* Growth per second between two samples of a counter. There is no value (NAN) for a tick in which the counter fell, a
 * sample is missing or no time passed: never a wrap, never a spike. */
#include "model/snapshot.h"

#include <stdbool.h>
#include <stdint.h>

double rate_counter(uint64_t before, uint64_t now, int64_t before_ns, int64_t now_ns);
/* The same for LSNs; LSN_NONE on either side gives NAN. */
double rate_lsn(Lsn before, Lsn now, int64_t before_ns, int64_t now_ns);
/* Share of one CPU or of wall time, in percent, that `ticks` of a second's `ticks_per_second` are. */
double rate_percent(uint64_t before_ticks, uint64_t now_ticks, long ticks_per_second, int64_t before_ns,
                    int64_t now_ns);
/* Whether the node's two samples tell a rate: both are there, and no promotion lies between them. */
bool rate_is_comparable(const Node *node);
/* WAL that the node writes (primary) or receives (standby) per second. */
double rate_node_wal(const Node *node);
/* WAL that a standby replays per second. */
double rate_node_replay(const Node *node);

#endif
