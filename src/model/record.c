#include "model/record.h"

#include "base/csv.h"
#include "model/rowtext.h"

#include <math.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- the files -------------------------------------------------------------------------------------------------- */

/* clang-format off */
#define NODE(field, type) {#field, type, offsetof(NodeRow, field)}
static const RecordColumn nodes_more[] = {
	{"node_id", RECORD_NODE_ID, offsetof(NodeRow, key.node)},
	{"pid", RECORD_NUMBER, offsetof(NodeRow, key.pid)},
	{"start", RECORD_INT, offsetof(NodeRow, key.start_us)},
	NODE(parent, RECORD_INDEX),
	NODE(cluster_index, RECORD_INDEX),
	{"slot_row", RECORD_INDEX, offsetof(NodeRow, slot)},
	NODE(last_child, RECORD_FLAG),
	NODE(is_client, RECORD_FLAG),
	NODE(is_ghost, RECORD_FLAG),
	NODE(edge_weak, RECORD_FLAG),
	NODE(lag_at_least, RECORD_FLAG),
	NODE(lag_stale, RECORD_FLAG),
	NODE(local, RECORD_FLAG),
	NODE(is_hidden, RECORD_FLAG),
	NODE(health, RECORD_HEALTH),
	{"eta_never", RECORD_NEVER, offsetof(NodeRow, eta_seconds)},
	NODE(in_recovery, RECORD_FLAG),
	NODE(replay_paused, RECORD_FLAG),
	{"server_start", RECORD_INT, offsetof(NodeRow, server_start_us)},
	NODE(version_num, RECORD_NUMBER),
	NODE(login, RECORD_TEXT),
	NODE(pause_needs, RECORD_TEXT),
};

#define PROCESS(field, type) {#field, type, offsetof(ProcessRow, field)}
static const RecordColumn processes_more[] = {
	{"node_id", RECORD_NODE_ID, offsetof(ProcessRow, key.node)},
	{"key_pid", RECORD_NUMBER, offsetof(ProcessRow, key.pid)},
	{"start", RECORD_INT, offsetof(ProcessRow, key.start_us)},
	PROCESS(sync_wait, RECORD_FLAG),
	PROCESS(can_signal, RECORD_FLAG),
	PROCESS(is_walsender, RECORD_FLAG),
	PROCESS(is_hidden, RECORD_FLAG),
	PROCESS(serves, RECORD_TEXT),
	PROCESS(at, RECORD_TEXT),
	PROCESS(query_age_seconds, RECORD_REAL),
	PROCESS(delays_off, RECORD_FLAG),
	PROCESS(needs, RECORD_TEXT),
};

#define QUORUM(field, type) {#field, type, offsetof(QuorumRow, field)}
static const RecordColumn quorum_more[] = {
	{"node_id", RECORD_NODE_ID, offsetof(QuorumRow, key.node)},
	{"pid", RECORD_NUMBER, offsetof(QuorumRow, key.pid)},
	{"start", RECORD_INT, offsetof(QuorumRow, key.start_us)},
	QUORUM(is_blocked, RECORD_FLAG),
	QUORUM(live, RECORD_FLAG),
};

#define CLUSTER(field, type) {#field, type, offsetof(ClusterRow, field)}
static const RecordColumn clusters[] = {
	CLUSTER(cluster, RECORD_TEXT),
	CLUSTER(name, RECORD_TEXT),
	CLUSTER(primary, RECORD_TEXT),
	CLUSTER(version, RECORD_TEXT),
	CLUSTER(timeline, RECORD_INT),
	CLUSTER(uptime_seconds, RECORD_REAL),
	CLUSTER(wal_bytes_per_second, RECORD_REAL),
	CLUSTER(synchronous_standby_names, RECORD_TEXT),
	CLUSTER(nodes, RECORD_INT),
	CLUSTER(nodes_up, RECORD_INT),
	CLUSTER(primaries, RECORD_INT),
	CLUSTER(is_hidden, RECORD_FLAG),
	CLUSTER(sync_standbys, RECORD_INT),
	CLUSTER(waiting, RECORD_INT),
	CLUSTER(split_brain, RECORD_TEXT),
	CLUSTER(off_timeline, RECORD_INT),
	CLUSTER(ahead, RECORD_INT),
	{"node_id", RECORD_NODE_ID, offsetof(ClusterRow, key.node)},
	{"pid", RECORD_NUMBER, offsetof(ClusterRow, key.pid)},
	{"start", RECORD_INT, offsetof(ClusterRow, key.start_us)},
};

