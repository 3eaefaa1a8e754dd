#include "model/events.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

Str event_severity_text(EventSeverity severity)
{
	static const Str TEXT[] = {[EVENT_INFO] = STR_INIT("info"),
	                           [EVENT_WARNING] = STR_INIT("warning"),
	                           [EVENT_CRITICAL] = STR_INIT("critical")};
	return TEXT[severity];
}

/* ---- the log --------------------------------------------------------------------------------------------------- */

typedef struct Event {
	char time[32], cluster[24], node[80], event[24], text[256];
	EventSeverity severity;
} Event;

/* What was last seen of a node, or of a primary's quorum. */
typedef struct Seen {
	bool known;
	char state[24], role[12], upstream[80];
	int64_t timeline;
	bool up;
	EventSeverity lag; /* by the thresholds; EVENT_INFO: below them */
	bool has_quorum, blocked;
} Seen;

/* A slot that is, or was, in danger; names are at most 63 bytes. */
typedef struct SlotSeen {
	char node[80], slot[64];
	EventSeverity severity;
} SlotSeen;

struct EventLog {
	Thresholds thresholds;
	Event *events;
	size_t capacity, start, count;
	uint64_t total;
	Seen *seen; /* by node id */
	size_t nseen;
	SlotSeen *slots;
	size_t nslots;
};

EventLog *event_log_new(size_t capacity, const Thresholds *thresholds)
{
	EventLog *log = xcalloc(1, sizeof *log);
	log->capacity = capacity < 1 ? 1 : capacity;
	log->events = xcalloc(log->capacity, sizeof *log->events);
	log->thresholds = *thresholds;
	return log;
}

void event_log_free(EventLog *log)
{
	if (log == NULL)
		return;
	free(log->events);
	free(log->seen);
	free(log->slots);
	free(log);
}

static void set(char *out, size_t size, Str text)
{
	StrBuf b = strbuf_fixed(out, size);
	strbuf_add(&b, text);
}

#define SET(array, text) set((array), sizeof(array), (text))

void event_log_add(EventLog *log, Str time, Str cluster, Str node, Str event, EventSeverity severity, Str text)
{
	size_t at = log->start + log->count;
	if (log->count == log->capacity)
		log->start = log->start + 1 < log->capacity ? log->start + 1 : 0;
	else
		log->count++;
	Event *e = &log->events[at < log->capacity ? at : at - log->capacity];
	SET(e->time, time);
	SET(e->cluster, cluster);
	SET(e->node, node);
	SET(e->event, event);
	SET(e->text, text);
	e->severity = severity;
	log->total++;
}

size_t event_log_count(const EventLog *log)
{
	return log->count;
}

uint64_t event_log_total(const EventLog *log)
{
	return log->total;
}

EventRow event_log_row(const EventLog *log, size_t i)
{
	size_t at = log->start + i;
	const Event *e = &log->events[at < log->capacity ? at : at - log->capacity];
	return (EventRow){.number = log->total - log->count + i + 1,
	                  .time = str_from(e->time),
	                  .cluster = e->cluster[0] != '\0' ? str_from(e->cluster) : STR_NONE,
	                  .node = e->node[0] != '\0' ? str_from(e->node) : STR_NONE,
	                  .event = str_from(e->event),
	                  .severity = event_severity_text(e->severity),
	                  .text = str_from(e->text)};
}

const EventRow *event_log_rows(Arena *arena, const EventLog *log, uint64_t after, size_t most, size_t *count)
{
	uint64_t fresh = log->total > after ? log->total - after : 0;
	*count = fresh < log->count ? (size_t)fresh : log->count;
	if (*count > most)
		*count = most;
	EventRow *rows = ARENA_ARRAY(arena, EventRow, *count);
	for (size_t i = 0; i < *count; i++) {
		EventRow row = event_log_row(log, log->count - *count + i);
		row.time = str_dup(arena, row.time);
		row.cluster = str_dup(arena, row.cluster);
		row.node = str_dup(arena, row.node);
		row.event = str_dup(arena, row.event);
		row.text = str_dup(arena, row.text);
		rows[i] = row;
	}
	return rows;
}

/* ---- thresholds ------------------------------------------------------------------------------------------------ */

static bool reaches(double value, double threshold)
{
	return threshold > 0 && !isnan(value) && value >= threshold;
}

