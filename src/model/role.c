#include "model/role.h"

#include "model/role_service.h"

#include <math.h>

/* ---- who is fed ------------------------------------------------------------------------------------------------ */

/* The line of the tree that a WAL sender feeds. */
static Str served_by(const RoleWriter *w, const WalSender *sender)
{
	for (uint32_t r = w->index + 1; r < w->topology->nrows; r++)
		if (w->topology->rows[r].upstream == w->index && w->topology->rows[r].sender == sender)
			return w->report->nodes[r].node;
	return sender->application_name;
}

static void say_backup(RoleWriter *w, const WalSender *sender)
{
	for (size_t i = 0; i < w->sample->nbackups; i++) {
		const BaseBackup *backup = &w->sample->backups[i];
		if (backup->pid != sender->pid)
			continue;
		role_say(w, "%.*s", STR_ARG(backup->phase));
		role_say_bytes(w, "", backup->done_bytes, " sent");
		role_say_bytes(w, "of about ", backup->total_bytes, "");
	}
}

static void write_sender(RoleWriter *w, const WalSender *sender)
{
	const ProcessRow *process = role_process_pid(w, sender->pid);
	Str served = served_by(w, sender);
	RowHealth health = HEALTH_NOTE; /* startup, catchup, stopping */
	if (sender_is_hidden(sender)) {
		role_say(w, "feeds %.*s, " NOT_VISIBLE, STR_ARG(served));
		role_end_pid(w, STR("walsender"), sender->pid, HEALTH_UNKNOWN);
		return;
	}
	if (str_eq(sender->state, STR("backup"))) {
		role_say(w, "sends a base backup to %.*s", STR_ARG(served));
		say_backup(w, sender);
		role_end_pid(w, STR("walsender"), sender->pid, HEALTH_OK);
		return;
	}
	if (str_eq(sender->state, STR("streaming")))
		health = HEALTH_OK;
	role_say(w, "feeds %.*s: %.*s", STR_ARG(served), STR_ARG(sender->state));
	role_say_lsn(w, "sent up to ", sender->sent_lsn);
	int64_t left = lsn_diff(sample_available_lsn(w->sample), sender->sent_lsn);
	if (left > 0)
		role_say_bytes(w, "", left, " left to send");
	if (process != NULL) {
		role_say_rate(w, "", process->wal_bytes_per_second, "/s");
		if (!str_is_none(process->open_wal_file))
			role_say(w, "reads %.*s", STR_ARG(process->open_wal_file));
	}
	if (!str_is_none(sender->slot_name))
		role_say(w, "%sslot %.*s", sender->slot_logical ? "logical " : "", STR_ARG(sender->slot_name));
	role_end_pid(w, STR("walsender"), sender->pid, health);
}

/* ---- what is received ------------------------------------------------------------------------------------------ */

static const NodeRow *upstream_row(const RoleWriter *w)
{
	return w->row->parent != ROW_NONE ? &w->report->nodes[w->row->parent] : NULL;
}

/* Its slot of the upstream. *known: the upstream's slots are. */
static const SlotRow *upstream_slot(const RoleWriter *w, const NodeRow *upstream, bool *known)
{
	*known = w->topology->rows[w->row->parent].node != NULL && node_is_live(w->topology->rows[w->row->parent].node);
	for (size_t i = 0; i < w->report->nslots; i++) {
		const SlotRow *slot = &w->report->slots[i];
		if (str_eq(slot->node, upstream->node) && str_eq(slot->slot, w->roles->primary_slot_name))
			return slot;
	}
	return NULL;
}

static Str user_of(const SlotRow *slot)
{
	return str_is_none(slot->used_by) ? STR("another") : slot->used_by;
}

/* What of its upstream keeps it from streaming. */
static bool say_upstream_fault(RoleWriter *w)
{
	const NodeRow *upstream = upstream_row(w);
	Str name = w->roles->primary_slot_name;
	bool known;
	if (upstream == NULL)
		return false;
	if (upstream->health == HEALTH_BAD) {
		role_say(w, "its upstream %.*s is %.*s", STR_ARG(upstream->node), STR_ARG(upstream->state));
		return true;
	}
	if (name.len == 0)
		return false;
	const SlotRow *slot = upstream_slot(w, upstream, &known);
	if (slot == NULL && known)
		role_say(w, "%.*s has no slot %.*s", STR_ARG(upstream->node), STR_ARG(name));
	else if (slot != NULL && str_eq(slot->wal_status, STR("lost")))
		role_say(w, "its slot %.*s on %.*s is lost", STR_ARG(name), STR_ARG(upstream->node));
	else if (slot != NULL && str_eq(slot->active, STR("t")))
		role_say(w, "its slot %.*s on %.*s is in use by %.*s", STR_ARG(name), STR_ARG(upstream->node),
		         STR_ARG(user_of(slot)));
	else
		return false;
	return true;
}

