#ifndef PGREPLTOP_VIEW_DIALOG_TEXT_H
#define PGREPLTOP_VIEW_DIALOG_TEXT_H
/* The lines of a box, word-wrapped as they are added. */
#include "base/arena.h"
#include "view/frame.h"

#include <stddef.h>

/* A line: text, before which `mark` may stand in a style of its own. */
typedef struct DialogLine {
	Str text;
	Style style;
	uint32_t mark; /* 0 = none */
	Style mark_style;
} DialogLine;

typedef struct DialogText {
	Arena arena; /* holds the texts */
	DialogLine *lines;
	size_t nlines, cap;
	int width;
	int tail;   /* so many lines at the end stay where the others are scrolled */
	int cursor; /* the line that is to be seen; -1 = none, the person scrolls */
} DialogText;

void dialog_text_init(DialogText *text, int width);
void dialog_text_free(DialogText *text);

/* Texts are borrowed here; all others are copied and made safe. */
void dialog_add_line(DialogText *text, Str line, Style style);
void dialog_add_blank(DialogText *text);
void dialog_add_paragraph(DialogText *text, Str paragraph, Style style);
/* `hang` blanks before all lines but the first, `max` lines at most. */
void dialog_add_hanging(DialogText *text, Str paragraph, size_t hang, size_t max, Style style);
/* "label     value", the value wrapped under itself; "-" for an empty one. */
void dialog_add_pair(DialogText *text, const char *label, Str value, size_t max);
/* Puts a mark before the line that was added last. */
void dialog_mark_last(DialogText *text, uint32_t mark, Style style);

#endif
