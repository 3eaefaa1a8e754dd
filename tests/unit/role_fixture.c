#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "role_fixture.h"

NodeRoles plain_roles(void)
{
	NodeRoles r = {.archive_mode = STR("off"), .wal_segment_size = 16 * MB, .apply_delay_us = TIME_NONE};
	r.archived = r.archive_failures = 0;
	r.last_archived_us = r.last_failed_us = r.archiver_reset_us = TIME_NONE;
	r.checkpoint_us = r.receiver_message_us = TIME_NONE;
	r.checkpoints_timed = r.checkpoints_requested = INT_NONE;
	r.restartpoints_timed = r.restartpoints_requested = r.restartpoints_done = r.ios_in_flight = INT_NONE;
	return r;
}

NodeSample *sample_of(const Scene *s, int node)
{
	return snap_sample(&s->snapshot->nodes[node]);
}

NodeRoles *roles_of(Scene *s, int node)
{
	return &s->servers[node].roles;
}

void add_process(Scene *s, int node, int pid, const char *type, const char *wait_type, const char *wait)
{
	Server *server = &s->servers[node];
	Activity *a = &server->activity[server->nactivity++];
	*a = (Activity){.pid = pid, .backend_start_us = s->snapshot->wall_us - 60000000, .query_start_us = TIME_NONE};
	a->backend_type = str_from(type);
	a->wait_event_type = str_from(wait_type);
	a->wait_event = str_from(wait);
	NodeSample *sample = sample_of(s, node);
	sample->has_activity = true;
	sample->activity = server->activity;
	sample->nactivity = server->nactivity;
}

void add_title(Scene *s, int node, int pid, const char *type, const char *at, const char *wal_file)
{
	Server *server = &s->servers[node];
	ProcSample *p = &server->procs[server->table.nrows++];
	*p = (ProcSample){.pid = pid, .ppid = 1, .start_ticks = 1, .backend_type = str_from(type)};
	p->at = str_from(at);
	p->wal_file = str_from(wal_file);
	server->table.rows = server->procs;
	server->table.ticks_per_second = 100;
	server->table.source = STR("local");
	sample_of(s, node)->procs = &server->table;
}

static void use_version(Scene *s, int node, int major)
{
	Server *server = &s->servers[node];
	server->identity = *s->snapshot->nodes[node].identity;
	server->identity.version_num = major * 10000;
	s->snapshot->nodes[node].identity = &server->identity;
}

void scene_init(Scene *s, int major)
{
	*s = (Scene){.snapshot = snap_new(2)};
	Node *p = NODE(s->snapshot, .port = 1923, .primary = true, .flush = 0x5000000);
	NODE(s->snapshot, .port = 1921, .to_port = 1923, .local_port = 40001, .receive = 0x4800000,
	     .replay = 0x4000000);
	SENDER(s->snapshot, p, .port = 40001, .sent = 0x4c00000, .at = 0x4800000);
	for (int node = PRIMARY; node <= STANDBY; node++) {
		use_version(s, node, major);
		s->servers[node].roles = plain_roles();
		sample_of(s, node)->roles = &s->servers[node].roles;
	}
	add_process(s, PRIMARY, 20, "checkpointer", "Activity", "CheckpointerMain");
	add_process(s, STANDBY, 20, "checkpointer", "Activity", "CheckpointerMain");
}

void derive(Scene *s)
{
	History *history = history_new(2);
	s->report = report_build(&s->snapshot->arena, s->snapshot,
	                         topology_build(&s->snapshot->arena, s->snapshot, NULL), history, NULL);
	history_free(history);
}

void scene_end(Scene *s)
{
	snap_free(s->snapshot);
}

int64_t ago(const Scene *s, int seconds)
{
	return s->snapshot->wall_us - seconds * INT64_C(1000000);
}

/* ---- its rows --------------------------------------------------------------------------------------------------- */

const RoleRow *find_role(const Scene *s, int node, const char *process)
{
	for (size_t i = 0; i < s->report->nroles; i++) {
		const RoleRow *row = &s->report->roles[i];
		if (row->node == s->snapshot->nodes[node].id && str_eq(row->process, str_from(process)))
			return row;
	}
	return NULL;
}

void assert_role(Scene *s, int node, const char *process, int pid, RowHealth health, const char *text)
{
	if (s->report == NULL)
		derive(s);
	const RoleRow *row = find_role(s, node, process);
	if (row == NULL) {
		fail_msg("no %s", process);
		return;
	}
	if (!str_eq(row->text, str_from(text)))
		fail_msg("%s: got '%.*s', wanted '%s'", process, STR_ARG(row->text), text);
	assert_int_equal(row->pid, pid != 0 ? pid : INT_NONE);
	assert_int_equal(row->health, health);
}

void assert_no_role(Scene *s, int node, const char *process)
{
	if (s->report == NULL)
		derive(s);
	const RoleRow *row = find_role(s, node, process);
	if (row != NULL)
		fail_msg("%s: %.*s", process, STR_ARG(row->text));
}
