#include "view/view_process.h"

#include "view/format.h"
#include "view/table.h"

#include <math.h>

static const char *const column_names[] = {
	"pid",
	"backend_type",
	"rchar_bytes_per_second",
	"wchar_bytes_per_second",
	"wal_bytes_per_second",
	"read_bytes_per_second",
	"write_bytes_per_second",
	"io_delay_percent",
	"cpu_percent",
	"at",
	"state",
	"wait_event",
	"query_age_seconds",
	"client",
	"user",
	"database",
	"application_name",
	"wal_lsn",
	"wal_file",
	"io_source",
	"query",
	NULL,
};

int process_height(const Report *report, const UiState *ui)
{
	size_t first, count;
	ui_process_range(ui, report, &first, &count);
	return 2 + (count > 0 ? (int)count : 1);
}

/* ---- the rule above ---- */

/* The sum of what is known; NAN if nothing is. */
static double sum_of(const Report *report, size_t first, size_t count, size_t offset)
{
	double sum = NAN;
	for (size_t i = first; i < first + count; i++) {
		double value = *(const double *)(const void *)((const char *)&report->processes[i] + offset);
		if (!isnan(value))
			sum = isnan(sum) ? value : sum + value;
	}
	return sum;
}

static void put_total(StrBuf *out, const char *label, double rate)
{
	strbuf_add_cstr(out, label);
	format_rate(out, rate);
	if (isfinite(rate))
		strbuf_add_cstr(out, "/s");
}

/* Why something of this node is missing: its own error, else that of the selected process. */
static Str error_of(const Report *report, const UiState *ui)
{
	int node = ui_tree_index(ui, report);
	int process = ui_process_index(ui, report);
	if (node >= 0 && !str_is_none(report->nodes[node].error))
		return report->nodes[node].error;
	return process >= 0 ? report->processes[process].error : STR_NONE;
}

static const NodeRow *row_of_node(const Report *report, NodeId node)
{
	for (size_t i = 0; i < report->nnodes; i++) {
		if (report->nodes[i].key.node == node && report->nodes[i].key.pid == 0)
			return &report->nodes[i];
	}
	return NULL;
}

static void draw_rule(Frame *frame, int row, const Report *report, const UiState *ui, const Theme *theme)
{
	uint32_t line = theme->glyphs.horizontal;
	const NodeRow *node = row_of_node(report, ui_process_node(ui, report));
	size_t first, count;
	ui_process_range(ui, report, &first, &count);
	char storage[96];
	StrBuf totals = STRBUF_ON(storage);
	put_total(&totals, "read ", sum_of(report, first, count, offsetof(ProcessRow, rchar_bytes_per_second)));
	put_total(&totals, ", write ", sum_of(report, first, count, offsetof(ProcessRow, wchar_bytes_per_second)));

	Pen pen = {frame, row, 0, frame->cols};
	pen_fill(&pen, 2, line, STYLE_SEPARATOR);
	pen_put(&pen, STR(" processes of "), STYLE_LABEL);
	pen_put(&pen, node ? node->node : STR("-"), ui->focus == PANE_PROCESSES ? STYLE_TITLE : STYLE_VALUE);
	pen_put(&pen, STR(" "), STYLE_SEPARATOR);
	if (count > 0) {
		pen_fill(&pen, 1, line, STYLE_SEPARATOR);
		pen_put_whole(&pen, 1, strbuf_str(&totals), STYLE_NORMAL);
		pen_put(&pen, STR(" "), STYLE_SEPARATOR);
	}
	Str error = error_of(report, ui);
	if (count > 0 && !str_is_none(error) && pen.end - pen.col > 12) {
		pen_fill(&pen, 1, line, STYLE_SEPARATOR);
		pen_put(&pen, STR(" "), STYLE_SEPARATOR);
		pen.col += frame_put_cut(frame, row, pen.col, pen.end - pen.col - 2, error, STYLE_WARNING,
		                         theme->glyphs.ellipsis);
		pen_put(&pen, STR(" "), STYLE_SEPARATOR);
	}
	pen_fill(&pen, frame->cols, line, STYLE_SEPARATOR);
}

/* ---- rows ---- */

/* One row being drawn. */
typedef struct Line {
	Frame *frame;
	int row;
	const ProcessRow *process;
	const TableLayout *layout;
	uint32_t ellipsis;
	Style style;
} Line;

static bool is_named(const TableColumn *column, const char *name)
{
	return str_eq(str_from(column->metric->name), str_from(name));
}

/* Unknown as "-", and what the role may not see in words. */
static void draw_text(const Line *line, const TableColumn *column, Str text, Style style)
{
	if (str_is_none(text) && line->process->is_hidden)
		table_draw_text(column, line->frame, line->row, STR("not visible"), STYLE_DIM, line->ellipsis);
	else if (str_is_none(text))
		table_draw_text(column, line->frame, line->row, STR("-"), STYLE_DIM, line->ellipsis);
	else
		table_draw_text(column, line->frame, line->row, text, style, line->ellipsis);
}

