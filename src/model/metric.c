#include "model/metric.h"

#include "base/csv.h"
#include "base/suggest.h"
#include "model/report.h"

#include <math.h>

/* clang-format off */

/* Those of a file: name, type, title, width, priority, help, and .use where it is not METRIC_PLAIN. */
#define COLUMN(row, field, t, column_title, w, p, ...) \
	{.name = #field, .title = (column_title), .type = (t), .offset = offsetof(row, field), .width = (w), \
	 .priority = (p), .csv = true, .help = __VA_ARGS__}
/* Those of the screen only. */
#define SCREEN(row, field, column, t, column_title, w, p, left_aligned, h) \
	{.name = (column), .title = (column_title), .type = (t), .offset = offsetof(row, field), .width = (w), \
	 .priority = (p), .left = (left_aligned), .help = (h)}

#define NODE(field, t, title, width, priority, ...) COLUMN(NodeRow, field, t, title, width, priority, __VA_ARGS__)

static const Metric node_metrics[] = {
	NODE(time, VALUE_TEXT, NULL, 24, 99, "Time of the sample, UTC.", .use = METRIC_OMIT),
	NODE(cluster, VALUE_TEXT, NULL, 19, 99, "System identifier of the cluster.", .use = METRIC_LABEL),
	NODE(node, VALUE_TEXT, "NODE", 20, 0,
	     "Name of the node; ~ before it: who its upstream is rests on weak evidence.", .use = METRIC_LABEL),
	NODE(host, VALUE_TEXT, "HOST", 15, 31, "Host or address of the server."),
	NODE(port, VALUE_INT, "PORT", 5, 31, "Port of the server.", .use = METRIC_INFO),
	NODE(role, VALUE_TEXT, "ROLE", 7, 7, "primary, standby, client (no polled node), slot (that nobody holds) or unknown."),
	NODE(state, VALUE_TEXT, "STATE", 11, 1,
	     "State of the node or of its stream; split brain, old timeline, forked timeline or ahead of upstream where its "
	     "history is not that of its cluster."),
	NODE(upstream, VALUE_TEXT, "UPSTREAM", 14, 32, "Node that it replicates from.", .use = METRIC_LABEL),
	NODE(depth, VALUE_INT, NULL, 5, 99, "Distance from the root of its tree."),
	NODE(timeline, VALUE_INT, "TL", 3, 8, "Timeline of its WAL."),
	NODE(application_name, VALUE_TEXT, "APPLICATION", 14, 30, "application_name of its WAL receiver."),
	NODE(sync_state, VALUE_TEXT, "SYNC", 9, 5,
	     "Synchronous state and priority as its upstream sees it; on a primary the rule."),
	NODE(sync_priority, VALUE_INT, NULL, 4, 99, "Priority for being chosen as the synchronous standby."),
	NODE(sent_lsn, VALUE_LSN, "SENT LSN", 13, 11, "Last position that its upstream sent."),
	NODE(write_lsn, VALUE_LSN, "WRITE LSN", 13, 12, "Last position that it wrote."),
	NODE(flush_lsn, VALUE_LSN, "FLUSH LSN", 13, 13, "Last position that it flushed to disk."),
	NODE(replay_lsn, VALUE_LSN, "REPLAY LSN", 13, 9, "Last position that it replayed."),
	SCREEN(NodeRow, lag_bytes, "lag_bar", VALUE_BYTES, "LAG", 12, 4, true,
	       "The lag in bytes on a logarithmic scale, divided by where it stands: send, network, disk, replay."),
	SCREEN(NodeRow, lag_bytes, "trend", VALUE_BYTES, "TREND", 10, 11, true,
	       "The lag in bytes of the last samples, the newest at the right; each row by its own highest."),
	NODE(send_gap_bytes, VALUE_BYTES, "SEND GAP", 8, 24, "WAL that its upstream has but did not send."),
	NODE(network_gap_bytes, VALUE_BYTES, "NET GAP", 7, 25, "WAL that was sent but not written."),
	NODE(disk_gap_bytes, VALUE_BYTES, "DISK GAP", 8, 26, "WAL that was written but not flushed."),
	NODE(replay_gap_bytes, VALUE_BYTES, "REPLAY GAP", 10, 27, "WAL that was flushed but not replayed."),
	NODE(lag_bytes, VALUE_BYTES, "BYTES", 7, 3, "How far its replay is behind the primary; unknown across timelines."),
	NODE(lag_seconds, VALUE_SECONDS, "TIME", 6, 2,
	     "How long ago the primary passed what it replayed last; > before it: at least."),
	NODE(write_lag_seconds, VALUE_SECONDS, "W LAG", 7, 19, "The server's own write_lag; ? behind it: not fresh."),
	NODE(flush_lag_seconds, VALUE_SECONDS, "F LAG", 7, 20, "The server's own flush_lag; ? behind it: not fresh."),
	NODE(replay_lag_seconds, VALUE_SECONDS, "R LAG", 7, 21, "The server's own replay_lag; ? behind it: not fresh."),
	NODE(wal_bytes_per_second, VALUE_RATE, "WAL/s", 7, 16, "WAL that it writes (primary) or receives."),
	NODE(replay_bytes_per_second, VALUE_RATE, "REPLAY/s", 8, 17, "WAL that it replays."),
	NODE(eta_seconds, VALUE_SECONDS, "ETA", 6, 10,
	     "Time until it has caught up at this rate; never (empty in CSV): it falls behind."),
	NODE(bottleneck, VALUE_TEXT, "STUCK IN", 8, 6, "The stage that holds most of the lag: send, network, disk, replay; replay paused, catching up, receiver down; upstream: "
	     "what it lacks its upstream lacks too; idle, or none while WAL is written: nothing is behind."),
	NODE(edge_evidence, VALUE_TEXT, "EDGE", 9, 15,
	     "What shows that it replicates from its upstream; ~: weak evidence."),
	NODE(age_seconds, VALUE_SECONDS, "AGE", 6, 14, "Age of what the node last reported."),
	NODE(error, VALUE_TEXT, "ERROR", 12, 18,
	     "Why the node does not answer, who has which LSN on which timeline where histories differ, or which part of "
	     "the answer failed, or what the role may not see.", .use = METRIC_OMIT),
	NODE(version, VALUE_TEXT, "VERSION", 7, 29, "Version of PostgreSQL."),
	NODE(slot_name, VALUE_TEXT, "SLOT", 10, 33, "Replication slot of its upstream that it uses."),
	NODE(retained_bytes, VALUE_BYTES, "RETAINED", 8, 23, "WAL that its slot keeps on the upstream."),
	NODE(backup_phase, VALUE_TEXT, NULL, 24, 99, "What a base backup does (13 and newer)."),
	NODE(backup_bytes, VALUE_BYTES, NULL, 8, 99, "How much of a base backup was sent."),
	NODE(backup_total_bytes, VALUE_BYTES, NULL, 8, 99, "How much it will be, as estimated at its start."),
	NODE(backup_percent, VALUE_PERCENT, NULL, 5, 99, "The share of it that was sent."),
};

