#ifndef PGREPLTOP_VIEW_CHOOSER_H
#define PGREPLTOP_VIEW_CHOOSER_H
/* The list in which the columns of a table on the screen are chosen: all of them, those that are shown in their order and then
 * the others; one is under the cursor. */
#include "model/columns.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct Chooser {
	TableId table;
	const Metric *metrics[TABLE_COLUMNS_MAX];
	bool shown[TABLE_COLUMNS_MAX];
	size_t count;
	size_t at;
} Chooser;

void chooser_open(Chooser *chooser, TableId table, const ColumnList *shown);
/* The first one stays where it is: false. */
bool chooser_toggle(Chooser *chooser);
/* Takes the column under the cursor up (by = -1) or down (1), and the cursor with it. False: it is at the end. */
bool chooser_move(Chooser *chooser, int by);
/* What is chosen now. */
ColumnList chooser_columns(const Chooser *chooser);

#endif
