#include "view/edit.h"

#include "base/utf8.h"

#include <string.h>

enum { CTRL_A = 1, CTRL_B, CTRL_D = 4, CTRL_E, CTRL_F, CTRL_G, CTRL_H, CTRL_K = 11, CTRL_U = 21, CTRL_W = 23 };

void edit_set(LineEdit *edit, Str text)
{
	StrBuf buf = STRBUF_ON(edit->text);
	strbuf_add(&buf, text);
	edit->len = edit->cursor = buf.len;
}

Str edit_text(const LineEdit *edit)
{
	return (Str){edit->text, edit->len};
}

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xC0) == 0x80;
}

static size_t before(const LineEdit *edit, size_t at)
{
	while (at > 0) {
		at--;
		if (!is_continuation(edit->text[at]))
			break;
	}
	return at;
}

static size_t behind(const LineEdit *edit, size_t at)
{
	if (at < edit->len)
		at++;
	while (at < edit->len && is_continuation(edit->text[at]))
		at++;
	return at;
}

/* The beginning of the word before the cursor. */
static size_t word_before(const LineEdit *edit)
{
	size_t at = edit->cursor;
	while (at > 0 && edit->text[at - 1] == ' ')
		at--;
	while (at > 0 && edit->text[at - 1] != ' ')
		at--;
	return at;
}

/* Takes out the bytes [from, to). */
static void take_out(LineEdit *edit, size_t from, size_t to)
{
	memmove(edit->text + from, edit->text + to, edit->len - to + 1);
	edit->len -= to - from;
	edit->cursor = from;
}

static void insert(LineEdit *edit, Key key)
{
	char text[4];
	size_t len = key < UI_KEY_NONE && !utf8_is_unsafe(key) ? utf8_encode(key, text) : 0;
	if (len == 0 || edit->len + len >= EDIT_MAX)
		return;
	memmove(edit->text + edit->cursor + len, edit->text + edit->cursor, edit->len - edit->cursor + 1);
	memcpy(edit->text + edit->cursor, text, len);
	edit->len += len;
	edit->cursor += len;
}

EditResult edit_key(LineEdit *edit, Key key)
{
	switch (key) {
	case UI_KEY_ENTER:
	case '\r':
	case '\n':
		return EDIT_DONE;
	case UI_KEY_ESCAPE:
	case 0x1B:
	case CTRL_G:
		return EDIT_LEFT;
	case UI_KEY_LEFT:
	case CTRL_B:
		edit->cursor = before(edit, edit->cursor);
		break;
	case UI_KEY_RIGHT:
	case CTRL_F:
		edit->cursor = behind(edit, edit->cursor);
		break;
	case UI_KEY_HOME:
	case CTRL_A:
		edit->cursor = 0;
		break;
	case UI_KEY_END:
	case CTRL_E:
		edit->cursor = edit->len;
		break;
	case UI_KEY_BACKSPACE:
	case 0x7F:
	case CTRL_H:
		take_out(edit, before(edit, edit->cursor), edit->cursor);
		break;
	case UI_KEY_DELETE:
	case CTRL_D:
		take_out(edit, edit->cursor, behind(edit, edit->cursor));
		break;
	case CTRL_K:
		take_out(edit, edit->cursor, edit->len);
		break;
	case CTRL_U:
		take_out(edit, 0, edit->cursor);
		break;
	case CTRL_W:
		take_out(edit, word_before(edit), edit->cursor);
		break;
	default:
		insert(edit, key);
		break;
	}
	return EDIT_MORE;
}

void edit_draw(const LineEdit *edit, Frame *frame, int row, int col)
{
	Str text = edit_text(edit);
	int width = frame->cols - col;
	size_t from = 0;
	if (width <= 0)
		return;
	while (from < edit->cursor && utf8_columns(str_sub(text, from, edit->cursor)) >= (size_t)width)
		from = behind(edit, from);
	frame_put(frame, row, col, width, str_sub(text, from, text.len), STYLE_NORMAL);
	frame_restyle(frame, row, col + (int)utf8_columns(str_sub(text, from, edit->cursor)), 1, STYLE_SELECTED);
}
