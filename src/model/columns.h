#ifndef PGREPLTOP_MODEL_COLUMNS_H
#define PGREPLTOP_MODEL_COLUMNS_H
/* Which tables are written, and which columns of each in which order: --table and --columns. */
#include "base/err.h"
#include "base/str.h"
#include "model/metric.h"

#include <stdbool.h>
#include <stddef.h>

/* Tables in the order in which they were named, none twice. */
typedef struct TableSet {
	TableId ids[TABLE_COUNT];
	size_t count;
} TableSet;

bool tables_have(const TableSet *set, TableId id);
/* Adds NAME or NAME,NAME... False: one is no table, or was named before. */
bool tables_add(TableSet *set, Str names, Err *err);

typedef struct ColumnList {
	TableId table;
	const Metric *metrics[TABLE_COLUMNS_MAX];
	size_t count;
} ColumnList;

/* All that a file has of it. */
ColumnList columns_all(TableId table);
/* Fills lists[i] for tables->ids[i] from NAME,NAME... or with TABLE.NAME, as several tables need it; a table of which none is
 * named has all its columns, and so have all if `names` is STR_NONE. False: an unknown column, with what was meant or all
 * there are, or one named twice. */
bool columns_parse(ColumnList *lists, const TableSet *tables, Str names, Err *err);

#endif
