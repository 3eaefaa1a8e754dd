#include "view/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void assert_row(const Frame *frame, int row, const char *text)
{
	char storage[1024];
	StrBuf out = STRBUF_ON(storage);
	frame_row_text(frame, row, &out);
	assert_string_equal(storage, text);
}

static void an_empty_frame_takes_nothing(void **state)
{
	Frame frame = {0};
	(void)state;
	assert_int_equal(frame_put(&frame, 0, 0, 10, STR("x"), STYLE_NORMAL), 0);
	frame_fill(&frame, 0, 0, 10, 'x', STYLE_NORMAL);
	frame_restyle(&frame, 0, 0, 10, STYLE_BAD);
	frame_put_right(&frame, 0, 0, 10, STR("x"), STYLE_NORMAL);
	frame_reset(&frame, -1, 5);
	assert_int_equal(frame.cols, 0);
	frame_free(&frame);
}

static void reset_blanks_and_reuses_memory(void **state)
{
	Frame frame = {0};
	(void)state;
	frame_reset(&frame, 10, 4);
	const Cell *cells = frame.cells;
	frame_put(&frame, 1, 1, 5, STR("text"), STYLE_BAD);
	frame_reset(&frame, 5, 2);
	assert_ptr_equal(frame.cells, cells);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(frame.cells[i].text[0], ' ');
		assert_int_equal(frame.cells[i].len, 1);
		assert_int_equal(frame.cells[i].width, 1);
		assert_int_equal(frame.cells[i].style, STYLE_NORMAL);
	}
	frame_free(&frame);
}

static void text_is_cut_at_its_width_and_at_the_frame(void **state)
{
	Frame frame = {0};
	(void)state;
	frame_reset(&frame, 6, 3);
	assert_int_equal(frame_put(&frame, 0, 1, 3, STR("abcdef"), STYLE_OK), 3);
	assert_row(&frame, 0, " abc");
	assert_int_equal(frame_put(&frame, 1, 4, 99, STR("abcdef"), STYLE_OK), 2);
	assert_row(&frame, 1, "    ab");
	assert_int_equal(frame_put(&frame, 2, -2, 5, STR("abcdef"), STYLE_OK), 3);
	assert_row(&frame, 2, "cde");
	assert_int_equal(frame_put(&frame, 3, 0, 5, STR("x"), STYLE_OK), 0);
	assert_int_equal(frame_put(&frame, -1, 0, 5, STR("x"), STYLE_OK), 0);
	assert_int_equal(frame_put(&frame, 0, 6, 5, STR("x"), STYLE_OK), 0);
	assert_int_equal(frame_put(&frame, 0, 0, 5, STR_NONE, STYLE_OK), 0);
	assert_int_equal(frame.cells[0].style, STYLE_NORMAL);
	assert_int_equal(frame.cells[1].style, STYLE_OK);
	frame_free(&frame);
}

static void a_wide_character_is_never_halved(void **state)
{
	Frame frame = {0};
	(void)state;
	frame_reset(&frame, 4, 4);
	assert_int_equal(frame_put(&frame, 0, 0, 3, STR("\xe6\x9d\xb1\xe4\xba\xac"), STYLE_OK), 2);
	assert_row(&frame, 0, "\xe6\x9d\xb1");
	assert_int_equal(frame.cells[0].width, 2);
	assert_int_equal(frame.cells[1].width, 0);
	assert_int_equal(frame.cells[2].width, 1);
	frame_put(&frame, 1, 0, 4, STR("\xe6\x9d\xb1\xe4\xba\xac"), STYLE_OK);
	frame_put(&frame, 1, 1, 2, STR("xy"), STYLE_OK); /* over the halves of two */
	assert_row(&frame, 1, " xy");
	frame_put(&frame, 2, -1, 4,
	          STR("\xe6\x9d\xb1"
	              "a"),
	          STYLE_OK);
	assert_row(&frame, 2, " a");
	frame_put(&frame, 3, 0, 4, STR("ab\xe6\x9d\xb1"), STYLE_OK);
	frame_put(&frame, 3, 1, 2, STR("\xe4\xba\xac"), STYLE_OK);
	assert_row(&frame, 3, "a\xe4\xba\xac");
	frame_free(&frame);
}

