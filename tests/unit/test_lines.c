#include "view/lines.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "report_fixture.h"
#include "snapshot_fixture.h"

static const Metric *column(const char *name)
{
	const Metric *metric = metric_find(metric_table(TABLE_NODES), str_from(name));
	assert_non_null(metric);
	return metric;
}

/* A name a line, one dot a level, "/" before a last child, "[title]" for a heading, "+n" behind what is folded. */
static void draw(const Lines *lines, const Report *report, StrBuf *out)
{
	for (size_t i = 0; i < lines->count; i++) {
		const TreeLine *line = &lines->rows[i];
		for (uint32_t p = line->parent; p != ROW_NONE; p = lines->rows[p].parent)
			strbuf_add_char(out, '.');
		if (line->last_child)
			strbuf_add_char(out, '/');
		if (line->node != ROW_NONE)
			strbuf_add(out, report->nodes[line->node].node);
		else if (line->cluster != ROW_NONE)
			strbuf_addf(out, "[%.*s]", STR_ARG(report->clusters[line->cluster].cluster));
		else
			strbuf_add_cstr(out, "[]");
		if (line->folded)
			strbuf_addf(out, "+%u", (unsigned)line->below);
		strbuf_add_char(out, ' ');
	}
}

static const Filter everything = {0};

static void check(const Report *report, SortOrder order, const FoldSet *folded, const char *wanted)
{
	Lines lines = {0};
	StrBuf text = {0};
	lines_build(&lines, report, order, folded, &everything);
	draw(&lines, report, &text);
	if (!str_eq(str_trim(strbuf_str(&text)), str_from(wanted)))
		fail_msg("wanted '%s', got '%s'", wanted, text.data);
	strbuf_free(&text);
	lines_free(&lines);
}

static const SortOrder unsorted = {0};
static const FoldSet none = {0};

static void one_cluster_has_no_heading(void **state)
{
	ReportFixture f;
	fixture_reference(&f);
	check(&f.report, unsorted, &none, "p1 .s1 ../s4 .s2 .s3 ./pg_receivewal 127.0.0.1:41122");
	fixture_unreachable(&f);
	check(&f.report, unsorted, &none, "10.0.0.1:5432 10.0.0.2:5432");
	f.report.nnodes = f.report.nclusters = 0;
	check(&f.report, unsorted, &none, "");
}

static void each_of_several_clusters_has_a_heading_and_the_unknown_share_one(void **state)
{
	ReportFixture f;
	fixture_forest(&f);
	const char *wanted = "[7312345678901234567] p1 .s1 ../s4 .s2 .s3 ./pg_receivewal 127.0.0.1:41122 "
			     "[7400000000000000001] shop-a ./shop-b "
			     "[7400000000000000002] billing-a .billing-b ./billing-c [] 10.0.0.1:5432";
	check(&f.report, unsorted, &none, wanted);
	/* Wherever the unknown ones stand in the report. */
	f.nodes[11].cluster_index = 0;
	for (uint32_t i = 0; i < 11; i++)
		f.nodes[i].cluster_index++;
	ClusterRow unknown = f.clusters[3];
	for (uint32_t i = 3; i > 0; i--)
		f.clusters[i] = f.clusters[i - 1];
	f.clusters[0] = unknown;
	NodeRow row = f.nodes[11];
	for (uint32_t i = 11; i > 0; i--) {
		f.nodes[i] = f.nodes[i - 1];
		f.nodes[i].parent += f.nodes[i].parent != ROW_NONE;
	}
	f.nodes[0] = row;
	check(&f.report, unsorted, &none, wanted);
}

static void what_is_folded_counts_what_it_hides_and_shows_the_worst_of_it(void **state)
{
	ReportFixture f;
	FoldSet folded = {0};
	fixture_forest(&f);
	fold_set(&folded, f.nodes[0].key, true);
	fold_set(&folded, f.clusters[2].key, true);
	fold_set(&folded, f.nodes[1].key, true); /* inside another fold */
	fold_set(&folded, f.nodes[7].key, true); /* nothing is below it */
	check(&f.report, unsorted, &folded,
	      "[7312345678901234567] p1+5 [7400000000000000001] shop-a ./shop-b+0 [7400000000000000002]+3 [] 10.0.0.1:5432");
	Lines lines = {0};
	lines_build(&lines, &f.report, unsorted, &folded, &everything);
	assert_int_equal(lines.rows[1].worst, HEALTH_WARNING); /* paused */
	assert_int_equal(lines.rows[5].worst, HEALTH_BAD);     /* old timeline */
	assert_int_equal(lines.rows[5].below, 3);
	assert_int_equal(lines.rows[0].below, 6);
	lines_free(&lines);
	fold_set(&folded, f.nodes[0].key, false);
	check(&f.report, unsorted, &folded,
	      "[7312345678901234567] p1 .s1+1 .s2 .s3 ./pg_receivewal 127.0.0.1:41122 [7400000000000000001] shop-a "
	      "./shop-b+0 [7400000000000000002]+3 [] 10.0.0.1:5432");
	fold_free(&folded);
}