#define PROCESS(field, t, title, width, priority, ...) COLUMN(ProcessRow, field, t, title, width, priority, __VA_ARGS__)

static const Metric process_metrics[] = {
	PROCESS(time, VALUE_TEXT, NULL, 24, 99, "Time of the sample, UTC.", .use = METRIC_OMIT),
	PROCESS(cluster, VALUE_TEXT, NULL, 19, 99, "System identifier of the cluster.", .use = METRIC_LABEL),
	PROCESS(node, VALUE_TEXT, "NODE", 15, 1, "Name of the node that the process belongs to.", .use = METRIC_LABEL),
	PROCESS(pid, VALUE_INT, "PID", 7, 0, "Process number on the node's host.", .use = METRIC_LABEL),
	PROCESS(backend_type, VALUE_TEXT, "TYPE", 14, 1, "What the process is; for a walsender also whom it feeds.", .use = METRIC_LABEL),
	PROCESS(user, VALUE_TEXT, "USER", 8, 13, "Role of the session."),
	PROCESS(database, VALUE_TEXT, "DB", 8, 14, "Database of the session."),
	PROCESS(application_name, VALUE_TEXT, "APPLICATION", 12, 18, "application_name of the session."),
	PROCESS(client, VALUE_TEXT, "CLIENT", 13, 12, "Address of the client, or [local]."),
	PROCESS(state, VALUE_TEXT, "STATE", 7, 7, "State of the session."),
	PROCESS(wait_event, VALUE_TEXT, "WAIT", 10, 6, "What the process waits for, TYPE:NAME."),
	PROCESS(wal_lsn, VALUE_LSN, "WAL LSN", 13, 30, "Position in the process title."),
	PROCESS(wal_file, VALUE_TEXT, "WAL FILE", 24, 31, "WAL segment in the process title.", .use = METRIC_OMIT),
	PROCESS(rchar_bytes_per_second, VALUE_RATE, "READ/s", 7, 3, "Read by system calls (rchar)."),
	PROCESS(wchar_bytes_per_second, VALUE_RATE, "WRITE/s", 7, 2, "Written by system calls (wchar)."),
	PROCESS(read_bytes_per_second, VALUE_RATE, "DISK R/s", 8, 9,
	        "Read from the disk as the kernel accounts it (read_bytes)."),
	PROCESS(write_bytes_per_second, VALUE_RATE, "DISK W/s", 8, 9,
	        "Written to the disk as the kernel accounts it (write_bytes)."),
	PROCESS(wal_bytes_per_second, VALUE_RATE, "WAL/s", 7, 4,
	        "WAL that the process sends, receives, replays or writes."),
	PROCESS(io_delay_percent, VALUE_PERCENT, "IO%", 5, 10, "Share of the time in which it waited for the disk; off, or no column: the kernel does not count it (kernel.task_delayacct = 0)."),
	PROCESS(cpu_percent, VALUE_PERCENT, "CPU%", 5, 8, "Use of one processor."),
	PROCESS(io_source, VALUE_TEXT, "SOURCE", 6, 32, "Where the I/O counters come from: local, sql or none."),
	SCREEN(ProcessRow, at, "at", VALUE_TEXT, "AT", 23, 15, false, "What the process title says it does."),
	SCREEN(ProcessRow, query_age_seconds, "query_age_seconds", VALUE_SECONDS, "AGE", 6, 11, false,
	       "How long the running query runs."),
	PROCESS(query, VALUE_TEXT, "QUERY", 14, 5, "The running query, or the last one.", .use = METRIC_OMIT),
	PROCESS(error, VALUE_TEXT, "ERROR", 12, 33, "Why values of the process are not known.", .use = METRIC_OMIT),
	PROCESS(rchar_bytes, VALUE_BYTES, "READ", 7, 3, "Read by system calls since the program first saw the process.", .use = METRIC_COUNTER),
	PROCESS(wchar_bytes, VALUE_BYTES, "WRITE", 7, 2, "Written by system calls since then.", .use = METRIC_COUNTER),
	PROCESS(read_bytes, VALUE_BYTES, "DISK R", 8, 9, "Read from the disk since then, as the kernel accounts it.", .use = METRIC_COUNTER),
	PROCESS(write_bytes, VALUE_BYTES, "DISK W", 8, 9, "Written to the disk since then, as the kernel accounts it.", .use = METRIC_COUNTER),
	PROCESS(wal_source, VALUE_TEXT, "WAL BY", 7, 34,
	        "What WAL/s is: lsn (a position that moved) or backend (counted by the server, 18 and newer); empty: not known, as "
	        "of sessions before 18, of which READ/s and WRITE/s show all that they do."),
	PROCESS(wal_write_bytes_per_second, VALUE_RATE, "WAL W/s", 7, 35,
	        "WAL that it wrote to files, rewritten pages included, as the server counts it (18 and newer)."),
	PROCESS(open_wal_file, VALUE_TEXT, "OPEN SEGMENT", 24, 36, "WAL segment that the process has open (local); (deleted): the file is gone from its folder.", .use = METRIC_OMIT),
	PROCESS(open_wal_offset, VALUE_BYTES, "OFFSET", 7, 37, "Its position in that file, where the kernel keeps one: of processes that read and write at offsets (13 and newer) it does not."),
	PROCESS(serves, VALUE_TEXT, NULL, 20, 99, "The node or client that a walsender feeds.", .use = METRIC_OMIT),
};

