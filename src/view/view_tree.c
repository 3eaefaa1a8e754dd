#include "view/view_tree.h"

#include "model/series.h"
#include "view/format.h"
#include "view/rule.h"
#include "view/table.h"
#include "view/view_header.h"
#include "view/view_note.h"

#include <math.h>

static const char *const column_names[] = {
	"node",
	"role",
	"state",
	"sync_state",
	"timeline",
	"sent_lsn",
	"write_lsn",
	"flush_lsn",
	"replay_lsn",
	"lag_bar",
	"trend",
	"lag_bytes",
	"lag_seconds",
	"eta_seconds",
	"bottleneck",
	"wal_bytes_per_second",
	"replay_bytes_per_second",
	"write_lag_seconds",
	"flush_lag_seconds",
	"replay_lag_seconds",
	"age_seconds",
	"edge_evidence",
	"send_gap_bytes",
	"network_gap_bytes",
	"disk_gap_bytes",
	"replay_gap_bytes",
	"version",
	"application_name",
	"upstream",
	"host",
	"port",
	"slot_name",
	"retained_bytes",
	"error",
	NULL,
};

static const TableStretch stretch[] = {
	{"node", 22, 0}, {"bottleneck", 13, 0}, {"lag_bar", 26, 0}, {"node", 40, 0}, {"error", 0, 0}, {NULL, 0, 0},
};

/* What has no meaning for a node that replicates from nobody: it stays blank there instead of "-" (unknown). */
static const char *const edge_columns[] = {
	"sent_lsn",
	"write_lsn",
	"lag_bar",
	"trend",
	"lag_bytes",
	"lag_seconds",
	"eta_seconds",
	"bottleneck",
	"replay_bytes_per_second",
	"write_lag_seconds",
	"flush_lag_seconds",
	"replay_lag_seconds",
	"edge_evidence",
	"send_gap_bytes",
	"network_gap_bytes",
	"disk_gap_bytes",
	"replay_gap_bytes",
	"application_name",
	"upstream",
	"slot_name",
	"retained_bytes",
	NULL,
};

/* ---- the lag bar ---- */

/* log2 with the mantissa taken as linear: right to 0.09, and without libm. */
static double rough_log2(double value)
{
	double log = 0;
	while (value >= 2) {
		value /= 2;
		log++;
	}
	return log + value - 1;
}

static int bar_length(int64_t lag_bytes, int width)
{
	const double least = 1024, most = 16.0 * 1024 * 1024 * 1024;
	double lag = (double)lag_bytes;
	if (lag_bytes == INT_NONE || lag < least)
		return 0;
	if (lag >= most)
		return width;
	return 1 + (int)(rough_log2(lag / least) / rough_log2(most / least) * (width - 1) + 0.5);
}

/* Largest remainder, so that the pieces add up to `length`. */
static void divide(int length, const double *weights, int *pieces, size_t count)
{
	double sum = 0;
	double rest[4];
	int given = 0;
	for (size_t i = 0; i < count; i++)
		sum += weights[i];
	for (size_t i = 0; i < count; i++) {
		double share = length * (weights[i] / sum);
		pieces[i] = (int)share;
		rest[i] = share - pieces[i];
		given += pieces[i];
	}
	for (; given < length; given++) {
		size_t best = 0;
		for (size_t i = 1; i < count; i++) {
			if (rest[i] > rest[best])
				best = i;
		}
		pieces[best]++;
		rest[best] = -1;
	}
}

LagBar tree_lag_bar(const NodeRow *node, int width)
{
	const int64_t gaps[4] = {node->send_gap_bytes, node->network_gap_bytes, node->disk_gap_bytes,
	                         node->replay_gap_bytes};
	double weights[4] = {0};
	int pieces[4] = {0};
	double sum = 0;
	int length = width > 0 ? bar_length(node->lag_bytes, width) : 0;
	for (size_t i = 0; i < 4; i++) {
		weights[i] = gaps[i] > 0 ? (double)gaps[i] : 0; /* INT_NONE is negative */
		sum += weights[i];
	}
	if (!(sum > 0))
		return (LagBar){.plain = length};
	divide(length, weights, pieces, 4);
	return (LagBar){pieces[0], pieces[1], pieces[2], pieces[3], 0};
}

