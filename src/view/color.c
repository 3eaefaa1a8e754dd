#include "view/color.h"

#include <math.h>
#include <stdbool.h>

enum { BLACK = 0, WHITE = 7, BRIGHT = 8, BRIGHT_BLACK = 8, BRIGHT_WHITE = 15 };
enum { FIRST_FIXED = 16, PALETTE = 256 }; /* people give the first 16 other colours */

static const double READABLE = 3; /* what WCAG 2 asks of large text; of 8 colours few reach more */
static const double VISIBLE = 2;

static Rgb palette_rgb(int color)
{
	static const Rgb ansi[16] = {
		{0, 0, 0},     {205, 0, 0},     {0, 205, 0},     {205, 205, 0},   {0, 0, 238}, {205, 0, 205},
		{0, 205, 205}, {229, 229, 229}, {127, 127, 127}, {255, 0, 0},     {0, 255, 0}, {255, 255, 0},
		{92, 92, 255}, {255, 0, 255},   {0, 255, 255},   {255, 255, 255},
	};
	static const int levels[6] = {0, 95, 135, 175, 215, 255};
	if (color < 16)
		return ansi[color];
	if (color >= 232) {
		int gray = 8 + 10 * (color - 232);
		return (Rgb){gray, gray, gray};
	}
	color -= 16;
	return (Rgb){levels[color / 36], levels[color / 6 % 6], levels[color % 6]};
}

Rgb color_rgb(Color color)
{
	if (!(color & COLOR_RGB))
		return palette_rgb(color);
	return (Rgb){color >> 16 & 0xFF, color >> 8 & 0xFF, color & 0xFF};
}

int color_distance(Rgb a, Rgb b)
{
	return (a.r - b.r) * (a.r - b.r) + (a.g - b.g) * (a.g - b.g) + (a.b - b.b) * (a.b - b.b);
}

int color_nearest(Rgb rgb, int first, int end)
{
	int best = first;
	for (int i = first; i < end; i++) {
		if (color_distance(palette_rgb(i), rgb) < color_distance(palette_rgb(best), rgb))
			best = i;
	}
	return best;
}

/* Of one channel, as the eye weighs it. */
static double linear(int level)
{
	double part = level / 255.0;
	return part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4);
}

static double luminance(Rgb rgb)
{
	return 0.2126 * linear(rgb.r) + 0.7152 * linear(rgb.g) + 0.0722 * linear(rgb.b);
}

double color_contrast(Rgb a, Rgb b)
{
	double la = luminance(a), lb = luminance(b);
	return la > lb ? (la + 0.05) / (lb + 0.05) : (lb + 0.05) / (la + 0.05);
}

static bool is_gray(Rgb rgb)
{
	enum { SPREAD_MAX = 32 };
	int max = rgb.r > rgb.g ? rgb.r : rgb.g, min = rgb.r < rgb.g ? rgb.r : rgb.g;
	max = max > rgb.b ? max : rgb.b;
	min = min < rgb.b ? min : rgb.b;
	return max - min <= SPREAD_MAX;
}

/* Of the first 16, [first, end); a gray does not become a colour. */
static int nearest_ansi(Rgb rgb, int first, int end)
{
	int best = -1;
	for (int i = first; i < end; i++) {
		bool fits = !is_gray(rgb) || is_gray(color_rgb(i));
		if (fits && (best < 0 || color_distance(color_rgb(i), rgb) < color_distance(color_rgb(best), rgb)))
			best = i;
	}
	return best;
}

static Color reduce(Color color, int colors, bool is_fg, unsigned *attrs)
{
	if (color == COLOR_DEFAULT || color < (colors < PALETTE ? colors : PALETTE))
		return color;
	Rgb rgb = color_rgb(color);
	if (colors >= PALETTE)
		return color_nearest(rgb, FIRST_FIXED, PALETTE);
	if (colors >= FIRST_FIXED)
		return nearest_ansi(rgb, 0, FIRST_FIXED);
	/* Bright black is black on many terminals with eight colours. */
	Color bright = nearest_ansi(rgb, BRIGHT_BLACK + 1, BRIGHT_WHITE + 1);
	Color plain = nearest_ansi(rgb, BLACK, WHITE + 1);
	if (color > BRIGHT_BLACK && color <= BRIGHT_WHITE)
		plain = color - BRIGHT;
	if (!is_fg || color_distance(color_rgb(plain), rgb) <= color_distance(color_rgb(bright), rgb))
		return plain;
	*attrs |= ATTR_BOLD;
	return bright - BRIGHT;
}

static double look_contrast(const Look *look)
{
	return color_contrast(color_rgb(look->fg), color_rgb(look->bg));
}

Look color_reduce(Look look, int colors)
{
	Look reduced = look;
	reduced.fg = reduce(look.fg, colors, true, &reduced.attrs);
	reduced.bg = reduce(look.bg, colors, false, &reduced.attrs);
	bool is_kept = reduced.fg == look.fg && reduced.bg == look.bg;
	if (is_kept || look.fg == COLOR_DEFAULT || look.bg == COLOR_DEFAULT || look_contrast(&reduced) >= READABLE ||
	    look_contrast(&look) < VISIBLE)
		return reduced;
	Color white = colors >= FIRST_FIXED ? BRIGHT_WHITE : WHITE;
	reduced.fg = white;
	if (look_contrast(&reduced) < color_contrast(color_rgb(BLACK), color_rgb(reduced.bg)))
		reduced.fg = BLACK;
	return reduced;
}
