#include "collect/proc_reader.h"

#include "base/num.h"
#include "collect/proc_parse.h"
#include "collect/proc_segment.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef enum EntryFile { ENTRY_STAT, ENTRY_IO, ENTRY_CMDLINE, ENTRY_FILES } EntryFile;
enum { LINKS_MAX = 512 }; /* of processes' descriptors that one reading may follow in search of WAL segments */

static const char *const entry_names[ENTRY_FILES] = {"stat", "io", "cmdline"};

/* What is kept of a process between reads. A descriptor below /proc/PID belongs to the process, not to the pid: when
 * that has exited, it reads ESRCH for ever, even if the pid is another's by then. */
typedef struct ProcEntry {
	int pid;
	uint64_t start_ticks; /* 0: not read yet */
	int fds[ENTRY_FILES]; /* -1: not kept */
	ProcAccess io_denied; /* why: its owner does not change, so it is not asked again; PROC_OK: it is not denied */
	int own_pid;          /* for itself, in a pid namespace below ours; read only where the server lives in one */
	OpenSegment segment;
} ProcEntry;

struct ProcReader {
	Procfs *procfs;
	int postmaster_pid;
	uint64_t postmaster_ticks;
	bool nested;
	int search_from; /* the pid whose search for a segment had to wait */
	bool scan;       /* the kernel has no .../children */
	bool saw_delays; /* a process has waited for I/O, so the kernel does count */
	int children_fd; /* -1: not kept */
	int *pids;       /* of the listing, sorted */
	size_t npids, pids_cap;
	ProcEntry *entries; /* sorted by pid */
	size_t nentries, entries_cap;
	ProcEntry *spare; /* the same capacity, for the next merge */
	char *text;       /* of the children's file */
	size_t text_cap;
};

static void close_kept(Procfs *procfs, int *fd)
{
	if (*fd < 0)
		return;
	close(*fd);
	*fd = -1;
	procfs->kept--;
}

static void entry_close(Procfs *procfs, ProcEntry *entry)
{
	for (size_t i = 0; i < ENTRY_FILES; i++)
		close_kept(procfs, &entry->fds[i]);
}

/* Out of descriptors: gives up those of one process, and from now on this many and no more are kept. */
static bool make_room(ProcReader *reader)
{
	Procfs *procfs = reader->procfs;
	for (size_t i = reader->nentries; i-- > 0;) {
		size_t before = procfs->kept;
		entry_close(procfs, &reader->entries[i]);
		procfs->kept_max = procfs->kept;
		if (procfs->kept < before)
			return true;
	}
	procfs->kept_max = procfs->kept;
	return false;
}

static int open_with_room(ProcReader *reader, const char *path)
{
	int fd = procfs_open_file(reader->procfs, path);
	if ((fd == -EMFILE || fd == -ENFILE) && make_room(reader))
		fd = procfs_open_file(reader->procfs, path);
	return fd;
}

/* Opened after the process's stat was read: for the pid to be another's now, all other pids had to be used up in
 * between. */
static ssize_t entry_read(ProcReader *reader, ProcEntry *entry, EntryFile file, char *buffer, size_t size)
{
	Procfs *procfs = reader->procfs;
	if (entry->fds[file] >= 0)
		return procfs_pread(entry->fds[file], buffer, size, 0);
	char path[PID_PATH_MAX];
	int fd = open_with_room(reader, procfs_pid_path(path, entry->pid, entry_names[file]));
	if (fd < 0)
		return fd;
	ssize_t n = procfs_pread(fd, buffer, size, 0);
	if (n >= 0 && procfs->kept < procfs->kept_max) {
		entry->fds[file] = fd;
		procfs->kept++;
	} else {
		close(fd);
	}
	return n;
}

static bool is_gone(ssize_t error)
{
	return error == -ESRCH || error == -ENOENT;
}

static bool is_denied(ssize_t error)
{
	return error == -EACCES || error == -EPERM;
}

