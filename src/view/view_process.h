#ifndef PGREPLTOP_VIEW_VIEW_PROCESS_H
#define PGREPLTOP_VIEW_VIEW_PROCESS_H
/* The processes: of the selected node in the pane below the tree, and of all nodes in a view of their own. */
#include "model/report.h"
#include "view/frame.h"
#include "view/theme.h"
#include "view/uistate.h"

/* Lines that the pane would need to show everything. */
int process_height(const UiState *ui);
/* Draws into rows [row, row + height): a rule with the node's name, what is chosen and sums, then the table. */
void process_draw(Frame *frame, int row, int height, const Report *report, UiState *ui, const Theme *theme);
/* The same over the whole height, below a line with what this host's disks do. */
void process_view_draw(Frame *frame, int row, int height, const Report *report, UiState *ui, const Theme *theme);

#endif
