#include "view/dialog_text.h"

#include "base/utf8.h"

#include <stdlib.h>

void dialog_text_init(DialogText *text, int width)
{
	*text = (DialogText){.width = width > 0 ? width : 1, .cursor = -1};
}

void dialog_text_free(DialogText *text)
{
	free(text->lines);
	arena_free(&text->arena);
	*text = (DialogText){0};
}

void dialog_add_line(DialogText *text, Str line, Style style)
{
	if (text->nlines == text->cap) {
		text->cap = text->cap == 0 ? 64 : 2 * text->cap;
		text->lines = xrealloc_array(text->lines, text->cap, sizeof *text->lines);
	}
	text->lines[text->nlines++] = (DialogLine){line, style, 0, style};
}

void dialog_add_blank(DialogText *text)
{
	dialog_add_line(text, STR(""), STYLE_DIALOG);
}

void dialog_mark_last(DialogText *text, uint32_t mark, Style style)
{
	text->lines[text->nlines - 1].mark = mark;
	text->lines[text->nlines - 1].mark_style = style;
}

static Str indented(Arena *arena, size_t indent, Str line)
{
	return str_format(arena, "%*s%.*s", (int)indent, "", STR_ARG(line));
}

void dialog_add_hanging(DialogText *text, Str paragraph, size_t hang, size_t max, Style style)
{
	StrBuf safe = {0};
	utf8_sanitise(&safe, paragraph);
	Str rest = str_dup(&text->arena, strbuf_str(&safe));
	strbuf_free(&safe);
	for (size_t n = 0; rest.len > 0 && n < max; n++) {
		size_t indent = n > 0 ? hang : 0;
		size_t columns = (size_t)text->width > indent ? (size_t)text->width - indent : 1;
		size_t end = frame_break(rest, columns);
		Str line = str_sub(rest, 0, end);
		dialog_add_line(text, indent > 0 ? indented(&text->arena, indent, line) : line, style);
		rest = str_sub(rest, end, rest.len);
		while (rest.len > 0 && rest.data[0] == ' ')
			rest = str_sub(rest, 1, rest.len);
	}
}

void dialog_add_paragraph(DialogText *text, Str paragraph, Style style)
{
	dialog_add_hanging(text, paragraph, 0, SIZE_MAX, style);
}

void dialog_add_pair(DialogText *text, const char *label, Str value, size_t max)
{
	enum { LABEL_WIDTH = 10 };
	StrBuf pair = {0};
	strbuf_addf(&pair, "%-*s", LABEL_WIDTH, label);
	if (value.len == 0)
		strbuf_add_char(&pair, '-');
	strbuf_add(&pair, value);
	dialog_add_hanging(text, strbuf_str(&pair), LABEL_WIDTH, max, STYLE_DIALOG);
	strbuf_free(&pair);
}
