#include "model/lag.h"

#include <math.h>

Gaps lag_gaps(Lsn available, Lsn sent, Lsn write, Lsn flush, Lsn replay)
{
	Gaps none = {INT_NONE, INT_NONE, INT_NONE, INT_NONE};
	if (available == LSN_NONE || sent == LSN_NONE || write == LSN_NONE || flush == LSN_NONE || replay == LSN_NONE)
		return none;
	flush = lsn_max(flush, replay);
	write = lsn_max(write, flush);
	sent = lsn_max(sent, write);
	available = lsn_max(available, sent);
	return (Gaps){lsn_diff(available, sent), lsn_diff(sent, write), lsn_diff(write, flush),
	              lsn_diff(flush, replay)};
}

/* More is under way than the smallest buffers hold, and for longer than a round trip takes. */
static bool is_full(int64_t network_gap, double write_rate)
{
	const double least_bytes = 65536, round_trip_s = 0.5;
	return !isnan(write_rate) && (double)network_gap >= least_bytes &&
	       (double)network_gap > round_trip_s * write_rate;
}

Str lag_bottleneck(Gaps gaps, double write_rate)
{
	Str name = STR_NONE;
	int64_t most = 0;
	const struct {
		int64_t bytes;
		Str name;
	} stages[] = {{gaps.replay, STR_INIT("replay")},
	              {gaps.disk, STR_INIT("disk")},
	              {gaps.network, STR_INIT("network")},
	              {gaps.send, STR_INIT("send")}};
	for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
		if (stages[i].bytes > most) {
			most = stages[i].bytes;
			name = stages[i].name;
		}
	}
	if (str_eq(name, STR("send")) && is_full(gaps.network, write_rate))
		return STR("network");
	return name;
}

LagTime lag_time(const History *history, const Node *root, Lsn replay, int64_t now_ns)
{
	if (root == NULL || root->sample == NULL || replay == LSN_NONE)
		return (LagTime){NAN, false};
	HistoryTime passed = history_passed(history, root->id, replay);
	if (!passed.known)
		return (LagTime){NAN, false};
	if (passed.at_latest)
		return (LagTime){0, false};
	int64_t as_of = root->state == NODE_UP ? sample_moment_ns(root->sample) : now_ns;
	double seconds = (double)(as_of - passed.t_mono_ns) / 1e9;
	return (LagTime){seconds < 0 ? 0 : seconds, passed.at_least};
}

/* wal_receiver_status_interval is 10 s by default and not visible from the upstream. */
enum { REPLY_STALE_US = 2 * 10 * 1000000 };

bool lag_reply_is_stale(const WalSender *sender, int64_t server_time_us)
{
	if (sender->reply_time_us == TIME_NONE || server_time_us == TIME_NONE)
		return false;
	return server_time_us - sender->reply_time_us > REPLY_STALE_US;
}

double lag_eta(int64_t lag_bytes, double replay_rate, double generation_rate)
{
	if (lag_bytes == INT_NONE)
		return NAN;
	if (lag_bytes <= 0)
		return 0;
	if (isnan(replay_rate))
		return NAN;
	double closing = replay_rate - (isnan(generation_rate) ? 0 : generation_rate);
	return closing > 0 ? (double)lag_bytes / closing : INFINITY;
}
