#include "view/render.h"

#include "base/utf8.h"
#include "view/view_detail.h"
#include "view/view_dialog.h"
#include "view/view_events.h"
#include "view/view_header.h"
#include "view/view_process.h"
#include "view/view_quorum.h"
#include "view/view_tree.h"

#include <string.h>

/* Which rows of the screen belong to what; a height of 0: not shown. */
typedef struct Layout {
	HeaderLayout header;
	int tree_row, tree;
	int process_row, process;
	int page_row, page;       /* of a view that fills the screen; then there is neither tree nor processes */
	int message_row, message; /* its height */
	int key_row;              /* -1 = none */
	int replay_row;           /* where a replay stands; -1 = none */
	int prompt_row;           /* of what is being typed, in the place of the keys; -1 = none */
	bool titles;              /* above the tree */
} Layout;

static int min_of(int a, int b)
{
	return a < b ? a : b;
}

/* The tree gets what it needs up to 60 % of the space, the processes the rest; what they do not need goes back. */
static void split(Layout *layout, int space, const UiState *ui)
{
	enum { BOTH_MIN = 8 };
	if (space < BOTH_MIN) {
		if (ui->focus == PANE_PROCESSES)
			layout->process = space;
		else
			layout->tree = space;
		return;
	}
	int need = tree_height(ui);
	int process_need = process_height(ui);
	int tree_max = space * 60 / 100;
	if (space - process_need > tree_max)
		tree_max = space - process_need;
	layout->tree = min_of(need, tree_max);
	layout->process = space - layout->tree;
}

/* What went wrong has to be read to its end; on a small screen its beginning has to do. */
static int message_height(const UiState *ui, int cols, int rows)
{
	enum { HEIGHT_MAX = 4 };
	int max = rows / 6 < HEIGHT_MAX ? rows / 6 : HEIGHT_MAX;
	int height = 0;
	for (Str rest = str_trim(str_from(ui->message)); rest.len > 0; height++)
		rest = str_trim(str_sub(rest, frame_break(rest, (size_t)cols), rest.len));
	if (height > max)
		height = max > 0 ? max : 1;
	return rows >= 2 ? height : 0;
}

static Layout lay_out(int cols, int rows, const Report *report, const UiState *ui)
{
	Layout layout = {.header = header_layout(report, cols, rows),
	                 .key_row = -1,
	                 .replay_row = -1,
	                 .prompt_row = -1,
	                 .titles = rows >= 7};
	layout.header.since = ui->frozen ? str_from(ui->since) : STR_NONE;
	int end = rows;
	if (ui->prompt.kind != PROMPT_NONE)
		layout.prompt_row = --end;
	else if (rows >= 6)
		layout.key_row = --end;
	if (ui->replay.on && rows >= 3)
		layout.replay_row = --end;
	layout.message = message_height(ui, cols, rows);
	end -= layout.message;
	layout.message_row = end;
	layout.tree_row = layout.page_row = layout.header.block + layout.header.notices;
	if (ui->view != VIEW_TOPOLOGY) {
		layout.page = end - layout.page_row;
		return layout;
	}
	split(&layout, end - layout.tree_row, ui);
	layout.process_row = layout.tree_row + layout.tree;
	return layout;
}

static void draw_message(Frame *frame, int row, int height, const UiState *ui)
{
	Style style = ui->message_bad ? STYLE_MESSAGE_BAD : STYLE_MESSAGE;
	for (int i = 0; i < height; i++)
		frame_fill(frame, row + i, 0, frame->cols, ' ', style);
	frame_put_wrapped(frame, row, 0, frame->cols, height, str_from(ui->message), style);
}

/* In the key line; what does nothing in the view is left out. */
static bool is_offered(Action action, const UiState *ui)
{
	bool topology = ui->view == VIEW_TOPOLOGY;
	bool processes = ui->view == VIEW_PROCESSES;
	switch (action) {
	case ACTION_CANCEL:
	case ACTION_TERMINATE:
		return topology || processes;
	case ACTION_FILTER:
	case ACTION_ONLY_ACTIVE:
	case ACTION_TOTALS:
	case ACTION_ALL_NODES:
	case ACTION_GROUP:
		return processes;
	case ACTION_FREEZE:
		return ui->frozen;
	case ACTION_SWITCH_PANE:
		return topology;
	case ACTION_BACK:
		return !topology;
	case ACTION_VIEW_PROCESSES:
		return !processes;
	case ACTION_VIEW_QUORUM:
		return ui->view != VIEW_QUORUM && !processes;
	case ACTION_VIEW_EVENTS:
		return ui->view != VIEW_EVENTS && !processes;
	case ACTION_VIEW_DETAIL:
		return ui->view != VIEW_DETAIL;
	default:
		return true;
	}
}

