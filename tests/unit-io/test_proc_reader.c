/* The processes of a server: on recorded trees, and on the real /proc with children of this test. */
#include "proc_tree_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { NOBODY = 65534 };

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

static void titles_of_idle_sessions_are_left_out(void **state)
{
	static const Activity activity[] = {
		{.pid = 90, .backend_type = STR_INIT("client backend"), .state = STR_INIT("idle")}, /* no process */
		{.pid = 101, .backend_type = STR_INIT("client backend"), .state = STR_INIT("active")},
		{.pid = 102, .backend_type = STR_INIT("client backend"), .state = STR_INIT("idle")},
		{.pid = 103, .backend_type = STR_INIT("walsender"), .state = STR_INIT("idle")},
	};
	Procfs *procfs = open_tree();
	ProcReader *reader = proc_reader_new(procfs, 100);
	Arena arena = {0};
	put_process(103, 100, 5030, "postgres: walsender repl [local] idle");
	put("100/task/100/children", "101 102 103 ");
	const ProcTable *table =
		proc_reader_read_busy(reader, &arena, 0, activity, sizeof(activity) / sizeof(activity[0]));
	assert_int_equal(table->nrows, 4);
	assert_false(str_is_none(row_of(table, 100)->title));
	assert_false(str_is_none(row_of(table, 101)->title));
	assert_true(str_is_none(row_of(table, 102)->title));
	assert_true(row_of(table, 102)->io_access == PROC_OK && row_of(table, 102)->start_ticks != 0);
	assert_str(row_of(table, 103)->title, "postgres: walsender repl [local] idle");
	proc_reader_free(reader);
	procfs_close(procfs);
	arena_free(&arena);
	(void)state;
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

static void put_own_pid(int pid, int own)
{
	char text[128];
	(void)snprintf(text, sizeof(text), "Name:\tpostgres\nUid:\t999\t999\t999\t999\nNSpid:\t%d\t%d\n", pid, own);
	put_pid(pid, "status", text);
}

/* In a container the postmaster is its process 1, and the order of the others may be another one. */
static void processes_of_a_container_bear_the_numbers_they_have_there(void **state)
{
	put_own_pid(100, 1);
	put_own_pid(101, 40);
	put_own_pid(102, 30);
	put_process(103, 100, 5030, "postgres: joined from outside");
	put("100/task/100/children", "101 102 103");
	put_fd(101, 3, WAL "00000001000000020000000A", 0);
	Procfs *procfs = open_tree();
	ProcReader *reader = proc_reader_new_nested(procfs, 100);
	Arena arena = {0};
	for (int round = 0; round < 2; round++) {
		const ProcTable *table = proc_reader_read(reader, &arena, 0, true);
		assert_str(table->error, NULL);
		assert_int_equal(table->nrows, 3);
		assert_int_equal(table->rows[0].pid, 1);
		assert_int_equal(table->rows[0].ppid, 0);
		assert_int_equal(table->rows[1].pid, 30);
		assert_int_equal(table->rows[1].ppid, 1);
		assert_int_equal(table->rows[1].io.wchar, 1020);
		assert_int_equal(table->rows[2].pid, 40);
		assert_int_equal(table->rows[2].io.wchar, 1010);
		assert_str(table->rows[2].open_wal_file, "00000001000000020000000A");
	}
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
		assert_true(str_find(row_of(table, first)->title, STR("test_proc_reader")) != SIZE_MAX);
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

/* Of this child of our own user nobody may read more than its stat. */
static int check_restricted(pid_t owner)
{
	int ready[2];
	if (pipe(ready) != 0)
		return 1;
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_DUMPABLE, 0);
		close(ready[1]);
		for (;;)
			pause();
	}
	close(ready[1]);
	char byte;
	if (read(ready[0], &byte, 1) != 0)
		return 2;
	Procfs *procfs = procfs_open("/proc", NULL);
	ProcReader *reader = proc_reader_new(procfs, getpid());
	Arena arena = {0};
	int failed = 0;
	for (int round = 0; round < 2; round++) {
		const ProcSample *row = row_of(proc_reader_read(reader, &arena, 0, true), pid);
		if (!row || row->io_access != PROC_RESTRICTED || row->start_ticks == 0)
			failed = 3;
	}
	kill(pid, SIGKILL);
	proc_reader_free(reader);
	procfs_close(procfs);
	arena_free(&arena);
	return failed;
}

static void a_process_of_our_own_user_that_is_not_dumpable_is_told_from_anothers(void **state)
{
	run_as_nobody(check_restricted, 0);
}

/* A child of root that has given up the right to trace, and one of nobody's. */
static void root_without_the_right_to_trace_is_told_so(void **state)
{
	if (geteuid() != 0) {
		print_message("# not tested: not root\n");
		return;
	}
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		pid_t other = fork();
		if (other == 0) {
			if (setuid(NOBODY) != 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
				_exit(1);
			_exit(pause());
		}
		struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
		struct __user_cap_data_struct data[2];
		if (syscall(SYS_capget, &header, data) != 0)
			_exit(1);
		data[0].effective &= ~(1u << CAP_SYS_PTRACE);
		data[0].permitted &= ~(1u << CAP_SYS_PTRACE);
		if (syscall(SYS_capset, &header, data) != 0)
			_exit(2);
		Procfs *procfs = procfs_open("/proc", NULL);
		ProcReader *reader = proc_reader_new(procfs, getpid());
		Arena arena = {0};
		const ProcSample *row = row_of(proc_reader_read(reader, &arena, 0, true), other);
		kill(other, SIGKILL); /* it has another user, so that it does not die with us */
		_exit(row && row->io_access == PROC_NO_CAPABILITY ? 0 : 3);
	}
	int status = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_TREE(a_table_holds_the_postmaster_and_its_children),
		ON_TREE(rows_come_sorted_and_once_whatever_the_kernel_lists),
		ON_TREE(processes_come_and_go_without_leaking_descriptors),
		ON_TREE(titles_of_idle_sessions_are_left_out),
		ON_TREE(another_start_time_is_another_process),
		ON_TREE(a_postmaster_that_is_gone_or_another_gives_a_reason_and_no_rows),
		ON_TREE(without_the_list_of_children_all_are_searched),
		ON_TREE(a_child_that_the_listing_skips_stays_while_it_lives),
		ON_TREE(delays_are_accounted_as_the_kernel_says_or_shows),
		ON_TREE(truncated_files_make_a_failed_row_not_a_zero),
		ON_TREE(processes_of_a_container_bear_the_numbers_they_have_there),
		ON_TREE(few_descriptors_are_enough),
		ON_TREE(nothing_is_allocated_in_steady_state_but_from_the_arena),
		cmocka_unit_test(the_bytes_a_child_writes_are_counted),
		cmocka_unit_test(a_zombie_is_a_row_and_a_reaped_child_is_none),
		cmocka_unit_test(a_recycled_pid_is_noticed),
		cmocka_unit_test(another_users_counters_are_denied_and_the_rest_is_there),
		cmocka_unit_test(a_process_of_our_own_user_that_is_not_dumpable_is_told_from_anothers),
		cmocka_unit_test(root_without_the_right_to_trace_is_told_so),
		cmocka_unit_test(our_own_exiting_process_is_gone_and_not_denied),
	};
	return cmocka_run_group_tests_name("proc_reader", tests, NULL, NULL);
}
