#include "view/ui_act.h"

#include "view/ui_columns.h"
#include "view/ui_prompt.h"
#include "view/ui_screen.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- where the cursor is ---- */

static bool on_tree(const UiState *ui)
{
	return ui->view == VIEW_TOPOLOGY && ui->focus == PANE_TREE;
}

static bool is_refused_readonly(UiState *ui)
{
	if (ui->readonly)
		ui_message(ui, false, "read-only: this program cancels, terminates and pauses nothing");
	return ui->readonly;
}

/* A node itself, no client or slot that hangs below one. */
static bool is_server(const NodeRow *row)
{
	return !row->is_client && !row->is_ghost;
}

/* ---- tags ---- */

static size_t tagged_processes(const UiState *ui)
{
	size_t count = 0;
	for (size_t i = 0; i < ui->tagged.count; i++)
		count += ui->tagged.keys[i].pid > 0;
	return count;
}

static bool tag_key(UiState *ui, const Report *report, RowKey *key)
{
	int at = ui_in_processes(ui) ? ui_process_index(ui, report) : ui_tree_index(ui, report);
	if (at < 0 || !(ui_in_processes(ui) || on_tree(ui))) {
		ui_message(ui, false, "there is nothing to tag here");
		return false;
	}
	if (on_tree(ui) && !is_server(&report->nodes[at])) {
		ui_message(ui, false, "only nodes and processes can be tagged");
		return false;
	}
	*key = ui_in_processes(ui) ? report->processes[at].key : report->nodes[at].key;
	if (key->pid > 0 && key->start_us == TIME_NONE) {
		ui_message(ui, true,
		           "PID %d cannot be tagged: its start is not known, so it could not be told from another",
		           key->pid);
		return false;
	}
	return true;
}

static bool tag(UiState *ui, const Report *report)
{
	RowKey key;
	if (is_refused_readonly(ui) || !tag_key(ui, report, &key))
		return false;
	fold_set(&ui->tagged, key, !fold_has(&ui->tagged, key));
	size_t processes = tagged_processes(ui), nodes = ui->tagged.count - processes;
	if (key.pid > 0)
		ui_message(ui, false, "%zu process%s tagged", processes, processes == 1 ? "" : "es");
	else
		ui_message(ui, false, "%zu node%s tagged", nodes, nodes == 1 ? "" : "s");
	return true;
}

static void untag_all(UiState *ui)
{
	ui_message(ui, false, ui->tagged.count > 0 ? "nothing is tagged any more" : "nothing is tagged");
	fold_free(&ui->tagged);
}

bool ui_wants_all_processes(const UiState *ui, NodeId shown)
{
	for (size_t i = 0; i < ui->tagged.count; i++)
		if (ui->tagged.keys[i].pid > 0 && ui->tagged.keys[i].node != shown)
			return true;
	return false;
}

/* ---- targets ---- */

static void copy(char *out, size_t size, Str text)
{
	StrBuf buf = strbuf_fixed(out, size);
	strbuf_add(&buf, text);
}

#define COPY(array, text) copy((array), sizeof(array), (text))

static bool is_vowel(Str word)
{
	return word.len > 0 && strchr("aeiouAEIOU", word.data[0]) != NULL;
}

static void refuse(ActTarget *t, const char *format, ...) PRINTF_LIKE(2, 3);
static void refuse(ActTarget *t, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	(void)vsnprintf(t->detail, sizeof t->detail, format, args);
	va_end(args);
	t->answer = ACT_REFUSED;
}

static void fill_server(ActTarget *t, const NodeRow *node)
{
	t->server_start_us = node->server_start_us;
	t->version_num = node->version_num;
	COPY(t->cluster, node->cluster);
	COPY(t->node, node->node);
	COPY(t->login, node->login);
}

