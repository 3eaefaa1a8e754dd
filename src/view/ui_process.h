#ifndef PGREPLTOP_VIEW_UI_PROCESS_H
#define PGREPLTOP_VIEW_UI_PROCESS_H
/* What the person chose of the processes, in the pane below the tree and in the view of their own: which are shown and in
 * which order. */
#include "view/process_lines.h"

#include <stdbool.h>

/* Zero-initialised is the beginning; owns its memory. */
typedef struct ProcessUi {
	ProcessChoice choice;
	ProcessLines lines; /* of the report that ui_update() saw last */
	/* The columns on the screen, from left to right, set by the layout: what can be sorted by. */
	const Metric *columns[TABLE_COLUMNS_MAX];
	size_t ncolumns;
} ProcessUi;

void process_ui_free(ProcessUi *ui);
/* What the command line asks for; the order may be by a column of totals, which then are shown. */
void process_ui_choose(ProcessUi *ui, const Filter *filter, SortOrder order);
/* Sorts by the next column on the screen, to the right or (by = -1) to the left. */
void process_ui_sort(ProcessUi *ui, int by);
/* False: there is no sort column. */
bool process_ui_reverse(ProcessUi *ui);
/* Rates or totals; the sort column becomes its counterpart. */
void process_ui_toggle_totals(ProcessUi *ui);
/* In which order the rows stand, in words. */
void process_ui_say_order(const ProcessUi *ui, StrBuf *out);

#endif
