#include "view/chart.h"

#include "view/format.h"

#include <math.h>

enum { AXIS_WIDTH = 9, PARTS = 5 };

typedef struct Chart {
	Page *page;
	const Series *series;
	const Theme *theme;
	NodeId node;
	size_t count, per_cell, cells; /* points; points a cell; cells that are used */
	float most;
	int rows;
} Chart;

/* From the bottom up. */
static void parts_of(LagPoint point, float parts[PARTS])
{
	const float gaps[4] = {point.replay, point.disk, point.network, point.send};
	float rest = isnan(point.lag_bytes) ? 0 : point.lag_bytes;
	for (int i = 0; i < 4; i++) {
		parts[i] = gaps[i] > 0 ? gaps[i] : 0;
		rest -= parts[i];
	}
	parts[4] = rest > 0 ? rest : 0;
}

static float height_of(LagPoint point)
{
	float parts[PARTS];
	float sum = 0;
	parts_of(point, parts);
	for (int i = 0; i < PARTS; i++)
		sum += parts[i];
	return sum;
}

/* The highest point of a cell; one whose lag is not known only where there is no other. Cells are counted back from the
 * newest point, so that a point keeps its neighbours while it moves to the left. */
static LagPoint point_of(const Chart *chart, size_t cell)
{
	size_t end = chart->count - (chart->cells - 1 - cell) * chart->per_cell;
	size_t first = end > chart->per_cell ? end - chart->per_cell : 0;
	LagPoint best = series_point(chart->series, chart->node, first);
	for (size_t i = first + 1; i < end; i++) {
		LagPoint point = series_point(chart->series, chart->node, i);
		if (!isnan(point.lag_bytes) && (isnan(best.lag_bytes) || height_of(point) >= height_of(best)))
			best = point;
	}
	return best;
}

static size_t points_per_cell(size_t count, size_t width)
{
	static const size_t steps[] = {1, 2, 5, 10, 20, 50, 100, 200, 500};
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
		if (count <= steps[i] * width)
			return steps[i];
	return count / width + 1;
}

/* One cell of the chart, `level` rows above the bottom. */
static void draw_cell(const Chart *chart, Pen *pen, LagPoint point, int level)
{
	const Glyphs *g = &chart->theme->glyphs;
	const uint32_t glyphs[PARTS] = {g->bar_replay, g->bar_disk, g->bar_network, g->bar_send, g->bar_plain};
	static const Style styles[PARTS] = {STYLE_BAR_REPLAY, STYLE_BAR_DISK, STYLE_BAR_NETWORK, STYLE_BAR_SEND,
	                                    STYLE_BAR_FRAME};
	float parts[PARTS];
	float sum = 0;
	int top = 0;
	if (isnan(point.lag_bytes)) {
		pen_fill(pen, 1, level == 0 ? '?' : ' ', STYLE_DIM);
		return;
	}
	parts_of(point, parts);
	for (int i = 0; i < PARTS; i++) {
		sum += parts[i];
		top = chart->most > 0 ? (int)(sum / chart->most * (float)chart->rows + 0.5f) : 0;
		if (level < top) {
			pen_fill(pen, 1, glyphs[i], styles[i]);
			return;
		}
	}
	bool little = sum > 0 && top == 0 && level == 0; /* not to be taken for none */
	pen_fill(pen, 1, little ? g->spark[0] : ' ', little ? STYLE_DIM : STYLE_NORMAL);
}

static void draw_scale(const Chart *chart, const Pen *pen, int level)
{
	char storage[32];
	StrBuf text = STRBUF_ON(storage);
	if (level == chart->rows - 1)
		format_bytes(&text, (int64_t)chart->most);
	else if (chart->rows > 4 && level == chart->rows / 2)
		format_bytes(&text, (int64_t)(chart->most * (float)level / (float)chart->rows));
	frame_put_right(pen->frame, pen->row, 0, AXIS_WIDTH - 1, strbuf_str(&text), STYLE_LABEL);
}

static void draw_level(const Chart *chart, int level, size_t width)
{
	Pen pen = page_line(chart->page);
	draw_scale(chart, &pen, level);
	pen.col = AXIS_WIDTH;
	pen_fill(&pen, 1, chart->theme->glyphs.vertical, STYLE_SEPARATOR);
	pen.col += (int)(width - chart->cells);
	for (size_t i = 0; i < chart->cells; i++)
		draw_cell(chart, &pen, point_of(chart, i), level);
}

static double seconds_shown(const Chart *chart)
{
	int64_t first = series_point(chart->series, chart->node, 0).t_mono_ns;
	int64_t last = series_point(chart->series, chart->node, chart->count - 1).t_mono_ns;
	return (double)(last - first) / 1e9;
}

void chart_draw(Page *page, int rows, const Series *series, NodeId node, const Theme *theme)
{
	char storage[64];
	StrBuf text = STRBUF_ON(storage);
	int room = page->frame->cols - AXIS_WIDTH - 1;
	size_t width = room > 1 ? (size_t)room : 1;
	Chart chart = {.page = page, .series = series, .theme = theme, .node = node, .rows = rows};
	chart.count = series == NULL ? 0 : series_count(series, node);
	Pen pen = page_label(page, "lag");
	if (chart.count < 2) {
		page_text(page, &pen, STR("no history yet"), STYLE_DIM);
		return;
	}
	chart.per_cell = points_per_cell(chart.count, width);
	chart.cells = (chart.count + chart.per_cell - 1) / chart.per_cell;
	for (size_t i = 0; i < chart.cells; i++) {
		float height = height_of(point_of(&chart, i));
		chart.most = height > chart.most ? height : chart.most;
	}
	strbuf_add_cstr(&text, "of the last ");
	format_seconds(&text, seconds_shown(&chart));
	strbuf_add_cstr(&text, ", at most ");
	format_bytes(&text, (int64_t)chart.most);
	page_text(page, &pen, strbuf_str(&text), STYLE_VALUE);
	for (int level = rows - 1; level >= 0; level--)
		draw_level(&chart, level, width);
	pen = page_line(page);
	frame_put_right(pen.frame, pen.row, 0, AXIS_WIDTH - 1, STR("0"), STYLE_LABEL);
	pen.col = AXIS_WIDTH;
	pen_fill(&pen, 1, theme->glyphs.bottom_left, STYLE_SEPARATOR);
	pen_fill(&pen, (int)width, theme->glyphs.horizontal, STYLE_SEPARATOR);
}