#define SLOT(field, t, title, width, priority, ...) COLUMN(SlotRow, field, t, title, width, priority, __VA_ARGS__)

static const Metric slot_metrics[] = {
	SLOT(time, VALUE_TEXT, NULL, 24, 99, "Time of the sample, UTC.", .use = METRIC_OMIT),
	SLOT(cluster, VALUE_TEXT, NULL, 19, 99, "System identifier of the cluster.", .use = METRIC_LABEL),
	SLOT(node, VALUE_TEXT, NULL, 20, 99, "Name of the node that has the slot.", .use = METRIC_LABEL),
	SLOT(slot, VALUE_TEXT, NULL, 16, 99, "Name of the slot.", .use = METRIC_LABEL),
	SLOT(type, VALUE_TEXT, NULL, 8, 99, "physical or logical."),
	SLOT(active, VALUE_TEXT, NULL, 6, 99, "Whether a process holds it: t or f.", .use = METRIC_FLAG),
	SLOT(restart_lsn, VALUE_LSN, NULL, 13, 99, "Oldest WAL that it keeps; empty: it keeps none."),
	SLOT(retained_bytes, VALUE_BYTES, NULL, 8, 99, "WAL between that and the newest that the node has."),
	SLOT(wal_status, VALUE_TEXT, NULL, 10, 99,
	     "reserved, extended, unreserved or lost (13 and newer); empty also if it was never used."),
	SLOT(safe_bytes, VALUE_BYTES, NULL, 8, 99,
	     "WAL that may be written until it is in danger of being lost (max_slot_wal_keep_size, 13 and newer)."),
	SLOT(seconds_to_lost, VALUE_SECONDS, NULL, 7, 99,
	     "How long that lasts at the rate at which the node's WAL grows now; 0: it is lost."),
	SLOT(plugin, VALUE_TEXT, NULL, 12, 99, "Output plugin of a logical slot."),
	SLOT(database, VALUE_TEXT, NULL, 12, 99, "Database of a logical slot."),
	SLOT(active_pid, VALUE_INT, NULL, 7, 99, "Process that holds it.", .use = METRIC_INFO),
	SLOT(used_by, VALUE_TEXT, NULL, 20, 99,
	     "Node or client that holds it; of an inactive one the node that was last seen to."),
	SLOT(confirmed_flush_lsn, VALUE_LSN, NULL, 13, 99, "What the consumer of a logical slot confirmed."),
	SLOT(growth_bytes_per_second, VALUE_RATE, NULL, 8, 99,
	     "How fast the retained WAL grows; negative: its consumer catches up."),
	SLOT(inactive_since, VALUE_TEXT, NULL, 24, 99, "When it was held last, UTC (17 and newer).", .use = METRIC_OMIT),
	SLOT(inactive_seconds, VALUE_SECONDS, NULL, 7, 99, "How long ago that is by the server's clock."),
	SLOT(invalidation_reason, VALUE_TEXT, NULL, 16, 99, "Why it was lost (17 and newer)."),
	SLOT(temporary, VALUE_TEXT, NULL, 9, 99, "Whether it ends with its session: t or f.", .use = METRIC_FLAG),
	SLOT(conflicting, VALUE_TEXT, NULL, 11, 99,
	     "Whether a logical slot was lost to a conflict with recovery: t or f (16 and newer).", .use = METRIC_FLAG),
	SLOT(failover, VALUE_TEXT, NULL, 8, 99, "Whether it is kept up on standbys: t or f (17 and newer).", .use = METRIC_FLAG),
	SLOT(synced, VALUE_TEXT, NULL, 6, 99, "Whether it is such a copy on a standby: t or f (17 and newer).", .use = METRIC_FLAG),
	SLOT(error, VALUE_TEXT, NULL, 12, 99, "Why the node does not answer now.", .use = METRIC_OMIT),
};

