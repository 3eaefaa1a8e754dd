#include "record_fixture.h"
#include "report_fixture.h"

#include "view/render.h"
#include "view/ui_act.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void (*const builders[])(ReportFixture *) = {
	fixture_reference,
	fixture_node_down,
	fixture_sync_wait,
	fixture_hostile,
	fixture_plain_role,
	fixture_unreachable,
	fixture_slots,
	fixture_split_brain,
	fixture_forest,
	fixture_clusters,
	fixture_processes,
	fixture_views,
	fixture_blocked,
	fixture_hidden_quorum,
	fixture_blocked_elsewhere,
	fixture_actions,
	fixture_roles,
	fixture_delays_off,
	fixture_delays_off_for_some,
};

static Report *read_back(Recorded *recorded, Arena *arena)
{
	RecordFault fault;
	Err err = {""};
	Report *report = recorded_read(recorded, arena, &fault, &err);
	if (report == NULL)
		fail_msg("%s.csv at %zu: %s", record_file_name(fault.file), fault.offset, err.text);
	return report;
}

static void every_fixture_comes_back_byte_for_byte(void **state)
{
	static ReportFixture fixture;
	Arena arena = {0};
	(void)state;
	for (size_t i = 0; i < COUNT(builders); i++) {
		Recorded first, second;
		builders[i](&fixture);
		recorded_write(&first, &fixture.report);
		Report *report = read_back(&first, &arena);
		recorded_write(&second, report);
		second.sample.clock_us = first.sample.clock_us;
		for (size_t file = 0; file < RECORD_FILES; file++)
			assert_string_equal(first.texts[file].data, second.texts[file].data);
		recorded_free(&first);
		recorded_free(&second);
		arena_reset(&arena);
	}
	arena_free(&arena);
}

/* ---- no field is forgotten ---- */

typedef struct Span {
	size_t from, size;
} Span;

static size_t size_of(RecordType type)
{
	static const size_t sizes[] = {
		[RECORD_TEXT] = sizeof(Str),         [RECORD_INT] = sizeof(int64_t),
		[RECORD_REAL] = sizeof(double),      [RECORD_LSN] = sizeof(Lsn),
		[RECORD_FLAG] = sizeof(bool),        [RECORD_NUMBER] = sizeof(int),
		[RECORD_INDEX] = sizeof(uint32_t),   [RECORD_NODE_ID] = sizeof(NodeId),
		[RECORD_HEALTH] = sizeof(RowHealth), [RECORD_NEVER] = sizeof(double),
	};
	return sizes[type];
}

static void mark(bool *known, RecordFile file)
{
	RecordColumn columns[RECORD_COLUMNS_MAX];
	size_t count = record_columns(file, columns);
	for (size_t i = 0; i < count; i++)
		memset(known + columns[i].offset, true, size_of(columns[i].type));
}

/* Every byte of a row belongs to a column, to a field that is made anew, or lies where the compiler leaves room. */
static void check_all_known(const char *name, const bool *known, size_t size)
{
	for (size_t at = 0; at < size; at++) {
		size_t end = at;
		while (end < size && !known[end])
			end++;
		bool room = end - at < 8 && end % 4 == 0;
		if (end > at && !room)
			fail_msg("%s: bytes %zu to %zu of the row are in no file", name, at, end);
		at = end;
	}
}

