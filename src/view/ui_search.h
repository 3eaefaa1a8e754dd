#ifndef PGREPLTOP_VIEW_UI_SEARCH_H
#define PGREPLTOP_VIEW_UI_SEARCH_H
/* Looks for words in the rows of the table under focus: tree, processes, events. What counts is what the columns on the
 * screen hold, also where it is cut there; what is folded away or left out by a filter is not looked at. */
#include "view/uistate.h"

/* Puts the cursor on the next (by = 1) or previous (-1) row that has ui->search in one of its texts, in any case; beyond the
 * end it goes on from the other one, which a message says, as that there is none. */
void ui_search(UiState *ui, const Report *report, int by);

#endif
