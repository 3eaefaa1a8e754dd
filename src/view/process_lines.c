#include "view/process_lines.h"

#include <math.h>
#include <stdlib.h>

/* ---- columns ---- */

const Metric *process_column(const Metric *metric, bool totals)
{
	static const struct {
		Str rate, total;
	} pairs[] = {
		{STR_INIT("rchar_bytes_per_second"), STR_INIT("rchar_bytes")},
		{STR_INIT("wchar_bytes_per_second"), STR_INIT("wchar_bytes")},
		{STR_INIT("read_bytes_per_second"), STR_INIT("read_bytes")},
		{STR_INIT("write_bytes_per_second"), STR_INIT("write_bytes")},
	};
	for (size_t i = 0; metric != NULL && i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		Str from = totals ? pairs[i].rate : pairs[i].total;
		if (str_eq(str_from(metric->name), from))
			return metric_find(metric_table(TABLE_PROCESSES), totals ? pairs[i].total : pairs[i].rate);
	}
	return metric;
}

/* ---- which processes ---- */

/* A WAL sender is `active` all the time, and so is whatever waits in its main loop for something to do. */
static bool runs_statement(const ProcessRow *row)
{
	bool active = str_eq(row->state, STR("active")) || str_eq(row->state, STR("fastpath function call"));
	return active && !str_starts(row->wait_event, STR("Activity:"));
}

bool process_is_active(const ProcessRow *row, bool totals)
{
	bool before =
		totals && (row->rchar_bytes > 0 || row->wchar_bytes > 0 || row->read_bytes > 0 || row->write_bytes > 0);
	return before || row->rchar_bytes_per_second > 0 || row->wchar_bytes_per_second > 0 ||
	       row->read_bytes_per_second > 0 || row->write_bytes_per_second > 0 || row->wal_bytes_per_second > 0 ||
	       row->cpu_percent > 0 || runs_statement(row);
}

static bool is_shown(const ProcessRow *row, const ProcessChoice *choice)
{
	return (!choice->only_active || process_is_active(row, choice->totals)) && filter_matches(&choice->filter, row);
}

/* ---- sums ---- */

static double add_real(double sum, double value)
{
	if (isnan(value))
		return sum;
	return isnan(sum) ? value : sum + value;
}

static int64_t add_bytes(int64_t sum, int64_t value)
{
	if (value == INT_NONE)
		return sum;
	return sum == INT_NONE ? value : sum + value;
}

static ProcessRow no_sum(void)
{
	ProcessRow sum = {.pid = INT_NONE};
	sum.rchar_bytes_per_second = sum.wchar_bytes_per_second = NAN;
	sum.read_bytes_per_second = sum.write_bytes_per_second = NAN;
	sum.wal_bytes_per_second = sum.wal_write_bytes_per_second = NAN;
	sum.io_delay_percent = sum.cpu_percent = sum.query_age_seconds = NAN;
	sum.rchar_bytes = sum.wchar_bytes = sum.read_bytes = sum.write_bytes = sum.open_wal_offset = INT_NONE;
	return sum;
}

/* What is known of it (of delays the highest): nothing is known of a sum only if nothing is of all. */
static void add_row(ProcessRow *sum, const ProcessRow *row)
{
	sum->rchar_bytes_per_second = add_real(sum->rchar_bytes_per_second, row->rchar_bytes_per_second);
	sum->wchar_bytes_per_second = add_real(sum->wchar_bytes_per_second, row->wchar_bytes_per_second);
	sum->read_bytes_per_second = add_real(sum->read_bytes_per_second, row->read_bytes_per_second);
	sum->write_bytes_per_second = add_real(sum->write_bytes_per_second, row->write_bytes_per_second);
	sum->wal_write_bytes_per_second = add_real(sum->wal_write_bytes_per_second, row->wal_write_bytes_per_second);
	sum->cpu_percent = add_real(sum->cpu_percent, row->cpu_percent);
	sum->io_delay_percent = fmax(sum->io_delay_percent, row->io_delay_percent);
	sum->delays_off |= row->delays_off;
	sum->rchar_bytes = add_bytes(sum->rchar_bytes, row->rchar_bytes);
	sum->wchar_bytes = add_bytes(sum->wchar_bytes, row->wchar_bytes);
	sum->read_bytes = add_bytes(sum->read_bytes, row->read_bytes);
	sum->write_bytes = add_bytes(sum->write_bytes, row->write_bytes);
}

/* ---- lines ---- */

