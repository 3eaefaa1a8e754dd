#include "model/process.h"

#include "model/rates.h"

#include <limits.h>
#include <math.h>

size_t process_count(const Node *node)
{
	if (node->sample == NULL)
		return 0;
	size_t procs = node->sample->procs != NULL ? node->sample->procs->nrows : 0;
	return procs + node->sample->nactivity;
}

static const ProcSample *find_proc(const ProcTable *table, int pid)
{
	size_t low = 0, high = table != NULL ? table->nrows : 0;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (table->rows[mid].pid == pid)
			return &table->rows[mid];
		if (table->rows[mid].pid < pid)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

static void init_row(ProcessRow *row, const Node *node, int pid)
{
	*row = (ProcessRow){.key = {node->id, pid, TIME_NONE}, .pid = pid};
	row->rchar_bytes_per_second = row->wchar_bytes_per_second = NAN;
	row->read_bytes_per_second = row->write_bytes_per_second = NAN;
	row->wal_bytes_per_second = row->io_delay_percent = row->cpu_percent = NAN;
	row->query_age_seconds = row->wal_write_bytes_per_second = NAN;
	row->rchar_bytes = row->wchar_bytes = row->read_bytes = row->write_bytes = row->open_wal_offset = INT_NONE;
	row->io_source = STR("none");
}

static Str access_text(ProcAccess access)
{
	switch (access) {
	case PROC_OK:
		return STR_NONE;
	case PROC_DENIED:
		return STR("/proc: not permitted (run as the server's user or root)");
	case PROC_HIDDEN:
		return STR("/proc: hidden from this user (hidepid)");
	case PROC_GONE:
		return STR("exited");
	case PROC_FAILED:
		break;
	}
	return STR("/proc: cannot be read");
}

static void fill_rates(ProcessRow *row, const ProcTable *table, const ProcSample *now, const ProcTable *old_table)
{
	const ProcSample *old = find_proc(old_table, now->pid);
	if (old == NULL || old->start_ticks != now->start_ticks || now->start_ticks == 0) /* 0: stat was not readable */
		return;
	int64_t t0 = old_table->t_mono_ns, t1 = table->t_mono_ns;
	row->cpu_percent = rate_percent(old->cpu_ticks, now->cpu_ticks, table->ticks_per_second, t0, t1);
	if (table->delay_accounting)
		row->io_delay_percent =
			rate_percent(old->blkio_ticks, now->blkio_ticks, table->ticks_per_second, t0, t1);
	if (now->io_access != PROC_OK || old->io_access != PROC_OK)
		return;
	row->rchar_bytes_per_second = rate_counter(old->io.rchar, now->io.rchar, t0, t1);
	row->wchar_bytes_per_second = rate_counter(old->io.wchar, now->io.wchar, t0, t1);
	row->read_bytes_per_second = rate_counter(old->io.read_bytes, now->io.read_bytes, t0, t1);
	row->write_bytes_per_second = rate_counter(old->io.write_bytes, now->io.write_bytes, t0, t1);
}

/* The parent of the others, whose command line is no title as its children set them; 0 = not in the table. A server
 * process has no children of its own in the table, so the first row with a parent there decides. */
static int postmaster_pid(const ProcTable *table)
{
	for (size_t i = 0; table != NULL && i < table->nrows; i++) {
		const ProcSample *parent = find_proc(table, table->rows[i].ppid);
		if (parent != NULL)
			return str_starts(parent->title, STR("postgres: ")) ? 0 : parent->pid;
	}
	return 0;
}

static void fill_proc(ProcessRow *row, const Node *node, const ProcSample *proc, int postmaster)
{
	const ProcTable *table = node->sample->procs;
	row->backend_type = proc->pid == postmaster ? STR("postmaster") : proc->backend_type;
	row->at = proc->at;
	row->wal_lsn = proc->wal_lsn;
	row->wal_file = proc->wal_file;
	row->error = access_text(proc->io_access);
	if (proc->io_access == PROC_OK)
		row->io_source = table->source;
	if (node->previous != NULL && node->previous->procs != NULL)
		fill_rates(row, table, proc, node->previous->procs);
}

static void fill_activity(Arena *arena, ProcessRow *row, const Activity *activity, int64_t server_time_us)
{
	row->key.start_us = activity->backend_start_us;
	row->is_hidden = activity_is_hidden(activity);
	if (!str_is_none(activity->backend_type))
		row->backend_type = activity->backend_type;
	row->user = activity->user;
	row->database = activity->database;
	row->application_name = activity->application_name;
	row->client = activity->client;
	row->state = activity->state;
	row->query = activity->query;
	if (!str_is_none(activity->wait_event))
		row->wait_event = str_format(arena, "%.*s:%.*s", STR_ARG(activity->wait_event_type),
		                             STR_ARG(activity->wait_event));
	row->sync_wait = str_eq(activity->wait_event, STR("SyncRep"));
	if (activity->query_start_us != TIME_NONE && server_time_us != TIME_NONE &&
	    str_eq(activity->state, STR("active")))
		row->query_age_seconds = fmax(0, (double)(server_time_us - activity->query_start_us) / 1e6);
}

/* The honest WAL rate of a process is the growth of the LSN it moves, not what the kernel counts. */
static double wal_rate(const ProcessRow *row, const Node *node)
{
	const NodeSample *now = node->sample, *before = node->previous;
	if (before == NULL || before->in_recovery != now->in_recovery)
		return NAN;
	int64_t t0 = before->t_mono_ns, t1 = now->t_mono_ns;
	if (row->is_walsender) {
		const WalSender *a = sample_sender(before, (int)row->pid), *b = sample_sender(now, (int)row->pid);
		bool same = a != NULL && b != NULL && a->backend_start_us == b->backend_start_us;
		return same ? rate_lsn(a->sent_lsn, b->sent_lsn, t0, t1) : NAN;
	}
	if (str_eq(row->backend_type, STR("walreceiver")))
		return rate_lsn(before->receive_lsn, now->receive_lsn, t0, t1);
	if (str_eq(row->backend_type, STR("startup")))
		return rate_lsn(before->replay_lsn, now->replay_lsn, t0, t1);
	return NAN;
}

/* Those that have no entry in the server's list of backends (procarray.c, BackendPidGetProc()); the postmaster is none of its
 * children, and the logger and the statistics collector are not attached to shared memory. */
static bool is_auxiliary(Str backend_type)
{
	static const Str TYPES[] = {
		STR_INIT("postmaster"), STR_INIT("startup"),       STR_INIT("walreceiver"),
		STR_INIT("walwriter"),  STR_INIT("checkpointer"),  STR_INIT("background writer"),
		STR_INIT("archiver"),   STR_INIT("walsummarizer"), STR_INIT("stats collector"),
		STR_INIT("logger"),     STR_INIT("io worker"),
	};
	for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++)
		if (str_eq(backend_type, TYPES[i]))
			return true;
	return false;
}

