#ifndef PGREPLTOP_BASE_SUGGEST_H
#define PGREPLTOP_BASE_SUGGEST_H
/* The name that a mistyped one was probably meant to be. */
#include "base/str.h"

#include <stddef.h>

/* The best of the names offered so far; borrows them and the wrong one. */
typedef struct Suggestion {
	Str wrong;
	Str best; /* STR_NONE = nothing is near */
	size_t distance;
} Suggestion;

Suggestion suggestion_for(Str wrong);
void suggest(Suggestion *suggestion, Str name);
/* Appends '; did you mean "NAME"?', or nothing. */
void suggestion_write(const Suggestion *suggestion, StrBuf *out);

#endif
