#ifndef PGREPLTOP_VIEW_VIEW_ACT_H
#define PGREPLTOP_VIEW_VIEW_ACT_H
/* The texts of the confirmation of actions and of their results. */
#include "model/action.h"
#include "view/dialog_text.h"

/* The question, what it would do, whom it hits: in this order, as a small screen shows only the beginning; the last line says
 * which key does it. `since`: since when the screen is frozen, so that all this may have changed; STR_NONE = it is not. */
void act_fill_confirm(DialogText *text, const ActList *asked, Str since);
/* An answer each, for the targets from `from` on. */
void act_fill_results(DialogText *text, const ActList *acted, size_t from);

#endif
