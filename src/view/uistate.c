#include "view/uistate.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void ui_init(UiState *ui, const Keymap *keymap, bool readonly)
{
	*ui = (UiState){.keymap = *keymap, .readonly = readonly, .tree_page = 1, .process_page = 1};
}

void ui_begin_replay(UiState *ui)
{
	ui->replay.on = ui->keymap.replaying = true;
}

void ui_free(UiState *ui)
{
	fold_free(&ui->folded);
	fold_free(&ui->tagged);
	act_free(&ui->asked);
	act_free(&ui->acted);
	lines_free(&ui->lines);
	process_ui_free(&ui->processes);
}

void ui_message(UiState *ui, bool bad, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	(void)vsnprintf(ui->message, sizeof(ui->message), format, args);
	va_end(args);
	ui->message_bad = bad;
}

NodeId ui_process_node(const UiState *ui, const Report *report)
{
	int at = ui_tree_index(ui, report);
	return at < 0 ? 0 : report->nodes[at].key.node;
}

NodeId ui_detail_node(const UiState *ui, const Report *report)
{
	int at = ui->view == VIEW_DETAIL ? ui_tree_index(ui, report) : -1;
	return at < 0 || report->nodes[at].is_client || report->nodes[at].is_ghost ? 0 : report->nodes[at].key.node;
}

bool ui_in_processes(const UiState *ui)
{
	return ui->view == VIEW_PROCESSES || (ui->view == VIEW_TOPOLOGY && ui->focus == PANE_PROCESSES);
}

bool ui_wants_processes(const UiState *ui, const Report *report, NodeId *node)
{
	bool all = ui->view == VIEW_PROCESSES && !ui->processes.choice.one_node;
	*node = all ? 0 : ui_process_node(ui, report);
	if (ui_detail_node(ui, report) != 0)
		return true; /* its words are of its processes */
	return ui->process_page > 0 && (all || *node != 0);
}

int ui_tree_line(const UiState *ui)
{
	for (size_t i = 0; ui->has_selected_node && i < ui->lines.count; i++) {
		if (row_key_eq(ui->lines.rows[i].key, ui->selected_node))
			return (int)i;
	}
	return -1;
}

uint32_t ui_cluster(const UiState *ui, const Report *report)
{
	int at = ui_tree_line(ui);
	uint32_t cluster = at < 0 ? ROW_NONE : ui->lines.rows[at].cluster;
	if (cluster < report->nclusters && lines_cluster_is_known(&report->clusters[cluster]))
		return cluster;
	for (uint32_t i = 0; i < report->nclusters; i++) {
		if (lines_cluster_is_known(&report->clusters[i]))
			return i;
	}
	return ROW_NONE;
}

int ui_node_of_key(const Report *report, RowKey key)
{
	for (size_t i = 0; i < report->nnodes; i++) {
		if (row_key_eq(report->nodes[i].key, key))
			return (int)i;
	}
	return -1;
}

static int process_of_key(const Report *report, RowKey key)
{
	for (size_t i = 0; i < report->nprocesses; i++) {
		if (row_key_eq(report->processes[i].key, key))
			return (int)i;
	}
	return -1;
}

int ui_tree_index(const UiState *ui, const Report *report)
{
	return ui->has_selected_node ? ui_node_of_key(report, ui->selected_node) : -1;
}

int ui_process_index(const UiState *ui, const Report *report)
{
	return ui->has_selected_process ? process_of_key(report, ui->selected_process) : -1;
}

static int clamp(int value, int low, int high)
{
	if (value > high)
		value = high;
	return value < low ? low : value;
}

int ui_fit(int top, int selected, int count, int page)
{
	if (page < 1)
		page = 1;
	if (selected >= 0 && selected < top)
		top = selected;
	if (selected >= 0 && selected - top >= page)
		top = selected - page + 1;
	return clamp(top, 0, count > page ? count - page : 0);
}

void ui_fit_page(UiState *ui, int lines, int height)
{
	int last = lines > height ? lines - height : 0;
	ui->page_lines = lines;
	ui->page_height = height;
	ui->page_top = ui->page_at_end ? last : clamp(ui->page_top, 0, last);
}

