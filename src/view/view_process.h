#ifndef PGREPLTOP_VIEW_VIEW_PROCESS_H
#define PGREPLTOP_VIEW_VIEW_PROCESS_H
/* The processes of the node that is selected in the tree. */
#include "model/report.h"
#include "view/frame.h"
#include "view/theme.h"
#include "view/uistate.h"

/* Lines that it would need to show everything. */
int process_height(const Report *report, const UiState *ui);
/* Draws into rows [row, row + height): a rule with the node's name and totals, titles, processes. */
void process_draw(Frame *frame, int row, int height, const Report *report, UiState *ui, const Theme *theme);

#endif
