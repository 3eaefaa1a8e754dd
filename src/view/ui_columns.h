#ifndef PGREPLTOP_VIEW_UI_COLUMNS_H
#define PGREPLTOP_VIEW_UI_COLUMNS_H
/* The box in which the columns of the table under focus are chosen. What is chosen there holds at once. */
#include "view/uistate.h"

void ui_choose_columns(UiState *ui);
void ui_key_in_columns(UiState *ui, Key key);

#endif
