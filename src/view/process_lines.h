#ifndef PGREPLTOP_VIEW_PROCESS_LINES_H
#define PGREPLTOP_VIEW_PROCESS_LINES_H
/* Which lines a table of processes on the screen has: the processes of one node, or of all of them with a heading a node,
 * in the chosen order and without what the filter leaves out. Computed once per report or change of the view. */
#include "model/filter.h"
#include "model/order.h"
#include "model/rows.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the person chose; it holds for every table of processes. */
typedef struct ProcessChoice {
	SortOrder order;
	Filter filter;
	bool only_active;
	bool totals;   /* bytes since the program first saw a process in place of bytes per second */
	bool one_node; /* in the process view: those of the selected node, not of all */
	bool flat;     /* all nodes in one list, not a group for each */
} ProcessChoice;

typedef struct ProcessLine {
	uint32_t row;   /* index into report->processes; ROW_NONE: the heading of its group */
	uint32_t group; /* index into ProcessLines.groups */
} ProcessLine;

/* The processes of a node. */
typedef struct ProcessGroup {
	uint32_t node;     /* index into report->nodes */
	size_t all, shown; /* processes it has, and of them those that are lines */
	ProcessRow sum;    /* of those that are shown; WAL/s is the node's own, which processes share */
} ProcessGroup;

/* Zero-initialised is empty; owns its memory, which grows and is kept. The lines hold for the report that they were built
 * from only. */
typedef struct ProcessLines {
	ProcessLine *rows;
	size_t count, cap;
	ProcessGroup *groups; /* in tree order */
	size_t ngroups, group_cap;
	uint32_t *index, *scratch; /* of processes, while they are sorted */
	size_t index_cap;
	bool all_nodes;
	size_t all, shown; /* sums over the groups */
	size_t unread;     /* nodes that have no processes */
	ProcessRow sum;
} ProcessLines;

/* Of the node, or of all if it is 0. */
void process_lines_build(ProcessLines *lines, const Report *report, const ProcessChoice *choice, NodeId node);
void process_lines_clear(ProcessLines *lines); /* of no node */
void process_lines_free(ProcessLines *lines);
/* What the line stands for, over time: a process, or a node. */
RowKey process_line_key(const ProcessLines *lines, const Report *report, size_t at);
/* The line of a key; -1 = none. */
int process_line_of(const ProcessLines *lines, const Report *report, RowKey key);
/* Reads, writes, uses a processor, or runs a statement; where totals are shown, also what did so before. */
bool process_is_active(const ProcessRow *row, bool totals);
/* The column of rates that stands for a column of totals, and the other way round; others are themselves. */
const Metric *process_column(const Metric *metric, bool totals);

#endif
