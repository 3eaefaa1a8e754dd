#include "proc_tree_fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

char root[64]; /* NOLINT(cppcoreguidelines-avoid-non-const-global-variables): of the test that runs */

/* Writes <root>/<path>, making its folders. The file is a new one, as /proc's would be. */
void put_bytes(const char *path, const void *bytes, size_t len)
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

void put(const char *path, const char *text)
{
	put_bytes(path, text, strlen(text));
}

void overwrite(const char *path, const char *text)
{
	char full[512];
	(void)snprintf(full, sizeof(full), "%s/%s", root, path);
	int fd = open(full, O_WRONLY | O_TRUNC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

void put_pid(int pid, const char *file, const char *text)
{
	char path[64];
	(void)snprintf(path, sizeof(path), "%d/%s", pid, file);
	put(path, text);
}

void put_stat(int pid, const char *name, char run_state, int ppid, unsigned ticks, unsigned blkio)
{
	char text[512];
	(void)snprintf(
		text, sizeof(text),
		"%d (%s) %c %d 1 1 0 -1 4194560 0 0 0 0 3 4 0 0 20 0 1 0 %u 9 9 1 1 1 1 0 0 0 0 0 0 0 0 0 17 1 0 0 %u 0 0 "
		"1 1 1 1 1 1 1 0\n",
		pid, name, run_state, ppid, ticks, blkio);
	put_pid(pid, "stat", text);
}

void put_io(int pid, unsigned wchar)
{
	char text[256];
	(void)snprintf(
		text, sizeof(text),
		"rchar: 1\nwchar: %u\nsyscr: 1\nsyscw: 1\nread_bytes: 2\nwrite_bytes: 3\ncancelled_write_bytes: 0\n",
		wchar);
	put_pid(pid, "io", text);
}

/* Descriptor `fd` of a process, which leads to `target` and stands at `pos`. */
void put_fd(int pid, int fd, const char *target, long pos)
{
	char file[32], path[512], text[64];
	(void)snprintf(file, sizeof(file), "fdinfo/%d", fd);
	(void)snprintf(text, sizeof(text), "pos:\t%ld\nflags:\t0100002\nmnt_id:\t29\nino:\t7\n", pos);
	put_pid(pid, file, text);
	(void)snprintf(file, sizeof(file), "fd/%d", fd);
	put_pid(pid, file, "");
	(void)snprintf(path, sizeof(path), "%s/%d/fd/%d", root, pid, fd);
	assert_int_equal(unlink(path), 0);
	if (target)
		assert_int_equal(symlink(target, path), 0);
}

void put_process(int pid, int ppid, unsigned ticks, const char *title)
{
	put_stat(pid, "postgres", 'S', ppid, ticks, 0);
	put_io(pid, (unsigned)pid * 10);
	put_pid(pid, "cmdline", title);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	return remove(path);
}

void remove_tree(const char *path)
{
	char full[512];
	(void)snprintf(full, sizeof(full), "%s/%s", root, path);
	(void)nftw(full, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void remove_process(int pid)
{
	char path[16];
	(void)snprintf(path, sizeof(path), "%d", pid);
	remove_tree(path);
}

/* A server with pid 100 and children 101, 102, started 50 s after boot. */
int make_tree(void **state)
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

int remove_root(void **state)
{
	remove_tree("");
	return 0;
}

size_t open_descriptors(void)
{
	size_t n = 0;
	DIR *dir = opendir("/proc/self/fd");
	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

Procfs *open_tree(void)
{
	Err err = {""};
	Procfs *procfs = procfs_open(root, &err);
	assert_string_equal(err.text, "");
	assert_non_null(procfs);
	return procfs;
}

const ProcSample *row_of(const ProcTable *table, int pid)
{
	for (size_t i = 0; i < table->nrows; i++) {
		if (table->rows[i].pid == pid)
			return &table->rows[i];
	}
	return NULL;
}

void assert_str(Str got, const char *want)
{
	if (!want) {
		assert_true(str_is_none(got));
		return;
	}
	if (str_is_none(got) || !str_eq(got, str_from(want)))
		fail_msg("got '%.*s', wanted '%s'", STR_ARG(got), want);
}

/* A child that writes `bytes` to /dev/null, then tells and sleeps until it is killed. */
pid_t spawn_writer(size_t bytes)
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

void end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

Procfs *open_real(void)
{
	Err err = {""};
	Procfs *procfs = procfs_open("/proc", &err);
	assert_string_equal(err.text, "");
	return procfs;
}
