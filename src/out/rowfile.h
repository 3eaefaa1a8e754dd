#ifndef PGREPLTOP_OUT_ROWFILE_H
#define PGREPLTOP_OUT_ROWFILE_H
/* Rows of reports appended to a descriptor or a file, as CSV (of one table) or JSON lines (of any number). A file's rows are
 * whole: what a full disk left of a report is cut off again, and what a crash left of a row is when the file is opened
 * next. */
#include "base/err.h"
#include "model/columns.h"
#include "model/rowtext.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct RowFile RowFile;

/* On a descriptor, which stays the caller's. `name` for errors. The lists are copied. */
RowFile *row_file_on(int fd, const char *name, RowFormat format, const ColumnList *lists, size_t nlists);
/* On a file, made if it is not there. One that is there is appended to if it is of the same format and columns, and nobody
 * else has it open here; if its last row is not whole that row is cut off, and `warnings` gets a line. NULL: it cannot be
 * opened, or holds something else. Devices and pipes are written to as they are. */
RowFile *row_file_open(const char *path, RowFormat format, const ColumnList *lists, size_t nlists, StrBuf *warnings,
                       Err *err);
void row_file_close(RowFile *file); /* NULL is ignored */
/* The report's rows, with the header before the first of an empty file, in one go. False: a full disk, a reader that is
 * gone; the error names the file. */
bool row_file_append(RowFile *file, const Report *report, Err *err);
/* Bytes in the file; of a descriptor, those written. */
int64_t row_file_size(const RowFile *file);

#endif
