#include "out/rowfile.h"

#include "out/writing.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* A folder of its own for each test, and a file in it. */
typedef struct Place {
	char folder[64], file[96];
} Place;

static int make_place(void **state)
{
	Place *place = xcalloc(1, sizeof(*place));
	(void)snprintf(place->folder, sizeof(place->folder), "/tmp/pgrepltop-rows.XXXXXX");
	if (mkdtemp(place->folder) == NULL)
		return 1;
	(void)snprintf(place->file, sizeof(place->file), "%s/nodes", place->folder);
	*state = place;
	return 0;
}

static int remove_place(void **state)
{
	Place *place = *state;
	(void)chmod(place->folder, 0700);
	(void)unlink(place->file);
	int failed = rmdir(place->folder); /* so that nothing else was left there */
	free(place);
	return failed;
}

static void put_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void assert_file(const char *path, const char *wanted)
{
	char text[4096] = "";
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	(void)fclose(f);
	assert_string_equal(text, wanted);
}

static ColumnList columns_of(TableId table, const char *names)
{
	ColumnList lists[TABLE_COUNT];
	TableSet set = {{table}, 1};
	assert_true(columns_parse(lists, &set, str_from(names), NULL));
	return lists[0];
}

static RowFile *open_nodes(const Place *place, RowFormat format, StrBuf *warnings, Err *err)
{
	ColumnList list = columns_of(TABLE_NODES, "node,error");
	return row_file_open(place->file, format, &list, 1, warnings, err);
}

static Report report_of(NodeRow *row, const char *node, const char *error)
{
	*row = (NodeRow){.node = str_from(node), .error = str_from(error)};
	return (Report){.nodes = row, .nnodes = 1};
}

static void append_row(const Place *place, RowFormat format, const char *node, const char *error)
{
	NodeRow row;
	Err err = {""};
	StrBuf warnings = {0};
	Report report = report_of(&row, node, error);
	RowFile *file = open_nodes(place, format, &warnings, &err);
	if (file == NULL)
		fail_msg("%s", err.text);
	assert_true(row_file_append(file, &report, &err));
	struct stat st;
	assert_int_equal(stat(place->file, &st), 0);
	assert_int_equal(row_file_size(file), st.st_size);
	row_file_close(file);
	assert_int_equal(warnings.len, 0);
}

static void files_are_appended_to_with_one_header(void **state)
{
	const Place *place = *state;
	append_row(place, ROWS_CSV, "a", NULL);
	append_row(place, ROWS_CSV, "b", "two\nlines, \"quoted\"");
	append_row(place, ROWS_CSV, "c", NULL);
	assert_file(place->file, "node,error\na,\nb,\"two\nlines, \"\"quoted\"\"\"\nc,\n");
}

static void json_is_appended_to_as_well(void **state)
{
	const Place *place = *state;
	append_row(place, ROWS_JSON, "a", NULL);
	append_row(place, ROWS_JSON, "b", "x");
	assert_file(place->file, "{\"node\":\"a\",\"error\":null}\n{\"node\":\"b\",\"error\":\"x\"}\n");
}

static void a_file_of_something_else_is_left_alone(void **state)
{
	const Place *place = *state;
	static const char *const others[] = {"node,error,port\nx,y,1\n", "node\nx\n", "hello", "node,errors"};
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		StrBuf warnings = {0};
		Err err = {""};
		put_file(place->file, others[i]);
		assert_null(open_nodes(place, ROWS_CSV, &warnings, &err));
		assert_non_null(strstr(err.text, "/nodes exists and has another header"));
		assert_null(open_nodes(place, ROWS_JSON, &warnings, &err));
		assert_non_null(strstr(err.text, "/nodes exists and holds no JSON lines"));
		assert_file(place->file, others[i]);
	}
}

/* What a crash may leave: every beginning of a file, cut at every byte. */
static void a_torn_row_is_cut_off_and_told(void **state)
{
	const Place *place = *state;
	static const char whole[] = "node,error\na,\"x\ny\"\nb,\"u\n\"\"v\"\n";
	for (size_t len = 0; len < sizeof(whole); len++) {
		char torn[sizeof(whole)];
		char wanted[96];
		StrBuf warnings = {0};
		Err err = {""};
		NodeRow row;
		Report report = report_of(&row, "c", NULL);
		memcpy(torn, whole, len);
		torn[len] = '\0';
		put_file(place->file, torn);
		size_t kept = len < 11 ? 0 : len < 19 ? 11 : len < sizeof(whole) - 1 ? 19 : len;
		(void)snprintf(wanted, sizeof(wanted), "%.*s%sc,\n", (int)kept, whole, kept == 0 ? "node,error\n" : "");
		RowFile *file = open_nodes(place, ROWS_CSV, &warnings, &err);
		assert_non_null(file);
		assert_int_equal(warnings.len > 0, kept != len);
		if (kept != len)
			assert_non_null(strstr(warnings.data, "/nodes: its last row was not whole, and was removed ("));
		assert_true(row_file_append(file, &report, &err));
		row_file_close(file);
		assert_file(place->file, wanted);
		strbuf_free(&warnings);
	}
}

