#include "model/action.h"

#include "base/csv.h"
#include "base/utf8.h"

#include <stdlib.h>

/* ---- targets ---- */

void act_add(ActList *list, const ActTarget *target)
{
	if (list->count == list->cap) {
		list->cap = list->cap == 0 ? 8 : 2 * list->cap;
		list->items = xrealloc_array(list->items, list->cap, sizeof *list->items);
	}
	list->items[list->count++] = *target;
}

void act_clear(ActList *list)
{
	list->count = 0;
}

void act_free(ActList *list)
{
	free(list->items);
	*list = (ActList){0};
}

size_t act_sendable(const ActList *list, size_t from)
{
	size_t count = 0;
	for (size_t i = from; i < list->count; i++)
		count += list->items[i].answer != ACT_REFUSED;
	return count;
}

/* ---- words ---- */

const char *act_verb(ActKind kind)
{
	static const char *const VERBS[] = {
		[ACT_CANCEL] = "cancel", [ACT_TERMINATE] = "terminate", [ACT_PAUSE] = "pause", [ACT_RESUME] = "resume"};
	return VERBS[kind];
}

const char *act_function(ActKind kind)
{
	static const char *const FUNCTIONS[] = {[ACT_CANCEL] = "pg_cancel_backend",
	                                        [ACT_TERMINATE] = "pg_terminate_backend",
	                                        [ACT_PAUSE] = "pg_wal_replay_pause",
	                                        [ACT_RESUME] = "pg_wal_replay_resume"};
	return FUNCTIONS[kind];
}

void act_write_what(StrBuf *out, const ActTarget *t)
{
	if (act_is_signal(t->kind))
		strbuf_addf(out, "%s pid %d on %s", act_verb(t->kind), t->key.pid, t->node);
	else
		strbuf_addf(out, "%s replay on %s", act_verb(t->kind), t->node);
}

static void write_done(StrBuf *out, const ActTarget *t)
{
	if (t->kind == ACT_PAUSE)
		strbuf_add_cstr(out, "done, replay stops; what arrives is kept");
	else if (t->kind == ACT_RESUME)
		strbuf_add_cstr(out, "done, replay goes on");
	else
		strbuf_addf(out, "%s returned t%s", act_function(t->kind),
		            t->sync_wait ? "; the commit stands, perhaps on no standby" : "");
}

/* The right that makes the server say yes; its own words name it from 16 on only, and never the function's. */
static void write_denied(StrBuf *out, const ActTarget *t)
{
	strbuf_addf(out, "not permitted: %s", t->detail);
	if (!act_is_signal(t->kind))
		strbuf_addf(out, " (grant execute on function %s())", act_function(t->kind));
	else if (t->needs[0] != '\0')
		strbuf_addf(out, " (needs %s)", t->needs);
}

void act_write_answer(StrBuf *out, const ActTarget *t)
{
	switch (t->answer) {
	case ACT_ASKED:
		strbuf_add_cstr(out, "sent, waiting for the answer");
		break;
	case ACT_DONE:
		write_done(out, t);
		break;
	case ACT_FALSE:
		strbuf_addf(out, "%s returned f: %s", act_function(t->kind),
		            t->detail[0] != '\0' ? t->detail : "the server could not signal it");
		break;
	case ACT_GONE:
		strbuf_add_cstr(out, "gone; that session has ended, nothing was signalled");
		break;
	case ACT_RECYCLED:
		strbuf_addf(out, "gone; pid %d now belongs to another process: nothing was sent", t->key.pid);
		break;
	case ACT_HIDDEN:
		strbuf_add_cstr(out, "not sent, this role may not see whose pid it is (pg_monitor)");
		break;
	case ACT_NO_STANDBY:
		strbuf_add_cstr(out, "not done, the server is no standby (a promotion ends recovery)");
		break;
	case ACT_OTHER_SERVER:
		strbuf_add_cstr(out, "not done, the server was restarted since, or it is another one");
		break;
	case ACT_DENIED:
		write_denied(out, t);
		break;
	case ACT_ERROR:
		strbuf_add_cstr(out, t->detail);
		break;
	case ACT_NO_ANSWER:
		strbuf_addf(out, "%s; it may have been done", t->detail);
		break;
	case ACT_NOT_SENT:
		strbuf_addf(out, "not sent, %s", t->detail);
		break;
	case ACT_REFUSED:
		strbuf_add_cstr(out, t->detail);
		break;
	}
}

bool act_is_bad(const ActTarget *t)
{
	return t->answer != ACT_DONE && t->answer != ACT_ASKED;
}

/* ---- the action log ---- */

static const char *const LOG_COLUMNS[] = {"time", "state",    "os_user",       "role",   "cluster",
                                          "node", "pid",      "backend_start", "action", "backend_type",
                                          "user", "database", "client",        "query",  "answer"};

void act_log_header(StrBuf *out)
{
	for (size_t i = 0; i < sizeof LOG_COLUMNS / sizeof *LOG_COLUMNS; i++)
		csv_write_field(out, str_from(LOG_COLUMNS[i]), i == 0);
	csv_end_row(out);
}

/* Unknown where there is nothing; else safe for a terminal, and on one line. */
static void add_text(StrBuf *out, const char *text, bool first)
{
	StrBuf safe = {0};
	utf8_sanitise(&safe, str_from(text));
	csv_write_field(out, safe.len > 0 ? strbuf_str(&safe) : STR_NONE, first);
	strbuf_free(&safe);
}

/* To the microsecond: with the pid it says which process it was. */
static void add_start(StrBuf *out, int64_t start_us)
{
	Arena arena = {0};
	Str text = start_us != TIME_NONE ? str_time(&arena, start_us) : STR_NONE;
	if (text.len > 4) { /* ".123Z" */
		int64_t us = (start_us % 1000000 + 1000000) % 1000000;
		text = str_format(&arena, "%.*s%06dZ", (int)text.len - 4, text.data, (int)us);
	}
	csv_write_field(out, text, false);
	arena_free(&arena);
}

void act_log_row(StrBuf *out, Str time, Str os_user, Str state, const ActTarget *t)
{
	char number[16];
	StrBuf pid = STRBUF_ON(number);
	StrBuf answer = {0};
	if (t->key.pid > 0)
		strbuf_addf(&pid, "%d", t->key.pid);
	if (t->answer != ACT_ASKED)
		act_write_answer(&answer, t);
	csv_write_field(out, time, true);
	csv_write_field(out, state, false);
	csv_write_field(out, os_user, false);
	add_text(out, t->login, false);
	add_text(out, t->cluster, false);
	add_text(out, t->node, false);
	add_text(out, pid.data, false);
	add_start(out, t->key.pid > 0 ? t->key.start_us : t->server_start_us);
	add_text(out, act_verb(t->kind), false);
	add_text(out, t->backend_type, false);
	add_text(out, t->user, false);
	add_text(out, t->database, false);
	add_text(out, t->client, false);
	add_text(out, t->query, false);
	add_text(out, answer.data, false);
	csv_end_row(out);
	strbuf_free(&answer);
}
