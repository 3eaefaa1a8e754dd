#ifndef PGREPLTOP_VIEW_VIEW_EVENTS_H
#define PGREPLTOP_VIEW_VIEW_EVENTS_H
/* What changed, one line an event, the newest last. */
#include "model/report.h"
#include "view/frame.h"
#include "view/theme.h"
#include "view/uistate.h"

/* Draws into rows [row, row + height); the first has the titles. */
void events_draw(Frame *frame, int row, int height, const Report *report, UiState *ui, const Theme *theme);

#endif
