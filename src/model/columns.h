#ifndef PGREPLTOP_MODEL_COLUMNS_H
#define PGREPLTOP_MODEL_COLUMNS_H
/* Which tables are written (--table), and which columns of a table are, or are shown, in which order (--columns, [columns]). */
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

bool columns_have(const ColumnList *list, const Metric *metric);
/* All that a file has of it. */
ColumnList columns_all(TableId table);
/* Fills lists[i] for tables->ids[i] from NAME,NAME... or with TABLE.NAME, as several tables need it; a table of which none is
 * named has all its columns, and so have all if `names` is STR_NONE. False: an unknown column, with what was meant or all
 * there are, or one named twice. */
bool columns_parse(ColumnList *lists, const TableSet *tables, Str names, Err *err);

/* Those of the screen: names separated by blanks or commas, or titles; the column that names the row always stands first, named
 * or not. An empty text is none. False: one is unknown, not for the screen, or named twice; *list is as it was. */
bool columns_parse_shown(ColumnList *list, TableId table, Str names, Err *err);
/* The names as columns_parse_shown() reads them. */
void columns_write_names(const ColumnList *list, StrBuf *out);

#endif