#define CANDIDATE(field, type) {#field, type, offsetof(CandidateRow, field)}
static const RecordColumn candidates[] = {
	CANDIDATE(node, RECORD_TEXT),
	CANDIDATE(state, RECORD_TEXT),
	CANDIDATE(matches, RECORD_FLAG),
	CANDIDATE(counts, RECORD_FLAG),
	CANDIDATE(reachable, RECORD_FLAG),
	CANDIDATE(promotable, RECORD_FLAG),
	CANDIDATE(timeline, RECORD_INT),
	CANDIDATE(acknowledged_lsn, RECORD_LSN),
	CANDIDATE(received_lsn, RECORD_LSN),
	CANDIDATE(replay_lsn, RECORD_LSN),
	CANDIDATE(loss_bytes, RECORD_INT),
	CANDIDATE(acknowledged_loss, RECORD_TEXT),
	CANDIDATE(followers, RECORD_INT),
	{"node_id", RECORD_NODE_ID, offsetof(CandidateRow, key.node)},
	{"pid", RECORD_NUMBER, offsetof(CandidateRow, key.pid)},
	{"start", RECORD_INT, offsetof(CandidateRow, key.start_us)},
};

#define WHAT_IF(field, type) {#field, type, offsetof(WhatIfRow, field)}
static const RecordColumn what_if[] = {
	WHAT_IF(method, RECORD_TEXT),
	WHAT_IF(required, RECORD_INT),
	WHAT_IF(level, RECORD_TEXT),
	WHAT_IF(samples, RECORD_INT),
	WHAT_IF(p50_seconds, RECORD_REAL),
	WHAT_IF(p95_seconds, RECORD_REAL),
	WHAT_IF(commits_per_second, RECORD_REAL),
};

#define ROLE(field, type) {#field, type, offsetof(RoleRow, field)}
static const RecordColumn roles[] = {
	{"node_id", RECORD_NODE_ID, offsetof(RoleRow, node)},
	ROLE(process, RECORD_TEXT),
	ROLE(pid, RECORD_INT),
	ROLE(health, RECORD_HEALTH),
	ROLE(text, RECORD_TEXT),
};

#define SAMPLE(field, type) {#field, type, offsetof(RecordSample, field)}
#define END(file, name) {name, RECORD_INT, offsetof(RecordSample, ends) + (file) * sizeof(int64_t)}
static const RecordColumn samples[] = {
	SAMPLE(time, RECORD_TEXT),
	SAMPLE(run, RECORD_INT),
	SAMPLE(tick, RECORD_INT),
	SAMPLE(unix_us, RECORD_INT),
	SAMPLE(clock_us, RECORD_INT),
	SAMPLE(interval_seconds, RECORD_REAL),
	SAMPLE(settled, RECORD_FLAG),
	SAMPLE(events, RECORD_INT),
	SAMPLE(host_read_bytes_per_second, RECORD_REAL),
	SAMPLE(host_write_bytes_per_second, RECORD_REAL),
	END(RECORD_NODES, "nodes_end"),
	END(RECORD_PROCESSES, "processes_end"),
	END(RECORD_SLOTS, "slots_end"),
	END(RECORD_QUORUM, "quorum_end"),
	END(RECORD_EVENTS, "events_end"),
	END(RECORD_NODES_MORE, "nodes_more_end"),
	END(RECORD_PROCESSES_MORE, "processes_more_end"),
	END(RECORD_QUORUM_MORE, "quorum_more_end"),
	END(RECORD_CLUSTERS, "clusters_end"),
	END(RECORD_CANDIDATES, "candidates_end"),
	END(RECORD_WHAT_IF, "what_if_end"),
	END(RECORD_ROLES, "roles_end"),
};

typedef struct FileInfo {
	const char *name;
	const RecordColumn *columns; /* NULL: those of the table of metric.h */
	size_t ncolumns;
	size_t row_size;
	const char *help;
} FileInfo;

