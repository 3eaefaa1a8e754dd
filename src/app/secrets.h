#ifndef PGREPLTOP_APP_SECRETS_H
#define PGREPLTOP_APP_SECRETS_H
/* Connection strings as text: what is one, and the passwords in it. */
#include "base/str.h"

#include <stdbool.h>

/* A URI, or KEYWORD=VALUE..., as libpq tells them from a database name. */
bool conninfo_is(Str text);
bool conninfo_has_password(Str conninfo);
/* Takes all passwords out of a conninfo string or URI, in its own memory: what `ps` shows. The result is shorter; the
 * bytes behind it are zero. */
void conninfo_wipe_passwords(char *conninfo);

#endif
