#include "view/process_table.h"

#include "view/format.h"
#include "view/table.h"

#include <math.h>

/* The node is a column only where there are several, and rates or totals stand in the place of each other. */
static const char *const column_names[] = {
	"pid",
	"node",
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
	"wal_source",
	"wal_write_bytes_per_second",
	"open_wal_file",
	"open_wal_offset",
	"io_source",
	"query",
	NULL,
};

enum { COLUMN_NAMES = sizeof(column_names) / sizeof(column_names[0]) };

bool process_delays_off(const ProcessUi *ui)
{
	return ui->lines.sum.delays_off && isnan(ui->lines.sum.io_delay_percent);
}

/* A group has its node's name in its heading; on a narrow screen that has to do. */
static size_t choose_columns(const ProcessUi *ui, int cols, const char *names[COLUMN_NAMES])
{
	bool node = ui->lines.all_nodes && (ui->choice.flat || cols >= 100);
	const MetricTable *table = metric_table(TABLE_PROCESSES);
	bool delays = !process_delays_off(ui);
	size_t count = 0;
	for (size_t i = 0; column_names[i] != NULL; i++) {
		const Metric *metric = metric_find(table, str_from(column_names[i]));
		if ((i != 1 || node) && (delays || !str_eq(str_from(column_names[i]), STR("io_delay_percent"))))
			names[count++] = process_column(metric, ui->choice.totals)->name;
	}
	names[count] = NULL;
	return count;
}

/* With rates and totals in the place of each other; who chose both sees both. */
static ColumnList chosen_columns(const UiState *ui)
{
	ColumnList columns = ui->columns[TABLE_PROCESSES];
	for (size_t i = 0; i < columns.count; i++) {
		const Metric *other = process_column(columns.metrics[i], ui->processes.choice.totals);
		if (!columns_have(&ui->columns[TABLE_PROCESSES], other))
			columns.metrics[i] = other;
	}
	return columns;
}

