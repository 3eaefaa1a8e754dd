#ifndef PGREPLTOP_MODEL_RECORD_H
#define PGREPLTOP_MODEL_RECORD_H
/* Reports as the CSV files of a recording, and back. The tables of metric.h are written as they are everywhere. What else a
 * screen shows of their rows (flags, keys) stands in files of its own, which begin with the time of the sample and the number
 * of the row that they tell more of; so do the rows that are no table. Each file is a table of columns here, with one writer
 * here and one reader in record_read.h for all.
 *
 * samples.csv has a row a sample: when it was, and where its rows end in each of the other files. It is written last, so that
 * a sample without its row is one that was never finished. Texts are as the servers sent them: no more to be trusted. */
#include "base/str.h"
#include "model/metric.h"
#include "model/rows.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum RecordFile {
	RECORD_NODES, /* these five as TableId */
	RECORD_PROCESSES,
	RECORD_SLOTS,
	RECORD_QUORUM,
	RECORD_EVENTS,
	RECORD_NODES_MORE,
	RECORD_PROCESSES_MORE,
	RECORD_QUORUM_MORE,
	RECORD_CLUSTERS,
	RECORD_CANDIDATES,
	RECORD_WHAT_IF,
	RECORD_ROLES,
	RECORD_SAMPLES,
	RECORD_FILES,
	RECORD_ROW_FILES = RECORD_SAMPLES /* all before it hold rows of reports */
} RecordFile;

typedef enum RecordType {
	RECORD_TEXT,    /* Str */
	RECORD_INT,     /* int64_t; empty: INT_NONE, which is TIME_NONE too */
	RECORD_REAL,    /* double; empty: NAN. INFINITY is empty in a column of metric.h: see RECORD_NEVER */
	RECORD_LSN,     /* Lsn */
	RECORD_FLAG,    /* bool: t, f */
	RECORD_NUMBER,  /* int; empty: 0 */
	RECORD_INDEX,   /* uint32_t; empty: ROW_NONE */
	RECORD_NODE_ID, /* NodeId */
	RECORD_HEALTH,  /* RowHealth: ok, note, warning, bad, unknown */
	RECORD_NEVER    /* a double that is INFINITY: t, else f; the number itself stands in another file */
} RecordType;

typedef struct RecordColumn {
	const char *name;
	RecordType type;
	size_t offset; /* into the row */
} RecordColumn;

enum { RECORD_COLUMNS_MAX = 96, RECORD_NODE_ID_MAX = 100000 };

/* "nodes": without ".csv". */
const char *record_file_name(RecordFile file);
const char *record_file_help(RecordFile file);
/* The columns in the row of the file, without `time` and `row` of those that tell more. */
size_t record_columns(RecordFile file, RecordColumn columns[RECORD_COLUMNS_MAX]);
/* Whether `time` and `row` stand before them. */
bool record_is_numbered(RecordFile file);
size_t record_row_size(RecordFile file);
extern const Str RECORD_HEALTH_NAMES[HEALTH_UNKNOWN + 1];

/* A row of samples.csv. */
typedef struct RecordSample {
	Str time;
	int64_t run; /* of the recorder: 1 for the first that wrote to the folder */
	int64_t tick;
	int64_t unix_us;
	int64_t clock_us; /* monotonic; starts anew with a run */
	double interval_seconds;
	bool settled;
	int64_t events; /* in this run until then */
	double host_read_bytes_per_second, host_write_bytes_per_second;
	int64_t ends[RECORD_ROW_FILES]; /* where the sample's rows end: bytes from the start of the file */
} RecordSample;

RecordSample record_sample_of(const Report *report);

void record_write_header(StrBuf *out, RecordFile file);
/* The report's rows; not of RECORD_SAMPLES. */
void record_write_rows(StrBuf *out, RecordFile file, const Report *report);
void record_write_sample(StrBuf *out, const RecordSample *sample);

#endif
