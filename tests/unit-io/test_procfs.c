/* procfs on recorded trees in a temporary folder, and on the real /proc with children of this test. */
#include "collect/procfs.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { NOBODY = 65534 };

/* ---- a tree ---------------------------------------------------------------------------------------------------- */

static char root[64]; /* NOLINT(cppcoreguidelines-avoid-non-const-global-variables): of the test that runs */

/* Writes <root>/<path>, making its folders. The file is a new one, as /proc's would be. */
static void put_bytes(const char *path, const void *bytes, size_t len)
{
	char full[512];
	(void)snprintf(full, sizeof(full), "%s/%s", root, path);
	for (char *p = strchr(full + strlen(root) + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		(void)mkdir(full, 0755);
		*p = '/';
	}
	(void)unlink(full);
	FILE *file = fopen(full, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static void put(const char *path, const char *text)
{
	put_bytes(path, text, strlen(text));
}

static void put_pid(int pid, const char *file, const char *text)
{
	char path[64];
	(void)snprintf(path, sizeof(path), "%d/%s", pid, file);
	put(path, text);
}

static void put_stat(int pid, const char *name, char run_state, int ppid, unsigned ticks, unsigned blkio)
{
	char text[512];
	(void)snprintf(
		text, sizeof(text),
		"%d (%s) %c %d 1 1 0 -1 4194560 0 0 0 0 3 4 0 0 20 0 1 0 %u 9 9 1 1 1 1 0 0 0 0 0 0 0 0 0 17 1 0 0 %u 0 0 "
		"1 1 1 1 1 1 1 0\n",
		pid, name, run_state, ppid, ticks, blkio);
	put_pid(pid, "stat", text);
}

static void put_io(int pid, unsigned wchar)
{
	char text[256];
	(void)snprintf(
		text, sizeof(text),
		"rchar: 1\nwchar: %u\nsyscr: 1\nsyscw: 1\nread_bytes: 2\nwrite_bytes: 3\ncancelled_write_bytes: 0\n",
		wchar);
	put_pid(pid, "io", text);
}

static void put_process(int pid, int ppid, unsigned ticks, const char *title)
{
	put_stat(pid, "postgres", 'S', ppid, ticks, 0);
	put_io(pid, (unsigned)pid * 10);
	put_pid(pid, "cmdline", title);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	return remove(path);
}

static void remove_tree(const char *path)
{
	char full[512];
	(void)snprintf(full, sizeof(full), "%s/%s", root, path);
	(void)nftw(full, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void remove_process(int pid)
{
	char path[16];
	(void)snprintf(path, sizeof(path), "%d", pid);
	remove_tree(path);
}

#define BOOT_S 1795000000

/* A server with pid 100 and children 101, 102, started 50 s after boot. */
static int make_tree(void **state)
{
	(void)snprintf(root, sizeof(root), "/tmp/test_procfs.XXXXXX");
	if (!mkdtemp(root))
		return -1;
	char text[64];
	(void)snprintf(text, sizeof(text), "cpu 1 2 3\nbtime %d\nprocesses 9\n", BOOT_S);
	put("stat", text);
	put("sys/kernel/task_delayacct", "1\n");
	put("1/stat",
	    "1 (init) S 0 1 1 0 -1 4194560 0 0 0 0 3 4 0 0 20 0 1 0 1 9 9 1 1 1 1 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0\n");
	put_process(100, 1, 5000, "/usr/bin/postgres");
	put_process(101, 100, 5010, "postgres: walwriter   ");
	put_process(102, 100, 5020, "postgres: walreceiver   streaming 0/2");
	put("100/task/100/children", "101 102 ");
	return 0;
}

static int remove_root(void **state)
{
	remove_tree("");
	return 0;
}

static size_t open_descriptors(void)
{
	size_t n = 0;
	DIR *dir = opendir("/proc/self/fd");
	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static Procfs *open_tree(void)
{
	Err err = {""};
	Procfs *procfs = procfs_open(root, &err);
	assert_string_equal(err.text, "");
	assert_non_null(procfs);
	return procfs;
}

static const ProcSample *row_of(const ProcTable *table, int pid)
{
	for (size_t i = 0; i < table->nrows; i++) {
		if (table->rows[i].pid == pid)
			return &table->rows[i];
	}
	return NULL;
}

static void assert_str(Str got, const char *want)
{
	if (!want) {
		assert_true(str_is_none(got));
		return;
	}
	if (str_is_none(got) || !str_eq(got, str_from(want)))
		fail_msg("got '%.*s', wanted '%s'", STR_ARG(got), want);
}

/* ---- reading a server's processes ------------------------------------------------------------------------------ */

static void only_a_folder_with_processes_is_a_proc(void **state)
{
	Err err = {""};
	assert_null(procfs_open("/nonexistent", &err));
	assert_non_null(strstr(err.text, "No such file"));
	assert_null(procfs_open("/usr", &err));
	assert_non_null(strstr(err.text, "no processes"));
	procfs_close(NULL);
	proc_reader_free(NULL);
}

static void a_table_holds_the_postmaster_and_its_children(void **state)
{
	Procfs *procfs = open_tree();
	ProcReader *reader = proc_reader_new(procfs, 100);
	Arena arena = {0};
	const ProcTable *table = proc_reader_read(reader, &arena, 77, true);
	assert_str(table->error, NULL);
	assert_str(table->source, "local");
	assert_int_equal(table->t_mono_ns, 77);
	assert_int_equal(table->ticks_per_second, sysconf(_SC_CLK_TCK));
	assert_true(table->delay_accounting);
	assert_int_equal(table->nrows, 3);
	const ProcSample *row = &table->rows[2];
	assert_int_equal(row->pid, 102);
	assert_int_equal(row->ppid, 100);
	assert_int_equal(row->start_ticks, 5020);
	assert_int_equal(row->run_state, 'S');
	assert_int_equal(row->cpu_ticks, 7);
	assert_int_equal(row->io_access, PROC_OK);
	assert_int_equal(row->io.rchar, 1);
	assert_int_equal(row->io.wchar, 1020);
	assert_int_equal(row->io.read_bytes, 2);
	assert_int_equal(row->io.write_bytes, 3);
	assert_str(row->title, "postgres: walreceiver streaming 0/2");
	assert_str(proc_reader_read(reader, &arena, 78, false)->rows[2].title, NULL);
	proc_reader_free(reader);
	procfs_close(procfs);
	arena_free(&arena);
}

static void rows_come_sorted_and_once_whatever_the_kernel_lists(void **state)
{
	put_process(40, 100, 9000, "postgres: walsender a [local]"); /* pids started anew */
	put("100/task/100/children", "101 102 40 102 x 999999999999 ");
	Procfs *procfs = open_tree();
	ProcReader *reader = proc_reader_new(procfs, 100);
	Arena arena = {0};
	static const int want[] = {40, 100, 101, 102};
	for (int round = 0; round < 3; round++) {
		const ProcTable *table = proc_reader_read(reader, &arena, 0, true);
		assert_int_equal(table->nrows, 4);
		for (size_t i = 0; i < 4; i++)
			assert_int_equal(table->rows[i].pid, want[i]);
	}
	proc_reader_free(reader);
	procfs_close(procfs);
	arena_free(&arena);
}

static void processes_come_and_go_without_leaking_descriptors(void **state)
{
	Procfs *procfs = open_tree();
	size_t before = open_descriptors();
	ProcReader *reader = proc_reader_new(procfs, 100);
	Arena arena = {0};
	proc_reader_read(reader, &arena, 0, true);
	assert_int_equal(open_descriptors(), before + 3 * 3 + 1);
	put_process(103, 100, 5030, "postgres: a b [local] idle");
	put("100/task/100/children", "101 102 103 ");
	proc_reader_free(reader); /* a file replaced under a kept descriptor is not /proc's way: start anew */
	assert_int_equal(open_descriptors(), before);
	reader = proc_reader_new(procfs, 100);
	assert_int_equal(proc_reader_read(reader, &arena, 0, false)->nrows, 4);
	assert_int_equal(open_descriptors(), before + 4 * 2 + 1);
	proc_reader_free(reader);
	assert_int_equal(open_descriptors(), before);
	/* Listed, but gone when it is read; and one whose pid is a stranger's by then. */
	remove_process(103);
	put_process(102, 1, 8000, "stranger");
	reader = proc_reader_new(procfs, 100);
	const ProcTable *table = proc_reader_read(reader, &arena, 0, true);
	assert_int_equal(table->nrows, 2);
	assert_non_null(row_of(table, 101));
	assert_int_equal(open_descriptors(), before + 2 * 3 + 1);
	proc_reader_free(reader);
	assert_int_equal(open_descriptors(), before);
	procfs_close(procfs);
	arena_free(&arena);
}

/* In place: the kept descriptor sees it. */
static void overwrite(const char *path, const char *text)
{
	char full[512];
	(void)snprintf(full, sizeof(full), "%s/%s", root, path);
	int fd = open(full, O_WRONLY | O_TRUNC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void another_start_time_is_another_process(void **state)
{
	Procfs *procfs = open_tree();
	ProcReader *reader = proc_reader_new(procfs, 100);
	Arena arena = {0};
	proc_reader_read(reader, &arena, 0, true);
	put_process(102, 100, 5020, "x");
	char *text = NULL;
	size_t len = 0;
	char path[96];
	(void)snprintf(path, sizeof(path), "%s/101/stat", root);
	FILE *file = fopen(path, "r");
	assert_true(getline(&text, &len, file) > 0);
	assert_int_equal(fclose(file), 0);
	char *ticks = strstr(text, " 5010 ");
	assert_non_null(ticks);
	ticks[1] = '6';
	overwrite("101/stat", text);
	free(text);
	put_io(101, 4);
	put_pid(101, "cmdline", "postgres: newcomer");
	const ProcTable *table = proc_reader_read(reader, &arena, 0, true);
	const ProcSample *row = row_of(table, 101);
	assert_int_equal(row->start_ticks, 6010);
	assert_int_equal(row->io.wchar, 4);
	assert_str(row->title, "postgres: newcomer");
	proc_reader_free(reader);
	procfs_close(procfs);
	arena_free(&arena);
}

static void a_postmaster_that_is_gone_or_another_gives_a_reason_and_no_rows(void **state)
{
	Arena arena = {0};
	Procfs *procfs = open_tree();
	ProcReader *reader = proc_reader_new(procfs, 555);
	const ProcTable *table = proc_reader_read(reader, &arena, 0, true);
	assert_int_equal(table->nrows, 0);
	assert_str(table->error, "the server process has exited");
	proc_reader_free(reader);

	reader = proc_reader_new(procfs, 100);
	assert_int_equal(proc_reader_read(reader, &arena, 0, true)->nrows, 3);
	overwrite("100/stat",
	          "100 (x) S 1 1 1 0 -1 4194560 0 0 0 0 3 4 0 0 20 0 1 0 7777 9 9 1 1 1 1 0 0 0 0 0 0 0 0 0 17 1 "
	          "0 0 0 0 0\n");
	table = proc_reader_read(reader, &arena, 0, true);
	assert_int_equal(table->nrows, 0);
	assert_str(table->error, "the server process has exited");
	proc_reader_free(reader);

	overwrite("100/stat", "rubbish");
	reader = proc_reader_new(procfs, 100);
	table = proc_reader_read(reader, &arena, 0, true);
	assert_int_equal(table->nrows, 0);
	assert_str(table->error, "its /proc files cannot be read");
	proc_reader_free(reader);

	remove_process(1);
	reader = proc_reader_new(procfs, 555);
	assert_str(proc_reader_read(reader, &arena, 0, true)->error,
	           "its /proc files are hidden from this user (hidepid)");
	proc_reader_free(reader);
	procfs_close(procfs);
	arena_free(&arena);
}

static void without_the_list_of_children_all_are_searched(void **state)
{
	remove_tree("100/task");
	put_process(90, 1, 10, "other");
	put_process(105, 101, 10, "grandchild");
	Procfs *procfs = open_tree();
	ProcReader *reader = proc_reader_new(procfs, 100);
	Arena arena = {0};
	for (int round = 0; round < 2; round++) {
		const ProcTable *table = proc_reader_read(reader, &arena, 0, true);
		assert_int_equal(table->nrows, 3);
		assert_int_equal(table->rows[0].pid, 100);
		assert_int_equal(table->rows[1].pid, 101);
		assert_int_equal(table->rows[2].pid, 102);
	}
	proc_reader_free(reader);
	procfs_close(procfs);
	arena_free(&arena);
}

static void a_child_that_the_listing_skips_stays_while_it_lives(void **state)
{
	Procfs *procfs = open_tree();
	ProcReader *reader = proc_reader_new(procfs, 100);
	Arena arena = {0};
	proc_reader_read(reader, &arena, 0, false);
	overwrite("100/task/100/children", "102 ");
	const ProcTable *table = proc_reader_read(reader, &arena, 0, false);
	assert_int_equal(table->nrows, 3);
	assert_non_null(row_of(table, 101));
	proc_reader_free(reader);
	procfs_close(procfs);
	arena_free(&arena);
}

static void delays_are_accounted_as_the_kernel_says_or_shows(void **state)
{
	static const struct {
		const char *setting;
		unsigned blkio;
		bool want;
	} cases[] = {{"0\n", 5, false}, {"1\n", 0, true}, {NULL, 0, false}, {NULL, 5, true}};
	Arena arena = {0};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		remove_tree("sys");
		if (cases[i].setting)
			put("sys/kernel/task_delayacct", cases[i].setting);
		put_stat(101, "postgres", 'D', 100, 5010, cases[i].blkio);
		Procfs *procfs = open_tree();
		ProcReader *reader = proc_reader_new(procfs, 100);
		const ProcTable *table = proc_reader_read(reader, &arena, 0, false);
		assert_int_equal(table->delay_accounting, cases[i].want);
		assert_int_equal(row_of(table, 101)->blkio_ticks, cases[i].blkio);
		proc_reader_free(reader);
		procfs_close(procfs);
	}
	arena_free(&arena);
}

static void truncated_files_make_a_failed_row_not_a_zero(void **state)
{
	put_pid(101, "io", "rchar: 5\nwchar: 6\n");
	put_pid(102, "stat", "102 (postgres) S 100 1");
	Procfs *procfs = open_tree();
	ProcReader *reader = proc_reader_new(procfs, 100);
	Arena arena = {0};
	const ProcTable *table = proc_reader_read(reader, &arena, 0, true);
	assert_int_equal(row_of(table, 101)->io_access, PROC_FAILED);
	assert_int_equal(row_of(table, 101)->io.wchar, 0);
	assert_int_equal(row_of(table, 101)->start_ticks, 5010);
	assert_int_equal(row_of(table, 102)->io_access, PROC_FAILED);
	assert_int_equal(row_of(table, 102)->start_ticks, 0);
	proc_reader_free(reader);
	procfs_close(procfs);
	arena_free(&arena);
}

/* With the limit so low that only some can be kept, and with one so low that nothing can. */
static void few_descriptors_are_enough(void **state)
{
	char children[1024] = "";
	for (int pid = 101; pid < 161; pid++) {
		put_process(pid, 100, (unsigned)pid, "postgres: x");
		(void)snprintf(children + strlen(children), sizeof(children) - strlen(children), "%d ", pid);
	}
	put("100/task/100/children", children);
	struct rlimit before;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	Arena arena = {0};
	for (int round = 0; round < 2; round++) {
		size_t in_use = open_descriptors();
		Procfs *procfs = open_tree(); /* its share is of the limit as it is now */
		/* ".", ".." and the listing's own descriptor were counted; 2 are of procfs. */
		struct rlimit low = {round ? in_use + 1 : in_use + 40, before.rlim_max};
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
		ProcReader *reader = proc_reader_new(procfs, 100);
		for (int i = 0; i < 3; i++) {
			const ProcTable *table = proc_reader_read(reader, &arena, 0, true);
			assert_str(table->error, NULL);
			assert_int_equal(table->nrows, 61);
			for (size_t k = 0; k < table->nrows; k++) {
				assert_int_equal(table->rows[k].io_access, PROC_OK);
				assert_int_equal(table->rows[k].io.wchar, table->rows[k].pid * 10);
				assert_true(table->rows[k].title.len > 0);
			}
		}
		/* Others find descriptors too. */
		int fd = dup(0);
		assert_true(fd >= 0);
		close(fd);
		proc_reader_free(reader);
		procfs_close(procfs);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
		assert_int_equal(open_descriptors(), in_use);
	}
	arena_free(&arena);
}

static void nothing_is_allocated_in_steady_state_but_from_the_arena(void **state)
{
	Procfs *procfs = open_tree();
	ProcReader *reader = proc_reader_new(procfs, 100);
	Arena arena = {0};
	size_t capacity = 0;
	for (int i = 0; i < 50; i++) {
		arena_reset(&arena);
		proc_reader_read(reader, &arena, 0, true);
		if (i == 1)
			capacity = arena_capacity(&arena);
	}
	assert_int_equal(arena_capacity(&arena), capacity);
	proc_reader_free(reader);
	procfs_close(procfs);
	arena_free(&arena);
}

/* ---- the postmaster of a session ------------------------------------------------------------------------------- */

static void a_session_is_local_only_if_pid_title_and_both_starts_match(void **state)
{
	long hz = sysconf(_SC_CLK_TCK);
	int64_t second = 1000000;
	put_stat(100, "postgres", 'S', 1, (unsigned)(50 * hz), 0);
	put_stat(102, "postgres", 'S', 100, (unsigned)(70 * hz), 0);
	put_pid(102, "cmdline", "postgres: mon postgres [local] idle");
	int64_t main_start = BOOT_S * second + 50 * second;
	int64_t backend_start = BOOT_S * second + 70 * second;
	Procfs *procfs = open_tree();
	assert_int_equal(procfs_find_postmaster(procfs, 102, backend_start, main_start), 100);
	assert_int_equal(procfs_find_postmaster(procfs, 102, backend_start + 1900000, main_start - 1900000), 100);
	assert_int_equal(procfs_find_postmaster(procfs, 102, backend_start + 2100000, main_start), 0);
	assert_int_equal(procfs_find_postmaster(procfs, 102, backend_start - 2100000, main_start), 0);
	assert_int_equal(procfs_find_postmaster(procfs, 102, backend_start, main_start + 2100000), 0);
	assert_int_equal(procfs_find_postmaster(procfs, 102, backend_start, main_start - 2100000), 0);
	assert_int_equal(procfs_find_postmaster(procfs, 102, TIME_NONE, main_start), 0);
	assert_int_equal(procfs_find_postmaster(procfs, 102, backend_start, TIME_NONE), 0);
	assert_int_equal(procfs_find_postmaster(procfs, 102, INT64_MAX, INT64_MAX), 0);
	assert_int_equal(procfs_find_postmaster(procfs, 999, backend_start, main_start), 0);
	assert_int_equal(procfs_find_postmaster(procfs, 0, backend_start, main_start), 0);
	assert_int_equal(procfs_find_postmaster(procfs, -1, backend_start, main_start), 0);
	put_pid(102, "cmdline", "vim postgres: mon");
	assert_int_equal(procfs_find_postmaster(procfs, 102, backend_start, main_start), 0);
	procfs_close(procfs);
}

static void the_boot_time_is_found_in_a_stat_file_of_any_size(void **state)
{
	long hz = sysconf(_SC_CLK_TCK);
	put_stat(102, "postgres", 'S', 100, (unsigned)(50 * hz), 0);
	put_stat(100, "postgres", 'S', 1, (unsigned)(50 * hz), 0);
	char *text = malloc(300000);
	/* With a line longer than any buffer. */
	(void)snprintf(text, 300000, "cpu 1\nintr%*s0\nbtime %d\nprocesses 1\n", 200000, "", BOOT_S);
	put("stat", text);
	free(text);
	Procfs *procfs = open_tree();
	int64_t start = (BOOT_S + 50) * (int64_t)1000000;
	assert_int_equal(procfs_find_postmaster(procfs, 102, start, start), 100);
	put("stat", "cpu 1\n");
	assert_int_equal(procfs_find_postmaster(procfs, 102, start, start), 0);
	procfs_close(procfs);
}

/* ---- the servers of the host ----------------------------------------------------------------------------------- */

static void put_postmaster_pid(int pid, int port, const char *directory, const char *address)
{
	char text[256];
	(void)snprintf(text, sizeof(text), "%d\n/data\n1795000050\n%d\n%s\n%s\n", pid, port, directory, address);
	put_pid(pid, "cwd/postmaster.pid", text);
}

typedef struct WantedServer {
	int pid;
	int port;
	const char *directory;
	const char *host;
} WantedServer;

static void assert_servers(const char *const *socket_dirs, const WantedServer *want, size_t count)
{
	Procfs *procfs = open_tree();
	Arena arena = {0};
	size_t n = 99;
	const LocalServer *servers = procfs_local_servers(procfs, &arena, socket_dirs, &n);
	for (size_t i = 0; i < n; i++)
		print_message("# %d port %d %.*s %.*s\n", servers[i].postmaster_pid, servers[i].port,
		              STR_ARG(servers[i].socket_directory), STR_ARG(servers[i].listen_host));
	assert_int_equal(n, count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(servers[i].postmaster_pid, want[i].pid);
		assert_int_equal(servers[i].start_ticks != 0, want[i].pid != 0);
		assert_int_equal(servers[i].port, want[i].port);
		assert_str(servers[i].socket_directory, want[i].directory);
		assert_str(servers[i].listen_host, want[i].host);
	}
	arena_free(&arena);
	procfs_close(procfs);
}
#define ASSERT_SERVERS(dirs, want) assert_servers(dirs, want, sizeof(want) / sizeof((want)[0]))
static const char *const no_dirs[] = {NULL};

static void servers_are_found_by_their_postmaster_pid(void **state)
{
	put_postmaster_pid(100, 5433, "/run/pg", "*");
	put_process(200, 1, 1, "/usr/bin/postmaster");
	put_stat(200, "postmaster", 'S', 1, 1, 0);
	put_process(201, 200, 2, "postgres: walwriter");
	put_stat(201, "postmaster", 'S', 200, 1, 0);
	put_postmaster_pid(200, 5432, "", "localhost");
	put_process(300, 1, 3, "postgres -D x");
	put_process(301, 300, 3, "postgres: logger");
	put_postmaster_pid(300, 5434, "relative", "::");
	static const WantedServer want[] = {
		{200, 5432, NULL, "localhost"},
		{100, 5433, "/run/pg", "127.0.0.1"},
		{300, 5434, NULL, "::1"},
	};
	ASSERT_SERVERS(no_dirs, want);
}

static void what_only_looks_like_a_server_is_not_listed(void **state)
{
	put_postmaster_pid(100, 5433, "/run/pg", "*");
	put_process(200, 1, 1, "postgres --single"); /* no children */
	put_postmaster_pid(200, 5440, "/x", "*");
	put_process(300, 1, 1, "postgres"); /* children without a title */
	put_process(301, 300, 1, "postgres -D x");
	put_postmaster_pid(300, 5441, "/x", "*");
	put_process(400, 1, 1, "postgres"); /* in a container */
	put_process(401, 400, 1, "postgres: logger");
	put_pid(400, "status", "Name:\tpostgres\nNSpid:\t400\t1\n");
	put_postmaster_pid(400, 5442, "/x", "*");
	put_process(500, 1, 1, "vim"); /* another program */
	put_stat(500, "vim", 'S', 1, 1, 0);
	put_process(501, 500, 1, "postgres: logger");
	put_postmaster_pid(500, 5443, "/x", "*");
	put_process(600, 101, 1, "postgres: x"); /* a child's child */
	put_process(601, 600, 1, "postgres: y");
	put_pid(100, "status", "Name:\tpostgres\nNSpid:\t100\n");
	static const WantedServer want[] = {{100, 5433, "/run/pg", "127.0.0.1"}};
	ASSERT_SERVERS(no_dirs, want);
}

static void put_tcp(const char *rows)
{
	char text[2048];
	(void)snprintf(text, sizeof(text), "  sl  local_address rem_address   st ...\n%s", rows);
	put("net/tcp", text);
}

#define LISTEN "00000000:0000 0A 00000000:00000000 00:00000000 00000000 %u 0 %d 1\n"

static void a_server_of_another_user_is_found_by_its_arguments(void **state)
{
	static const char args[] = "/usr/bin/postgres\0-D\0/nonexistent\0-p\0005455\0-k\0/some/where\0-h\0*\0";
	put_bytes("100/cmdline", args, sizeof(args));
	static const WantedServer want[] = {{100, 5455, "/some/where", "127.0.0.1"}};
	ASSERT_SERVERS(no_dirs, want);
}

static void a_data_directory_in_the_arguments_is_read_if_it_may_be(void **state)
{
	put("data/postmaster.pid", "100\n/data\n1795000050\n5456\n/run/pg\n127.0.0.1\n");
	char args[256];
	int len = snprintf(args, sizeof(args), "postgres%c-D%c%s/data", 0, 0, root);
	put_bytes("100/cmdline", args, (size_t)len);
	static const WantedServer want[] = {{100, 5456, "/run/pg", "127.0.0.1"}};
	ASSERT_SERVERS(no_dirs, want);
	/* Not if it is another process's: a stale file, or another mount namespace. */
	put("data/postmaster.pid", "99\n/data\n1795000050\n5456\n/run/pg\n127.0.0.1\n");
	assert_servers(no_dirs, NULL, 0);
}

static void a_server_of_another_user_is_found_by_his_only_port(void **state)
{
	char rows[512];
	uint32_t ip = htonl(INADDR_LOOPBACK);
	uint32_t other = inet_addr("10.1.2.3");
	(void)snprintf(rows, sizeof(rows), "0: %08X:1538 " LISTEN "1: %08X:1539 " LISTEN "2: %08X:1538 " LISTEN,
	               (unsigned)ip, (unsigned)getuid(), 7, (unsigned)ip, (unsigned)getuid() + 1, 8, (unsigned)other,
	               (unsigned)getuid(), 9);
	put_tcp(rows);
	static const WantedServer want[] = {{100, 5432, NULL, "127.0.0.1"}};
	ASSERT_SERVERS(no_dirs, want);
	/* A second server: nobody can tell which of the two it is. */
	put_process(200, 1, 1, "postgres");
	put_process(201, 200, 1, "postgres: logger");
	static const WantedServer two[] = {{0, 5432, NULL, "127.0.0.1"}};
	ASSERT_SERVERS(no_dirs, two);
}

static void make_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", root, path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
}

static void sockets_tell_servers_from_other_programs_of_that_user(void **state)
{
	char rows[512];
	(void)snprintf(rows, sizeof(rows), "0: 00000000:1538 " LISTEN "1: 00000000:1F48 " LISTEN, (unsigned)getuid(), 7,
	               (unsigned)getuid(), 8); /* 5432, and Patroni's 8008 */
	put_tcp(rows);
	put("socks/other", "");
	put("socks/.s.PGSQL.5499", "no socket");
	make_socket("socks/.s.PGSQL.5432");
	char dir[96];
	(void)snprintf(dir, sizeof(dir), "%s/socks", root);
	const char *const dirs[] = {"/nonexistent", dir, NULL};
	const WantedServer want[] = {{100, 5432, dir, "127.0.0.1"}};
	ASSERT_SERVERS(dirs, want);
	/* A socket in a folder that only the kernel's table names. */
	put("elsewhere/x", "");
	make_socket("elsewhere/.s.PGSQL.5460");
	char text[512];
	char elsewhere[96];
	(void)snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", root);
	(void)snprintf(text, sizeof(text),
	               "Num RefCount Protocol Flags Type St Inode Path\n0: 00000002 00000000 00010000 0001 01 163533 "
	               "%s/.s.PGSQL.5460\n0: 00000002 00000000 00010000 0001 01 163534 %s/.s.PGSQL.5461\n",
	               elsewhere, elsewhere);
	put("net/unix", text);
	const WantedServer two[] = {{0, 5432, dir, "127.0.0.1"}, {0, 5460, elsewhere, NULL}};
	ASSERT_SERVERS(dirs, two);
}

/* ---- the real /proc -------------------------------------------------------------------------------------------- */

/* A child that writes `bytes` to /dev/null, then tells and sleeps until it is killed. */
static pid_t spawn_writer(size_t bytes)
{
	int ready[2];
	assert_int_equal(pipe(ready), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		static char block[4096];
		int fd = open("/dev/null", O_WRONLY);
		for (size_t left = bytes; left > 0;) {
			size_t n = left < sizeof(block) ? left : sizeof(block);
			if (write(fd, block, n) != (ssize_t)n)
				_exit(1);
			left -= n;
		}
		close(ready[1]); /* no byte: it would be counted */
		for (;;)
			pause();
	}
	close(ready[1]);
	char byte;
	assert_int_equal(read(ready[0], &byte, 1), 0);
	close(ready[0]);
	return pid;
}

static void end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static Procfs *open_real(void)
{
	Err err = {""};
	Procfs *procfs = procfs_open("/proc", &err);
	assert_string_equal(err.text, "");
	return procfs;
}

static void the_bytes_a_child_writes_are_counted(void **state)
{
	enum { FIRST = 1234567, SECOND = 42 };
	pid_t first = spawn_writer(FIRST);
	pid_t second = spawn_writer(SECOND);
	Procfs *procfs = open_real();
	ProcReader *reader = proc_reader_new(procfs, getpid());
	Arena arena = {0};
	for (int round = 0; round < 2; round++) {
		const ProcTable *table = proc_reader_read(reader, &arena, 0, true);
		assert_str(table->error, NULL);
		assert_int_equal(row_of(table, first)->io.wchar, FIRST);
		assert_int_equal(row_of(table, second)->io.wchar, SECOND);
		assert_int_equal(row_of(table, first)->ppid, getpid());
		assert_int_equal(row_of(table, getpid())->pid, getpid());
		assert_true(str_find(row_of(table, first)->title, STR("test_procfs")) != SIZE_MAX);
	}
	proc_reader_free(reader);
	procfs_close(procfs);
	arena_free(&arena);
	end_child(first);
	end_child(second);
}

static void a_zombie_is_a_row_and_a_reaped_child_is_none(void **state)
{
	pid_t pid = spawn_writer(10);
	Procfs *procfs = open_real();
	size_t before = open_descriptors();
	ProcReader *reader = proc_reader_new(procfs, getpid());
	Arena arena = {0};
	assert_int_equal(row_of(proc_reader_read(reader, &arena, 0, true), pid)->io_access, PROC_OK);
	kill(pid, SIGKILL);
	siginfo_t info;
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	const ProcSample *row = row_of(proc_reader_read(reader, &arena, 0, true), pid);
	assert_non_null(row);
	assert_int_equal(row->run_state, 'Z');
	assert_true(row->io_access == PROC_OK || row->io_access == PROC_GONE);
	assert_str(row->title, NULL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_null(row_of(proc_reader_read(reader, &arena, 0, true), pid));
	proc_reader_free(reader);
	assert_int_equal(open_descriptors(), before);
	procfs_close(procfs);
	arena_free(&arena);
}

/* ns_last_pid gives the next child a chosen pid, where we may set it. */
static bool choose_next_pid(pid_t pid)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%d", pid - 1);
	int fd = open("/proc/sys/kernel/ns_last_pid", O_WRONLY);
	if (fd < 0)
		return false;
	bool ok = write(fd, text, (size_t)len) == len;
	close(fd);
	return ok;
}

static void a_recycled_pid_is_noticed(void **state)
{
	Procfs *procfs = open_real();
	ProcReader *reader = proc_reader_new(procfs, getpid());
	Arena arena = {0};
	bool recycled = false;
	for (int attempt = 0; attempt < 20 && !recycled; attempt++) {
		pid_t old = spawn_writer(1000);
		uint64_t start = row_of(proc_reader_read(reader, &arena, 0, true), old)->start_ticks;
		end_child(old);
		usleep(30000); /* start times have a resolution of 10 ms */
		if (!choose_next_pid(old))
			break;
		pid_t new = spawn_writer(7);
		recycled = new == old; /* else another process was quicker */
		const ProcTable *table = proc_reader_read(reader, &arena, 0, true);
		assert_int_equal(row_of(table, new)->io.wchar, 7);
		if (recycled)
			assert_true(row_of(table, new)->start_ticks > start);
		end_child(new);
	}
	proc_reader_free(reader);
	procfs_close(procfs);
	arena_free(&arena);
	if (!recycled)
		print_message("# not tested: other processes took the pid each time\n");
}

/* Runs `check` in a child without privileges; its exit status tells the number of what failed. */
static void run_as_nobody(int (*check)(pid_t owner), pid_t owner)
{
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (geteuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
			_exit(99);
		prctl(PR_SET_DUMPABLE, 1); /* else its /proc files are root's */
		_exit(check(owner));
	}
	int status = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int check_denied(pid_t owner)
{
	Procfs *procfs = procfs_open("/proc", NULL);
	if (!procfs)
		return 1;
	ProcReader *reader = proc_reader_new(procfs, owner);
	Arena arena = {0};
	for (int round = 0; round < 2; round++) {
		const ProcTable *table = proc_reader_read(reader, &arena, 0, true);
		const ProcSample *row = row_of(table, owner);
		if (!row)
			return 2;
		if (row->io_access != PROC_DENIED)
			return 3;
		if (row->start_ticks == 0 || row->title.len == 0)
			return 4;
		/* This process, of our own user, is a child of it. */
		row = row_of(table, getpid());
		if (!row || row->io_access != PROC_OK)
			return 5;
	}
	proc_reader_free(reader);
	procfs_close(procfs);
	arena_free(&arena);
	return 0;
}

static void another_users_counters_are_denied_and_the_rest_is_there(void **state)
{
	if (geteuid() != 0) {
		print_message("# not tested: only root can have processes of two users\n");
		return;
	}
	run_as_nobody(check_denied, getpid());
}

static int check_zombie(pid_t owner)
{
	pid_t pid = fork();
	if (pid == 0)
		_exit(0);
	siginfo_t info;
	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) != 0)
		return 1;
	Procfs *procfs = procfs_open("/proc", NULL);
	ProcReader *reader = proc_reader_new(procfs, getpid());
	Arena arena = {0};
	const ProcSample *row = row_of(proc_reader_read(reader, &arena, 0, true), pid);
	if (!row || row->run_state != 'Z')
		return 2;
	if (row->io_access != PROC_GONE && row->io_access != PROC_OK)
		return 3;
	proc_reader_free(reader);
	procfs_close(procfs);
	arena_free(&arena);
	return 0;
}

static void our_own_exiting_process_is_gone_and_not_denied(void **state)
{
	run_as_nobody(check_zombie, 0);
}

static int make_listener(int family, int *port)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_storage address = {.ss_family = (sa_family_t)family};
	if (family == AF_INET6)
		((struct sockaddr_in6 *)&address)->sin6_addr = in6addr_loopback;
	else
		((struct sockaddr_in *)&address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	socklen_t len = family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) != 0 || listen(fd, 5) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &len) != 0) {
		close(fd);
		return -1;
	}
	/* The port stands at the same place in both. */
	*port = ntohs(((struct sockaddr_in *)&address)->sin_port); /* NOLINT: getsockname() has set it */
	return fd;
}

static void the_local_port_of_a_connection_is_found(void **state)
{
	Procfs *procfs = open_real();
	static const int families[] = {AF_INET, AF_INET6};
	for (size_t i = 0; i < 2; i++) {
		int port = 0;
		int listener = make_listener(families[i], &port);
		if (listener < 0)
			continue; /* no IPv6 here */
		struct sockaddr_storage address;
		socklen_t len = sizeof(address);
		assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &len), 0);
		assert_int_equal(procfs_tcp_local_port(procfs, getpid(), port), 0);
		int fd = socket(families[i], SOCK_STREAM | SOCK_CLOEXEC, 0);
		assert_int_equal(connect(fd, (struct sockaddr *)&address, len), 0);
		len = sizeof(address);
		assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
		int want = ntohs(((struct sockaddr_in *)&address)->sin_port);
		assert_int_equal(procfs_tcp_local_port(procfs, getpid(), port), want);
		assert_int_equal(procfs_tcp_local_port(procfs, getpid(), 1), 0);
		assert_int_equal(procfs_tcp_local_port(procfs, 1 << 30, port), 0);
		pid_t other = spawn_writer(
			0); /* it has inherited nothing of this: all is close-on-exec, but it did not exec */
		assert_int_equal(procfs_tcp_local_port(procfs, other, port), want);
		end_child(other);
		close(fd);
		close(listener);
	}
	procfs_close(procfs);
}

