#include "model/quorum_rows.h"

#include <math.h>

typedef struct Filler {
	Arena *arena;
	Report *report;
	const Topology *topology;
	const CommitCost *cost;
} Filler;

static int64_t nodes_below(const Topology *topology, uint32_t index)
{
	int64_t count = 0;
	for (uint32_t r = index + 1; r < topology->nrows && topology->rows[r].depth > topology->rows[index].depth; r++)
		count += topology->rows[r].node != NULL;
	return count;
}

static void fill_candidate(const Filler *f, CandidateRow *out, const QuorumStandby *s)
{
	const NodeRow *node = &f->report->nodes[s->row];
	*out = (CandidateRow){.key = node->key,
	                      .node = node->node,
	                      .state = node->state,
	                      .matches = s->matches,
	                      .counts = s->counts,
	                      .reachable = s->reachable,
	                      .promotable = s->promotable,
	                      .timeline = node->timeline,
	                      .acknowledged_lsn = s->acknowledged,
	                      .received_lsn = s->received,
	                      .replay_lsn = s->replayed,
	                      .loss_bytes = s->loss_bytes,
	                      .acknowledged_loss = acknowledged_loss_text(s->acknowledged_loss),
	                      .followers = nodes_below(f->topology, s->row)};
}

static Str position_verb(SyncLevel level)
{
	if (level == SYNC_LEVEL_WRITE)
		return STR("wrote");
	return level == SYNC_LEVEL_APPLY ? STR("replayed") : STR("flushed");
}

/* Of several that FIRST names the server chose those that commits wait for. */
static bool is_chosen(const Filler *f, const Quorum *q, const QuorumStandby *s)
{
	return q->rule.method != SYNC_FIRST || str_eq(f->report->nodes[s->row].sync_state, STR("sync"));
}

/* Whether commits that hang wait for it: it is named and does not count, or it counts and has not come to their WAL. */
static bool is_waited_for(const Filler *f, const Quorum *q, const QuorumStandby *s, Lsn newest)
{
	if (q->blocked)
		return s->matches && !s->counts;
	return s->counts && is_chosen(f, q, s) && s->acknowledged < newest;
}

static bool has_answered(const Filler *f, const Quorum *q, const QuorumStandby *s, Lsn newest)
{
	return s->counts && (q->blocked || (is_chosen(f, q, s) && s->acknowledged >= newest));
}

/* Which standbys would release the commits that hang, and how far each is; STR_NONE: none hangs for want of one. */
static Str released_by(const Filler *f, const Quorum *q, Lsn newest)
{
	char lsn[LSN_TEXT_MAX];
	StrBuf names = {0};
	size_t answered = 0, n = 0;
	for (size_t i = 0; i < q->nstandbys; i++) {
		const QuorumStandby *s = &q->standbys[i];
		answered += has_answered(f, q, s, newest);
		if (!is_waited_for(f, q, s, newest))
			continue;
		const NodeRow *node = &f->report->nodes[s->row];
		strbuf_addf(&names, "%s%.*s (%.*s", n++ > 0 ? ", " : "", STR_ARG(node->node), STR_ARG(node->state));
		if (s->acknowledged != LSN_NONE)
			strbuf_addf(&names, ", %.*s %.*s", STR_ARG(position_verb(q->level)),
			            STR_ARG(lsn_write(s->acknowledged, lsn)));
		strbuf_add_char(&names, ')');
	}
	size_t required = (size_t)q->rule.required;
	Str text = STR_NONE;
	if (n == 0 && q->blocked)
		strbuf_addf(&names, "any standby that %.*s names", STR_ARG(f->report->nodes[q->primary].node));
	if (answered < required && names.len > 0)
		text = str_format(f->arena, "%zu more of: %.*s", required - answered, STR_ARG(strbuf_str(&names)));
	strbuf_free(&names);
	return text;
}

/* Lags are measured in microseconds; a median of less than one is no wait that could be divided by. */
static double per_second(double wait_seconds)
{
	return wait_seconds >= 1e-6 ? 1 / wait_seconds : NAN;
}

static void fill_what_if(const Filler *f, QuorumRow *out, NodeId primary, size_t standbys)
{
	static const struct {
		Str text;
		SyncLevel level;
	} LEVELS[] = {{STR_INIT("remote_write"), SYNC_LEVEL_WRITE},
	              {STR_INIT("on"), SYNC_LEVEL_FLUSH},
	              {STR_INIT("remote_apply"), SYNC_LEVEL_APPLY}};
	enum { REQUIRED_MAX = 5 };
	size_t most = standbys < REQUIRED_MAX ? standbys : REQUIRED_MAX;
	out->what_if = ARENA_ARRAY(f->arena, WhatIfRow, most * 2 * 3);
	for (int m = 0; m < 2; m++) {
		for (size_t k = 1; k <= most; k++) {
			for (size_t l = 0; l < 3; l++) {
				SyncMethod method = m == 0 ? SYNC_ANY : SYNC_FIRST;
				CommitWait wait = commit_cost_predict(f->cost, f->arena, primary, AMONG_ALL, method,
				                                      (int)k, LEVELS[l].level);
				out->what_if[out->nwhat_if++] =
					(WhatIfRow){.method = m == 0 ? STR("ANY") : STR("FIRST"),
				                    .required = (int64_t)k,
				                    .level = LEVELS[l].text,
				                    .samples = (int64_t)wait.samples,
				                    .p50_seconds = wait.p50_seconds,
				                    .p95_seconds = wait.p95_seconds,
				                    .commits_per_second = per_second(wait.p50_seconds)};
			}
		}
	}
}

