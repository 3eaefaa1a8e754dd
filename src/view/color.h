#ifndef PGREPLTOP_VIEW_COLOR_H
#define PGREPLTOP_VIEW_COLOR_H
/* Colours as numbers: which of a terminal's few is nearest, and what can be read on what. The palette is xterm's; the
 * first 16 of it look different on many terminals, but not by much. */
#include <stdint.h>

/* -1 = the terminal's default; 0..255 = palette colour; COLOR_RGB | 0xRRGGBB = true colour */
typedef int32_t Color;
#define COLOR_DEFAULT (-1)
#define COLOR_RGB 0x1000000

enum { ATTR_BOLD = 1, ATTR_DIM = 2, ATTR_UNDERLINE = 4, ATTR_REVERSE = 8, ATTR_ITALIC = 16 };

typedef struct Look {
	Color fg, bg;
	unsigned attrs;
} Look;

typedef struct Rgb {
	int r, g, b; /* 0..255 */
} Rgb;

Rgb color_rgb(Color color);       /* not of COLOR_DEFAULT */
int color_distance(Rgb a, Rgb b); /* 0 = the same */
/* The nearest palette colour of [first, end). */
int color_nearest(Rgb rgb, int first, int end);
/* From 1 (the same) to 21 (black on white), as WCAG 2 defines it: 4.5 is enough for text. */
double color_contrast(Rgb a, Rgb b);
/* The look on a terminal with so many colours (8 or more) that cannot be redefined: palette numbers below `colors` and the
 * terminal's defaults only. With eight colours bold makes a foreground bright. What could be read can be read
 * afterwards: where two colours would come too close, the foreground becomes black or white. */
Look color_reduce(Look look, int colors);

#endif