/* A limit of a file's size stands for a full disk: both let a part through. */
static void a_full_disk_leaves_whole_rows(void **state)
{
	const Place *place = *state;
	struct rlimit old, small = {40, 40};
	Err err = {""};
	StrBuf warnings = {0};
	NodeRow row;
	append_row(place, ROWS_CSV, "a", NULL); /* 14 bytes */
	RowFile *file = open_nodes(place, ROWS_CSV, &warnings, &err);
	Report report = report_of(&row, "b", "this does not fit as a whole any more");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	bool wrote = row_file_append(file, &report, &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_false(wrote);
	assert_non_null(strstr(err.text, "/nodes: File too large"));
	assert_file(place->file, "node,error\na,\n");
	report = report_of(&row, "c", NULL);
	assert_true(row_file_append(file, &report, &err)); /* there is room again */
	row_file_close(file);
	assert_file(place->file, "node,error\na,\nc,\n");
}

static void two_cannot_write_to_one_file(void **state)
{
	const Place *place = *state;
	Err err = {""};
	StrBuf warnings = {0};
	RowFile *file = open_nodes(place, ROWS_CSV, &warnings, &err);
	assert_non_null(file);
	assert_null(open_nodes(place, ROWS_CSV, &warnings, &err));
	assert_non_null(strstr(err.text, "/nodes: another process is writing to it"));
	row_file_close(file);
	file = open_nodes(place, ROWS_CSV, &warnings, &err);
	assert_non_null(file);
	row_file_close(file);
}

static void several_tables_share_a_stream_of_json(void **state)
{
	const Place *place = *state;
	ColumnList lists[] = {columns_of(TABLE_SLOTS, "slot"), columns_of(TABLE_NODES, "node")};
	Err err = {""};
	StrBuf warnings = {0};
	NodeRow row;
	SlotRow slot = {.slot = STR("s")};
	Report report = report_of(&row, "a", NULL);
	report.slots = &slot;
	report.nslots = 1;
	RowFile *file = row_file_open(place->file, ROWS_JSON, lists, 2, &warnings, &err);
	assert_non_null(file);
	assert_true(row_file_append(file, &report, &err));
	row_file_close(file);
	assert_file(place->file, "{\"table\":\"slots\",\"slot\":\"s\"}\n{\"table\":\"nodes\",\"node\":\"a\"}\n");
}

static void a_folder_that_is_not_there_is_named(void **state)
{
	Err err = {""};
	StrBuf warnings = {0};
	ColumnList list = columns_all(TABLE_NODES);
	(void)state;
	assert_null(row_file_open("/nonexistent/nodes.csv", ROWS_CSV, &list, 1, &warnings, &err));
	assert_string_equal(err.text, "cannot open /nonexistent/nodes.csv: No such file or directory");
}

/* ---- replacing ---- */

static void a_file_is_replaced_with_its_permissions(void **state)
{
	const Place *place = *state;
	Err err = {""};
	struct stat st, before;
	mode_t mask = umask(022);
	assert_true(write_replacing(place->file, STR("one\n"), &err));
	assert_file(place->file, "one\n");
	assert_int_equal(stat(place->file, &before), 0);
	assert_int_equal(before.st_mode & 0777, 0644);
	assert_int_equal(chmod(place->file, 0640), 0);
	assert_true(write_replacing(place->file, STR("two\n"), &err));
	(void)umask(mask);
	assert_file(place->file, "two\n");
	assert_int_equal(stat(place->file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_true(st.st_ino != before.st_ino); /* who has the old one open reads that to its end */
}

static void what_cannot_be_written_whole_replaces_nothing(void **state)
{
	const Place *place = *state;
	struct rlimit old, small = {4, 4};
	Err err = {""};
	put_file(place->file, "old\n");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	bool wrote = write_replacing(place->file, STR("new and too long\n"), &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_false(wrote);
	assert_non_null(strstr(err.text, "/nodes: File too large"));
	assert_file(place->file, "old\n"); /* and remove_place() finds no other file */
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, remove_place)

int main(void)
{
	signal(SIGXFSZ, SIG_IGN);
	const struct CMUnitTest tests[] = {
		IN_PLACE(files_are_appended_to_with_one_header),
		IN_PLACE(json_is_appended_to_as_well),
		IN_PLACE(a_file_of_something_else_is_left_alone),
		IN_PLACE(a_torn_row_is_cut_off_and_told),
		IN_PLACE(a_full_disk_leaves_whole_rows),
		IN_PLACE(two_cannot_write_to_one_file),
		IN_PLACE(several_tables_share_a_stream_of_json),
		cmocka_unit_test(a_folder_that_is_not_there_is_named),
		IN_PLACE(a_file_is_replaced_with_its_permissions),
		IN_PLACE(what_cannot_be_written_whole_replaces_nothing),
	};
	return cmocka_run_group_tests_name("rowfile", tests, NULL, NULL);
}
