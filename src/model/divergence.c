#include "model/divergence.h"

#include "model/lsn.h"

typedef struct Finder {
	Arena *arena;
	const Topology *topology;
	Divergence *out;
} Finder;

Str divergence_state(DivergenceKind kind)
{
	static const Str STATES[] = {
		[DIVERGENCE_NONE] = {NULL, 0},
		[DIVERGENCE_SPLIT_BRAIN] = STR_INIT("split brain"),
		[DIVERGENCE_OLD_TIMELINE] = STR_INIT("old timeline"),
		[DIVERGENCE_FORKED] = STR_INIT("forked timeline"),
		[DIVERGENCE_AHEAD] = STR_INIT("ahead of upstream"),
	};
	return STATES[kind];
}

/* ---- what a row says ---- */

static bool is_live_node(const TopoRow *row)
{
	return row->node != NULL && node_is_live(row->node);
}

static bool is_live_primary(const TopoRow *row)
{
	return is_live_node(row) && !row->node->sample->in_recovery;
}

static bool is_live_standby(const TopoRow *row)
{
	return is_live_node(row) && row->node->sample->in_recovery;
}

static uint32_t timeline_of(const TopoRow *row)
{
	return row->node != NULL && row->node->sample != NULL ? row->node->sample->timeline : 0;
}

/* Whether WAL flows on the row's edge now. A receiver that waits at the end of its timeline keeps its row at the upstream,
 * in the state "startup". */
static bool streams(const TopoRow *row)
{
	if (row->evidence >= EDGE_CONNINFO || (row->sender == NULL && row->evidence == EDGE_NONE))
		return false;
	Str state = row->sender != NULL ? row->sender->state : row->node->sample->receiver.status;
	return str_eq(state, STR("streaming")) || str_eq(state, STR("catchup"));
}

/* Whether every edge from `row` up to `ancestor` streams. A walsender refuses whoever asks for WAL that is not in its own
 * history, so a standby of which this holds is at worst still on an older part of the ancestor's history. */
static bool streams_from(const Topology *topology, uint32_t row, uint32_t ancestor)
{
	while (row != ancestor) {
		const TopoRow *at = &topology->rows[row];
		if (at->upstream == TOPO_NONE || !streams(at))
			return false;
		row = at->upstream;
	}
	return true;
}

bool divergence_comparable(const Topology *topology, uint32_t row, uint32_t other)
{
	if (topology->rows[row].node == NULL)
		row = topology->rows[row].upstream;
	uint32_t a = timeline_of(&topology->rows[row]), b = timeline_of(&topology->rows[other]);
	return a == 0 || b == 0 || a == b || streams_from(topology, row, other);
}

/* ---- words ---- */

/* "TL 2 at 0/5001000"; what is not known is left out. */
static void add_position(StrBuf *out, const TopoRow *row)
{
	char text[LSN_TEXT_MAX];
	Str lsn = lsn_write(sample_available_lsn(row->node->sample), text);
	uint32_t timeline = timeline_of(row);
	if (timeline != 0)
		strbuf_addf(out, "TL %u", (unsigned)timeline);
	if (timeline != 0 && !str_is_none(lsn))
		strbuf_add_char(out, ' ');
	if (!str_is_none(lsn))
		strbuf_addf(out, "at %.*s", STR_ARG(lsn));
}

static Str keep(const Finder *f, const StrBuf *text)
{
	return str_format(f->arena, "%.*s", STR_ARG(strbuf_str(text)));
}

/* ---- split brain ---- */

/* The live primary with the highest timeline, of two the one that wrote more; TOPO_NONE if there is none. */
static uint32_t newest_primary(const Topology *topology, const TopoCluster *cluster)
{
	uint32_t newest = TOPO_NONE;
	for (uint32_t r = cluster->first; r < cluster->first + cluster->count; r++) {
		if (!is_live_primary(&topology->rows[r]))
			continue;
		const NodeSample *sample = topology->rows[r].node->sample;
		const NodeSample *best = newest != TOPO_NONE ? topology->rows[newest].node->sample : NULL;
		if (best == NULL || sample->timeline > best->timeline ||
		    (sample->timeline == best->timeline && sample->flush_lsn > best->flush_lsn))
			newest = r;
	}
	return newest;
}

/* Who is primary beside `self`, or everybody with TOPO_NONE. */
static Str name_primaries(const Finder *f, const TopoCluster *cluster, uint32_t self)
{
	StrBuf text = {0};
	for (uint32_t r = cluster->first; r < cluster->first + cluster->count; r++) {
		const TopoRow *row = &f->topology->rows[r];
		if (r == self || !is_live_primary(row))
			continue;
		if (self == TOPO_NONE) {
			strbuf_addf(&text, "%s%.*s ", text.len > 0 ? ", " : "", STR_ARG(row->node->name));
		} else {
			strbuf_addf(&text, "%s %.*s is primary, ", text.len > 0 ? "; also" : "split brain: also",
			            STR_ARG(row->node->name));
		}
		add_position(&text, row);
	}
	Str kept = keep(f, &text);
	strbuf_free(&text);
	return kept;
}

static void find_split_brain(const Finder *f, uint32_t index)
{
	const TopoCluster *cluster = &f->topology->clusters[index];
	/* Nodes that never said their system identifier have no sample, and a cluster of one primary no second. */
	if (cluster->primaries < 2)
		return;
	f->out->clusters[index].primaries = name_primaries(f, cluster, TOPO_NONE);
	for (uint32_t r = cluster->first; r < cluster->first + cluster->count; r++)
		if (is_live_primary(&f->topology->rows[r]))
			f->out->rows[r] = (RowDivergence){DIVERGENCE_SPLIT_BRAIN, name_primaries(f, cluster, r)};
}

