#ifndef PGREPLTOP_VIEW_FRAME_H
#define PGREPLTOP_VIEW_FRAME_H
/* A grid of cells: what the terminal shall show, as data. Views write it, out/tui draws it, tests read it. Text from
 * servers enters only through frame_put(), which makes it safe for a terminal. */
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* What a piece of text is, not how it looks; themes map it to attributes. The names in theme files are in theme.c. */
typedef enum Style {
	STYLE_NORMAL,
	STYLE_DIM,
	STYLE_BOLD,
	STYLE_TITLE, /* program and cluster name in the header */
	STYLE_LABEL, /* words before a value in the header */
	STYLE_VALUE,
	STYLE_COLUMN,       /* column titles */
	STYLE_COLUMN_SORT,  /* the title of the sort column */
	STYLE_SEPARATOR,    /* rules between panes, tree lines */
	STYLE_SELECTED,     /* the row under the cursor */
	STYLE_SELECTED_OFF, /* the same in the pane without focus */
	STYLE_OK,
	STYLE_NOTE,
	STYLE_WARNING,
	STYLE_BAD,
	STYLE_PRIMARY,
	STYLE_BAR_SEND, /* the four stages of a lag bar */
	STYLE_BAR_NETWORK,
	STYLE_BAR_DISK,
	STYLE_BAR_REPLAY,
	STYLE_BAR_FRAME,
	STYLE_KEY,       /* key names in the last line */
	STYLE_KEY_LABEL, /* what they do */
	STYLE_MESSAGE,
	STYLE_MESSAGE_BAD,
	STYLE_ALARM,  /* what must not be missed: a split brain */
	STYLE_DIALOG, /* boxes: help, confirmation */
	STYLE_DIALOG_TITLE,
	STYLE_COUNT
} Style;

enum { CELL_TEXT_MAX = 12 };

typedef struct Cell {
	char text[CELL_TEXT_MAX]; /* UTF-8: a base character and its combining marks, `len` bytes, not NUL-terminated */
	uint8_t len;
	uint8_t width; /* 1 or 2; 0 = the right half of a wide character */
	uint8_t style; /* Style */
	uint8_t zero;  /* so that memcmp compares cells */
} Cell;

typedef struct Frame {
	int cols, rows;
	Cell *cells; /* rows * cols, row by row; owned */
	size_t cap;
} Frame;

/* A zero-initialised Frame is valid and empty. Sets the size and fills it with blanks in STYLE_NORMAL; reuses
 * memory. */
void frame_reset(Frame *frame, int cols, int rows);
void frame_free(Frame *frame);
/* Writes `text`, sanitised (utf8_sanitise), from (row, col) in at most `width` columns; what does not fit is cut, never
 * half a wide character. Positions outside the frame are clipped. Returns the columns used. STR_NONE writes nothing. */
int frame_put(Frame *frame, int row, int col, int width, Str text, Style style);
/* The same, and the last column is the character `ellipsis` where text was cut. */
int frame_put_cut(Frame *frame, int row, int col, int width, Str text, Style style, uint32_t ellipsis);
/* The same as frame_put, right-aligned in exactly `width` columns, cut at the right if too long. */
void frame_put_right(Frame *frame, int row, int col, int width, Str text, Style style);
/* Fills `width` cells with one single-width character. */
void frame_fill(Frame *frame, int row, int col, int width, uint32_t code_point, Style style);
/* Changes only the style of `width` cells. */
void frame_restyle(Frame *frame, int row, int col, int width, Style style);
/* Writes pieces of text one after the other on one row, up to (not including) column `end`. */
typedef struct Pen {
	Frame *frame;
	int row, col, end;
} Pen;
void pen_put(Pen *pen, Str text, Style style); /* cut at the end */
/* Only if the whole of it fits; `gap` blanks before it. False: nothing was written. */
bool pen_put_whole(Pen *pen, int gap, Str text, Style style);
void pen_fill(Pen *pen, int count, uint32_t code_point, Style style);

/* Bytes of a non-empty `text` that make a line of at most `columns`, broken at a blank if there is one; at least one
 * character. */
size_t frame_break(Str text, size_t columns);
/* Writes `text` word-wrapped into at most `rows` rows of `width` columns. */
void frame_put_wrapped(Frame *frame, int row, int col, int width, int rows, Str text, Style style);

/* The text of a row without trailing blanks, for tests and --once. */
void frame_row_text(const Frame *frame, int row, StrBuf *out);

#endif
