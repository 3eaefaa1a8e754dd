#include "view/uistate.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void ui_init(UiState *ui, const Keymap *keymap, bool readonly)
{
	*ui = (UiState){.keymap = *keymap, .readonly = readonly, .tree_page = 1, .process_page = 1};
}

void ui_free(UiState *ui)
{
	fold_free(&ui->folded);
	fold_free(&ui->tagged);
	act_free(&ui->asked);
	act_free(&ui->acted);
	lines_free(&ui->lines);
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

void ui_process_range(const UiState *ui, const Report *report, size_t *first, size_t *count)
{
	NodeId node = ui_process_node(ui, report);
	*first = *count = 0;
	if (node == 0)
		return;
	size_t i = 0;
	while (i < report->nprocesses && report->processes[i].key.node != node)
		i++;
	*first = i;
	while (i < report->nprocesses && report->processes[i].key.node == node)
		i++;
	*count = i - *first;
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

static void select_process_at(UiState *ui, const Report *report, int at)
{
	size_t first, count;
	ui_process_range(ui, report, &first, &count);
	ui->has_selected_process = count > 0;
	if (count == 0)
		return;
	ui->process_at = clamp(at, 0, (int)count - 1);
	ui->selected_process = report->processes[first + (size_t)ui->process_at].key;
}

/* The processes of another node start from the top. */
static void select_line_at(UiState *ui, const Report *report, int at)
{
	ui->has_selected_node = ui->lines.count > 0;
	if (ui->lines.count == 0)
		return;
	NodeId before = ui->selected_node.node;
	ui->tree_at = clamp(at, 0, (int)ui->lines.count - 1);
	ui->selected_node = ui->lines.rows[ui->tree_at].key;
	if (ui->selected_node.node == before)
		return;
	ui->process_top = 0;
	select_process_at(ui, report, 0);
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
		select_line_at(ui, report, at);
	else
		select_line_at(ui, report, ui->has_selected_node ? ui->tree_at : first_node_line(ui));
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
	lines_build(&ui->lines, report, ui->order, &ui->folded);
	ui_prune_tags(ui, report);
	update_selected_line(ui, report);
	size_t first, count;
	ui_process_range(ui, report, &first, &count);
	int at = ui_process_index(ui, report);
	if (at >= (int)first && at < (int)(first + count))
		ui->process_at = at - (int)first;
	else
		select_process_at(ui, report, ui->has_selected_process ? ui->process_at : 0);
}

/* Moves the cursor of the pane that has the focus. */
void ui_move(UiState *ui, const Report *report, Action action)
{
	ui_update(ui, report); /* so that the positions are this report's */
	bool tree = ui->focus == PANE_TREE;
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
		select_line_at(ui, report, at);
	else
		select_process_at(ui, report, at);
}

/* ---- views that fill the screen ---- */

static void show_view(UiState *ui, View view)
{
	if (ui->view == view)
		return;
	ui->view = view;
	ui->page_top = 0;
	ui->page_at_end = view == VIEW_EVENTS; /* what happened last */
}

static void show_detail(UiState *ui, const Report *report)
{
	ui_update(ui, report);
	if (ui_tree_index(ui, report) >= 0)
		show_view(ui, VIEW_DETAIL);
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
	const TreeOrder *order = &ui->order;
	if (order->column == NULL)
		ui_message(ui, false, "siblings in their own order: primaries first, then by address");
	else
		ui_message(ui, false, "siblings by %s (%s), %s first", order->column->title, order->column->name,
		           order->descending ? "highest" : "lowest");
}

/* Through the columns on the screen; before the first and after the last there is the report's own order. Numbers begin
 * with the highest: that is what one looks for. */
static void choose_sort(UiState *ui, const Report *report, int by)
{
	int count = (int)ui->ntree_columns;
	int at = -1;
	for (int i = 0; i < count; i++)
		if (ui->tree_columns[i] == ui->order.column)
			at = i;
	if (at < 0 && by < 0)
		at = count;
	at += by;
	bool chosen = at >= 0 && at < count;
	ui->order.column = chosen ? ui->tree_columns[at] : NULL;
	ui->order.descending = chosen && ui->order.column->type != VALUE_TEXT;
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

static void scroll_sideways(UiState *ui, int by)
{
	int *left = ui->focus == PANE_TREE ? &ui->tree_left : &ui->process_left;
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
static void key_in_topology(UiState *ui, Action action, const Report *report)
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
		fold_selected(ui, report, action == ACTION_FOLD);
		break;
	case ACTION_FOLD_ALL:
		fold_all(ui, report);
		break;
	case ACTION_SORT_LEFT:
	case ACTION_SORT_RIGHT:
		choose_sort(ui, report, action == ACTION_SORT_LEFT ? -1 : 1);
		break;
	case ACTION_REVERSE:
		reverse_order(ui, report);
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
	Action action = keymap_lookup(&ui->keymap, key);
	switch (action) {
	case ACTION_VIEW_TOPOLOGY:
		show_view(ui, VIEW_TOPOLOGY);
		break;
	case ACTION_VIEW_QUORUM:
		show_view(ui, VIEW_QUORUM);
		break;
	case ACTION_VIEW_EVENTS:
		show_view(ui, VIEW_EVENTS);
		break;
	case ACTION_VIEW_DETAIL:
		show_detail(ui, report);
		break;
	case ACTION_BACK:
		if (ui->view == VIEW_TOPOLOGY)
			ui->focus = PANE_TREE;
		show_view(ui, VIEW_TOPOLOGY);
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
		if (ui->view == VIEW_TOPOLOGY)
			key_in_topology(ui, action, report);
		else
			key_in_page(ui, action);
		break;
	}
	return (Effect){.kind = EFFECT_NONE};
}

Effect ui_key_to_look(UiState *ui, Key key, const Report *report)
{
	if (ui->dialog != DIALOG_HELP)
		return key_on_screen(ui, key, report);
	key_in_help(ui, key);
	return (Effect){.kind = EFFECT_NONE};
}