static void marks_join_their_character_and_do_not_overflow_it(void **state)
{
	Frame frame = {0};
	(void)state;
	frame_reset(&frame, 8, 2);
	assert_int_equal(frame_put(&frame, 0, 0, 8, STR("e\xcc\x81x"), STYLE_OK), 2);
	assert_int_equal(frame.cells[0].len, 3);
	assert_int_equal(frame.cells[1].text[0], 'x');
	assert_int_equal(frame_put(&frame, 1, 0, 8,
	                           STR("\xcc\x81"
	                               "a\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81"
	                               "b"),
	                           STYLE_OK),
	                 2);
	assert_true(frame.cells[8].len <= CELL_TEXT_MAX);
	assert_int_equal(frame.cells[9].text[0], 'b');
	frame_free(&frame);
}

static void nothing_that_steers_a_terminal_passes(void **state)
{
	Frame frame = {0};
	char all[512];
	(void)state;
	for (int i = 0; i < 256; i++) {
		all[2 * i] = (char)i;
		all[2 * i + 1] = 'x';
	}
	frame_reset(&frame, 600, 1);
	frame_put(&frame, 0, 0, 600, (Str){all, sizeof(all)}, STYLE_OK);
	for (int i = 0; i < 600; i++) {
		const Cell *cell = &frame.cells[i];
		for (int b = 0; b < cell->len; b++)
			assert_true((unsigned char)cell->text[b] >= 0x20 && cell->text[b] != 0x7F);
		assert_false(cell->len >= 2 && (unsigned char)cell->text[0] == 0xC2 &&
		             (unsigned char)cell->text[1] < 0xA0);
	}
	frame_put(&frame, 0, 0, 600,
	          STR("a\033[2Jb\nc\xe2\x80\xae"
	              "d"),
	          STYLE_OK);
	assert_memory_equal(frame.cells[1].text, "?", 1);
	assert_memory_equal(frame.cells[6].text, " ", 1);
	assert_memory_equal(frame.cells[8].text, "?", 1);
	frame_free(&frame);
}

static void a_cut_text_shows_that_it_is_cut(void **state)
{
	Frame frame = {0};
	(void)state;
	frame_reset(&frame, 8, 4);
	assert_int_equal(frame_put_cut(&frame, 0, 0, 5, STR("abcdef"), STYLE_OK, 0x2026), 5);
	assert_row(&frame, 0, "abcd\xe2\x80\xa6");
	assert_int_equal(frame_put_cut(&frame, 1, 0, 5, STR("abcde"), STYLE_OK, 0x2026), 5);
	assert_row(&frame, 1, "abcde");
	assert_int_equal(frame_put_cut(&frame, 2, 0, 4, STR("\xe6\x9d\xb1\xe4\xba\xac\xe4\xba\xac"), STYLE_OK, '~'), 3);
	assert_row(&frame, 2, "\xe6\x9d\xb1~");
	assert_int_equal(frame_put_cut(&frame, 3, 0, 0, STR("x"), STYLE_OK, '~'), 0);
	frame_free(&frame);
}

static void right_alignment_counts_columns(void **state)
{
	Frame frame = {0};
	(void)state;
	frame_reset(&frame, 6, 3);
	frame_put_right(&frame, 0, 0, 6, STR("ab"), STYLE_OK);
	assert_row(&frame, 0, "    ab");
	frame_put_right(&frame, 1, 0, 6, STR("\xe6\x9d\xb1"), STYLE_OK);
	assert_row(&frame, 1, "    \xe6\x9d\xb1");
	frame_put_right(&frame, 2, 0, 3, STR("abcdef"), STYLE_OK);
	assert_row(&frame, 2, "abc");
	frame_free(&frame);
}

