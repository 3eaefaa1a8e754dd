/* Which WAL segments processes have open: on recorded trees, and on the real /proc. */
#include "proc_tree_fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void move_io(int pid, unsigned wchar)
{
	char text[256];
	(void)snprintf(text, sizeof(text), "rchar: 1\nwchar: %u\nsyscr: 1\nsyscw: 1\nread_bytes: 2\nwrite_bytes: 3\n",
	               wchar);
	char path[16];
	(void)snprintf(path, sizeof(path), "%d/io", pid);
	overwrite(path, text);
}

static void assert_segment(ProcReader *reader, Arena *arena, int pid, const char *file, int64_t offset)
{
	const ProcSample *row = row_of(proc_reader_read(reader, arena, 0, true), pid);
	assert_str(row->open_wal_file, file);
	if (file)
		assert_true(row->open_wal_offset == offset);
}

static void the_segment_that_a_process_has_open_is_found_and_followed(void **state)
{
	put_fd(102, 0, "/dev/null", 0);
	put_fd(102, 3, "socket:[81]", 0);
	put_fd(102, 4, "/srv/pg/data/base/5/2619", 0);
	put_fd(102, 7, WAL "00000001000000020000000A", 8192);
	put_fd(102, 9, WAL "000000010000000200000009", 77);
	put_fd(101, 4, "/srv/pg/data/pg_wal/archive_status/000000010000000200000009.ready", 9);
	put_fd(101, 5, WAL "xlogtemp.101", 9);
	Procfs *procfs = open_tree();
	ProcReader *reader = proc_reader_new(procfs, 100);
	Arena arena = {0};
	assert_segment(reader, &arena, 102, "00000001000000020000000A", 8192);
	assert_segment(reader, &arena, 101, NULL, 0);
	/* The next one, under the same number; a part of it received. */
	move_io(102, 2000);
	put_fd(102, 7, "/vol/wal/00000001000000020000000B.partial", 100);
	put_fd(102, 9, NULL, 0);
	assert_segment(reader, &arena, 102, "00000001000000020000000B.partial", 100);
	move_io(102, 3000);
	put_fd(102, 7, WAL "00000001000000020000000B (deleted)", 200);
	assert_segment(reader, &arena, 102, "00000001000000020000000B (deleted)", 200);
	/* Under another one. */
	move_io(102, 4000);
	put_fd(102, 7, "/srv/pg/data/base/5/1259", 1);
	put_fd(102, 5, WAL "00000001000000020000000C", 300);
	assert_segment(reader, &arena, 102, "00000001000000020000000C", 300);
	/* Closed after the counters were read: the second look at a process that stands still tells. */
	put_fd(102, 5, NULL, 0);
	assert_segment(reader, &arena, 102, NULL, 0);
	proc_reader_free(reader);
	procfs_close(procfs);
	arena_free(&arena);
}

static void a_process_that_stands_still_is_not_looked_at_again(void **state)
{
	put_fd(102, 7, WAL "00000001000000020000000A", 5);
	Procfs *procfs = open_tree();
	ProcReader *reader = proc_reader_new(procfs, 100);
	Arena arena = {0};
	for (int i = 0; i < 2; i++)
		assert_segment(reader, &arena, 102, "00000001000000020000000A", 5);
	put_fd(102, 7, WAL "0000000100000002000000FF", 6);
	assert_segment(reader, &arena, 102, "00000001000000020000000A", 5);
	move_io(102, 9999);
	assert_segment(reader, &arena, 102, "0000000100000002000000FF", 6);
	/* Another process with that pid has nothing of the first one's. */
	overwrite(
		"102/stat",
		"102 (postgres) S 100 1 1 0 -1 4194560 0 0 0 0 3 4 0 0 20 0 1 0 9000 9 9 1 1 1 1 0 0 0 0 0 0 0 0 0 17 "
		"1 0 0 0 0 0 1 1 1 1 1 1 1 0\n");
	put_fd(102, 7, NULL, 0);
	assert_segment(reader, &arena, 102, NULL, 0);
	proc_reader_free(reader);
	procfs_close(procfs);
	arena_free(&arena);
}

