#ifndef PGREPLTOP_VIEW_PAGE_H
#define PGREPLTOP_VIEW_PAGE_H
/* Lines of a view that fills the screen, drawn one after the other and scrolled. Those above the first one shown and below
 * the screen only count, so that a page drawn with a height of 0 says how long it is. */
#include "view/frame.h"

typedef struct Page {
	Frame *frame;
	int row, height; /* rows of the frame that it has */
	int top;         /* the first line shown */
	uint32_t ellipsis;
	int line; /* the next one */
} Page;

/* A pen for the next line; off the frame if it is not to be seen. */
Pen page_line(Page *page);
/* The next line begins with a label; what follows stands at column PAGE_INDENT. */
enum { PAGE_INDENT = 13 };
Pen page_label(Page *page, const char *label);
/* The whole of the next line in the style of column titles. */
Pen page_titles(Page *page);
/* Up to the end of the pen; what is cut ends with the ellipsis. */
void page_text(const Page *page, Pen *pen, Str text, Style style);
/* The same, going on in the next lines at column `col`, PAGE_WRAPPED_MAX in all; the last of them is cut. */
enum { PAGE_WRAPPED_MAX = 8 };
void page_wrapped(Page *page, Pen pen, int col, Str text, Style style);
/* A cell of `width` columns and a blank behind it; left out with all that follow where it does not fit as a whole. */
void page_cell(const Page *page, Pen *pen, int width, bool right, Str text, Style style);

#endif
