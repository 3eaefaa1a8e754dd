#include "collect/decode.h"

#include "collect/proc_parse.h"

/* 2000-01-01 in Unix microseconds: the epoch of timestamptz (datatype/timestamp.h). */
#define POSTGRES_EPOCH_US INT64_C(946684800000000)

/* A row being read. The first value of a wrong length is remembered; the rest then reads as NULL. */
typedef struct Reader {
	Rows rows;
	int row;
	Arena *arena;
	int bad_column; /* -1 = none */
} Reader;

static bool get_fixed(Reader *r, int column, size_t size, uint64_t *out)
{
	Str value = r->rows.get(r->rows.source, r->row, column);
	if (str_is_none(value))
		return false;
	if (value.len != size) {
		if (r->bad_column < 0)
			r->bad_column = column;
		return false;
	}
	*out = 0;
	for (size_t i = 0; i < size; i++)
		*out = *out << 8 | (unsigned char)value.data[i];
	return true;
}

static int get_int4(Reader *r, int column, int if_null)
{
	uint64_t v;
	return get_fixed(r, column, 4, &v) ? (int32_t)(uint32_t)v : if_null;
}

static int64_t get_int8(Reader *r, int column, int64_t if_null)
{
	uint64_t v;
	return get_fixed(r, column, 8, &v) ? (int64_t)v : if_null;
}

static Lsn get_lsn(Reader *r, int column)
{
	uint64_t v;
	return get_fixed(r, column, 8, &v) ? v : LSN_NONE;
}

static bool get_bool(Reader *r, int column)
{
	uint64_t v;
	return get_fixed(r, column, 1, &v) && v != 0;
}

static Flag get_flag(Reader *r, int column)
{
	uint64_t v;
	if (!get_fixed(r, column, 1, &v))
		return FLAG_UNKNOWN;
	return v != 0 ? FLAG_YES : FLAG_NO;
}

/* What is no port number reads as unknown. */
static int get_port(Reader *r, int column)
{
	int port = get_int4(r, column, 0);
	return port >= 1 && port <= 65535 ? port : 0;
}

/* infinity, -infinity and what no clock says read as NULL, so that the difference of two times never overflows. */
#define TIME_LIMIT_US (INT64_MAX / 2)

static int64_t get_time(Reader *r, int column)
{
	uint64_t v;
	int64_t t;
	if (!get_fixed(r, column, 8, &v) || __builtin_add_overflow((int64_t)v, POSTGRES_EPOCH_US, &t))
		return TIME_NONE;
	return t >= -TIME_LIMIT_US && t <= TIME_LIMIT_US ? t : TIME_NONE;
}

/* interval_send(): microseconds, days, months. The lag columns never reach a day unless something is very wrong. */
static int64_t get_interval(Reader *r, int column)
{
	Str value = r->rows.get(r->rows.source, r->row, column);
	if (str_is_none(value))
		return TIME_NONE;
	if (value.len != 16) {
		if (r->bad_column < 0)
			r->bad_column = column;
		return TIME_NONE;
	}
	uint64_t us = 0;
	uint32_t days = 0;
	for (size_t i = 0; i < 8; i++)
		us = us << 8 | (unsigned char)value.data[i];
	for (size_t i = 8; i < 12; i++)
		days = days << 8 | (unsigned char)value.data[i];
	bool has_months = false; /* infinity has, too */
	for (size_t i = 12; i < 16; i++)
		has_months |= value.data[i] != 0;
	int64_t total;
	if (has_months || __builtin_mul_overflow((int32_t)days, INT64_C(86400000000), &total) ||
	    __builtin_add_overflow((int64_t)us, total, &total))
		return TIME_NONE;
	return total;
}

static Str get_text(Reader *r, int column)
{
	return str_dup(r->arena, r->rows.get(r->rows.source, r->row, column));
}

static bool check_form(Rows rows, size_t ncolumns, int min_rows, int max_rows, const char *what, Err *err)
{
	if (rows.ncolumns != (int)ncolumns || rows.nrows < min_rows || rows.nrows > max_rows)
		return err_set(err, "the server answered the %s query with %d rows of %d columns", what, rows.nrows,
		               rows.ncolumns);
	return true;
}

static bool check_row(const Reader *r, const char *what, Err *err)
{
	if (r->bad_column >= 0)
		return err_set(err, "the server sent a value of the wrong length in column %d of the %s query",
		               r->bad_column + 1, what);
	return true;
}

