#include "model/commitcost.h"

#include <math.h>
#include <stdlib.h>

/* One standby's reported lags of one refresh. */
typedef struct StandbyLag {
	int64_t rank;   /* in which FIRST would choose: synchronous ones, then by priority */
	float level[3]; /* write, flush, replay, in seconds; NAN: nothing new was reported */
} StandbyLag;

/* One refresh of one primary. */
typedef struct Tick {
	StandbyLag *lags; /* by rank */
	size_t nlags, allocated;
	int64_t t_mono_ns;
	int64_t waiting; /* sessions; INT_NONE = not known */
	int64_t next_xid;
} Tick;

typedef struct Ring {
	NodeId node;
	size_t start, count;
	Tick *ticks;
} Ring;

struct CommitCost {
	size_t capacity;
	Ring *rings; /* one a primary: few */
	size_t nrings;
};

CommitCost *commit_cost_new(size_t capacity)
{
	CommitCost *cost = xcalloc(1, sizeof *cost);
	cost->capacity = capacity < 2 ? 2 : capacity;
	return cost;
}

void commit_cost_free(CommitCost *cost)
{
	if (cost == NULL)
		return;
	for (size_t i = 0; i < cost->nrings; i++) {
		for (size_t k = 0; k < cost->capacity; k++)
			free(cost->rings[i].ticks[k].lags);
		free(cost->rings[i].ticks);
	}
	free(cost->rings);
	free(cost);
}

static Ring *find_ring(const CommitCost *cost, NodeId node)
{
	for (size_t i = 0; i < cost->nrings; i++)
		if (cost->rings[i].node == node)
			return &cost->rings[i];
	return NULL;
}

static Ring *ring_of(CommitCost *cost, NodeId node)
{
	Ring *found = find_ring(cost, node);
	if (found != NULL)
		return found;
	cost->rings = xrealloc_array(cost->rings, cost->nrings + 1, sizeof *cost->rings);
	Ring *ring = &cost->rings[cost->nrings++];
	*ring = (Ring){.node = node, .ticks = xcalloc(cost->capacity, sizeof *ring->ticks)};
	return ring;
}

static Tick *tick_at(const CommitCost *cost, const Ring *ring, size_t i)
{
	size_t at = ring->start + i;
	return &ring->ticks[at < cost->capacity ? at : at - cost->capacity];
}

static Tick *next_tick(const CommitCost *cost, Ring *ring)
{
	if (ring->count < cost->capacity)
		return tick_at(cost, ring, ring->count++);
	ring->start = ring->start + 1 < cost->capacity ? ring->start + 1 : 0;
	return tick_at(cost, ring, ring->count - 1);
}

static float seconds_of(int64_t interval_us)
{
	return interval_us == TIME_NONE ? NAN : (float)((double)interval_us / 1e6);
}

static const WalSender *same_sender(const NodeSample *sample, const WalSender *sender)
{
	for (size_t i = 0; sample != NULL && i < sample->nsenders; i++)
		if (sample->senders[i].pid == sender->pid)
			return &sample->senders[i];
	return NULL;
}

/* The columns keep their last value until a later reply changes them: an old one says nothing of now. */
static bool is_news(const WalSender *now, const NodeSample *previous)
{
	const WalSender *before = same_sender(previous, now);
	if (before == NULL)
		return true;
	return now->reply_time_us != before->reply_time_us || now->write_lag_us != before->write_lag_us ||
	       now->flush_lag_us != before->flush_lag_us || now->replay_lag_us != before->replay_lag_us;
}

/* Of several with one priority the server's choice is read, not predicted. */
static int64_t rank_of(const WalSender *sender)
{
	if (str_eq(sender->sync_state, STR("sync")))
		return 0;
	return sender->sync_priority > 0 ? sender->sync_priority : INT64_MAX;
}

static void note_standby(Tick *tick, const WalSender *sender, const NodeSample *previous)
{
	if (!str_eq(sender->state, STR("streaming")) || sender->replay_lsn == LSN_NONE || sender->slot_logical)
		return;
	if (tick->nlags == tick->allocated) {
		tick->allocated = tick->allocated == 0 ? 4 : tick->allocated * 2;
		tick->lags = xrealloc_array(tick->lags, tick->allocated, sizeof *tick->lags);
	}
	bool news = is_news(sender, previous);
	StandbyLag lag = {.rank = rank_of(sender),
	                  .level = {news ? seconds_of(sender->write_lag_us) : NAN,
	                            news ? seconds_of(sender->flush_lag_us) : NAN,
	                            news ? seconds_of(sender->replay_lag_us) : NAN}};
	size_t at = tick->nlags++;
	for (; at > 0 && tick->lags[at - 1].rank > lag.rank; at--)
		tick->lags[at] = tick->lags[at - 1];
	tick->lags[at] = lag;
}