/* Those of all nodes, or of the selected one. */
static void build_process_lines(UiState *ui, const Report *report)
{
	bool all = ui->view == VIEW_PROCESSES && !ui->processes.choice.one_node;
	NodeId node = all ? 0 : ui_process_node(ui, report);
	if (all || node != 0)
		process_lines_build(&ui->processes.lines, report, &ui->processes.choice, node);
	else
		process_lines_clear(&ui->processes.lines);
}

void ui_select_process(UiState *ui, const Report *report, int at)
{
	const ProcessLines *lines = &ui->processes.lines;
	ui->has_selected_process = lines->count > 0;
	if (lines->count == 0)
		return;
	ui->process_at = clamp(at, 0, (int)lines->count - 1);
	ui->selected_process = process_line_key(lines, report, (size_t)ui->process_at);
}

/* The processes of another node start from the top. */
void ui_select_line(UiState *ui, const Report *report, int at)
{
	ui->has_selected_node = ui->lines.count > 0;
	if (ui->lines.count == 0)
		return;
	NodeId before = ui->selected_node.node;
	ui->tree_at = clamp(at, 0, (int)ui->lines.count - 1);
	ui->selected_node = ui->lines.rows[ui->tree_at].key;
	if (ui->selected_node.node == before)
		return;
	if (ui->view == VIEW_TOPOLOGY) {
		ui->process_top = 0;
		build_process_lines(ui, report);
		ui_select_process(ui, report, 0);
	}
}

static int line_of_key(const UiState *ui, RowKey key)
{
	for (size_t i = 0; i < ui->lines.count; i++) {
		if (row_key_eq(ui->lines.rows[i].key, key))
			return (int)i;
	}
	return -1;
}

/* The line that a row of the report is, or that it is folded away below; -1 = the report has no such row. */
static int line_above(const UiState *ui, const Report *report, uint32_t row)
{
	uint32_t cluster = report->nodes[row].cluster_index;
	while (row < report->nnodes) {
		int at = line_of_key(ui, report->nodes[row].key);
		if (at >= 0)
			return at;
		row = report->nodes[row].parent < row ? report->nodes[row].parent : ROW_NONE;
	}
	return cluster < report->nclusters ? line_of_key(ui, report->clusters[cluster].key) : -1;
}

static int first_node_line(const UiState *ui)
{
	for (size_t i = 0; i < ui->lines.count; i++) {
		if (ui->lines.rows[i].node != ROW_NONE)
			return (int)i;
	}
	return 0;
}

static void update_selected_line(UiState *ui, const Report *report)
{
	int at = ui_tree_line(ui);
	int row = at < 0 ? ui_tree_index(ui, report) : -1;
	if (row >= 0)
		at = line_above(ui, report, (uint32_t)row);
	if (at >= 0 && row < 0)
		ui->tree_at = at;
	else if (at >= 0)
		ui_select_line(ui, report, at);
	else
		ui_select_line(ui, report, ui->has_selected_node ? ui->tree_at : first_node_line(ui));
}

/* Where no table of processes is shown, the selection stays what it was. */
static void update_processes(UiState *ui, const Report *report)
{
	if (ui->view != VIEW_TOPOLOGY && ui->view != VIEW_PROCESSES)
		return;
	build_process_lines(ui, report);
	int at = ui->has_selected_process ? process_line_of(&ui->processes.lines, report, ui->selected_process) : -1;
	if (at >= 0)
		ui->process_at = at;
	else
		ui_select_process(ui, report, ui->has_selected_process ? ui->process_at : 0);
}

static bool has_processes(const Report *report, NodeId node)
{
	for (size_t i = 0; i < report->nprocesses; i++)
		if (report->processes[i].key.node == node)
			return true;
	return false;
}

static bool is_gone(const Report *report, RowKey key)
{
	if (key.pid == 0)
		return ui_node_of_key(report, key) < 0;
	return has_processes(report, key.node) && process_of_key(report, key) < 0;
}

void ui_prune_tags(UiState *ui, const Report *report)
{
	for (size_t i = ui->tagged.count; i-- > 0;)
		if (is_gone(report, ui->tagged.keys[i]))
			fold_set(&ui->tagged, ui->tagged.keys[i], false);
}