static EventSeverity lag_severity(const Thresholds *t, const NodeRow *row)
{
	double bytes = row->lag_bytes == INT_NONE ? NAN : (double)row->lag_bytes;
	/* before there is a history the server's word has to do */
	double seconds = isnan(row->lag_seconds) && !row->lag_stale ? row->replay_lag_seconds : row->lag_seconds;
	if (reaches(seconds, t->lag_critical_s) || reaches(bytes, t->lag_critical_bytes))
		return EVENT_CRITICAL;
	if (reaches(seconds, t->lag_warning_s) || reaches(bytes, t->lag_warning_bytes))
		return EVENT_WARNING;
	return EVENT_INFO;
}

static void add_lag(StrBuf *out, const NodeRow *row)
{
	if (!isnan(row->lag_seconds))
		strbuf_addf(out, "%s%.1f s", row->lag_at_least ? "at least " : "", row->lag_seconds);
	if (row->lag_bytes != INT_NONE)
		strbuf_addf(out, "%s%lld bytes", isnan(row->lag_seconds) ? "" : ", ", (long long)row->lag_bytes);
}

/* ---- what changed ---------------------------------------------------------------------------------------------- */

static Seen *seen_of(EventLog *log, NodeId node)
{
	if (node >= log->nseen) {
		size_t count = (size_t)node * 2 + 8;
		log->seen = xrealloc_array(log->seen, count, sizeof *log->seen);
		memset(log->seen + log->nseen, 0, (count - log->nseen) * sizeof *log->seen);
		log->nseen = count;
	}
	return &log->seen[node];
}

static void note(EventLog *log, const NodeRow *row, Str event, EventSeverity severity, Str text)
{
	event_log_add(log, row->time, row->cluster, row->node, event, severity, text);
}

static EventSeverity health_severity(RowHealth health)
{
	if (health == HEALTH_BAD)
		return EVENT_CRITICAL;
	return health == HEALTH_WARNING ? EVENT_WARNING : EVENT_INFO;
}

static bool is_up(const NodeRow *row)
{
	static const char *const down[] = {"connecting", "no answer", "unavailable", "denied", "down"};
	for (size_t i = 0; i < sizeof down / sizeof *down; i++)
		if (str_eq(row->state, str_from(down[i])))
			return false;
	return true;
}

static void note_role(EventLog *log, const NodeRow *row, const Seen *before)
{
	char text[160];
	StrBuf b = STRBUF_ON(text);
	if (str_eq(row->role, STR("unknown")) || str_eq(str_from(before->role), STR("unknown")) ||
	    str_eq(row->role, str_from(before->role)))
		return;
	bool promoted = str_eq(row->role, STR("primary"));
	strbuf_addf(&b, "%s is a %.*s now", before->role, STR_ARG(row->role));
	if (row->timeline != INT_NONE)
		strbuf_addf(&b, ", timeline %lld", (long long)row->timeline);
	note(log, row, promoted ? STR("promoted") : STR("demoted"), EVENT_WARNING, strbuf_str(&b));
}

static void note_state(EventLog *log, const NodeRow *row, const Seen *before)
{
	char text[240];
	StrBuf b = STRBUF_ON(text);
	bool up = is_up(row);
	if (before->known && str_eq(row->state, str_from(before->state)))
		return;
	if (!before->known && (up || str_eq(row->state, STR("connecting"))))
		return;
	if (before->known)
		strbuf_addf(&b, "%s, now ", before->state);
	strbuf_add(&b, row->state);
	if (!str_is_none(row->error))
		strbuf_addf(&b, ": %.*s", STR_ARG(row->error));
	Str event = STR("state");
	if (up != before->up || !before->known)
		event = up ? STR("connected") : STR("lost");
	if (up && str_eq(row->state, STR("paused")))
		event = STR("paused");
	if (str_eq(row->state, STR("connecting")))
		return;
	note(log, row, event, health_severity(row->health), strbuf_str(&b));
}

static void note_upstream(EventLog *log, const NodeRow *row, const Seen *before)
{
	char text[200];
	StrBuf b = STRBUF_ON(text);
	if (!before->known || str_is_none(row->upstream) || before->upstream[0] == '\0' ||
	    str_eq(row->upstream, str_from(before->upstream)))
		return;
	strbuf_addf(&b, "follows %.*s now, before %s", STR_ARG(row->upstream), before->upstream);
	note(log, row, STR("upstream"), EVENT_INFO, strbuf_str(&b));
}