void commit_cost_note(CommitCost *cost, const Topology *topology)
{
	for (size_t r = 0; r < topology->nrows; r++) {
		const Node *node = topology->rows[r].node;
		if (node == NULL || node->state != NODE_UP || node->sample->in_recovery)
			continue;
		const NodeSample *sample = node->sample;
		Ring *ring = ring_of(cost, node->id);
		if (ring->count > 0 && tick_at(cost, ring, ring->count - 1)->t_mono_ns == sample->t_mono_ns)
			continue; /* no new answer */
		Tick *tick = next_tick(cost, ring);
		tick->nlags = 0;
		tick->t_mono_ns = sample->t_mono_ns;
		tick->waiting = sample->sync_waiting;
		tick->next_xid = sample->next_xid;
		for (size_t i = 0; i < sample->nsenders; i++)
			note_standby(tick, &sample->senders[i], node->previous);
	}
}

static int compare_floats(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;
	return (x > y) - (x < y);
}

/* The wait of one refresh; NAN if too few standbys reported. */
static float wait_of(const Tick *tick, CommitAmong among, SyncMethod method, size_t required, size_t level,
                     float *scratch)
{
	size_t n = 0, candidates = tick->nlags;
	while (among == AMONG_NAMED && candidates > 0 && tick->lags[candidates - 1].rank == INT64_MAX)
		candidates--;
	size_t asked = method == SYNC_FIRST && required < candidates ? required : candidates;
	for (size_t i = 0; i < asked; i++)
		if (!isnan(tick->lags[i].level[level]))
			scratch[n++] = tick->lags[i].level[level];
	if (n < required)
		return NAN;
	qsort(scratch, n, sizeof *scratch, compare_floats);
	return scratch[required - 1];
}

static double quantile(const float *sorted, size_t n, double q)
{
	size_t at = (size_t)(q * (double)(n - 1) + 0.5);
	return (double)sorted[at];
}

CommitWait commit_cost_predict(const CommitCost *cost, Arena *arena, NodeId primary, CommitAmong among,
                               SyncMethod method, int required, SyncLevel level)
{
	const Ring *ring = find_ring(cost, primary);
	CommitWait none = {0, NAN, NAN};
	if (ring == NULL || required < 1 || level < SYNC_LEVEL_WRITE)
		return none;
	size_t most = 0;
	for (size_t i = 0; i < ring->count; i++)
		if (tick_at(cost, ring, i)->nlags > most)
			most = tick_at(cost, ring, i)->nlags;
	float *waits = ARENA_ARRAY(arena, float, ring->count + 1), *scratch = ARENA_ARRAY(arena, float, most + 1);
	size_t n = 0;
	for (size_t i = 0; i < ring->count; i++) {
		float wait = wait_of(tick_at(cost, ring, i), among, method, (size_t)required, level - SYNC_LEVEL_WRITE,
		                     scratch);
		if (!isnan(wait))
			waits[n++] = wait;
	}
	if (n == 0)
		return none;
	qsort(waits, n, sizeof *waits, compare_floats);
	return (CommitWait){n, quantile(waits, n, 0.5), quantile(waits, n, 0.95)};
}

double commit_cost_measured(const CommitCost *cost, NodeId primary)
{
	const Ring *ring = find_ring(cost, primary);
	if (ring == NULL || ring->count < 2)
		return NAN;
	double waiting = 0;
	size_t n = 0;
	const Tick *first = NULL, *last = NULL;
	for (size_t i = 0; i < ring->count; i++) {
		const Tick *tick = tick_at(cost, ring, i);
		if (tick->waiting == INT_NONE || tick->next_xid == INT_NONE)
			continue;
		if (last != NULL && tick->next_xid < last->next_xid) { /* another server */
			waiting = 0;
			n = 0;
			first = NULL;
		}
		if (first == NULL)
			first = tick;
		last = tick;
		waiting += (double)tick->waiting;
		n++;
	}
	if (n < 2 || last->next_xid == first->next_xid)
		return NAN;
	double seconds = (double)(last->t_mono_ns - first->t_mono_ns) / 1e9;
	double per_second = (double)(last->next_xid - first->next_xid) / seconds;
	return waiting / (double)n / per_second;
}