static void grow(ProcessLines *lines, size_t processes, size_t groups)
{
	if (lines->index_cap < processes) {
		lines->index_cap = processes + processes / 2;
		lines->index = xrealloc_array(lines->index, lines->index_cap, sizeof *lines->index);
		lines->scratch = xrealloc_array(lines->scratch, lines->index_cap, sizeof *lines->scratch);
	}
	if (lines->group_cap < groups) {
		lines->group_cap = groups + groups / 2;
		lines->groups = xrealloc_array(lines->groups, lines->group_cap, sizeof *lines->groups);
	}
	if (lines->cap < processes + groups) {
		lines->cap = processes + processes / 2 + groups;
		lines->rows = xrealloc_array(lines->rows, lines->cap, sizeof *lines->rows);
	}
}

/* Appends the group of a node whose processes begin at `first`; what is shown comes into the index, from `at` on. Returns
 * where its processes end. */
static size_t add_group(ProcessLines *lines, const Report *report, const ProcessChoice *choice, uint32_t node,
                        size_t first)
{
	ProcessGroup *group = &lines->groups[lines->ngroups++];
	*group = (ProcessGroup){.node = node, .sum = no_sum()};
	size_t i = first;
	for (; i < report->nprocesses && report->processes[i].key.node == report->nodes[node].key.node; i++) {
		if (!is_shown(&report->processes[i], choice))
			continue;
		add_row(&group->sum, &report->processes[i]);
		lines->index[lines->shown + group->shown++] = (uint32_t)i;
	}
	group->all = i - first;
	group->sum.node = report->nodes[node].node;
	group->sum.wal_bytes_per_second = report->nodes[node].wal_bytes_per_second;
	lines->all += group->all;
	lines->shown += group->shown;
	lines->unread += group->all == 0;
	return i;
}

static void add_lines(ProcessLines *lines, uint32_t group, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		lines->rows[lines->count++] = (ProcessLine){lines->index[i], group};
}

static bool is_polled(const NodeRow *node)
{
	return !node->is_client && !node->is_ghost;
}

/* The groups in the order of the tree, which is the order of the processes, too. */
static void add_groups(ProcessLines *lines, const Report *report, const ProcessChoice *choice, NodeId node)
{
	size_t next = 0;
	for (uint32_t r = 0; r < report->nnodes; r++) {
		if (!is_polled(&report->nodes[r]) || (node != 0 && report->nodes[r].key.node != node))
			continue;
		while (node != 0 && next < report->nprocesses && report->processes[next].key.node != node)
			next++;
		next = add_group(lines, report, choice, r, next);
	}
}

/* A node whose processes were read and of which none is shown has no heading; one of which nothing is known has. */
static void add_grouped(ProcessLines *lines, const Report *report, const ProcessChoice *choice)
{
	size_t from = 0;
	for (uint32_t g = 0; g < lines->ngroups; g++) {
		const ProcessGroup *group = &lines->groups[g];
		order_sort(choice->order, report->processes, sizeof *report->processes, lines->index + from,
		           lines->scratch, group->shown);
		if (lines->all_nodes && (group->all == 0 || group->shown > 0))
			lines->rows[lines->count++] = (ProcessLine){ROW_NONE, g};
		add_lines(lines, g, from, from + group->shown);
		from += group->shown;
	}
}

/* The group of a line is not asked for here: there are no headings. */
static void add_flat(ProcessLines *lines, const Report *report, const ProcessChoice *choice)
{
	order_sort(choice->order, report->processes, sizeof *report->processes, lines->index, lines->scratch,
	           lines->shown);
	add_lines(lines, ROW_NONE, 0, lines->shown);
}

void process_lines_clear(ProcessLines *lines)
{
	lines->count = lines->ngroups = lines->all = lines->shown = lines->unread = 0;
	lines->all_nodes = false;
	lines->sum = no_sum();
}

void process_lines_build(ProcessLines *lines, const Report *report, const ProcessChoice *choice, NodeId node)
{
	process_lines_clear(lines);
	lines->all_nodes = node == 0;
	grow(lines, report->nprocesses + 1, report->nnodes + 1);
	add_groups(lines, report, choice, node);
	for (size_t g = 0; g < lines->ngroups; g++)
		add_row(&lines->sum, &lines->groups[g].sum);
	if (lines->all_nodes && choice->flat)
		add_flat(lines, report, choice);
	else
		add_grouped(lines, report, choice);
}

void process_lines_free(ProcessLines *lines)
{
	free(lines->rows);
	free(lines->groups);
	free(lines->index);
	free(lines->scratch);
	*lines = (ProcessLines){0};
}

RowKey process_line_key(const ProcessLines *lines, const Report *report, size_t at)
{
	const ProcessLine *line = &lines->rows[at];
	if (line->row != ROW_NONE)
		return report->processes[line->row].key;
	return report->nodes[lines->groups[line->group].node].key;
}

int process_line_of(const ProcessLines *lines, const Report *report, RowKey key)
{
	for (size_t i = 0; i < lines->count; i++)
		if (row_key_eq(process_line_key(lines, report, i), key))
			return (int)i;
	return -1;
}