static void write_no_receiver(RoleWriter *w)
{
	const NodeSample *s = w->sample;
	bool sees_conninfo = w->major >= 12 && w->topology->rows[w->index].node->identity->can_monitor;
	role_say(w, "none runs");
	if (!str_is_none(s->primary_host))
		role_say(w, "it would follow %.*s:%d", STR_ARG(s->primary_host), s->primary_port);
	else if (sees_conninfo)
		role_say(w, "primary_conninfo names no host");
	if (!say_upstream_fault(w) && !str_is_none(s->primary_host))
		role_say(w, "its log says why");
	if (w->roles->restore_set == FLAG_YES)
		role_say(w, "WAL comes by restore_command");
	role_end(w, STR("walreceiver"), NULL, HEALTH_WARNING);
}

static void write_receiver(RoleWriter *w)
{
	const WalReceiver *receiver = &w->sample->receiver;
	const ProcessRow *process = role_process_pid(w, receiver->pid);
	if (receiver->pid == 0) {
		write_no_receiver(w);
		return;
	}
	if (receiver_is_hidden(receiver)) {
		role_say(w, "what it does is " NOT_VISIBLE);
		role_end_pid(w, STR("walreceiver"), receiver->pid, HEALTH_UNKNOWN);
		return;
	}
	role_say(w, "receives from %.*s:%d: %.*s", STR_ARG(receiver->sender_host), receiver->sender_port,
	         STR_ARG(receiver->status));
	role_say_lsn(w, "has WAL up to ", sample_available_lsn(w->sample));
	role_say_rate(w, "", process != NULL ? process->wal_bytes_per_second : NAN, "/s");
	role_say_ago(w, "last message ", w->roles->receiver_message_us);
	if (receiver->slot_name.len > 0)
		role_say(w, "slot %.*s", STR_ARG(receiver->slot_name));
	bool streams = str_eq(receiver->status, STR("streaming"));
	role_end_pid(w, STR("walreceiver"), receiver->pid, streams ? HEALTH_OK : HEALTH_NOTE);
}

/* ---- what is replayed ------------------------------------------------------------------------------------------ */

typedef struct WaitWords {
	Str event;
	Str words;
	RowHealth health;
} WaitWords;

static const WaitWords STARTUP_WAITS[] = {
	{STR_INIT("Activity:RecoveryWalAll"), STR_INIT("waits for WAL to arrive"), HEALTH_OK},
	{STR_INIT("Activity:RecoveryWalStream"), STR_INIT("waits for WAL to arrive"), HEALTH_OK},
	{STR_INIT("Timeout:RecoveryRetrieveRetryInterval"), STR_INIT("found no more WAL, soon looks again"),
         HEALTH_NOTE},
	{STR_INIT("Timeout:RecoveryApplyDelay"), STR_INIT("holds a commit back"), HEALTH_NOTE},
	{STR_INIT("IPC:RestoreCommand"), STR_INIT("restore_command runs"), HEALTH_NOTE},
	{STR_INIT("IPC:RecoveryEndCommand"), STR_INIT("recovery_end_command runs"), HEALTH_NOTE},
	{STR_INIT("IPC:RecoveryConflictSnapshot"), STR_INIT("waits for queries that need what it is to remove"),
         HEALTH_WARNING},
	{STR_INIT("IPC:RecoveryConflictTablespace"), STR_INIT("waits for queries that use a tablespace it is to drop"),
         HEALTH_WARNING},
	{STR_INIT("BufferPin:BufferPin"), STR_INIT("waits for a query that holds a page"), HEALTH_WARNING},
};

static RowHealth say_startup_wait(RoleWriter *w, Str event)
{
	/* until 12 the pause between two looks had the name that the wait of a streaming standby has since */
	if (w->major < 13 && str_eq(event, STR("Activity:RecoveryWalStream")))
		event = STR("Timeout:RecoveryRetrieveRetryInterval");
	for (size_t i = 0; i < sizeof STARTUP_WAITS / sizeof *STARTUP_WAITS; i++)
		if (str_eq(event, STARTUP_WAITS[i].event)) {
			role_say(w, "%.*s", STR_ARG(STARTUP_WAITS[i].words));
			return STARTUP_WAITS[i].health;
		}
	if (str_starts(event, STR("Lock:"))) {
		role_say(w, "waits for a lock that a session here holds (%.*s)", STR_ARG(event));
		return HEALTH_WARNING;
	}
	role_say(w, "replays (%.*s)", STR_ARG(event));
	return HEALTH_OK;
}

