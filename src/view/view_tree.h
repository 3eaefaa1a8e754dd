#ifndef PGREPLTOP_VIEW_VIEW_TREE_H
#define PGREPLTOP_VIEW_VIEW_TREE_H
/* The tree of nodes: who replicates from whom, and where the lag stands. */
#include "model/report.h"
#include "view/frame.h"
#include "view/table.h"
#include "view/theme.h"
#include "view/uistate.h"

#include <stdbool.h>
#include <stddef.h>

/* What a lag bar consists of, in cells: the four stages, or plain where they are not known. */
typedef struct LagBar {
	int send, network, disk, replay;
	int plain;
} LagBar;

/* The length grows with the logarithm of the lag, from one cell at 1 kB to `width` at 16 GB; the stages divide it in
 * proportion to the gaps. */
LagBar tree_lag_bar(const NodeRow *node, int width);

/* Titles and all lines, from `row` on, in these columns of the table of nodes. */
void tree_draw_in(Frame *frame, int row, const TableLayout *layout, const Report *report, const UiState *ui,
                  const Theme *theme);

/* Lines that it would need to show everything, with the titles. */
int tree_height(const UiState *ui);
/* Draws into rows [row, row + height); the first is that of the titles if `titles`, or below one that says
 * which filter holds. */
void tree_draw(Frame *frame, int row, int height, bool titles, const Report *report, UiState *ui, const Theme *theme);

#endif
