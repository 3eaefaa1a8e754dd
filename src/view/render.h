#ifndef PGREPLTOP_VIEW_RENDER_H
#define PGREPLTOP_VIEW_RENDER_H
/* Draws the whole screen into a frame: header, tree, process pane, message and key line, dialog. Any size down to
 * 1x1. */
#include "model/report.h"
#include "view/frame.h"
#include "view/theme.h"
#include "view/uistate.h"

/* `ui` is changed only where the layout decides: scroll positions and page sizes. */
void render(Frame *frame, int cols, int rows, const Report *report, UiState *ui, const Theme *theme);

#endif
