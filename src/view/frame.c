#include "view/frame.h"

#include "base/arena.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

/* More than this of a text is never looked at: a query may have megabytes, a row of the screen has a few hundred
 * columns. */
enum { TEXT_MAX = 8192 };

static void blank(Cell *cell, Style style)
{
	*cell = (Cell){.text = {' '}, .len = 1, .width = 1, .style = (uint8_t)style};
}

void frame_reset(Frame *frame, int cols, int rows)
{
	frame->cols = cols > 0 ? cols : 0;
	frame->rows = rows > 0 ? rows : 0;
	size_t need = (size_t)frame->cols * (size_t)frame->rows;
	if (need > frame->cap) {
		frame->cells = xrealloc_array(frame->cells, need, sizeof(Cell));
		frame->cap = need;
	}
	for (size_t i = 0; i < need; i++)
		blank(&frame->cells[i], STYLE_NORMAL);
}

void frame_free(Frame *frame)
{
	free(frame->cells);
	*frame = (Frame){0};
}

static Cell *row_at(const Frame *frame, int row)
{
	return &frame->cells[(size_t)row * (size_t)frame->cols];
}

/* Makes [*col, *col + *width) lie inside the frame; `skipped` (may be NULL) are columns cut off at the left. False:
 * nothing of it does. */
static bool clip(const Frame *frame, int row, int *col, int *width, int *skipped)
{
	if (skipped)
		*skipped = 0;
	if (row < 0 || row >= frame->rows || *col >= frame->cols || *width <= 0)
		return false;
	if (*col < 0) {
		if (*width <= -*col)
			return false;
		if (skipped)
			*skipped = -*col;
		*width += *col;
		*col = 0;
	}
	if (*width > frame->cols - *col)
		*width = frame->cols - *col;
	return true;
}

/* A cell that is to be overwritten takes the other half of its wide character with it. */
static void detach(Cell *cells, int cols, int col)
{
	if (cells[col].width == 0 && col > 0)
		blank(&cells[col - 1], (Style)cells[col - 1].style);
	else if (cells[col].width == 2 && col + 1 < cols)
		blank(&cells[col + 1], (Style)cells[col + 1].style);
}

static void set_cell(Cell *cells, int cols, int col, Str text, int width, Style style)
{
	detach(cells, cols, col);
	if (width == 2)
		detach(cells, cols, col + 1);
	cells[col] = (Cell){.len = (uint8_t)text.len, .width = (uint8_t)width, .style = (uint8_t)style};
	memcpy(cells[col].text, text.data, text.len);
	if (width == 2)
		cells[col + 1] = (Cell){.style = (uint8_t)style};
}

static void add_mark(Cell *cell, Str mark)
{
	if (cell->len + mark.len > CELL_TEXT_MAX)
		return;
	memcpy(cell->text + cell->len, mark.data, mark.len);
	cell->len = (uint8_t)(cell->len + mark.len);
}

static bool is_plain(Str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < 0x20 || text.data[i] > 0x7E)
			return false;
	}
	return true;
}

/* `text` is safe. Leaves out its first `skip` columns; writes at most `width`. */
static int put_safe(const Frame *frame, int row, int col, int skip, int width, Str text, Style style)
{
	Cell *cells = row_at(frame, row);
	int used = -skip;
	int last = -1; /* where a mark goes */
	while (text.len > 0) {
		uint32_t code_point = 0;
		size_t bytes = utf8_decode(text, &code_point);
		Str character = str_sub(text, 0, bytes);
		text = str_sub(text, bytes, text.len);
		int columns = utf8_width(code_point);
		if (columns == 0) {
			if (last >= 0)
				add_mark(&cells[last], character);
			continue;
		}
		if (used + columns > width)
			break;
		last = -1;
		if (used >= 0) {
			last = col + used;
			set_cell(cells, frame->cols, last, character, columns, style);
		} else if (used + columns > 0) { /* half of it is to the left of the frame */
			set_cell(cells, frame->cols, col, STR(" "), 1, style);
		}
		used += columns;
	}
	return used > 0 ? used : 0;
}

/* The safe form of `text`, in `storage` unless it is safe as it is. */
static Str make_safe(Str text, char storage[TEXT_MAX])
{
	text = str_sub(text, 0, TEXT_MAX / 2);
	if (is_plain(text))
		return text;
	StrBuf safe = strbuf_fixed(storage, TEXT_MAX);
	utf8_sanitise(&safe, text);
	return strbuf_str(&safe);
}

