#ifndef PGREPLTOP_VIEW_VIEW_NOTE_H
#define PGREPLTOP_VIEW_VIEW_NOTE_H
/* What a line of the tree says in words, because the columns of an edge mean nothing for it: a slot that nobody holds, a
 * base backup. */
#include "model/rows.h"

/* Appends it; nothing for a line whose columns say all. The most important comes first. */
void note_write(StrBuf *out, const Report *report, const NodeRow *node);

#endif