/* ---- the cells of a row ---- */

/* One row being drawn. */
typedef struct Line {
	Frame *frame;
	int row;
	const Report *report;
	const Theme *theme;
	const TableLayout *layout;
	const Lines *lines;
	const TreeLine *tree;
	const NodeRow *node;
	Style style; /* of cells without one of their own */
} Line;

typedef void (*DrawCell)(const Line *line, const TableColumn *column);

static bool is_primary(const NodeRow *node)
{
	return str_eq(node->role, STR("primary"));
}

static void draw_text(const Line *line, const TableColumn *column, Str text, Style style)
{
	if (style == STYLE_NORMAL && str_eq(text, STR("-")))
		style = STYLE_DIM;
	table_draw_text(column, line->frame, line->row, text, style, line->theme->glyphs.ellipsis);
}

/* The way from a row up to below its root, at most `max` levels; returns how many. */
static int ancestors(const Lines *lines, const TreeLine *line, const TreeLine **levels, int max)
{
	int count = 0;
	for (; count < max && line->parent != ROW_NONE; line = &lines->rows[line->parent])
		levels[count++] = line;
	return count;
}

/* "+3": so many rows are folded away, in the colour of the worst of them. */
static void draw_folded(Pen *pen, const TreeLine *line)
{
	char storage[16];
	StrBuf text = STRBUF_ON(storage);
	if (!line->folded || line->below == 0)
		return;
	strbuf_addf(&text, "+%u", (unsigned)line->below);
	pen->end -= (int)text.len;
	frame_put(pen->frame, pen->row, pen->end, (int)text.len, strbuf_str(&text), health_style(line->worst));
	pen->end--;
}

/* Outer levels are left out where the name would not have room. */
static void draw_name(const Line *line, const TableColumn *column)
{
	enum { LEVEL_WIDTH = 3, LEVELS_MAX = 16, NAME_MIN = 9 };
	const Glyphs *glyphs = &line->theme->glyphs;
	const TreeLine *levels[LEVELS_MAX];
	int max = (column->width - NAME_MIN) / LEVEL_WIDTH;
	if (max > LEVELS_MAX)
		max = LEVELS_MAX;
	Pen pen = {line->frame, line->row, column->col, column->col + column->width};
	for (int i = ancestors(line->lines, line->tree, levels, max) - 1; i >= 0; i--) {
		if (i > 0) {
			pen_fill(&pen, 1, levels[i]->last_child ? ' ' : glyphs->tree_line, STYLE_SEPARATOR);
			pen_fill(&pen, 2, ' ', STYLE_SEPARATOR);
			continue;
		}
		pen_fill(&pen, 1, levels[i]->last_child ? glyphs->tree_last : glyphs->tree_branch, STYLE_SEPARATOR);
		pen_fill(&pen, 1, glyphs->horizontal, STYLE_SEPARATOR);
		pen_fill(&pen, 1, ' ', STYLE_SEPARATOR);
	}
	if (line->node->edge_weak)
		pen_fill(&pen, 1, '~', STYLE_WARNING);
	draw_folded(&pen, line->tree);
	Style style = is_primary(line->node) ? STYLE_PRIMARY : line->style;
	frame_put_cut(line->frame, line->row, pen.col, pen.end - pen.col, line->node->node, style, glyphs->ellipsis);
}

static void draw_role(const Line *line, const TableColumn *column)
{
	Style style = is_primary(line->node) ? STYLE_PRIMARY : line->style;
	draw_text(line, column, str_is_none(line->node->role) ? STR("-") : line->node->role, style);
}

