#include "model/columns.h"

#include "base/suggest.h"

_Static_assert(TABLE_COLUMNS_MAX >= 64, "a list holds all columns of a table");

bool tables_have(const TableSet *set, TableId id)
{
	for (size_t i = 0; i < set->count; i++) {
		if (set->ids[i] == id)
			return true;
	}
	return false;
}

static bool no_table(Str name, Err *err)
{
	StrBuf names = {0};
	Suggestion near = suggestion_for(name);
	for (size_t i = 0; i < TABLE_COUNT; i++) {
		strbuf_addf(&names, "%s%s", i ? ", " : "", metric_table((TableId)i)->name);
		suggest(&near, str_from(metric_table((TableId)i)->name));
	}
	suggestion_write(&near, &names);
	err_set(err, "\"%.*s\" is not a table; expected one of: %.*s", STR_ARG(name), STR_ARG(strbuf_str(&names)));
	strbuf_free(&names);
	return false;
}

bool tables_add(TableSet *set, Str names, Err *err)
{
	for (Str rest = str_is_none(names) ? STR("") : names; !str_is_none(rest);) {
		TableId id;
		Str name = str_trim(str_cut(&rest, ','));
		if (!metric_table_find(name, &id))
			return no_table(name, err);
		if (tables_have(set, id))
			return err_set(err, "table %.*s is named twice", STR_ARG(name));
		set->ids[set->count++] = id;
	}
	return true;
}

ColumnList columns_all(TableId table)
{
	const MetricTable *t = metric_table(table);
	ColumnList list = {.table = table};
	for (size_t i = 0; i < t->nmetrics && list.count < TABLE_COLUMNS_MAX; i++) {
		if (t->metrics[i].csv)
			list.metrics[list.count++] = &t->metrics[i];
	}
	return list;
}

bool columns_have(const ColumnList *list, const Metric *metric)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->metrics[i] == metric)
			return true;
	}
	return false;
}

static bool no_column(const MetricTable *table, Str name, Err *err)
{
	StrBuf names = {0};
	Suggestion near = suggestion_for(name);
	for (size_t i = 0; i < table->nmetrics; i++) {
		if (table->metrics[i].csv)
			suggest(&near, str_from(table->metrics[i].name));
	}
	suggestion_write(&near, &names);
	if (names.len == 0) {
		strbuf_add_cstr(&names, "; it has");
		for (size_t i = 0; i < table->nmetrics; i++) {
			if (table->metrics[i].csv)
				strbuf_addf(&names, " %s", table->metrics[i].name);
		}
	}
	err_set(err, "table %s has no column \"%.*s\"%.*s", table->name, STR_ARG(name), STR_ARG(strbuf_str(&names)));
	strbuf_free(&names);
	return false;
}

static bool add_column(ColumnList *list, Str name, Err *err)
{
	const MetricTable *table = metric_table(list->table);
	const Metric *metric = metric_find(table, name);
	if (metric == NULL || !metric->csv)
		return no_column(table, name, err);
	if (columns_have(list, metric))
		return err_set(err, "column %.*s is named twice", STR_ARG(name));
	list->metrics[list->count++] = metric;
	return true;
}

/* The list that TABLE.NAME or NAME belongs to; *name loses the table. */
static ColumnList *list_of(ColumnList *lists, const TableSet *tables, Str *name, Err *err)
{
	TableId id;
	Str column = *name;
	Str table = str_cut(&column, '.');
	if (str_is_none(column)) {
		if (tables->count == 1)
			return &lists[0];
		err_set(err, "\"%.*s\": of which table? With several it is TABLE.COLUMN, as in %s.%s", STR_ARG(*name),
		        metric_table(tables->ids[0])->name, metric_table(tables->ids[0])->metrics[0].name);
		return NULL;
	}
	*name = column;
	if (!metric_table_find(table, &id)) {
		no_table(table, err);
		return NULL;
	}
	for (size_t i = 0; i < tables->count; i++) {
		if (tables->ids[i] == id)
			return &lists[i];
	}
	err_set(err, "table %.*s is not written: it is not in --table", STR_ARG(table));
	return NULL;
}

bool columns_parse(ColumnList *lists, const TableSet *tables, Str names, Err *err)
{
	for (size_t i = 0; i < tables->count; i++)
		lists[i] = (ColumnList){.table = tables->ids[i]};
	for (Str rest = names; !str_is_none(rest);) {
		Str name = str_trim(str_cut(&rest, ','));
		ColumnList *list = list_of(lists, tables, &name, err);
		if (list == NULL || !add_column(list, name, err))
			return false;
	}
	for (size_t i = 0; i < tables->count; i++) {
		if (lists[i].count == 0)
			lists[i] = columns_all(tables->ids[i]);
	}
	return true;
}

/* ---- of the screen ---- */

/* The column that names the row. */
static const Metric *first_of(TableId table)
{
	return metric_find(metric_table(table), table == TABLE_PROCESSES ? STR("pid") : STR("node"));
}

static bool add_shown(ColumnList *list, Str name, Err *err)
{
	const Metric *metric = metric_resolve(metric_table(list->table), name, err);
	if (metric == NULL)
		return false;
	if (metric->title == NULL)
		return err_set(err, "%s is a column of files only, not of the screen", metric->name);
	if (columns_have(list, metric))
		return err_set(err, "%s is named twice", metric->name);
	list->metrics[list->count++] = metric;
	return true;
}

bool columns_parse_shown(ColumnList *list, TableId table, Str names, Err *err)
{
	const Metric *first = first_of(table);
	ColumnList named = {.table = table};
	for (size_t at = 0; at < names.len;) {
		size_t end = at;
		while (end < names.len && names.data[end] != ' ' && names.data[end] != ',')
			end++;
		if (end > at && !add_shown(&named, str_sub(names, at, end), err))
			return false;
		at = end + 1;
	}
	*list = (ColumnList){.table = table};
	if (named.count > 0)
		list->metrics[list->count++] = first;
	for (size_t i = 0; i < named.count && list->count < TABLE_COLUMNS_MAX; i++) {
		if (named.metrics[i] != first)
			list->metrics[list->count++] = named.metrics[i];
	}
	return true;
}

void columns_write_names(const ColumnList *list, StrBuf *out)
{
	for (size_t i = 0; i < list->count; i++)
		strbuf_addf(out, "%s%s", i > 0 ? " " : "", list->metrics[i]->name);
}
