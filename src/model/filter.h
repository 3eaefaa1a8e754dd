#ifndef PGREPLTOP_MODEL_FILTER_H
#define PGREPLTOP_MODEL_FILTER_H
/* Which rows of a table are shown: words separated by blanks, all of which a row must match.
 *
 *   WORD                   in any text column, in any case; a number also as the whole of a column of whole numbers
 *   COLUMN=TEXT COLUMN!=TEXT    is it, is it not; without TEXT: is not known, is known
 *   COLUMN~TEXT COLUMN!~TEXT    contains it, does not
 *   COLUMN<VALUE <= > >=        numbers, with units as 500ms, 100MB; LSNs
 *
 * COLUMN is a name as in CSV, a title as on the screen or the beginning of one (metric_resolve()). "..." holds blanks and
 * operators together, and "" in it is a quote. What is not known matches no comparison but != and !~. */
#include "base/err.h"
#include "model/metric.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FILTER_TEXT_MAX = 256, FILTER_TERMS_MAX = 16 };

typedef enum FilterOp {
	FILTER_WORD,
	FILTER_IS,
	FILTER_IS_NOT,
	FILTER_HAS,
	FILTER_HAS_NOT,
	FILTER_LESS,
	FILTER_AT_MOST,
	FILTER_MORE,
	FILTER_AT_LEAST
} FilterOp;

typedef struct FilterTerm {
	const Metric *metric; /* NULL: any column */
	FilterOp op;
	uint16_t word, len; /* in Filter.words */
	double number;      /* of the word; NAN: it is none */
	Lsn lsn;            /* LSN_NONE: it is none */
} FilterTerm;

/* Zero-initialised matches every row. It owns nothing and may be copied. */
typedef struct Filter {
	const MetricTable *table;
	char text[FILTER_TEXT_MAX]; /* as it was written, NUL-terminated */
	char words[FILTER_TEXT_MAX];
	FilterTerm terms[FILTER_TERMS_MAX];
	size_t nterms;
} Filter;

/* An empty text is an empty filter. False: the error says where, what was found and what was expected, and *filter is as
 * it was. */
bool filter_parse(Filter *filter, const MetricTable *table, Str text, Err *err);
static inline bool filter_is_empty(const Filter *filter)
{
	return filter->nterms == 0;
}
bool filter_matches(const Filter *filter, const void *row);

#endif
