#include "model/proc_totals.h"

#include "report_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS = 4, NODES = 2 };

/* Two nodes with some processes, read again and again; pid, start and written bytes are given. */
typedef struct World {
	ProcTotals *totals;
	Node nodes[NODES];
	NodeIdentity identities[NODES];
	NodeSample samples[NODES];
	ProcTable tables[NODES];
	ProcSample rows[NODES][ROWS];
	ProcessRow processes[NODES * ROWS];
	Snapshot snapshot;
	Report report;
} World;

static void begin(World *w)
{
	*w = (World){.totals = proc_totals_new()};
	w->snapshot.nodes = w->nodes;
	w->snapshot.nnodes = NODES;
	w->report.processes = w->processes;
	for (uint32_t n = 0; n < NODES; n++) {
		w->identities[n].postmaster_start_us = 1000;
		w->nodes[n] = (Node){.id = n + 1, .sample = &w->samples[n], .identity = &w->identities[n]};
		w->samples[n].procs = &w->tables[n];
		w->tables[n].rows = w->rows[n];
	}
}

static void add(World *w, int node, int pid, uint64_t start, uint64_t written)
{
	ProcSample *row = &w->rows[node][w->tables[node].nrows++];
	*row = (ProcSample){.pid = pid, .start_ticks = start, .io = {written * 4, written * 3, written * 2, written}};
}

static void clear(World *w)
{
	for (int n = 0; n < NODES; n++) {
		w->tables[n].nrows = 0;
		w->tables[n].t_mono_ns += 1000000000;
	}
}

/* A report with these processes; what their totals are. */
static void show(World *w)
{
	w->report.nprocesses = 0;
	for (int n = 0; n < NODES; n++) {
		for (size_t i = 0; i < w->tables[n].nrows; i++) {
			ProcessRow *row = &w->processes[w->report.nprocesses++];
			*row = fixture_process_row();
			row->pid = w->rows[n][i].pid;
			row->key = (RowKey){(NodeId)n + 1, (int)row->pid, 0};
		}
	}
	proc_totals_note(w->totals, &w->snapshot);
	proc_totals_fill(w->totals, &w->report);
}

static void what_was_there_before_counts_from_first_sight(void **state)
{
	World w;
	(void)state;
	begin(&w);
	add(&w, 0, 10, 5, 1000);
	add(&w, 0, 11, 7, 50);
	add(&w, 1, 10, 9, 600);
	show(&w);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(w.processes[i].write_bytes, 0);
	clear(&w);
	add(&w, 0, 10, 5, 1300);
	add(&w, 0, 11, 7, 50);
	add(&w, 1, 10, 9, 601);
	show(&w);
	assert_int_equal(w.processes[0].write_bytes, 300);
	assert_int_equal(w.processes[0].read_bytes, 600);
	assert_int_equal(w.processes[0].wchar_bytes, 900);
	assert_int_equal(w.processes[0].rchar_bytes, 1200);
	assert_int_equal(w.processes[1].write_bytes, 0);
	assert_int_equal(w.processes[2].write_bytes, 1);
	proc_totals_free(w.totals);
}

static void what_begins_later_counts_from_zero_and_a_recycled_pid_anew(void **state)
{
	World w;
	(void)state;
	begin(&w);
	add(&w, 0, 10, 5, 1000);
	show(&w);
	clear(&w);
	add(&w, 0, 9, 8, 70); /* pids wrap around */
	add(&w, 0, 10, 9, 20);
	add(&w, 0, 11, 4, 500); /* older than what was seen first: it was not to be read then */
	show(&w);
	assert_int_equal(w.processes[0].write_bytes, 70);
	assert_int_equal(w.processes[1].write_bytes, 20);
	assert_int_equal(w.processes[2].write_bytes, 0);
	clear(&w);
	add(&w, 0, 10, 9, 25);
	add(&w, 0, 11, 4, 501);
	show(&w);
	assert_int_equal(w.processes[0].write_bytes, 25);
	assert_int_equal(w.processes[1].write_bytes, 1);
	proc_totals_free(w.totals);
}