static void every_field_of_every_row_is_in_a_file(void **state)
{
	static const struct {
		const char *name;
		RecordFile files[2];
		Span made[2]; /* from the rows of other files, or by counting */
	} rows[] = {
		{"NodeRow", {RECORD_NODES, RECORD_NODES_MORE}, {{0, 0}}},
		{"ProcessRow", {RECORD_PROCESSES, RECORD_PROCESSES_MORE}, {{0, 0}}},
		{"SlotRow", {RECORD_SLOTS, RECORD_SLOTS}, {{0, 0}}},
		{"QuorumRow",
	         {RECORD_QUORUM, RECORD_QUORUM_MORE},
	         {{offsetof(QuorumRow, standbys), 2 * sizeof(size_t)},
	          {offsetof(QuorumRow, what_if), 2 * sizeof(size_t)}}},
		{"EventRow", {RECORD_EVENTS, RECORD_EVENTS}, {{offsetof(EventRow, number), sizeof(uint64_t)}}},
		{"ClusterRow", {RECORD_CLUSTERS, RECORD_CLUSTERS}, {{0, 0}}},
		{"CandidateRow", {RECORD_CANDIDATES, RECORD_CANDIDATES}, {{0, 0}}},
		{"WhatIfRow", {RECORD_WHAT_IF, RECORD_WHAT_IF}, {{0, 0}}},
		{"RoleRow", {RECORD_ROLES, RECORD_ROLES}, {{0, 0}}},
		{"RecordSample", {RECORD_SAMPLES, RECORD_SAMPLES}, {{0, 0}}},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		bool known[2048] = {false};
		size_t size = record_row_size(rows[i].files[0]);
		assert_true(size <= sizeof known);
		mark(known, rows[i].files[0]);
		mark(known, rows[i].files[1]);
		for (size_t j = 0; j < 2; j++)
			memset(known + rows[i].made[j].from, true, rows[i].made[j].size);
		check_all_known(rows[i].name, known, size);
	}
}

static void the_files_that_tell_of_one_row_have_no_column_twice(void **state)
{
	(void)state;
	for (size_t file = 0; file < RECORD_FILES; file++) {
		RecordColumn columns[RECORD_COLUMNS_MAX];
		size_t count = record_columns((RecordFile)file, columns);
		assert_true(count > 0 && count < RECORD_COLUMNS_MAX);
		for (size_t i = 0; i < count; i++)
			for (size_t j = 0; j < i; j++)
				assert_string_not_equal(columns[i].name, columns[j].name);
		assert_true(record_file_help((RecordFile)file)[0] != '\0');
	}
}

/* ---- values ---- */

static void values_that_are_hard_to_spell_come_back(void **state)
{
	static ReportFixture fixture;
	Arena arena = {0};
	Recorded recorded;
	(void)state;
	fixture_reference(&fixture);
	NodeRow *row = &fixture.report.nodes[1];
	row->eta_seconds = INFINITY;
	row->lag_seconds = NAN;
	row->lag_bytes = INT64_MAX;
	row->replay_lsn = UINT64_MAX;
	row->flush_lsn = LSN_NONE;
	row->bottleneck = STR("");
	row->error = STR("a \"quoted\", comma\r\nand \x1b[31m a line");
	row->slot_name = STR_NONE;
	row->key.start_us = INT64_MIN;
	row->key.pid = ROW_KEY_SLOT;
	row->wal_bytes_per_second = 1.25e15;
	row->health = HEALTH_UNKNOWN;
	recorded_write(&recorded, &fixture.report);
	const NodeRow *back = &read_back(&recorded, &arena)->nodes[1];
	assert_true(isinf(back->eta_seconds));
	assert_true(isnan(back->lag_seconds));
	assert_int_equal(back->lag_bytes, INT64_MAX);
	assert_int_equal(back->replay_lsn, UINT64_MAX);
	assert_int_equal(back->flush_lsn, LSN_NONE);
	assert_true(str_eq(back->bottleneck, STR("")));
	assert_true(str_eq(back->error, row->error));
	assert_true(str_is_none(back->slot_name));
	assert_true(row_key_eq(back->key, row->key));
	assert_true(back->wal_bytes_per_second == 1.25e15);
	assert_int_equal(back->health, HEALTH_UNKNOWN);
	recorded_free(&recorded);
	arena_free(&arena);
}

