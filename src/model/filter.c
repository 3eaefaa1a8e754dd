#include "model/filter.h"

#include "base/num.h"
#include "base/utf8.h"

#include <math.h>
#include <string.h>

typedef struct Parser {
	Filter filter;
	Str text;
	size_t at;
	size_t used; /* of filter.words */
	Err *err;
} Parser;

/* Puts the place before the error that is there. */
static bool fail_at(const Parser *p, size_t at)
{
	return err_context(p->err, "character %zu", utf8_columns(str_sub(p->text, 0, at)) + 1);
}

/* The operator that begins at `at`; its length, or 0. */
static size_t operator_at(Str text, size_t at, FilterOp *op)
{
	static const struct {
		Str sign;
		FilterOp op;
	} signs[] = {
		{STR_INIT("!="), FILTER_IS_NOT},   {STR_INIT("!~"), FILTER_HAS_NOT}, {STR_INIT("<="), FILTER_AT_MOST},
		{STR_INIT(">="), FILTER_AT_LEAST}, {STR_INIT("="), FILTER_IS},       {STR_INIT("~"), FILTER_HAS},
		{STR_INIT("<"), FILTER_LESS},      {STR_INIT(">"), FILTER_MORE},
	};
	Str rest = str_sub(text, at, text.len);
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		if (str_starts(rest, signs[i].sign)) {
			*op = signs[i].op;
			return signs[i].sign.len;
		}
	}
	return 0;
}

/* Reads up to a blank or, in front of a column's operator, up to that. Without its quotes it comes into filter.words. */
static bool read_word(Parser *p, bool stop_at_operator, Str *word)
{
	size_t start = p->used, quote = SIZE_MAX;
	for (; p->at < p->text.len; p->at++) {
		char c = p->text.data[p->at];
		FilterOp op;
		if (c == '"') {
			bool doubled = quote != SIZE_MAX && p->at + 1 < p->text.len && p->text.data[p->at + 1] == '"';
			if (!doubled) {
				quote = quote == SIZE_MAX ? p->at : SIZE_MAX;
				continue;
			}
			p->at++;
		} else if (quote == SIZE_MAX && (c == ' ' || (stop_at_operator && operator_at(p->text, p->at, &op)))) {
			break;
		}
		p->filter.words[p->used++] = c;
	}
	*word = (Str){p->filter.words + start, p->used - start};
	if (quote == SIZE_MAX)
		return true;
	err_set(p->err, "this quote has no end");
	return fail_at(p, quote);
}

/* "k", "M" and "G" stand for kB, MB and GB; a rate may end with /s. */
static bool parse_bytes(Str text, double *number)
{
	char storage[64];
	StrBuf padded = STRBUF_ON(storage);
	int64_t bytes = 0;
	if (str_ends(text, STR("/s")))
		text = str_sub(text, 0, text.len - 2);
	strbuf_add(&padded, text);
	if (text.len > 0 && strchr("kKmMgGtT", text.data[text.len - 1]) != NULL)
		strbuf_add_char(&padded, 'B');
	if (padded.truncated || !num_parse_bytes(strbuf_str(&padded), &bytes))
		return false;
	*number = (double)bytes;
	return true;
}

static bool parse_number(ValueType type, Str text, double *number)
{
	bool negative = text.len > 1 && text.data[0] == '-';
	bool ok = false;
	if (negative)
		text = str_sub(text, 1, text.len);
	switch (type) {
	case VALUE_BYTES:
	case VALUE_RATE:
		ok = parse_bytes(text, number);
		break;
	case VALUE_SECONDS:
		ok = num_parse_duration(text, number);
		break;
	case VALUE_PERCENT:
		ok = num_parse_double(str_ends(text, STR("%")) ? str_sub(text, 0, text.len - 1) : text, number);
		break;
	default:
		ok = num_parse_double(text, number);
		break;
	}
	if (ok && negative)
		*number = -*number;
	return ok;
}

static const char *expected(ValueType type)
{
	switch (type) {
	case VALUE_BYTES:
	case VALUE_RATE:
		return "bytes, as 1000, 64kB or 1.5GB";
	case VALUE_SECONDS:
		return "a time, as 2, 500ms or 3min";
	case VALUE_PERCENT:
		return "a percentage, as 50";
	case VALUE_LSN:
		return "an LSN, as 5C/60000000";
	default:
		return "a number";
	}
}

static bool is_order(FilterOp op)
{
	return op >= FILTER_LESS;
}

static bool read_value(Parser *p, FilterTerm *term, size_t at)
{
	const Metric *metric = term->metric;
	Str value = {p->filter.words + term->word, term->len};
	bool contains = term->op == FILTER_HAS || term->op == FILTER_HAS_NOT;
	if (metric->type == VALUE_TEXT) {
		if (!is_order(term->op) && (value.len > 0 || !contains))
			return true;
		if (contains)
			err_set(p->err, "expected a text behind %s", term->op == FILTER_HAS ? "~" : "!~");
		else
			err_set(p->err, "%s is text: expected =, !=, ~ or !~", metric->name);
		return fail_at(p, at);
	}
	if (contains) {
		err_set(p->err, "%s is no text: expected =, !=, <, <=, > or >=", metric->name);
		return fail_at(p, at);
	}
	if (value.len == 0 && !is_order(term->op))
		return true;
	bool ok = metric->type == VALUE_LSN ? lsn_parse(value, &term->lsn)
	                                    : parse_number(metric->type, value, &term->number);
	if (ok)
		return true;
	err_set(p->err, "\"%.*s\" is not what %s holds: expected %s", STR_ARG(value), metric->name,
	        expected(metric->type));
	return fail_at(p, at);
}

