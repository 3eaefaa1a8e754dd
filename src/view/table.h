#ifndef PGREPLTOP_VIEW_TABLE_H
#define PGREPLTOP_VIEW_TABLE_H
/* Lays out the columns of a metric table for a width: priorities, sideways scrolling, alignment, and one row's
 * cells. */
#include "model/columns.h"
#include "model/rows.h"
#include "view/frame.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct TableColumn {
	const Metric *metric;
	int col;   /* its left edge */
	int width; /* cells */
} TableColumn;

typedef struct TableLayout {
	TableColumn columns[TABLE_COLUMNS_MAX];
	size_t ncolumns;
	int width;                  /* up to the last column's end */
	bool more_left, more_right; /* columns hidden by scrolling or by width */
	bool chosen;                /* more_right is said, as none dropped out for being less important */
} TableLayout;

/* Where width that is left goes: to the column `name` until it is `max` wide (0: without limit). */
typedef struct TableStretch {
	const char *name; /* NULL ends the list */
	int max;
	int reserve; /* so much more than its own width is kept free for it when the other columns are chosen */
} TableStretch;

/* Which of `names` (in this order; NULL-terminated) fit into `width`: the highest Metric.priority drops out first; the
 * first column always stays; `left` further columns are scrolled away behind it (then nothing drops by priority: what
 * fits from there is shown). Width that is left goes to the columns of `stretch`, one after the other; names that are
 * not shown are passed over. */
void table_layout(TableLayout *layout, const MetricTable *table, const char *const *names, int width, int left,
                  const TableStretch *stretch);
/* The same of columns that the person chose: none drops out, what does not fit is beyond the right edge. */
void table_layout_chosen(TableLayout *layout, const ColumnList *columns, int width, int left,
                         const TableStretch *stretch);
ColumnList table_columns(const TableLayout *layout);
/* The column of that name, or NULL where it is not shown. */
const TableColumn *table_find(const TableLayout *layout, const char *name);
/* Numbers and LSNs are right-aligned, text (and Metric.left) left-aligned. */
bool table_is_left(const Metric *metric);
/* How a health looks. */
Style health_style(RowHealth health);
/* Marks the title of the sort column: its style, and ^ (lowest first) or v where there is room beside it. */
void table_mark_sort(const TableLayout *layout, Frame *frame, int row, const Metric *column, bool descending);
/* Over the whole width of the frame; < and > show where columns are scrolled away. */
void table_draw_titles(const TableLayout *layout, Frame *frame, int row, Style style);
/* A star at the end of the first column, or behind it where that is taken: the row is tagged. */
void table_mark_tagged(const TableLayout *layout, Frame *frame, int row);
/* Unknown as "-", dim. Text that is cut ends with the character `ellipsis`. */
void table_draw_cell(const TableColumn *column, Frame *frame, int row, const void *data, Style style,
                     uint32_t ellipsis);
/* The same with the text given instead of the metric's. */
void table_draw_text(const TableColumn *column, Frame *frame, int row, Str text, Style style, uint32_t ellipsis);

#endif
