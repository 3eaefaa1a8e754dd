#ifndef PGREPLTOP_VIEW_UI_PROMPT_H
#define PGREPLTOP_VIEW_UI_PROMPT_H
/* What is asked for in the last line, and what becomes of the answer. */
#include "view/uistate.h"

/* Opens the prompt with what holds now. */
void ui_ask(UiState *ui, PromptKind kind, const Report *report);
/* A key while the prompt is open. What cannot be understood stays there, with a message that says what was expected. */
Effect ui_key_in_prompt(UiState *ui, Key key, const Report *report);

#endif