int frame_put(Frame *frame, int row, int col, int width, Str text, Style style)
{
	char storage[TEXT_MAX];
	int skipped;
	if (str_is_none(text) || !clip(frame, row, &col, &width, &skipped))
		return 0;
	return put_safe(frame, row, col, skipped, width, make_safe(text, storage), style);
}

static bool fits(Str safe, int width)
{
	return safe.len <= (size_t)width || utf8_columns(safe) <= (size_t)width;
}

int frame_put_cut(Frame *frame, int row, int col, int width, Str text, Style style, uint32_t ellipsis)
{
	char storage[TEXT_MAX];
	if (str_is_none(text) || width <= 0)
		return 0;
	int skipped;
	int want = width;
	if (!clip(frame, row, &col, &width, &skipped))
		return 0;
	Str safe = make_safe(text, storage);
	if (fits(safe, want))
		return put_safe(frame, row, col, skipped, width, safe, style);
	bool at_end = width + skipped == want; /* else the end is outside the frame */
	int used = put_safe(frame, row, col, skipped, at_end ? width - 1 : width, safe, style);
	if (!at_end)
		return used;
	frame_fill(frame, row, col + used, 1, ellipsis, style);
	return used + 1;
}

void frame_put_right(Frame *frame, int row, int col, int width, Str text, Style style)
{
	char storage[TEXT_MAX];
	if (str_is_none(text) || width <= 0)
		return;
	Str safe = make_safe(text, storage);
	size_t columns = utf8_columns(safe);
	int pad = columns < (size_t)width ? width - (int)columns : 0;
	frame_put(frame, row, col + pad, width - pad, safe, style);
}

void frame_fill(Frame *frame, int row, int col, int width, uint32_t code_point, Style style)
{
	if (!clip(frame, row, &col, &width, NULL))
		return;
	char text[4];
	size_t len = utf8_encode(code_point, text);
	for (int i = 0; i < width; i++)
		set_cell(row_at(frame, row), frame->cols, col + i, (Str){text, len}, 1, style);
}

void frame_restyle(Frame *frame, int row, int col, int width, Style style)
{
	if (!clip(frame, row, &col, &width, NULL))
		return;
	Cell *cells = row_at(frame, row);
	for (int i = col; i < col + width; i++)
		cells[i].style = (uint8_t)style;
}

void pen_put(Pen *pen, Str text, Style style)
{
	if (pen->end > pen->frame->cols)
		pen->end = pen->frame->cols;
	pen->col += frame_put(pen->frame, pen->row, pen->col, pen->end - pen->col, text, style);
}

bool pen_put_whole(Pen *pen, int gap, Str text, Style style)
{
	char storage[TEXT_MAX];
	if (str_is_none(text))
		return false;
	Str safe = make_safe(text, storage);
	int room = pen->end - pen->col - gap;
	if (room <= 0 || utf8_columns(safe) > (size_t)room)
		return false;
	pen->col += gap;
	pen_put(pen, safe, style);
	return true;
}

void pen_fill(Pen *pen, int count, uint32_t code_point, Style style)
{
	if (count > pen->end - pen->col)
		count = pen->end - pen->col;
	if (count <= 0)
		return;
	frame_fill(pen->frame, pen->row, pen->col, count, code_point, style);
	pen->col += count;
}

size_t frame_break(Str text, size_t columns)
{
	size_t end = utf8_fit(text, columns);
	if (end == text.len)
		return end;
	size_t space = end;
	while (space > 0 && text.data[space] != ' ')
		space--;
	if (space > 0)
		return space;
	uint32_t code_point;
	return end > 0 ? end : utf8_decode(text, &code_point);
}

void frame_put_wrapped(Frame *frame, int row, int col, int width, int rows, Str text, Style style)
{
	char storage[TEXT_MAX];
	if (width <= 0)
		return;
	for (Str rest = make_safe(text, storage); rest.len > 0 && rows > 0; rows--) {
		size_t end = frame_break(rest, (size_t)width);
		frame_put(frame, row++, col, width, str_sub(rest, 0, end), style);
		rest = str_sub(rest, end, rest.len);
		while (rest.len > 0 && rest.data[0] == ' ')
			rest = str_sub(rest, 1, rest.len);
	}
}

void frame_row_text(const Frame *frame, int row, StrBuf *out)
{
	if (row < 0 || row >= frame->rows)
		return;
	const Cell *cells = row_at(frame, row);
	int end = frame->cols;
	while (end > 0 && cells[end - 1].len == 1 && cells[end - 1].text[0] == ' ')
		end--;
	for (int i = 0; i < end; i++)
		strbuf_add(out, (Str){cells[i].text, cells[i].len});
}