static void restyling_changes_nothing_but_styles(void **state)
{
	Frame frame = {0};
	(void)state;
	frame_reset(&frame, 5, 1);
	frame_put(&frame, 0, 0, 5, STR("abcde"), STYLE_OK);
	frame_restyle(&frame, 0, 1, 3, STYLE_SELECTED);
	frame_restyle(&frame, 0, 4, 99, STYLE_BAD);
	assert_row(&frame, 0, "abcde");
	const Style styles[] = {STYLE_OK, STYLE_SELECTED, STYLE_SELECTED, STYLE_SELECTED, STYLE_BAD};
	for (int i = 0; i < 5; i++)
		assert_int_equal(frame.cells[i].style, styles[i]);
	frame_free(&frame);
}

static void a_pen_writes_whole_pieces_or_none(void **state)
{
	Frame frame = {0};
	(void)state;
	frame_reset(&frame, 10, 1);
	Pen pen = {&frame, 0, 0, 99};
	pen_put(&pen, STR("ab"), STYLE_OK);
	assert_true(pen_put_whole(&pen, 2, STR("cde"), STYLE_BAD));
	assert_false(pen_put_whole(&pen, 1, STR("fghi"), STYLE_BAD));
	assert_true(pen_put_whole(&pen, 0, STR("fgh"), STYLE_BAD));
	assert_row(&frame, 0, "ab  cdefgh");
	pen_fill(&pen, 5, '-', STYLE_OK);
	assert_int_equal(pen.col, 10);
	frame_free(&frame);
}

static void wrapped_text_breaks_at_blanks(void **state)
{
	Frame frame = {0};
	(void)state;
	frame_reset(&frame, 9, 4);
	frame_put_wrapped(&frame, 0, 0, 9, 4, STR("one two three abcdefghijklm"), STYLE_OK);
	assert_row(&frame, 0, "one two");
	assert_row(&frame, 1, "three");
	assert_row(&frame, 2, "abcdefghi");
	assert_row(&frame, 3, "jklm");
	frame_reset(&frame, 1, 2);
	frame_put_wrapped(&frame, 0, 0, 1, 2,
	                  STR("\xe6\x9d\xb1"
	                      "ab"),
	                  STYLE_OK); /* wider than the line: does not hang */
	assert_row(&frame, 1, "a");
	frame_free(&frame);
}

static void a_huge_text_is_not_read_to_its_end(void **state)
{
	Frame frame = {0};
	static char huge[1 << 20];
	(void)state;
	memset(huge, 'x', sizeof(huge));
	frame_reset(&frame, 500, 1);
	for (int i = 0; i < 10000; i++) /* would take minutes */
		frame_put_cut(&frame, 0, 0, 500, (Str){huge, sizeof(huge)}, STYLE_OK, '~');
	assert_int_equal(frame.cells[499].text[0], '~');
	frame_free(&frame);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_frame_takes_nothing),
		cmocka_unit_test(reset_blanks_and_reuses_memory),
		cmocka_unit_test(text_is_cut_at_its_width_and_at_the_frame),
		cmocka_unit_test(a_wide_character_is_never_halved),
		cmocka_unit_test(marks_join_their_character_and_do_not_overflow_it),
		cmocka_unit_test(nothing_that_steers_a_terminal_passes),
		cmocka_unit_test(a_cut_text_shows_that_it_is_cut),
		cmocka_unit_test(right_alignment_counts_columns),
		cmocka_unit_test(restyling_changes_nothing_but_styles),
		cmocka_unit_test(a_pen_writes_whole_pieces_or_none),
		cmocka_unit_test(wrapped_text_breaks_at_blanks),
		cmocka_unit_test(a_huge_text_is_not_read_to_its_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
