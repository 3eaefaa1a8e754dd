#include "collect/procfs.h"

#include "base/num.h"
#include "collect/proc_parse.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { LINES_BUFFER = 32 * 1024 };

#define START_TOLERANCE_US 2000000

/* ---- files ----------------------------------------------------------------------------------------------------- */

/* A path may lead into another user's folder (its process's working directory): what lies there must not lead us, who
 * may be root, to a device or make us wait at a pipe. */
int procfs_open_file(const Procfs *procfs, const char *path)
{
	int fd = openat(procfs->root_fd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY);
	return fd >= 0 ? fd : -errno;
}

ssize_t procfs_pread(int fd, char *buffer, size_t size, off_t offset)
{
	ssize_t n;
	do
		n = pread(fd, buffer, size, offset);
	while (n < 0 && errno == EINTR);
	return n >= 0 ? n : -errno;
}

/* Files of /proc give all they have to the first read, if there is room for it. */
ssize_t procfs_read_file(const Procfs *procfs, const char *path, char *buffer, size_t size)
{
	int fd = procfs_open_file(procfs, path);
	if (fd < 0)
		return fd;
	ssize_t n = procfs_pread(fd, buffer, size, 0);
	close(fd);
	return n;
}

const char *procfs_pid_path(char path[PID_PATH_MAX], int pid, const char *file)
{
	(void)snprintf(path, PID_PATH_MAX, "%d/%s", pid, file);
	return path;
}

Str procfs_read_pid_file(const Procfs *procfs, int pid, const char *file, char *buffer, size_t size)
{
	char path[PID_PATH_MAX];
	ssize_t n = procfs_read_file(procfs, procfs_pid_path(path, pid, file), buffer, size);
	return n >= 0 ? (Str){buffer, (size_t)n} : STR_NONE;
}

bool procfs_read_stat(const Procfs *procfs, int pid, ProcSample *out)
{
	char buffer[FILE_TEXT_MAX];
	return proc_parse_stat(procfs_read_pid_file(procfs, pid, "stat", buffer, sizeof(buffer)), out);
}

void procfs_each_line(const Procfs *procfs, const char *path, ProcfsLineFn *fn, void *context)
{
	char buffer[LINES_BUFFER];
	int fd = procfs_open_file(procfs, path);
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

int procfs_next_pid(DIR *dir)
{
	const struct dirent *entry;
	while ((entry = readdir(dir))) {
		int64_t pid;
		if (num_parse_int_in(str_from(entry->d_name), 1, INT_MAX, &pid))
			return (int)pid;
	}
	return 0;
}

DIR *procfs_open_dir(const Procfs *procfs, const char *path)
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
	if (procfs_next_pid(dir) == 0) {
		err_set(err, "%s lists no processes: is /proc mounted?", root);
		closedir(dir);
		return NULL;
	}
	Procfs *procfs = xcalloc(1, sizeof(*procfs));
	procfs->root = dir;
	procfs->root_fd = dirfd(dir);
	procfs->ticks_per_second = sysconf(_SC_CLK_TCK);
	int fd = procfs_open_file(procfs, "sys/kernel/task_delayacct");
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
	free(procfs->nested);
	free(procfs);
}

/* ---- the host -------------------------------------------------------------------------------------------------- */

typedef struct DiskCounts {
	uint64_t read_bytes, write_bytes;
	int found;
} DiskCounts;

static void take_disk_count(void *context, Str line)
{
	DiskCounts *counts = context;
	counts->found += proc_parse_vmstat_line(line, &counts->read_bytes, &counts->write_bytes);
}

HostSample procfs_read_host(const Procfs *procfs, int64_t t_mono_ns)
{
	DiskCounts counts = {0};
	procfs_each_line(procfs, "vmstat", take_disk_count, &counts);
	return (HostSample){counts.found == 2, t_mono_ns, counts.read_bytes, counts.write_bytes};
}

/* ---- the postmaster of a session ------------------------------------------------------------------------------- */

bool procfs_started_at(const Procfs *procfs, int64_t boot_s, uint64_t ticks, int64_t start_us)
{
	uint64_t hz = (uint64_t)procfs->ticks_per_second;
	if (boot_s < 0 || start_us < 0 || ticks / hz > INT32_MAX || boot_s > INT32_MAX * (int64_t)4)
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

int64_t procfs_boot_time(const Procfs *procfs)
{
	int64_t boot_s = -1;
	procfs_each_line(procfs, "stat", take_btime, &boot_s);
	return boot_s;
}

int procfs_nested_pid(const Procfs *procfs, int pid)
{
	char buffer[FILE_TEXT_MAX];
	return proc_parse_nested_pid(procfs_read_pid_file(procfs, pid, "status", buffer, sizeof(buffer)));
}

Str procfs_why_unseen(const Procfs *procfs, int backend_pid)
{
	char path[PID_PATH_MAX];
	/* Process 1 exists always. */
	if (faccessat(procfs->root_fd, "1", F_OK, 0) != 0 && errno == ENOENT)
		return STR("/proc: other users' processes are hidden from this one (hidepid)");
	int fd = procfs_open_file(procfs, procfs_pid_path(path, backend_pid, "stat"));
	if (fd == -EACCES || fd == -EPERM)
		return STR("/proc: other users' processes are closed to this one (hidepid)");
	if (fd >= 0)
		close(fd);
	return STR("/proc: its processes are not seen from here (container or tunnel)");
}

bool procfs_has_server_title(const Procfs *procfs, int pid)
{
	char buffer[sizeof("postgres:") - 1];
	return str_eq(procfs_read_pid_file(procfs, pid, "cmdline", buffer, sizeof(buffer)), STR("postgres:"));
}

int procfs_find_postmaster(Procfs *procfs, int backend_pid, int64_t backend_start_us, int64_t postmaster_start_us)
{
	ProcSample backend = {0};
	ProcSample postmaster = {0};
	if (backend_pid <= 0 || !procfs_read_stat(procfs, backend_pid, &backend) ||
	    !procfs_has_server_title(procfs, backend_pid))
		return 0;
	if (backend.ppid <= 0 || !procfs_read_stat(procfs, backend.ppid, &postmaster))
		return 0;
	int64_t boot_s = procfs_boot_time(procfs);
	if (!procfs_started_at(procfs, boot_s, backend.start_ticks, backend_start_us) ||
	    !procfs_started_at(procfs, boot_s, postmaster.start_ticks, postmaster_start_us))
		return 0;
	return postmaster.pid;
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
	DIR *dir = procfs_open_dir(procfs, procfs_pid_path(path, pid, "fd"));
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
		procfs_each_line(procfs, "net/tcp", match_connection, &search);
	search.v6 = true;
	if (search.ninodes > 0 && !search.local_port)
		procfs_each_line(procfs, "net/tcp6", match_connection, &search);
	free(search.inodes);
	return search.local_port;
}