static void siblings_are_sorted_and_the_tree_stays_a_tree(void **state)
{
	ReportFixture f;
	fixture_reference(&f);
	check(&f.report, (SortOrder){column("lag_bytes"), true}, &none,
	      "p1 .s3 .s2 .s1 ../s4 ./pg_receivewal 127.0.0.1:41122");
	check(&f.report, (SortOrder){column("lag_bytes"), false}, &none,
	      "p1 .s1 ../s4 .s2 .s3 ./pg_receivewal 127.0.0.1:41122"); /* what is not known is last both ways */
	check(&f.report, (SortOrder){column("node"), true}, &none,
	      "p1 .s3 .s2 .s1 ../s4 ./pg_receivewal 127.0.0.1:41122");
	check(&f.report, (SortOrder){column("role"), true}, &none,
	      "p1 .s1 ../s4 .s2 .s3 ./pg_receivewal 127.0.0.1:41122"); /* equals stand as they did */
}

/* With "?" before what the filter leaves out and shows all the same. */
static void check_filtered(const Report *report, const FoldSet *folded, const char *text, size_t matching,
                           const char *wanted)
{
	Filter filter = {0};
	Err err = {""};
	Lines lines = {0};
	StrBuf got = {0};
	assert_true(filter_parse(&filter, metric_table(TABLE_NODES), str_from(text), &err));
	lines_build(&lines, report, unsorted, folded, &filter);
	for (size_t i = 0; i < lines.count; i++)
		if (lines.rows[i].only_above)
			strbuf_add_char(&got, '?');
	strbuf_add_char(&got, ' ');
	draw(&lines, report, &got);
	assert_int_equal(lines.matching, matching);
	if (!str_eq(str_trim(strbuf_str(&got)), str_from(wanted)))
		fail_msg("filter '%s': wanted '%s', got '%s'", text, wanted, got.data);
	strbuf_free(&got);
	lines_free(&lines);
}

static void a_filter_keeps_the_way_up_from_what_it_lets_through(void **state)
{
	ReportFixture f;
	FoldSet folded = {0};
	fixture_forest(&f);
	check_filtered(&f.report, &none, "s4", 1, "?? [7312345678901234567] p1 ./s1 ../s4");
	check_filtered(&f.report, &none, "node=s1", 1, "? [7312345678901234567] p1 ./s1"); /* not what is below it */
	check_filtered(&f.report, &none, "node=p1", 1, "[7312345678901234567] p1");
	check_filtered(&f.report, &none, "state=paused", 1, "? [7312345678901234567] p1 ./s2");
	check_filtered(&f.report, &none, "billing", 3, "[7400000000000000002] billing-a .billing-b ./billing-c");
	check_filtered(&f.report, &none, "10.0.0.1", 1, "[] 10.0.0.1:5432");
	check_filtered(&f.report, &none, "nothing", 0, "");
	check_filtered(&f.report, &none, "", f.report.nnodes,
	               "[7312345678901234567] p1 .s1 ../s4 .s2 .s3 ./pg_receivewal 127.0.0.1:41122 "
	               "[7400000000000000001] shop-a ./shop-b "
	               "[7400000000000000002] billing-a .billing-b ./billing-c [] 10.0.0.1:5432");
	fold_set(&folded, f.nodes[0].key, true);
	check_filtered(&f.report, &folded, "s4", 1, "? [7312345678901234567] p1+2");
	fold_free(&folded);
}