bool decode_identity(Arena *arena, Rows rows, NodeIdentity *out, Err *err)
{
	Reader r = {rows, 0, arena, -1};
	if (!check_form(rows, 17, 1, 1, "identity", err))
		return false;
	int c = 0;
	out->system_identifier = (uint64_t)get_int8(&r, c++, 0);
	out->postmaster_start_us = get_time(&r, c++);
	out->port = get_port(&r, c++);
	out->version = get_text(&r, c++);
	out->cluster_name = get_text(&r, c++);
	out->listen_addresses = get_text(&r, c++);
	out->superuser = get_bool(&r, c++);
	out->can_monitor = get_bool(&r, c++);
	out->can_read_files = get_bool(&r, c++);
	out->backend_pid = get_int4(&r, c++, 0);
	out->backend_start_us = get_time(&r, c++);
	out->missing_grants = (unsigned)get_int4(&r, c++, 0);
	out->role = get_text(&r, c++);
	out->can_signal = get_bool(&r, c++);
	out->can_signal_autovacuum = get_bool(&r, c++);
	out->can_pause = get_bool(&r, c++);
	out->superusers = get_text(&r, c++);
	return check_row(&r, "identity", err);
}

static ReplayPause pause_state(Str text)
{
	if (str_eq(text, STR("paused")))
		return REPLAY_PAUSED;
	return str_eq(text, STR("pause requested")) ? REPLAY_PAUSE_REQUESTED : REPLAY_RUNNING;
}

bool decode_node(Rows rows, NodeSample *out, Err *err)
{
	Reader r = {rows, 0, &out->arena, -1};
	if (!check_form(rows, 20, 1, 1, "node", err))
		return false;
	int c = 0;
	out->server_time_us = get_time(&r, c++);
	out->in_recovery = get_bool(&r, c++);
	int64_t timeline = get_int8(&r, c++, 0);
	out->timeline = timeline >= 1 && timeline <= UINT32_MAX ? (uint32_t)timeline : 0;
	out->flush_lsn = get_lsn(&r, c++);
	out->receive_lsn = get_lsn(&r, c++);
	out->replay_lsn = get_lsn(&r, c++);
	out->replay_pause = pause_state(r.rows.get(r.rows.source, 0, c++));
	out->synchronous_standby_names = get_text(&r, c++);
	out->receiver.pid = get_int4(&r, c++, 0);
	out->receiver.status = get_text(&r, c++);
	out->receiver.sender_host = get_text(&r, c++);
	out->receiver.sender_port = get_port(&r, c++);
	out->receiver.slot_name = get_text(&r, c++);
	out->receiver.start_us = get_time(&r, c++);
	out->primary_host = get_text(&r, c++);
	out->primary_port = get_port(&r, c++);
	out->synchronous_commit = get_text(&r, c++);
	out->next_xid = get_int8(&r, c++, INT_NONE);
	out->sync_waiting = get_int8(&r, c++, INT_NONE);
	out->sync_longest_wait_us = get_interval(&r, c++);
	return check_row(&r, "node", err);
}

static Slot decode_slot(Reader *r)
{
	Slot s;
	int c = 0;
	s.name = get_text(r, c++);
	s.plugin = get_text(r, c++);
	s.type = get_text(r, c++);
	s.database = get_text(r, c++);
	s.temporary = get_bool(r, c++);
	s.active = get_bool(r, c++);
	s.active_pid = get_int4(r, c++, 0);
	s.restart_lsn = get_lsn(r, c++);
	s.confirmed_flush_lsn = get_lsn(r, c++);
	s.wal_status = get_text(r, c++);
	s.safe_wal_size = get_int8(r, c++, INT_NONE);
	s.conflicting = get_flag(r, c++);
	s.inactive_since_us = get_time(r, c++);
	s.invalidation_reason = get_text(r, c++);
	s.failover = get_flag(r, c++);
	s.synced = get_flag(r, c++);
	return s;
}

bool decode_slots(Rows rows, NodeSample *out, Err *err)
{
	if (!check_form(rows, 16, 0, INT32_MAX, "slots", err))
		return false;
	Reader r = {rows, 0, &out->arena, -1};
	out->nslots = 0;
	out->slots = ARENA_ARRAY(&out->arena, Slot, (size_t)rows.nrows);
	for (r.row = 0; r.row < rows.nrows; r.row++) {
		Slot slot = decode_slot(&r);
		bool sorted = out->nslots == 0 || str_cmp(out->slots[out->nslots - 1].name, slot.name) < 0;
		if (slot.name.len > 0 && sorted)
			out->slots[out->nslots++] = slot;
	}
	return check_row(&r, "slots", err);
}

