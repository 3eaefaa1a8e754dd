#include "screen.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { PARAMS_MAX = 8, PARAM_LIMIT = 10000 };

typedef enum ParserState { GROUND, ESCAPE, ESCAPE_ONE_MORE, CONTROL, STRING, STRING_ESCAPE } ParserState;

struct Screen {
	int cols, rows;
	int row, col;
	int saved_row, saved_col;
	int top, bottom; /* of the scrolling region */
	bool wrap;       /* the last column was written: the next character goes to the next row */
	char last;       /* for "repeat" */
	ParserState state;
	int params[PARAMS_MAX];
	int nparams;
	bool is_private;
	char *cells; /* a row is cols characters and a NUL */
};

static char *row_at(const Screen *s, int row)
{
	return s->cells + (size_t)row * ((size_t)s->cols + 1);
}

static void clear(Screen *s, int row, int from, int to)
{
	if (to > s->cols)
		to = s->cols;
	if (from < to)
		memset(row_at(s, row) + from, ' ', (size_t)(to - from));
}

static void clear_rows(Screen *s, int from, int to)
{
	for (int row = from; row < to; row++)
		clear(s, row, 0, s->cols);
}

Screen *screen_new(int cols, int rows)
{
	Screen *s = calloc(1, sizeof(*s));
	if (s)
		s->cells = calloc((size_t)rows, (size_t)cols + 1);
	if (!s || !s->cells) {
		fputs("out of memory\n", stderr);
		exit(1);
	}
	s->cols = cols;
	s->rows = rows;
	s->bottom = rows - 1;
	clear_rows(s, 0, rows);
	return s;
}

void screen_free(Screen *s)
{
	if (s)
		free(s->cells);
	free(s);
}

static int within(int value, int low, int high)
{
	return value < low ? low : value > high ? high : value;
}

static void go(Screen *s, int row, int col)
{
	s->row = within(row, 0, s->rows - 1);
	s->col = within(col, 0, s->cols - 1);
	s->wrap = false;
}

/* Moves the rows from `top` to the region's end up, or down if `count` is negative. */
static void scroll(Screen *s, int top, int count)
{
	int height = s->bottom - top + 1;
	size_t stride = (size_t)s->cols + 1;
	count = within(count, -height, height);
	if (height <= 0)
		return;
	int moved = height - abs(count);
	if (count >= 0) {
		memmove(row_at(s, top), row_at(s, top + count), (size_t)moved * stride);
		clear_rows(s, top + moved, top + height);
	} else {
		memmove(row_at(s, top - count), row_at(s, top), (size_t)moved * stride);
		clear_rows(s, top, top - count);
	}
}

static void line_feed(Screen *s)
{
	s->wrap = false;
	if (s->row == s->bottom)
		scroll(s, s->top, 1);
	else if (s->row < s->rows - 1)
		s->row++;
}

static void reverse_line_feed(Screen *s)
{
	s->wrap = false;
	if (s->row == s->top)
		scroll(s, s->top, -1);
	else if (s->row > 0)
		s->row--;
}

static void put(Screen *s, char c)
{
	if (s->wrap) {
		s->col = 0;
		line_feed(s);
	}
	row_at(s, s->row)[s->col] = c;
	s->last = c;
	s->wrap = s->col == s->cols - 1;
	if (!s->wrap)
		s->col++;
}

/* Characters of the cursor's row from the cursor on, to the right or, if `count` is negative, to the left. */
static void shift(Screen *s, int count)
{
	char *at = row_at(s, s->row) + s->col;
	int width = s->cols - s->col;
	count = within(count, -width, width);
	size_t moved = (size_t)(width - abs(count));
	if (count >= 0) {
		memmove(at + count, at, moved);
		memset(at, ' ', (size_t)count);
	} else {
		memmove(at, at - count, moved);
		memset(at + moved, ' ', (size_t)-count);
	}
}

static void erase_screen(Screen *s, int how)
{
	if (how == 0) {
		clear(s, s->row, s->col, s->cols);
		clear_rows(s, s->row + 1, s->rows);
	} else if (how == 1) {
		clear_rows(s, 0, s->row);
		clear(s, s->row, 0, s->col + 1);
	} else {
		clear_rows(s, 0, s->rows);
	}
}

static void erase_row(Screen *s, int how)
{
	clear(s, s->row, how == 0 ? s->col : 0, how == 1 ? s->col + 1 : s->cols);
}

static void set_region(Screen *s)
{
	int top = s->params[0] > 0 ? s->params[0] - 1 : 0;
	int bottom = s->params[1] > 0 ? s->params[1] - 1 : s->rows - 1;
	if (top < bottom && bottom < s->rows) {
		s->top = top;
		s->bottom = bottom;
	}
	go(s, 0, 0);
}

