#include "view/ui_search.h"

#include "view/format.h"
#include "view/view_note.h"

/* ---- what a row says ---- */

/* Texts, one a line: what is looked for is within one of them. */
static void add_text(StrBuf *out, Str text)
{
	if (text.len == 0)
		return;
	strbuf_add(out, text);
	strbuf_add_char(out, '\n');
}

static void add_columns(StrBuf *out, const Metric *const *columns, size_t count, const void *row)
{
	for (size_t i = 0; i < count; i++) {
		Value value = metric_get(columns[i], row);
		if (!value.known)
			continue;
		if (value.type == VALUE_TEXT)
			strbuf_add(out, value.text);
		else
			format_value(out, value);
		strbuf_add_char(out, '\n');
	}
}

/* Why a node says nothing, and what a slot or a base backup does, stand in the place of columns. */
static void add_line(StrBuf *out, const UiState *ui, const Report *report, size_t at)
{
	const TreeLine *line = &ui->lines.rows[at];
	if (line->node == ROW_NONE) {
		const ClusterRow *cluster = line->cluster != ROW_NONE ? &report->clusters[line->cluster] : NULL;
		add_text(out, cluster ? cluster->name : STR("cluster not known"));
		add_text(out, cluster ? cluster->cluster : STR_NONE);
		return;
	}
	const NodeRow *node = &report->nodes[line->node];
	add_columns(out, ui->tree_columns, ui->ntree_columns, node);
	add_text(out, node->node);
	add_text(out, node->role);
	add_text(out, node->error);
	note_write(out, report, node);
}

/* Whom a WAL sender feeds stands behind its type, and what a title says before the query. */
static void add_process(StrBuf *out, const UiState *ui, const Report *report, size_t at)
{
	const ProcessLine *line = &ui->processes.lines.rows[at];
	if (line->row == ROW_NONE) {
		add_text(out, report->nodes[ui->processes.lines.groups[line->group].node].node);
		return;
	}
	const ProcessRow *process = &report->processes[line->row];
	add_columns(out, ui->processes.columns, ui->processes.ncolumns, process);
	strbuf_add(out, process->backend_type);
	strbuf_add_char(out, ' ');
	add_text(out, process->serves);
	add_text(out, process->at);
}

static void add_event(StrBuf *out, const UiState *ui, const Report *report, size_t at)
{
	const EventRow *event = &report->events[at];
	(void)ui;
	add_text(out, event->time);
	add_text(out, event->node);
	add_text(out, event->event);
	add_text(out, event->text);
}

/* ---- the tables ---- */

typedef struct Searched {
	size_t count;
	int at; /* -1 = on no row */
	void (*add)(StrBuf *out, const UiState *ui, const Report *report, size_t at);
} Searched;

static int found_event_index(const UiState *ui, const Report *report)
{
	for (size_t i = 0; i < report->nevents; i++)
		if (report->events[i].number == ui->found_event)
			return (int)i;
	return -1;
}

/* False: the view is no table. */
static bool searched_table(const UiState *ui, const Report *report, Searched *table)
{
	if (ui_in_processes(ui))
		*table = (Searched){ui->processes.lines.count, ui->process_at, add_process};
	else if (ui->view == VIEW_TOPOLOGY)
		*table = (Searched){ui->lines.count, ui->tree_at, add_line};
	else if (ui->view == VIEW_EVENTS)
		*table = (Searched){report->nevents, found_event_index(ui, report), add_event};
	else
		return false;
	return true;
}

static void go_to(UiState *ui, const Report *report, int at)
{
	if (ui_in_processes(ui)) {
		ui_select_process(ui, report, at);
	} else if (ui->view == VIEW_TOPOLOGY) {
		ui_select_line(ui, report, at);
	} else {
		ui->found_event = report->events[at].number;
		ui->scroll_to_event = true;
	}
}

void ui_search(UiState *ui, const Report *report, int by)
{
	Searched table;
	StrBuf row = {0};
	Str words = str_from(ui->search);
	ui_update(ui, report); /* so that the positions are this report's */
	if (!searched_table(ui, report, &table)) {
		ui_message(ui, false, "nothing can be searched in this view");
		return;
	}
	if (words.len == 0) {
		ui_message(ui, false, "nothing was searched for so far");
		return;
	}
	int count = (int)table.count;
	int at = table.at < 0 && by < 0 ? count : table.at;
	bool found = false;
	for (int step = 0; step < count && !found; step++) {
		bool wraps = at + by < 0 || at + by >= count;
		at = wraps ? (by > 0 ? 0 : count - 1) : at + by;
		if (wraps)
			ui_message(ui, false, "search went on from the %s", by > 0 ? "top" : "end");
		strbuf_clear(&row);
		table.add(&row, ui, report, (size_t)at);
		found = str_find_nocase(strbuf_str(&row), words) != SIZE_MAX;
	}
	if (found)
		go_to(ui, report, at);
	else
		ui_message(ui, true, "\"%s\" is in no row", ui->search);
	strbuf_free(&row);
}
