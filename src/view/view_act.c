#include "view/view_act.h"

#include "view/format.h"

#include <math.h>

/* ---- the question ---- */

static const char *question_of(const ActTarget *t)
{
	switch (t->kind) {
	case ACT_CANCEL:
		return t->is_walsender ? "Cancel the replication stream" : "Cancel the query";
	case ACT_TERMINATE:
		return t->is_walsender ? "Terminate the replication stream" : "Terminate the session";
	case ACT_PAUSE:
		return "Pause replay";
	case ACT_RESUME:
		return "Resume replay";
	}
	return "";
}

static void add_question(DialogText *text, const ActList *asked)
{
	const ActTarget *t = &asked->items[0];
	size_t count = act_sendable(asked, 0);
	StrBuf q = {0};
	if (asked->count == 1 && act_is_signal(t->kind))
		strbuf_addf(&q, "%s of PID %d (%s) on %s?", question_of(t), t->key.pid,
		            t->backend_type[0] ? t->backend_type : "-", t->node);
	else if (asked->count == 1)
		strbuf_addf(&q, "%s on %s?", question_of(t), t->node);
	else if (t->kind == ACT_CANCEL)
		strbuf_addf(&q, "Cancel what %zu tagged process%s?", count, count == 1 ? " does" : "es do");
	else if (t->kind == ACT_TERMINATE)
		strbuf_addf(&q, "Terminate %zu tagged process%s?", count, count == 1 ? "" : "es");
	else
		strbuf_addf(&q, "%s on %zu tagged node%s?", question_of(t), count, count == 1 ? "" : "s");
	if (count < asked->count)
		strbuf_addf(&q, " %zu of the tagged %s not sent, see below.", asked->count - count,
		            asked->count - count == 1 ? "is" : "are");
	dialog_add_paragraph(text, strbuf_str(&q), STYLE_DIALOG_TITLE);
	dialog_add_blank(text);
	strbuf_free(&q);
}

/* ---- what it would do ---- */

static size_t count_of(const ActList *list, bool (*is)(const ActTarget *))
{
	size_t count = 0;
	for (size_t i = 0; i < list->count; i++)
		count += list->items[i].answer != ACT_REFUSED && is(&list->items[i]);
	return count;
}

static bool waits(const ActTarget *t)
{
	return t->sync_wait;
}

static bool is_sender(const ActTarget *t)
{
	return t->is_walsender;
}

static void add_sync_wait(DialogText *text, const ActList *asked)
{
	size_t count = count_of(asked, waits);
	if (count == 0)
		return;
	if (asked->count == 1)
		dialog_add_paragraph(text,
		                     STR("Its transaction is already committed locally and may be on no standby. "
		                         "Cancelling only ends the wait: nothing is rolled back, and the commit can be "
		                         "lost in a failover."),
		                     STYLE_DIALOG_TITLE);
	else
		dialog_add_paragraph(text,
		                     str_format(&text->arena,
		                                "%zu of them wait%s for a synchronous commit: %s already committed "
		                                "locally and may be on no standby. Cancelling only ends the wait: "
		                                "nothing is rolled back, and the commit can be lost in a failover.",
		                                count, count == 1 ? "s" : "",
		                                count == 1 ? "its transaction is" : "their transactions are"),
		                     STYLE_DIALOG_TITLE);
	if (asked->items[0].kind == ACT_TERMINATE)
		dialog_add_paragraph(text, STR("Terminating also ends the session; the commit stays."),
		                     STYLE_DIALOG_TITLE);
	dialog_add_blank(text);
}

static void add_walsenders(DialogText *text, const ActList *asked)
{
	size_t count = count_of(asked, is_sender), listed = 0;
	StrBuf note = {0};
	if (count == 0)
		return;
	strbuf_addf(&note, "Cancel and terminate alike drop the replication stream%s to ", count == 1 ? "" : "s");
	for (size_t i = 0; i < asked->count; i++) {
		const ActTarget *t = &asked->items[i];
		if (!t->is_walsender || t->answer == ACT_REFUSED)
			continue;
		strbuf_addf(&note, "%s%s", listed++ > 0 ? ", " : "", t->serves[0] ? t->serves : "its receiver");
	}
	strbuf_addf(&note, ", which reconnect%s by %s.", count == 1 ? "s" : "", count == 1 ? "itself" : "themselves");
	dialog_add_paragraph(text, strbuf_str(&note), STYLE_DIALOG_TITLE);
	dialog_add_blank(text);
	strbuf_free(&note);
}