/* Its stat: PROC_OK, and the entry is that of the process that has the pid now. */
static ProcAccess read_entry_stat(ProcReader *reader, ProcEntry *entry, ProcSample *row)
{
	char buffer[FILE_TEXT_MAX];
	bool was_kept = entry->fds[ENTRY_STAT] >= 0;
	ssize_t n = entry_read(reader, entry, ENTRY_STAT, buffer, sizeof(buffer));
	if (is_gone(n) && was_kept) {
		entry_close(reader->procfs, entry);
		n = entry_read(reader, entry, ENTRY_STAT, buffer, sizeof(buffer));
	}
	if (n < 0)
		return is_gone(n) ? PROC_GONE : is_denied(n) ? PROC_DENIED : PROC_FAILED;
	if (!proc_parse_stat((Str){buffer, (size_t)n}, row) || row->pid != entry->pid)
		return PROC_FAILED;
	if (row->start_ticks != entry->start_ticks) {
		close_kept(reader->procfs, &entry->fds[ENTRY_IO]);
		close_kept(reader->procfs, &entry->fds[ENTRY_CMDLINE]);
		entry->io_denied = PROC_OK;
		entry->segment = (OpenSegment){.fd = -1};
		entry->own_pid = reader->nested ? procfs_nested_pid(reader->procfs, entry->pid) : 0;
		entry->start_ticks = row->start_ticks;
	}
	return PROC_OK;
}

/* The files of an exiting process belong to root: the refusal then says nothing of our rights. */
static bool is_exiting(const ProcReader *reader, int pid)
{
	char buffer[FILE_TEXT_MAX];
	Str stat = procfs_read_pid_file(reader->procfs, pid, "stat", buffer, sizeof(buffer));
	return str_is_none(stat) || proc_parse_stat_exiting(stat);
}

/* Its counters are for whom the kernel would let trace it: a process of his own user, and root with the right to. */
static ProcAccess why_denied(const ProcReader *reader, int pid)
{
	char buffer[FILE_TEXT_MAX];
	uint64_t uid;
	if (geteuid() == 0)
		return PROC_NO_CAPABILITY;
	Str status = procfs_read_pid_file(reader->procfs, pid, "status", buffer, sizeof(buffer));
	return proc_parse_user(status, &uid) && uid == geteuid() ? PROC_RESTRICTED : PROC_DENIED;
}

static ProcAccess read_entry_io(ProcReader *reader, ProcEntry *entry, ProcSample *row)
{
	if (entry->io_denied != PROC_OK)
		return entry->io_denied;
	char buffer[FILE_TEXT_MAX];
	ssize_t n = entry_read(reader, entry, ENTRY_IO, buffer, sizeof(buffer));
	if (n >= 0)
		return proc_parse_io((Str){buffer, (size_t)n}, &row->io) ? PROC_OK : PROC_FAILED;
	if (is_gone(n))
		return PROC_GONE;
	if (!is_denied(n))
		return PROC_FAILED;
	if (is_exiting(reader, entry->pid))
		return PROC_GONE;
	entry->io_denied = why_denied(reader, entry->pid);
	return entry->io_denied;
}

/* False: there is no such process any more, or it is not one of this server. */
static bool read_entry(ProcReader *reader, ProcEntry *entry, Arena *arena, bool want_title, ProcSample *row)
{
	*row = (ProcSample){.pid = entry->pid};
	row->io_access = read_entry_stat(reader, entry, row);
	if (row->io_access == PROC_GONE)
		return false;
	if (row->io_access != PROC_OK) {
		*row = (ProcSample){.pid = entry->pid, .io_access = row->io_access};
		return true;
	}
	if (row->pid != reader->postmaster_pid && row->ppid != reader->postmaster_pid)
		return false;
	row->io_access = read_entry_io(reader, entry, row);
	if (row->blkio_ticks > 0)
		reader->saw_delays = true;
	if (!want_title)
		return true;
	char buffer[FILE_TEXT_MAX];
	ssize_t n = entry_read(reader, entry, ENTRY_CMDLINE, buffer, sizeof(buffer));
	if (n > 0) /* a zombie has none */
		row->title = proc_parse_cmdline(arena, (Str){buffer, (size_t)n});
	return true;
}

