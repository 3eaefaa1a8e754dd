#include "view/edit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static EditResult press(LineEdit *edit, const char *keys)
{
	EditResult result = EDIT_MORE;
	for (Str rest = str_from(keys); rest.len > 0;) {
		Key key;
		assert_true(key_parse(str_cut(&rest, ' '), &key));
		result = edit_key(edit, key);
	}
	return result;
}

static void keys_edit_the_line(void **state)
{
	static const struct {
		const char *begin, *keys, *text;
		size_t cursor;
	} cases[] = {
		{"", "a b c", "abc", 3},
		{"", "a Space = \"", "a =\"", 4},
		{"abc", "Left Left x", "axbc", 2},
		{"abc", "Left Left Left Left x", "xabc", 1},
		{"abc", "Home x End y", "xabcy", 5},
		{"abc", "C-a x C-e y", "xabcy", 5},
		{"abc", "C-b C-b C-f x", "abxc", 3},
		{"abc", "Right x", "abcx", 4},
		{"abc", "Backspace", "ab", 2},
		{"abc", "C-h Left Backspace", "b", 0},
		{"abc", "Home Backspace", "abc", 0},
		{"abc", "Home Del", "bc", 0},
		{"abc", "Del C-d", "abc", 3},
		{"abc def", "C-u x", "x", 1},
		{"abc def", "Left Left C-u", "ef", 0},
		{"abc def", "Left Left C-k", "abc d", 5},
		{"abc def", "C-w", "abc ", 4},
		{"abc def", "C-w C-w C-w", "", 0},
		{"abc def", "Left C-w", "abc f", 4},
		{"", "\xc3\xa4 \xe6\x9d\xb1 Left x", "\xc3\xa4x\xe6\x9d\xb1", 3},
		{"\xc3\xa4\xe6\x9d\xb1", "Backspace", "\xc3\xa4", 2},
		{"\xc3\xa4\xe6\x9d\xb1", "Home Del", "\xe6\x9d\xb1", 0},
		{"\xc3\xa4\xe6\x9d\xb1", "Home Right x", "\xc3\xa4x\xe6\x9d\xb1", 3},
		{"abc", "Up Down PgUp F1 C-l Tab Ins", "abc", 3},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		LineEdit edit = {{0}, 0, 0};
		edit_set(&edit, str_from(cases[i].begin));
		assert_int_equal(press(&edit, cases[i].keys), EDIT_MORE);
		assert_string_equal(edit.text, cases[i].text);
		assert_int_equal(edit.len, strlen(cases[i].text));
		assert_int_equal(edit.cursor, cases[i].cursor);
	}
}

static void enter_and_escape_end_it(void **state)
{
	LineEdit edit = {{0}, 0, 0};
	(void)state;
	assert_int_equal(press(&edit, "a Enter"), EDIT_DONE);
	assert_int_equal(edit_key(&edit, '\r'), EDIT_DONE);
	assert_int_equal(press(&edit, "Esc"), EDIT_LEFT);
	assert_int_equal(edit_key(&edit, 0x1B), EDIT_LEFT);
	assert_int_equal(press(&edit, "C-g"), EDIT_LEFT);
	assert_string_equal(edit.text, "a");
}

static void a_full_line_takes_no_more_and_hostile_keys_nothing(void **state)
{
	LineEdit edit = {{0}, 0, 0};
	char text[EDIT_MAX + 8];
	(void)state;
	for (int i = 0; i < EDIT_MAX + 10; i++)
		edit_key(&edit, 'x');
	assert_int_equal(edit.len, EDIT_MAX - 1);
	edit_key(&edit, UI_KEY_HOME);
	edit_key(&edit, 0xE4);
	assert_int_equal(edit.len, EDIT_MAX - 1);
	press(&edit, "C-k");
	edit_key(&edit, 0x202E); /* turns the direction of writing */
	edit_key(&edit, 0x9B);
	assert_int_equal(edit.len, 0);
	memset(text, 'y', sizeof text);
	edit_set(&edit, (Str){text, sizeof text});
	assert_int_equal(edit.len, EDIT_MAX - 1);
}

static void the_cursor_is_always_seen(void **state)
{
	Frame frame = {0};
	LineEdit edit = {{0}, 0, 0};
	char storage[64];
	StrBuf out = STRBUF_ON(storage);
	(void)state;
	edit_set(&edit, STR("abcdefghij"));
	frame_reset(&frame, 8, 1);
	edit_draw(&edit, &frame, 0, 2);
	frame_row_text(&frame, 0, &out);
	assert_string_equal(storage, "  fghij");
	assert_int_equal(frame.cells[7].style, STYLE_SELECTED);
	press(&edit, "Home");
	strbuf_clear(&out);
	frame_reset(&frame, 8, 1);
	edit_draw(&edit, &frame, 0, 2);
	frame_row_text(&frame, 0, &out);
	assert_string_equal(storage, "  abcdef");
	assert_int_equal(frame.cells[2].style, STYLE_SELECTED);
	edit_draw(&edit, &frame, 0, 8); /* no room */
	frame_free(&frame);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_edit_the_line),
		cmocka_unit_test(enter_and_escape_end_it),
		cmocka_unit_test(a_full_line_takes_no_more_and_hostile_keys_nothing),
		cmocka_unit_test(the_cursor_is_always_seen),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
