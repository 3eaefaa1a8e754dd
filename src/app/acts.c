#include "app/acts.h"

static void note_event(const Acts *acts, const ActTarget *t, int64_t wall_us)
{
	Arena arena = {0};
	StrBuf text = {0};
	if (act_is_signal(t->kind))
		strbuf_addf(&text, "%s pid %d", act_verb(t->kind), t->key.pid);
	else
		strbuf_addf(&text, "%s replay", act_verb(t->kind));
	if (t->user[0] != '\0')
		strbuf_addf(&text, " (%s@%s)", t->user, t->database[0] != '\0' ? t->database : "-");
	strbuf_add_cstr(&text, ": ");
	act_write_answer(&text, t);
	event_log_add(acts->events, str_time(&arena, wall_us), str_from(t->cluster), str_from(t->node), STR("action"),
	              act_is_bad(t) ? EVENT_WARNING : EVENT_INFO, strbuf_str(&text));
	strbuf_free(&text);
	arena_free(&arena);
}

/* One target has a line for its answer, several a box, and a line only where the box is closed. */
static void say(const Acts *acts, const ActTarget *t)
{
	StrBuf text = {0};
	act_write_what(&text, t);
	strbuf_add_cstr(&text, ": ");
	act_write_answer(&text, t);
	if (acts->ui->dialog != DIALOG_RESULTS)
		ui_message(acts->ui, act_is_bad(t), "%s", text.data);
	strbuf_free(&text);
}

static void set_answer(ActTarget *t, ActAnswer answer, const char *detail)
{
	StrBuf b = STRBUF_ON(t->detail);
	strbuf_add_cstr(&b, detail);
	t->answer = answer;
}

/* `logged`: its first line is in the action log. */
static void finish(const Acts *acts, ActTarget *t, bool logged, int64_t wall_us)
{
	Err err;
	note_event(acts, t, wall_us);
	say(acts, t);
	if (logged && !action_log_write(acts->log, wall_us, false, t, &err))
		ui_message(acts->ui, true, "%s: its answer is not logged", err.text);
}

void acts_begin(const Acts *acts, int64_t now_ns, int64_t wall_us)
{
	ActList *list = &acts->ui->acted;
	Err err;
	for (size_t i = acts->ui->acted_from; i < list->count; i++) {
		ActTarget *t = &list->items[i];
		if (t->answer == ACT_REFUSED)
			continue;
		bool logged = action_log_write(acts->log, wall_us, true, t, &err);
		if (logged && poller_act(acts->poller, t, i, now_ns, &err)) {
			say(acts, t);
			continue;
		}
		set_answer(t, ACT_NOT_SENT, err.text);
		finish(acts, t, logged, wall_us);
	}
}

void acts_take(const Acts *acts, int64_t wall_us)
{
	ActResult result;
	while (poller_act_result(acts->poller, &result)) {
		if (result.token >= acts->ui->acted.count)
			continue;
		ActTarget *t = &acts->ui->acted.items[result.token];
		set_answer(t, result.answer, result.detail);
		finish(acts, t, true, wall_us);
	}
}

void acts_end(const Acts *acts, int64_t wall_us)
{
	ActList *list = &acts->ui->acted;
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i].answer != ACT_ASKED)
			continue;
		set_answer(&list->items[i], ACT_NO_ANSWER, "the program ended before the answer came");
		finish(acts, &list->items[i], true, wall_us);
	}
}
