#include "base/csv.h"

#include <string.h>

static bool needs_quotes(Str field)
{
	for (size_t i = 0; i < field.len; i++) {
		char c = field.data[i];
		if (c == ',' || c == '"' || c == '\n' || c == '\r')
			return true;
	}
	return field.len == 0;
}

static void write_quoted(StrBuf *out, Str field)
{
	strbuf_add_char(out, '"');
	while (!str_is_none(field)) {
		strbuf_add(out, str_cut(&field, '"'));
		if (!str_is_none(field)) /* the cut was at a quote */
			strbuf_add(out, STR("\"\""));
	}
	strbuf_add_char(out, '"');
}

void csv_write_field(StrBuf *out, Str field, bool first)
{
	if (!first)
		strbuf_add_char(out, ',');
	if (str_is_none(field))
		return;
	if (needs_quotes(field))
		write_quoted(out, field);
	else
		strbuf_add(out, field);
}

void csv_end_row(StrBuf *out)
{
	strbuf_add_char(out, '\n');
}

/* What follows a field. */
typedef enum FieldEnd { END_COMMA, END_ROW, END_TEXT, END_BAD } FieldEnd;

/* Reads the separator at *at and moves behind it. */
static FieldEnd read_separator(Str text, size_t *at)
{
	if (*at == text.len)
		return END_TEXT;
	char c = text.data[(*at)++];
	if (c == ',')
		return END_COMMA;
	if (c == '\n')
		return END_ROW;
	if (c != '\r') /* a quote inside an unquoted field, or text behind a quoted one */
		return END_BAD;
	if (*at == text.len)
		return END_TEXT;
	return text.data[(*at)++] == '\n' ? END_ROW : END_BAD;
}

static FieldEnd read_plain(Str text, size_t *at, Str *field)
{
	size_t start = *at;
	while (*at < text.len) {
		char c = text.data[*at];
		if (c == ',' || c == '\n' || c == '\r' || c == '"')
			break;
		(*at)++;
	}
	*field = *at > start ? str_sub(text, start, *at) : STR_NONE;
	return read_separator(text, at);
}

/* The inside of a quoted field with `pairs` doubled quotes in it made single. */
static Str undouble(Arena *arena, Str inside, size_t pairs)
{
	char *copy = arena_alloc(arena, inside.len - pairs);
	size_t len = 0;
	for (size_t i = 0; i < inside.len; i++) {
		copy[len++] = inside.data[i];
		if (inside.data[i] == '"')
			i++;
	}
	return (Str){copy, len};
}

/* *at stands on the opening quote. */
static FieldEnd read_quoted(Str text, size_t *at, Arena *arena, Str *field)
{
	size_t start = *at + 1;
	size_t pairs = 0;
	size_t end = start;
	for (;; end += 2) {
		const char *quote = end < text.len ? memchr(text.data + end, '"', text.len - end) : NULL;
		if (!quote)
			return END_TEXT;
		end = (size_t)(quote - text.data);
		if (end + 1 == text.len || text.data[end + 1] != '"')
			break;
		pairs++;
	}
	*at = end + 1;
	Str inside = str_sub(text, start, end);
	*field = pairs ? undouble(arena, inside, pairs) : inside;
	return read_separator(text, at);
}

static FieldEnd read_field(Str text, size_t *at, Arena *arena, Str *field)
{
	bool quoted = *at < text.len && text.data[*at] == '"';
	return quoted ? read_quoted(text, at, arena, field) : read_plain(text, at, field);
}

CsvResult csv_read_row(Str *text, Arena *arena, Str *fields, size_t max_fields, size_t *nfields)
{
	size_t at = 0;
	size_t count = 0;
	while (at < text->len || count > 0) {
		if (count == max_fields)
			return CSV_ERROR;
		FieldEnd what = read_field(*text, &at, arena, &fields[count]);
		if (what == END_TEXT)
			return CSV_MORE;
		if (what == END_BAD)
			return CSV_ERROR;
		count++;
		if (what == END_ROW) {
			*text = str_sub(*text, at, text->len);
			*nfields = count;
			return CSV_ROW;
		}
	}
	return CSV_MORE;
}