static void lay_out(TableLayout *layout, UiState *ui, int cols)
{
	/* A wide screen is not spent on columns alone: a fifth of what it has more than 80 is the query's. */
	const TableStretch stretch[] = {{"node", 22, 0},         {"query", 30, cols > 80 ? (cols - 80) / 5 : 0},
	                                {"backend_type", 20, 0}, {"wait_event", 22, 0},
	                                {"query", 0, 0},         {NULL, 0, 0}};
	const char *names[COLUMN_NAMES];
	const MetricTable *table = metric_table(TABLE_PROCESSES);
	ColumnList chosen = chosen_columns(ui);
	int count = (int)choose_columns(&ui->processes, cols, names);
	if (chosen.count > 0)
		count = (int)chosen.count;
	if (ui->process_left > count - 2)
		ui->process_left = count > 2 ? count - 2 : 0;
	table_layout(layout, table, names, cols, 0, stretch);
	ui->fitting[TABLE_PROCESSES] = table_columns(layout);
	if (chosen.count > 0)
		table_layout_chosen(layout, &chosen, cols, ui->process_left, stretch);
	else if (ui->process_left > 0)
		table_layout(layout, table, names, cols, ui->process_left, stretch);
	ui->processes.ncolumns = layout->ncolumns;
	for (size_t i = 0; i < layout->ncolumns; i++)
		ui->processes.columns[i] = layout->columns[i].metric;
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
	bool frozen; /* the screen */
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

static void draw_delay(const Line *line, const TableColumn *column)
{
	if (isnan(line->process->io_delay_percent) && line->process->delays_off)
		table_draw_text(column, line->frame, line->row, STR("off"), STYLE_DIM, line->ellipsis);
	else
		table_draw_cell(column, line->frame, line->row, line->process, line->style, line->ellipsis);
}

static void draw_client(const Line *line, const TableColumn *column)
{
	draw_text(line, column, line->process->client, line->style);
}

static const struct {
	const char *name;
	void (*draw)(const Line *line, const TableColumn *column);
} special_cells[] = {
	{"backend_type", draw_type},
	{"client", draw_client},
	{"at", draw_at},
	{"state", draw_state},
	{"wait_event", draw_wait},
	{"query", draw_query},
	{"io_delay_percent", draw_delay},
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

/* ---- the heading of a node ---- */

static bool is_sum(const Metric *metric)
{
	return metric->type == VALUE_RATE || str_eq(str_from(metric->name), STR("cpu_percent")) ||
	       process_column(metric, false) != metric;
}

static void draw_sums(const Line *line)
{
	for (size_t i = 0; i < line->layout->ncolumns; i++) {
		const TableColumn *column = &line->layout->columns[i];
		if (is_sum(column->metric))
			table_draw_cell(column, line->frame, line->row, line->process, line->style, line->ellipsis);
	}
}

/* Where the sums begin. */
static int name_end(const Line *line)
{
	for (size_t i = 0; i < line->layout->ncolumns; i++)
		if (is_sum(line->layout->columns[i].metric))
			return line->layout->columns[i].col - 1;
	return line->frame->cols;
}

/* Why no process of the node is known. */
static void say_unread(StrBuf *out, const NodeRow *node, bool frozen)
{
	if (!str_is_none(node->error))
		strbuf_addf(out, "No processes: %.*s", STR_ARG(node->error));
	else if (frozen)
		strbuf_add_cstr(out, "Its processes had not been read when the screen was frozen.");
	else if (node->local)
		strbuf_add_cstr(out, "Its processes have not been read yet.");
	else
		strbuf_add_cstr(out, "Not on this host, and its sessions have not been read yet.");
}

static void draw_heading(const Line *line, const Report *report, const ProcessGroup *group)
{
	const NodeRow *node = &report->nodes[group->node];
	char storage[256];
	StrBuf text = STRBUF_ON(storage);
	Pen pen = {line->frame, line->row, 0, name_end(line)};
	if (group->all == 0) {
		pen.end = line->frame->cols;
		pen_put(&pen, node->node, line->style);
		pen_put(&pen, STR("  "), STYLE_NORMAL);
		say_unread(&text, node, line->frozen);
		frame_put_cut(pen.frame, pen.row, pen.col, pen.end - pen.col, strbuf_str(&text), STYLE_DIM,
		              line->ellipsis);
		return;
	}
	format_shown(&text, group->shown, group->all);
	int room = pen.end - (int)text.len - 2;
	pen.col += frame_put_cut(pen.frame, pen.row, pen.col, room > 8 ? room : pen.end, node->node, line->style,
	                         line->ellipsis);
	pen_put_whole(&pen, 2, strbuf_str(&text), line->style);
	draw_sums(line);
}

/* ---- nothing to show ---- */

static void add_key(StrBuf *out, const UiState *ui, Action action)
{
	key_write(ui->keymap.keys[action][0], out);
}

/* All of them are left out. */
static void say_left_out(StrBuf *out, const UiState *ui)
{
	const ProcessChoice *choice = &ui->processes.choice;
	strbuf_add_cstr(out, "None of ");
	format_count(out, ui->processes.lines.all);
	strbuf_add_cstr(out, " processes ");
	if (!filter_is_empty(&choice->filter))
		strbuf_addf(out, "matches %s", choice->filter.text);
	if (!filter_is_empty(&choice->filter) && choice->only_active)
		strbuf_add_cstr(out, " and ");
	if (choice->only_active)
		strbuf_add_cstr(out, "does anything");
	strbuf_add_cstr(out, "; ");
	if (!filter_is_empty(&choice->filter)) {
		add_key(out, ui, ACTION_FILTER);
		strbuf_add_cstr(out, " changes the filter");
	}
	if (!filter_is_empty(&choice->filter) && choice->only_active)
		strbuf_add_cstr(out, ", ");
	if (choice->only_active) {
		add_key(out, ui, ACTION_ONLY_ACTIVE);
		strbuf_add_cstr(out, " shows those that rest");
	}
	strbuf_add_char(out, '.');
}

static void draw_none(Frame *frame, int row, int height, const Report *report, const UiState *ui)
{
	const ProcessLines *lines = &ui->processes.lines;
	char storage[1024];
	StrBuf text = STRBUF_ON(storage);
	if (lines->all > 0)
		say_left_out(&text, ui);
	else if (lines->all_nodes)
		strbuf_add_cstr(&text, "No processes have been read yet.");
	else if (lines->ngroups > 0)
		say_unread(&text, &report->nodes[lines->groups[0].node], ui->frozen);
	else
		strbuf_add_cstr(&text, "No node is selected.");
	frame_put_wrapped(frame, row, 0, frame->cols, height, strbuf_str(&text), STYLE_DIM);
}

/* ---- all of it ---- */

static void draw_line(Frame *frame, int row, const TableLayout *layout, const Report *report, const UiState *ui, int at,
                      uint32_t ellipsis)
{
	const ProcessLines *lines = &ui->processes.lines;
	const ProcessLine *shown = &lines->rows[at];
	bool is_heading = shown->row == ROW_NONE;
	const ProcessGroup *group = is_heading ? &lines->groups[shown->group] : NULL;
	Line line = {.frame = frame,
	             .row = row,
	             .process = is_heading ? &group->sum : &report->processes[shown->row],
	             .layout = layout,
	             .ellipsis = ellipsis,
	             .style = is_heading ? STYLE_BOLD : STYLE_NORMAL,
	             .frozen = ui->frozen};
	if (is_heading)
		draw_heading(&line, report, group);
	else
		draw_row(&line);
	if (!is_heading && fold_has(&ui->tagged, line.process->key))
		table_mark_tagged(layout, frame, row);
	if (ui->has_selected_process && at == ui->process_at)
		frame_restyle(frame, row, 0, frame->cols, ui_in_processes(ui) ? STYLE_SELECTED : STYLE_SELECTED_OFF);
}

void process_table_draw(Frame *frame, int row, int height, const Report *report, UiState *ui, const Theme *theme)
{
	const ProcessLines *lines = &ui->processes.lines;
	int count = (int)lines->count;
	TableLayout layout;
	ui->process_page = height > 0 ? height : 0;
	if (height <= 0)
		return;
	lay_out(&layout, ui, frame->cols);
	if (count > 0 && height > 1) {
		table_draw_titles(&layout, frame, row, STYLE_COLUMN);
		table_mark_sort(&layout, frame, row++, ui->processes.choice.order.column,
		                ui->processes.choice.order.descending);
		height--;
	}
	ui->process_page = height;
	ui->process_top = ui_fit(ui->process_top, ui->has_selected_process ? ui->process_at : -1, count, height);
	int i = 0;
	for (; i < height && ui->process_top + i < count; i++)
		draw_line(frame, row + i, &layout, report, ui, ui->process_top + i, theme->glyphs.ellipsis);
	if (lines->shown == 0 && (lines->all > 0 || count == 0) && i < height)
		draw_none(frame, row + i, height - i, report, ui);
}
