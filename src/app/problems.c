#include "app/problems.h"

#include <stdarg.h>

static void add_line(Problems *problems, const char *format, va_list args)
{
	Err line = {""};
	char text[sizeof(line.text)];
	(void)vsnprintf(text, sizeof(text), format, args);
	err_set(&line, "%s", text); /* takes out what would break a line or a terminal */
	strbuf_addf(&problems->text, "%s\n", line.text);
}

bool problems_error(Problems *problems, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	add_line(problems, format, args);
	va_end(args);
	problems->nerrors++;
	return false;
}

void problems_warn(Problems *problems, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	add_line(problems, format, args);
	va_end(args);
	problems->nwarnings++;
}

Str problems_first(const Problems *problems)
{
	Str rest = strbuf_str(&problems->text);
	return str_cut(&rest, '\n');
}

void problems_print(const Problems *problems, FILE *out)
{
	for (Str rest = strbuf_str(&problems->text); rest.len > 0;) {
		Str line = str_cut(&rest, '\n');
		fprintf(out, "pgrepltop: %.*s\n", STR_ARG(line));
	}
}

void problems_free(Problems *problems)
{
	strbuf_free(&problems->text);
	*problems = (Problems){0};
}