void ui_update(UiState *ui, const Report *report)
{
	lines_build(&ui->lines, report, ui->order, &ui->folded, &ui->filter);
	ui_prune_tags(ui, report);
	update_selected_line(ui, report);
	update_processes(ui, report);
}

/* Moves the cursor of the pane that has the focus. */
void ui_move(UiState *ui, const Report *report, Action action)
{
	ui_update(ui, report); /* so that the positions are this report's */
	bool tree = !ui_in_processes(ui);
	int at = tree ? ui->tree_at : ui->process_at;
	int page = tree ? ui->tree_page : ui->process_page;
	if (page < 1)
		page = 1;
	switch (action) {
	case ACTION_UP:
		at--;
		break;
	case ACTION_DOWN:
		at++;
		break;
	case ACTION_PAGE_UP:
		at -= page;
		break;
	case ACTION_PAGE_DOWN:
		at += page;
		break;
	case ACTION_HOME:
		at = 0;
		break;
	default:
		at = INT_MAX;
		break;
	}
	if (tree)
		ui_select_line(ui, report, at);
	else
		ui_select_process(ui, report, at);
}

/* ---- views that fill the screen ---- */

static void show_view(UiState *ui, const Report *report, View view)
{
	if (ui->view == view)
		return;
	ui->view = view;
	ui->process_at = ui->process_top = 0; /* unless the selected process is there, too */
	ui_update(ui, report);
	ui->page_top = 0;
	ui->page_at_end = view == VIEW_EVENTS; /* what happened last */
}

/* The node of a process that is not of the selected one becomes the selected one. */
static void select_node_of_process(UiState *ui, const Report *report)
{
	int at = ui->has_selected_process ? line_of_key(ui, (RowKey){ui->selected_process.node, 0, 0}) : -1;
	if (at >= 0)
		ui_select_line(ui, report, at);
}

static void show_detail(UiState *ui, const Report *report)
{
	ui_update(ui, report);
	if (ui->view == VIEW_PROCESSES)
		select_node_of_process(ui, report);
	if (ui_tree_index(ui, report) >= 0)
		show_view(ui, report, VIEW_DETAIL);
	else
		ui_message(ui, false, "select a node first");
}

static void scroll_page(UiState *ui, Action action)
{
	int page = ui->page_height > 1 ? ui->page_height - 1 : 1; /* one line stays, to go on reading from */
	int last = ui->page_lines - ui->page_height;
	int top = ui->page_top;
	switch (action) {
	case ACTION_UP:
		top--;
		break;
	case ACTION_DOWN:
		top++;
		break;
	case ACTION_PAGE_UP:
		top -= page;
		break;
	case ACTION_PAGE_DOWN:
		top += page;
		break;
	case ACTION_HOME:
		top = 0;
		break;
	default:
		top = last;
		break;
	}
	ui->page_top = clamp(top, 0, last > 0 ? last : 0);
	ui->page_at_end = ui->view == VIEW_EVENTS && ui->page_top >= last;
}

/* ---- the tree's shape ---- */

static void fold_selected(UiState *ui, const Report *report, bool folded)
{
	ui_update(ui, report);
	int at = ui_tree_line(ui);
	if (at >= 0 && ui->lines.rows[at].below == 0)
		ui_message(ui, false, "nothing hangs below this row");
	if (at < 0 || ui->lines.rows[at].below == 0)
		return;
	fold_set(&ui->folded, ui->lines.rows[at].key, folded);
	ui_update(ui, report);
}

/* The outermost lines: headings where there are some, else roots. */
static void fold_all(UiState *ui, const Report *report)
{
	ui_update(ui, report);
	bool unfold = ui->folded.count > 0;
	if (unfold)
		fold_free(&ui->folded);
	bool headings = ui->lines.count > 0 && ui->lines.rows[0].node == ROW_NONE;
	for (size_t i = 0; i < ui->lines.count && !unfold; i++) {
		const TreeLine *line = &ui->lines.rows[i];
		if (line->parent == ROW_NONE && line->below > 0 && headings == (line->node == ROW_NONE))
			fold_set(&ui->folded, line->key, true);
	}
	ui_update(ui, report);
}