/* Before 13 the startup process looks at nothing but the pause while it lasts (recoveryPausesHere()). */
static bool pause_outlasts_promotion(const ActTarget *t)
{
	return t->version_num > 0 && t->version_num < 130000;
}

static void add_replay(DialogText *text, const ActList *asked)
{
	ActKind kind = asked->items[0].kind;
	if (kind == ACT_PAUSE) {
		dialog_add_paragraph(
			text,
			STR("pg_wal_replay_pause(): queries see nothing newer, and the lag grows. WAL still "
		            "arrives and is kept on the standby's disk. Commits that wait for it with "
		            "synchronous_commit = remote_apply hang."),
			STYLE_DIALOG_TITLE);
		bool old = count_of(asked, pause_outlasts_promotion) > 0;
		dialog_add_paragraph(
			text,
			old ? STR("A promotion (13 and later) ends the pause; before 13 it waits until replay is "
		                  "resumed.")
			    : STR("A promotion ends the pause."),
			STYLE_DIALOG);
	} else if (kind == ACT_RESUME) {
		dialog_add_paragraph(
			text,
			STR("pg_wal_replay_resume(): replay goes on with what arrived meanwhile. Queries on the "
		            "standby that conflict with it may be cancelled."),
			STYLE_DIALOG_TITLE);
	}
	if (!act_is_signal(kind))
		dialog_add_blank(text);
}

/* ---- whom it hits ---- */

static void add_age(DialogText *text, const ActTarget *t)
{
	char storage[64];
	StrBuf age = STRBUF_ON(storage);
	if (isnan(t->age_seconds))
		return;
	format_seconds(&age, t->age_seconds);
	dialog_add_pair(text, "runs for", strbuf_str(&age), 1);
}

static void add_needs(DialogText *text, const ActTarget *t, size_t indent)
{
	if (t->needs[0] == '\0' || t->answer == ACT_REFUSED)
		return;
	dialog_add_hanging(text,
	                   str_format(&text->arena, "%*sThe server will refuse: %s lacks %s.", (int)indent, "",
	                              t->login[0] ? t->login : "this role", t->needs),
	                   indent, SIZE_MAX, STYLE_DIALOG_TITLE);
}

static void add_process(DialogText *text, const ActTarget *t)
{
	dialog_add_pair(text, "user", str_from(t->user), 1);
	dialog_add_pair(text, "database", str_from(t->database), 1);
	dialog_add_pair(text, "client", str_from(t->client), 1);
	if (t->serves[0])
		dialog_add_pair(text, "feeds", str_from(t->serves), 1);
	if (t->sync_wait && t->wal_lsn[0])
		dialog_add_pair(text, "waits for", str_from(t->wal_lsn), 1);
	add_age(text, t);
	dialog_add_pair(text, "query", str_from(t->query), 4);
}

static void add_node(DialogText *text, const ActTarget *t)
{
	dialog_add_pair(text, "standby", str_from(t->node), 1);
	dialog_add_pair(text, "replayed", str_from(t->wal_lsn), 1);
	if (!isnan(t->age_seconds)) {
		char storage[64];
		StrBuf lag = STRBUF_ON(storage);
		format_seconds(&lag, t->age_seconds);
		dialog_add_pair(text, "lag", strbuf_str(&lag), 1);
	}
}

static void add_only(DialogText *text, const ActTarget *t)
{
	if (t->needs[0] != '\0') {
		add_needs(text, t, 0);
		dialog_add_blank(text);
	}
	if (act_is_signal(t->kind))
		add_process(text, t);
	else
		add_node(text, t);
}

