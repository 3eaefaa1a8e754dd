#ifndef PGREPLTOP_VIEW_COLUMNS_H
#define PGREPLTOP_VIEW_COLUMNS_H
/* Which columns of a table the person wants on the screen, in which order; and the list in which that is chosen. */
#include "base/err.h"
#include "model/metric.h"

#include <stdbool.h>
#include <stddef.h>

/* None: the program chooses by the width of the screen. */
typedef struct Columns {
	const Metric *metrics[TABLE_COLUMNS_MAX];
	size_t count;
} Columns;

bool columns_have(const Columns *columns, const Metric *metric);
/* Names separated by blanks or commas, as in CSV or by title; the table's first one, the name of the row, always stands first,
 * named or not. An empty text is none. False: one is unknown, not for the screen, or named twice; *columns is as it was. */
bool columns_parse_names(Columns *columns, TableId table, Str text, Err *err);
/* The names as columns_parse_names() reads them. */
void columns_write_names(const Columns *columns, StrBuf *out);

/* All columns of a table, those that are shown in their order and then the others; one is under the cursor. */
typedef struct Chooser {
	TableId table;
	const Metric *metrics[TABLE_COLUMNS_MAX];
	bool shown[TABLE_COLUMNS_MAX];
	size_t count;
	size_t at;
} Chooser;

void chooser_open(Chooser *chooser, TableId table, const Columns *shown);
/* The first one stays where it is: false. */
bool chooser_toggle(Chooser *chooser);
/* Takes the column under the cursor up (by = -1) or down (1), and the cursor with it. False: it is at the end. */
bool chooser_move(Chooser *chooser, int by);
/* What is chosen now. */
Columns chooser_columns(const Chooser *chooser);

#endif