static void events_are_counted_to_the_last_one(void **state)
{
	static ReportFixture fixture;
	Arena arena = {0};
	Recorded recorded;
	(void)state;
	fixture_blocked(&fixture);
	recorded_write(&recorded, &fixture.report);
	const Report *report = read_back(&recorded, &arena);
	assert_true(report->nevents > 1);
	assert_int_equal(report->nevents, fixture.report.nevents);
	for (size_t i = 0; i < report->nevents; i++)
		assert_int_equal(report->events[i].number, fixture.report.events[i].number);
	recorded_free(&recorded);
	arena_free(&arena);
}

/* ---- other programs' files ---- */

static void replace(StrBuf *text, const char *from, const char *to)
{
	StrBuf out = {0};
	size_t at = str_find(strbuf_str(text), str_from(from));
	assert_true(at != SIZE_MAX);
	strbuf_add(&out, str_sub(strbuf_str(text), 0, at));
	strbuf_add_cstr(&out, to);
	strbuf_add(&out, str_sub(strbuf_str(text), at + strlen(from), text->len));
	strbuf_free(text);
	*text = out;
}

/* Cuts the last column off every line, or adds one. */
static void change_width(StrBuf *text, bool wider)
{
	StrBuf out = {0};
	for (Str rest = strbuf_str(text); rest.len > 0;) {
		Str line = str_cut(&rest, '\n');
		size_t end = line.len;
		while (!wider && end > 0 && line.data[end - 1] != ',')
			end--;
		strbuf_add(&out, str_sub(line, 0, wider ? end : end - 1));
		strbuf_add_cstr(&out, wider ? ",new\n" : "\n");
	}
	strbuf_free(text);
	*text = out;
}

static void files_of_older_and_newer_programs_are_read(void **state)
{
	static ReportFixture fixture;
	Arena arena = {0};
	Recorded recorded;
	(void)state;
	for (int wider = 0; wider < 2; wider++) {
		fixture_reference(&fixture);
		recorded_write(&recorded, &fixture.report);
		change_width(&recorded.texts[RECORD_NODES], wider);
		change_width(&recorded.texts[RECORD_NODES_MORE], wider);
		const Report *report = read_back(&recorded, &arena);
		assert_int_equal(report->nnodes, fixture.report.nnodes);
		assert_true(str_eq(report->nodes[1].node, fixture.report.nodes[1].node));
		assert_int_equal(report->nodes[1].health, fixture.report.nodes[1].health);
		assert_true(isnan(report->nodes[1].backup_percent));
		recorded_free(&recorded);
		arena_reset(&arena);
	}
	arena_free(&arena);
}

/* ---- what is wrong is said ---- */

typedef struct Wrong {
	RecordFile file;
	const char *from, *to;
	const char *expected; /* of the error */
} Wrong;

static void wrong_files_are_refused_with_the_reason(void **state)
{
	static const Wrong cases[] = {
		{RECORD_NODES, "time,cluster", "time,klaster",
	         "column 2 of the header is \"klaster\", expected cluster"},
		{RECORD_NODES, ",1921,", ",x,", "column port: \"x\" is not a whole number"},
		{RECORD_NODES, "2026-", "2025-", "is not the sample's"},
		{RECORD_NODES, ",standby,", ",", "columns, expected"},
		{RECORD_NODES, ",standby,", ",\"standby,", "the row is not complete"},
		{RECORD_NODES, ",standby,", ",stand\"by,", "this is no CSV"},
		{RECORD_NODES_MORE, ",1,1,0,", ",7,1,0,", "no row of this sample"},
		{RECORD_NODES_MORE, ",2,2,0,", ",3,2,0,", "column row: 3, expected 2"},
		{RECORD_NODES_MORE, ",2,2,0,", ",2,4000000000,0,", "is not a whole number from 0 to 100000"},
		{RECORD_NODES_MORE, ",f,ok,", ",f,fine,", "is not ok, note, warning, bad or unknown"},
		{RECORD_NODES_MORE, ",f,ok,", ",maybe,ok,", "column is_hidden: \"maybe\" is not t or f"},
		{RECORD_CLUSTERS, "time,row", "row,time", "expected time"},
		{RECORD_CANDIDATES, ",1,", ",2,", "no row of this sample"},
		{RECORD_SAMPLES, ",1,", ",,", "without a time, a run"},
	};
	static ReportFixture fixture;
	Arena arena = {0};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		Recorded recorded;
		RecordFault fault;
		Err err = {""};
		fixture_views(&fixture);
		recorded_write(&recorded, &fixture.report);
		replace(&recorded.texts[cases[i].file], cases[i].from, cases[i].to);
		if (recorded_read(&recorded, &arena, &fault, &err) != NULL)
			fail_msg("case %zu is taken", i);
		if (strstr(err.text, cases[i].expected) == NULL)
			fail_msg("case %zu: \"%s\", expected \"%s\"", i, err.text, cases[i].expected);
		recorded_free(&recorded);
		arena_reset(&arena);
	}
	arena_free(&arena);
}

