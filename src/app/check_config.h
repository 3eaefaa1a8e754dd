#ifndef PGREPLTOP_APP_CHECK_CONFIG_H
#define PGREPLTOP_APP_CHECK_CONFIG_H
/* --check-config: whether everything that is written down for the program is right, without connecting anywhere. */
#include "app/options.h"
#include "app/problems.h"

/* `problems` holds what config_load() found; those of the theme and of the nodes' connection strings are added. All go to
 * standard error, with none "ok" to standard output. Returns the exit status: 0 or, for warnings too, 2. */
int check_config(const Options *options, Problems *problems);

#endif