static const FileInfo files_info[RECORD_FILES] = {
	[RECORD_NODES] = {"nodes", NULL, 0, sizeof(NodeRow), "The table nodes."},
	[RECORD_PROCESSES] = {"processes", NULL, 0, sizeof(ProcessRow), "The table processes."},
	[RECORD_SLOTS] = {"slots", NULL, 0, sizeof(SlotRow), "The table slots."},
	[RECORD_QUORUM] = {"quorum", NULL, 0, sizeof(QuorumRow), "The table quorum."},
	[RECORD_EVENTS] = {"events", NULL, 0, sizeof(EventRow), "The table events."},
	[RECORD_NODES_MORE] = {"nodes_more", nodes_more, COUNT(nodes_more), sizeof(NodeRow),
	                       "What a screen shows of each row of nodes beside its columns."},
	[RECORD_PROCESSES_MORE] = {"processes_more", processes_more, COUNT(processes_more), sizeof(ProcessRow),
	                           "The same of each row of processes."},
	[RECORD_QUORUM_MORE] = {"quorum_more", quorum_more, COUNT(quorum_more), sizeof(QuorumRow),
	                        "The same of each row of quorum."},
	[RECORD_CLUSTERS] = {"clusters", clusters, COUNT(clusters), sizeof(ClusterRow), "One row a cluster."},
	[RECORD_CANDIDATES] = {"candidates", candidates, COUNT(candidates), sizeof(CandidateRow),
	                       "One row a standby that may be promoted; row is that of quorum."},
	[RECORD_WHAT_IF] = {"what_if", what_if, COUNT(what_if), sizeof(WhatIfRow),
	                    "What other rules would cost each commit; row is that of quorum."},
	[RECORD_ROLES] = {"roles", roles, COUNT(roles), sizeof(RoleRow),
	                  "What each process of a node does, in words, while the node's page was open."},
	[RECORD_SAMPLES] = {"samples", samples, COUNT(samples), sizeof(RecordSample),
	                    "One row a sample, written when all its other rows are."},
};
/* clang-format on */

const char *record_file_name(RecordFile file)
{
	return files_info[file].name;
}

const char *record_file_help(RecordFile file)
{
	return files_info[file].help;
}

size_t record_row_size(RecordFile file)
{
	return files_info[file].row_size;
}

bool record_is_numbered(RecordFile file)
{
	return files_info[file].columns != NULL && file != RECORD_SAMPLES;
}

static RecordType type_of(ValueType type)
{
	switch (type) {
	case VALUE_TEXT:
		return RECORD_TEXT;
	case VALUE_INT:
	case VALUE_BYTES:
		return RECORD_INT;
	case VALUE_LSN:
		return RECORD_LSN;
	case VALUE_SECONDS:
	case VALUE_RATE:
	case VALUE_PERCENT:
		break;
	}
	return RECORD_REAL;
}

