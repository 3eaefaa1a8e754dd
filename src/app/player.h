#ifndef PGREPLTOP_APP_PLAYER_H
#define PGREPLTOP_APP_PLAYER_H
/* --replay: a recording instead of servers, on the screen or as rows. No connection is made. */
#include "app/options.h"

/* The exit status. */
int player_run(const Options *options);

#endif