static void clusters_are_sorted_by_their_roots(void **state)
{
	ReportFixture f;
	FoldSet folded = {0};
	fixture_forest(&f);
	for (size_t i = 0; i < f.report.nclusters; i++)
		fold_set(&folded, f.clusters[i].key, true);
	const char *by_name =
		"[7400000000000000002]+3 [7312345678901234567]+6 [7400000000000000001]+2 []+1"; /* billing p1 shop */
	check(&f.report, (SortOrder){column("node"), false}, &folded, by_name);
	check(&f.report, (SortOrder){column("node"), true}, &folded,
	      "[7400000000000000001]+2 [7312345678901234567]+6 [7400000000000000002]+3 []+1");
	fold_free(&folded);
}

static void a_fold_set_holds_what_was_put_into_it(void **state)
{
	FoldSet set = {0};
	uint64_t seed = 3;
	bool there[64] = {false};
	for (int i = 0; i < 5000; i++) {
		uint32_t k = (uint32_t)snap_random(&seed, 64);
		bool folded = snap_random(&seed, 2) == 0;
		fold_set(&set, (RowKey){k / 8, (int)(k % 4), k % 8}, folded);
		there[k] = folded;
		size_t count = 0;
		for (uint32_t m = 0; m < 64; m++) {
			assert_int_equal(fold_has(&set, (RowKey){m / 8, (int)(m % 4), m % 8}), there[m]);
			count += there[m];
		}
		assert_int_equal(set.count, count);
	}
	fold_free(&set);
	assert_int_equal(set.count, 0);
}

/* Any parents and clusters, any folds: each row is a line or below a folded one, and parents stand before children. */
static void random_reports_give_each_row_its_line(void **state)
{
	uint64_t seed = 11;
	enum { ROWS = 40 };
	for (int round = 0; round < 2000; round++) {
		NodeRow rows[ROWS];
		ClusterRow clusters[4];
		Report report = {.nodes = rows, .nnodes = (size_t)snap_random(&seed, ROWS + 1), .clusters = clusters};
		report.nclusters = (size_t)snap_random(&seed, 5);
		for (size_t c = 0; c < report.nclusters; c++) {
			clusters[c] = fixture_cluster_row();
			clusters[c].cluster = snap_random(&seed, 3) == 0 ? STR_NONE : STR("7");
			clusters[c].key.start_us = (int64_t)c + 1;
		}
		FoldSet folded = {0};
		for (uint32_t i = 0; i < report.nnodes; i++) {
			rows[i] = fixture_node_row();
			rows[i].key.node = i + 1;
			rows[i].cluster_index = (uint32_t)snap_random(&seed, 6);
			rows[i].parent = snap_random(&seed, 3) == 0 ? ROW_NONE : (uint32_t)snap_random(&seed, ROWS);
			rows[i].lag_bytes = (int64_t)snap_random(&seed, 5);
			if (snap_random(&seed, 6) == 0)
				fold_set(&folded, rows[i].key, true);
		}
		if (report.nclusters > 0 && snap_random(&seed, 3) == 0)
			fold_set(&folded, clusters[0].key, true);
		SortOrder order = {snap_random(&seed, 2) == 0 ? column("lag_bytes") : NULL, snap_random(&seed, 2) == 0};
		Lines lines = {0};
		lines_build(&lines, &report, order, &folded, &everything);
		size_t covered = 0, outer = SIZE_MAX;
		for (size_t k = 0; k < lines.count; k++) {
			const TreeLine *line = &lines.rows[k];
			assert_true(line->parent == ROW_NONE || line->parent < k);
			covered += line->node != ROW_NONE;
			covered += line->folded ? line->below : 0;
			outer = line->node == ROW_NONE ? k : outer;
			assert_true(outer == SIZE_MAX || line->node == ROW_NONE || !lines.rows[outer].folded);
		}
		assert_int_equal(covered, report.nnodes);
		lines_free(&lines);
		fold_free(&folded);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_cluster_has_no_heading),
		cmocka_unit_test(each_of_several_clusters_has_a_heading_and_the_unknown_share_one),
		cmocka_unit_test(what_is_folded_counts_what_it_hides_and_shows_the_worst_of_it),
		cmocka_unit_test(siblings_are_sorted_and_the_tree_stays_a_tree),
		cmocka_unit_test(a_filter_keeps_the_way_up_from_what_it_lets_through),
		cmocka_unit_test(clusters_are_sorted_by_their_roots),
		cmocka_unit_test(a_fold_set_holds_what_was_put_into_it),
		cmocka_unit_test(random_reports_give_each_row_its_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
