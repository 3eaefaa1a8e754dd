#include "view/chooser.h"

static void add_choice(Chooser *chooser, const Metric *metric, bool shown)
{
	if (chooser->count == TABLE_COLUMNS_MAX)
		return;
	chooser->metrics[chooser->count] = metric;
	chooser->shown[chooser->count++] = shown;
}

void chooser_open(Chooser *chooser, TableId table, const ColumnList *shown)
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

ColumnList chooser_columns(const Chooser *chooser)
{
	ColumnList columns = {.table = chooser->table};
	for (size_t i = 0; i < chooser->count; i++)
		if (chooser->shown[i])
			columns.metrics[columns.count++] = chooser->metrics[i];
	return columns;
}
