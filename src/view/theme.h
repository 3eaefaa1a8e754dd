#ifndef PGREPLTOP_VIEW_THEME_H
#define PGREPLTOP_VIEW_THEME_H
/* How styles look: colours and attributes per Style, and the glyphs of lines and bars. A theme file is an ini file
 * that app/config reads; each of its lines comes through theme_set(). */
#include "base/err.h"
#include "base/str.h"
#include "view/color.h"
#include "view/frame.h"

#include <stdbool.h>
#include <stdint.h>

/* Single-column glyphs (code points). */
typedef struct Glyphs {
	uint32_t tree_branch, tree_last, tree_line, horizontal, vertical;
	uint32_t top_left, top_right, bottom_left, bottom_right; /* boxes */
	uint32_t bar_send, bar_network, bar_disk, bar_replay, bar_empty, bar_left, bar_right;
	uint32_t bar_plain; /* a lag of which the stages are not known */
	uint32_t spark[8];  /* lowest to highest */
	uint32_t ellipsis;
} Glyphs;

typedef struct Theme {
	Look looks[STYLE_COUNT];
	Glyphs glyphs;
} Theme;

/* The built-in theme, equal to themes/default.ini (a test holds them together). ascii: glyphs in 7 bits. */
void theme_init(Theme *theme, bool ascii);
/* A colour that a style does not name is that of `normal`, once all lines of a theme are in. */
void theme_finish(Theme *theme);
/* No colours, attributes only (bold, reverse, underline): for --no-color, NO_COLOR and terminals without colour. What
 * had a background colour other than that of `normal` is reversed. */
void theme_remove_colors(Theme *theme);
/* Only the glyphs, in 7 bits. */
void theme_use_ascii(Theme *theme);
/* One line of a theme file: section "styles", key = a style name, value = e.g. "fg=cyan bg=default bold" (what is not
 * named is default and off); section "glyphs", key = a glyph name, value = one single-column character, U+XXXX or
 * "space" (spark: eight of them in a row). False: what is wrong and what was expected; the theme is unchanged. */
bool theme_set(Theme *theme, Str section, Str key, Str value, Err *err);
/* The name of a style as in theme files, and what it is for. */
const char *style_name(Style style);
const char *style_help(Style style);
/* The same of the glyph at `index`; false behind the last one. */
bool theme_glyph(size_t index, const char **name, const char **help);

#endif
