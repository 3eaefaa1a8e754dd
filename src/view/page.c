#include "view/page.h"

Pen page_line(Page *page)
{
	int at = page->line++ - page->top;
	bool visible = at >= 0 && at < page->height;
	return (Pen){page->frame, visible ? page->row + at : -1, 0, page->frame->cols};
}

Pen page_label(Page *page, const char *label)
{
	Pen pen = page_line(page);
	pen_put(&pen, str_from(label), STYLE_LABEL);
	pen.col = PAGE_INDENT;
	return pen;
}

Pen page_titles(Page *page)
{
	Pen pen = page_line(page);
	frame_fill(pen.frame, pen.row, 0, pen.frame->cols, ' ', STYLE_COLUMN);
	return pen;
}

void page_text(const Page *page, Pen *pen, Str text, Style style)
{
	pen->col += frame_put_cut(pen->frame, pen->row, pen->col, pen->end - pen->col, text, style, page->ellipsis);
}

void page_wrapped(Page *page, Pen pen, int col, Str text, Style style)
{
	int width = pen.end - col;
	pen.col = col;
	for (int i = 1; i < PAGE_WRAPPED_MAX && width > 0 && frame_break(text, (size_t)width) < text.len; i++) {
		size_t len = frame_break(text, (size_t)width);
		page_text(page, &pen, str_sub(text, 0, len), style);
		text = str_trim(str_sub(text, len, text.len));
		pen = page_line(page);
		pen.col = col;
	}
	page_text(page, &pen, text, style);
}

void page_cell(const Page *page, Pen *pen, int width, bool right, Str text, Style style)
{
	if (pen->col > 0 && pen->col + width > pen->end) {
		pen->col = pen->end;
		return;
	}
	if (right)
		frame_put_right(pen->frame, pen->row, pen->col, width, text, style);
	else
		frame_put_cut(pen->frame, pen->row, pen->col, width, text, style, page->ellipsis);
	pen->col += width + 1;
}
