#include "model/rates.h"

#include <math.h>

static double seconds_between(int64_t before_ns, int64_t now_ns)
{
	return (double)(now_ns - before_ns) / 1e9;
}

double rate_counter(uint64_t before, uint64_t now, int64_t before_ns, int64_t now_ns)
{
	if (now < before || now_ns <= before_ns)
		return NAN;
	return (double)(now - before) / seconds_between(before_ns, now_ns);
}

double rate_lsn(Lsn before, Lsn now, int64_t before_ns, int64_t now_ns)
{
	if (before == LSN_NONE || now == LSN_NONE)
		return NAN;
	return rate_counter(before, now, before_ns, now_ns);
}

double rate_percent(uint64_t before_ticks, uint64_t now_ticks, long ticks_per_second, int64_t before_ns, int64_t now_ns)
{
	if (ticks_per_second <= 0)
		return NAN;
	return 100.0 * rate_counter(before_ticks, now_ticks, before_ns, now_ns) / (double)ticks_per_second;
}

/* A promotion changes what the LSNs of a node mean, so samples from both sides of one have no difference. */
bool rate_is_comparable(const Node *node)
{
	const NodeSample *now = node->sample, *before = node->previous;
	return now != NULL && before != NULL && now->in_recovery == before->in_recovery &&
	       now->timeline == before->timeline;
}

double rate_node_wal(const Node *node)
{
	if (!rate_is_comparable(node))
		return NAN;
	return rate_lsn(sample_available_lsn(node->previous), sample_available_lsn(node->sample),
	                sample_moment_ns(node->previous), sample_moment_ns(node->sample));
}

double rate_node_replay(const Node *node)
{
	if (!rate_is_comparable(node) || !node->sample->in_recovery)
		return NAN;
	return rate_lsn(node->previous->replay_lsn, node->sample->replay_lsn, sample_moment_ns(node->previous),
	                sample_moment_ns(node->sample));
}
