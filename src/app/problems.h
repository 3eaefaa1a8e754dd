#ifndef PGREPLTOP_APP_PROBLEMS_H
#define PGREPLTOP_APP_PROBLEMS_H
/* What is wrong with the files that were read: all of it, not only the first. */
#include "base/str.h"

#include <stdbool.h>
#include <stdio.h>

/* Zero-initialised is empty; owns its text. */
typedef struct Problems {
	StrBuf text; /* a line each: "FILE:LINE: what is wrong; what was expected" */
	size_t nerrors;
	size_t nwarnings; /* with these the program can go on */
} Problems;

/* Appends a line; control characters in it become blanks. problems_error() returns false. */
bool problems_error(Problems *problems, const char *format, ...) PRINTF_LIKE(2, 3);
void problems_warn(Problems *problems, const char *format, ...) PRINTF_LIKE(2, 3);
static inline size_t problems_count(const Problems *problems)
{
	return problems->nerrors + problems->nwarnings;
}
/* The first of them, without its newline. */
Str problems_first(const Problems *problems);
/* All of them, a line each, after the program's name. */
void problems_print(const Problems *problems, FILE *out);
void problems_free(Problems *problems);

#endif