#define QUORUM(field, t, ...) COLUMN(QuorumRow, field, t, NULL, 8, 99, __VA_ARGS__)

static const Metric quorum_metrics[] = {
	QUORUM(time, VALUE_TEXT, "Time of the sample, UTC.", .use = METRIC_OMIT),
	QUORUM(cluster, VALUE_TEXT, "System identifier of the cluster.", .use = METRIC_LABEL),
	QUORUM(node, VALUE_TEXT, "Name of the primary.", .use = METRIC_LABEL),
	QUORUM(method, VALUE_TEXT, "off, first or any: how synchronous_standby_names chooses."),
	QUORUM(required, VALUE_INT, "Standbys that must acknowledge a commit."),
	QUORUM(candidates, VALUE_INT, "Standbys that may have acknowledged one: those that the rule names."),
	QUORUM(streaming, VALUE_INT, "Of these, those whose acknowledgements count now."),
	QUORUM(blocked, VALUE_TEXT, "Whether commits hang for want of standbys: t or f; empty: the primary does not answer.", .use = METRIC_FLAG),
	QUORUM(waiting_sessions, VALUE_INT, "Sessions that wait for synchronous replication; empty without a rule or the right to see."),
	QUORUM(longest_wait_seconds, VALUE_SECONDS, "The longest of these waits, at most: since its statement began."),
	QUORUM(commit_wait_seconds, VALUE_SECONDS, "Mean wait of a commit: sessions that wait on average, divided by transactions per second."),
	QUORUM(safe_lsn, VALUE_LSN, "Newest position that as many standbys hold as are required."),
	QUORUM(fence_needed, VALUE_INT, "Standbys that must be under control to lose no acknowledged commit: candidates - required + 1."),
	QUORUM(fence_reachable, VALUE_INT, "Of the candidates, those that answer."),
	QUORUM(best_candidate, VALUE_TEXT, "The standby to promote: the furthest received position on the timeline, then the furthest replayed."),
	QUORUM(best_candidate_lsn, VALUE_LSN, "What it received."),
	QUORUM(loss_bytes, VALUE_BYTES, "WAL of the primary that it does not have."),
	QUORUM(acknowledged_loss, VALUE_TEXT, "Whether a commit that a client was told of would be lost: none, possible or unknown."),
	QUORUM(rule, VALUE_TEXT, "synchronous_standby_names."),
	QUORUM(synchronous_commit, VALUE_TEXT, "The server's default of synchronous_commit."),
	QUORUM(warning, VALUE_TEXT, "Why the rule can never be met, or does not mean what it seems to.", .use = METRIC_OMIT),
	QUORUM(released_by, VALUE_TEXT, "While commits are blocked, or one waits for longer than a refresh: which standbys would release them, and how far these are.", .use = METRIC_OMIT),
	QUORUM(predicted_write_seconds, VALUE_SECONDS, "What the rule makes a commit wait at remote_write: the median by what the standbys report."),
	QUORUM(predicted_flush_seconds, VALUE_SECONDS, "The same at on."),
	QUORUM(predicted_apply_seconds, VALUE_SECONDS, "The same at remote_apply."),
};

