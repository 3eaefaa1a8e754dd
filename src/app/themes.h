#ifndef PGREPLTOP_APP_THEMES_H
#define PGREPLTOP_APP_THEMES_H
/* Theme files: NAME.ini in the user's config folder's themes/, then in the installed one, then in themes/ beside the
 * program's sources when it runs uninstalled. */
#include "app/problems.h"
#include "view/theme.h"

#include <stdbool.h>

typedef struct ThemeWants {
	bool ascii;    /* glyphs in 7 bits, whatever the theme says */
	bool no_color; /* attributes only */
} ThemeWants;

/* Fills `theme` ready for the screen: the built-in theme with what the file of that name says over it (a name with a slash
 * is a path; "default" need not have a file). False: the file is missing or wrong, each problem is named with file, line
 * and reason, and `theme` is the built-in one. Can be called at any time. */
bool themes_load(Theme *theme, const char *name, ThemeWants wants, Problems *problems);
/* The names of all themes that can be loaded by name, sorted, each once. */
size_t themes_list(Arena *arena, Str **names);

#endif
