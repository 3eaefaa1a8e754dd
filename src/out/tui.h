#ifndef PGREPLTOP_OUT_TUI_H
#define PGREPLTOP_OUT_TUI_H
/* The terminal: the only user of ncurses. Draws frames (only cells that differ from the last one), turns what is typed
 * into Keys, and always restores the terminal. While the screen is up, standard error (libpq writes there) is caught if
 * it is a terminal, and shown when the screen is closed. */
#include "base/err.h"
#include "view/frame.h"
#include "view/keymap.h"
#include "view/theme.h"

#include <stdbool.h>

typedef struct Tui Tui;

/* Takes the terminal on standard input and output over (alternate screen, cbreak, keypad, no echo). NULL for a terminal
 * that cannot do it (TERM unknown, no cursor addressing, not a terminal): `err` says so and nothing was changed. An
 * atexit handler restores the terminal whatever ends the program. There is one Tui at a time; setlocale(LC_CTYPE, "")
 * comes before it. Where the terminal has no colours, theme_remove_colors() is applied. */
Tui *tui_open(const Theme *theme, Err *err);
void tui_close(Tui *tui); /* restores the terminal */
/* Colours the terminal has: 0 for a monochrome one. */
int tui_colors(const Tui *tui);
void tui_size(const Tui *tui, int *cols, int *rows);
/* Call after SIGWINCH: asks the terminal for its size. */
void tui_resize(Tui *tui);
void tui_draw(Tui *tui, const Frame *frame);
/* Repaint everything at the next draw (^L, after a stop). */
void tui_redraw(Tui *tui);
/* The next key without blocking (for ESC at most 25 ms, in which the rest of a key's sequence must come), or
 * UI_KEY_NONE. Call it until it gives UI_KEY_NONE: keys may wait where poll() does not see them. A key with Alt, and
 * sequences of unknown keys, are swallowed whole: their last letter is no command. */
Key tui_key(Tui *tui);
/* True when the terminal is gone (end of input, EIO). */
bool tui_gone(const Tui *tui);
/* Restores the terminal, stops the process (SIGSTOP to itself), and takes the terminal again when it is continued. */
void tui_suspend(Tui *tui);

#endif
