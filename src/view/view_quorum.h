#ifndef PGREPLTOP_VIEW_VIEW_QUORUM_H
#define PGREPLTOP_VIEW_VIEW_QUORUM_H
/* The quorum and failover lens of one primary: whether commits are acknowledged, what is lost if it dies now, whom to
 * promote, and what other rules would cost. */
#include "model/report.h"
#include "view/frame.h"
#include "view/theme.h"

/* Draws `quorum` into rows [row, row + height) from its line `top` on. Returns how many lines there are in all. */
int quorum_draw(Frame *frame, int row, int height, int top, const QuorumRow *quorum, const Theme *theme);

#endif