/* pread() and pwrite() leave it at 0, which is then no position; 0 between others is one of them. */
static void a_position_that_never_moves_is_unknown_and_not_0(void **state)
{
	put_fd(101, 7, WAL "00000001000000020000000A", 0);
	put_fd(102, 7, WAL "00000001000000020000000A", 0);
	Procfs *procfs = open_tree();
	ProcReader *reader = proc_reader_new(procfs, 100);
	Arena arena = {0};
	for (unsigned i = 1; i < 5; i++) {
		move_io(101, i * 1000);
		move_io(102, i * 1000);
		put_fd(102, 7, WAL "00000001000000020000000A", i == 2 ? 4096 : 0);
		const ProcTable *table = proc_reader_read(reader, &arena, 0, true);
		assert_true(row_of(table, 101)->open_wal_offset == INT_NONE);
		assert_true(row_of(table, 102)->open_wal_offset == (i == 2 ? 4096 : INT_NONE));
	}
	move_io(101, 9000);
	put_fd(101, 7, WAL "00000001000000020000000A", 88); /* not asked any more */
	assert_segment(reader, &arena, 101, "00000001000000020000000A", INT_NONE);
	proc_reader_free(reader);
	procfs_close(procfs);
	arena_free(&arena);
}

/* Each of 60 processes has 30 files open: more than one reading follows. */
static void a_search_through_many_files_is_shared_out_over_readings(void **state)
{
	char children[1024] = "";
	for (int pid = 101; pid < 161; pid++) {
		put_process(pid, 100, (unsigned)pid, "postgres: a b [local] idle");
		for (int fd = 3; fd < 32; fd++)
			put_fd(pid, fd, "/srv/pg/data/base/5/2619", 0);
		put_fd(pid, 32, WAL "00000001000000020000000A", 0);
		(void)snprintf(children + strlen(children), sizeof(children) - strlen(children), "%d ", pid);
	}
	put("100/task/100/children", children);
	Procfs *procfs = open_tree();
	ProcReader *reader = proc_reader_new(procfs, 100);
	Arena arena = {0};
	size_t last = 0;
	for (int i = 0; i < 4; i++) {
		const ProcTable *table = proc_reader_read(reader, &arena, 0, true);
		size_t found = 0;
		for (size_t k = 0; k < table->nrows; k++)
			found += !str_is_none(table->rows[k].open_wal_file);
		assert_true(found > last && found - last <= 18);
		last = found;
	}
	assert_int_equal(last, 60);
	proc_reader_free(reader);
	procfs_close(procfs);
	arena_free(&arena);
}

static void the_file_that_a_child_has_open_is_found_in_the_real_proc(void **state)
{
	char path[256];
	put("pg_wal/000000010000000000000042", "");
	(void)snprintf(path, sizeof(path), "%s/pg_wal/000000010000000000000042", root);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "12345", 5), 5);
	pid_t pid = spawn_writer(0);
	Procfs *procfs = open_real();
	ProcReader *reader = proc_reader_new(procfs, getpid());
	Arena arena = {0};
	assert_segment(reader, &arena, pid, "000000010000000000000042", 5);
	proc_reader_free(reader);
	procfs_close(procfs);
	arena_free(&arena);
	end_child(pid);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_TREE(the_segment_that_a_process_has_open_is_found_and_followed),
		ON_TREE(a_process_that_stands_still_is_not_looked_at_again),
		ON_TREE(a_position_that_never_moves_is_unknown_and_not_0),
		ON_TREE(a_search_through_many_files_is_shared_out_over_readings),
		ON_TREE(the_file_that_a_child_has_open_is_found_in_the_real_proc),
	};
	return cmocka_run_group_tests_name("proc_segment", tests, NULL, NULL);
}
