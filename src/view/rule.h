#ifndef PGREPLTOP_VIEW_RULE_H
#define PGREPLTOP_VIEW_RULE_H
/* A line across the screen above a table, which says what it holds: parts with a piece of the line between them. */
#include "view/frame.h"
#include "view/theme.h"

#include <stdint.h>

typedef struct Rule {
	Pen pen;
	uint32_t line, ellipsis;
} Rule;

/* Begins with a label; what follows it is put by the pen, up to a blank. */
Rule rule_begin(Frame *frame, int row, const Theme *theme, Str label);
/* A part that may be cut, and is left out where there is no room worth it. */
void rule_part(Rule *rule, Str text, Style style);
void rule_end(Rule *rule);

#endif
