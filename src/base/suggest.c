#include "base/suggest.h"

enum {
	NAME_MAX_LEN = 64,
	DISTANCE_MAX = 2, /* wrong letters up to which a name is suggested */
};

static char folded(Str s, size_t i)
{
	char c = s.data[i];
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t min_of(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Damerau's and Levenshtein's distance, in which no letter is moved twice; three rows of its matrix are enough. */
size_t suggest_distance(Str a, Str b)
{
	size_t rows[3][NAME_MAX_LEN + 1];
	if (a.len > NAME_MAX_LEN || b.len > NAME_MAX_LEN)
		return SIZE_MAX;
	for (size_t k = 0; k <= b.len; k++)
		rows[0][k] = k;
	for (size_t i = 1; i <= a.len; i++) {
		size_t *row = rows[i % 3];
		const size_t *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];
		row[0] = i;
		for (size_t k = 1; k <= b.len; k++) {
			bool same = folded(a, i - 1) == folded(b, k - 1);
			row[k] = min_of(above[k - 1] + !same, min_of(above[k], row[k - 1]) + 1);
			if (i > 1 && k > 1 && folded(a, i - 1) == folded(b, k - 2) &&
			    folded(a, i - 2) == folded(b, k - 1))
				row[k] = min_of(row[k], above2[k - 2] + 1);
		}
	}
	return rows[a.len % 3][b.len];
}

Suggestion suggestion_for(Str wrong)
{
	return (Suggestion){.wrong = wrong, .distance = DISTANCE_MAX + 1};
}

void suggest(Suggestion *suggestion, Str name)
{
	size_t distance = suggest_distance(suggestion->wrong, name);
	/* Of a name of two letters, two wrong ones are all. */
	if (distance >= suggestion->distance || distance * 2 > name.len)
		return;
	suggestion->distance = distance;
	suggestion->best = name;
}

void suggestion_write(const Suggestion *suggestion, StrBuf *out)
{
	if (!str_is_none(suggestion->best))
		strbuf_addf(out, "; did you mean \"%.*s\"?", STR_ARG(suggestion->best));
}

SuggestionText suggestion_text(const Suggestion *suggestion)
{
	SuggestionText text = {""};
	StrBuf out = STRBUF_ON(text.text);
	suggestion_write(suggestion, &out);
	return text;
}