/* "PID 15567 on p1: client backend, app@shop, 10.0.0.17, for 12s", below it what it does. */
static void write_process(StrBuf *out, const ActTarget *t)
{
	strbuf_addf(out, "PID %d on %s: %s", t->key.pid, t->node, t->backend_type[0] ? t->backend_type : "-");
	if (t->user[0] || t->database[0])
		strbuf_addf(out, ", %s@%s", t->user[0] ? t->user : "-", t->database[0] ? t->database : "-");
	if (t->client[0])
		strbuf_addf(out, ", from %s", t->client);
	if (!isnan(t->age_seconds)) {
		strbuf_add_cstr(out, ", for ");
		format_seconds(out, t->age_seconds);
	}
}

static void write_node(StrBuf *out, const ActTarget *t)
{
	strbuf_addf(out, "%s: replayed up to %s", t->node, t->wal_lsn[0] ? t->wal_lsn : "-");
	if (!isnan(t->age_seconds)) {
		strbuf_add_cstr(out, ", lag ");
		format_seconds(out, t->age_seconds);
	}
}

static void add_one_of_several(DialogText *text, const ActTarget *t)
{
	enum { INDENT = 4 };
	StrBuf line = {0};
	if (act_is_signal(t->kind))
		write_process(&line, t);
	else
		write_node(&line, t);
	dialog_add_hanging(text, strbuf_str(&line), INDENT, SIZE_MAX, STYLE_DIALOG);
	strbuf_free(&line);
	if (t->serves[0])
		dialog_add_hanging(text, str_format(&text->arena, "    feeds %s", t->serves), INDENT, 1, STYLE_DIALOG);
	if (t->sync_wait)
		dialog_add_hanging(
			text,
			str_format(&text->arena, "    waits for standbys%s%s", t->wal_lsn[0] ? ": " : "", t->wal_lsn),
			INDENT, 1, STYLE_DIALOG);
	if (t->query[0])
		dialog_add_hanging(text, str_format(&text->arena, "    %s", t->query), INDENT, 2, STYLE_DIALOG);
	add_needs(text, t, INDENT);
	if (t->answer == ACT_REFUSED)
		dialog_add_hanging(text, str_format(&text->arena, "    Not sent: %s.", t->detail), INDENT, SIZE_MAX,
		                   STYLE_DIALOG_TITLE);
}

/* The statement looks for itself, so nothing wrong is hit; but what it does may not be what was meant. */
static void add_frozen(DialogText *text, const ActList *asked, Str since)
{
	if (since.len == 0)
		return;
	dialog_add_paragraph(text,
	                     str_format(&text->arena,
	                                "The screen is frozen since %.*s: what it shows may have changed. The action "
	                                "itself is done now, and only if it is still the same %s.",
	                                STR_ARG(since), act_is_signal(asked->items[0].kind) ? "process" : "server"),
	                     STYLE_DIALOG_TITLE);
	dialog_add_blank(text);
}

void act_fill_confirm(DialogText *text, const ActList *asked, Str since)
{
	if (asked->count == 0)
		return;
	add_question(text, asked);
	add_frozen(text, asked, since);
	add_sync_wait(text, asked);
	add_walsenders(text, asked);
	add_replay(text, asked);
	if (asked->count == 1)
		add_only(text, &asked->items[0]);
	for (size_t i = 0; i < asked->count && asked->count > 1; i++)
		add_one_of_several(text, &asked->items[i]);
	dialog_add_blank(text);
	dialog_add_line(text,
	                act_sendable(asked, 0) > 0 ? STR("y = do it, any other key = back out")
	                                           : STR("nothing can be done; any key = back"),
	                STYLE_DIALOG_TITLE);
	text->tail = 1;
}

/* ---- results ---- */

void act_fill_results(DialogText *text, const ActList *acted, size_t from)
{
	for (size_t i = from; i < acted->count; i++) {
		const ActTarget *t = &acted->items[i];
		StrBuf line = {0};
		act_write_what(&line, t);
		if (t->user[0])
			strbuf_addf(&line, " (%s@%s)", t->user, t->database[0] ? t->database : "-");
		strbuf_add_cstr(&line, t->answer == ACT_REFUSED ? ": not sent, " : ": ");
		act_write_answer(&line, t);
		dialog_add_hanging(text, strbuf_str(&line), 4, SIZE_MAX,
		                   act_is_bad(t) ? STYLE_DIALOG_TITLE : STYLE_DIALOG);
		strbuf_free(&line);
	}
}
