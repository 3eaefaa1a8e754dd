#ifndef PGREPLTOP_MODEL_ROWTEXT_H
#define PGREPLTOP_MODEL_ROWTEXT_H
/* Rows as lines of text. Bytes and seconds are the units, '.' is the decimal point (up to six decimals). INFINITY (an ETA of
 * "never") is written as unknown is. */
#include "model/columns.h"
#include "model/rows.h"

#include <stdbool.h>

typedef enum RowFormat { ROWS_CSV, ROWS_JSON, ROWS_PROMETHEUS } RowFormat;

/* As in --format: csv, json, prometheus. */
bool row_format_find(Str name, RowFormat *out);

/* The rows of a table in a report, *count of them. */
const void *report_table_rows(const Report *report, TableId table, size_t *count);
void report_set_table_rows(Report *report, TableId table, void *rows, size_t count);

/* RFC 4180; empty = unknown. */
void csv_write_header(StrBuf *out, const ColumnList *columns);
void csv_write_row(StrBuf *out, const ColumnList *columns, const void *row);
/* One cell of a row; a comma stands before all but the first. */
void csv_write_value(StrBuf *out, Value value, bool first);

/* One object a line: keys as in the CSV header, numbers as numbers, flags as true or false, unknown as null, all else
 * (times and LSNs too) as strings; invalid UTF-8 as U+FFFD. `name_table`: the first key is "table", for a stream of
 * several. */
void json_write_row(StrBuf *out, const ColumnList *columns, const void *row, bool name_table);

#endif