/* What the rule in force costs at each level, by what its standbys report now. */
static void fill_predicted(const Filler *f, QuorumRow *out, const Quorum *q, NodeId primary)
{
	double *const to[] = {&out->predicted_write_seconds, &out->predicted_flush_seconds,
	                      &out->predicted_apply_seconds};
	for (size_t i = 0; i < sizeof to / sizeof *to; i++) {
		*to[i] = NAN;
		if (f->cost != NULL && q->rule.method != SYNC_OFF)
			*to[i] = commit_cost_predict(f->cost, f->arena, primary, AMONG_NAMED, q->rule.method,
			                             q->rule.required, SYNC_LEVEL_WRITE + (SyncLevel)i)
			                 .p50_seconds;
	}
}

static void fill_waits(const Filler *f, QuorumRow *out, const Node *primary)
{
	const NodeSample *sample = primary->sample;
	out->waiting_sessions = out->live ? sample->sync_waiting : INT_NONE;
	if (out->live && sample->sync_longest_wait_us != INT_NONE)
		out->longest_wait_seconds = (double)sample->sync_longest_wait_us / 1e6;
	if (out->live && f->cost != NULL)
		out->commit_wait_seconds = commit_cost_measured(f->cost, primary->id);
}

static void fill_quorum(const Filler *f, QuorumRow *out, uint32_t index, bool what_if)
{
	const Node *primary = f->topology->rows[index].node;
	const NodeRow *node = &f->report->nodes[index];
	const Quorum *q = quorum_build(f->arena, f->topology, index);
	*out = (QuorumRow){.key = node->key, .time = node->time, .cluster = node->cluster, .node = node->node};
	out->longest_wait_seconds = out->commit_wait_seconds = NAN;
	out->loss_bytes = INT_NONE;
	out->live = primary->state == NODE_UP;
	out->method = q->rule_known ? sync_method_text(q->rule.method) : STR_NONE;
	out->required = q->rule_known ? q->rule.required : INT_NONE;
	out->candidates = (int64_t)q->known;
	out->streaming = q->hidden ? INT_NONE : (int64_t)q->streaming;
	out->is_blocked = q->blocked;
	out->blocked = !out->live || q->hidden ? STR_NONE : q->blocked ? STR("t") : STR("f");
	out->safe_lsn = q->safe_lsn;
	bool too_few = q->rule.method != SYNC_OFF && q->fence_needed == 0; /* others may exist that are not known */
	out->fence_needed = too_few ? INT_NONE : (int64_t)q->fence_needed;
	out->fence_reachable = (int64_t)q->fence_reachable;
	out->rule = primary->sample->synchronous_standby_names;
	out->synchronous_commit = primary->sample->synchronous_commit;
	out->warning = q->warning;
	out->acknowledged_loss = acknowledged_loss_text(LOSS_UNKNOWN);
	fill_waits(f, out, primary);
	bool hangs = out->waiting_sessions > 0 && out->longest_wait_seconds >= f->report->interval_s;
	if (q->blocked || (hangs && q->rule.method != SYNC_OFF))
		out->released_by = released_by(f, q, primary->sample->flush_lsn);
	fill_predicted(f, out, q, primary->id);
	out->standbys = ARENA_ARRAY(f->arena, CandidateRow, q->nstandbys);
	size_t polled = 0;
	for (size_t i = 0; i < q->nstandbys; i++) {
		fill_candidate(f, &out->standbys[out->nstandbys++], &q->standbys[i]);
		polled += q->standbys[i].matches || f->topology->rows[q->standbys[i].row].upstream == index;
	}
	const QuorumStandby *best = quorum_best(q);
	if (best != NULL) {
		out->best_candidate = f->report->nodes[best->row].node;
		out->best_candidate_lsn = best->received;
		out->loss_bytes = best->loss_bytes;
		out->acknowledged_loss = acknowledged_loss_text(best->acknowledged_loss);
	}
	if (what_if && f->cost != NULL)
		fill_what_if(f, out, primary->id, polled);
}

void quorum_rows_fill(Arena *arena, Report *report, const Topology *topology, const CommitCost *cost, bool what_if)
{
	Filler f = {arena, report, topology, cost};
	size_t count = 0;
	for (uint32_t r = 0; r < topology->nrows; r++) {
		const Node *node = topology->rows[r].node;
		count += node != NULL && node->sample != NULL && !node->sample->in_recovery;
	}
	report->quorums = ARENA_ARRAY(arena, QuorumRow, count);
	for (uint32_t r = 0; r < topology->nrows; r++) {
		const Node *node = topology->rows[r].node;
		if (node != NULL && node->sample != NULL && !node->sample->in_recovery)
			fill_quorum(&f, &report->quorums[report->nquorums++], r, what_if);
	}
}