/* What it does while it says of no wait. */
static RowHealth say_startup_work(RoleWriter *w, const ProcessRow *process)
{
	if (str_ends(process->at, STR(" waiting"))) { /* conflicts have no wait event before 13 */
		role_say(w, "waits for sessions that conflict with replay");
		return HEALTH_WARNING;
	}
	/* before 15 it waits for the command without a wait event; before 12 nobody can ask whether there is one */
	bool may_restore = w->major < 15 && w->roles->restore_set != FLAG_NO;
	bool wants = str_starts(process->at, STR("waiting for "));
	/* while it looks for a timeline's history the title is still that of the last segment */
	bool stands = w->sample->receiver.pid == 0 && process->wal_bytes_per_second == 0;
	if (may_restore && (wants || stands))
		role_say(w, "restore_command seems to run");
	else
		role_say(w, wants ? "looks for WAL" : "replays");
	return wants || (may_restore && stands) ? HEALTH_NOTE : HEALTH_OK;
}

static RowHealth say_startup(RoleWriter *w, const ProcessRow *process)
{
	if (w->sample->replay_pause == REPLAY_PAUSED) {
		role_say(w, "replay is paused");
		return HEALTH_WARNING;
	}
	RowHealth health = HEALTH_OK;
	if (process == NULL || process->is_hidden)
		role_say_state(w, process);
	else if (!str_is_none(process->wait_event))
		health = say_startup_wait(w, process->wait_event);
	else
		health = say_startup_work(w, process);
	if (w->sample->replay_pause == REPLAY_PAUSE_REQUESTED) {
		role_say(w, "a pause is requested");
		health = HEALTH_WARNING;
	}
	return health;
}

static void write_startup(RoleWriter *w)
{
	const ProcessRow *process = role_process(w, STR("startup"));
	RowHealth health = say_startup(w, process);
	if (process != NULL && !str_is_none(process->wal_file))
		role_say(w, "%s %.*s", str_starts(process->at, STR("waiting")) ? "wants" : "in",
		         STR_ARG(process->wal_file));
	role_say_lsn(w, "replayed up to ", w->sample->replay_lsn);
	role_say_rate(w, "", process != NULL ? process->wal_bytes_per_second : NAN, "/s");
	if (w->roles->apply_delay_us > 0)
		role_say_seconds(w, "recovery_min_apply_delay ", (double)w->roles->apply_delay_us / 1e6, "");
	role_end(w, STR("startup"), process, health);
}

/* ---- all of a node --------------------------------------------------------------------------------------------- */

static size_t rows_at_most(const NodeSample *sample)
{
	enum { OTHERS = 2 }; /* WAL receiver and startup */
	return sample->nsenders + sample->nsubscriptions + OTHERS + ROLE_SERVICES_MAX;
}

static void write_node(RoleWriter *w)
{
	for (size_t i = 0; i < w->sample->nsenders; i++)
		write_sender(w, &w->sample->senders[i]);
	if (w->sample->in_recovery) {
		write_receiver(w);
		write_startup(w);
	}
	role_services(w);
}

/* A process that the role may not see is listed all the same, and one that the server does not list stands in /proc. */
static bool sees_all(const RoleWriter *w)
{
	const ProcTable *procs = node_procs(w->topology->rows[w->index].node);
	bool lists_all = w->major >= 14 || (procs != NULL && str_is_none(procs->error));
	for (size_t i = 0; i < w->nprocesses; i++)
		if (str_is_none(w->processes[i].backend_type))
			return false;
	return lists_all && w->sample->has_activity;
}

static void find_processes(RoleWriter *w)
{
	const Report *report = w->report;
	size_t i = 0;
	while (i < report->nprocesses && report->processes[i].key.node != w->row->key.node)
		i++;
	w->processes = &report->processes[i];
	while (i + w->nprocesses < report->nprocesses &&
	       report->processes[i + w->nprocesses].key.node == w->row->key.node)
		w->nprocesses++;
}

static const NodeSample *sample_with_roles(const TopoRow *row)
{
	bool answers = row->node != NULL && row->node->sample != NULL && node_is_live(row->node);
	return answers && row->node->sample->roles != NULL ? row->node->sample : NULL;
}

void role_rows_fill(Arena *arena, Report *report, const Topology *topology)
{
	size_t capacity = 0;
	for (size_t r = 0; r < topology->nrows; r++) {
		const NodeSample *sample = sample_with_roles(&topology->rows[r]);
		capacity += sample != NULL ? rows_at_most(sample) : 0;
	}
	report->roles = ARENA_ARRAY(arena, RoleRow, capacity);
	for (uint32_t r = 0; r < topology->nrows; r++) {
		const NodeSample *sample = sample_with_roles(&topology->rows[r]);
		if (sample == NULL)
			continue;
		char storage[ROLE_TEXT_MAX];
		RoleWriter w = {.arena = arena,
		                .report = report,
		                .topology = topology,
		                .index = r,
		                .row = &report->nodes[r],
		                .sample = sample,
		                .roles = sample->roles,
		                .major = topology->rows[r].node->identity->version_num / 10000,
		                .rows = report->roles + report->nroles,
		                .text = STRBUF_ON(storage)};
		find_processes(&w);
		w.sees_all = sees_all(&w);
		write_node(&w);
		report->nroles += w.nrows;
	}
}
