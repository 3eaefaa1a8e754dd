#ifndef PGREPLTOP_VIEW_PROCESS_TABLE_H
#define PGREPLTOP_VIEW_PROCESS_TABLE_H
/* The table of processes as the pane below the tree and the view of their own show it: titles, headings of nodes, rows, and
 * why there are none. */
#include "model/report.h"
#include "view/frame.h"
#include "view/theme.h"
#include "view/uistate.h"

/* Draws into rows [row, row + height); only what is visible is looked at. */
void process_table_draw(Frame *frame, int row, int height, const Report *report, UiState *ui, const Theme *theme);
/* The kernel counts delays for none of those that are shown: then they are no column. */
bool process_delays_off(const ProcessUi *ui);

#endif