static void say_order(UiState *ui)
{
	const SortOrder *order = &ui->order;
	if (order->column == NULL)
		ui_message(ui, false, "siblings in their own order: primaries first, then by address");
	else
		ui_message(ui, false, "siblings by %s (%s), %s first", order->column->title, order->column->name,
		           order->descending ? "highest" : "lowest");
}

static void choose_sort(UiState *ui, const Report *report, int by)
{
	ui->order = order_step(ui->order, ui->tree_columns, ui->ntree_columns, by);
	ui_update(ui, report);
	say_order(ui);
}

static void reverse_order(UiState *ui, const Report *report)
{
	if (ui->order.column == NULL) {
		ui_message(ui, false, "no sort column is chosen");
		return;
	}
	ui->order.descending = !ui->order.descending;
	ui_update(ui, report);
	say_order(ui);
}

/* ---- the processes ---- */

static void say_process_order(UiState *ui)
{
	StrBuf text = STRBUF_ON(ui->message);
	process_ui_say_order(&ui->processes, &text);
	ui->message_bad = false;
}

static void sort_processes(UiState *ui, const Report *report, Action action)
{
	if (action != ACTION_REVERSE) {
		process_ui_sort(&ui->processes, action == ACTION_SORT_LEFT ? -1 : 1);
	} else if (!process_ui_reverse(&ui->processes)) {
		ui_message(ui, false, "no sort column is chosen");
		return;
	}
	ui_update(ui, report);
	say_process_order(ui);
}

static void sort(UiState *ui, const Report *report, Action action)
{
	if (ui_in_processes(ui))
		sort_processes(ui, report, action);
	else if (action == ACTION_REVERSE)
		reverse_order(ui, report);
	else
		choose_sort(ui, report, action == ACTION_SORT_LEFT ? -1 : 1);
}

/* What is chosen of the processes, in the pane and in their view. */
static void choose_processes(UiState *ui, const Report *report, Action action)
{
	ProcessChoice *choice = &ui->processes.choice;
	bool of_view = action == ACTION_ALL_NODES || action == ACTION_GROUP;
	if ((of_view && ui->view != VIEW_PROCESSES) || (ui->view != VIEW_TOPOLOGY && ui->view != VIEW_PROCESSES)) {
		ui_message(ui, false, of_view ? "only in the process view" : "only where processes are shown");
		return;
	}
	switch (action) {
	case ACTION_ONLY_ACTIVE:
		choice->only_active = !choice->only_active;
		break;
	case ACTION_TOTALS:
		process_ui_toggle_totals(&ui->processes);
		break;
	case ACTION_ALL_NODES:
		if (!choice->one_node)
			select_node_of_process(ui, report); /* the node under the cursor is the one that stays */
		choice->one_node = !choice->one_node;
		break;
	default:
		choice->flat = !choice->flat;
		break;
	}
	ui_update(ui, report);
}

static void scroll_sideways(UiState *ui, int by)
{
	int *left = ui_in_processes(ui) ? &ui->process_left : &ui->tree_left;
	*left = clamp(*left + by, 0, INT_MAX); /* render knows how many columns there are */
}

static void key_in_help(UiState *ui, Key key)
{
	Action action = keymap_lookup(&ui->keymap, key);
	int page = 10;
	switch (action) {
	case ACTION_UP:
		ui->dialog_scroll--;
		break;
	case ACTION_DOWN:
		ui->dialog_scroll++;
		break;
	case ACTION_PAGE_UP:
		ui->dialog_scroll -= page;
		break;
	case ACTION_PAGE_DOWN:
		ui->dialog_scroll += page;
		break;
	case ACTION_HOME:
		ui->dialog_scroll = 0;
		break;
	case ACTION_END:
		ui->dialog_scroll = INT_MAX / 2; /* render knows how long the text is */
		break;
	case ACTION_HELP:
	case ACTION_BACK:
	case ACTION_QUIT:
		ui->dialog = DIALOG_NONE;
		break;
	default:
		if (key == UI_KEY_ESCAPE || key == 0x1B || key == UI_KEY_ENTER || key == 'q' || key == '?' ||
		    key == 'h')
			ui->dialog = DIALOG_NONE;
		break;
	}
	if (ui->dialog_scroll < 0)
		ui->dialog_scroll = 0;
}

