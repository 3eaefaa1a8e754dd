#ifndef PGREPLTOP_APP_CONFIG_H
#define PGREPLTOP_APP_CONFIG_H
/* The configuration and theme files: the only user of libinih. Errors name file, line, key and what was expected. */
#include "app/options.h"
#include "base/err.h"
#include "view/theme.h"

#include <stdbool.h>

/* Reads options->config_file, or the first that exists of $XDG_CONFIG_HOME/pgrepltop/pgrepltop.ini,
 * ~/.config/pgrepltop/pgrepltop.ini, /etc/pgrepltop.ini; none is no error. Unknown keys, and a file with a password
 * that everybody may read, are appended to `warnings` (one a line), wrong values are errors. */
bool config_load(Options *options, StrBuf *warnings, Err *err);
/* Finds theme `name` (NAME.ini in the user's config folder's themes/, then in the installed one, then in themes/ beside
 * the program's sources when it runs uninstalled; a name with a slash is a path) and applies it over `theme`, which
 * theme_init() filled. The theme "default" need not have a file: it is built in. */
bool config_load_theme(Theme *theme, const char *name, Err *err);

#endif
