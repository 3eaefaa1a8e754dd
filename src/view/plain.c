#include "view/plain.h"

#include "base/utf8.h"
#include "model/metric.h"
#include "view/format.h"
#include "view/table.h"
#include "view/uistate.h"
#include "view/view_header.h"
#include "view/view_tree.h"

enum {
	COLS_MIN = 100,
	NOTE_COLS = 60, /* beyond the columns, for words that take their place */
	LEVEL_COLS = 3, /* of the tree's lines */
	HEADER_ROWS_MAX = 120
};

/* ---- header and tree ---- */

static void write_rows(StrBuf *out, const Frame *frame, int from, int to)
{
	for (int row = from; row < to; row++) {
		frame_row_text(frame, row, out);
		strbuf_add_char(out, '\n');
	}
}

/* The header is made for a screen of so many rows, of which it takes what it needs. */
static void write_header(StrBuf *out, Frame *frame, int cols, const Report *report, uint32_t cluster,
                         const Theme *theme)
{
	frame_reset(frame, cols, HEADER_ROWS_MAX);
	HeaderLayout layout = header_layout(report, cols, HEADER_ROWS_MAX);
	header_draw(frame, layout, report, cluster, theme);
	write_rows(out, frame, 0, layout.block + layout.notices);
}

/* What the screen has no room for is cut there; here columns of text are as wide as their longest. */
static int text_width(const Report *report, const Lines *lines, const Metric *metric, bool is_name)
{
	StrBuf text = {0};
	int widest = (int)metric->width;
	for (size_t i = 0; i < lines->count; i++) {
		const TreeLine *line = &lines->rows[i];
		if (line->node == ROW_NONE)
			continue;
		const NodeRow *node = &report->nodes[line->node];
		strbuf_clear(&text);
		utf8_sanitise(&text, metric_get(metric, node).text);
		int width = (int)utf8_columns(strbuf_str(&text));
		if (is_name)
			width += (int)node->depth * LEVEL_COLS + node->edge_weak;
		widest = width > widest ? width : widest;
	}
	strbuf_free(&text);
	return widest;
}

static void lay_out(TableLayout *layout, const Report *report, const Lines *lines)
{
	static const char *const names[] = {
		"node",
		"role",
		"state",
		"sync_state",
		"timeline",
		"replay_lsn",
		"lag_bar",
		"lag_bytes",
		"lag_seconds",
		"eta_seconds",
		"bottleneck",
		"wal_bytes_per_second",
		"replay_bytes_per_second",
	};
	*layout = (TableLayout){0};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const Metric *metric = metric_find(metric_table(TABLE_NODES), str_from(names[i]));
		int width = (int)metric->width;
		if (metric->type == VALUE_TEXT)
			width = text_width(report, lines, metric, i == 0);
		layout->columns[layout->ncolumns++] = (TableColumn){metric, layout->width + (i > 0), width};
		layout->width += (i > 0) + width;
	}
}

static void draw_tree(Frame *frame, const TableLayout *layout, const Report *report, const UiState *ui,
                      const Theme *theme)
{
	frame_reset(frame, layout->width + NOTE_COLS, (int)ui->lines.count + 2);
	tree_draw_in(frame, 0, layout, report, ui, theme);
}

static int used_rows(const UiState *ui)
{
	return ui->lines.count > 0 ? (int)ui->lines.count + 1 : 2; /* without lines: why there are none */
}

/* ---- what a cell has no room for ---- */

static void write_safe(StrBuf *out, Str text)
{
	utf8_sanitise(out, text);
}

static void write_errors(StrBuf *out, const Report *report)
{
	bool first = true;
	for (size_t i = 0; i < report->nnodes; i++) {
		const NodeRow *node = &report->nodes[i];
		if (str_is_none(node->error))
			continue;
		strbuf_add_cstr(out, first ? "\n" : "");
		first = false;
		write_safe(out, node->node);
		strbuf_add_cstr(out, ": ");
		write_safe(out, node->error);
		strbuf_add_char(out, '\n');
	}
}

