#include "model/role_writer.h"

#include "model/format.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

const ProcessRow *role_process(const RoleWriter *w, Str type)
{
	for (size_t i = 0; i < w->nprocesses; i++)
		if (str_eq(w->processes[i].backend_type, type))
			return &w->processes[i];
	return NULL;
}

const ProcessRow *role_process_pid(const RoleWriter *w, int pid)
{
	for (size_t i = 0; i < w->nprocesses; i++)
		if (w->processes[i].pid == pid)
			return &w->processes[i];
	return NULL;
}

bool role_waits(const ProcessRow *process, Str wait_event)
{
	return process != NULL && str_eq(process->wait_event, wait_event);
}

/* ---- parts ----------------------------------------------------------------------------------------------------- */

static void begin_part(RoleWriter *w)
{
	if (w->text.len > 0)
		strbuf_add_cstr(&w->text, ", ");
}

static void add_list(RoleWriter *w, const char *format, va_list args)
{
	char part[ROLE_TEXT_MAX];
	int len = vsnprintf(part, sizeof part, format, args);
	if (len > 0)
		strbuf_add(&w->text, (Str){part, (size_t)len < sizeof part ? (size_t)len : sizeof part - 1});
}

void role_say(RoleWriter *w, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	begin_part(w);
	add_list(w, format, args);
	va_end(args);
}

void role_add(RoleWriter *w, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	add_list(w, format, args);
	va_end(args);
}

void role_say_lsn(RoleWriter *w, const char *before, Lsn lsn)
{
	char text[LSN_TEXT_MAX];
	if (lsn != LSN_NONE)
		role_say(w, "%s%.*s", before, STR_ARG(lsn_write(lsn, text)));
}

void role_add_bytes(RoleWriter *w, const char *before, int64_t bytes, const char *after)
{
	strbuf_add_cstr(&w->text, before);
	format_bytes(&w->text, bytes);
	strbuf_add_cstr(&w->text, after);
}

void role_say_bytes(RoleWriter *w, const char *before, int64_t bytes, const char *after)
{
	if (bytes == INT_NONE)
		return;
	begin_part(w);
	role_add_bytes(w, before, bytes, after);
}

void role_say_rate(RoleWriter *w, const char *before, double bytes_per_second, const char *after)
{
	if (isnan(bytes_per_second))
		return;
	role_say(w, "%s", before);
	format_rate(&w->text, bytes_per_second);
	strbuf_add_cstr(&w->text, after);
}

void role_say_seconds(RoleWriter *w, const char *before, double seconds, const char *after)
{
	role_say(w, "%s", before);
	format_seconds(&w->text, seconds);
	strbuf_add_cstr(&w->text, after);
}

static bool is_known(const RoleWriter *w, int64_t time_us)
{
	return time_us != TIME_NONE && w->sample->server_time_us != TIME_NONE;
}

void role_add_ago(RoleWriter *w, const char *before, int64_t time_us)
{
	if (!is_known(w, time_us))
		return;
	role_add(w, "%s", before);
	format_seconds(&w->text, fmax(0, (double)(w->sample->server_time_us - time_us) / 1e6));
	strbuf_add_cstr(&w->text, " ago");
}

void role_say_ago(RoleWriter *w, const char *before, int64_t time_us)
{
	if (!is_known(w, time_us))
		return;
	begin_part(w);
	role_add_ago(w, before, time_us);
}

void role_say_state(RoleWriter *w, const ProcessRow *process)
{
	if (process == NULL)
		return;
	if (process->is_hidden)
		role_say(w, "state " NOT_VISIBLE);
	else if (str_starts(process->wait_event, STR("Activity:")))
		role_say(w, "idle");
	else if (!str_is_none(process->wait_event))
		role_say(w, "waits for %.*s", STR_ARG(process->wait_event));
	else if (process->key.start_us !=
	         TIME_NONE) /* else the server does not list it: 10 and 13 do not the archiver */
		role_say(w, "at work");
}

/* ---- lines ----------------------------------------------------------------------------------------------------- */

void role_end_pid(RoleWriter *w, Str name, int pid, RowHealth health)
{
	w->rows[w->nrows++] = (RoleRow){.node = w->row->key.node,
	                                .process = name,
	                                .pid = pid != 0 ? pid : INT_NONE,
	                                .health = health,
	                                .text = str_dup(w->arena, strbuf_str(&w->text))};
	strbuf_clear(&w->text);
}

void role_end(RoleWriter *w, Str name, const ProcessRow *process, RowHealth health)
{
	role_end_pid(w, name, process != NULL ? (int)process->pid : 0, health);
}
