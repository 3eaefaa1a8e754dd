#include "model/role_service.h"

#include "base/num.h"

#include <math.h>

/* ---- archiver -------------------------------------------------------------------------------------------------- */

/* The number of a segment among all of its timeline; INT_NONE: not a segment, or of another timeline. */
static int64_t segment_number(const RoleWriter *w, Str name)
{
	enum { DIGITS = 24 };
	uint64_t timeline, log, segment;
	int64_t size = w->roles->wal_segment_size;
	if (name.len != DIGITS || size < 1 || !num_parse_hex64(str_sub(name, 0, 8), &timeline) ||
	    !num_parse_hex64(str_sub(name, 8, 16), &log) || !num_parse_hex64(str_sub(name, 16, DIGITS), &segment) ||
	    timeline != w->sample->timeline)
		return INT_NONE;
	return (int64_t)(log * ((UINT64_C(1) << 32) / (uint64_t)size) + segment);
}

/* Segments that are complete and not archived. They go in order: what is behind the last one that went waits, and the one
 * that fails is the first of them. */
static void say_backlog(RoleWriter *w, bool failing)
{
	int64_t next = segment_number(w, failing ? w->roles->last_failed_wal : w->roles->last_archived_wal);
	Lsn end = sample_available_lsn(w->sample);
	if (next == INT_NONE || end == LSN_NONE)
		return;
	next += failing ? 0 : 1;
	int64_t size = w->roles->wal_segment_size;
	int64_t waiting = (int64_t)(end / (uint64_t)size) - next;
	int64_t bytes;
	if (waiting <= 0 || __builtin_mul_overflow(waiting, size, &bytes))
		return;
	role_say(w, waiting == 1 ? "%lld segment" : "%lld segments", (long long)waiting);
	role_add_bytes(w, " (", bytes, waiting == 1 ? ") waits" : ") wait");
}

static void say_failures(RoleWriter *w)
{
	const NodeRoles *r = w->roles;
	Str since = str_time(w->arena, r->archiver_reset_us);
	role_say(w, r->archive_failures == 1 ? "%lld failure" : "%lld failures", (long long)r->archive_failures);
	if (!str_is_none(since)) /* without its milliseconds */
		role_add(w, " since %.*sZ", STR_ARG(str_sub(since, 0, 19)));
}

static void say_archived(RoleWriter *w)
{
	const NodeRoles *r = w->roles;
	if (str_is_none(r->last_archived_wal) || r->last_archived_us == TIME_NONE) {
		role_say(w, "nothing archived so far");
		return;
	}
	role_say(w, "last archived %.*s", STR_ARG(r->last_archived_wal));
	role_add_ago(w, " ", r->last_archived_us);
	if (r->archived != INT_NONE)
		role_say(w, "%lld in all", (long long)r->archived);
}

static bool is_failing(const NodeRoles *r)
{
	return r->last_failed_us != TIME_NONE &&
	       (r->last_archived_us == TIME_NONE || r->last_failed_us > r->last_archived_us);
}

static RowHealth say_archive(RoleWriter *w, const ProcessRow *process)
{
	const NodeRoles *r = w->roles;
	if (process == NULL && w->sees_all)
		role_say(w, "archive_mode is %.*s and none runs", STR_ARG(r->archive_mode));
	if (!r->archive_set)
		role_say(w, "neither archive_command nor archive_library is set: nothing is archived");
	if (role_waits(process, STR("IPC:ArchiveCommand")))
		role_say(w, "archive_command runs");
	bool failing = is_failing(r);
	if (failing) {
		role_say(w, "FAILING on %.*s", STR_ARG(r->last_failed_wal));
		role_say_ago(w, "last ", r->last_failed_us);
		say_failures(w);
	}
	say_archived(w);
	say_backlog(w, failing);
	if (!failing && r->last_failed_us != TIME_NONE) {
		say_failures(w);
		role_say_ago(w, "the last ", r->last_failed_us);
	}
	if (failing || !r->archive_set)
		return HEALTH_BAD;
	return process == NULL && w->sees_all ? HEALTH_WARNING : HEALTH_OK;
}

static void write_archiver(RoleWriter *w)
{
	const ProcessRow *process = role_process(w, STR("archiver"));
	Str mode = w->roles->archive_mode;
	bool expected = str_eq(mode, STR("always")) || (str_eq(mode, STR("on")) && !w->sample->in_recovery);
	if (!expected)
		return;
	RowHealth health = say_archive(w, process);
	role_end(w, STR("archiver"), process, health);
}

/* ---- checkpointer and writers ---------------------------------------------------------------------------------- */

static void say_checkpointer_state(RoleWriter *w, const ProcessRow *process)
{
	if (role_waits(process, STR("Timeout:CheckpointWriteDelay")))
		role_say(w, "writes a %s, at its pace", w->sample->in_recovery ? "restartpoint" : "checkpoint");
	else if (role_waits(process, STR("IPC:ArchiveCleanupCommand")))
		role_say(w, "archive_cleanup_command runs");
	else
		role_say_state(w, process);
}

/* Until 16 a standby's restartpoints are counted as checkpoints. */
static void say_checkpoints(RoleWriter *w)
{
	const NodeRoles *r = w->roles;
	bool counts_restarts = w->sample->in_recovery && r->restartpoints_timed != INT_NONE;
	int64_t timed = counts_restarts ? r->restartpoints_timed : r->checkpoints_timed;
	int64_t requested = counts_restarts ? r->restartpoints_requested : r->checkpoints_requested;
	if (timed == INT_NONE || requested == INT_NONE)
		return;
	role_say(w, "%lld timed and %lld requested %s", (long long)timed, (long long)requested,
	         w->sample->in_recovery ? "restartpoints" : "checkpoints");
	if (counts_restarts && r->restartpoints_done != INT_NONE)
		role_say(w, "%lld done", (long long)r->restartpoints_done);
}

