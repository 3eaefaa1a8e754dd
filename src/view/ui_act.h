#ifndef PGREPLTOP_VIEW_UI_ACT_H
#define PGREPLTOP_VIEW_UI_ACT_H
/* The part of the reducer that tags rows and asks for actions on them. */
#include "view/uistate.h"

/* Tags the row under the cursor, or takes its tag away. False, with a message: it cannot be tagged. */
bool ui_tag(UiState *ui, const Report *report);
void ui_untag_all(UiState *ui);
/* Forgets the tags of rows that are gone. A node whose processes were not read keeps theirs. */
void ui_prune_tags(UiState *ui, const Report *report);
/* Opens the confirmation for the tagged rows, or without any for the one under the cursor; or says why not. */
void ui_ask_signal(UiState *ui, const Report *report, bool terminate);
void ui_ask_replay(UiState *ui, const Report *report);

/* y acts, arrows and pages scroll, anything else backs out. */
Effect ui_key_in_confirm(UiState *ui, Key key);
void ui_key_in_results(UiState *ui, Key key);

#endif
