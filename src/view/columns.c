#include "view/columns.h"

/* The column that names the row. */
static const Metric *first_of(TableId table)
{
	return metric_find(metric_table(table), table == TABLE_PROCESSES ? STR("pid") : STR("node"));
}

bool columns_have(const Columns *columns, const Metric *metric)
{
	for (size_t i = 0; i < columns->count; i++)
		if (columns->metrics[i] == metric)
			return true;
	return false;
}

static bool add_name(Columns *columns, TableId table, Str name, Err *err)
{
	const Metric *metric = metric_resolve(metric_table(table), name, err);
	if (metric == NULL)
		return false;
	if (metric->title == NULL)
		return err_set(err, "%s is a column of files only, not of the screen", metric->name);
	if (columns_have(columns, metric))
		return err_set(err, "%s is named twice", metric->name);
	columns->metrics[columns->count++] = metric;
	return true;
}

bool columns_parse_names(Columns *columns, TableId table, Str text, Err *err)
{
	Columns parsed = {0};
	for (size_t at = 0; at < text.len;) {
		size_t end = at;
		while (end < text.len && text.data[end] != ' ' && text.data[end] != ',')
			end++;
		if (end > at && !add_name(&parsed, table, str_sub(text, at, end), err))
			return false;
		at = end + 1;
	}
	*columns = (Columns){0};
	if (parsed.count > 0)
		columns->metrics[columns->count++] = first_of(table);
	for (size_t i = 0; i < parsed.count && columns->count < TABLE_COLUMNS_MAX; i++)
		if (parsed.metrics[i] != first_of(table))
			columns->metrics[columns->count++] = parsed.metrics[i];
	return true;
}

void columns_write_names(const Columns *columns, StrBuf *out)
{
	for (size_t i = 0; i < columns->count; i++)
		strbuf_addf(out, "%s%s", i > 0 ? " " : "", columns->metrics[i]->name);
}

static void add_choice(Chooser *chooser, const Metric *metric, bool shown)
{
	if (chooser->count == TABLE_COLUMNS_MAX)
		return;
	chooser->metrics[chooser->count] = metric;
	chooser->shown[chooser->count++] = shown;
}

void chooser_open(Chooser *chooser, TableId table, const Columns *shown)
{
	const MetricTable *metrics = metric_table(table);
	*chooser = (Chooser){.table = table};
	for (size_t i = 0; i < shown->count; i++)
		add_choice(chooser, shown->metrics[i], true);
	for (size_t i = 0; i < metrics->nmetrics; i++)
		if (metrics->metrics[i].title != NULL && !columns_have(shown, &metrics->metrics[i]))
			add_choice(chooser, &metrics->metrics[i], false);
}

bool chooser_toggle(Chooser *chooser)
{
	if (chooser->at == 0 || chooser->at >= chooser->count)
		return false;
	chooser->shown[chooser->at] = !chooser->shown[chooser->at];
	return true;
}

bool chooser_move(Chooser *chooser, int by)
{
	size_t from = chooser->at, to = by < 0 ? from - 1 : from + 1;
	if (from == 0 || from >= chooser->count || to == 0 || to >= chooser->count)
		return false;
	const Metric *metric = chooser->metrics[from];
	bool shown = chooser->shown[from];
	chooser->metrics[from] = chooser->metrics[to];
	chooser->shown[from] = chooser->shown[to];
	chooser->metrics[to] = metric;
	chooser->shown[to] = shown;
	chooser->at = to;
	return true;
}

Columns chooser_columns(const Chooser *chooser)
{
	Columns columns = {0};
	for (size_t i = 0; i < chooser->count; i++)
		if (chooser->shown[i])
			columns.metrics[columns.count++] = chooser->metrics[i];
	return columns;
}