static void draw_state(const Line *line, const TableColumn *column)
{
	static const struct {
		Str state, brief;
	} briefs[] = {
		{STR_INIT("old timeline"), STR_INIT("old TL")},
		{STR_INIT("forked timeline"), STR_INIT("forked TL")},
		{STR_INIT("ahead of upstream"), STR_INIT("ahead")},
	};
	const NodeRow *node = line->node;
	bool is_leaf = node->is_client || node->is_ghost;
	Style style = is_leaf && node->health == HEALTH_OK ? line->style : health_style(node->health);
	Str text = str_is_none(node->state) ? STR("-") : node->state;
	if (is_primary(node) && str_eq(text, STR("running")) && !table_find(line->layout, "role"))
		text = node->role; /* on a narrow screen this is where it shows */
	for (size_t i = 0; i < sizeof(briefs) / sizeof(briefs[0]); i++) {
		if (str_eq(text, briefs[i].state) && text.len > (size_t)column->width)
			text = briefs[i].brief;
	}
	draw_text(line, column, text, style);
}

static Str rule_of(const Report *report, const NodeRow *node)
{
	if (node->cluster_index >= report->nclusters)
		return STR_NONE;
	const ClusterRow *cluster = &report->clusters[node->cluster_index];
	if (!str_eq(cluster->primary, node->node)) /* a second primary */
		return STR_NONE;
	Str rule = cluster->synchronous_standby_names;
	return !str_is_none(rule) && str_trim(rule).len == 0 ? STR("off") : rule;
}

static void draw_sync(const Line *line, const TableColumn *column)
{
	const NodeRow *node = line->node;
	char storage[128];
	StrBuf text = STRBUF_ON(storage);
	strbuf_add(&text, is_primary(node) ? rule_of(line->report, node) : node->sync_state);
	if (text.len == 0 && node->is_hidden) {
		draw_text(line, column, STR("hidden"), STYLE_NOTE);
		return;
	}
	if (text.len == 0)
		strbuf_add_char(&text, '-');
	size_t len = text.len;
	if (!is_primary(node) && node->sync_priority > 0)
		strbuf_addf(&text, " %lld", (long long)node->sync_priority);
	if (!is_primary(node) && text.len > (size_t)column->width) /* the word says more than the priority */
		draw_text(line, column, str_sub(strbuf_str(&text), 0, len), line->style);
	else
		draw_text(line, column, strbuf_str(&text), line->style);
}

static void draw_bar(const Line *line, const TableColumn *column)
{
	const Glyphs *glyphs = &line->theme->glyphs;
	if (line->node->lag_bytes == INT_NONE) {
		draw_text(line, column, STR("-"), line->style);
		return;
	}
	LagBar bar = tree_lag_bar(line->node, column->width - 2);
	Pen pen = {line->frame, line->row, column->col, column->col + column->width};
	pen_fill(&pen, 1, glyphs->bar_left, STYLE_BAR_FRAME);
	pen_fill(&pen, bar.send, glyphs->bar_send, STYLE_BAR_SEND);
	pen_fill(&pen, bar.network, glyphs->bar_network, STYLE_BAR_NETWORK);
	pen_fill(&pen, bar.disk, glyphs->bar_disk, STYLE_BAR_DISK);
	pen_fill(&pen, bar.replay, glyphs->bar_replay, STYLE_BAR_REPLAY);
	pen_fill(&pen, bar.plain, glyphs->bar_plain, STYLE_BAR_FRAME);
	pen.end--;
	pen_fill(&pen, column->width, glyphs->bar_empty, STYLE_BAR_FRAME);
	pen.end++;
	pen_fill(&pen, 1, glyphs->bar_right, STYLE_BAR_FRAME);
}

/* Of the levels of a sparkline; only 0 is on the lowest one. */
static size_t spark_level(float value, float most)
{
	const size_t highest = sizeof(((Glyphs *)0)->spark) / sizeof(uint32_t) - 1;
	if (!(value > 0))
		return 0;
	return 1 + (size_t)(value / most * (float)(highest - 1) + 0.5f);
}

/* The last points, one a cell; a blank where the lag was not known. */
static void draw_trend(const Line *line, const TableColumn *column)
{
	const Series *series = line->report->series;
	NodeId node = line->node->key.node;
	size_t count = series == NULL || line->node->key.pid != 0 ? 0 : series_count(series, node);
	size_t shown = count < (size_t)column->width ? count : (size_t)column->width;
	float most = 0;
	for (size_t i = count - shown; i < count; i++) {
		float bytes = series_point(series, node, i).lag_bytes;
		most = bytes > most ? bytes : most;
	}
	for (size_t i = 0; i < shown; i++) {
		float bytes = series_point(series, node, count - shown + i).lag_bytes;
		if (!isnan(bytes))
			frame_fill(line->frame, line->row, column->col + column->width - (int)(shown - i), 1,
			           line->theme->glyphs.spark[spark_level(bytes, most)], STYLE_LABEL);
	}
}

