#include "view/rule.h"

Rule rule_begin(Frame *frame, int row, const Theme *theme, Str label)
{
	Rule rule = {{frame, row, 0, frame->cols}, theme->glyphs.horizontal, theme->glyphs.ellipsis};
	pen_fill(&rule.pen, 2, rule.line, STYLE_SEPARATOR);
	pen_put(&rule.pen, STR(" "), STYLE_LABEL);
	pen_put(&rule.pen, label, STYLE_LABEL);
	return rule;
}

void rule_part(Rule *rule, Str text, Style style)
{
	enum { ROOM_MIN = 8 };
	Pen *pen = &rule->pen;
	if (pen->end - pen->col < ROOM_MIN)
		return;
	pen_fill(pen, 1, rule->line, STYLE_SEPARATOR);
	pen_put(pen, STR(" "), STYLE_SEPARATOR);
	pen->col += frame_put_cut(pen->frame, pen->row, pen->col, pen->end - pen->col - 2, text, style, rule->ellipsis);
	pen_put(pen, STR(" "), STYLE_SEPARATOR);
}

void rule_end(Rule *rule)
{
	pen_fill(&rule->pen, rule->pen.end, rule->line, STYLE_SEPARATOR);
}