static void add_process(ActList *list, const Report *report, const ProcessRow *row, ActKind kind)
{
	char lsn[LSN_TEXT_MAX];
	ActTarget t = {.kind = kind,
	               .key = row->key,
	               .server_start_us = TIME_NONE,
	               .sync_wait = row->sync_wait,
	               .is_walsender = row->is_walsender,
	               .age_seconds = row->query_age_seconds};
	int node = ui_node_of_key(report, (RowKey){row->key.node, 0, 0});
	if (node >= 0)
		fill_server(&t, &report->nodes[node]);
	COPY(t.node, row->node);
	COPY(t.backend_type, row->backend_type);
	COPY(t.user, row->user);
	COPY(t.database, row->database);
	COPY(t.client, row->client);
	COPY(t.query, row->query);
	COPY(t.serves, row->serves);
	COPY(t.wal_lsn, lsn_write(row->wal_lsn, lsn));
	COPY(t.needs, row->needs);
	if (!row->can_signal) {
		Str type = str_is_none(row->backend_type) ? STR("auxiliary process") : row->backend_type;
		refuse(&t, "PID %d is %s %.*s: PostgreSQL lets no client signal it", row->key.pid,
		       is_vowel(type) ? "an" : "a", STR_ARG(type));
	} else if (row->key.start_us == TIME_NONE) {
		refuse(&t, "backend_start is not visible to this role: grant pg_monitor");
	}
	act_add(list, &t);
}

static void add_node(ActList *list, const NodeRow *row, ActKind kind)
{
	char lsn[LSN_TEXT_MAX];
	ActTarget t = {.kind = kind, .key = row->key, .age_seconds = row->lag_seconds};
	fill_server(&t, row);
	COPY(t.wal_lsn, lsn_write(row->replay_lsn, lsn));
	COPY(t.needs, row->pause_needs);
	if (!is_server(row) || row->server_start_us == TIME_NONE)
		refuse(&t, "%s is no node that answers", t.node);
	else if (!row->in_recovery)
		refuse(&t, "%s is no standby: it replays nothing", t.node);
	else if (row->replay_paused != (kind == ACT_RESUME))
		refuse(&t, "%s is paused already", t.node);
	act_add(list, &t);
}

/* ---- the confirmation ---- */

static void open_confirm(UiState *ui)
{
	if (ui->asked.count == 1 && ui->asked.items[0].answer == ACT_REFUSED) {
		ui_message(ui, true, "%s", ui->asked.items[0].detail);
		return;
	}
	ui->dialog = DIALOG_CONFIRM;
	ui->dialog_scroll = 0;
}

/* In the order of the report. False, with a message: some of them are not in it, so they could not be shown. */
static bool ask_tagged_processes(UiState *ui, const Report *report, ActKind kind)
{
	for (size_t i = 0; i < report->nprocesses; i++)
		if (fold_has(&ui->tagged, report->processes[i].key))
			add_process(&ui->asked, report, &report->processes[i], kind);
	if (ui->asked.count == tagged_processes(ui))
		return true;
	ui_message(ui, true, "not all tagged processes can be seen now: wait for them, or untag all");
	return false;
}

static void ask_signal(UiState *ui, const Report *report, bool terminate)
{
	ActKind kind = terminate ? ACT_TERMINATE : ACT_CANCEL;
	int at = ui_process_index(ui, report);
	if (is_refused_readonly(ui))
		return;
	act_clear(&ui->asked);
	if (!ui_in_processes(ui)) {
		ui_message(ui, false, "select a process first (%s)",
		           ui->view == VIEW_TOPOLOGY ? "Tab" : "in view 1 or 2");
		return;
	}
	ui_prune_tags(ui, report);
	if (tagged_processes(ui) > 0) {
		if (ask_tagged_processes(ui, report, kind))
			open_confirm(ui);
		return;
	}
	if (at < 0) {
		ui_message(ui, false, "there is no process here");
		return;
	}
	add_process(&ui->asked, report, &report->processes[at], kind);
	open_confirm(ui);
}

/* Several are resumed only if all that could be are paused: else those that run are paused. */
static ActKind replay_kind(const UiState *ui, const Report *report, int at)
{
	bool running = false, paused = false;
	for (size_t i = 0; i < report->nnodes; i++) {
		const NodeRow *row = &report->nodes[i];
		bool meant = at < 0 ? fold_has(&ui->tagged, row->key) : (int)i == at;
		running |= meant && row->in_recovery && !row->replay_paused;
		paused |= meant && row->in_recovery && row->replay_paused;
	}
	return paused && !running ? ACT_RESUME : ACT_PAUSE;
}

static void ask_replay(UiState *ui, const Report *report)
{
	if (is_refused_readonly(ui))
		return;
	act_clear(&ui->asked);
	ui_prune_tags(ui, report);
	bool tagged = ui->tagged.count > tagged_processes(ui);
	int at = tagged ? -1 : ui_tree_index(ui, report);
	if (!on_tree(ui) || (at < 0 && !tagged)) {
		ui_message(ui, false, "select a standby in the tree first");
		return;
	}
	ActKind kind = replay_kind(ui, report, at);
	for (size_t i = 0; i < report->nnodes; i++)
		if (tagged ? fold_has(&ui->tagged, report->nodes[i].key) : (int)i == at)
			add_node(&ui->asked, &report->nodes[i], kind);
	open_confirm(ui);
}