/* ---- slots ---- */

static const struct {
	const char *title, *column;
} slot_columns[] = {
	{"NODE", "node"},
	{"SLOT", "slot"},
	{"TYPE", "type"},
	{"ACTIVE", "active"},
	{"RETAINED", "retained_bytes"},
	{"STATUS", "wal_status"},
	{"UNTIL LOST", "safe_bytes"},
	{"TIME", "seconds_to_lost"},
	{"USED BY", "used_by"},
	{"DATABASE", "database"},
};
enum { SLOT_COLUMNS = sizeof(slot_columns) / sizeof(slot_columns[0]) };

static void write_slot_cell(StrBuf *out, const SlotRow *slot, size_t column)
{
	const Metric *metric = metric_find(metric_table(TABLE_SLOTS), str_from(slot_columns[column].column));
	Value value = metric_get(metric, slot);
	if (!value.known)
		strbuf_add_char(out, '-');
	else if (metric->use == METRIC_FLAG)
		strbuf_add_cstr(out, str_eq(value.text, STR("t")) ? "yes" : "no");
	else if (value.type == VALUE_TEXT)
		write_safe(out, value.text);
	else
		format_value(out, value);
}

static void write_padded(StrBuf *out, Str text, size_t width)
{
	size_t columns = utf8_columns(text);
	strbuf_add(out, text);
	strbuf_add_repeat(out, ' ', columns < width ? width - columns : 0);
}

static void write_slot_line(StrBuf *out, const SlotRow *slot, const size_t *widths)
{
	StrBuf cell = {0};
	for (size_t c = 0; c < SLOT_COLUMNS; c++) {
		strbuf_clear(&cell);
		if (slot != NULL)
			write_slot_cell(&cell, slot, c);
		else
			strbuf_add_cstr(&cell, slot_columns[c].title);
		strbuf_add_cstr(out, c == 0 ? " " : "  ");
		write_padded(out, strbuf_str(&cell), c + 1 < SLOT_COLUMNS ? widths[c] : 0);
	}
	strbuf_add_char(out, '\n');
	strbuf_free(&cell);
}

static void write_slots(StrBuf *out, const Report *report)
{
	size_t widths[SLOT_COLUMNS];
	StrBuf cell = {0};
	if (report->nslots == 0)
		return;
	for (size_t c = 0; c < SLOT_COLUMNS; c++) {
		widths[c] = str_from(slot_columns[c].title).len;
		for (size_t i = 0; i < report->nslots; i++) {
			strbuf_clear(&cell);
			write_slot_cell(&cell, &report->slots[i], c);
			size_t width = utf8_columns(strbuf_str(&cell));
			widths[c] = width > widths[c] ? width : widths[c];
		}
	}
	strbuf_free(&cell);
	strbuf_add_char(out, '\n');
	write_slot_line(out, NULL, widths);
	for (size_t i = 0; i < report->nslots; i++)
		write_slot_line(out, &report->slots[i], widths);
}

void plain_write(StrBuf *out, const Report *report, const Theme *theme)
{
	Frame tree = {0}, header = {0};
	TableLayout layout;
	UiState ui;
	Keymap keymap;
	keymap_init(&keymap);
	ui_init(&ui, &keymap, true);
	ui_update(&ui, report);
	lay_out(&layout, report, &ui.lines);
	draw_tree(&tree, &layout, report, &ui, theme);
	int cols = layout.width > COLS_MIN ? layout.width : COLS_MIN;
	strbuf_addf(out, "%.*s\n", STR_ARG(report->time));
	write_header(out, &header, cols, report, ui_cluster(&ui, report), theme);
	strbuf_add_char(out, '\n');
	write_rows(out, &tree, 0, used_rows(&ui));
	write_errors(out, report);
	write_slots(out, report);
	frame_free(&tree);
	frame_free(&header);
	ui_free(&ui);
}