static void add_pid(ProcReader *reader, int pid)
{
	if (reader->npids == reader->pids_cap) {
		reader->pids_cap = reader->pids_cap ? reader->pids_cap * 2 : 64;
		reader->pids = xrealloc_array(reader->pids, reader->pids_cap, sizeof(*reader->pids));
	}
	reader->pids[reader->npids++] = pid;
}

static void add_pids_of_text(ProcReader *reader, Str text)
{
	while (!str_is_none(text)) {
		int64_t pid;
		if (num_parse_int_in(str_trim(str_cut(&text, ' ')), 1, INT_MAX, &pid))
			add_pid(reader, (int)pid);
	}
}

/* Sets reader->scan if the kernel was built without that file (CONFIG_PROC_CHILDREN). */
static void list_by_children_file(ProcReader *reader)
{
	Procfs *procfs = reader->procfs;
	int fd = reader->children_fd;
	if (fd < 0) {
		char path[PID_PATH_MAX];
		(void)snprintf(path, sizeof(path), "%d/task/%d/children", reader->postmaster_pid,
		               reader->postmaster_pid);
		fd = open_with_room(reader, path);
		if (fd < 0) {
			reader->scan = fd == -ENOENT &&
			               faccessat(procfs->root_fd, procfs_pid_path(path, reader->postmaster_pid, "stat"),
			                         F_OK, 0) == 0;
			return;
		}
	}
	size_t len = 0;
	ssize_t n = 0;
	do {
		if (reader->text_cap - len < FILE_TEXT_MAX) {
			reader->text_cap = reader->text_cap ? reader->text_cap * 2 : (size_t)FILE_TEXT_MAX * 2;
			reader->text = xrealloc_array(reader->text, reader->text_cap, 1);
		}
		n = procfs_pread(fd, reader->text + len, reader->text_cap - len, (off_t)len);
		if (n > 0)
			len += (size_t)n;
	} while (n > 0);
	if (reader->children_fd < 0 && n == 0 && procfs->kept < procfs->kept_max) {
		reader->children_fd = fd;
		procfs->kept++;
	} else if (reader->children_fd < 0) {
		close(fd);
	}
	if (len > 0)
		add_pids_of_text(reader, (Str){reader->text, len});
}

static void list_by_scan(ProcReader *reader)
{
	rewinddir(reader->procfs->root);
	int pid;
	while ((pid = procfs_next_pid(reader->procfs->root)) > 0) {
		ProcSample sample = {0};
		if (procfs_read_stat(reader->procfs, pid, &sample) && sample.ppid == reader->postmaster_pid)
			add_pid(reader, pid);
	}
}

static int compare_ints(const void *a, const void *b)
{
	int x = *(const int *)a;
	int y = *(const int *)b;
	return (x > y) - (x < y);
}

/* The postmaster and its children into reader->pids, sorted, each once. */
static void list_processes(ProcReader *reader)
{
	reader->npids = 0;
	add_pid(reader, reader->postmaster_pid);
	if (!reader->scan)
		list_by_children_file(reader);
	if (reader->scan)
		list_by_scan(reader);
	bool sorted = true; /* nearly always: children stand in the order of their birth */
	for (size_t i = 1; sorted && i < reader->npids; i++)
		sorted = reader->pids[i - 1] < reader->pids[i];
	if (sorted)
		return;
	qsort(reader->pids, reader->npids, sizeof(*reader->pids), compare_ints);
	size_t n = 1;
	for (size_t i = 1; i < reader->npids; i++) {
		if (reader->pids[i] != reader->pids[n - 1])
			reader->pids[n++] = reader->pids[i];
	}
	reader->npids = n;
}

/* Brings the entries in line with the listing. A process that is not listed any more stays for now: when a child exits
 * while the kernel lists its siblings, it may skip a living one. */
