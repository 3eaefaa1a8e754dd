#ifndef PGREPLTOP_BASE_CSV_H
#define PGREPLTOP_BASE_CSV_H
/* RFC 4180 CSV, written and read. Bytes pass through unchanged (the caller decides about encoding). Lines end with a
 * single \n, as psql's \copy and COPY write and read them. */
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

/* Appends one field: quoted when it holds a comma, quote, CR or LF, or is empty but not unknown; STR_NONE (unknown) is
 * written as nothing, "" (known, empty) as two quotes, as COPY ... CSV tells NULL from the empty string. */
void csv_write_field(StrBuf *out, Str field, bool first);
void csv_end_row(StrBuf *out);

typedef enum CsvResult {
	CSV_ROW,  /* a row was read */
	CSV_MORE, /* the text ends inside a row: more is needed (a last row without newline is such a row) */
	CSV_ERROR /* not CSV: a quote in the wrong place, more than max_fields */
} CsvResult;

/* Reads one row from *text and moves *text behind it (only for CSV_ROW). fields[i] are slices of the text, or of
 * `arena` where doubled quotes had to be undone; an unquoted empty field is STR_NONE. Accepts \r\n. */
CsvResult csv_read_row(Str *text, Arena *arena, Str *fields, size_t max_fields, size_t *nfields);

#endif
