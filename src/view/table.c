#include "view/table.h"

#include "view/format.h"

#include <string.h>

static void add_column(TableLayout *layout, const Metric *metric)
{
	TableColumn *last = layout->ncolumns ? &layout->columns[layout->ncolumns - 1] : NULL;
	int col = last ? last->col + last->width + 1 : 0;
	layout->columns[layout->ncolumns++] = (TableColumn){metric, col, (int)metric->width};
	layout->width = col + (int)metric->width;
}

/* The columns whose priority is not above the result fit, and no higher limit does. The first column always stays. */
static unsigned highest_priority(const Metric *const *metrics, size_t count, int width)
{
	for (unsigned limit = UINT32_MAX;;) {
		int need = (int)metrics[0]->width;
		unsigned highest = 0;
		for (size_t i = 1; i < count; i++) {
			if (metrics[i]->priority > limit)
				continue;
			need += 1 + (int)metrics[i]->width;
			if (metrics[i]->priority > highest)
				highest = metrics[i]->priority;
		}
		if (need <= width || highest == 0)
			return limit;
		limit = highest - 1;
	}
}

static void choose_by_priority(TableLayout *layout, const Metric *const *metrics, size_t count, int width)
{
	unsigned limit = highest_priority(metrics, count, width);
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || metrics[i]->priority <= limit)
			add_column(layout, metrics[i]);
	}
	layout->more_right = layout->ncolumns < count;
}

static void choose_scrolled(TableLayout *layout, const Metric *const *metrics, size_t count, int width, size_t left)
{
	size_t next = 1 + left;
	add_column(layout, metrics[0]);
	for (; next < count && layout->width + 1 + (int)metrics[next]->width <= width; next++)
		add_column(layout, metrics[next]);
	layout->more_left = left > 0;
	layout->more_right = next < count;
}

static void widen(TableLayout *layout, size_t index, int by)
{
	layout->columns[index].width += by;
	for (size_t i = index + 1; i < layout->ncolumns; i++)
		layout->columns[i].col += by;
	layout->width += by;
}

static size_t index_of(const TableLayout *layout, const char *name)
{
	size_t i = 0;
	while (i < layout->ncolumns && !str_eq(str_from(layout->columns[i].metric->name), str_from(name)))
		i++;
	return i;
}

static void share_rest(TableLayout *layout, int width, const TableStretch *stretch)
{
	for (; stretch && stretch->name && layout->width < width; stretch++) {
		size_t index = index_of(layout, stretch->name);
		if (index == layout->ncolumns)
			continue;
		int by = width - layout->width;
		int room = stretch->max - layout->columns[index].width;
		if (stretch->max > 0 && by > room)
			by = room;
		if (by > 0)
			widen(layout, index, by);
	}
}

/* The first column alone may be wider than the screen. */
static void finish_layout(TableLayout *layout, int width, const TableStretch *stretch)
{
	if (layout->width > width) {
		layout->columns[0].width = width;
		layout->ncolumns = 1;
		layout->width = width;
	}
	share_rest(layout, width, stretch);
}

void table_layout(TableLayout *layout, const MetricTable *table, const char *const *names, int width, int left,
                  const TableStretch *stretch)
{
	const Metric *metrics[TABLE_COLUMNS_MAX];
	size_t count = 0;
	for (; *names && count < TABLE_COLUMNS_MAX; names++) {
		const Metric *metric = metric_find(table, str_from(*names));
		if (metric && metric->title)
			metrics[count++] = metric;
	}
	int reserve = 0;
	for (const TableStretch *s = stretch; s && s->name; s++)
		reserve += s->reserve;
	*layout = (TableLayout){0};
	if (count == 0 || width <= 0)
		return;
	if (left > 0)
		choose_scrolled(layout, metrics, count, width, (size_t)left);
	else
		choose_by_priority(layout, metrics, count, width - reserve);
	finish_layout(layout, width, stretch);
}

void table_layout_chosen(TableLayout *layout, const ColumnList *columns, int width, int left,
                         const TableStretch *stretch)
{
	size_t scrolled = (size_t)(left > 0 ? left : 0);
	*layout = (TableLayout){.chosen = true};
	if (columns->count == 0 || width <= 0)
		return;
	choose_scrolled(layout, columns->metrics, columns->count, width, scrolled);
	if (layout->more_right && width > 1) { /* leaves a cell for the mark */
		*layout = (TableLayout){.chosen = true};
		choose_scrolled(layout, columns->metrics, columns->count, --width, scrolled);
	}
	finish_layout(layout, width, stretch);
}