static void note_timeline(EventLog *log, const NodeRow *row, const Seen *before)
{
	char text[80];
	StrBuf b = STRBUF_ON(text);
	if (!before->known || row->timeline == INT_NONE || before->timeline == INT_NONE ||
	    row->timeline == before->timeline)
		return;
	strbuf_addf(&b, "timeline %lld, before %lld", (long long)row->timeline, (long long)before->timeline);
	note(log, row, STR("timeline"), EVENT_INFO, strbuf_str(&b));
}

static void note_lag(EventLog *log, const NodeRow *row, const Seen *before, EventSeverity now)
{
	char text[120];
	StrBuf b = STRBUF_ON(text);
	if (now == before->lag)
		return;
	strbuf_add_cstr(&b, now == EVENT_INFO ? "below the thresholds again: " : "lag ");
	add_lag(&b, row);
	note(log, row, STR("lag"), now, strbuf_str(&b));
}

static void note_node(EventLog *log, const NodeRow *row)
{
	Seen *seen = seen_of(log, row->key.node);
	EventSeverity lag = lag_severity(&log->thresholds, row);
	if (seen->known)
		note_role(log, row, seen);
	note_state(log, row, seen);
	note_timeline(log, row, seen);
	note_upstream(log, row, seen);
	note_lag(log, row, seen, lag);
	seen->known = true;
	seen->up = is_up(row);
	seen->lag = lag;
	if (row->timeline != INT_NONE || !seen->up)
		seen->timeline = row->timeline;
	SET(seen->state, row->state);
	SET(seen->role, row->role);
	if (!str_is_none(row->upstream))
		SET(seen->upstream, row->upstream);
}

static void note_quorum(EventLog *log, const QuorumRow *row)
{
	char text[240];
	StrBuf b = STRBUF_ON(text);
	Seen *seen = seen_of(log, row->key.node);
	if (!row->live)
		return;
	bool blocked = row->is_blocked;
	bool is_news = seen->has_quorum ? blocked != seen->blocked : blocked;
	seen->has_quorum = true;
	seen->blocked = blocked;
	if (!is_news)
		return;
	strbuf_addf(&b, "%lld of %lld standbys count, %.*s", (long long)row->streaming, (long long)row->required,
	            STR_ARG(row->rule));
	event_log_add(log, row->time, row->cluster, row->node, blocked ? STR("quorum lost") : STR("quorum regained"),
	              blocked ? EVENT_CRITICAL : EVENT_INFO, strbuf_str(&b));
}

static EventSeverity slot_severity(const SlotRow *row)
{
	if (str_eq(row->wal_status, STR("lost")) || !str_is_none(row->invalidation_reason))
		return EVENT_CRITICAL;
	return str_eq(row->wal_status, STR("unreserved")) ? EVENT_WARNING : EVENT_INFO;
}

static SlotSeen *find_slot(const EventLog *log, const SlotRow *row)
{
	for (size_t i = 0; i < log->nslots; i++)
		if (str_eq(str_from(log->slots[i].slot), row->slot) && str_eq(str_from(log->slots[i].node), row->node))
			return &log->slots[i];
	return NULL;
}

/* A slot is remembered from when it is in danger first. */
static void note_slot(EventLog *log, const SlotRow *row)
{
	char text[240];
	StrBuf b = STRBUF_ON(text);
	EventSeverity now = slot_severity(row);
	SlotSeen *seen = find_slot(log, row);
	if (now == (seen != NULL ? seen->severity : EVENT_INFO))
		return;
	if (seen == NULL) {
		log->slots = xrealloc_array(log->slots, log->nslots + 1, sizeof *log->slots);
		seen = &log->slots[log->nslots++];
		SET(seen->node, row->node);
		SET(seen->slot, row->slot);
	}
	seen->severity = now;
	strbuf_addf(&b, "%.*s: ", STR_ARG(row->slot));
	if (now == EVENT_CRITICAL)
		strbuf_add_cstr(&b, "lost, its consumer must be made anew");
	else if (now == EVENT_WARNING)
		strbuf_add_cstr(&b, "unreserved, the next checkpoint may remove what it needs");
	else
		strbuf_add_cstr(&b, "out of danger");
	if (!str_is_none(row->invalidation_reason))
		strbuf_addf(&b, " (%.*s)", STR_ARG(row->invalidation_reason));
	if (now != EVENT_INFO && row->retained_bytes != INT_NONE)
		strbuf_addf(&b, ", %lld bytes retained", (long long)row->retained_bytes);
	event_log_add(log, row->time, row->cluster, row->node, now == EVENT_INFO ? STR("slot") : STR("slot at risk"),
	              now, strbuf_str(&b));
}

