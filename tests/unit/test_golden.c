/* Whole screens against files: reports made by hand, keys pressed, the frame's text and styles compared. After a wanted
 * change run with UPDATE_GOLDEN=1, and read the difference before it is accepted. GOLDEN_DIR is where the files are. */
#include "view/render.h"
#include "view/ui_act.h"

#include "record_fixture.h"
#include "report_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct Scene {
	const char *name; /* of the file, before the size */
	void (*build)(ReportFixture *);
	const char *keys; /* as key_parse() reads them */
	bool readonly;
	bool ascii;
} Scene;

typedef struct Size {
	int cols, rows;
} Size;

static const Size all_sizes[] = {{200, 50}, {160, 45}, {120, 36}, {80, 24}, {20, 5}, {1, 1}};
static const Size view_sizes[] = {{200, 50}, {120, 36}, {80, 24}, {20, 5}, {1, 1}};
static const Size one_size[] = {{80, 24}};
static const Size act_sizes[] = {{200, 50}, {80, 24}, {20, 5}};
static const Size dialog_sizes[] = {{120, 36}, {80, 24}, {40, 12}, {20, 5}, {1, 1}};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static char style_letter(Style style)
{
	static const char letters[] = ".dbtlvc>_SuongwP1234|kKmMA#T";
	_Static_assert(sizeof(letters) - 1 == STYLE_COUNT, "a letter a style");
	return letters[style];
}

/* The text of every row, then its styles: one letter a cell, trailing ones of plain style left out. */
static void dump(const Frame *frame, StrBuf *out)
{
	for (int row = 0; row < frame->rows; row++) {
		frame_row_text(frame, row, out);
		strbuf_add_char(out, '\n');
	}
	strbuf_addf(out, "---- styles of %d columns, %d rows\n", frame->cols, frame->rows);
	for (int row = 0; row < frame->rows; row++) {
		size_t start = out->len;
		for (int col = 0; col < frame->cols; col++)
			strbuf_add_char(out, style_letter((Style)frame->cells[row * frame->cols + col].style));
		while (out->len > start && out->data[out->len - 1] == '.')
			out->data[--out->len] = '\0';
		strbuf_add_char(out, '\n');
	}
}

static void check_frame(const Frame *frame)
{
	for (int i = 0; i < frame->rows * frame->cols; i++) {
		const Cell *cell = &frame->cells[i];
		assert_in_range(cell->width, 0, 2);
		assert_true(cell->style < STYLE_COUNT);
		if (cell->width == 2) {
			assert_true(i % frame->cols + 1 < frame->cols);
			assert_int_equal(cell[1].width, 0);
		} else if (cell->width == 0) {
			assert_true(i % frame->cols > 0);
			assert_int_equal(cell[-1].width, 2);
		}
		for (int b = 0; b < cell->len; b++)
			assert_true((unsigned char)cell->text[b] >= 0x20 && cell->text[b] != 0x7F);
	}
}

/* The report is shown once before the keys, as the program does; so the pages have their sizes. */
static void render_report(Frame *frame, const Scene *scene, const Report *report, Size size)
{
	static UiState ui;
	Keymap keymap;
	Theme theme;
	keymap_init(&keymap);
	theme_init(&theme, scene->ascii);
	ui_free(&ui);
	ui_init(&ui, &keymap, scene->readonly);
	ui_update(&ui, report);
	render(frame, size.cols, size.rows, report, &ui, &theme);
	for (Str rest = str_from(scene->keys); rest.len > 0;) {
		Key key;
		assert_true(key_parse(str_cut(&rest, ' '), &key));
		(void)ui_key(&ui, key, report);
		render(frame, size.cols, size.rows, report, &ui, &theme);
	}
	render(frame, size.cols, size.rows, report, &ui, &theme);
}

static void render_scene(Frame *frame, const Scene *scene, Size size)
{
	static ReportFixture fixture;
	scene->build(&fixture);
	render_report(frame, scene, &fixture.report, size);
}

/* The same of what a recording of the report gives back. */
static void render_replayed(Frame *frame, const Scene *scene, Size size)
{
	static ReportFixture fixture;
	static Arena arena;
	Recorded recorded;
	RecordFault fault;
	Err err = {""};
	scene->build(&fixture);
	recorded_write(&recorded, &fixture.report);
	arena_reset(&arena);
	Report *report = recorded_read(&recorded, &arena, &fault, &err);
	if (report == NULL) {
		fail_msg("%s: %s.csv: %s", scene->name, record_file_name(fault.file), err.text);
		return;
	}
	report->series = fixture.report.series; /* made of the samples before */
	render_report(frame, scene, report, size);
	recorded_free(&recorded);
}

