#include "view/view_dialog.h"

#include "base/utf8.h"
#include "view/dialog_text.h"
#include "view/view_act.h"
#include "view/view_columns.h"

enum { WIDTH_MAX = 74 };

/* ---- the help ---- */

static void add_keys(DialogText *text, const Keymap *keymap, const KeyBinding *binding)
{
	enum { KEYS_WIDTH = 14 };
	StrBuf line = {0};
	strbuf_add_cstr(&line, "  ");
	for (size_t i = 0; i < KEYMAP_KEYS_PER_ACTION && keymap->keys[binding->action][i] != UI_KEY_NONE; i++) {
		if (i > 0)
			strbuf_add_char(&line, ' ');
		key_write(keymap->keys[binding->action][i], &line);
	}
	size_t columns = utf8_columns(strbuf_str(&line));
	strbuf_add_repeat(&line, ' ', columns < KEYS_WIDTH ? KEYS_WIDTH - columns : 1);
	strbuf_add_cstr(&line, binding->help);
	dialog_add_hanging(text, strbuf_str(&line), KEYS_WIDTH, SIZE_MAX, STYLE_DIALOG);
	strbuf_free(&line);
}

static void add_legend(DialogText *text, const UiState *ui, const Glyphs *glyphs)
{
	const struct {
		uint32_t mark;
		Style style;
		const char *text;
	} legend[] = {
		{glyphs->bar_send, STYLE_BAR_SEND, "send     the upstream has it and did not send it"},
		{glyphs->bar_network, STYLE_BAR_NETWORK, "network  sent, not yet written by the standby"},
		{glyphs->bar_disk, STYLE_BAR_DISK, "disk     written, not yet flushed"},
		{glyphs->bar_replay, STYLE_BAR_REPLAY, "replay   flushed, not yet replayed"},
		{glyphs->bar_plain, STYLE_BAR_FRAME, "         behind, but the stages are not known"},
	};
	dialog_add_blank(text);
	dialog_add_line(text, STR("Lag bar: 1 kB to 16 GB, logarithmic"), STYLE_DIALOG_TITLE);
	for (size_t i = 0; i < sizeof(legend) / sizeof(legend[0]); i++) {
		dialog_add_line(text, str_from(legend[i].text), STYLE_DIALOG);
		dialog_mark_last(text, legend[i].mark, legend[i].style);
	}
	dialog_add_blank(text);
	dialog_add_line(text, STR("Marks"), STYLE_DIALOG_TITLE);
	dialog_add_line(text, STR("  ~name   who its upstream is rests on weak evidence"), STYLE_DIALOG);
	dialog_add_line(text, STR("  >12s    at least: it was behind before we looked"), STYLE_DIALOG);
	dialog_add_line(text, STR("  45ms?   the server's own value, and not fresh"), STYLE_DIALOG);
	dialog_add_line(text, STR("  !       behind STATE: an error, shown below for the selected row"), STYLE_DIALOG);
	if (!ui->readonly)
		dialog_add_line(text, STR("  15567*  the row is tagged: actions are for all tagged ones"),
		                STYLE_DIALOG);
	dialog_add_line(text, STR("  -       unknown (0 is really 0)"), STYLE_DIALOG);
}

static void fill_help(DialogText *text, const UiState *ui, const Theme *theme)
{
	Str group = STR_NONE;
	for (size_t i = 0; i < KEY_BINDING_COUNT; i++) {
		const KeyBinding *binding = &KEY_BINDINGS[i];
		if ((ui->readonly && key_acts(binding)) || !keymap_has(&ui->keymap, binding))
			continue;
		if (!str_eq(group, str_from(binding->group))) {
			if (i > 0)
				dialog_add_blank(text);
			group = str_from(binding->group);
			dialog_add_line(text, group, STYLE_DIALOG_TITLE);
		}
		add_keys(text, &ui->keymap, binding);
	}
	add_legend(text, ui, &theme->glyphs);
}

/* ---- the box ---- */

/* Where the text goes, inside the border if there is room for one. */
typedef struct Box {
	int row, col, width, height;
	bool border;
} Box;

static bool has_border(const Frame *frame)
{
	return frame->cols >= 24 && frame->rows >= 8;
}

static int text_width(const Frame *frame)
{
	int room = has_border(frame) ? frame->cols - 4 : frame->cols;
	return room < WIDTH_MAX ? room : WIDTH_MAX;
}

/* Blank lines are the first to go when there is no room. */
static void squeeze(DialogText *text, int height)
{
	size_t kept = 0;
	if ((int)text->nlines <= height)
		return;
	for (size_t i = 0; i < text->nlines; i++) {
		if (text->lines[i].text.len > 0)
			text->lines[kept++] = text->lines[i];
	}
	text->nlines = kept;
}

/* As wide as its longest line, but not narrower than looks well. */
static int needed_width(const DialogText *text)
{
	int width = 40;
	for (size_t i = 0; i < text->nlines; i++) {
		int columns = (int)utf8_columns(text->lines[i].text);
		if (columns > width)
			width = columns;
	}
	return width < text->width ? width : text->width;
}