static void a_row_without_its_other_half_is_refused(void **state)
{
	static ReportFixture fixture;
	Arena arena = {0};
	Recorded recorded;
	RecordFault fault;
	Err err = {""};
	(void)state;
	fixture_reference(&fixture);
	recorded_write(&recorded, &fixture.report);
	StrBuf *text = &recorded.texts[RECORD_PROCESSES_MORE];
	text->len = str_find(strbuf_str(text), STR("\n")) + 1;
	assert_null(recorded_read(&recorded, &arena, &fault, &err));
	assert_int_equal(fault.file, RECORD_PROCESSES_MORE);
	assert_non_null(strstr(err.text, "0 rows, expected"));
	recorded_free(&recorded);
	arena_free(&arena);
}

static void a_sample_that_is_not_complete_is_told_from_a_wrong_one(void **state)
{
	static ReportFixture fixture;
	Arena arena = {0};
	Recorded recorded;
	RecordShape shape;
	RecordSample sample;
	Err err = {""};
	bool more;
	(void)state;
	fixture_reference(&fixture);
	recorded_write(&recorded, &fixture.report);
	Str whole = strbuf_str(&recorded.texts[RECORD_SAMPLES]);
	assert_true(record_read_header(RECORD_SAMPLES, &whole, &shape, &err));
	Str text = str_sub(whole, 0, whole.len - 1);
	assert_false(record_read_sample(&arena, &shape, &text, &sample, &more, &err));
	assert_true(more);
	text = whole;
	assert_true(record_read_sample(&arena, &shape, &text, &sample, &more, &err));
	assert_int_equal(text.len, 0);
	assert_int_equal(sample.ends[RECORD_NODES], recorded.texts[RECORD_NODES].len);
	recorded_free(&recorded);
	arena_free(&arena);
}

/* ---- hostile files ---- */

static unsigned next_random(unsigned *state)
{
	*state = *state * 1103515245u + 12345u;
	return *state >> 16;
}

/* The bytes of the cell at `at`. */
static Str cell_at(Str text, size_t at)
{
	size_t start = at, end = at;
	while (start > 0 && text.data[start - 1] != ',' && text.data[start - 1] != '\n')
		start--;
	while (end < text.len && text.data[end] != ',' && text.data[end] != '\n')
		end++;
	return str_sub(text, start, end);
}

/* The cell below it in the next row; the same one in the last row. */
static Str cell_below(Str text, Str cell)
{
	size_t start = (size_t)(cell.data - text.data), column = 0;
	size_t line = start;
	while (line > 0 && text.data[line - 1] != '\n')
		column += text.data[--line] == ',';
	Str rest = str_sub(text, line, text.len);
	(void)str_cut(&rest, '\n');
	Str row = str_cut(&rest, '\n');
	while (column-- > 0)
		(void)str_cut(&row, ',');
	Str below = str_cut(&row, ',');
	return str_is_none(below) ? cell : below;
}