static void read_file(const char *path, StrBuf *out)
{
	char chunk[4096];
	size_t got;
	FILE *file = fopen(path, "rb");
	if (!file)
		return;
	while ((got = fread(chunk, 1, sizeof(chunk), file)) > 0)
		strbuf_add(out, (Str){chunk, got});
	fclose(file);
}

static void write_file(const char *path, const StrBuf *text)
{
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(text->data, 1, text->len, file), text->len);
	assert_int_equal(fclose(file), 0);
}

static void compare(const Scene *scene, Size size)
{
	const char *folder = getenv("GOLDEN_DIR");
	char path[512];
	Frame frame = {0};
	StrBuf now = {0}, wanted = {0}, replayed = {0};
	snprintf(path, sizeof(path), "%s/%s_%dx%d.txt", folder ? folder : "tests/golden", scene->name, size.cols,
	         size.rows);
	render_scene(&frame, scene, size);
	check_frame(&frame);
	dump(&frame, &now);
	if (getenv("UPDATE_GOLDEN"))
		write_file(path, &now);
	read_file(path, &wanted);
	if (!str_eq(strbuf_str(&now), strbuf_str(&wanted)))
		fail_msg("%s differs; now it is:\n%s", path, now.data);
	render_replayed(&frame, scene, size);
	dump(&frame, &replayed);
	if (!str_eq(strbuf_str(&now), strbuf_str(&replayed)))
		fail_msg("%s: a replay differs:\n%sfrom\n%s", path, replayed.data, now.data);
	strbuf_free(&now);
	strbuf_free(&wanted);
	strbuf_free(&replayed);
	frame_free(&frame);
}

static void compare_all(const Scene *scenes, size_t count, const Size *sizes, size_t nsizes)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < nsizes; j++)
			compare(&scenes[i], sizes[j]);
	}
}

static void whole_screens_look_as_recorded_at_every_size(void **state)
{
	static const Scene scenes[] = {
		{"reference", fixture_reference, "", false, false},
		{"node_down", fixture_node_down, "Down", false, false},
		{"sync_wait", fixture_sync_wait, "", false, false},
		{"hostile", fixture_hostile, "", false, false},
		{"plain_role", fixture_plain_role, "", false, false},
		{"unreachable", fixture_unreachable, "", false, false},
		{"slots", fixture_slots, "End", false, false},
		{"split_brain", fixture_split_brain, "", false, false},
		{"forest", fixture_forest, "", false, false},
	};
	(void)state;
	compare_all(scenes, COUNT(scenes), all_sizes, COUNT(all_sizes));
}

static void views_look_as_recorded(void **state)
{
	static const Scene scenes[] = {
		{"trend", fixture_views, "", false, false},
		{"quorum", fixture_views, "4", false, false},
		{"quorum_blocked", fixture_blocked, "4", false, false},
		{"events", fixture_views, "5", false, false},
		{"events_begin", fixture_views, "5 Home Down", false, false},
		{"detail_standby", fixture_views, "Down Enter", false, false},
		{"detail_falls_behind", fixture_views, "Down Down Down Enter", false, false},
		{"detail_primary", fixture_views, "Enter", false, false},
		{"detail_client", fixture_views, "End Enter", false, false},
		{"detail_down", fixture_node_down, "Down Enter", false, false},
		{"detail_slot", fixture_slots, "End Enter", false, false},
		{"roles_primary", fixture_roles, "Enter", false, false},
		{"roles_standby", fixture_roles, "Down Enter", false, false},
	};
	static const Scene narrow[] = {
		{"quorum_none", fixture_unreachable, "4", false, false},
		{"quorum_hidden", fixture_hidden_quorum, "4", false, false},
		{"events_none", fixture_reference, "5", false, false},
		{"blocked", fixture_blocked, "", false, false},
		{"blocked_elsewhere", fixture_blocked_elsewhere, "", false, false},
		{"detail_ascii", fixture_views, "Down Down Enter", false, true},
		{"detail_scrolled", fixture_node_down, "Down Down Enter End", false, false},
		{"roles_scrolled", fixture_roles, "Down Enter PgDn", false, true},
		{"views_back", fixture_views, "4 5 Enter Esc", false, false},
	};
	(void)state;
	compare_all(scenes, COUNT(scenes), view_sizes, COUNT(view_sizes));
	compare_all(narrow, COUNT(narrow), one_size, COUNT(one_size));
	compare(&(Scene){"blocked", fixture_blocked, "", false, false}, (Size){40, 8});
	compare(&(Scene){"roles_primary", fixture_roles, "Enter", false, false}, (Size){40, 24});
}

