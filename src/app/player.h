#ifndef PGREPLTOP_APP_PLAYER_H
#define PGREPLTOP_APP_PLAYER_H
/* --replay: a recording instead of servers, on the screen, as rows, or as text. No connection is made. */
#include "app/options.h"
#include "app/problems.h"

/* The exit status. On the screen `warnings` are its first message. */
int player_run(const Options *options, const Problems *warnings);

#endif
