#ifndef PGREPLTOP_VIEW_CHART_H
#define PGREPLTOP_VIEW_CHART_H
/* The lag of a node over the last minutes, stacked by where it stood: what is not replayed at the bottom, what is not even
 * sent at the top; above that, without a stage, what its upstream itself lacks. */
#include "model/series.h"
#include "view/page.h"
#include "view/theme.h"

/* Lines that it takes beside those of the chart itself. */
enum { CHART_EXTRA = 2 };
/* Adds `rows` lines of chart with its scales to the page. One cell is one sample or, where there are too many, the highest
 * of several. */
void chart_draw(Page *page, int rows, const Series *series, NodeId node, const Theme *theme);

#endif
