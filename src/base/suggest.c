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

Suggest suggest_start(Str wrong)
{
	return (Suggest){.wrong = wrong, .distance = DISTANCE_MAX + 1};
}

void suggest_offer(Suggest *suggest, Str name)
{
	size_t distance = suggest_distance(suggest->wrong, name);
	/* Of a name of two letters, two wrong ones are all. */
	if (distance >= suggest->distance || distance * 2 > name.len)
		return;
	suggest->distance = distance;
	suggest->best = name;
}

void suggest_write(const Suggest *suggest, StrBuf *out)
{
	if (!str_is_none(suggest->best))
		strbuf_addf(out, "; did you mean \"%.*s\"?", STR_ARG(suggest->best));
}

SuggestText suggest_text(const Suggest *suggest)
{
	SuggestText text = {""};
	StrBuf out = STRBUF_ON(text.text);
	suggest_write(suggest, &out);
	return text;
}