void event_log_note(EventLog *log, const Report *report)
{
	for (size_t i = 0; i < report->nnodes; i++)
		if (row_is_node(&report->nodes[i]))
			note_node(log, &report->nodes[i]);
	for (size_t i = 0; i < report->nquorums; i++)
		note_quorum(log, &report->quorums[i]);
	for (size_t i = 0; i < report->nslots; i++)
		note_slot(log, &report->slots[i]);
}

/* ---- the verdict ----------------------------------------------------------------------------------------------- */

typedef struct Verdict {
	EventSeverity worst;
	StrBuf reasons;
	size_t nreasons;
} Verdict;

enum { REASONS_MAX = 8 };

static void blame(Verdict *v, EventSeverity severity, Str node, Str why)
{
	if (severity == EVENT_INFO)
		return;
	if (severity > v->worst)
		v->worst = severity;
	if (v->nreasons++ >= REASONS_MAX)
		return;
	if (v->reasons.len > 0)
		strbuf_add_cstr(&v->reasons, "; ");
	strbuf_add(&v->reasons, node);
	strbuf_add_cstr(&v->reasons, ": ");
	strbuf_add(&v->reasons, why);
}

static void judge_node(Verdict *v, const NodeRow *row, const Thresholds *thresholds)
{
	char text[200];
	StrBuf b = STRBUF_ON(text);
	bool primary = str_eq(row->role, STR("primary"));
	EventSeverity severity = health_severity(row->health);
	/* One standby that is gone is what replicas are for: what hurts is judged by the quorum and the lag. */
	if (!primary && severity == EVENT_CRITICAL && !is_up(row))
		severity = EVENT_WARNING;
	strbuf_add(&b, row->state);
	if (!str_is_none(row->error))
		strbuf_addf(&b, " (%.*s)", STR_ARG(row->error));
	blame(v, severity, row->node, strbuf_str(&b));
	strbuf_clear(&b);
	strbuf_add_cstr(&b, "lag ");
	add_lag(&b, row);
	blame(v, lag_severity(thresholds, row), row->node, strbuf_str(&b));
}

static void judge_quorum(Verdict *v, const QuorumRow *row)
{
	char text[200];
	StrBuf b = STRBUF_ON(text);
	if (row->is_blocked) {
		strbuf_addf(&b, "commits are blocked, %lld of %lld standbys count", (long long)row->streaming,
		            (long long)row->required);
		if (row->waiting_sessions > 0)
			strbuf_addf(&b, ", %lld sessions wait", (long long)row->waiting_sessions);
		blame(v, EVENT_CRITICAL, row->node, strbuf_str(&b));
	}
	if (!str_is_none(row->warning))
		blame(v, EVENT_WARNING, row->node, row->warning);
}

static bool is_reached(const Report *report)
{
	for (size_t i = 0; i < report->nnodes; i++)
		if (row_is_node(&report->nodes[i]) && is_up(&report->nodes[i]))
			return true;
	return false;
}

int check_report(const Report *report, const Thresholds *thresholds, StrBuf *out)
{
	static const char *const WORDS[] = {"OK", "WARNING", "CRITICAL"};
	Verdict v = {.worst = EVENT_INFO};
	size_t nodes = 0, up = 0;
	for (size_t i = 0; i < report->nnodes; i++) {
		const NodeRow *row = &report->nodes[i];
		if (row->is_client)
			continue;
		nodes += row_is_node(row);
		up += row_is_node(row) && is_up(row);
		judge_node(&v, row, thresholds);
	}
	for (size_t i = 0; i < report->nquorums; i++)
		judge_quorum(&v, &report->quorums[i]);
	for (size_t i = 0; i < report->nclusters; i++)
		if (report->clusters[i].cluster.len > 0 && report->clusters[i].primaries == 0)
			blame(&v, EVENT_CRITICAL, report->clusters[i].cluster, STR("no primary answers"));
	bool reached = is_reached(report);
	strbuf_addf(out, "PGREPLTOP %s - %zu of %zu nodes up", reached ? WORDS[v.worst] : "UNKNOWN", up, nodes);
	if (v.reasons.len > 0)
		strbuf_addf(out, "; %.*s", STR_ARG(strbuf_str(&v.reasons)));
	if (v.nreasons > REASONS_MAX)
		strbuf_addf(out, "; and %zu more", v.nreasons - REASONS_MAX);
	strbuf_free(&v.reasons);
	return reached ? (int)v.worst : 3;
}