#define EVENT(field, t, ...) COLUMN(EventRow, field, t, NULL, 8, 99, __VA_ARGS__)

static const Metric event_metrics[] = {
	EVENT(time, VALUE_TEXT, "Time of the sample that shows it, UTC.", .use = METRIC_OMIT),
	EVENT(cluster, VALUE_TEXT, "System identifier of the cluster.", .use = METRIC_OMIT),
	EVENT(node, VALUE_TEXT, "Name of the node.", .use = METRIC_OMIT),
	EVENT(event, VALUE_TEXT, "connected, lost, state, paused, promoted, demoted, timeline, upstream, lag, quorum lost, quorum regained, slot at risk, slot or action.", .use = METRIC_OMIT),
	EVENT(severity, VALUE_TEXT, "info, warning or critical.", .use = METRIC_OMIT),
	EVENT(text, VALUE_TEXT, "What changed.", .use = METRIC_OMIT),
};
/* clang-format on */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const MetricTable tables[TABLE_COUNT] = {
	[TABLE_NODES] = {"nodes", "node", node_metrics, COUNT(node_metrics), sizeof(NodeRow),
                         "One row a node and a sample."},
	[TABLE_PROCESSES] = {"processes", "process", process_metrics, COUNT(process_metrics), sizeof(ProcessRow),
                             "One row a server process and a sample."},
	[TABLE_SLOTS] = {"slots", "slot", slot_metrics, COUNT(slot_metrics), sizeof(SlotRow),
                         "One row a replication slot and a sample."},
	[TABLE_QUORUM] = {"quorum", "quorum", quorum_metrics, COUNT(quorum_metrics), sizeof(QuorumRow),
                          "One row a primary and a sample."},
	[TABLE_EVENTS] = {"events", "event", event_metrics, COUNT(event_metrics), sizeof(EventRow),
                          "One row an event, once."},
};

