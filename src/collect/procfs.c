#include "collect/procfs.h"

#include "base/num.h"
#include "collect/proc_parse.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	FILE_TEXT_MAX = 4096, /* stat, io and status are shorter, and so are PostgreSQL's titles */
	LINES_BUFFER = 32 * 1024
};

#define START_TOLERANCE_US 2000000

struct Procfs {
	DIR *root; /* kept, rewound for each listing */
	int root_fd;
	long ticks_per_second;
	int delayacct_fd; /* -1: the kernel has no such switch */
	size_t kept;      /* descriptors that all readers hold */
	size_t kept_max;  /* sessions need descriptors too */
};

/* ---- files ----------------------------------------------------------------------------------------------------- */

/* The functions below return a length or a descriptor, or -errno. */

/* A path may lead into another user's folder (its process's working directory): what lies there must not lead us, who
 * may be root, to a device or make us wait at a pipe. */
static int open_at(const Procfs *procfs, const char *path)
{
	int fd = openat(procfs->root_fd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY);
	return fd >= 0 ? fd : -errno;
}

static ssize_t pread_once(int fd, char *buffer, size_t size, off_t offset)
{
	ssize_t n;
	do
		n = pread(fd, buffer, size, offset);
	while (n < 0 && errno == EINTR);
	return n >= 0 ? n : -errno;
}

/* Files of /proc give all they have to the first read, if there is room for it. */
static ssize_t read_file(const Procfs *procfs, const char *path, char *buffer, size_t size)
{
	int fd = open_at(procfs, path);
	if (fd < 0)
		return fd;
	ssize_t n = pread_once(fd, buffer, size, 0);
	close(fd);
	return n;
}

enum { PID_PATH_MAX = 64 };

static const char *pid_path(char path[PID_PATH_MAX], int pid, const char *file)
{
	(void)snprintf(path, PID_PATH_MAX, "%d/%s", pid, file);
	return path;
}

/* The text of /proc/PID/`file`, in the buffer; STR_NONE if it cannot be read. */
static Str read_pid_file(const Procfs *procfs, int pid, const char *file, char *buffer, size_t size)
{
	char path[PID_PATH_MAX];
	ssize_t n = read_file(procfs, pid_path(path, pid, file), buffer, size);
	return n >= 0 ? (Str){buffer, (size_t)n} : STR_NONE;
}

static bool read_stat(const Procfs *procfs, int pid, ProcSample *out)
{
	char buffer[FILE_TEXT_MAX];
	return proc_parse_stat(read_pid_file(procfs, pid, "stat", buffer, sizeof(buffer)), out);
}

typedef void LineFn(void *context, Str line);

/* Calls for each line of a file of any size. A line that is longer than the buffer is left out. */
static void for_each_line(const Procfs *procfs, const char *path, LineFn *fn, void *context)
{
	char buffer[LINES_BUFFER];
	int fd = open_at(procfs, path);
	if (fd < 0)
		return;
	size_t held = 0;
	bool too_long = false;
	for (;;) {
		ssize_t n = read(fd, buffer + held, sizeof(buffer) - held);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		Str rest = {buffer, held + (size_t)n};
		for (;;) {
			Str after = rest;
			Str line = str_cut(&after, '\n');
			if (str_is_none(after))
				break;
			if (!too_long)
				fn(context, line);
			too_long = false;
			rest = after;
		}
		if (rest.len == sizeof(buffer)) {
			too_long = true;
			rest.len = 0;
		}
		memmove(buffer, rest.data, rest.len);
		held = rest.len;
	}
	close(fd);
}

/* The next process of the folder, 0 at its end. */
static int next_pid(DIR *dir)
{
	const struct dirent *entry;
	while ((entry = readdir(dir))) {
		int64_t pid;
		if (num_parse_int_in(str_from(entry->d_name), 1, INT_MAX, &pid))
			return (int)pid;
	}
	return 0;
}

