#include "view/ui_screen.h"

#include "view/ui_columns.h"
#include "view/ui_prompt.h"
#include "view/ui_search.h"

/* The report of this moment stays on the screen, or the newest comes back. */
static Effect toggle_freeze(UiState *ui, const Report *report)
{
	StrBuf since = STRBUF_ON(ui->since);
	char storage[16];
	StrBuf key = STRBUF_ON(storage);
	ui->frozen = !ui->frozen;
	report_write_clock(&since, report);
	key_write(ui->keymap.keys[ACTION_FREEZE][0], &key);
	if (ui->frozen)
		ui_message(ui, false, "frozen: %s shows the newest again; what is read meanwhile is not lost", storage);
	return (Effect){.kind = EFFECT_FREEZE};
}

static void ask_filter(UiState *ui, const Report *report)
{
	if (ui->view == VIEW_TOPOLOGY || ui->view == VIEW_PROCESSES)
		ui_ask(ui, ui_in_processes(ui) ? PROMPT_FILTER_PROCESSES : PROMPT_FILTER_NODES, report);
	else
		ui_message(ui, false, "only where nodes or processes are shown");
}

bool ui_screen_action(UiState *ui, Action action, const Report *report, Effect *effect)
{
	*effect = (Effect){.kind = EFFECT_NONE};
	switch (action) {
	case ACTION_FREEZE:
		*effect = toggle_freeze(ui, report);
		return true;
	case ACTION_DELAY:
		ui_ask(ui, PROMPT_DELAY, report);
		return true;
	case ACTION_REPLAY_GO_TO:
		ui_ask(ui, PROMPT_TIME, report);
		return true;
	case ACTION_COLUMNS:
		ui_choose_columns(ui);
		return true;
	case ACTION_SEARCH:
		ui_ask(ui, PROMPT_SEARCH, report);
		return true;
	case ACTION_SEARCH_NEXT:
	case ACTION_SEARCH_PREVIOUS:
		ui_search(ui, report, action == ACTION_SEARCH_NEXT ? 1 : -1);
		return true;
	case ACTION_FILTER:
		ask_filter(ui, report);
		return true;
	default:
		return false;
	}
}