static void write_checkpointer(RoleWriter *w)
{
	const ProcessRow *process = role_process(w, STR("checkpointer"));
	const NodeSample *s = w->sample;
	say_checkpointer_state(w, process);
	role_say_ago(w, s->in_recovery ? "would restart at a checkpoint of " : "last checkpoint ",
	             w->roles->checkpoint_us);
	role_say_lsn(w, "REDO at ", w->roles->redo_lsn);
	int64_t since = lsn_diff(s->in_recovery ? s->replay_lsn : s->flush_lsn, w->roles->redo_lsn);
	if (since >= 0)
		role_say_bytes(w, "", since, " of WAL since");
	say_checkpoints(w);
	role_end(w, STR("checkpointer"), process, HEALTH_OK);
}

/* With synchronous_commit most WAL is written by the backends themselves. */
static void write_writer(RoleWriter *w, Str type)
{
	const ProcessRow *process = role_process(w, type);
	if (process == NULL)
		return;
	role_say_state(w, process);
	role_say_rate(w, "writes ", process->wchar_bytes_per_second, "/s");
	role_say_rate(w, "WAL ", process->wal_write_bytes_per_second, "/s");
	role_end(w, type, process, HEALTH_OK);
}

/* ---- since 17 -------------------------------------------------------------------------------------------------- */

static void write_summarizer(RoleWriter *w)
{
	const NodeRoles *r = w->roles;
	if (r->summarize_wal != FLAG_YES)
		return;
	const ProcessRow *process = role_process_pid(w, r->summarizer_pid);
	if (r->summarizer_pid == 0)
		role_say(w, "summarize_wal is on and none runs");
	else
		role_say_state(w, process);
	role_say_lsn(w, "summarized up to ", r->summarized_lsn);
	int64_t behind = lsn_diff(sample_available_lsn(w->sample), r->summarized_lsn);
	if (behind >= 0)
		role_say_bytes(w, "", behind, " behind");
	if (r->pending_lsn > r->summarized_lsn)
		role_say_lsn(w, "has read up to ", r->pending_lsn);
	role_end_pid(w, STR("walsummarizer"), r->summarizer_pid, r->summarizer_pid == 0 ? HEALTH_WARNING : HEALTH_OK);
}

static long long synced_slots(const NodeSample *sample)
{
	long long count = 0;
	for (size_t i = 0; i < sample->nslots; i++)
		count += sample->slots[i].synced == FLAG_YES;
	return count;
}

static void write_slot_sync(RoleWriter *w)
{
	Str name = STR("slotsync worker");
	const ProcessRow *process = role_process(w, name);
	if (!w->sample->in_recovery || w->roles->sync_slots != FLAG_YES || (process == NULL && !w->sees_all))
		return;
	if (process == NULL)
		role_say(w,
		         "sync_replication_slots is on and none runs: it needs hot_standby_feedback, primary_slot_name,"
		         " wal_level logical, and dbname in primary_conninfo");
	else
		role_say_state(w, process);
	role_say(w, "slots kept in step with the primary's: %lld", synced_slots(w->sample));
	role_end(w, name, process, process == NULL ? HEALTH_WARNING : HEALTH_OK);
}

static void write_io_workers(RoleWriter *w)
{
	const NodeRoles *r = w->roles;
	long long count = 0, busy = 0;
	if (!str_eq(r->io_method, STR("worker")))
		return;
	for (size_t i = 0; i < w->nprocesses; i++) {
		if (!str_eq(w->processes[i].backend_type, STR("io worker")))
			continue;
		count++;
		busy += !str_starts(w->processes[i].wait_event, STR("Activity:"));
	}
	if (w->sees_all)
		role_say(w, "%lld run, %lld busy", count, busy);
	else
		role_say(w, "how many are busy is " NOT_VISIBLE);
	role_say(w, "io_workers %d", r->io_workers);
	if (r->ios_in_flight != INT_NONE)
		role_say(w, "%lld I/Os in flight", (long long)r->ios_in_flight);
	role_end(w, STR("io workers"), NULL, w->sees_all && count == 0 ? HEALTH_WARNING : HEALTH_OK);
}

/* ---- subscriptions --------------------------------------------------------------------------------------------- */

static void write_subscription(RoleWriter *w, const Subscription *s)
{
	Str name = s->is_table_sync ? STR("tablesync worker") : STR("apply worker");
	if (s->pid == 0) {
		role_say(w, "subscription %.*s has none: it is disabled, or its worker failed", STR_ARG(s->name));
		role_end(w, name, NULL, HEALTH_NOTE);
		return;
	}
	role_say(w, "%s subscription %.*s", s->is_table_sync ? "copies a table for" : "applies", STR_ARG(s->name));
	if (s->leader_pid != 0)
		role_say(w, "for the worker %d", s->leader_pid);
	role_say_lsn(w, "received up to ", s->received_lsn);
	role_say_lsn(w, "reported ", s->reported_lsn);
	role_say_ago(w, "last message ", s->last_message_us);
	role_end_pid(w, name, s->pid, HEALTH_OK);
}

void role_services(RoleWriter *w)
{
	write_archiver(w);
	write_checkpointer(w);
	if (!w->sample->in_recovery)
		write_writer(w, STR("walwriter"));
	write_writer(w, STR("background writer"));
	write_summarizer(w);
	write_slot_sync(w);
	write_io_workers(w);
	for (size_t i = 0; i < w->sample->nsubscriptions; i++)
		write_subscription(w, &w->sample->subscriptions[i]);
}