/* Keys of the tree and the processes; elsewhere they do nothing. */
static void key_in_tables(UiState *ui, Action action, const Report *report)
{
	switch (action) {
	case ACTION_UP:
	case ACTION_DOWN:
	case ACTION_PAGE_UP:
	case ACTION_PAGE_DOWN:
	case ACTION_HOME:
	case ACTION_END:
		ui_move(ui, report, action);
		break;
	case ACTION_SCROLL_LEFT:
		scroll_sideways(ui, -1);
		break;
	case ACTION_SCROLL_RIGHT:
		scroll_sideways(ui, 1);
		break;
	case ACTION_FOLD:
	case ACTION_UNFOLD:
		if (ui->view == VIEW_TOPOLOGY)
			fold_selected(ui, report, action == ACTION_FOLD);
		break;
	case ACTION_FOLD_ALL:
		if (ui->view == VIEW_TOPOLOGY)
			fold_all(ui, report);
		break;
	case ACTION_SORT_LEFT:
	case ACTION_SORT_RIGHT:
	case ACTION_REVERSE:
		sort(ui, report, action);
		break;
	case ACTION_SWITCH_PANE:
		ui->focus = ui->focus == PANE_TREE ? PANE_PROCESSES : PANE_TREE;
		break;
	default:
		break;
	}
}

static void key_in_page(UiState *ui, Action action)
{
	switch (action) {
	case ACTION_UP:
	case ACTION_DOWN:
	case ACTION_PAGE_UP:
	case ACTION_PAGE_DOWN:
	case ACTION_HOME:
	case ACTION_END:
		scroll_page(ui, action);
		break;
	default:
		break;
	}
}

static Effect key_on_screen(UiState *ui, Key key, const Report *report)
{
	Err err = {""};
	ReplayResult replayed = replay_key(&ui->replay, &ui->keymap, key, &err);
	if (err.text[0] != '\0')
		ui_message(ui, true, "%s", err.text);
	if (replayed != REPLAY_NOT_MINE)
		return (Effect){.kind = replayed == REPLAY_MOVES ? EFFECT_REPLAY : EFFECT_NONE};
	Action action = keymap_lookup(&ui->keymap, key);
	switch (action) {
	case ACTION_VIEW_TOPOLOGY:
		show_view(ui, report, VIEW_TOPOLOGY);
		break;
	case ACTION_VIEW_PROCESSES:
		show_view(ui, report, VIEW_PROCESSES);
		break;
	case ACTION_ONLY_ACTIVE:
	case ACTION_TOTALS:
	case ACTION_ALL_NODES:
	case ACTION_GROUP:
		choose_processes(ui, report, action);
		break;
	case ACTION_VIEW_QUORUM:
		show_view(ui, report, VIEW_QUORUM);
		break;
	case ACTION_VIEW_EVENTS:
		show_view(ui, report, VIEW_EVENTS);
		break;
	case ACTION_VIEW_DETAIL:
		show_detail(ui, report);
		break;
	case ACTION_BACK:
		if (ui->view == VIEW_TOPOLOGY)
			ui->focus = PANE_TREE;
		show_view(ui, report, VIEW_TOPOLOGY);
		break;
	case ACTION_HELP:
		ui->dialog = DIALOG_HELP;
		ui->dialog_scroll = 0;
		break;
	case ACTION_REDRAW:
		return (Effect){.kind = EFFECT_REDRAW};
	case ACTION_QUIT:
		return (Effect){.kind = EFFECT_QUIT};
	default:
		if (ui->view == VIEW_TOPOLOGY || ui->view == VIEW_PROCESSES)
			key_in_tables(ui, action, report);
		else
			key_in_page(ui, action);
		break;
	}
	return (Effect){.kind = EFFECT_NONE};
}

Effect ui_key_to_look(UiState *ui, Key key, const Report *report)
{
	if (ui->dialog == DIALOG_HELP)
		key_in_help(ui, key);
	else
		return key_on_screen(ui, key, report);
	return (Effect){.kind = EFFECT_NONE};
}
