#ifndef PGREPLTOP_BASE_SUGGEST_H
#define PGREPLTOP_BASE_SUGGEST_H
/* What somebody perhaps meant who wrote a name that nobody knows: the known name with the fewest wrong letters. */
#include "base/str.h"

/* Letters to insert, remove, replace or swap with their neighbour to make one of the other; ASCII case does not count.
 * SIZE_MAX where a name is longer than any of ours. */
size_t suggest_distance(Str a, Str b);

/* Borrows the names it is given. */
typedef struct Suggestion {
	Str wrong;
	Str best; /* STR_NONE = nothing is near */
	size_t distance;
} Suggestion;

Suggestion suggestion_for(Str wrong);
/* A name that would have been right; the first of several equally near ones is kept. */
void suggest(Suggestion *suggestion, Str name);
/* '; did you mean "NAME"?', or nothing where no name is near. */
void suggestion_write(const Suggestion *suggestion, StrBuf *out);
/* The same as text in storage of the caller, for printf; "" = nothing. */
typedef struct SuggestionText {
	char text[96];
} SuggestionText;
SuggestionText suggestion_text(const Suggestion *suggestion);

#endif
