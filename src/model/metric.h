#ifndef PGREPLTOP_MODEL_METRIC_H
#define PGREPLTOP_MODEL_METRIC_H
/* The one table of columns. It feeds the screen's columns, sorting, the files (rowtext.h, exposition.h), the check of column names
 * in the configuration and the manual. A value is read from its row by type and offset. */
#include "base/err.h"
#include "base/str.h"
#include "model/lsn.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum ValueType {
	VALUE_TEXT,    /* Str */
	VALUE_INT,     /* int64_t */
	VALUE_BYTES,   /* int64_t, bytes */
	VALUE_SECONDS, /* double */
	VALUE_RATE,    /* double, bytes per second */
	VALUE_PERCENT, /* double */
	VALUE_LSN      /* Lsn */
} ValueType;

typedef struct Value {
	ValueType type;
	bool known;
	union {
		Str text;
		int64_t integer;
		double real;
		Lsn lsn;
	};
} Value;

/* What a column is to formats that tell text from numbers (JSON, Prometheus). */
typedef enum MetricUse {
	METRIC_PLAIN,   /* by type: a number is a value, text says what its row is */
	METRIC_LABEL,   /* tells rows apart: a label of all of Prometheus' series of its table */
	METRIC_INFO,    /* a number that says what its row is, and measures nothing */
	METRIC_FLAG,    /* text t or f: true or false in JSON, 1 or 0 in Prometheus */
	METRIC_COUNTER, /* a number that only grows */
	METRIC_OMIT     /* not for Prometheus: it would be a new series with every sample */
} MetricUse;

typedef struct Metric {
	const char *name;  /* CSV name, also used in options and configuration */
	const char *title; /* on screen; NULL = not a column of the screen (it is in CSV only) */
	ValueType type;
	size_t offset;     /* into the table's row struct */
	unsigned width;    /* columns on screen, at least strlen(title) */
	unsigned priority; /* on a narrow screen the highest numbers drop out first; 0 = never drops */
	bool csv;          /* written to CSV; otherwise it is a column of the screen only */
	bool left;         /* left-aligned although it is not text */
	const char *help;  /* one sentence for the manual and the help screen */
	MetricUse use;
} Metric;

enum { TABLE_COLUMNS_MAX = 64 }; /* of one table on the screen */

typedef enum TableId { TABLE_NODES, TABLE_PROCESSES, TABLE_SLOTS, TABLE_QUORUM, TABLE_EVENTS, TABLE_COUNT } TableId;

typedef struct MetricTable {
	const char *name; /* as in --table */
	const char *one;  /* a row of it, in Prometheus' names: pgrepltop_ONE_... */
	const Metric *metrics;
	size_t nmetrics;
	size_t row_size;
	const char *help;
} MetricTable;

const MetricTable *metric_table(TableId id);
bool metric_table_find(Str name, TableId *out);
/* NULL if the table has no such column. */
const Metric *metric_find(const MetricTable *table, Str name);
/* The column that a person means: its name, its title in any case, or what only one column's name or title begins with.
 * NULL: the error says what is near, or between which columns it cannot decide. */
const Metric *metric_resolve(const MetricTable *table, Str text, Err *err);
Value metric_get(const Metric *metric, const void *row);
/* -1, 0, 1; unknown sorts last whatever the direction: `descending` is applied inside. */
int metric_compare(const Metric *metric, const void *a, const void *b, bool descending);

#endif