/* "walsender s1": whom it feeds. */
static void draw_type(const Line *line, const TableColumn *column)
{
	char storage[256];
	StrBuf text = STRBUF_ON(storage);
	strbuf_add(&text, line->process->backend_type);
	if (!str_is_none(line->process->serves)) {
		strbuf_add_char(&text, ' ');
		strbuf_add(&text, line->process->serves);
	}
	draw_text(line, column, text.len > 0 ? strbuf_str(&text) : STR_NONE, line->style);
}

/* What a process title says is told by its end: the position or the file. So it is the beginning that is cut. */
static int put_tail(const Pen *pen, Str text, Style style, uint32_t ellipsis)
{
	int width = pen->end - pen->col;
	if (text.len <= (size_t)width || width < 2)
		return frame_put_cut(pen->frame, pen->row, pen->col, width, text, style, ellipsis);
	frame_fill(pen->frame, pen->row, pen->col, 1, ellipsis, style);
	return 1 + frame_put(pen->frame, pen->row, pen->col + 1, width - 1,
	                     str_sub(text, text.len - (size_t)(width - 1), text.len), style);
}

/* What to grant stands over the state and the wait, where these have columns. */
static Str hidden_query(const Line *line)
{
	bool said = table_find(line->layout, "state") && table_find(line->layout, "wait_event");
	return said ? STR("not visible") : STR(MISSING_GRANT);
}

/* It stands before the query where it has no column of its own. */
static void draw_query(const Line *line, const TableColumn *column)
{
	const ProcessRow *process = line->process;
	Pen pen = {line->frame, line->row, column->col, column->col + column->width};
	if (process->at.len > 0 && !table_find(line->layout, "at"))
		pen.col += put_tail(&pen, process->at, STYLE_NOTE, line->ellipsis) + 2;
	else if (str_is_none(process->query))
		pen_put(&pen, STR("-"), STYLE_DIM);
	frame_put_cut(pen.frame, pen.row, pen.col, pen.end - pen.col,
	              process->is_hidden ? hidden_query(line) : process->query,
	              process->is_hidden ? STYLE_DIM : line->style, line->ellipsis);
}

static void draw_at(const Line *line, const TableColumn *column)
{
	Pen pen = {line->frame, line->row, column->col, column->col + column->width};
	if (line->process->at.len == 0)
		pen_put(&pen, STR("-"), STYLE_DIM);
	else
		put_tail(&pen, line->process->at, line->style, line->ellipsis);
}

/* "TYPE:NAME", the name alone where both do not fit. */
static void draw_wait(const Line *line, const TableColumn *column)
{
	Str text = line->process->wait_event;
	Str name = text;
	(void)str_cut(&name, ':');
	if (text.len > (size_t)column->width && !str_is_none(name))
		text = name;
	draw_text(line, column, text, line->process->sync_wait ? STYLE_WARNING : line->style);
}

/* A cut "idle in transaction" would look like "idle". */
static void draw_state(const Line *line, const TableColumn *column)
{
	static const struct {
		Str state, brief;
	} briefs[] = {
		{STR_INIT("idle in transaction"), STR_INIT("in txn")},
		{STR_INIT("idle in transaction (aborted)"), STR_INIT("aborted")},
		{STR_INIT("fastpath function call"), STR_INIT("fastpth")},
		{STR_INIT("disabled"), STR_INIT("disabld")},
	};
	Str text = line->process->state;
	for (size_t i = 0; i < sizeof(briefs) / sizeof(briefs[0]); i++) {
		if (str_eq(text, briefs[i].state) && text.len > (size_t)column->width)
			text = briefs[i].brief;
	}
	draw_text(line, column, text, line->style);
}

/* What stands over two columns because one is too narrow for it. */
static bool draw_over(const Line *line, const TableColumn *from, const TableColumn *to, Str text)
{
	frame_put_cut(line->frame, line->row, from->col, to->col + to->width - from->col, text, STYLE_DIM,
	              line->ellipsis);
	return true;
}

/* What to grant where the state and the wait of a session would stand that the role may not see. */
static bool draw_grant(const Line *line)
{
	const TableColumn *from = table_find(line->layout, "state");
	const TableColumn *to = table_find(line->layout, "wait_event");
	return line->process->is_hidden && from && to && draw_over(line, from, to, STR(MISSING_GRANT));
}