static void intervals_in_which_nothing_is_read_are_included(void **state)
{
	World w;
	(void)state;
	begin(&w);
	add(&w, 0, 10, 5, 1000);
	show(&w);
	clear(&w);
	w.samples[0].procs = NULL;
	show(&w);
	clear(&w);
	add(&w, 0, 10, 5, 0);
	w.samples[0].procs = NULL; /* the row is known from the server alone */
	show(&w);
	assert_int_equal(w.processes[0].write_bytes, INT_NONE);
	clear(&w);
	w.samples[0].procs = &w.tables[0];
	show(&w); /* nothing could be read */
	clear(&w);
	add(&w, 0, 10, 5, 1400);
	show(&w);
	assert_int_equal(w.processes[0].write_bytes, 400);
	proc_totals_free(w.totals);
}

static void processes_that_the_server_reads_are_counted_and_a_part_of_them_is_not(void **state)
{
	World w;
	NodeSample remote = {.procs = NULL};
	(void)state;
	begin(&w);
	w.samples[0].has_activity = true;
	w.samples[0].procs = NULL;
	w.nodes[0].remote = &remote;
	remote.procs = &w.tables[0];
	add(&w, 0, 10, 5, 1000);
	add(&w, 0, 11, 6, 70);
	show(&w);
	assert_int_equal(w.processes[0].write_bytes, 0);
	clear(&w);
	w.tables[0].error = STR("not read");
	add(&w, 0, 10, 5, 1100); /* 11 is left out, and lives */
	show(&w);
	assert_int_equal(w.processes[0].write_bytes, INT_NONE);
	clear(&w);
	w.tables[0].error = STR_NONE;
	add(&w, 0, 10, 5, 1300);
	add(&w, 0, 11, 6, 90);
	show(&w);
	assert_int_equal(w.processes[0].write_bytes, 300);
	assert_int_equal(w.processes[1].write_bytes, 20);
	proc_totals_free(w.totals);
}

static void what_may_not_be_read_has_no_total(void **state)
{
	World w;
	(void)state;
	begin(&w);
	add(&w, 0, 10, 5, 1000);
	add(&w, 0, 11, 6, 10);
	w.rows[0][0].io_access = PROC_DENIED;
	w.rows[0][1].start_ticks = 0;
	show(&w);
	assert_int_equal(w.processes[0].write_bytes, INT_NONE);
	assert_int_equal(w.processes[1].write_bytes, INT_NONE);
	clear(&w);
	add(&w, 0, 10, 5, 1300);
	show(&w);
	assert_int_equal(w.processes[0].write_bytes, 0);
	clear(&w);
	add(&w, 0, 10, 5, 1);
	w.rows[0][0].io_access = PROC_FAILED; /* this time: what was known stays */
	show(&w);
	clear(&w);
	add(&w, 0, 10, 5, 1350);
	show(&w);
	assert_int_equal(w.processes[0].write_bytes, 50);
	clear(&w);
	add(&w, 0, 10, 5, 1299); /* below where it began */
	show(&w);
	assert_int_equal(w.processes[0].write_bytes, INT_NONE);
	proc_totals_free(w.totals);
}

static void a_server_that_starts_anew_has_new_processes_only(void **state)
{
	World w;
	(void)state;
	begin(&w);
	add(&w, 0, 10, 500, 1000);
	show(&w);
	clear(&w);
	w.identities[0].postmaster_start_us = 2000;
	add(&w, 0, 10, 30, 80); /* its host was started, too */
	show(&w);
	assert_int_equal(w.processes[0].write_bytes, 80);
	proc_totals_free(w.totals);
}

static void the_same_reading_counts_once(void **state)
{
	World w;
	(void)state;
	begin(&w);
	add(&w, 0, 10, 5, 1000);
	show(&w);
	show(&w);
	clear(&w);
	add(&w, 0, 10, 5, 1001);
	show(&w);
	show(&w);
	assert_int_equal(w.processes[0].write_bytes, 1);
	proc_totals_free(w.totals);
	proc_totals_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_there_before_counts_from_first_sight),
		cmocka_unit_test(what_begins_later_counts_from_zero_and_a_recycled_pid_anew),
		cmocka_unit_test(intervals_in_which_nothing_is_read_are_included),
		cmocka_unit_test(processes_that_the_server_reads_are_counted_and_a_part_of_them_is_not),
		cmocka_unit_test(what_may_not_be_read_has_no_total),
		cmocka_unit_test(a_server_that_starts_anew_has_new_processes_only),
		cmocka_unit_test(the_same_reading_counts_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
