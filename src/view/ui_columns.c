#include "view/ui_columns.h"

/* While nothing is chosen those that fit, so that the list begins with what is on the screen. */
static void open_chooser(UiState *ui, TableId table)
{
	const ColumnList *chosen = &ui->columns[table];
	chooser_open(&ui->chooser, table, chosen->count > 0 ? chosen : &ui->fitting[table]);
}

void ui_choose_columns(UiState *ui)
{
	if (ui->view != VIEW_TOPOLOGY && ui->view != VIEW_PROCESSES) {
		ui_message(ui, false, "only where nodes or processes are shown");
		return;
	}
	open_chooser(ui, ui_in_processes(ui) ? TABLE_PROCESSES : TABLE_NODES);
	ui->dialog = DIALOG_COLUMNS;
	ui->dialog_scroll = 0;
}

static void move_cursor(Chooser *chooser, int by)
{
	int at = (int)chooser->at + by, last = (int)chooser->count - 1;
	chooser->at = at < 0 ? 0 : at > last ? (size_t)last : (size_t)at;
}

static void change(UiState *ui, bool changed)
{
	if (changed)
		ui->columns[ui->chooser.table] = chooser_columns(&ui->chooser);
	else
		ui_message(ui, false, "the first column stays where it is, and the last one is at the end");
}

static void toggle(UiState *ui)
{
	bool changed = chooser_toggle(&ui->chooser);
	change(ui, changed);
	if (changed)
		move_cursor(&ui->chooser, 1);
}

void ui_key_in_columns(UiState *ui, Key key)
{
	enum { PAGE = 10, ALL = TABLE_COLUMNS_MAX };
	Chooser *chooser = &ui->chooser;
	switch (key) {
	case UI_KEY_UP:
	case 'k':
		move_cursor(chooser, -1);
		break;
	case UI_KEY_DOWN:
	case 'j':
		move_cursor(chooser, 1);
		break;
	case UI_KEY_PAGE_UP:
		move_cursor(chooser, -PAGE);
		break;
	case UI_KEY_PAGE_DOWN:
		move_cursor(chooser, PAGE);
		break;
	case UI_KEY_HOME:
		move_cursor(chooser, -ALL);
		break;
	case UI_KEY_END:
		move_cursor(chooser, ALL);
		break;
	case ' ':
		toggle(ui);
		break;
	case '<':
	case 'K':
		change(ui, chooser_move(chooser, -1));
		break;
	case '>':
	case 'J':
		change(ui, chooser_move(chooser, 1));
		break;
	case 'd':
		ui->columns[chooser->table].count = 0;
		open_chooser(ui, chooser->table);
		break;
	case UI_KEY_ENTER:
	case '\r':
	case '\n':
	case UI_KEY_ESCAPE:
	case 0x1B:
	case 'q':
	case 'f':
		ui->dialog = DIALOG_NONE;
		break;
	default:
		break;
	}
}
