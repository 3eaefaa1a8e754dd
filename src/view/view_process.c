#include "view/view_process.h"

#include "view/format.h"
#include "view/process_table.h"
#include "view/rule.h"

#include <math.h>

int process_height(const UiState *ui)
{
	return 2 + (ui->processes.lines.count > 0 ? (int)ui->processes.lines.count : 1);
}

static void put_rate(StrBuf *out, const char *label, double rate)
{
	strbuf_add_cstr(out, label);
	format_rate(out, rate);
	if (isfinite(rate))
		strbuf_add_cstr(out, "/s");
}

/* ---- the rule above ---- */

/* What is chosen of the processes; the sort column also where its title is not on the screen. */
static void put_choice(Rule *rule, const ProcessUi *ui)
{
	const ProcessChoice *choice = &ui->choice;
	const ProcessLines *lines = &ui->lines;
	char storage[FILTER_TEXT_MAX + 16];
	StrBuf text = STRBUF_ON(storage);
	bool limited = !filter_is_empty(&choice->filter) || choice->only_active;
	if (limited || lines->all_nodes) {
		format_shown(&text, lines->shown, lines->all);
		rule_part(rule, strbuf_str(&text), STYLE_VALUE);
	}
	if (!filter_is_empty(&choice->filter)) {
		strbuf_clear(&text);
		strbuf_addf(&text, "filter %s", choice->filter.text);
		rule_part(rule, strbuf_str(&text), STYLE_NOTE);
	}
	if (choice->only_active)
		rule_part(rule, STR("only active"), STYLE_NOTE);
	if (choice->totals)
		rule_part(rule, STR("totals"), STYLE_NOTE);
	if (choice->order.column != NULL) {
		strbuf_clear(&text);
		strbuf_addf(&text, "by %s%s", choice->order.column->title, choice->order.descending ? "" : ", lowest");
		rule_part(rule, strbuf_str(&text), STYLE_NOTE);
	}
	if (lines->all_nodes && choice->flat && lines->unread > 0) {
		strbuf_clear(&text);
		strbuf_addf(&text, "%zu nodes not read", lines->unread);
		rule_part(rule, strbuf_str(&text), STYLE_WARNING);
	}
}

/* Of those that are shown, by system calls, in the unit of the columns. */
static void put_sums(Rule *rule, const ProcessUi *ui)
{
	const ProcessRow *sum = &ui->lines.sum;
	char storage[96];
	StrBuf text = STRBUF_ON(storage);
	if (ui->lines.shown == 0)
		return;
	if (ui->choice.totals) {
		strbuf_add_cstr(&text, "read ");
		format_bytes(&text, sum->rchar_bytes);
		strbuf_add_cstr(&text, ", write ");
		format_bytes(&text, sum->wchar_bytes);
	} else {
		put_rate(&text, "read ", sum->rchar_bytes_per_second);
		put_rate(&text, ", write ", sum->wchar_bytes_per_second);
	}
	if (rule->pen.end - rule->pen.col < (int)text.len + 3)
		return;
	rule_part(rule, strbuf_str(&text), STYLE_NORMAL);
}

/* Why something is missing: the node's own error, else that of the selected process. */
static Str error_of(const Report *report, const UiState *ui)
{
	const ProcessLines *lines = &ui->processes.lines;
	int process = ui_process_index(ui, report);
	if (!lines->all_nodes && lines->ngroups > 0 && !str_is_none(report->nodes[lines->groups[0].node].error))
		return report->nodes[lines->groups[0].node].error;
	return process >= 0 ? report->processes[process].error : STR_NONE;
}

static void draw_rule(Frame *frame, int row, const Report *report, const UiState *ui, const Theme *theme)
{
	const ProcessLines *lines = &ui->processes.lines;
	Str name = STR("-");
	if (lines->all_nodes)
		name = STR("all nodes");
	else if (lines->ngroups > 0)
		name = report->nodes[lines->groups[0].node].node;
	Rule rule = rule_begin(frame, row, theme, STR("processes of "));
	pen_put(&rule.pen, name, ui_in_processes(ui) ? STYLE_TITLE : STYLE_VALUE);
	pen_put(&rule.pen, STR(" "), STYLE_SEPARATOR);
	put_choice(&rule, &ui->processes);
	put_sums(&rule, &ui->processes);
	if (process_delays_off(&ui->processes) && rule.pen.end - rule.pen.col > 40)
		rule_part(&rule, STR("IO% off (kernel.task_delayacct = 0)"), STYLE_DIM);
	Str error = error_of(report, ui);
	if (lines->shown > 0 && !str_is_none(error) && rule.pen.end - rule.pen.col > 12)
		rule_part(&rule, error, STYLE_WARNING);
	rule_end(&rule);
}

void process_draw(Frame *frame, int row, int height, const Report *report, UiState *ui, const Theme *theme)
{
	if (height > 1) {
		draw_rule(frame, row++, report, ui, theme);
		height--;
	}
	process_table_draw(frame, row, height, report, ui, theme);
}

/* ---- the view ---- */

/* As iotop has it: what the kernel accounts to the processes that are shown, and what the disks really do. */
static void draw_disks(Frame *frame, int row, const Report *report, const UiState *ui)
{
	const ProcessRow *sum = &ui->processes.lines.sum;
	char storage[96];
	StrBuf text = STRBUF_ON(storage);
	Pen pen = {frame, row, 0, frame->cols};
	pen_put(&pen, STR("Total DISK "), STYLE_LABEL);
	put_rate(&text, "read ", sum->read_bytes_per_second);
	put_rate(&text, ", write ", sum->write_bytes_per_second);
	pen_put(&pen, strbuf_str(&text), STYLE_VALUE);
	strbuf_clear(&text);
	pen_put(&pen, STR("   Actual DISK "), STYLE_LABEL);
	put_rate(&text, "read ", report->host.read_bytes_per_second);
	put_rate(&text, ", write ", report->host.write_bytes_per_second);
	pen_put(&pen, strbuf_str(&text), STYLE_VALUE);
	pen_put_whole(&pen, 0, STR(" (this host)"), STYLE_LABEL);
}

void process_view_draw(Frame *frame, int row, int height, const Report *report, UiState *ui, const Theme *theme)
{
	enum { DISKS_MIN = 6 };
	if (height >= DISKS_MIN) {
		draw_disks(frame, row++, report, ui);
		height--;
	}
	process_draw(frame, row, height, report, ui, theme);
}
