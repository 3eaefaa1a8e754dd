#ifndef PGREPLTOP_VIEW_VIEW_HEADER_H
#define PGREPLTOP_VIEW_VIEW_HEADER_H
/* The top of the screen: two lines for each of the first two clusters. Nodes that never said which cluster they belong
 * to are counted with the first one. */
#include "model/report.h"
#include "view/frame.h"
#include "view/theme.h"

/* Lines that it takes on a screen of `rows`. */
int header_height(const Report *report, int rows);
void header_draw(Frame *frame, int height, const Report *report, const Theme *theme);

#endif
