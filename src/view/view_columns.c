#include "view/view_columns.h"

/* The names stand under each other, so the widest title counts. */
static int title_width(const Chooser *chooser)
{
	size_t width = 0;
	for (size_t i = 0; i < chooser->count; i++) {
		Str title = str_from(chooser->metrics[i]->title);
		width = title.len > width ? title.len : width;
	}
	return (int)width;
}

void columns_fill(DialogText *text, const Chooser *chooser)
{
	enum { HELP_LINES = 2 };
	int width = title_width(chooser);
	for (size_t i = 0; i < chooser->count; i++) {
		const Metric *metric = chooser->metrics[i];
		Str line = str_format(&text->arena, "[%c] %-*s  %s", chooser->shown[i] ? 'x' : ' ', width,
		                      metric->title, metric->name);
		dialog_add_line(text, line, i == chooser->at ? STYLE_SELECTED : STYLE_DIALOG);
	}
	text->cursor = (int)chooser->at;
	size_t before = text->nlines;
	dialog_add_hanging(text, str_from(chooser->metrics[chooser->at]->help), 0, HELP_LINES, STYLE_DIALOG);
	while (text->nlines < before + HELP_LINES)
		dialog_add_blank(text);
	dialog_add_hanging(text, STR("Space shows or hides, < > move, d default, Enter closes"), 0, 1,
	                   STYLE_DIALOG_TITLE);
	text->tail = (int)(text->nlines - before);
}
