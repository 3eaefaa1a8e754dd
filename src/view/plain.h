#ifndef PGREPLTOP_VIEW_PLAIN_H
#define PGREPLTOP_VIEW_PLAIN_H
/* --once: a report as plain text, drawn as the screen draws it, with room for all of it. */
#include "base/str.h"
#include "model/rows.h"
#include "view/theme.h"

/* Header, tree, what is wrong with which node, and slots; lines without trailing blanks. */
void plain_write(StrBuf *out, const Report *report, const Theme *theme);

#endif