static void draw_time(const Line *line, const TableColumn *column)
{
	char storage[64];
	StrBuf text = STRBUF_ON(storage);
	if (line->node->lag_at_least && !isnan(line->node->lag_seconds))
		strbuf_add_char(&text, '>');
	format_seconds(&text, line->node->lag_seconds);
	draw_text(line, column, strbuf_str(&text), line->style);
}

static void draw_server_lag(const Line *line, const TableColumn *column)
{
	char storage[64];
	StrBuf text = STRBUF_ON(storage);
	Value value = metric_get(column->metric, line->node);
	format_value(&text, value);
	if (line->node->lag_stale && value.known)
		strbuf_add_char(&text, '?');
	draw_text(line, column, strbuf_str(&text), line->node->lag_stale ? STYLE_DIM : line->style);
}

/* A primary replays nothing, but where it stands is what the others are compared with. */
static void draw_replay_lsn(const Line *line, const TableColumn *column)
{
	char text[LSN_TEXT_MAX];
	Lsn lsn = is_primary(line->node) ? line->node->flush_lsn : line->node->replay_lsn;
	Str written = lsn_write(lsn, text);
	draw_text(line, column, str_is_none(written) ? STR("-") : written, line->style);
}

static void draw_bottleneck(const Line *line, const TableColumn *column)
{
	const NodeRow *node = line->node;
	if (node->is_hidden && str_is_none(node->bottleneck))
		draw_text(line, column, STR(MISSING_GRANT), STYLE_NOTE);
	else
		draw_text(line, column, str_is_none(node->bottleneck) ? STR("-") : node->bottleneck, line->style);
}

static void draw_evidence(const Line *line, const TableColumn *column)
{
	const NodeRow *node = line->node;
	if (node->is_hidden && str_is_none(node->edge_evidence))
		draw_text(line, column, STR("hidden"), STYLE_NOTE);
	else
		draw_text(line, column, str_is_none(node->edge_evidence) ? STR("-") : node->edge_evidence, line->style);
}

static const struct {
	const char *name;
	DrawCell draw;
} special_cells[] = {
	{"node", draw_name},
	{"role", draw_role},
	{"state", draw_state},
	{"sync_state", draw_sync},
	{"replay_lsn", draw_replay_lsn},
	{"lag_bar", draw_bar},
	{"trend", draw_trend},
	{"lag_seconds", draw_time},
	{"bottleneck", draw_bottleneck},
	{"edge_evidence", draw_evidence},
	{"write_lag_seconds", draw_server_lag},
	{"flush_lag_seconds", draw_server_lag},
	{"replay_lag_seconds", draw_server_lag},
};

static bool is_named(const TableColumn *column, const char *name)
{
	return str_eq(str_from(column->metric->name), str_from(name));
}

static void draw_cell(const Line *line, const TableColumn *column)
{
	bool blank_unknown = is_primary(line->node) && !metric_get(column->metric, line->node).known;
	for (size_t i = 0; blank_unknown && edge_columns[i]; i++) {
		if (is_named(column, edge_columns[i]))
			return;
	}
	for (size_t i = 0; i < sizeof(special_cells) / sizeof(special_cells[0]); i++) {
		if (is_named(column, special_cells[i].name)) {
			special_cells[i].draw(line, column);
			return;
		}
	}
	bool is_error = is_named(column, "error");
	bool is_slot = is_named(column, "slot_name") || is_named(column, "retained_bytes");
	Style error_style = line->node->health == HEALTH_OK ? STYLE_NOTE : STYLE_BAD; /* a notice is no failure */
	if ((is_error && str_is_none(line->node->error)) || (is_slot && line->node->slot == ROW_NONE))
		return; /* none is not an unknown one */
	table_draw_cell(column, line->frame, line->row, line->node, is_error ? error_style : line->style,
	                line->theme->glyphs.ellipsis);
}

