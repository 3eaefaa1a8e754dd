#ifndef PGREPLTOP_VIEW_UI_ACT_H
#define PGREPLTOP_VIEW_UI_ACT_H
/* The reducer's door: what tags rows and asks for actions on them is done here, everything else by uistate. */
#include "view/uistate.h"

/* A key. Dialogs take keys first: help closes on Esc, q, ?, h; a confirmation acts only on y, scrolls on arrows and pages,
 * and backs out on anything else; results close on Esc and Enter. Any key clears the message.
 *
 * Cancel and terminate are for the tagged processes, pause and resume for the tagged nodes, and without any for the row
 * under the cursor. */
Effect ui_key(UiState *ui, Key key, const Report *report);
/* Whether processes of other nodes than the one that is shown are tagged, and so must be known. */
bool ui_wants_all_processes(const UiState *ui, NodeId shown);

#endif