static void merge_entries(ProcReader *reader)
{
	if (reader->entries_cap < reader->nentries + reader->npids) {
		reader->entries_cap = 2 * (reader->nentries + reader->npids);
		reader->entries = xrealloc_array(reader->entries, reader->entries_cap, sizeof(*reader->entries));
		reader->spare = xrealloc_array(reader->spare, reader->entries_cap, sizeof(*reader->spare));
	}
	size_t n = 0;
	size_t old = 0;
	for (size_t i = 0; i < reader->npids; i++) {
		int pid = reader->pids[i];
		while (old < reader->nentries && reader->entries[old].pid < pid)
			reader->spare[n++] = reader->entries[old++];
		if (old < reader->nentries && reader->entries[old].pid == pid)
			reader->spare[n++] = reader->entries[old++];
		else
			reader->spare[n++] = (ProcEntry){.pid = pid, .fds = {-1, -1, -1}, .segment = {.fd = -1}};
	}
	while (old < reader->nentries)
		reader->spare[n++] = reader->entries[old++];
	ProcEntry *swap = reader->entries;
	reader->entries = reader->spare;
	reader->spare = swap;
	reader->nentries = n;
}

static bool delay_accounting(const ProcReader *reader)
{
	char digit = '\0';
	if (reader->procfs->delayacct_fd < 0)
		return reader->saw_delays;
	return procfs_pread(reader->procfs->delayacct_fd, &digit, 1, 0) == 1 && digit != '0';
}

/* Why the postmaster could not be read. */
static Str postmaster_error(const ProcReader *reader, ProcAccess access)
{
	if (access == PROC_DENIED)
		return STR("not allowed to read its /proc files (hidepid)");
	if (access == PROC_FAILED)
		return STR("its /proc files cannot be read");
	/* Process 1 exists always, and is another's. */
	if (faccessat(reader->procfs->root_fd, "1", F_OK, 0) != 0 && errno == ENOENT)
		return STR("its /proc files are hidden from this user (hidepid)");
	return STR("the server process has exited");
}

/* STR_NONE if the row of the postmaster is that of the process this reader was made for. */
static Str check_postmaster(ProcReader *reader, bool found, const ProcSample *row)
{
	if (!found)
		return postmaster_error(reader, PROC_GONE);
	if (row->start_ticks == 0 && row->io_access != PROC_OK)
		return postmaster_error(reader, row->io_access);
	if (reader->postmaster_ticks == 0)
		reader->postmaster_ticks = row->start_ticks;
	if (row->start_ticks != reader->postmaster_ticks)
		return STR("the server process has exited");
	return STR_NONE;
}

/* Row i is that of entry i. Those whose search had to wait come first the next time. */
static void read_segments(ProcReader *reader, Arena *arena, const ProcTable *table)
{
	int links = LINKS_MAX;
	size_t first = 0;
	while (first < table->nrows && reader->entries[first].pid < reader->search_from)
		first++;
	reader->search_from = 0;
	for (size_t i = 0; i < table->nrows; i++) {
		size_t at = (first + i) % table->nrows;
		ProcEntry *entry = &reader->entries[at];
		ProcSample *row = &table->rows[at];
		row->open_wal_offset = INT_NONE;
		if (row->io_access != PROC_OK || entry->pid == reader->postmaster_pid)
			continue;
		uint64_t moved = row->io.rchar + row->io.wchar;
		if (!open_segment_look(&entry->segment, reader->procfs, entry->pid, moved, &links) &&
		    reader->search_from == 0)
			reader->search_from = entry->pid;
		if (entry->segment.name[0] == '\0')
			continue;
		row->open_wal_file = str_dup(arena, str_from(entry->segment.name));
		row->open_wal_offset = entry->segment.offset;
	}
}

static int compare_rows(const void *a, const void *b)
{
	int x = ((const ProcSample *)a)->pid;
	int y = ((const ProcSample *)b)->pid;
	return (x > y) - (x < y);
}

