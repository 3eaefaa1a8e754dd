#include "collect/decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "grid_fixture.h"

/* What a live server sends, by the columns of the query. */
typedef struct Sent {
	int pid;
	const char *stat;
	const char *io; /* NULL = not read */
	Str cmdline;
} Sent;

enum { OWN = 30 };

#define TAIL \
	" 10 10 0 -1 4194368 87 0 0 0 7 5 0 0 20 0 1 0 2307800 1 1 1 1 1 1 1 1 0 0 0 0 0 0 0 17 0 0 0 3 0 0 0 0 0 0\n"
#define IO(n) \
	"rchar: " n "1\nwchar: " n "2\nsyscr: 3\nsyscw: 4\nread_bytes: " n "5\nwrite_bytes: " n \
	"6\ncancelled_write_bytes: 7\n"

static const Sent GOOD[] = {
	{10, "10 (postgres) S 1" TAIL, IO("1"), STR_INIT("/usr/bin/postgres\0-D\0/data")},
	{20, "20 (postgres) S 10" TAIL, IO("2"), STR_INIT("postgres: walwriter   ")},
	{OWN, "30 (postgres) R 10" TAIL, IO("3"), STR_INIT("postgres: u d [local] idle\0\0\0")},
};

static Grid grid_of_sent(const Sent *sent, int count, const char *delays)
{
	Grid g = grid_of(QUERY_PROCESSES, count);
	for (int i = 0; i < count; i++) {
		put_number(&g, i, 0, sent[i].pid, 4);
		put(&g, i, 1, str_from(sent[i].stat));
		put(&g, i, 2, str_from(sent[i].io));
		put(&g, i, 3, sent[i].cmdline);
		put(&g, i, 4, str_from(delays));
		put_number(&g, i, 5, 5000000, 8);
	}
	return g;
}

static NodeSample *decoded_as(const Sent *sent, int count, const char *delays)
{
	Grid g = grid_of_sent(sent, count, delays);
	NodeSample *sample = sample_new(NULL);
	Err err = {""};
	if (!decode_processes(grid_rows(&g), OWN, sample, &err))
		fail_msg("%s", err.text);
	arena_free(&g.arena); /* nothing of the answer is borrowed */
	return sample;
}

static void a_process_is_read_as_from_our_own_proc(void **state)
{
	NodeSample *n = decoded_as(GOOD, 3, "1\n");
	const ProcTable *t = n->procs;
	assert_int_equal(t->nrows, 3);
	assert_true(str_is_none(t->error) && str_eq(t->source, STR("sql")) && t->delay_accounting);
	assert_int_equal(t->ticks_per_second, 100);
	assert_true(n->server_time_us == EPOCH_US + 5000000);
	const ProcSample *p = &t->rows[1];
	assert_int_equal(p->pid, 20);
	assert_int_equal(p->ppid, 10);
	assert_int_equal(p->run_state, 'S');
	assert_true(p->start_ticks == 2307800 && p->cpu_ticks == 12 && p->blkio_ticks == 3);
	assert_int_equal(p->io_access, PROC_OK);
	assert_true(p->io.rchar == 21 && p->io.wchar == 22 && p->io.read_bytes == 25 && p->io.write_bytes == 26);
	assert_true(str_eq(p->title, STR("postgres: walwriter")));
	assert_true(str_eq(t->rows[0].title, STR("/usr/bin/postgres -D /data")));
	done(n);
}

static void a_process_whose_io_was_not_read_has_exited(void **state)
{
	Sent sent[] = {GOOD[0], GOOD[1], GOOD[2]};
	sent[1].io = NULL;
	sent[1].cmdline = STR_NONE;
	NodeSample *n = decoded_as(sent, 3, "0");
	assert_int_equal(n->procs->nrows, 3);
	assert_int_equal(n->procs->rows[1].io_access, PROC_GONE);
	assert_true(str_is_none(n->procs->rows[1].title));
	assert_int_equal(n->procs->rows[2].io_access, PROC_OK);
	assert_true(str_is_none(n->procs->error));
	done(n);
}

static void without_our_own_io_the_kernel_counts_none(void **state)
{
	Sent sent[] = {GOOD[0], GOOD[1], GOOD[2]};
	for (int i = 0; i < 3; i++)
		sent[i].io = NULL;
	NodeSample *n = decoded_as(sent, 3, "0");
	assert_int_equal(n->procs->nrows, 3); /* the rest is known */
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(n->procs->rows[i].io_access, PROC_FAILED);
	assert_non_null(strstr(n->procs->error.data, "does not count I/O"));
	done(n);
}

/* The numbers of another pid namespace are other processes. */
static void without_our_own_process_nothing_is_believed(void **state)
{
	for (int count = 0; count <= 2; count++) {
		NodeSample *n = decoded_as(GOOD, count, "0");
		assert_int_equal(n->procs->nrows, 0);
		assert_non_null(strstr(n->procs->error.data, "does not show its processes"));
		done(n);
	}
}

static void what_is_no_stat_is_left_out(void **state)
{
	static const char others[] = "21 (postgres) S 10" TAIL;
	static const char *const bad[] = {"", "text", "20 (postgres) S 10 10\n", others, NULL};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		Sent sent[] = {GOOD[0], GOOD[1], GOOD[2]};
		sent[1].stat = bad[i];
		NodeSample *n = decoded_as(sent, 3, "0");
		assert_int_equal(n->procs->nrows, 2);
		assert_int_equal(n->procs->rows[1].pid, OWN);
		done(n);
	}
}

static void a_name_as_the_query_escapes_it_does_no_harm(void **state)
{
	Sent sent[] = {
		GOOD[0], {20, "20 (p\\303\\244) S 1 \\\\) R 10" TAIL, IO("2"), STR_INIT("\x1b[31m\xff")}, GOOD[2]};
	NodeSample *n = decoded_as(sent, 3, "0");
	assert_int_equal(n->procs->rows[1].ppid, 10);
	assert_true(str_eq(n->procs->rows[1].title, STR("\x1b[31m\xff"))); /* made safe where it is drawn */
	done(n);
}

static void delays_are_counted_where_the_switch_or_a_delay_says_so(void **state)
{
	static const struct {
		const char *delays;
		bool counted;
	} cases[] = {{"1\n", true}, {"0\n", false}, {"0", false}, {NULL, true}, {"", true}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		NodeSample *n = decoded_as(GOOD, 3, cases[i].delays);
		assert_int_equal(n->procs->delay_accounting, cases[i].counted);
		done(n);
	}
}

static void pids_come_out_sorted_each_once(void **state)
{
	const Sent sent[] = {GOOD[1], GOOD[0], GOOD[1], GOOD[2]};
	NodeSample *n = decoded_as(sent, 4, "0");
	assert_int_equal(n->procs->nrows, 2);
	assert_int_equal(n->procs->rows[0].pid, 20);
	assert_int_equal(n->procs->rows[1].pid, OWN);
	done(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_process_is_read_as_from_our_own_proc),
		cmocka_unit_test(a_process_whose_io_was_not_read_has_exited),
		cmocka_unit_test(without_our_own_io_the_kernel_counts_none),
		cmocka_unit_test(without_our_own_process_nothing_is_believed),
		cmocka_unit_test(what_is_no_stat_is_left_out),
		cmocka_unit_test(a_name_as_the_query_escapes_it_does_no_harm),
		cmocka_unit_test(delays_are_counted_where_the_switch_or_a_delay_says_so),
		cmocka_unit_test(pids_come_out_sorted_each_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