static DIR *open_dir(const Procfs *procfs, const char *path)
{
	int fd = openat(procfs->root_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	DIR *dir = fdopendir(fd);
	if (!dir)
		close(fd);
	return dir;
}

Procfs *procfs_open(const char *root, Err *err)
{
	DIR *dir = opendir(root);
	if (!dir) {
		err_set(err, "cannot open %s: %s", root, strerror(errno));
		return NULL;
	}
	if (next_pid(dir) == 0) {
		err_set(err, "%s lists no processes: is /proc mounted?", root);
		closedir(dir);
		return NULL;
	}
	Procfs *procfs = xcalloc(1, sizeof(*procfs));
	procfs->root = dir;
	procfs->root_fd = dirfd(dir);
	procfs->ticks_per_second = sysconf(_SC_CLK_TCK);
	int fd = open_at(procfs, "sys/kernel/task_delayacct");
	procfs->delayacct_fd = fd >= 0 ? fd : -1;
	struct rlimit limit;
	procfs->kept_max = getrlimit(RLIMIT_NOFILE, &limit) == 0 ? (size_t)(limit.rlim_cur / 2) : 0;
	return procfs;
}

void procfs_close(Procfs *procfs)
{
	if (!procfs)
		return;
	if (procfs->delayacct_fd >= 0)
		close(procfs->delayacct_fd);
	closedir(procfs->root);
	free(procfs);
}

/* ---- the postmaster of a session ------------------------------------------------------------------------------- */

/* True if a process that started `ticks` after boot may have noted `start_us` as the time of its start. */
static bool started_at(const Procfs *procfs, int64_t boot_s, uint64_t ticks, int64_t start_us)
{
	uint64_t hz = (uint64_t)procfs->ticks_per_second;
	if (start_us < 0 || ticks / hz > INT32_MAX || boot_s > INT32_MAX * (int64_t)4)
		return false;
	int64_t us = boot_s * 1000000 + (int64_t)(ticks / hz) * 1000000 + (int64_t)(ticks % hz * 1000000 / hz);
	int64_t difference = us - start_us;
	return difference >= -START_TOLERANCE_US && difference <= START_TOLERANCE_US;
}

/* btime stands behind one line for each CPU and one with all interrupts. */
static void take_btime(void *context, Str line)
{
	char text[64];
	if (line.len >= sizeof(text))
		return;
	memcpy(text, line.data, line.len);
	text[line.len] = '\n';
	(void)proc_parse_btime((Str){text, line.len + 1}, context);
}

static bool has_server_title(const Procfs *procfs, int pid)
{
	char buffer[sizeof("postgres:") - 1];
	return str_eq(read_pid_file(procfs, pid, "cmdline", buffer, sizeof(buffer)), STR("postgres:"));
}

int procfs_find_postmaster(Procfs *procfs, int backend_pid, int64_t backend_start_us, int64_t postmaster_start_us)
{
	ProcSample backend = {0};
	ProcSample postmaster = {0};
	if (backend_pid <= 0 || !read_stat(procfs, backend_pid, &backend) || !has_server_title(procfs, backend_pid))
		return 0;
	if (backend.ppid <= 0 || !read_stat(procfs, backend.ppid, &postmaster))
		return 0;
	int64_t boot_s = -1;
	for_each_line(procfs, "stat", take_btime, &boot_s);
	if (boot_s < 0 || !started_at(procfs, boot_s, backend.start_ticks, backend_start_us) ||
	    !started_at(procfs, boot_s, postmaster.start_ticks, postmaster_start_us))
		return 0;
	return postmaster.pid;
}

/* ---- the processes of a postmaster ----------------------------------------------------------------------------- */

typedef enum EntryFile { ENTRY_STAT, ENTRY_IO, ENTRY_CMDLINE, ENTRY_FILES } EntryFile;
static const char *const entry_names[ENTRY_FILES] = {"stat", "io", "cmdline"};

/* What is kept of a process between reads. A descriptor below /proc/PID belongs to the process, not to the pid: when
 * that has exited, it reads ESRCH for ever, even if the pid is another's by then. */
typedef struct ProcEntry {
	int pid;
	uint64_t start_ticks; /* 0: not read yet */
	int fds[ENTRY_FILES]; /* -1: not kept */
	bool io_denied;       /* the owner of a process does not change: do not ask again */
} ProcEntry;

struct ProcReader {
	Procfs *procfs;
	int postmaster_pid;
	uint64_t postmaster_ticks;
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
	int fd = open_at(reader->procfs, path);
	if ((fd == -EMFILE || fd == -ENFILE) && make_room(reader))
		fd = open_at(reader->procfs, path);
	return fd;
}

/* Opened after the process's stat was read: for the pid to be another's now, all other pids had to be used up in
 * between. */
static ssize_t entry_read(ProcReader *reader, ProcEntry *entry, EntryFile file, char *buffer, size_t size)
{
	Procfs *procfs = reader->procfs;
	if (entry->fds[file] >= 0)
		return pread_once(entry->fds[file], buffer, size, 0);
	char path[PID_PATH_MAX];
	int fd = open_with_room(reader, pid_path(path, entry->pid, entry_names[file]));
	if (fd < 0)
		return fd;
	ssize_t n = pread_once(fd, buffer, size, 0);
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
		entry->io_denied = false;
		entry->start_ticks = row->start_ticks;
	}
	return PROC_OK;
}

