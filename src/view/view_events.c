#include "view/view_events.h"

#include "view/page.h"

enum { TIME = 10, EVENT = 15, NODE_NARROW = 20, NODE_WIDE = 30 };

/* "12:01:33" of "2026-11-21T12:01:33.123Z" */
static Str clock_of(Str time)
{
	return time.len < 19 ? time : str_sub(time, 11, 19);
}

static Style style_of(Str severity)
{
	if (str_eq(severity, STR("critical")))
		return STYLE_BAD;
	return str_eq(severity, STR("warning")) ? STYLE_WARNING : STYLE_NORMAL;
}

static int node_width(const Frame *frame)
{
	return frame->cols < 120 ? NODE_NARROW : NODE_WIDE;
}

static int text_column(const Frame *frame)
{
	return TIME + 1 + node_width(frame) + 1 + EVENT + 1;
}

static void draw_titles(Frame *frame, int row, const Theme *theme)
{
	Page page = {frame, row, 1, 0, theme->glyphs.ellipsis, 0};
	Pen pen = page_titles(&page);
	page_cell(&page, &pen, TIME, false, STR("TIME UTC"), STYLE_COLUMN);
	page_cell(&page, &pen, node_width(frame), false, STR("NODE"), STYLE_COLUMN);
	page_cell(&page, &pen, EVENT, false, STR("EVENT"), STYLE_COLUMN);
	page_text(&page, &pen, STR("WHAT"), STYLE_COLUMN);
}

static void draw_event(Page *page, const EventRow *event)
{
	Style style = style_of(event->severity);
	Pen pen = page_line(page);
	page_cell(page, &pen, TIME, false, clock_of(event->time), STYLE_NORMAL);
	page_cell(page, &pen, node_width(page->frame), false, event->node, STYLE_VALUE);
	page_cell(page, &pen, EVENT, false, event->event, style);
	page_wrapped(page, pen, text_column(page->frame), event->text, style);
}

/* Drawn with a height of 0 they are only counted. *found becomes the line of the event that was searched for. */
static int draw_events(Page page, const Report *report, const UiState *ui, int *found)
{
	for (size_t i = 0; i < report->nevents; i++) {
		int line = page.line;
		draw_event(&page, &report->events[i]);
		if (report->events[i].number != ui->found_event)
			continue;
		*found = line;
		for (; line < page.line; line++)
			if (line >= page.top && line < page.top + page.height)
				frame_restyle(page.frame, page.row + line - page.top, 0, page.frame->cols,
				              STYLE_SELECTED);
	}
	return page.line;
}

void events_draw(Frame *frame, int row, int height, const Report *report, UiState *ui, const Theme *theme)
{
	if (height <= 0)
		return;
	if (height > 1) {
		draw_titles(frame, row++, theme);
		height--;
	}
	Page page = {frame, row, 0, 0, theme->glyphs.ellipsis, 0};
	int found = -1;
	int lines = draw_events(page, report, ui, &found);
	if (ui->scroll_to_event && found >= 0) {
		ui->page_top = ui_fit(ui->page_top, found, lines, height);
		ui->page_at_end = false;
	}
	ui->scroll_to_event = false;
	ui_fit_page(ui, lines, height);
	page.height = height;
	page.top = ui->page_top;
	(void)draw_events(page, report, ui, &found);
	if (report->nevents == 0)
		frame_put(frame, row, 0, frame->cols, STR("nothing changed since the program began"), STYLE_DIM);
}
