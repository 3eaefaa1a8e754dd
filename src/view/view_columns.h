#ifndef PGREPLTOP_VIEW_VIEW_COLUMNS_H
#define PGREPLTOP_VIEW_VIEW_COLUMNS_H
/* The lines of the box in which columns are chosen. */
#include "view/chooser.h"
#include "view/dialog_text.h"

/* A line for each column, then what the one under the cursor means and what the keys do: these stay in sight. */
void columns_fill(DialogText *text, const Chooser *chooser);

#endif