/* The files of an exiting process belong to root: the refusal then says nothing of our rights. */
static bool is_exiting(const ProcReader *reader, int pid)
{
	char buffer[FILE_TEXT_MAX];
	Str stat = read_pid_file(reader->procfs, pid, "stat", buffer, sizeof(buffer));
	return str_is_none(stat) || proc_parse_stat_exiting(stat);
}

static ProcAccess read_entry_io(ProcReader *reader, ProcEntry *entry, ProcSample *row)
{
	if (entry->io_denied)
		return PROC_DENIED;
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
	entry->io_denied = true;
	return PROC_DENIED;
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
			               faccessat(procfs->root_fd, pid_path(path, reader->postmaster_pid, "stat"), F_OK,
			                         0) == 0;
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
		n = pread_once(fd, reader->text + len, reader->text_cap - len, (off_t)len);
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
	while ((pid = next_pid(reader->procfs->root)) > 0) {
		ProcSample sample = {0};
		if (read_stat(reader->procfs, pid, &sample) && sample.ppid == reader->postmaster_pid)
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
			reader->spare[n++] = (ProcEntry){.pid = pid, .fds = {-1, -1, -1}};
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
	return pread_once(reader->procfs->delayacct_fd, &digit, 1, 0) == 1 && digit != '0';
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

const ProcTable *proc_reader_read(ProcReader *reader, Arena *arena, int64_t t_mono_ns, bool want_titles)
{
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
		bool found = read_entry(reader, &reader->entries[i], arena, want_titles, row);
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
	table->delay_accounting = delay_accounting(reader);
	return table;
}

/* ---- the connection of a process ------------------------------------------------------------------------------- */

typedef struct PortSearch {
	uint64_t *inodes; /* of the process's sockets */
	size_t ninodes;
	int remote_port;
	bool v6;
	int local_port; /* found */
} PortSearch;

static void match_connection(void *context, Str line)
{
	PortSearch *search = context;
	TcpEntry e;
	if (search->local_port || !proc_parse_tcp_line(line, search->v6, &e) || !e.established ||
	    e.remote_port != search->remote_port)
		return;
	for (size_t i = 0; i < search->ninodes; i++) {
		if (search->inodes[i] == e.inode)
			search->local_port = e.local_port;
	}
}

/* The link of a descriptor reads "socket:[INODE]". */
static bool read_socket_inode(int dir_fd, const char *name, uint64_t *inode)
{
	char text[64];
	ssize_t n = readlinkat(dir_fd, name, text, sizeof(text));
	Str link = {text, n > 0 ? (size_t)n : 0};
	Str prefix = STR("socket:[");
	return str_starts(link, prefix) && num_parse_u64(str_sub(link, prefix.len, link.len - 1), inode);
}

int procfs_tcp_local_port(Procfs *procfs, int pid, int remote_port)
{
	char path[PID_PATH_MAX];
	DIR *dir = open_dir(procfs, pid_path(path, pid, "fd"));
	if (!dir)
		return 0;
	PortSearch search = {.remote_port = remote_port};
	size_t cap = 0;
	const struct dirent *entry;
	while ((entry = readdir(dir))) {
		if (search.ninodes == cap) {
			cap = cap ? cap * 2 : 16;
			search.inodes = xrealloc_array(search.inodes, cap, sizeof(*search.inodes));
		}
		if (read_socket_inode(dirfd(dir), entry->d_name, &search.inodes[search.ninodes]))
			search.ninodes++;
	}
	closedir(dir);
	if (search.ninodes > 0)
		for_each_line(procfs, "net/tcp", match_connection, &search);
	search.v6 = true;
	if (search.ninodes > 0 && !search.local_port)
		for_each_line(procfs, "net/tcp6", match_connection, &search);
	free(search.inodes);
	return search.local_port;
}

/* ---- the servers of this host ---------------------------------------------------------------------------------- */

/* A process of a server, by its name. */
typedef struct Candidate {
	int pid;
	int ppid;
	uint64_t start_ticks;
	bool postmaster; /* has a child titled "postgres:" */
} Candidate;

/* A way to a server that its user has open; which of his servers has opened it does not show. */
typedef struct Door {
	uid_t uid;
	int port;
	Str socket_directory;
	Str listen_host;
	bool taken; /* by a server that is known */
} Door;

/* A postmaster whose postmaster.pid we may not read. */
typedef struct Stranger {
	const Candidate *process;
	uid_t uid;
	PostmasterArgs args;
} Stranger;

typedef struct Survey {
	Procfs *procfs;
	Arena *arena;
	Candidate *candidates; /* sorted by pid */
	size_t ncandidates, candidates_cap;
	Stranger *strangers;
	size_t nstrangers;
	Door *doors;
	size_t ndoors, doors_cap;
	LocalServer *servers;
	size_t nservers, servers_cap;
	bool v6; /* of the table that is being read */
} Survey;

static void *grow(void *array, size_t count, size_t *cap, size_t size)
{
	if (count < *cap)
		return array;
	*cap = *cap ? *cap * 2 : 16;
	return xrealloc_array(array, *cap, size);
}

static bool is_server_name(Str name)
{
	return str_eq(name, STR("postgres")) || str_eq(name, STR("postmaster")) || str_eq(name, STR("postgres.bin"));
}

static int compare_candidates(const void *a, const void *b)
{
	return compare_ints(&((const Candidate *)a)->pid, &((const Candidate *)b)->pid);
}

static Candidate *find_candidate(const Survey *survey, int pid)
{
	Candidate key = {.pid = pid};
	if (survey->ncandidates == 0)
		return NULL;
	return bsearch(&key, survey->candidates, survey->ncandidates, sizeof(key), compare_candidates);
}

/* One small read of each process of the host; the names are in it. */
static void find_candidates(Survey *survey)
{
	char buffer[FILE_TEXT_MAX];
	rewinddir(survey->procfs->root);
	int pid;
	while ((pid = next_pid(survey->procfs->root)) > 0) {
		Str stat = read_pid_file(survey->procfs, pid, "stat", buffer, sizeof(buffer));
		ProcSample sample = {0};
		Str name;
		if (!proc_parse_stat_name(stat, &name) || !is_server_name(name) || !proc_parse_stat(stat, &sample))
			continue;
		survey->candidates = grow(survey->candidates, survey->ncandidates, &survey->candidates_cap,
		                          sizeof(*survey->candidates));
		survey->candidates[survey->ncandidates++] =
			(Candidate){.pid = pid, .ppid = sample.ppid, .start_ticks = sample.start_ticks};
	}
	if (survey->ncandidates > 0)
		qsort(survey->candidates, survey->ncandidates, sizeof(*survey->candidates), compare_candidates);
}

/* A child with a title proves its parent; one look for each server is enough. */
static void mark_postmasters(Survey *survey)
{
	for (size_t i = 0; i < survey->ncandidates; i++) {
		Candidate *parent = find_candidate(survey, survey->candidates[i].ppid);
		if (parent && !parent->postmaster && has_server_title(survey->procfs, survey->candidates[i].pid))
			parent->postmaster = !has_server_title(survey->procfs, parent->pid);
	}
}

static bool is_nested(const Procfs *procfs, int pid)
{
	char buffer[FILE_TEXT_MAX];
	return proc_parse_nested_pid(read_pid_file(procfs, pid, "status", buffer, sizeof(buffer)));
}

/* An address to connect to for one that is listened on. */
static Str reachable_host(Str address)
{
	if (str_eq(address, STR("*")) || str_eq(address, STR("0.0.0.0")))
		return STR("127.0.0.1");
	if (str_eq(address, STR("::"))) /* bound with IPV6_V6ONLY: not reachable through IPv4 */
		return STR("::1");
	return address;
}

static void add_server(Survey *survey, const Candidate *process, int port, Str socket_directory, Str listen_host)
{
	/* The server takes a relative folder, libpq does not; @ is an abstract socket. */
	if (!str_starts(socket_directory, STR("/")) && !str_starts(socket_directory, STR("@")))
		socket_directory = STR_NONE;
	survey->servers = grow(survey->servers, survey->nservers, &survey->servers_cap, sizeof(*survey->servers));
	survey->servers[survey->nservers++] = (LocalServer){
		.postmaster_pid = process ? process->pid : 0,
		.start_ticks = process ? process->start_ticks : 0,
		.port = port,
		.socket_directory = str_dup(survey->arena, socket_directory),
		.listen_host = str_dup(survey->arena, listen_host),
	};
}

/* By postmaster.pid at `path`; false if it cannot be read or is another process's. */
static bool add_by_pid_file(Survey *survey, const Candidate *process, const char *path)
{
	char buffer[FILE_TEXT_MAX * 2]; /* it holds two paths */
	PostmasterPid file;
	ssize_t n = read_file(survey->procfs, path, buffer, sizeof(buffer));
	if (n < 0 || !proc_parse_postmaster_pid((Str){buffer, (size_t)n}, &file) || file.pid != process->pid ||
	    !file.port)
		return false;
	add_server(survey, process, file.port, file.socket_directory, reachable_host(file.listen_address));
	return true;
}

static void add_stranger(Survey *survey, const Candidate *process)
{
	char buffer[FILE_TEXT_MAX * 4];
	char path[PID_PATH_MAX];
	struct stat st;
	(void)snprintf(path, sizeof(path), "%d", process->pid);
	if (fstatat(survey->procfs->root_fd, path, &st, 0) != 0)
		return;
	Str cmdline = read_pid_file(survey->procfs, process->pid, "cmdline", buffer, sizeof(buffer));
	PostmasterArgs args = proc_parse_postmaster_args(cmdline);
	/* Root without CAP_SYS_PTRACE may not follow cwd, but may read the file. */
	if (str_starts(args.data_directory, STR("/"))) {
		Str pid_file = str_format(survey->arena, "%.*s/postmaster.pid", STR_ARG(args.data_directory));
		if (add_by_pid_file(survey, process, pid_file.data))
			return;
	}
	survey->strangers[survey->nstrangers++] = (Stranger){
		.process = process,
		.uid = st.st_uid,
		.args = {.port = args.port,
	                 .socket_directory = str_dup(survey->arena, args.socket_directory),
	                 .listen_address = str_dup(survey->arena, args.listen_address)},
	};
}

static void identify_postmasters(Survey *survey)
{
	char path[PID_PATH_MAX];
	survey->strangers = ARENA_ARRAY(survey->arena, Stranger, survey->ncandidates);
	for (size_t i = 0; i < survey->ncandidates; i++) {
		const Candidate *process = &survey->candidates[i];
		if (!process->postmaster || is_nested(survey->procfs, process->pid))
			continue;
		if (!add_by_pid_file(survey, process, pid_path(path, process->pid, "cwd/postmaster.pid")))
			add_stranger(survey, process);
	}
}

static bool is_strangers_user(const Survey *survey, uid_t uid)
{
	for (size_t i = 0; i < survey->nstrangers; i++) {
		if (survey->strangers[i].uid == uid)
			return true;
	}
	return false;
}

/* What is known of one port of one user, collected from all sources. */
static Door *get_door(Survey *survey, uid_t uid, int port)
{
	for (size_t i = 0; i < survey->ndoors; i++) {
		if (survey->doors[i].uid == uid && survey->doors[i].port == port)
			return &survey->doors[i];
	}
	survey->doors = grow(survey->doors, survey->ndoors, &survey->doors_cap, sizeof(*survey->doors));
	survey->doors[survey->ndoors] = (Door){.uid = uid, .port = port};
	return &survey->doors[survey->ndoors++];
}

static void add_listening_port(void *context, Str line)
{
	Survey *survey = context;
	TcpEntry e;
	if (!proc_parse_tcp_line(line, survey->v6, &e) || !e.listening || !is_strangers_user(survey, e.uid))
		return;
	Door *door = get_door(survey, e.uid, e.local_port);
	bool plain = e.local_any || e.local_loopback;
	if (!str_is_none(door->listen_host) && (e.v6 || !plain)) /* of several the IPv4 loopback is preferred */
		return;
	char text[INET6_ADDRSTRLEN];
	if (e.local_any || !inet_ntop(e.v6 ? AF_INET6 : AF_INET, e.local_address, text, sizeof(text)))
		(void)snprintf(text, sizeof(text), "%s", e.v6 ? "::1" : "127.0.0.1");
	door->listen_host = str_dup(survey->arena, str_from(text));
}

/* A socket counts only if it belongs to a user who runs a server; /tmp is everybody's. */
static void add_socket(Survey *survey, int dir_fd, const char *path, Str directory, int port)
{
	struct stat st;
	if (fstatat(dir_fd, path, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISSOCK(st.st_mode) ||
	    !is_strangers_user(survey, st.st_uid))
		return;
	Door *door = get_door(survey, st.st_uid, port);
	if (str_is_none(door->socket_directory))
		door->socket_directory = str_dup(survey->arena, directory);
}

static void add_bound_socket(void *context, Str line)
{
	Survey *survey = context;
	Str path;
	if (!proc_parse_unix_line(line, &path) || path.data[0] != '/')
		return;
	size_t slash = (size_t)((const char *)memrchr(path.data, '/', path.len) - path.data);
	int port = proc_parse_socket_name(str_sub(path, slash + 1, path.len));
	char text[PATH_MAX];
	if (!port || path.len >= sizeof(text))
		return;
	memcpy(text, path.data, path.len);
	text[path.len] = '\0';
	add_socket(survey, AT_FDCWD, text, slash ? str_sub(path, 0, slash) : STR("/"), port);
}

static void add_sockets_of(Survey *survey, const char *directory)
{
	DIR *dir = opendir(directory);
	if (!dir)
		return;
	const struct dirent *entry;
	while ((entry = readdir(dir))) {
		int port = proc_parse_socket_name(str_from(entry->d_name));
		if (port)
			add_socket(survey, dirfd(dir), entry->d_name, str_from(directory), port);
	}
	closedir(dir);
}

static void find_doors(Survey *survey, const char *const *socket_dirs)
{
	static const char *const usual_dirs[] = {"/var/run/postgresql", "/tmp", NULL};
	for_each_line(survey->procfs, "net/tcp", add_listening_port, survey);
	survey->v6 = true;
	for_each_line(survey->procfs, "net/tcp6", add_listening_port, survey);
	for (const char *const *dir = socket_dirs ? socket_dirs : usual_dirs; *dir; dir++)
		add_sockets_of(survey, *dir);
	for_each_line(survey->procfs, "net/unix", add_bound_socket, survey);
	for (size_t i = 0; i < survey->ndoors; i++) {
		for (size_t j = 0; j < survey->nservers; j++)
			survey->doors[i].taken |= survey->servers[j].port == survey->doors[i].port;
	}
}

/* Those whose arguments name the port. */
static void add_by_arguments(Survey *survey, const Stranger *stranger)
{
	const PostmasterArgs *args = &stranger->args;
	Door *door = get_door(survey, stranger->uid, args->port);
	door->taken = true;
	Str directory = str_is_none(door->socket_directory) ? args->socket_directory : door->socket_directory;
	Str host = str_is_none(door->listen_host) ? reachable_host(args->listen_address) : door->listen_host;
	add_server(survey, stranger->process, args->port, directory, host);
}

/* The doors of a user that are left, for those of his servers that are left. */
static void add_by_doors(Survey *survey, uid_t uid)
{
	const Candidate *only = NULL;
	size_t nstrangers = 0;
	for (size_t i = 0; i < survey->nstrangers; i++) {
		if (survey->strangers[i].uid != uid || survey->strangers[i].args.port)
			continue;
		only = survey->strangers[i].process;
		nstrangers++;
	}
	size_t ndoors = 0;
	size_t nsockets = 0;
	for (size_t i = 0; i < survey->ndoors; i++) {
		const Door *door = &survey->doors[i];
		if (door->uid != uid || door->taken)
			continue;
		ndoors++;
		nsockets += !str_is_none(door->socket_directory);
	}
	/* The name of a socket tells a PostgreSQL server; behind a bare port of that user may be anything. */
	bool sockets_only = nsockets >= nstrangers;
	if (nstrangers != 1 || (sockets_only ? nsockets : ndoors) != 1)
		only = NULL;
	for (size_t i = 0; nstrangers > 0 && i < survey->ndoors; i++) {
		Door *door = &survey->doors[i];
		if (door->uid != uid || door->taken || (sockets_only && str_is_none(door->socket_directory)))
			continue;
		door->taken = true;
		add_server(survey, only, door->port, door->socket_directory, door->listen_host);
	}
}

static void add_strangers(Survey *survey, const char *const *socket_dirs)
{
	find_doors(survey, socket_dirs);
	for (size_t i = 0; i < survey->nstrangers; i++) {
		if (survey->strangers[i].args.port)
			add_by_arguments(survey, &survey->strangers[i]);
	}
	for (size_t i = 0; i < survey->nstrangers; i++) /* a user's second server finds nothing left */
		add_by_doors(survey, survey->strangers[i].uid);
}

static int compare_servers(const void *a, const void *b)
{
	const LocalServer *x = a;
	const LocalServer *y = b;
	if (x->port != y->port)
		return compare_ints(&x->port, &y->port);
	return compare_ints(&x->postmaster_pid, &y->postmaster_pid);
}

LocalServer *procfs_local_servers(Procfs *procfs, Arena *arena, const char *const *socket_dirs, size_t *count)
{
	Survey survey = {.procfs = procfs, .arena = arena};
	find_candidates(&survey);
	mark_postmasters(&survey);
	identify_postmasters(&survey);
	if (survey.nstrangers > 0)
		add_strangers(&survey, socket_dirs);
	LocalServer *servers = ARENA_ARRAY(arena, LocalServer, survey.nservers);
	if (survey.nservers > 0) {
		memcpy(servers, survey.servers, survey.nservers * sizeof(*servers));
		qsort(servers, survey.nservers, sizeof(*servers), compare_servers);
	}
	*count = survey.nservers;
	free(survey.candidates);
	free(survey.doors);
	free(survey.servers);
	return servers;
}
