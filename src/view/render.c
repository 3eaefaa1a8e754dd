#include "view/render.h"

#include "view/view_dialog.h"
#include "view/view_header.h"
#include "view/view_process.h"
#include "view/view_tree.h"

/* Which rows of the screen belong to what; a height of 0: not shown. */
typedef struct Layout {
	HeaderLayout header;
	int tree_row, tree;
	int process_row, process;
	int message_row, key_row; /* -1 = none */
	bool titles;              /* above the tree */
} Layout;

static int min_of(int a, int b)
{
	return a < b ? a : b;
}

/* The tree gets what it needs up to 60 % of the space, the processes the rest; what they do not need goes back. */
static void split(Layout *layout, int space, const Report *report, const UiState *ui)
{
	enum { BOTH_MIN = 8 };
	if (space < BOTH_MIN) {
		if (ui->focus == PANE_PROCESSES)
			layout->process = space;
		else
			layout->tree = space;
		return;
	}
	int need = (ui->lines.count > 0 ? (int)ui->lines.count : 1) + 1;
	int process_need = process_height(report, ui);
	int tree_max = space * 60 / 100;
	if (space - process_need > tree_max)
		tree_max = space - process_need;
	layout->tree = min_of(need, tree_max);
	layout->process = space - layout->tree;
}

static Layout lay_out(int cols, int rows, const Report *report, const UiState *ui)
{
	Layout layout = {
		.header = header_layout(report, cols, rows), .message_row = -1, .key_row = -1, .titles = rows >= 7};
	int end = rows;
	if (rows >= 6)
		layout.key_row = --end;
	if (ui->message[0] && rows >= 2)
		layout.message_row = --end;
	layout.tree_row = layout.header.block + layout.header.notices;
	split(&layout, end - layout.tree_row, report, ui);
	layout.process_row = layout.tree_row + layout.tree;
	return layout;
}

static void draw_message(Frame *frame, int row, const UiState *ui)
{
	Style style = ui->message_bad ? STYLE_MESSAGE_BAD : STYLE_MESSAGE;
	frame_fill(frame, row, 0, frame->cols, ' ', style);
	frame_put(frame, row, 0, frame->cols, str_from(ui->message), style);
}

static void draw_keys(Frame *frame, int row, const UiState *ui)
{
	Pen pen = {frame, row, 0, frame->cols};
	for (size_t i = 0; i < KEY_BINDING_COUNT; i++) {
		const KeyBinding *binding = &KEY_BINDINGS[i];
		bool acts = binding->action == ACTION_CANCEL || binding->action == ACTION_TERMINATE;
		Key key = ui->keymap.keys[binding->action][0];
		if (!binding->footer || key == UI_KEY_NONE || (acts && ui->readonly))
			continue;
		char text[32];
		StrBuf name = STRBUF_ON(text);
		key_write(key, &name);
		if (pen.col > 0)
			pen_put(&pen, STR("  "), STYLE_NORMAL);
		pen_put(&pen, strbuf_str(&name), STYLE_KEY);
		pen_put(&pen, STR(" "), STYLE_NORMAL);
		pen_put(&pen, str_from(binding->footer), STYLE_KEY_LABEL);
	}
}

void render(Frame *frame, int cols, int rows, const Report *report, UiState *ui, const Theme *theme)
{
	frame_reset(frame, cols, rows);
	if (frame->cols == 0 || frame->rows == 0)
		return;
	Layout layout = lay_out(frame->cols, frame->rows, report, ui);
	header_draw(frame, layout.header, report, ui_cluster(ui, report), theme);
	tree_draw(frame, layout.tree_row, layout.tree, layout.titles, report, ui, theme);
	process_draw(frame, layout.process_row, layout.process, report, ui, theme);
	if (layout.message_row >= 0)
		draw_message(frame, layout.message_row, ui);
	if (layout.key_row >= 0)
		draw_keys(frame, layout.key_row, ui);
	dialog_draw(frame, ui, theme);
}
