#include "out/batch.h"

#include "model/choice.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { MANY_ROWS = 3000 }; /* far more than a pipe holds */

/* A report of rows of which only the node's name and the process's number are known. */
static Report report_of(Arena *arena, size_t count)
{
	Report report = {
		.nodes = ARENA_ARRAY(arena, NodeRow, count ? count : 1),
		.nnodes = count,
		.processes = ARENA_ARRAY(arena, ProcessRow, count ? count : 1),
		.nprocesses = count,
	};
	for (size_t i = 0; i < count; i++) {
		report.nodes[i].node = str_format(arena, "node-%zu", i);
		report.processes[i].pid = (int64_t)(1000 + i);
	}
	return report;
}

/* Onto a descriptor, as CSV. */
static Batch *batch_on(int fd, TableId table)
{
	ColumnList list = columns_all(table);
	BatchSpec spec = {.lists = &list, .nlists = 1, .fd = fd};
	return batch_new(&spec, NULL, NULL);
}

static StrBuf read_all(int fd)
{
	StrBuf text = {0};
	char buffer[4096];
	for (;;) {
		ssize_t count = read(fd, buffer, sizeof(buffer));
		if (count <= 0)
			return text;
		strbuf_add(&text, (Str){buffer, (size_t)count});
	}
}

static size_t count_of(Str text, Str needle)
{
	size_t count = 0;
	for (size_t at = str_find(text, needle); at != SIZE_MAX; at = str_find(text, needle)) {
		text = str_sub(text, at + needle.len, text.len);
		count++;
	}
	return count;
}

static void the_header_comes_once_and_then_the_rows(void **state)
{
	(void)state;
	Arena arena = {0};
	Err err = {""};
	int fds[2];
	assert_int_equal(pipe(fds), 0);
	Report none = report_of(&arena, 0);
	Report two = report_of(&arena, 2);
	Batch *batch = batch_on(fds[1], TABLE_NODES);
	assert_true(batch_write(batch, &none, &err));
	assert_true(batch_write(batch, &two, &err));
	assert_true(batch_write(batch, &two, &err));
	batch_free(batch);
	close(fds[1]);
	StrBuf text = read_all(fds[0]);
	assert_true(str_starts(strbuf_str(&text), STR("time,cluster,node,host,port,")));
	assert_int_equal(count_of(strbuf_str(&text), STR("time,cluster")), 1);
	assert_int_equal(count_of(strbuf_str(&text), STR("node-0,")), 2);
	assert_int_equal(count_of(strbuf_str(&text), STR("\n")), 5);
	close(fds[0]);
	strbuf_free(&text);
	arena_free(&arena);
}

static void the_table_of_processes_is_another(void **state)
{
	(void)state;
	Arena arena = {0};
	Err err = {""};
	int fds[2];
	assert_int_equal(pipe(fds), 0);
	Report report = report_of(&arena, 3);
	Batch *batch = batch_on(fds[1], TABLE_PROCESSES);
	assert_true(batch_write(batch, &report, &err));
	batch_free(batch);
	close(fds[1]);
	StrBuf text = read_all(fds[0]);
	assert_true(str_starts(strbuf_str(&text), STR("time,cluster,node,pid,backend_type,")));
	assert_int_equal(count_of(strbuf_str(&text), STR("\n")), 4);
	assert_int_equal(count_of(strbuf_str(&text), STR(",1002,")), 1);
	close(fds[0]);
	strbuf_free(&text);
	arena_free(&arena);
}

static void rows_are_chosen_and_sorted(void **state)
{
	(void)state;
	Arena arena = {0};
	Err err = {""};
	int fds[2];
	Filter filter = {0};
	const MetricTable *table = metric_table(TABLE_PROCESSES);
	assert_int_equal(pipe(fds), 0);
	Report report = report_of(&arena, 5);
	assert_true(filter_parse(&filter, table, STR("pid>1000 pid<1004"), &err));
	SortOrder order = order_by(metric_find(table, STR("pid")));
	assert_ptr_equal(report_choose(&arena, &report, TABLE_NODES, &(Filter){0}, (SortOrder){0}), &report);
	Batch *batch = batch_on(fds[1], TABLE_PROCESSES);
	assert_true(batch_write(batch, report_choose(&arena, &report, TABLE_PROCESSES, &filter, order), &err));
	assert_int_equal(report.nprocesses, 5); /* what is shown stays as it is */
	batch_free(batch);
	close(fds[1]);
	StrBuf text = read_all(fds[0]);
	assert_int_equal(count_of(strbuf_str(&text), STR("\n")), 4);
	size_t first = str_find(strbuf_str(&text), STR(",1003,")), last = str_find(strbuf_str(&text), STR(",1001,"));
	assert_true(first < last && last < text.len);
	close(fds[0]);
	strbuf_free(&text);
	arena_free(&arena);
}

static void *reader(void *fd)
{
	usleep(50000); /* let the pipe become full */
	StrBuf *text = xcalloc(1, sizeof(*text));
	*text = read_all(*(int *)fd);
	return text;
}

/* Also where somebody made the pipe non-blocking. */
static void a_slow_reader_gets_every_byte(void **state)
{
	(void)state;
	for (int flags = 0; flags <= O_NONBLOCK; flags += O_NONBLOCK) {
		Arena arena = {0};
		Err err = {""};
		int fds[2];
		pthread_t thread;
		void *result = NULL;
		assert_int_equal(pipe(fds), 0);
		assert_int_equal(fcntl(fds[1], F_SETFL, flags), 0);
		Report report = report_of(&arena, MANY_ROWS);
		Batch *batch = batch_on(fds[1], TABLE_NODES);
		assert_int_equal(pthread_create(&thread, NULL, reader, &fds[0]), 0);
		assert_true(batch_write(batch, &report, &err));
		close(fds[1]);
		assert_int_equal(pthread_join(thread, &result), 0);
		StrBuf *text = result;
		assert_int_equal(count_of(strbuf_str(text), STR("\n")), MANY_ROWS + 1);
		assert_true(text->len > 65536);
		close(fds[0]);
		batch_free(batch);
		strbuf_free(text);
		free(text);
		arena_free(&arena);
	}
}

static void a_full_disk_and_a_closed_pipe_are_errors(void **state)
{
	(void)state;
	Arena arena = {0};
	Err err = {""};
	int fds[2];
	Report report = report_of(&arena, 1);
	int full = open("/dev/full", O_WRONLY);
	Batch *batch = batch_on(full, TABLE_NODES);
	assert_false(batch_write(batch, &report, &err));
	assert_string_equal(err.text, "cannot write to standard output: No space left on device");
	batch_free(batch);
	close(full);
	assert_int_equal(pipe(fds), 0);
	close(fds[0]);
	batch = batch_on(fds[1], TABLE_NODES);
	assert_false(batch_write(batch, &report, &err));
	assert_string_equal(err.text, "cannot write to standard output: Broken pipe");
	batch_free(batch);
	close(fds[1]);
	arena_free(&arena);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_header_comes_once_and_then_the_rows),
		cmocka_unit_test(the_table_of_processes_is_another),
		cmocka_unit_test(rows_are_chosen_and_sorted),
		cmocka_unit_test(a_slow_reader_gets_every_byte),
		cmocka_unit_test(a_full_disk_and_a_closed_pipe_are_errors),
	};
	return cmocka_run_group_tests_name("batch", tests, NULL, NULL);
}
