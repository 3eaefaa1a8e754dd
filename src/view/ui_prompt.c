#include "view/ui_prompt.h"

#include "base/num.h"
#include "view/ui_search.h"

static const double DELAY_MIN = 0.1, DELAY_MAX = 3600; /* seconds, as --delay */

void ui_ask(UiState *ui, PromptKind kind, const Report *report)
{
	char storage[32];
	StrBuf number = STRBUF_ON(storage);
	Str text = STR("");
	switch (kind) {
	case PROMPT_FILTER_NODES:
		text = str_from(ui->filter.text);
		break;
	case PROMPT_FILTER_PROCESSES:
		text = str_from(ui->processes.choice.filter.text);
		break;
	case PROMPT_DELAY:
		strbuf_addf(&number, "%.15g", report->interval_s);
		text = strbuf_str(&number);
		break;
	case PROMPT_SEARCH: /* Enter alone goes on with what was looked for last */
	case PROMPT_TIME:
	case PROMPT_NONE:
		break;
	}
	ui->prompt.kind = kind;
	edit_set(&ui->prompt.edit, text);
}

static bool take_delay(UiState *ui, Str text, Err *err)
{
	double seconds = 0;
	text = str_trim(text);
	if (!num_parse_duration(text, &seconds) || !(seconds >= DELAY_MIN && seconds <= DELAY_MAX))
		return err_set(err, "\"%.*s\" is no delay: expected %g to %g seconds, as 2, 500ms or 1min",
		               STR_ARG(text), DELAY_MIN, DELAY_MAX);
	ui->delay_s = seconds;
	return true;
}

static void take_search(UiState *ui, Str text, const Report *report)
{
	if (text.len > 0) {
		StrBuf kept = STRBUF_ON(ui->search);
		strbuf_add(&kept, text);
	}
	ui_search(ui, report, 1);
}

static bool take_time(UiState *ui, Str text, EffectKind *effect, Err *err)
{
	text = str_trim(text);
	if (text.len == 0)
		return true;
	*effect = EFFECT_REPLAY;
	return replay_seek(&ui->replay, text, err);
}

/* Enter: false where the text is not understood. */
static bool take(UiState *ui, const Report *report, EffectKind *effect, Err *err)
{
	Str text = edit_text(&ui->prompt.edit);
	switch (ui->prompt.kind) {
	case PROMPT_FILTER_NODES:
		return filter_parse(&ui->filter, metric_table(TABLE_NODES), text, err);
	case PROMPT_FILTER_PROCESSES:
		return filter_parse(&ui->processes.choice.filter, metric_table(TABLE_PROCESSES), text, err);
	case PROMPT_DELAY:
		*effect = EFFECT_DELAY;
		return take_delay(ui, text, err);
	case PROMPT_SEARCH:
		take_search(ui, text, report);
		break;
	case PROMPT_TIME:
		return take_time(ui, text, effect, err);
	case PROMPT_NONE:
		break;
	}
	return true;
}

Effect ui_key_in_prompt(UiState *ui, Key key, const Report *report)
{
	Err err = {""};
	Effect effect = {.kind = EFFECT_NONE};
	EditResult result = edit_key(&ui->prompt.edit, key);
	if (result == EDIT_DONE && !take(ui, report, &effect.kind, &err)) {
		ui_message(ui, true, "%s", err.text);
		return (Effect){.kind = EFFECT_NONE};
	}
	if (result != EDIT_MORE)
		ui->prompt.kind = PROMPT_NONE;
	ui_update(ui, report);
	return effect;
}