const MetricTable *metric_table(TableId id)
{
	return &tables[id];
}

bool metric_table_find(Str name, TableId *out)
{
	for (size_t i = 0; i < TABLE_COUNT; i++) {
		if (str_eq(name, str_from(tables[i].name))) {
			*out = (TableId)i;
			return true;
		}
	}
	return false;
}

const Metric *metric_find(const MetricTable *table, Str name)
{
	for (size_t i = 0; i < table->nmetrics; i++) {
		if (str_eq(name, str_from(table->metrics[i].name)))
			return &table->metrics[i];
	}
	return NULL;
}

static bool begins_with(const Metric *metric, Str text)
{
	Str name = str_sub(str_from(metric->name), 0, text.len);
	Str title = str_sub(str_from(metric->title), 0, text.len);
	return str_eq_nocase(name, text) || str_eq_nocase(title, text);
}

static const Metric *no_column(const MetricTable *table, Str text, Err *err)
{
	Suggestion near = suggestion_for(text);
	char storage[128];
	StrBuf hint = STRBUF_ON(storage);
	for (size_t i = 0; i < table->nmetrics; i++)
		suggest(&near, str_from(table->metrics[i].name));
	suggestion_write(&near, &hint);
	err_set(err, "%s have no column \"%.*s\"%s", table->name, STR_ARG(text), storage);
	return NULL;
}

const Metric *metric_resolve(const MetricTable *table, Str text, Err *err)
{
	const Metric *found = metric_find(table, text);
	for (size_t i = 0; found == NULL && i < table->nmetrics; i++)
		if (str_eq_nocase(str_from(table->metrics[i].title), text) ||
		    str_eq_nocase(str_from(table->metrics[i].name), text))
			found = &table->metrics[i];
	if (found != NULL)
		return found;
	for (size_t i = 0; text.len > 0 && i < table->nmetrics; i++) {
		const Metric *metric = &table->metrics[i];
		if (!begins_with(metric, text))
			continue;
		if (found != NULL) {
			err_set(err, "\"%.*s\" may be %s or %s", STR_ARG(text), found->name, metric->name);
			return NULL;
		}
		found = metric;
	}
	return found != NULL ? found : no_column(table, text, err);
}

Value metric_get(const Metric *metric, const void *row)
{
	const void *at = (const char *)row + metric->offset;
	Value value = {.type = metric->type};
	switch (metric->type) {
	case VALUE_TEXT:
		value.text = *(const Str *)at;
		value.known = !str_is_none(value.text);
		break;
	case VALUE_INT:
	case VALUE_BYTES:
		value.integer = *(const int64_t *)at;
		value.known = value.integer != INT_NONE;
		break;
	case VALUE_SECONDS:
	case VALUE_RATE:
	case VALUE_PERCENT:
		value.real = *(const double *)at;
		value.known = !isnan(value.real);
		break;
	case VALUE_LSN:
		value.lsn = *(const Lsn *)at;
		value.known = value.lsn != LSN_NONE;
		break;
	}
	return value;
}

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

static int compare_known(Value a, Value b)
{
	switch (a.type) {
	case VALUE_TEXT: {
		int order = str_cmp(a.text, b.text);
		return ORDER(order, 0);
	}
	case VALUE_INT:
	case VALUE_BYTES:
		return ORDER(a.integer, b.integer);
	case VALUE_LSN:
		return ORDER(a.lsn, b.lsn);
	case VALUE_SECONDS:
	case VALUE_RATE:
	case VALUE_PERCENT:
		break;
	}
	return ORDER(a.real, b.real);
}

int metric_compare(const Metric *metric, const void *a, const void *b, bool descending)
{
	Value left = metric_get(metric, a);
	Value right = metric_get(metric, b);
	if (!left.known || !right.known)
		return (int)right.known - (int)left.known;
	int order = compare_known(left, right);
	return descending ? -order : order;
}
