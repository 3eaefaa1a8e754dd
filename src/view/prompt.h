#ifndef PGREPLTOP_VIEW_PROMPT_H
#define PGREPLTOP_VIEW_PROMPT_H
/* The last line of the screen while something is typed there. What Enter does with it is in ui_prompt. */
#include "view/edit.h"
#include "view/frame.h"

typedef enum PromptKind {
	PROMPT_NONE,
	PROMPT_FILTER_NODES,
	PROMPT_FILTER_PROCESSES,
	PROMPT_DELAY,
	PROMPT_SEARCH,
	PROMPT_TIME /* of a recording */
} PromptKind;

typedef struct Prompt {
	PromptKind kind;
	LineEdit edit;
} Prompt;

void prompt_draw(const Prompt *prompt, Frame *frame, int row);

#endif
