#include "model/rowtext.h"

#include "base/csv.h"
#include "base/num.h"
#include "base/utf8.h"

#include <math.h>

bool row_format_find(Str name, RowFormat *out)
{
	static const Str names[] = {[ROWS_CSV] = STR_INIT("csv"),
	                            [ROWS_JSON] = STR_INIT("json"),
	                            [ROWS_PROMETHEUS] = STR_INIT("prometheus")};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (str_eq(name, names[i])) {
			*out = (RowFormat)i;
			return true;
		}
	}
	return false;
}

const void *report_table_rows(const Report *report, TableId table, size_t *count)
{
	switch (table) {
	case TABLE_PROCESSES:
		*count = report->nprocesses;
		return report->processes;
	case TABLE_SLOTS:
		*count = report->nslots;
		return report->slots;
	case TABLE_QUORUM:
		*count = report->nquorums;
		return report->quorums;
	case TABLE_EVENTS:
		*count = report->nevents;
		return report->events;
	case TABLE_NODES:
	case TABLE_COUNT:
		break;
	}
	*count = report->nnodes;
	return report->nodes;
}

void report_set_table_rows(Report *report, TableId table, void *rows, size_t count)
{
	switch (table) {
	case TABLE_NODES:
		report->nodes = rows;
		report->nnodes = count;
		break;
	case TABLE_PROCESSES:
		report->processes = rows;
		report->nprocesses = count;
		break;
	case TABLE_SLOTS:
		report->slots = rows;
		report->nslots = count;
		break;
	case TABLE_QUORUM:
		report->quorums = rows;
		report->nquorums = count;
		break;
	case TABLE_EVENTS:
		report->events = rows;
		report->nevents = count;
		break;
	case TABLE_COUNT:
		break;
	}
}

/* Of all but text. */
static void write_number(StrBuf *out, Value value)
{
	char text[LSN_TEXT_MAX];
	if (value.type == VALUE_LSN)
		strbuf_add(out, lsn_write(value.lsn, text));
	else if (value.type == VALUE_INT || value.type == VALUE_BYTES)
		num_write_i64(out, value.integer);
	else
		num_write_real(out, value.real);
}

void csv_write_header(StrBuf *out, const ColumnList *columns)
{
	for (size_t i = 0; i < columns->count; i++)
		csv_write_field(out, str_from(columns->metrics[i]->name), i == 0);
	csv_end_row(out);
}

void csv_write_value(StrBuf *out, Value value, bool first)
{
	if (value.type == VALUE_TEXT) {
		csv_write_field(out, value.text, first);
		return;
	}
	if (!first)
		strbuf_add_char(out, ',');
	if (value.known)
		write_number(out, value);
}

void csv_write_row(StrBuf *out, const ColumnList *columns, const void *row)
{
	for (size_t i = 0; i < columns->count; i++)
		csv_write_value(out, metric_get(columns->metrics[i], row), i == 0);
	csv_end_row(out);
}

static void write_escaped(StrBuf *out, uint32_t code_point)
{
	static const char hex[] = "0123456789abcdef";
	switch (code_point) {
	case '"':
		strbuf_add_cstr(out, "\\\"");
		break;
	case '\\':
		strbuf_add_cstr(out, "\\\\");
		break;
	case '\n':
		strbuf_add_cstr(out, "\\n");
		break;
	case '\t':
		strbuf_add_cstr(out, "\\t");
		break;
	default:
		strbuf_add_cstr(out, "\\u00");
		strbuf_add_char(out, hex[code_point >> 4 & 15]);
		strbuf_add_char(out, hex[code_point & 15]);
	}
}

static void write_string(StrBuf *out, Str text)
{
	strbuf_add_char(out, '"');
	while (text.len > 0) {
		char encoded[4];
		uint32_t code_point = 0;
		size_t used = utf8_decode(text, &code_point);
		text = str_sub(text, used, text.len);
		if (code_point < 0x20 || code_point == 0x7f || code_point == '"' || code_point == '\\')
			write_escaped(out, code_point);
		else
			strbuf_add(out, (Str){encoded, utf8_encode(code_point, encoded)});
	}
	strbuf_add_char(out, '"');
}

static void write_json_value(StrBuf *out, const Metric *metric, Value value)
{
	bool finite = value.type != VALUE_SECONDS && value.type != VALUE_RATE && value.type != VALUE_PERCENT;
	if (!value.known || !(finite || isfinite(value.real))) {
		strbuf_add_cstr(out, "null");
	} else if (metric->use == METRIC_FLAG) {
		strbuf_add_cstr(out, str_eq(value.text, STR("t")) ? "true" : "false");
	} else if (value.type == VALUE_TEXT) {
		write_string(out, value.text);
	} else if (value.type == VALUE_LSN) {
		strbuf_add_char(out, '"');
		write_number(out, value);
		strbuf_add_char(out, '"');
	} else {
		write_number(out, value);
	}
}

void json_write_row(StrBuf *out, const ColumnList *columns, const void *row, bool name_table)
{
	strbuf_add_char(out, '{');
	if (name_table)
		strbuf_addf(out, "\"table\":\"%s\"", metric_table(columns->table)->name);
	for (size_t i = 0; i < columns->count; i++) {
		const Metric *metric = columns->metrics[i];
		strbuf_addf(out, "%s\"%s\":", i > 0 || name_table ? "," : "", metric->name);
		write_json_value(out, metric, metric_get(metric, row));
	}
	strbuf_add_cstr(out, "}\n");
}
