#ifndef PGREPLTOP_VIEW_VIEW_DIALOG_H
#define PGREPLTOP_VIEW_VIEW_DIALOG_H
/* Boxes over the screen: the help, the confirmation of actions and their results. */
#include "view/frame.h"
#include "view/theme.h"
#include "view/uistate.h"

/* Draws the dialog of `ui`, if one is open; its scroll position is kept within the text. */
void dialog_draw(Frame *frame, UiState *ui, const Theme *theme);

#endif
