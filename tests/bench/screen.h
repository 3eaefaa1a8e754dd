#ifndef TESTS_BENCH_SCREEN_H
#define TESTS_BENCH_SCREEN_H

/* What a terminal would show after some output: as much of xterm as ncurses uses, one ASCII character a cell, all other
 * characters as '?' (and one column wide). Enough to tell whether a text stands on the screen. */

#include <stddef.h>
#include <stdio.h>

typedef struct Screen Screen;

Screen *screen_new(int cols, int rows);
void screen_free(Screen *screen);
void screen_write(Screen *screen, const char *bytes, size_t count);

/* How often a text stands on the screen, each time within one row. */
int screen_count(const Screen *screen, const char *text);
void screen_print(const Screen *screen, FILE *out);

#endif