/* False: no key that scrolls. Render keeps the position within the text. */
static bool scroll(UiState *ui, Key key)
{
	enum { PAGE = 10 };
	int to = ui->dialog_scroll;
	switch (key) {
	case UI_KEY_UP:
		to--;
		break;
	case UI_KEY_DOWN:
		to++;
		break;
	case UI_KEY_PAGE_UP:
		to -= PAGE;
		break;
	case UI_KEY_PAGE_DOWN:
		to += PAGE;
		break;
	case UI_KEY_HOME:
		to = 0;
		break;
	case UI_KEY_END:
		to = INT_MAX / 2;
		break;
	default:
		return false;
	}
	ui->dialog_scroll = to < 0 ? 0 : to;
	return true;
}

static bool is_waiting(const UiState *ui)
{
	for (size_t i = 0; i < ui->acted.count; i++)
		if (ui->acted.items[i].answer == ACT_ASKED)
			return true;
	return false;
}

/* What is confirmed becomes what is done; answers to earlier actions may still come, and keep their places. */
static Effect confirm(UiState *ui)
{
	if (!is_waiting(ui))
		act_clear(&ui->acted);
	ui->acted_from = ui->acted.count;
	for (size_t i = 0; i < ui->asked.count; i++)
		act_add(&ui->acted, &ui->asked.items[i]);
	ui->dialog = ui->asked.count > 1 ? DIALOG_RESULTS : DIALOG_NONE;
	ui->dialog_scroll = 0;
	return (Effect){.kind = EFFECT_ACT};
}

static Effect key_in_confirm(UiState *ui, Key key)
{
	const ActTarget *first = &ui->asked.items[0];
	if (scroll(ui, key))
		return (Effect){.kind = EFFECT_NONE};
	ui->dialog = DIALOG_NONE;
	if (key == 'y' && act_sendable(&ui->asked, 0) > 0)
		return confirm(ui);
	if (ui->asked.count > 1)
		ui_message(ui, false, "nothing was done to any of the %zu", ui->asked.count);
	else if (act_is_signal(first->kind))
		ui_message(ui, false, "nothing was done to PID %d", first->key.pid);
	else
		ui_message(ui, false, "nothing was done to %s", first->node);
	return (Effect){.kind = EFFECT_NONE};
}

static Effect key_in_results(UiState *ui, Key key)
{
	if (!scroll(ui, key) &&
	    (key == UI_KEY_ESCAPE || key == 0x1B || key == UI_KEY_ENTER || key == '\r' || key == '\n'))
		ui->dialog = DIALOG_NONE;
	return (Effect){.kind = EFFECT_NONE};
}

Effect ui_key(UiState *ui, Key key, const Report *report)
{
	ui->message[0] = '\0';
	ui->message_bad = false;
	if (ui->dialog == DIALOG_CONFIRM)
		return key_in_confirm(ui, key);
	if (ui->dialog == DIALOG_RESULTS)
		return key_in_results(ui, key);
	Effect effect = {.kind = EFFECT_NONE};
	if (ui->dialog == DIALOG_COLUMNS) {
		ui_key_in_columns(ui, key);
		return effect;
	}
	if (ui->dialog == DIALOG_NONE && ui->prompt.kind != PROMPT_NONE)
		return ui_key_in_prompt(ui, key, report);
	Action action = ui->dialog == DIALOG_HELP ? ACTION_NONE : keymap_lookup(&ui->keymap, key);
	switch (action) {
	case ACTION_CANCEL:
	case ACTION_TERMINATE:
		ask_signal(ui, report, action == ACTION_TERMINATE);
		break;
	case ACTION_PAUSE:
		ask_replay(ui, report);
		break;
	case ACTION_TAG:
		if (tag(ui, report))
			ui_move(ui, report, ACTION_DOWN);
		break;
	case ACTION_UNTAG:
		untag_all(ui);
		break;
	default:
		if (!ui_screen_action(ui, action, report, &effect))
			effect = ui_key_to_look(ui, key, report);
		break;
	}
	return effect;
}