static WalSender decode_sender(Reader *r)
{
	WalSender s;
	int c = 0;
	s.pid = get_int4(r, c++, 0);
	s.user = get_text(r, c++);
	s.application_name = get_text(r, c++);
	s.client_addr = get_text(r, c++);
	s.client_port = get_int4(r, c++, 0);
	s.backend_start_us = get_time(r, c++);
	s.state = get_text(r, c++);
	s.sent_lsn = get_lsn(r, c++);
	s.write_lsn = get_lsn(r, c++);
	s.flush_lsn = get_lsn(r, c++);
	s.replay_lsn = get_lsn(r, c++);
	s.write_lag_us = get_interval(r, c++);
	s.flush_lag_us = get_interval(r, c++);
	s.replay_lag_us = get_interval(r, c++);
	int priority = get_int4(r, c++, -1);
	s.sync_priority = priority < 0 ? INT_NONE : priority;
	s.sync_state = get_text(r, c++);
	s.reply_time_us = get_time(r, c++);
	s.slot_name = STR_NONE;
	s.slot_logical = false;
	return s;
}

/* Of a process that holds two slots the first by name is taken. */
static void name_slots(const NodeSample *sample)
{
	for (size_t i = 0; i < sample->nslots; i++) {
		const Slot *slot = &sample->slots[i];
		WalSender *sender = slot->active_pid != 0 ? sample_sender(sample, slot->active_pid) : NULL;
		if (sender == NULL || !str_is_none(sender->slot_name))
			continue;
		sender->slot_name = slot->name;
		sender->slot_logical = str_eq(slot->type, STR("logical"));
	}
}

bool decode_senders(Rows rows, NodeSample *out, Err *err)
{
	if (!check_form(rows, 17, 0, INT32_MAX, "senders", err))
		return false;
	Reader r = {rows, 0, &out->arena, -1};
	out->nsenders = 0; /* of a server that answers twice the last answer holds */
	out->senders = ARENA_ARRAY(&out->arena, WalSender, (size_t)rows.nrows);
	int last_pid = 0;
	for (r.row = 0; r.row < rows.nrows; r.row++) {
		WalSender sender = decode_sender(&r);
		if (sender.pid <= last_pid)
			continue;
		last_pid = sender.pid;
		out->senders[out->nsenders++] = sender;
	}
	name_slots(out);
	return check_row(&r, "senders", err);
}

static BaseBackup decode_backup(Reader *r)
{
	BaseBackup b;
	int c = 0;
	b.pid = get_int4(r, c++, 0);
	b.phase = get_text(r, c++);
	b.total_bytes = get_int8(r, c++, INT_NONE);
	b.done_bytes = get_int8(r, c++, INT_NONE);
	return b;
}

bool decode_backups(Rows rows, NodeSample *out, Err *err)
{
	if (!check_form(rows, 4, 0, INT32_MAX, "backups", err))
		return false;
	Reader r = {rows, 0, &out->arena, -1};
	out->nbackups = 0;
	out->backups = ARENA_ARRAY(&out->arena, BaseBackup, (size_t)rows.nrows);
	int last_pid = 0;
	for (r.row = 0; r.row < rows.nrows; r.row++) {
		BaseBackup backup = decode_backup(&r);
		if (backup.pid <= last_pid)
			continue;
		last_pid = backup.pid;
		out->backups[out->nbackups++] = backup;
	}
	return check_row(&r, "backups", err);
}

static Activity decode_activity_row(Reader *r)
{
	Activity a;
	int c = 0;
	a.pid = get_int4(r, c++, 0);
	a.backend_start_us = get_time(r, c++);
	a.query_start_us = get_time(r, c++);
	a.backend_type = get_text(r, c++);
	a.user = get_text(r, c++);
	a.database = get_text(r, c++);
	a.application_name = get_text(r, c++);
	a.client = get_text(r, c++);
	a.state = get_text(r, c++);
	a.wait_event_type = get_text(r, c++);
	a.wait_event = get_text(r, c++);
	a.query = get_text(r, c++);
	a.wal_bytes = get_int8(r, c++, INT_NONE);
	a.wal_write_bytes = get_int8(r, c++, INT_NONE);
	return a;
}