static void control(Screen *s, char final)
{
	int n = s->params[0] > 0 ? s->params[0] : 1;
	bool in_region = s->row >= s->top && s->row <= s->bottom;
	if (s->is_private)
		return;
	switch (final) {
	case 'A':
		go(s, s->row - n, s->col);
		break;
	case 'B':
		go(s, s->row + n, s->col);
		break;
	case 'C':
		go(s, s->row, s->col + n);
		break;
	case 'D':
		go(s, s->row, s->col - n);
		break;
	case 'G':
		go(s, s->row, n - 1);
		break;
	case 'd':
		go(s, n - 1, s->col);
		break;
	case 'H':
	case 'f':
		go(s, n - 1, (s->params[1] > 0 ? s->params[1] : 1) - 1);
		break;
	case 'J':
		erase_screen(s, s->params[0]);
		break;
	case 'K':
		erase_row(s, s->params[0]);
		break;
	case 'X':
		clear(s, s->row, s->col, s->col + n);
		break;
	case '@':
		shift(s, n);
		break;
	case 'P':
		shift(s, -n);
		break;
	case 'L':
	case 'M':
		if (in_region)
			scroll(s, s->row, final == 'L' ? -n : n);
		break;
	case 'S':
		scroll(s, s->top, n);
		break;
	case 'T':
		scroll(s, s->top, -n);
		break;
	case 'b':
		for (int i = 0; i < n && s->last; i++)
			put(s, s->last);
		break;
	case 'r':
		set_region(s);
		break;
	default:
		break;
	}
}

static void escape(Screen *s, char c)
{
	s->state = GROUND;
	switch (c) {
	case '[':
		s->state = CONTROL;
		memset(s->params, 0, sizeof(s->params));
		s->nparams = 0;
		s->is_private = false;
		break;
	case ']':
	case 'P':
		s->state = STRING;
		break;
	case '(':
	case ')':
	case '#':
	case '%':
		s->state = ESCAPE_ONE_MORE;
		break;
	case '7':
		s->saved_row = s->row;
		s->saved_col = s->col;
		break;
	case '8':
		go(s, s->saved_row, s->saved_col);
		break;
	case 'D':
		line_feed(s);
		break;
	case 'M':
		reverse_line_feed(s);
		break;
	default:
		break;
	}
}

static void control_byte(Screen *s, char c)
{
	if (c >= '0' && c <= '9') {
		int *param = &s->params[s->nparams];
		if (*param < PARAM_LIMIT)
			*param = *param * 10 + (c - '0');
	} else if (c == ';') {
		if (s->nparams < PARAMS_MAX - 1)
			s->nparams++;
	} else if (c >= '<' && c <= '?') {
		s->is_private = true;
	} else if (c >= '@' && c <= '~') {
		s->state = GROUND;
		control(s, c);
	}
}

static void ground(Screen *s, char c)
{
	unsigned char byte = (unsigned char)c;
	switch (c) {
	case '\033':
		s->state = ESCAPE;
		break;
	case '\r':
		go(s, s->row, 0);
		break;
	case '\n':
		line_feed(s);
		break;
	case '\b':
		go(s, s->row, s->col - 1);
		break;
	case '\t':
		go(s, s->row, (s->col / 8 + 1) * 8);
		break;
	default:
		if (byte >= 0xC0)
			put(s, '?');
		else if (byte >= 0x20 && byte < 0x7F)
			put(s, c);
	}
}

static void take(Screen *s, char c)
{
	switch (s->state) {
	case GROUND:
		ground(s, c);
		break;
	case ESCAPE:
		escape(s, c);
		break;
	case ESCAPE_ONE_MORE:
		s->state = GROUND;
		break;
	case CONTROL:
		control_byte(s, c);
		break;
	case STRING:
		s->state = c == '\a' ? GROUND : c == '\033' ? STRING_ESCAPE : STRING;
		break;
	case STRING_ESCAPE:
		s->state = GROUND;
		break;
	}
}

void screen_write(Screen *s, const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		take(s, bytes[i]);
}

int screen_count(const Screen *s, const char *text)
{
	int count = 0;
	size_t len = strlen(text);
	for (int row = 0; row < s->rows; row++) {
		const char *at = row_at(s, row);
		while ((at = strstr(at, text))) {
			count++;
			at += len;
		}
	}
	return count;
}

void screen_print(const Screen *s, FILE *out)
{
	for (int row = 0; row < s->rows; row++)
		fprintf(out, "%s\n", row_at(s, row));
}