/* ---- timelines ---- */

/* Without the right to see the receiver, or else the newest segment, the timeline is the control file's, which stays
 * behind on a healthy standby as long as nothing is written. */
static bool timeline_is_hidden(const Node *node)
{
	const WalReceiver *receiver = &node->sample->receiver;
	if (receiver->pid != 0)
		return str_is_none(receiver->status);
	return node->identity == NULL || !node->identity->can_monitor;
}

static DivergenceKind timeline_kind(const Finder *f, uint32_t row, uint32_t newest)
{
	const TopoRow *standby = &f->topology->rows[row];
	uint32_t own = timeline_of(standby), primary = timeline_of(&f->topology->rows[newest]);
	if (own == 0 || primary == 0 || own == primary || timeline_is_hidden(standby->node))
		return DIVERGENCE_NONE;
	if (own > primary)
		return DIVERGENCE_FORKED;
	return streams_from(f->topology, row, newest) ? DIVERGENCE_NONE : DIVERGENCE_OLD_TIMELINE;
}

static Str timeline_reason(const Finder *f, DivergenceKind kind, uint32_t row, uint32_t newest)
{
	const TopoRow *standby = &f->topology->rows[row], *primary = &f->topology->rows[newest];
	StrBuf text = {0};
	strbuf_addf(&text, "%.*s: ", STR_ARG(divergence_state(kind)));
	add_position(&text, standby);
	if (standby->upstream != TOPO_NONE && streams(standby))
		strbuf_addf(&text, " from %.*s", STR_ARG(f->topology->rows[standby->upstream].node->name));
	strbuf_addf(&text, ", but %.*s is primary, ", STR_ARG(primary->node->name));
	add_position(&text, primary);
	Str kept = keep(f, &text);
	strbuf_free(&text);
	return kept;
}

static void find_off_timeline(const Finder *f, uint32_t index)
{
	const TopoCluster *cluster = &f->topology->clusters[index];
	uint32_t newest = newest_primary(f->topology, cluster);
	if (newest == TOPO_NONE)
		return;
	for (uint32_t r = cluster->first; r < cluster->first + cluster->count; r++) {
		if (!is_live_standby(&f->topology->rows[r]))
			continue;
		DivergenceKind kind = timeline_kind(f, r, newest);
		if (kind == DIVERGENCE_NONE)
			continue;
		f->out->rows[r] = (RowDivergence){kind, timeline_reason(f, kind, r, newest)};
		f->out->clusters[index].off_timeline++;
	}
}

/* ---- ahead of the upstream ---- */

/* Samples of two nodes are of two moments, and a standby under load receives much between them. What it had when the
 * upstream was asked only afterwards is no accident: an upstream that sends keeps what it has sent. */
static const NodeSample *sample_before(const Node *standby, const NodeSample *upstream)
{
	const NodeSample *now = standby->sample, *previous = standby->previous;
	if (now->t_mono_ns <= upstream->t_asked_ns)
		return now;
	if (previous != NULL && previous->in_recovery && previous->timeline == now->timeline &&
	    previous->t_mono_ns <= upstream->t_asked_ns)
		return previous;
	return NULL;
}

static void find_ahead(const Finder *f, uint32_t r)
{
	const TopoRow *row = &f->topology->rows[r];
	if (!is_live_standby(row) || row->upstream == TOPO_NONE || edge_is_weak(row->evidence))
		return;
	const TopoRow *upstream = &f->topology->rows[row->upstream];
	if (!is_live_node(upstream) || timeline_of(row) == 0 || timeline_of(row) != timeline_of(upstream))
		return;
	const NodeSample *before = sample_before(row->node, upstream->node->sample);
	if (before == NULL)
		return;
	Lsn own = sample_available_lsn(before);
	Lsn has = sample_available_lsn(upstream->node->sample);
	if (row->sender != NULL)
		has = lsn_max(has, row->sender->sent_lsn);
	if (own == LSN_NONE || has == LSN_NONE || own <= has)
		return;
	char own_text[LSN_TEXT_MAX], has_text[LSN_TEXT_MAX];
	Str reason = str_format(f->arena, "ahead of upstream: TL %u at %.*s, but %.*s has only %.*s",
	                        (unsigned)timeline_of(row), STR_ARG(lsn_write(own, own_text)),
	                        STR_ARG(upstream->node->name), STR_ARG(lsn_write(has, has_text)));
	f->out->rows[r] = (RowDivergence){DIVERGENCE_AHEAD, reason};
	f->out->clusters[row->cluster].ahead++;
}

const Divergence *divergence_find(Arena *arena, const Topology *topology)
{
	Divergence *out = ARENA_NEW(arena, Divergence);
	Finder f = {arena, topology, out};
	out->rows = ARENA_ARRAY(arena, RowDivergence, topology->nrows + 1);
	out->clusters = ARENA_ARRAY(arena, ClusterDivergence, topology->nclusters + 1);
	for (uint32_t c = 0; c < topology->nclusters; c++) {
		find_split_brain(&f, c);
		find_off_timeline(&f, c);
	}
	for (uint32_t r = 0; r < topology->nrows; r++)
		if (out->rows[r].kind == DIVERGENCE_NONE)
			find_ahead(&f, r);
	return out;
}
