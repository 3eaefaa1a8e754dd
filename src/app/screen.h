#ifndef PGREPLTOP_APP_SCREEN_H
#define PGREPLTOP_APP_SCREEN_H
/* What a screen of servers and one of a recording have in common. */
#include "app/output.h"
#include "app/problems.h"
#include "out/tui.h"
#include "view/uistate.h"

/* Makes signals news like any other (a descriptor to poll), so that the terminal is always restored. */
bool screen_catch_signals(int *signal_fd, Err *err);
/* Takes the terminal, with theme and keys as the options say; a message says what is wrong in the files. NULL: it cannot be had.
 * The ui is to be freed in any case. */
Tui *screen_open(const Output *chosen, const Problems *warnings, Theme *theme, UiState *ui, Err *err);
/* Takes what signals came. False: the program is to end. */
bool screen_take_signals(int signal_fd, Tui *tui, bool *dirty);

#endif