/* ---- rows ---- */

static bool has_values(const NodeRow *node)
{
	return node->lag_bytes != INT_NONE || node->sent_lsn != LSN_NONE || node->flush_lsn != LSN_NONE ||
	       node->replay_lsn != LSN_NONE;
}

/* Whether the reason why a node says nothing takes the place of its values. */
static bool error_covers(const NodeRow *node, bool has_error_column)
{
	if (str_is_none(node->error))
		return false;
	if (!has_values(node))
		return true;
	return (node->health == HEALTH_BAD || node->health == HEALTH_UNKNOWN) && !has_error_column;
}

/* "connection to server at ... failed: Connection refused": without room for all of it the reason is what counts. */
static Str fitting_reason(Str error, int width)
{
	const Str before = STR(" failed: ");
	size_t at = str_find(error, before);
	if (error.len <= (size_t)(width > 0 ? width : 0) || at == SIZE_MAX)
		return error;
	return str_sub(error, at + before.len, error.len);
}

/* Where the reason ends: before the lag of a node that is known from earlier, if that leaves room to say something. */
static int reason_end(const Line *line, int col)
{
	enum { REASON_MIN = 24 };
	const TableColumn *bar = table_find(line->layout, "lag_bar");
	if (bar == NULL || line->node->lag_bytes == INT_NONE || bar->col - 1 - col < REASON_MIN)
		return line->frame->cols;
	return bar->col - 1;
}

static Style cover_style(const Line *line, bool is_error)
{
	if (line->node->health == HEALTH_BAD)
		return STYLE_BAD;
	if (is_error)
		return STYLE_DIM;
	return line->node->health == HEALTH_WARNING ? STYLE_WARNING : line->style;
}

/* Words take the place of the columns behind the state: why there are no values, or what they would not say. */
static void draw_row(const Line *line)
{
	char storage[512];
	StrBuf note = STRBUF_ON(storage);
	const TableLayout *layout = line->layout;
	bool is_error = error_covers(line->node, table_find(layout, "error") != NULL);
	if (!is_error)
		note_write(&note, line->report, line->node);
	bool covers = is_error || note.len > 0;
	const TableColumn *state = table_find(layout, "state");
	const TableColumn *last = covers && state ? state : &layout->columns[0];
	int col = last->col + last->width + 1;
	int end = col;
	if (covers)
		end = is_error ? reason_end(line, col) : line->frame->cols;
	for (size_t i = 0; i < layout->ncolumns; i++) {
		const TableColumn *column = &layout->columns[i];
		if (!covers || column <= last || column->col >= end)
			draw_cell(line, column);
	}
	if (!covers && state && !str_is_none(line->node->error) && !table_find(layout, "error"))
		frame_put(line->frame, line->row, state->col + state->width, 1, STR("!"),
		          line->node->health == HEALTH_OK ? STYLE_NOTE : STYLE_BAD);
	if (!covers)
		return;
	int width = end - col;
	Str text = is_error ? fitting_reason(line->node->error, width) : strbuf_str(&note);
	frame_put_cut(line->frame, line->row, col, width, text, cover_style(line, is_error),
	              line->theme->glyphs.ellipsis);
}

int tree_height(const UiState *ui)
{
	return (ui->lines.count > 0 ? (int)ui->lines.count : 1) + (filter_is_empty(&ui->filter) ? 1 : 2);
}

/* What holds, and how many are left; the rows dimmed above them do not count. */
static void draw_rule(Frame *frame, int row, const Report *report, const UiState *ui, const Theme *theme)
{
	char storage[FILTER_TEXT_MAX + 16];
	StrBuf text = STRBUF_ON(storage);
	Rule rule = rule_begin(frame, row, theme, STR("nodes "));
	strbuf_addf(&text, "%zu of %zu", ui->lines.matching, report->nnodes);
	rule_part(&rule, strbuf_str(&text), STYLE_VALUE);
	strbuf_clear(&text);
	strbuf_addf(&text, "filter %s", ui->filter.text);
	rule_part(&rule, strbuf_str(&text), STYLE_NOTE);
	rule_end(&rule);
}