static void processes_look_as_recorded(void **state)
{
	static const Scene scenes[] = {
		{"processes", fixture_processes, "2", false, false},
		{"processes_filter", fixture_processes, "2 \\ s t a t e = i d l e Enter", false, false},
		{"processes_totals", fixture_processes, "2 a > > > > >", false, false},
		{"processes_active", fixture_processes, "2 i", false, false},
		{"processes_none", fixture_processes, "2 g \\ n o p e Enter", false, false},
	};
	static const Scene narrow[] = {
		{"processes_flat", fixture_processes, "2 g > > > > End", false, false},
		{"processes_one", fixture_processes, "2 End A", false, false},
		{"processes_one_none", fixture_processes, "Down 2 A", false, false},
		{"processes_none_grouped", fixture_processes, "2 i \\ n o p e Enter", false, false},
		{"processes_prompt", fixture_processes, "2 \\ s t a t e > 1 Left", false, false},
		{"processes_refused", fixture_processes, "2 \\ s t a t e > 1 Enter", false, false},
		{"processes_scrolled", fixture_processes, "2 End Right Right Right", false, true},
		{"pane_filter", fixture_processes, "Tab \\ b a c k e n d Enter > > > i", false, false},
		{"pane_none", fixture_processes, "Tab \\ n o p e Enter", false, false},
		{"pane_totals", fixture_processes, "a", false, false},
		{"processes_readonly", fixture_processes, "2 K", true, false},
	};
	(void)state;
	compare_all(scenes, COUNT(scenes), view_sizes, COUNT(view_sizes));
	compare_all(narrow, COUNT(narrow), one_size, COUNT(one_size));
}

static void keys_change_the_screen_as_recorded(void **state)
{
	static const Scene scenes[] = {
		{"clusters", fixture_clusters, "", false, false},
		{"clusters_second", fixture_clusters, "End", false, false},
		{"folded_node", fixture_forest, "Down -", false, false},
		{"folded_cluster", fixture_forest, "Up - Down Down Down Down -", false, false},
		{"folded_all", fixture_forest, "*", false, false},
		{"unfolded", fixture_forest, "* +", false, false},
		{"sorted", fixture_forest, "> > > > > >", false, false},
		{"sorted_reversed", fixture_forest, "> > > > > > R", false, false},
		{"sorted_by_name", fixture_reference, "> R", false, false},
		{"sorted_back", fixture_reference, "> <", false, false},
		{"ascii", fixture_reference, "Down Down", false, true},
		{"readonly", fixture_reference, "Tab K", true, false},
		{"focus_processes", fixture_reference, "Tab Down Down Down", false, false},
		{"scrolled_right", fixture_reference, "Right Right Right Right", false, false},
		{"processes_scrolled_right", fixture_reference, "Tab Right Right Right Right Right", false, false},
		{"standby_processes", fixture_reference, "Down Down Down", false, false},
		{"no_processes", fixture_reference, "Down", false, false},
		{"delays_off", fixture_delays_off, "", false, false},
		{"delays_off_for_some", fixture_delays_off_for_some, "Tab Right Right Right", false, false},
		{"last_row", fixture_reference, "End", false, false},
		{"tree_filter", fixture_forest, "\\ l a g > 0 Enter", false, false},
		{"tree_filter_prompt", fixture_forest, "\\ l a g > x Enter", false, false},
		{"tree_filter_none", fixture_forest, "\\ n o p e Enter", false, false},
		{"columns_processes", fixture_processes, "2 f Down Down Space", false, false},
		{"columns_chosen", fixture_reference, "f End Space < Esc", false, false},
		{"search_none", fixture_reference, "/ x y z Enter", false, false},
		{"search_events", fixture_views, "5 / 1 2 : 1 5 Enter n n n", false, false},
		{"frozen", fixture_reference, "z", false, false},
		{"frozen_unread", fixture_reference, "z Down", false, false},
		{"frozen_action", fixture_sync_wait, "z Tab K", false, false},
		{"delay_prompt", fixture_reference, "s 0 0 0 0 Enter", false, false},
		{"refused_on_tree", fixture_reference, "K", false, false},
		{"refused_auxiliary", fixture_reference, "Tab C", false, false},
		{"refused_unknown_start", fixture_reference, "Tab End C", false, false},
		{"backed_out", fixture_sync_wait, "Tab K n", false, false},
		{"tagged", fixture_actions, "Space Down Space Home Tab Space Down Space", false, false},
	};
	(void)state;
	compare_all(scenes, COUNT(scenes), one_size, COUNT(one_size));
}

