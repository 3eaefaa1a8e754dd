#ifndef PGREPLTOP_APP_CONFIG_H
#define PGREPLTOP_APP_CONFIG_H
/* The configuration file. */
#include "app/options.h"
#include "app/problems.h"

/* Reads options->config_file, or the first that exists of $XDG_CONFIG_HOME/pgrepltop/pgrepltop.ini,
 * ~/.config/pgrepltop/pgrepltop.ini, /etc/pgrepltop.ini; none is no error. options->config_path says which it was.
 * Wrong values are errors, each with file, line, key and what was expected, and leave the default; unknown keys, keys that
 * stand twice, and a file with a password that others may read are warnings. */
void config_load(Options *options, Problems *problems);
/* $XDG_CONFIG_HOME or ~/.config, then "/pgrepltop/" and `name`, NUL-terminated. The XDG specification has relative paths
 * ignored. STR_NONE without a home. */
Str config_user_path(Arena *arena, const char *name);

#endif
