#ifndef PGREPLTOP_MODEL_LAG_H
#define PGREPLTOP_MODEL_LAG_H
/* Where the lag of one edge sits, how long it is in bytes and time, and when it will be gone. */
#include "model/history.h"
#include "model/snapshot.h"

#include <stdbool.h>
#include <stdint.h>

/* Bytes between neighbouring stages of one edge; INT_NONE where a position is unknown. The four add up to
 * available - replay. Positions come from different moments, so an earlier stage that reads behind a later one is taken
 * as being level with it: no gap is ever negative. */
typedef struct Gaps {
	int64_t send, network, disk, replay;
} Gaps;
Gaps lag_gaps(Lsn available, Lsn sent, Lsn write, Lsn flush, Lsn replay);

/* The stage that holds most: "send", "network", "disk", "replay"; STR_NONE when all are 0 or unknown. `write_rate`, in bytes
 * per second (NAN: not known), is how fast the standby takes what it is sent: a sender that finds the connection full
 * holds WAL back for want of room, and then it is the network that is slow, or whoever should read from it. */
Str lag_bottleneck(Gaps gaps, double write_rate);

typedef struct LagTime {
	double seconds; /* NAN = unknown */
	bool at_least;  /* a lower bound */
} LagTime;
/* How long ago `root` (a primary) passed `replay`, as of its newest sample; as of `now_ns` when that is overdue. 0 when
 * nothing is behind. */
LagTime lag_time(const History *history, const Node *root, Lsn replay, int64_t now_ns);

/* Whether the server's three lag columns of a row can be believed: a reply came lately. A frozen standby keeps its last
 * values and `streaming` for ever. Known from 12 on (reply_time); before, never stale. */
bool lag_reply_is_stale(const WalSender *sender, int64_t server_time_us);

/* Seconds until `lag_bytes` are replayed at these rates; INFINITY = never, NAN = unknown, 0 without lag. */
double lag_eta(int64_t lag_bytes, double replay_rate, double generation_rate);

#endif
