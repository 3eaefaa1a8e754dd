#include "model/exposition.h"

#include "base/num.h"
#include "base/utf8.h"
#include "model/rowtext.h"

#include <math.h>
#include <stdlib.h>

typedef struct Writer {
	StrBuf *out;
	const ColumnList *columns;
	const MetricTable *table;
	const char *rows;
	size_t nrows;
	Str *labels; /* by row: what stands between the braces */
} Writer;

static bool is_value(const Metric *metric)
{
	if (metric->use == METRIC_PLAIN)
		return metric->type != VALUE_TEXT;
	return metric->use == METRIC_FLAG || metric->use == METRIC_COUNTER;
}

static bool is_info(const Metric *metric)
{
	return metric->use == METRIC_INFO || (metric->use == METRIC_PLAIN && metric->type == VALUE_TEXT);
}

bool exposition_has(TableId table)
{
	const MetricTable *t = metric_table(table);
	for (size_t i = 0; i < t->nmetrics; i++) {
		if (t->metrics[i].use == METRIC_LABEL)
			return true;
	}
	return false;
}

/* ---- labels ---- */

static void write_label_text(StrBuf *out, Str text)
{
	while (text.len > 0) {
		char encoded[4];
		uint32_t code_point = 0;
		size_t used = utf8_decode(text, &code_point);
		text = str_sub(text, used, text.len);
		if (code_point == '\\' || code_point == '"')
			strbuf_add_char(out, '\\');
		if (code_point == '\n')
			strbuf_add_cstr(out, "\\n");
		else
			strbuf_add(out, (Str){encoded, utf8_encode(code_point, encoded)});
	}
}

/* Without a value there is no label: to Prometheus an empty one is the same. */
static void write_label(StrBuf *out, const Metric *metric, const void *row)
{
	Value value = metric_get(metric, row);
	if (!value.known || (value.type == VALUE_TEXT && value.text.len == 0))
		return;
	strbuf_addf(out, "%s%s=\"", out->len > 0 ? "," : "", metric->name);
	if (value.type == VALUE_TEXT)
		write_label_text(out, value.text);
	else
		num_write_i64(out, value.integer);
	strbuf_add_char(out, '"');
}

static int compare_rows(const void *a, const void *b)
{
	const Str *const *x = a, *const *y = b;
	int order = str_cmp(**x, **y);
	return order != 0 ? order : (*x > *y) - (*x < *y);
}

/* Two rows of the same labels would be one series twice, which makes a reader refuse all of it. */
static void tell_copies_apart(Arena *arena, Str *labels, size_t count)
{
	const Str **sorted = ARENA_ARRAY(arena, const Str *, count + 1);
	for (size_t i = 0; i < count; i++)
		sorted[i] = &labels[i];
	qsort(sorted, count, sizeof(*sorted), compare_rows);
	for (size_t i = 0; i < count;) {
		Str same = *sorted[i];
		size_t copy = 1;
		for (i++; i < count && str_eq(*sorted[i], same); i++)
			labels[sorted[i] - labels] =
				str_format(arena, "%.*s%scopy=\"%zu\"", STR_ARG(same), same.len > 0 ? "," : "", ++copy);
	}
}

static void make_labels(Writer *w, Arena *arena)
{
	StrBuf text = {0};
	w->labels = ARENA_ARRAY(arena, Str, w->nrows + 1);
	for (size_t i = 0; i < w->nrows; i++) {
		strbuf_clear(&text);
		for (size_t m = 0; m < w->table->nmetrics; m++) {
			if (w->table->metrics[m].use == METRIC_LABEL)
				write_label(&text, &w->table->metrics[m], w->rows + i * w->table->row_size);
		}
		w->labels[i] = str_dup(arena, text.len > 0 ? strbuf_str(&text) : STR(""));
	}
	strbuf_free(&text);
	tell_copies_apart(arena, w->labels, w->nrows);
}

/* ---- series ---- */

static void write_name(StrBuf *out, const MetricTable *table, const Metric *metric)
{
	Str name = str_from(metric->name);
	Str percent = STR("_percent");
	strbuf_addf(out, "pgrepltop_%s_", table->one);
	if (metric->type == VALUE_PERCENT && str_ends(name, percent)) {
		strbuf_add(out, str_sub(name, 0, name.len - percent.len));
		strbuf_add_cstr(out, "_ratio");
	} else {
		strbuf_add(out, name);
	}
	if (metric->type == VALUE_LSN)
		strbuf_add_cstr(out, "_bytes");
	if (metric->use == METRIC_COUNTER)
		strbuf_add_cstr(out, "_total");
}