/* "q Quit", if there is room for all of it. */
static void put_key(Pen *pen, const KeyBinding *binding, const UiState *ui)
{
	char text[32];
	StrBuf name = STRBUF_ON(text);
	key_write(ui->keymap.keys[binding->action][0], &name);
	int gap = pen->col > 0 ? 2 : 0;
	if (pen->end - pen->col < gap + (int)utf8_columns(strbuf_str(&name)) + 1 + (int)strlen(binding->footer))
		return;
	pen->col += gap;
	pen_put(pen, strbuf_str(&name), STYLE_KEY);
	pen_put(pen, STR(" "), STYLE_NORMAL);
	pen_put(pen, str_from(binding->footer), STYLE_KEY_LABEL);
}

static void put_keys(Pen *pen, const UiState *ui, bool of_replay)
{
	enum { LAST_WIDTH = 16 }; /* "  ? Help  q Quit" */
	int cols = pen->frame->cols;
	for (size_t i = 0; i < KEY_BINDING_COUNT; i++) {
		const KeyBinding *binding = &KEY_BINDINGS[i];
		bool last = binding->action == ACTION_HELP || binding->action == ACTION_QUIT;
		Key key = ui->keymap.keys[binding->action][0];
		KeyScope scope = key_scope(binding);
		bool away = (ui->readonly && key_acts(binding)) || !keymap_has(&ui->keymap, binding);
		if (!binding->footer || key == UI_KEY_NONE || away || (scope == KEYS_REPLAY) != of_replay ||
		    !is_offered(binding->action, ui))
			continue;
		pen->end = last ? cols : cols - LAST_WIDTH;
		put_key(pen, binding, ui);
	}
}

/* As many as fit, those of a replay first; those that lead out, to the help and the end, always do where there is room for
 * any. */
static void draw_keys(Frame *frame, int row, const UiState *ui)
{
	Pen pen = {frame, row, 0, frame->cols};
	put_keys(&pen, ui, true);
	put_keys(&pen, ui, false);
}

/* What a view that fills the screen shows. Drawn with a height of 0 it is only counted. */
static int draw_page(Frame *frame, int row, int height, int room, const Report *report, const UiState *ui,
                     const Theme *theme)
{
	const char *nothing = "no primary is known";
	int selected = ui_tree_index(ui, report);
	const QuorumRow *quorum = header_quorum(report, ui_cluster(ui, report));
	switch (ui->view) {
	case VIEW_QUORUM:
		if (quorum != NULL)
			return quorum_draw(frame, row, height, ui->page_top, quorum, theme);
		break;
	case VIEW_DETAIL:
		if (selected >= 0)
			return detail_draw(frame, row, height, ui->page_top, room, report, (uint32_t)selected, theme);
		nothing = "no node is selected";
		break;
	default:
		break;
	}
	if (height > 0)
		frame_put(frame, row, 0, frame->cols, str_from(nothing), STYLE_DIM);
	return 1;
}

static void draw_view(Frame *frame, int row, int height, const Report *report, UiState *ui, const Theme *theme)
{
	if (ui->view == VIEW_PROCESSES) {
		process_view_draw(frame, row, height, report, ui, theme);
		return;
	}
	ui->process_page = 0; /* the processes are not on the screen */
	if (ui->view == VIEW_EVENTS) {
		events_draw(frame, row, height, report, ui, theme);
		return;
	}
	ui_fit_page(ui, draw_page(frame, row, 0, height, report, ui, theme), height);
	(void)draw_page(frame, row, height, height, report, ui, theme);
}

void render(Frame *frame, int cols, int rows, const Report *report, UiState *ui, const Theme *theme)
{
	frame_reset(frame, cols, rows);
	if (frame->cols == 0 || frame->rows == 0)
		return;
	Layout layout = lay_out(frame->cols, frame->rows, report, ui);
	header_draw(frame, layout.header, report, ui_cluster(ui, report), theme);
	if (ui->view == VIEW_TOPOLOGY) {
		tree_draw(frame, layout.tree_row, layout.tree, layout.titles, report, ui, theme);
		process_draw(frame, layout.process_row, layout.process, report, ui, theme);
	} else {
		draw_view(frame, layout.page_row, layout.page, report, ui, theme);
	}
	draw_message(frame, layout.message_row, layout.message, ui);
	if (layout.replay_row >= 0)
		replay_draw(&ui->replay, frame, layout.replay_row);
	if (layout.key_row >= 0)
		draw_keys(frame, layout.key_row, ui);
	if (layout.prompt_row >= 0)
		prompt_draw(&ui->prompt, frame, layout.prompt_row);
	dialog_draw(frame, ui, theme);
}
