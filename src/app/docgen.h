#ifndef PGREPLTOP_APP_DOCGEN_H
#define PGREPLTOP_APP_DOCGEN_H
/* Sections of the manual and the sample configuration, written from the tables. */
#include "base/str.h"

#include <stdbool.h>

/* `section`: options, keys, columns, settings, actions, styles, glyphs (parts of the manual in roff), config (the whole
 * sample pgrepltop.ini), bash, zsh (completion), themes (the names of those that are there). False: no such section. */
bool docgen_write(Str section, StrBuf *out);

#endif