static void draw_none(Frame *frame, int row, const Report *report)
{
	if (report->nnodes > 0) {
		frame_put(frame, row, 0, frame->cols, STR("None of them matches."), STYLE_DIM);
		return;
	}
	frame_put(frame, row, 0, frame->cols,
	          report->settled ? STR("No server was found. Name one, as in: pgrepltop -h HOST -p PORT")
	                          : STR("Looking for servers ..."),
	          STYLE_DIM);
}

static void draw_line(Frame *frame, int row, const Report *report, const UiState *ui, const TreeLine *tree,
                      const TableLayout *layout, const Theme *theme)
{
	if (tree->node == ROW_NONE) {
		header_draw_heading(frame, row, report, tree, theme);
		return;
	}
	const NodeRow *node = &report->nodes[tree->node];
	Line line = {frame, row,    report,
	             theme, layout, &ui->lines,
	             tree,  node,   node->is_client || node->is_ghost ? STYLE_DIM : STYLE_NORMAL};
	draw_row(&line);
	if (tree->only_above)
		frame_restyle(frame, row, 0, frame->cols, STYLE_DIM);
}

static void lay_out(TableLayout *layout, UiState *ui, int cols)
{
	const ColumnList *chosen = &ui->columns[TABLE_NODES];
	const MetricTable *table = metric_table(TABLE_NODES);
	int count = chosen->count > 0 ? (int)chosen->count : (int)(sizeof(column_names) / sizeof(column_names[0])) - 1;
	if (ui->tree_left > count - 2)
		ui->tree_left = count > 2 ? count - 2 : 0;
	table_layout(layout, table, column_names, cols, 0, stretch);
	ui->fitting[TABLE_NODES] = table_columns(layout);
	if (chosen->count > 0)
		table_layout_chosen(layout, chosen, cols, ui->tree_left, stretch);
	else if (ui->tree_left > 0)
		table_layout(layout, table, column_names, cols, ui->tree_left, stretch);
	ui->ntree_columns = layout->ncolumns;
	for (size_t i = 0; i < layout->ncolumns; i++)
		ui->tree_columns[i] = layout->columns[i].metric;
}

void tree_draw_in(Frame *frame, int row, const TableLayout *layout, const Report *report, const UiState *ui,
                  const Theme *theme)
{
	table_draw_titles(layout, frame, row, STYLE_COLUMN);
	if (ui->lines.count == 0)
		draw_none(frame, row + 1, report);
	for (size_t i = 0; i < ui->lines.count; i++)
		draw_line(frame, row + 1 + (int)i, report, ui, &ui->lines.rows[i], layout, theme);
}

void tree_draw(Frame *frame, int row, int height, bool titles, const Report *report, UiState *ui, const Theme *theme)
{
	int count = (int)ui->lines.count;
	TableLayout layout;
	lay_out(&layout, ui, frame->cols);
	if (layout.ncolumns == 0 || height <= 0)
		return;
	if (titles && height > 2 && !filter_is_empty(&ui->filter)) {
		draw_rule(frame, row++, report, ui, theme);
		height--;
	}
	if (titles && height > 1) {
		table_draw_titles(&layout, frame, row, STYLE_COLUMN);
		table_mark_sort(&layout, frame, row++, ui->order.column, ui->order.descending);
		height--;
	}
	int selected = ui_tree_line(ui);
	ui->tree_page = height;
	ui->tree_top = ui_fit(ui->tree_top, selected, count, height);
	if (count == 0)
		draw_none(frame, row, report);
	for (int i = 0; i < height && ui->tree_top + i < count; i++) {
		const TreeLine *tree = &ui->lines.rows[ui->tree_top + i];
		draw_line(frame, row + i, report, ui, tree, &layout, theme);
		if (fold_has(&ui->tagged, tree->key))
			table_mark_tagged(&layout, frame, row + i);
		if (ui->tree_top + i == selected)
			frame_restyle(frame, row + i, 0, frame->cols,
			              ui->focus == PANE_TREE ? STYLE_SELECTED : STYLE_SELECTED_OFF);
	}
}