bool decode_activity(Rows rows, NodeSample *out, Err *err)
{
	if (!check_form(rows, 14, 0, INT32_MAX, "activity", err))
		return false;
	Reader r = {rows, 0, &out->arena, -1};
	out->has_activity = true;
	out->nactivity = 0;
	out->activity = ARENA_ARRAY(&out->arena, Activity, (size_t)rows.nrows);
	int last_pid = 0;
	for (r.row = 0; r.row < rows.nrows; r.row++) {
		Activity activity = decode_activity_row(&r);
		if (activity.pid <= last_pid)
			continue;
		last_pid = activity.pid;
		out->activity[out->nactivity++] = activity;
	}
	return check_row(&r, "activity", err);
}

/* USER_HZ: what the kernel shows to programs is the same on every architecture that PostgreSQL 11 runs on. */
enum { SERVER_TICKS_PER_SECOND = 100 };

/* False: its stat is not to be understood, and nothing of it is shown. */
static bool decode_process(Reader *r, ProcTable *table, ProcSample *out, int64_t *server_time_us)
{
	int c = 0;
	int pid = get_int4(r, c++, 0);
	Str stat = r->rows.get(r->rows.source, r->row, c++);
	Str io = r->rows.get(r->rows.source, r->row, c++);
	Str cmdline = r->rows.get(r->rows.source, r->row, c++);
	Str delays = str_trim(r->rows.get(r->rows.source, r->row, c++));
	*server_time_us = get_time(r, c++);
	*out = (ProcSample){0};
	if (!proc_parse_stat(stat, out) || out->pid != pid)
		return false;
	if (str_is_none(io)) /* the statement saw it exiting, or found it gone */
		out->io_access = PROC_GONE;
	else if (!proc_parse_io(io, &out->io))
		out->io_access = PROC_FAILED;
	out->title = proc_parse_cmdline(r->arena, cmdline);
	if (out->title.len == 0)
		out->title = STR_NONE;
	/* kernels before 5.14 have no such switch: there a process that was delayed proves that delays are counted */
	table->delay_accounting |= delays.len > 0 ? !str_eq(delays, STR("0")) : out->blkio_ticks > 0;
	return true;
}

/* What the row of the asking backend, which lives, tells of the others. */
static void check_processes(ProcTable *table, const ProcSample *own)
{
	if (own == NULL) {
		table->error = STR("the server's host does not show its processes" PROC_BY_SQL);
		table->nrows = 0;
	} else if (own->io_access != PROC_OK) {
		table->error = STR("the server's kernel does not count I/O" PROC_BY_SQL);
		for (size_t i = 0; i < table->nrows; i++)
			table->rows[i].io_access = PROC_FAILED;
	}
}

bool decode_processes(Rows rows, int backend_pid, NodeSample *out, Err *err)
{
	if (!check_form(rows, 6, 0, INT32_MAX, "processes", err))
		return false;
	Reader r = {rows, 0, &out->arena, -1};
	ProcTable *table = ARENA_NEW(&out->arena, ProcTable);
	*table = (ProcTable){.source = STR("sql"), .error = STR_NONE, .ticks_per_second = SERVER_TICKS_PER_SECOND};
	table->rows = ARENA_ARRAY(&out->arena, ProcSample, (size_t)rows.nrows);
	const ProcSample *own = NULL;
	int last_pid = 0;
	for (r.row = 0; r.row < rows.nrows; r.row++) {
		ProcSample *row = &table->rows[table->nrows];
		if (!decode_process(&r, table, row, &out->server_time_us) || row->pid <= last_pid)
			continue;
		last_pid = row->pid;
		table->nrows++;
		if (row->pid == backend_pid)
			own = row;
	}
	check_processes(table, own);
	out->procs = table;
	return check_row(&r, "processes", err);
}

