#include "app/output.h"

#include "out/writing.h"
#include "view/plain.h"

#include <stdio.h>
#include <unistd.h>

/* The table that --filter and --sort are of. */
static bool choose_table(Output *output, Err *err)
{
	const Options *o = output->options;
	const char *option = o->filter != NULL ? "--filter" : "--sort";
	bool named = o->batch || (options_have_screen(o) && o->tables_from_args);
	output->table = named ? o->tables.ids[0] : TABLE_PROCESSES;
	if (!named || (o->filter == NULL && o->sort == NULL))
		return true;
	if (o->tables.count > 1)
		return err_set(err, "option %s: it is of one table, and --table names several", option);
	if (!o->batch && output->table != TABLE_NODES && output->table != TABLE_PROCESSES)
		return err_set(err, "option %s: on the screen it is of nodes or processes", option);
	return true;
}

bool output_init(Output *output, const Options *options, Err *err)
{
	const Options *o = options;
	*output = (Output){.options = o};
	if (!choose_table(output, err))
		return false;
	const MetricTable *table = metric_table(output->table);
	if (!filter_parse(&output->filter, table, str_from(o->filter), err))
		return err_context(err, "option --filter");
	const Metric *column = o->sort != NULL ? metric_resolve(table, str_from(o->sort), err) : NULL;
	if (o->sort != NULL && column == NULL)
		return err_context(err, "option --sort");
	output->order = order_by(column);
	return true;
}

bool output_open(Output *output, Err *err)
{
	const Options *o = output->options;
	StrBuf warnings = {0};
	BatchSpec spec = {.format = o->format,
	                  .lists = o->lists,
	                  .nlists = o->tables.count,
	                  .output = o->output,
	                  .fd = STDOUT_FILENO};
	if (!o->batch)
		return true;
	output->batch = batch_new(&spec, &warnings, err);
	if (warnings.len > 0)
		fprintf(stderr, "pgrepltop: %s", warnings.data);
	strbuf_free(&warnings);
	return output->batch != NULL;
}

void output_close(Output *output)
{
	batch_free(output->batch);
	output->batch = NULL;
}

bool output_rows(Output *output, Arena *arena, const Report *report, Err *err)
{
	TableId table = output->options->tables.ids[0];
	return batch_write(output->batch, report_choose(arena, report, table, &output->filter, output->order), err);
}

bool output_tree(const Output *output, const Report *report, Err *err)
{
	Theme theme;
	StrBuf text = {0};
	theme_init(&theme, options_want_ascii(output->options));
	plain_write(&text, report, &theme);
	bool ok = write_all(STDOUT_FILENO, "standard output", strbuf_str(&text), err);
	strbuf_free(&text);
	return ok;
}