static Box place_box(const Frame *frame, DialogText *text, bool help)
{
	Box box = {.border = has_border(frame)};
	int room = box.border ? frame->rows - 2 : frame->rows;
	if (!help)
		squeeze(text, room);
	box.width = help ? text->width : needed_width(text);
	box.height = (int)text->nlines < room ? (int)text->nlines : room;
	box.row = (frame->rows - box.height) / 2;
	box.col = (frame->cols - box.width) / 2;
	return box;
}

static void draw_border(Frame *frame, const Box *box, Str title, Str hint, const Glyphs *glyphs)
{
	int top = box->row - 1, left = box->col - 2, right = box->col + box->width + 1, bottom = box->row + box->height;
	for (int row = top; row <= bottom; row++) {
		frame_fill(frame, row, left, right - left + 1, ' ', STYLE_DIALOG);
		frame_fill(frame, row, left, 1, glyphs->vertical, STYLE_DIALOG);
		frame_fill(frame, row, right, 1, glyphs->vertical, STYLE_DIALOG);
	}
	frame_fill(frame, top, left, right - left, glyphs->horizontal, STYLE_DIALOG);
	frame_fill(frame, bottom, left, right - left, glyphs->horizontal, STYLE_DIALOG);
	frame_fill(frame, top, left, 1, glyphs->top_left, STYLE_DIALOG);
	frame_fill(frame, top, right, 1, glyphs->top_right, STYLE_DIALOG);
	frame_fill(frame, bottom, left, 1, glyphs->bottom_left, STYLE_DIALOG);
	frame_fill(frame, bottom, right, 1, glyphs->bottom_right, STYLE_DIALOG);
	frame_put(frame, top, left + 2, right - left - 3, title, STYLE_DIALOG_TITLE);
	if ((int)hint.len < right - left - 3)
		frame_put(frame, bottom, right - 1 - (int)hint.len, (int)hint.len, hint, STYLE_DIALOG);
}

static void draw_line(Frame *frame, const Box *box, int row, const DialogLine *line)
{
	int col = box->col;
	frame_fill(frame, row, box->col, box->width, ' ',
	           line->style == STYLE_SELECTED ? STYLE_SELECTED : STYLE_DIALOG);
	if (line->mark) {
		frame_fill(frame, row, col + 2, 2, line->mark, line->mark_style);
		col += 6;
	}
	frame_put(frame, row, col, box->width - (col - box->col), line->text, line->style);
}

/* What does not fit is scrolled, but for the tail, which says what the keys do. */
static void draw_box(Frame *frame, DialogText *text, UiState *ui, Str title, const Theme *theme)
{
	bool is_list = ui->dialog == DIALOG_HELP || ui->dialog == DIALOG_COLUMNS;
	Box box = place_box(frame, text, is_list);
	int tail_max = text->cursor >= 0 ? box.height - 1 : box.height;
	int tail = text->tail < tail_max ? text->tail : tail_max;
	int body = box.height - tail;
	int hidden = (int)text->nlines - box.height;
	if (text->cursor >= 0)
		ui->dialog_scroll = ui_fit(ui->dialog_scroll, text->cursor, body + hidden, body);
	if (ui->dialog_scroll > hidden)
		ui->dialog_scroll = hidden;
	Str hint = hidden > 0 ? STR(" Up/Down scroll, Esc closes ") : STR(" Esc closes ");
	if (ui->dialog == DIALOG_CONFIRM)
		hint = hidden > 0 ? STR(" Up/Down scroll ") : STR_NONE;
	if (box.border)
		draw_border(frame, &box, title, hint, &theme->glyphs);
	for (int i = 0; i < box.height; i++)
		draw_line(frame, &box, box.row + i,
		          &text->lines[i < body ? ui->dialog_scroll + i : (int)text->nlines - box.height + i]);
}

void dialog_draw(Frame *frame, UiState *ui, const Theme *theme)
{
	static const Str TITLES[] = {[DIALOG_HELP] = STR_INIT(" Help "),
	                             [DIALOG_CONFIRM] = STR_INIT(" Confirm "),
	                             [DIALOG_RESULTS] = STR_INIT(" Results "),
	                             [DIALOG_COLUMNS] = STR_INIT(" Columns ")};
	if (ui->dialog == DIALOG_NONE || frame->cols <= 0 || frame->rows <= 0)
		return;
	DialogText text;
	dialog_text_init(&text, text_width(frame));
	if (ui->dialog == DIALOG_HELP)
		fill_help(&text, ui, theme);
	else if (ui->dialog == DIALOG_CONFIRM)
		act_fill_confirm(&text, &ui->asked, ui->frozen ? str_from(ui->since) : STR_NONE);
	else if (ui->dialog == DIALOG_COLUMNS)
		columns_fill(&text, &ui->chooser);
	else
		act_fill_results(&text, &ui->acted, ui->acted_from);
	draw_box(frame, &text, ui, TITLES[ui->dialog], theme);
	dialog_text_free(&text);
}
