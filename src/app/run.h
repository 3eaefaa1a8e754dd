#ifndef PGREPLTOP_APP_RUN_H
#define PGREPLTOP_APP_RUN_H
/* The program once it knows what is asked of it: one loop that waits for nodes, terminal and signals at once. */
#include "app/options.h"
#include "app/problems.h"

/* `warnings` of the configuration are shown on the screen, where there is one. Returns the exit status: 0 done, 1 nothing
 * could be reached or output failed, 2 a usage or configuration error. Errors are on standard error. */
int run(const Options *options, const Problems *warnings);

#endif