size_t record_columns(RecordFile file, RecordColumn columns[RECORD_COLUMNS_MAX])
{
	const FileInfo *info = &files_info[file];
	if (info->columns != NULL) {
		memcpy(columns, info->columns, info->ncolumns * sizeof *columns);
		return info->ncolumns;
	}
	const MetricTable *table = metric_table((TableId)file);
	size_t count = 0;
	for (size_t i = 0; i < table->nmetrics && count < RECORD_COLUMNS_MAX; i++) {
		const Metric *m = &table->metrics[i];
		if (m->csv)
			columns[count++] = (RecordColumn){m->name, type_of(m->type), m->offset};
	}
	return count;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

const Str RECORD_HEALTH_NAMES[HEALTH_UNKNOWN + 1] = {[HEALTH_OK] = STR_INIT("ok"),
                                                     [HEALTH_NOTE] = STR_INIT("note"),
                                                     [HEALTH_WARNING] = STR_INIT("warning"),
                                                     [HEALTH_BAD] = STR_INIT("bad"),
                                                     [HEALTH_UNKNOWN] = STR_INIT("unknown")};

/* Rows have their fields where the table of columns says, aligned as the compiler put them. */
#define SEEN_AT(type, at) (*(const type *)(at))

static Value value_of_int(int64_t value)
{
	return (Value){.type = VALUE_INT, .known = value != INT_NONE, .integer = value};
}

static Value value_of_flag(bool flag)
{
	return (Value){.type = VALUE_TEXT, .known = true, .text = flag ? STR("t") : STR("f")};
}

static Value value_of(const RecordColumn *column, const void *row)
{
	const void *at = (const char *)row + column->offset;
	switch (column->type) {
	case RECORD_TEXT:
		return (Value){.type = VALUE_TEXT, .text = SEEN_AT(Str, at)};
	case RECORD_INT:
		return value_of_int(SEEN_AT(int64_t, at));
	case RECORD_REAL: /* what is not finite is written as nothing */
		return (Value){.type = VALUE_RATE, .known = true, .real = SEEN_AT(double, at)};
	case RECORD_LSN:
		return (Value){.type = VALUE_LSN, .known = true, .lsn = SEEN_AT(Lsn, at)};
	case RECORD_FLAG:
		return value_of_flag(SEEN_AT(bool, at));
	case RECORD_NUMBER:
		return value_of_int(SEEN_AT(int, at));
	case RECORD_INDEX:
		return value_of_int(SEEN_AT(uint32_t, at) == ROW_NONE ? INT_NONE : (int64_t)SEEN_AT(uint32_t, at));
	case RECORD_NODE_ID:
		return value_of_int((int64_t)SEEN_AT(NodeId, at));
	case RECORD_HEALTH:
		return (Value){.type = VALUE_TEXT, .text = RECORD_HEALTH_NAMES[SEEN_AT(RowHealth, at)]};
	case RECORD_NEVER:
		break;
	}
	return value_of_flag(isinf(SEEN_AT(double, at)));
}

/* Rows of a file that is no table. */
typedef struct Writer {
	StrBuf *out;
	RecordColumn columns[RECORD_COLUMNS_MAX];
	size_t ncolumns;
	bool numbered;
	Str time;
} Writer;

static void writer_init(Writer *w, StrBuf *out, RecordFile file, Str time)
{
	w->out = out;
	w->ncolumns = record_columns(file, w->columns);
	w->numbered = record_is_numbered(file);
	w->time = time;
}

/* `number` is the row's, from 1. */
static void write_row(Writer *w, const void *row, size_t number)
{
	if (w->numbered) {
		csv_write_field(w->out, w->time, true);
		csv_write_value(w->out, value_of_int((int64_t)number), false);
	}
	for (size_t i = 0; i < w->ncolumns; i++)
		csv_write_value(w->out, value_of(&w->columns[i], row), i == 0 && !w->numbered);
	csv_end_row(w->out);
}

void record_write_header(StrBuf *out, RecordFile file)
{
	RecordColumn columns[RECORD_COLUMNS_MAX];
	size_t count = record_columns(file, columns);
	bool numbered = record_is_numbered(file);
	if (numbered)
		strbuf_add_cstr(out, "time,row");
	for (size_t i = 0; i < count; i++)
		csv_write_field(out, str_from(columns[i].name), i == 0 && !numbered);
	csv_end_row(out);
}

static void write_table(StrBuf *out, TableId table, const Report *report)
{
	size_t count;
	ColumnList columns = columns_all(table);
	const char *rows = report_table_rows(report, table, &count);
	for (size_t i = 0; i < count; i++)
		csv_write_row(out, &columns, rows + i * metric_table(table)->row_size);
}

/* The rows of a file that is no table and not nested in another. */
static const void *rows_of(const Report *report, RecordFile file, size_t *count)
{
	switch (file) {
	case RECORD_NODES_MORE:
		return report_table_rows(report, TABLE_NODES, count);
	case RECORD_PROCESSES_MORE:
		return report_table_rows(report, TABLE_PROCESSES, count);
	case RECORD_QUORUM_MORE:
		return report_table_rows(report, TABLE_QUORUM, count);
	case RECORD_CLUSTERS:
		*count = report->nclusters;
		return report->clusters;
	case RECORD_ROLES:
		*count = report->nroles;
		return report->roles;
	default:
		*count = 0;
		return NULL;
	}
}

void record_write_rows(StrBuf *out, RecordFile file, const Report *report)
{
	Writer w;
	size_t count;
	if (file < RECORD_NODES_MORE) {
		write_table(out, (TableId)file, report);
		return;
	}
	const char *rows = rows_of(report, file, &count);
	writer_init(&w, out, file, report->time);
	for (size_t i = 0; i < count; i++)
		write_row(&w, rows + i * files_info[file].row_size, i + 1);
	for (size_t q = 0; q < report->nquorums; q++) {
		const QuorumRow *quorum = &report->quorums[q];
		for (size_t i = 0; file == RECORD_CANDIDATES && i < quorum->nstandbys; i++)
			write_row(&w, &quorum->standbys[i], q + 1);
		for (size_t i = 0; file == RECORD_WHAT_IF && i < quorum->nwhat_if; i++)
			write_row(&w, &quorum->what_if[i], q + 1);
	}
}

void record_write_sample(StrBuf *out, const RecordSample *sample)
{
	Writer w;
	writer_init(&w, out, RECORD_SAMPLES, sample->time);
	write_row(&w, sample, 0);
}

RecordSample record_sample_of(const Report *report)
{
	return (RecordSample){.time = report->time,
	                      .tick = (int64_t)report->tick,
	                      .unix_us = report->wall_us,
	                      .interval_seconds = report->interval_s,
	                      .settled = report->settled,
	                      .host_read_bytes_per_second = report->host.read_bytes_per_second,
	                      .host_write_bytes_per_second = report->host.write_bytes_per_second};
}