/* Why the counters are not known, where they would stand: from READ/s to WRITE/s. */
static bool draw_io_error(const Line *line)
{
	const ProcessRow *process = line->process;
	const TableColumn *from = table_find(line->layout, "rchar_bytes_per_second");
	const TableColumn *to = table_find(line->layout, "wchar_bytes_per_second");
	if (str_is_none(process->error) || !from || !to)
		return false;
	if (!isnan(process->rchar_bytes_per_second) || !isnan(process->wchar_bytes_per_second))
		return false;
	Str rest = process->error;
	Str text = process->is_hidden ? str_cut(&rest, ';') : process->error; /* what is behind it is shown elsewhere */
	if (str_eq(text, STR(NOT_VISIBLE)))
		return false;
	if (str_starts(text, STR("/proc: ")))
		text = str_sub(text, 7, text.len);
	int width = to->col + to->width - from->col;
	size_t detail = str_find(text, STR(" (")); /* "not permitted (run as ...)" */
	if (text.len > (size_t)width && detail != SIZE_MAX)
		text = str_sub(text, 0, detail);
	return draw_over(line, from, to, text);
}

static void draw_client(const Line *line, const TableColumn *column)
{
	draw_text(line, column, line->process->client, line->style);
}

static const struct {
	const char *name;
	void (*draw)(const Line *line, const TableColumn *column);
} special_cells[] = {
	{"backend_type", draw_type}, {"client", draw_client},   {"at", draw_at},
	{"state", draw_state},       {"wait_event", draw_wait}, {"query", draw_query},
};

static void draw_cell(const Line *line, const TableColumn *column)
{
	for (size_t i = 0; i < sizeof(special_cells) / sizeof(special_cells[0]); i++) {
		if (is_named(column, special_cells[i].name)) {
			special_cells[i].draw(line, column);
			return;
		}
	}
	table_draw_cell(column, line->frame, line->row, line->process, line->style, line->ellipsis);
}

static void draw_row(const Line *line)
{
	bool error_shown = draw_io_error(line);
	bool grant_shown = draw_grant(line);
	for (size_t i = 0; i < line->layout->ncolumns; i++) {
		const TableColumn *column = &line->layout->columns[i];
		if (error_shown &&
		    (is_named(column, "rchar_bytes_per_second") || is_named(column, "wchar_bytes_per_second")))
			continue;
		if (grant_shown && (is_named(column, "state") || is_named(column, "wait_event")))
			continue;
		draw_cell(line, column);
	}
}

static void draw_none(Frame *frame, int row, int height, const Report *report, const UiState *ui)
{
	char storage[1024];
	StrBuf text = STRBUF_ON(storage);
	const NodeRow *node = row_of_node(report, ui_process_node(ui, report));
	if (!node)
		strbuf_add_cstr(&text, "No node is selected.");
	else if (!str_is_none(node->error))
		strbuf_addf(&text, "No processes: %.*s", STR_ARG(node->error));
	else if (node->local)
		strbuf_add_cstr(&text, "Its processes have not been read yet.");
	else
		strbuf_add_cstr(&text, "Not on this host, and its sessions have not been read yet.");
	frame_put_wrapped(frame, row, 0, frame->cols, height, strbuf_str(&text), STYLE_DIM);
}

void process_draw(Frame *frame, int row, int height, const Report *report, UiState *ui, const Theme *theme)
{
	int scroll_max = (int)(sizeof(column_names) / sizeof(column_names[0])) - 3;
	size_t first, count;
	TableLayout layout;
	ui->process_page = height > 0 ? height : 0;
	if (height <= 0)
		return;
	if (ui->process_left > scroll_max)
		ui->process_left = scroll_max;
	/* A wide screen is not spent on columns alone: a fifth of what it has more than 80 is the query's. */
	const TableStretch stretch[] = {{"query", 30, frame->cols > 80 ? (frame->cols - 80) / 5 : 0},
	                                {"backend_type", 20, 0},
	                                {"wait_event", 22, 0},
	                                {"query", 0, 0},
	                                {NULL, 0, 0}};
	table_layout(&layout, metric_table(TABLE_PROCESSES), column_names, frame->cols, ui->process_left, stretch);
	ui_process_range(ui, report, &first, &count);
	if (height > 1) {
		draw_rule(frame, row++, report, ui, theme);
		height--;
	}
	if (count == 0) {
		draw_none(frame, row, height, report, ui);
		return;
	}
	if (height > 1) {
		table_draw_titles(&layout, frame, row++, STYLE_COLUMN);
		height--;
	}
	int selected = ui_process_index(ui, report);
	selected = selected >= (int)first && selected < (int)(first + count) ? selected - (int)first : -1;
	ui->process_page = height;
	ui->process_top = ui_fit(ui->process_top, selected, (int)count, height);
	for (int i = 0; i < height && ui->process_top + i < (int)count; i++) {
		const ProcessRow *process = &report->processes[first + (size_t)(ui->process_top + i)];
		Line line = {frame, row + i, process, &layout, theme->glyphs.ellipsis, STYLE_NORMAL};
		draw_row(&line);
		if (fold_has(&ui->tagged, process->key))
			table_mark_tagged(&layout, frame, row + i);
		if (ui->process_top + i == selected)
			frame_restyle(frame, row + i, 0, frame->cols,
			              ui->focus == PANE_PROCESSES ? STYLE_SELECTED : STYLE_SELECTED_OFF);
	}
}
