#include "view/ui_process.h"

void process_ui_free(ProcessUi *ui)
{
	process_lines_free(&ui->lines);
}

void process_ui_choose(ProcessUi *ui, const Filter *filter, SortOrder order)
{
	ui->choice.filter = *filter;
	ui->choice.order = order;
	ui->choice.totals = process_column(order.column, false) != order.column;
}

void process_ui_sort(ProcessUi *ui, int by)
{
	ui->choice.order = order_step(ui->choice.order, ui->columns, ui->ncolumns, by);
}

bool process_ui_reverse(ProcessUi *ui)
{
	ui->choice.order.descending = !ui->choice.order.descending && ui->choice.order.column != NULL;
	return ui->choice.order.column != NULL;
}

void process_ui_toggle_totals(ProcessUi *ui)
{
	ui->choice.totals = !ui->choice.totals;
	ui->choice.order.column = process_column(ui->choice.order.column, ui->choice.totals);
}

void process_ui_say_order(const ProcessUi *ui, StrBuf *out)
{
	const SortOrder *order = &ui->choice.order;
	if (order->column == NULL)
		strbuf_add_cstr(out, "processes by node and number");
	else
		strbuf_addf(out, "processes by %s (%s), %s first", order->column->title, order->column->name,
		            order->descending ? "highest" : "lowest");
}