static void dialogs_look_as_recorded(void **state)
{
	static const Scene scenes[] = {
		{"help", fixture_reference, "?", false, false},
		{"help_end", fixture_reference, "? End", false, false},
		{"columns", fixture_reference, "f Down Down", false, false},
		{"cancel_backend", fixture_reference, "Tab Down Down Down Down Down Down C", false, false},
		{"terminate_sync_wait", fixture_sync_wait, "Tab K", false, false},
		{"cancel_walsender", fixture_reference, "Tab Down Down Down C", false, false},
	};
	static const Scene acts[] = {
		{"terminate_tagged", fixture_actions, "Tab Space Down Down Space Space Down Space Space K", false,
	         false},
		{"terminate_tagged_end", fixture_actions, "Tab Space Down Down Space Space Down Space Space K End",
	         false, false},
		{"pause_one", fixture_actions, "Down P", false, false},
		{"pause_tagged", fixture_actions, "Space Space Space Space P", false, false},
		{"resume_one", fixture_actions, "Down Down Down P", false, false},
		{"results", fixture_actions, "Tab Space Down Down Space Space C y", false, false},
	};
	(void)state;
	compare_all(scenes, COUNT(scenes), dialog_sizes, COUNT(dialog_sizes));
	compare_all(acts, COUNT(acts), act_sizes, COUNT(act_sizes));
}

static void any_size_is_drawn_without_a_wrong_cell(void **state)
{
	static const Scene scenes[] = {
		{"", fixture_hostile, "", false, false},
		{"", fixture_hostile, "Tab Down", false, false},
		{"", fixture_split_brain, "", false, false},
		{"", fixture_forest, "Down - >", false, false},
		{"", fixture_sync_wait, "Tab K", false, false},
		{"", fixture_clusters, "? PgDn", false, true},
		{"", fixture_hostile, "Right Right Tab Right", false, false},
		{"", fixture_slots, "Right", false, false},
		{"", fixture_reference, "K", false, false},
		{"", fixture_blocked, "4 PgDn", false, false},
		{"", fixture_views, "5", false, false},
		{"", fixture_processes, "2 End", false, false},
		{"", fixture_hostile, "2 g a Right > R", false, false},
		{"", fixture_hostile, "2 \\ \xe8\xa1\xa8 a b c d e f g h i j k l m n o p q r s t", false, false},
		{"", fixture_views, "Down Enter Down", false, false},
		{"", fixture_hostile, "Down Down Down Down Enter", false, false},
		{"", fixture_hostile, "Tab Space Space Space Space K End", false, false},
		{"", fixture_actions, "Space Space Space P PgDn", false, false},
		{"", fixture_actions, "Tab Down Down Down Space Space K y", false, false},
	};
	Frame frame = {0};
	(void)state;
	for (size_t i = 0; i < COUNT(scenes); i++) {
		for (int rows = 0; rows <= 30; rows++) {
			for (int cols = 0; cols <= 96; cols += cols < 30 ? 1 : 3) {
				render_scene(&frame, &scenes[i], (Size){cols, rows});
				check_frame(&frame);
			}
		}
		render_scene(&frame, &scenes[i], (Size){500, 200});
		check_frame(&frame);
	}
	frame_free(&frame);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_screens_look_as_recorded_at_every_size),
		cmocka_unit_test(views_look_as_recorded),
		cmocka_unit_test(processes_look_as_recorded),
		cmocka_unit_test(keys_change_the_screen_as_recorded),
		cmocka_unit_test(dialogs_look_as_recorded),
		cmocka_unit_test(any_size_is_drawn_without_a_wrong_cell),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