static bool has_line(Str lines, Str line)
{
	for (Str rest = lines; !str_is_none(rest);)
		if (str_eq(str_cut(&rest, '\n'), line))
			return true;
	return false;
}

/* What pg_signal_backend() in signalfuncs.c asks for. Membership in the session's own role would do as well, and is not
 * known here: the server has the last word. */
static Str needed_right(const ProcessRow *row, const NodeIdentity *identity)
{
	if (identity == NULL || identity->superuser || !row->can_signal || str_is_none(identity->role))
		return STR_NONE;
	if (str_is_none(row->user) && row->is_hidden)
		return STR_NONE;
	bool worker = str_eq(row->backend_type, STR("autovacuum worker"));
	if (str_is_none(row->user) && worker && identity->version_num >= 180000)
		return identity->can_signal_autovacuum ? STR_NONE : STR("pg_signal_autovacuum_worker");
	if (str_is_none(row->user))
		return STR("superuser: the process runs as no role");
	if (has_line(identity->superusers, row->user))
		return STR("superuser: the session is a superuser's");
	return identity->can_signal || str_eq(row->user, identity->role) ? STR_NONE : STR("pg_signal_backend");
}

static void finish_row(Arena *arena, ProcessRow *row, const Node *node)
{
	if (row->is_hidden)
		row->error = str_is_none(row->error) ? STR(NOT_VISIBLE)
		                                     : str_format(arena, "%.*s; " NOT_VISIBLE, STR_ARG(row->error));
	if (str_is_none(row->backend_type) && !str_is_none(row->client))
		row->backend_type = STR("client backend");
	row->is_walsender = str_eq(row->backend_type, STR("walsender"));
	row->can_signal = str_is_none(row->backend_type) ? row->is_hidden : !is_auxiliary(row->backend_type);
	row->needs = needed_right(row, node->identity);
	row->wal_bytes_per_second = wal_rate(row, node);
	row->wal_source = isnan(row->wal_bytes_per_second) ? STR_NONE : STR("lsn");
}

size_t process_rows(Arena *arena, const Node *node, ProcessRow *rows)
{
	if (node->sample == NULL)
		return 0;
	const NodeSample *sample = node->sample;
	size_t nprocs = sample->procs != NULL ? sample->procs->nrows : 0;
	size_t nactivity = sample->nactivity;
	int postmaster = postmaster_pid(sample->procs);
	size_t p = 0, a = 0, n = 0;
	while (p < nprocs || a < nactivity) { /* merge of two lists sorted by pid */
		const ProcSample *proc = p < nprocs ? &sample->procs->rows[p] : NULL;
		const Activity *activity = a < nactivity ? &sample->activity[a] : NULL;
		int pid = proc != NULL ? proc->pid : INT_MAX;
		if (activity != NULL && activity->pid < pid)
			pid = activity->pid;
		ProcessRow *row = &rows[n++];
		init_row(row, node, pid);
		if (proc != NULL && proc->pid == pid) {
			fill_proc(row, node, proc, postmaster);
			p++;
		} else if (sample->procs != NULL) {
			row->error = str_is_none(sample->procs->error)
			                     ? STR("/proc: not found (hidepid, or just started)")
			                     : sample->procs->error;
		}
		if (activity != NULL && activity->pid == pid) {
			fill_activity(arena, row, activity, sample->server_time_us);
			a++;
		}
		finish_row(arena, row, node);
	}
	return n;
}
