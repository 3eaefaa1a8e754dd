#ifndef PGREPLTOP_APP_OUTPUT_H
#define PGREPLTOP_APP_OUTPUT_H
/* What is written of reports, of servers and of recordings alike: rows (--batch), or the tree as text (--once). */
#include "app/options.h"
#include "model/choice.h"
#include "out/batch.h"

typedef struct Output {
	const Options *options;
	TableId table;   /* that filter and order are of */
	Filter filter;   /* --filter */
	SortOrder order; /* --sort */
	Batch *batch;    /* --batch; else NULL */
} Output;

/* Reads --filter and --sort: of the table that is written, and on the screen of the processes, or of the tree if --table names
 * nodes. False: a usage error. */
bool output_init(Output *output, const Options *options, Err *err);
/* Opens what rows are written to, if any are; warnings go to standard error. */
bool output_open(Output *output, Err *err);
void output_close(Output *output);
/* The rows that are chosen; `arena` is for what is needed until it returns. */
bool output_rows(Output *output, Arena *arena, const Report *report, Err *err);
/* The tree as text. */
bool output_tree(const Output *output, const Report *report, Err *err);

#endif
