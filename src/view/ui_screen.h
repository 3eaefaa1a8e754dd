#ifndef PGREPLTOP_VIEW_UI_SCREEN_H
#define PGREPLTOP_VIEW_UI_SCREEN_H
/* What is done with the screen as a whole and with whatever table is on it: freeze, delay, columns,
 * and what is typed: filter, search, the time to go to in a recording. */
#include "view/uistate.h"

/* False: the action is none of these. */
bool ui_screen_action(UiState *ui, Action action, const Report *report, Effect *effect);

#endif