bool decode_roles(Rows rows, NodeSample *out, Err *err)
{
	Reader r = {rows, 0, &out->arena, -1};
	if (!check_form(rows, 29, 1, 1, "roles", err))
		return false;
	NodeRoles *roles = ARENA_NEW(&out->arena, NodeRoles);
	int c = 0;
	roles->archive_mode = get_text(&r, c++);
	roles->archive_set = get_bool(&r, c++);
	roles->archived = get_int8(&r, c++, INT_NONE);
	roles->last_archived_wal = get_text(&r, c++);
	roles->last_archived_us = get_time(&r, c++);
	roles->archive_failures = get_int8(&r, c++, INT_NONE);
	roles->last_failed_wal = get_text(&r, c++);
	roles->last_failed_us = get_time(&r, c++);
	roles->archiver_reset_us = get_time(&r, c++);
	roles->wal_segment_size = get_int8(&r, c++, INT_NONE);
	roles->redo_lsn = get_lsn(&r, c++);
	roles->checkpoint_us = get_time(&r, c++);
	roles->receiver_message_us = get_time(&r, c++);
	roles->checkpoints_timed = get_int8(&r, c++, INT_NONE);
	roles->checkpoints_requested = get_int8(&r, c++, INT_NONE);
	roles->restartpoints_timed = get_int8(&r, c++, INT_NONE);
	roles->restartpoints_requested = get_int8(&r, c++, INT_NONE);
	roles->restartpoints_done = get_int8(&r, c++, INT_NONE);
	roles->restore_set = get_flag(&r, c++);
	roles->apply_delay_us = get_interval(&r, c++);
	roles->primary_slot_name = get_text(&r, c++);
	roles->summarize_wal = get_flag(&r, c++);
	roles->summarized_lsn = get_lsn(&r, c++);
	roles->pending_lsn = get_lsn(&r, c++);
	roles->summarizer_pid = get_int4(&r, c++, 0);
	roles->sync_slots = get_flag(&r, c++);
	roles->io_method = get_text(&r, c++);
	roles->io_workers = get_int4(&r, c++, 0);
	roles->ios_in_flight = get_int8(&r, c++, INT_NONE);
	if (!check_row(&r, "roles", err))
		return false;
	out->roles = roles;
	return true;
}

static Subscription decode_subscription(Reader *r)
{
	Subscription s;
	int c = 0;
	s.pid = get_int4(r, c++, 0);
	s.name = get_text(r, c++);
	s.is_table_sync = get_bool(r, c++);
	s.leader_pid = get_int4(r, c++, 0);
	s.received_lsn = get_lsn(r, c++);
	s.last_message_us = get_time(r, c++);
	s.reported_lsn = get_lsn(r, c++);
	return s;
}

bool decode_subscriptions(Rows rows, NodeSample *out, Err *err)
{
	if (!check_form(rows, 7, 0, INT32_MAX, "subscriptions", err))
		return false;
	Reader r = {rows, 0, &out->arena, -1};
	Subscription *found = ARENA_ARRAY(&out->arena, Subscription, (size_t)rows.nrows);
	for (r.row = 0; r.row < rows.nrows; r.row++)
		found[r.row] = decode_subscription(&r);
	if (!check_row(&r, "subscriptions", err))
		return false;
	out->subscriptions = found;
	out->nsubscriptions = (size_t)rows.nrows;
	return true;
}

bool decode_receiver_port(Rows rows, int *port, Err *err)
{
	if (!check_form(rows, 1, 0, INT32_MAX, "receiver port", err))
		return false;
	Reader r = {rows, 0, NULL, -1};
	*port = rows.nrows == 1 ? get_port(&r, 0) : 0;
	return check_row(&r, "receiver port", err);
}

bool decode_signal(Rows rows, ActAnswer *out, Err *err)
{
	if (!check_form(rows, 2, 0, 1, "signal", err))
		return false;
	*out = ACT_GONE;
	if (rows.nrows == 0)
		return true;
	Reader r = {rows, 0, NULL, -1};
	bool unsent = str_is_none(rows.get(rows.source, 0, 1));
	bool hidden = get_bool(&r, 0), sent = get_bool(&r, 1);
	if (hidden)
		*out = ACT_HIDDEN;
	else if (unsent)
		*out = ACT_RECYCLED;
	else
		*out = sent ? ACT_DONE : ACT_FALSE;
	return check_row(&r, "signal", err);
}

bool decode_replay(Rows rows, ActAnswer *out, Err *err)
{
	if (!check_form(rows, 3, 1, 1, "replay", err))
		return false;
	Reader r = {rows, 0, NULL, -1};
	bool same = get_bool(&r, 0), standby = get_bool(&r, 1), done = get_bool(&r, 2);
	if (!same)
		*out = ACT_OTHER_SERVER;
	else if (!standby)
		*out = ACT_NO_STANDBY;
	else
		*out = done ? ACT_DONE : ACT_FALSE;
	return check_row(&r, "replay", err);
}
