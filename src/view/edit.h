#ifndef PGREPLTOP_VIEW_EDIT_H
#define PGREPLTOP_VIEW_EDIT_H
/* One line of text being typed, as at a shell's prompt. */
#include "view/frame.h"
#include "view/keymap.h"

#include <stddef.h>

enum { EDIT_MAX = 256 };

typedef struct LineEdit {
	char text[EDIT_MAX]; /* UTF-8, `len` bytes, NUL-terminated */
	size_t len;
	size_t cursor; /* before the byte at which a character would be inserted */
} LineEdit;

typedef enum EditResult { EDIT_MORE, EDIT_DONE, EDIT_LEFT } EditResult;

/* Begins with a text, the cursor behind it; what is too long for the line is cut. */
void edit_set(LineEdit *edit, Str text);
/* Characters are inserted; Backspace, Del, Left, Right, Home, End, and as in a shell C-a, C-e, C-b, C-f, C-d, C-h, C-k,
 * C-u, C-w. Enter is EDIT_DONE, Esc and C-g EDIT_LEFT. Other keys do nothing, as characters that no terminal may get. */
EditResult edit_key(LineEdit *edit, Key key);
Str edit_text(const LineEdit *edit);
/* Draws it from (row, col) to the end of the row, so far to the right that the cursor is seen. */
void edit_draw(const LineEdit *edit, Frame *frame, int row, int col);

#endif