static bool read_term(Parser *p)
{
	size_t start = p->at;
	Str word;
	if (p->filter.nterms == FILTER_TERMS_MAX) {
		err_set(p->err, "expected at most %d words", FILTER_TERMS_MAX);
		return fail_at(p, start);
	}
	FilterTerm term = {.word = (uint16_t)p->used, .number = NAN, .lsn = LSN_NONE};
	if (!read_word(p, true, &word))
		return false;
	size_t sign = p->at < p->text.len ? operator_at(p->text, p->at, &term.op) : 0;
	if (sign == 0) {
		term.len = (uint16_t)word.len;
		(void)num_parse_double(word, &term.number);
		if (word.len == 0) {
			err_set(p->err, "expected a text between the quotes");
			return fail_at(p, start);
		}
	} else {
		size_t at = p->at;
		if (word.len == 0) {
			err_set(p->err, "expected a column before %.*s; quotes make it a text", (int)sign,
			        p->text.data + at);
			return fail_at(p, start);
		}
		term.metric = metric_resolve(p->filter.table, word, p->err);
		if (term.metric == NULL)
			return fail_at(p, start);
		p->at += sign;
		term.word = (uint16_t)p->used;
		if (!read_word(p, false, &word))
			return false;
		term.len = (uint16_t)word.len;
		if (!read_value(p, &term, at))
			return false;
	}
	p->filter.terms[p->filter.nterms++] = term;
	return true;
}

bool filter_parse(Filter *filter, const MetricTable *table, Str text, Err *err)
{
	Parser p = {.filter = {.table = table}, .text = str_trim(text), .err = err};
	StrBuf kept = STRBUF_ON(p.filter.text);
	if (p.text.len >= FILTER_TEXT_MAX)
		return err_set(err, "expected at most %d bytes", FILTER_TEXT_MAX - 1);
	strbuf_add(&kept, p.text);
	for (; p.at < p.text.len; p.at++) { /* over the blank that ended a word */
		if (p.text.data[p.at] == ' ')
			continue;
		if (!read_term(&p))
			return false;
	}
	*filter = p.filter;
	return true;
}

/* ---- rows ---- */

/* Whether it is in one of the columns; the first is the time, the same in all rows. */
static bool has_word(const MetricTable *table, const FilterTerm *term, Str word, const void *row)
{
	for (size_t i = 1; i < table->nmetrics; i++) {
		const Metric *metric = &table->metrics[i];
		if (metric->type != VALUE_TEXT && (metric->type != VALUE_INT || isnan(term->number)))
			continue;
		Value value = metric_get(metric, row);
		if (!value.known)
			continue;
		if (value.type == VALUE_TEXT ? str_find_nocase(value.text, word) != SIZE_MAX
		                             : (double)value.integer == term->number)
			return true;
	}
	return false;
}

static int compare(double a, double b)
{
	return (a > b) - (a < b);
}

/* -1, 0, 1 as the row's known value is below, at or above the term's. */
static int compare_value(const FilterTerm *term, Value value)
{
	switch (value.type) {
	case VALUE_LSN:
		return (value.lsn > term->lsn) - (value.lsn < term->lsn);
	case VALUE_INT:
	case VALUE_BYTES:
		return compare((double)value.integer, term->number);
	default:
		return compare(value.real, term->number);
	}
}

static bool is_value(const FilterTerm *term, Str word, Value value)
{
	bool nothing = !value.known || (value.type == VALUE_TEXT && value.text.len == 0);
	if (word.len == 0 || nothing)
		return word.len == 0 && nothing;
	return value.type == VALUE_TEXT ? str_eq_nocase(value.text, word) : compare_value(term, value) == 0;
}

static bool term_matches(const Filter *filter, const FilterTerm *term, const void *row)
{
	Str word = {filter->words + term->word, term->len};
	if (term->op == FILTER_WORD)
		return has_word(filter->table, term, word, row);
	Value value = metric_get(term->metric, row);
	switch (term->op) {
	case FILTER_IS:
	case FILTER_IS_NOT:
		return is_value(term, word, value) == (term->op == FILTER_IS);
	case FILTER_HAS:
	case FILTER_HAS_NOT:
		return (value.known && str_find_nocase(value.text, word) != SIZE_MAX) == (term->op == FILTER_HAS);
	case FILTER_LESS:
		return value.known && compare_value(term, value) < 0;
	case FILTER_AT_MOST:
		return value.known && compare_value(term, value) <= 0;
	case FILTER_MORE:
		return value.known && compare_value(term, value) > 0;
	case FILTER_AT_LEAST:
		return value.known && compare_value(term, value) >= 0;
	case FILTER_WORD:
		break;
	}
	return false;
}

bool filter_matches(const Filter *filter, const void *row)
{
	for (size_t i = 0; i < filter->nterms; i++)
		if (!term_matches(filter, &filter->terms[i], row))
			return false;
	return true;
}