static void the_real_host_is_surveyed_without_leaks(void **state)
{
	Procfs *procfs = open_real();
	size_t before = open_descriptors();
	Arena arena = {0};
	size_t count = 0;
	assert_non_null(procfs_local_servers(procfs, &arena, NULL, &count));
	assert_int_equal(open_descriptors(), before);
	assert_int_equal(procfs_find_postmaster(procfs, getpid(), 0, 0), 0);
	arena_free(&arena);
	procfs_close(procfs);
}

int main(void)
{
#define ON_TREE(test) cmocka_unit_test_setup_teardown(test, make_tree, remove_root)
	const struct CMUnitTest tests[] = {
		ON_TREE(only_a_folder_with_processes_is_a_proc),
		ON_TREE(a_table_holds_the_postmaster_and_its_children),
		ON_TREE(rows_come_sorted_and_once_whatever_the_kernel_lists),
		ON_TREE(processes_come_and_go_without_leaking_descriptors),
		ON_TREE(another_start_time_is_another_process),
		ON_TREE(a_postmaster_that_is_gone_or_another_gives_a_reason_and_no_rows),
		ON_TREE(without_the_list_of_children_all_are_searched),
		ON_TREE(a_child_that_the_listing_skips_stays_while_it_lives),
		ON_TREE(delays_are_accounted_as_the_kernel_says_or_shows),
		ON_TREE(truncated_files_make_a_failed_row_not_a_zero),
		ON_TREE(few_descriptors_are_enough),
		ON_TREE(nothing_is_allocated_in_steady_state_but_from_the_arena),
		ON_TREE(a_session_is_local_only_if_pid_title_and_both_starts_match),
		ON_TREE(the_boot_time_is_found_in_a_stat_file_of_any_size),
		ON_TREE(servers_are_found_by_their_postmaster_pid),
		ON_TREE(what_only_looks_like_a_server_is_not_listed),
		ON_TREE(a_server_of_another_user_is_found_by_its_arguments),
		ON_TREE(a_data_directory_in_the_arguments_is_read_if_it_may_be),
		ON_TREE(a_server_of_another_user_is_found_by_his_only_port),
		ON_TREE(sockets_tell_servers_from_other_programs_of_that_user),
		cmocka_unit_test(the_bytes_a_child_writes_are_counted),
		cmocka_unit_test(a_zombie_is_a_row_and_a_reaped_child_is_none),
		cmocka_unit_test(a_recycled_pid_is_noticed),
		cmocka_unit_test(another_users_counters_are_denied_and_the_rest_is_there),
		cmocka_unit_test(our_own_exiting_process_is_gone_and_not_denied),
		cmocka_unit_test(the_local_port_of_a_connection_is_found),
		cmocka_unit_test(the_real_host_is_surveyed_without_leaks),
	};
	return cmocka_run_group_tests_name("procfs", tests, NULL, NULL);
}