ColumnList table_columns(const TableLayout *layout)
{
	ColumnList columns = {.count = layout->ncolumns};
	for (size_t i = 0; i < layout->ncolumns; i++)
		columns.metrics[i] = layout->columns[i].metric;
	return columns;
}

const TableColumn *table_find(const TableLayout *layout, const char *name)
{
	size_t index = index_of(layout, name);
	return index < layout->ncolumns ? &layout->columns[index] : NULL;
}

bool table_is_left(const Metric *metric)
{
	return metric->left || metric->type == VALUE_TEXT;
}

void table_mark_tagged(const TableLayout *layout, Frame *frame, int row)
{
	if (layout->ncolumns == 0)
		return;
	int col = layout->columns[0].col + layout->columns[0].width;
	if (row < 0 || row >= frame->rows || col > frame->cols)
		return;
	const Cell *last = &frame->cells[row * frame->cols + col - 1];
	bool is_free = last->len == 1 && last->text[0] == ' ';
	frame_fill(frame, row, is_free || col == frame->cols ? col - 1 : col, 1, '*', STYLE_WARNING);
}

void table_draw_titles(const TableLayout *layout, Frame *frame, int row, Style style)
{
	frame_fill(frame, row, 0, frame->cols, ' ', style);
	for (size_t i = 0; i < layout->ncolumns; i++) {
		const TableColumn *column = &layout->columns[i];
		Str title = str_from(column->metric->title);
		if (table_is_left(column->metric))
			frame_put(frame, row, column->col, column->width, title, style);
		else
			frame_put_right(frame, row, column->col, column->width, title, style);
	}
	if (layout->more_left && layout->ncolumns > 0)
		frame_put(frame, row, layout->columns[0].width, 1, STR("<"), style);
	if ((layout->more_left || layout->chosen) && layout->more_right)
		frame_put(frame, row, frame->cols - 1, 1, STR(">"), style);
}

Style health_style(RowHealth health)
{
	static const Style styles[] = {
		[HEALTH_OK] = STYLE_OK,   [HEALTH_NOTE] = STYLE_NOTE,   [HEALTH_WARNING] = STYLE_WARNING,
		[HEALTH_BAD] = STYLE_BAD, [HEALTH_UNKNOWN] = STYLE_DIM,
	};
	return styles[health];
}

void table_mark_sort(const TableLayout *layout, Frame *frame, int row, const Metric *metric, bool descending)
{
	for (size_t i = 0; i < layout->ncolumns; i++) {
		const TableColumn *column = &layout->columns[i];
		if (column->metric != metric)
			continue;
		int title = (int)strlen(metric->title);
		int mark = table_is_left(metric) ? column->col + title : column->col + column->width - title - 1;
		frame_restyle(frame, row, column->col, column->width, STYLE_COLUMN_SORT);
		if (title < column->width)
			frame_put(frame, row, mark, 1, descending ? STR("v") : STR("^"), STYLE_COLUMN_SORT);
	}
}

void table_draw_text(const TableColumn *column, Frame *frame, int row, Str text, Style style, uint32_t ellipsis)
{
	if (table_is_left(column->metric) || text.len > (size_t)column->width)
		frame_put_cut(frame, row, column->col, column->width, text, style, ellipsis);
	else
		frame_put_right(frame, row, column->col, column->width, text, style);
}

void table_draw_cell(const TableColumn *column, Frame *frame, int row, const void *data, Style style, uint32_t ellipsis)
{
	char storage[64];
	StrBuf text = STRBUF_ON(storage);
	Value value = metric_get(column->metric, data);
	if (value.known && value.type == VALUE_TEXT) {
		table_draw_text(column, frame, row, value.text, style, ellipsis);
		return;
	}
	format_value(&text, value);
	if (!value.known && style == STYLE_NORMAL)
		style = STYLE_DIM;
	table_draw_text(column, frame, row, strbuf_str(&text), style, ellipsis);
}
