#ifndef PGREPLTOP_APP_COMPLETION_H
#define PGREPLTOP_APP_COMPLETION_H
/* What shells complete after the program's name, written from the option table. */
#include "base/str.h"

void completion_bash(StrBuf *out);
void completion_zsh(StrBuf *out);

#endif