/* Puts a value that is hard to take, or that of another row, into a cell. */
static void damage(Recorded *recorded, bool wild, unsigned *random)
{
	static const char *const pieces[] = {
		"",  "0", "-1", "99999", "4294967295", "9223372036854775807", "t", "f", "1",
		"2", ",", "\n", "\"",    "0/0",        "FFFFFFFF/FFFFFFFF"};
	StrBuf *text = &recorded->texts[next_random(random) % RECORD_ROW_FILES];
	StrBuf out = {0};
	Str all = strbuf_str(text);
	size_t header = str_find(all, STR("\n")) + 1;
	if (all.len == header)
		return;
	Str cell = cell_at(all, header + next_random(random) % (all.len - header));
	Str value = wild ? str_from(pieces[next_random(random) % COUNT(pieces)]) : cell_below(all, cell);
	strbuf_add(&out, str_sub(all, 0, (size_t)(cell.data - all.data)));
	strbuf_add(&out, value);
	strbuf_add(&out, str_sub(all, (size_t)(cell.data - all.data) + cell.len, all.len));
	strbuf_free(text);
	*text = out;
}

static void draw_all(const Report *report, Frame *frame)
{
	static const char keys[] = {'1', '2', '4', '5', '*', '*', '>', '<'};
	UiState ui;
	Keymap keymap;
	Theme theme;
	keymap_init(&keymap);
	theme_init(&theme, false);
	ui_init(&ui, &keymap, false);
	for (size_t i = 0; i < COUNT(keys); i++) {
		ui_update(&ui, report);
		render(frame, 120, 36, report, &ui, &theme);
		(void)ui_key(&ui, (Key)keys[i], report);
	}
	for (int i = 0; i < 8; i++) {
		(void)ui_key(&ui, UI_KEY_ENTER, report);
		render(frame, 80, 24, report, &ui, &theme);
		(void)ui_key(&ui, UI_KEY_ESCAPE, report);
		(void)ui_key(&ui, UI_KEY_DOWN, report);
		render(frame, 80, 24, report, &ui, &theme);
	}
	ui_free(&ui);
}

static void a_damaged_recording_is_refused_or_drawn(void **state)
{
	static ReportFixture fixture;
	Arena arena = {0};
	Frame frame = {0};
	unsigned random = 1;
	size_t read = 0, refused = 0;
	(void)state;
	for (size_t i = 0; i < 1500; i++) {
		Recorded recorded;
		RecordFault fault;
		Err err = {""};
		builders[i % COUNT(builders)](&fixture);
		recorded_write(&recorded, &fixture.report);
		for (unsigned j = 0; j < 1 + i % 3; j++)
			damage(&recorded, i % 3 == 0, &random);
		const Report *report = recorded_read(&recorded, &arena, &fault, &err);
		if (report != NULL)
			draw_all(report, &frame);
		else
			assert_true(err.text[0] != '\0');
		read += report != NULL;
		refused += report == NULL;
		recorded_free(&recorded);
		arena_reset(&arena);
	}
	print_message("# %zu read, %zu refused\n", read, refused);
	assert_true(read > 100 && refused > 100);
	frame_free(&frame);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_fixture_comes_back_byte_for_byte),
		cmocka_unit_test(every_field_of_every_row_is_in_a_file),
		cmocka_unit_test(the_files_that_tell_of_one_row_have_no_column_twice),
		cmocka_unit_test(values_that_are_hard_to_spell_come_back),
		cmocka_unit_test(events_are_counted_to_the_last_one),
		cmocka_unit_test(files_of_older_and_newer_programs_are_read),
		cmocka_unit_test(wrong_files_are_refused_with_the_reason),
		cmocka_unit_test(a_row_without_its_other_half_is_refused),
		cmocka_unit_test(a_sample_that_is_not_complete_is_told_from_a_wrong_one),
		cmocka_unit_test(a_damaged_recording_is_refused_or_drawn),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
