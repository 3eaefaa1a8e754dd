#include "model/quorum.h"

#include <stdlib.h>

SyncLevel sync_level_parse(Str synchronous_commit)
{
	static const struct {
		Str text;
		SyncLevel level;
	} LEVELS[] = {
		{STR_INIT("on"), SYNC_LEVEL_FLUSH},           {STR_INIT("remote_write"), SYNC_LEVEL_WRITE},
		{STR_INIT("remote_apply"), SYNC_LEVEL_APPLY}, {STR_INIT("local"), SYNC_LEVEL_LOCAL},
		{STR_INIT("off"), SYNC_LEVEL_LOCAL},
	};
	for (size_t i = 0; i < sizeof LEVELS / sizeof *LEVELS; i++)
		if (str_eq(LEVELS[i].text, synchronous_commit))
			return LEVELS[i].level;
	return SYNC_LEVEL_UNKNOWN;
}

Str acknowledged_loss_text(AcknowledgedLoss loss)
{
	static const Str TEXT[] = {[LOSS_UNKNOWN] = STR_INIT("unknown"),
	                           [LOSS_NONE] = STR_INIT("none"),
	                           [LOSS_POSSIBLE] = STR_INIT("possible")};
	return TEXT[loss];
}

static Lsn acknowledged_at(const WalSender *sender, SyncLevel level)
{
	if (sender == NULL)
		return LSN_NONE;
	switch (level) {
	case SYNC_LEVEL_WRITE:
		return sender->write_lsn;
	case SYNC_LEVEL_APPLY:
		return sender->replay_lsn;
	case SYNC_LEVEL_UNKNOWN:
	case SYNC_LEVEL_LOCAL: /* of the default; a session that waits most likely waits for the flush */
	case SYNC_LEVEL_FLUSH:
		break;
	}
	return sender->flush_lsn;
}

static bool is_streaming(const WalSender *sender)
{
	return str_eq(sender->state, STR("streaming")) || str_eq(sender->state, STR("stopping"));
}

/* Of one that is not connected now the name is not known for sure: with a wildcard it matters not. */
static bool may_match(const SyncRule *rule, const TopoRow *row)
{
	if (row->sender != NULL)
		return row->sender->sync_priority != INT_NONE
		               ? row->sender->sync_priority > 0
		               : sync_rule_priority(rule, row->sender->application_name) > 0;
	if (row->node == NULL || row->node->identity == NULL)
		return sync_rule_has_wildcard(rule);
	Str name = row->node->identity->cluster_name;
	return sync_rule_priority(rule, name.len > 0 ? name : STR("walreceiver")) > 0;
}

static QuorumStandby standby_of(const Quorum *q, const TopoRow *row, uint32_t index, const Node *primary)
{
	const NodeSample *sample = row->node != NULL ? row->node->sample : NULL;
	const WalSender *sender = row->upstream == q->primary ? row->sender : NULL;
	bool direct = row->upstream == q->primary;
	QuorumStandby s = {.row = index, .loss_bytes = INT_NONE};
	s.matches = direct && q->rule.method != SYNC_OFF && may_match(&q->rule, row);
	s.acknowledged = acknowledged_at(sender, q->level);
	s.counts = s.matches && sender != NULL && is_streaming(sender) && s.acknowledged != LSN_NONE &&
	           primary->state == NODE_UP;
	s.reachable = row->node != NULL && row->node->state == NODE_UP && sample != NULL && sample->in_recovery;
	if (s.reachable) {
		s.received = sample_available_lsn(sample);
		s.replayed = sample->replay_lsn;
	}
	uint32_t timeline = primary->sample->timeline;
	s.promotable = s.reachable && (timeline == 0 || sample->timeline == 0 || sample->timeline == timeline);
	return s;
}

/* Best first: what can be promoted, then what it received, then what it replayed of it; the tree's order decides the rest. */
static int compare_standbys(const void *a, const void *b)
{
	const QuorumStandby *x = a, *y = b;
	if (x->promotable != y->promotable)
		return x->promotable ? -1 : 1;
	if (x->received != y->received)
		return x->received > y->received ? -1 : 1;
	if (x->replayed != y->replayed)
		return x->replayed > y->replayed ? -1 : 1;
	return (x->row > y->row) - (x->row < y->row);
}

static int compare_lsns_down(const void *a, const void *b)
{
	Lsn x = *(const Lsn *)a, y = *(const Lsn *)b;
	return (x < y) - (x > y);
}

static Lsn safe_lsn(Arena *arena, const Quorum *q)
{
	Lsn *held = ARENA_ARRAY(arena, Lsn, q->nstandbys + 1);
	size_t n = 0;
	for (size_t i = 0; i < q->nstandbys; i++)
		if (q->standbys[i].counts)
			held[n++] = q->standbys[i].acknowledged;
	if (n < (size_t)q->rule.required)
		return LSN_NONE;
	qsort(held, n, sizeof *held, compare_lsns_down);
	return held[q->rule.required - 1];
}