void exposition_name(StrBuf *out, TableId table, const Metric *metric)
{
	write_name(out, metric_table(table), metric);
}

static void write_value(StrBuf *out, const Metric *metric, Value value)
{
	if (metric->use == METRIC_FLAG) {
		strbuf_add_char(out, str_eq(value.text, STR("t")) ? '1' : '0');
	} else if (value.type == VALUE_LSN) {
		num_write_u64(out, value.lsn);
	} else if (value.type == VALUE_INT || value.type == VALUE_BYTES) {
		num_write_i64(out, value.integer);
	} else if (!isfinite(value.real)) {
		strbuf_add_cstr(out, value.real < 0 ? "-Inf" : "+Inf");
	} else {
		num_write_real(out, metric->type == VALUE_PERCENT ? value.real / 100 : value.real);
	}
}

static void write_help_text(StrBuf *out, const char *help)
{
	for (; *help != '\0'; help++) {
		if (*help == '\\')
			strbuf_add_char(out, '\\');
		strbuf_add_char(out, *help);
	}
}

/* What the column's own help does not say, as it is written of CSV. */
static const char *unit_note(const Metric *metric)
{
	if (metric->use == METRIC_FLAG)
		return " Here 1 or 0.";
	if (metric->type == VALUE_LSN)
		return " In bytes since the beginning of WAL.";
	return metric->type == VALUE_PERCENT ? " As a ratio: 1 is all." : "";
}

static void write_head(StrBuf *out, const MetricTable *table, const Metric *metric)
{
	strbuf_add_cstr(out, "# HELP ");
	write_name(out, table, metric);
	strbuf_add_char(out, ' ');
	write_help_text(out, metric->help);
	strbuf_addf(out, "%s\n# TYPE ", unit_note(metric));
	write_name(out, table, metric);
	strbuf_addf(out, " %s\n", metric->use == METRIC_COUNTER ? "counter" : "gauge");
}

static void write_series(const Writer *w, const Metric *metric)
{
	bool has_head = false;
	for (size_t i = 0; i < w->nrows; i++) {
		Value value = metric_get(metric, w->rows + i * w->table->row_size);
		if (!value.known)
			continue;
		if (!has_head)
			write_head(w->out, w->table, metric);
		has_head = true;
		write_name(w->out, w->table, metric);
		strbuf_addf(w->out, "{%.*s} ", STR_ARG(w->labels[i]));
		write_value(w->out, metric, value);
		strbuf_add_char(w->out, '\n');
	}
}

static void write_info(const Writer *w)
{
	StrBuf labels = {0};
	bool wanted = false;
	for (size_t i = 0; i < w->columns->count; i++)
		wanted |= is_info(w->columns->metrics[i]);
	if (wanted && w->nrows > 0)
		strbuf_addf(w->out,
		            "# HELP pgrepltop_%s_info What each %s is, in labels.\n# TYPE pgrepltop_%s_info gauge\n",
		            w->table->one, w->table->one, w->table->one);
	for (size_t i = 0; wanted && i < w->nrows; i++) {
		strbuf_clear(&labels);
		strbuf_add(&labels, w->labels[i]);
		for (size_t m = 0; m < w->columns->count; m++) {
			if (is_info(w->columns->metrics[m]))
				write_label(&labels, w->columns->metrics[m], w->rows + i * w->table->row_size);
		}
		strbuf_addf(w->out, "pgrepltop_%s_info{%.*s} 1\n", w->table->one, STR_ARG(strbuf_str(&labels)));
	}
	strbuf_free(&labels);
}

void exposition_write(StrBuf *out, const ColumnList *columns, const Report *report)
{
	Arena arena = {0};
	Writer w = {.out = out, .columns = columns, .table = metric_table(columns->table)};
	w.rows = report_table_rows(report, columns->table, &w.nrows);
	make_labels(&w, &arena);
	write_info(&w);
	for (size_t i = 0; i < columns->count; i++) {
		if (is_value(columns->metrics[i]))
			write_series(&w, columns->metrics[i]);
	}
	arena_free(&arena);
}