/* Row i is that of entry i. What has no number of its own there is no process of the server's namespace. */
static void number_as_the_server_does(const ProcReader *reader, ProcTable *table)
{
	int postmaster = 0;
	for (size_t i = 0; i < table->nrows; i++) {
		if (reader->entries[i].pid == reader->postmaster_pid)
			postmaster = reader->entries[i].own_pid;
	}
	size_t n = 0;
	for (size_t i = 0; i < table->nrows; i++) {
		ProcSample row = table->rows[i];
		row.ppid = row.ppid == reader->postmaster_pid ? postmaster : 0;
		row.pid = reader->entries[i].own_pid;
		if (row.pid > 0)
			table->rows[n++] = row;
	}
	table->nrows = n;
	if (n > 0)
		qsort(table->rows, n, sizeof(*table->rows), compare_rows);
}

ProcReader *proc_reader_new_nested(Procfs *procfs, int postmaster_pid)
{
	ProcReader *reader = proc_reader_new(procfs, postmaster_pid);
	reader->nested = true;
	return reader;
}

ProcReader *proc_reader_new(Procfs *procfs, int postmaster_pid)
{
	ProcReader *reader = xcalloc(1, sizeof(*reader));
	reader->procfs = procfs;
	reader->postmaster_pid = postmaster_pid;
	reader->children_fd = -1;
	return reader;
}

void proc_reader_free(ProcReader *reader)
{
	if (!reader)
		return;
	for (size_t i = 0; i < reader->nentries; i++)
		entry_close(reader->procfs, &reader->entries[i]);
	close_kept(reader->procfs, &reader->children_fd);
	free(reader->pids);
	free(reader->entries);
	free(reader->spare);
	free(reader->text);
	free(reader);
}

/* The activity of the process, which has it only where both have one numbering; `at` goes on with the processes. */
static bool is_idle(const ProcReader *reader, int pid, const Activity *activity, size_t nactivity, size_t *at)
{
	while (*at < nactivity && activity[*at].pid < pid)
		(*at)++;
	return !reader->nested && *at < nactivity && activity[*at].pid == pid &&
	       str_eq(activity[*at].backend_type, STR("client backend")) && str_eq(activity[*at].state, STR("idle"));
}

static const ProcTable *read_all(ProcReader *reader, Arena *arena, int64_t t_mono_ns, bool want_titles,
                                 const Activity *activity, size_t nactivity)
{
	size_t at = 0;
	list_processes(reader);
	merge_entries(reader);
	ProcTable *table = ARENA_NEW(arena, ProcTable);
	table->t_mono_ns = t_mono_ns;
	table->ticks_per_second = reader->procfs->ticks_per_second;
	table->source = STR("local");
	table->rows = ARENA_ARRAY(arena, ProcSample, reader->nentries);
	size_t kept = 0;
	for (size_t i = 0; i < reader->nentries; i++) {
		ProcEntry entry = reader->entries[i];
		ProcSample *row = &table->rows[table->nrows];
		bool title = want_titles && !is_idle(reader, entry.pid, activity, nactivity, &at);
		bool found = read_entry(reader, &reader->entries[i], arena, title, row);
		if (entry.pid == reader->postmaster_pid)
			table->error = check_postmaster(reader, found, row);
		if (!found) {
			entry_close(reader->procfs, &reader->entries[i]);
			continue;
		}
		table->nrows++;
		reader->entries[kept++] = reader->entries[i];
	}
	reader->nentries = kept;
	if (!str_is_none(table->error))
		table->nrows = 0;
	read_segments(reader, arena, table);
	if (reader->nested)
		number_as_the_server_does(reader, table);
	table->delay_accounting = delay_accounting(reader);
	return table;
}

const ProcTable *proc_reader_read(ProcReader *reader, Arena *arena, int64_t t_mono_ns, bool want_titles)
{
	return read_all(reader, arena, t_mono_ns, want_titles, NULL, 0);
}

const ProcTable *proc_reader_read_busy(ProcReader *reader, Arena *arena, int64_t t_mono_ns, const Activity *activity,
                                       size_t nactivity)
{
	return read_all(reader, arena, t_mono_ns, true, activity, nactivity);
}
