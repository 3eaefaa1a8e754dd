#ifndef PGREPLTOP_OUT_BATCH_H
#define PGREPLTOP_OUT_BATCH_H
/* Reports as rows, where --format, --table, --columns and --output want them. */
#include "base/err.h"
#include "model/columns.h"
#include "model/rowtext.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct BatchSpec {
	RowFormat format;
	const ColumnList *lists; /* one a table; copied */
	size_t nlists;
	const char *output; /* --output; NULL: the descriptor */
	int fd;             /* stays the caller's */
} BatchSpec;

typedef struct Batch Batch;

/* Opens what is written to. CSV and JSON are appended to FILE, or to one file a table (nodes.csv, nodes.jsonl ...) in a
 * folder: where there are several tables, `output` is a folder or ends with a slash; it is made if it is not there.
 * Prometheus' text replaces FILE as a whole. NULL: it cannot be opened. `warnings` gets whole lines. */
Batch *batch_new(const BatchSpec *spec, StrBuf *warnings, Err *err);
void batch_free(Batch *batch); /* NULL is ignored */
/* False: output failed (a full disk, a reader that is gone). */
bool batch_write(Batch *batch, const Report *report, Err *err);

#endif
