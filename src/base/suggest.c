#include "base/suggest.h"

enum {
	NAME_MAX_LENGTH = 64,
	NAME_DISTANCE_MAX = 2, /* wrong letters up to which a name is suggested */
};

/* Levenshtein's distance; names too long for it differ by much. */
static size_t edit_distance(Str a, Str b)
{
	size_t row[NAME_MAX_LENGTH + 2];
	if (a.len > NAME_MAX_LENGTH || b.len > NAME_MAX_LENGTH)
		return SIZE_MAX;
	for (size_t k = 0; k <= b.len; k++)
		row[k] = k;
	for (size_t i = 1; i <= a.len; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t k = 1; k <= b.len; k++) {
			size_t best = diagonal + (a.data[i - 1] != b.data[k - 1]);
			diagonal = row[k];
			if (best > row[k] + 1)
				best = row[k] + 1;
			if (best > row[k - 1] + 1)
				best = row[k - 1] + 1;
			row[k] = best;
		}
	}
	return row[b.len];
}

Suggestion suggestion_for(Str wrong)
{
	return (Suggestion){.wrong = wrong, .distance = NAME_DISTANCE_MAX + 1};
}

void suggest(Suggestion *suggestion, Str name)
{
	size_t distance = edit_distance(suggestion->wrong, name);
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