static void count(Quorum *q)
{
	size_t matching = 0;
	for (size_t i = 0; i < q->nstandbys; i++) {
		const QuorumStandby *s = &q->standbys[i];
		matching += s->matches;
		q->streaming += s->counts;
		q->fence_reachable += s->matches && s->reachable;
	}
	size_t named = sync_rule_distinct_names(&q->rule);
	q->known = named != SIZE_MAX && named > matching ? named : matching;
	if (q->rule.method == SYNC_OFF)
		return;
	size_t required = (size_t)q->rule.required;
	q->fence_needed = q->known >= required ? q->known - required + 1 : 0;
}

/* A commit was acknowledged up to the safe position at most, while the primary can be asked. When it is gone, what it
 * acknowledged since is not known, but enough standbys under control include one that has it all. */
static AcknowledgedLoss acknowledged_loss(const Quorum *q, const QuorumStandby *s, bool primary_live)
{
	if (!s->reachable)
		return LOSS_UNKNOWN;
	if (!s->promotable)
		return LOSS_POSSIBLE;
	if (primary_live && s->loss_bytes == 0) /* it has all there is, whatever the rule */
		return LOSS_NONE;
	if (q->rule.method == SYNC_OFF || q->level == SYNC_LEVEL_LOCAL)
		return LOSS_POSSIBLE;
	if (primary_live && q->safe_lsn != LSN_NONE)
		return lsn_max(s->received, s->acknowledged) >= q->safe_lsn ? LOSS_NONE : LOSS_POSSIBLE;
	bool furthest = s->received == q->standbys[0].received;
	bool fenced = q->fence_needed > 0 && q->fence_reachable >= q->fence_needed;
	return furthest && fenced ? LOSS_NONE : LOSS_POSSIBLE;
}

static void judge_losses(Quorum *q, const Node *primary)
{
	bool live = primary->state == NODE_UP;
	for (size_t i = 0; i < q->nstandbys; i++) {
		QuorumStandby *s = &q->standbys[i];
		if (s->promotable && s->received != LSN_NONE) {
			int64_t behind = lsn_diff(primary->sample->flush_lsn, s->received);
			s->loss_bytes = behind == INT_NONE || behind > 0 ? behind : 0;
		}
		s->acknowledged_loss = acknowledged_loss(q, s, live);
	}
}

static void read_rule(Arena *arena, Quorum *q, const NodeSample *sample)
{
	Err err = {""};
	Str value = sample->synchronous_standby_names;
	q->level = sync_level_parse(sample->synchronous_commit);
	q->rule_known = sync_rule_parse(arena, str_is_none(value) ? STR("") : value, &q->rule, &err);
	q->warning = q->rule_known ? sync_rule_warning(arena, &q->rule) : str_dup(arena, str_from(err.text));
	if (!q->rule_known)
		q->rule = (SyncRule){.method = SYNC_OFF};
}

static bool is_hidden(const NodeSample *sample)
{
	for (size_t i = 0; i < sample->nsenders; i++)
		if (sender_is_hidden(&sample->senders[i]))
			return true;
	return false;
}

const Quorum *quorum_build(Arena *arena, const Topology *topology, uint32_t primary_row)
{
	const TopoCluster *c = &topology->clusters[topology->rows[primary_row].cluster];
	const Node *primary = topology->rows[primary_row].node;
	Quorum *q = ARENA_NEW(arena, Quorum);
	q->primary = primary_row;
	read_rule(arena, q, primary->sample);
	q->hidden = is_hidden(primary->sample);
	q->standbys = ARENA_ARRAY(arena, QuorumStandby, c->count);
	for (uint32_t r = c->first; r < c->first + c->count; r++) {
		const TopoRow *row = &topology->rows[r];
		bool is_primary = row->node != NULL && row->node->sample != NULL && !row->node->sample->in_recovery;
		bool is_ours = row->root == primary_row || c->primaries <= 1;
		if (!is_primary && is_ours)
			q->standbys[q->nstandbys++] = standby_of(q, row, r, primary);
	}
	qsort(q->standbys, q->nstandbys, sizeof *q->standbys, compare_standbys);
	count(q);
	if (q->rule.method != SYNC_OFF) {
		q->safe_lsn = safe_lsn(arena, q);
		q->blocked = primary->state == NODE_UP && !q->hidden && q->streaming < (size_t)q->rule.required;
	}
	judge_losses(q, primary);
	return q;
}

const QuorumStandby *quorum_best(const Quorum *quorum)
{
	return quorum->nstandbys > 0 && quorum->standbys[0].promotable ? &quorum->standbys[0] : NULL;
}
