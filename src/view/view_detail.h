#ifndef PGREPLTOP_VIEW_VIEW_DETAIL_H
#define PGREPLTOP_VIEW_VIEW_DETAIL_H
/* All that is known of one row of the tree: where its lag stands and when it will be gone, and a chart of it. */
#include "model/report.h"
#include "view/frame.h"
#include "view/theme.h"

/* Draws report->nodes[node] into rows [row, row + height) from its line `top` on; the chart is as high as it takes to fill
 * `room` lines, within limits. Returns how many lines there are in all. */
int detail_draw(Frame *frame, int row, int height, int top, int room, const Report *report, uint32_t node,
                const Theme *theme);

#endif
