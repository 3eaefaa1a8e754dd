#ifndef PGREPLTOP_VIEW_HINT_H
#define PGREPLTOP_VIEW_HINT_H
/* The line that somebody sees first who has not used the program before. */
#include "view/keymap.h"

/* The few keys with which all else can be found, by what they are bound to now; one that is bound to nothing is left out. */
void hint_write(const Keymap *keymap, StrBuf *out);

#endif
