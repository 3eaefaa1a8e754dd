#include "view/view_dialog.h"

#include "base/utf8.h"
#include "view/format.h"

#include <math.h>

enum { LINES_MAX = 96, TEXT_SIZE = 8192, WIDTH_MAX = 74 };

/* A line of a box: text, before which `mark` may stand in a style of its own. */
typedef struct DialogLine {
	Str text;
	Style style;
	uint32_t mark; /* 0 = none */
	Style mark_style;
} DialogLine;

/* The text of a box, word-wrapped to `width` as it is added. */
typedef struct DialogText {
	DialogLine lines[LINES_MAX];
	size_t nlines;
	int width;
	StrBuf storage; /* holds the texts of the lines */
	char bytes[TEXT_SIZE];
} DialogText;

static void text_init(DialogText *text, int width)
{
	text->nlines = 0;
	text->width = width > 0 ? width : 1;
	text->storage = STRBUF_ON(text->bytes);
}

/* When there is no room the last line gives way: what a confirmation ends with must be seen. */
static void add_line(DialogText *text, Str line, Style style)
{
	if (text->nlines == LINES_MAX)
		text->nlines--;
	text->lines[text->nlines++] = (DialogLine){line, style, 0, style};
}

static void add_blank(DialogText *text)
{
	add_line(text, STR(""), STYLE_DIALOG);
}

/* `all` (of the storage) becomes lines, `max` at most; `hang` blanks before all but the first. */
static void wrap(DialogText *text, Str all, size_t hang, size_t max, Style style)
{
	Str rest = all;
	for (size_t n = 0; rest.len > 0 && n < max; n++) {
		size_t indent = n > 0 ? hang : 0;
		size_t columns = (size_t)text->width > indent ? (size_t)text->width - indent : 1;
		size_t end = frame_break(rest, columns);
		Str line = str_sub(rest, 0, end);
		if (indent > 0) {
			size_t start = text->storage.len;
			strbuf_add_repeat(&text->storage, ' ', indent);
			strbuf_add(&text->storage, line);
			line = str_sub(strbuf_str(&text->storage), start, text->storage.len);
		}
		add_line(text, line, style);
		rest = str_sub(rest, end, rest.len);
		while (rest.len > 0 && rest.data[0] == ' ')
			rest = str_sub(rest, 1, rest.len);
	}
}

/* What the builder got since `start`. */
static Str added(const DialogText *text, size_t start)
{
	return str_sub(strbuf_str(&text->storage), start, text->storage.len);
}

static void add_paragraph(DialogText *text, Str paragraph, Style style)
{
	size_t start = text->storage.len;
	utf8_sanitise(&text->storage, paragraph);
	wrap(text, added(text, start), 0, LINES_MAX, style);
}

/* "label     value", the value wrapped under itself. */
static void add_pair(DialogText *text, const char *label, Str value, size_t max)
{
	enum { LABEL_WIDTH = 10 };
	size_t start = text->storage.len;
	size_t len = str_from(label).len;
	strbuf_add_cstr(&text->storage, label);
	strbuf_add_repeat(&text->storage, ' ', LABEL_WIDTH > len ? LABEL_WIDTH - len : 1);
	if (value.len == 0)
		strbuf_add_char(&text->storage, '-');
	utf8_sanitise(&text->storage, value);
	wrap(text, added(text, start), LABEL_WIDTH, max, STYLE_DIALOG);
}

/* ---- the confirmation ---- */

static void add_sync_wait(DialogText *text, const SignalTarget *target)
{
	add_paragraph(
		text,
		STR("Its transaction is already committed locally and may be on no standby. Cancelling only ends the "
	            "wait: nothing is rolled back, and the commit can be lost in a failover."),
		STYLE_DIALOG_TITLE);
	if (target->terminate)
		add_paragraph(text, STR("Terminating also ends the session; the commit stays."), STYLE_DIALOG_TITLE);
	add_blank(text);
}

static void add_walsender(DialogText *text, const SignalTarget *target)
{
	char storage[256];
	StrBuf note = STRBUF_ON(storage);
	strbuf_addf(&note, "Cancel and terminate alike drop the replication stream to %s, which reconnects by itself.",
	            target->serves[0] ? target->serves : "its receiver");
	add_paragraph(text, strbuf_str(&note), STYLE_DIALOG_TITLE);
	add_blank(text);
}

static void add_question(DialogText *text, const SignalTarget *target)
{
	char storage[512];
	StrBuf question = STRBUF_ON(storage);
	const char *what = target->terminate ? "Terminate the session" : "Cancel the query";
	if (target->is_walsender)
		what = target->terminate ? "Terminate the replication stream" : "Cancel the replication stream";
	strbuf_addf(&question, "%s of PID %d (%s) on %s?", what, target->key.pid,
	            target->backend_type[0] ? target->backend_type : "-", target->node);
	add_paragraph(text, strbuf_str(&question), STYLE_DIALOG_TITLE);
	add_blank(text);
}

/* The question, what it would do, whom it hits: in this order, as a small screen shows only the beginning. */
static void fill_confirm(DialogText *text, const SignalTarget *target)
{
	char storage[64];
	StrBuf age = STRBUF_ON(storage);
	add_question(text, target);
	if (target->sync_wait)
		add_sync_wait(text, target);
	if (target->is_walsender)
		add_walsender(text, target);
	add_pair(text, "user", str_from(target->user), 1);
	add_pair(text, "database", str_from(target->database), 1);
	add_pair(text, "client", str_from(target->client), 1);
	if (target->serves[0])
		add_pair(text, "feeds", str_from(target->serves), 1);
	if (target->sync_wait && target->wal_lsn[0])
		add_pair(text, "waits for", str_from(target->wal_lsn), 1);
	if (!isnan(target->age_seconds)) {
		format_seconds(&age, target->age_seconds);
		add_pair(text, "runs for", strbuf_str(&age), 1);
	}
	add_pair(text, "query", str_from(target->query), 4);
	add_blank(text);
	add_line(text, STR("y = do it, any other key = back out"), STYLE_DIALOG_TITLE);
}

/* ---- the help ---- */

static void add_keys(DialogText *text, const Keymap *keymap, const KeyBinding *binding)
{
	enum { KEYS_WIDTH = 14 };
	size_t start = text->storage.len;
	strbuf_add_cstr(&text->storage, "  ");
	for (size_t i = 0; i < KEYMAP_KEYS_PER_ACTION && keymap->keys[binding->action][i] != UI_KEY_NONE; i++) {
		if (i > 0)
			strbuf_add_char(&text->storage, ' ');
		key_write(keymap->keys[binding->action][i], &text->storage);
	}
	size_t columns = utf8_columns(added(text, start));
	strbuf_add_repeat(&text->storage, ' ', columns < KEYS_WIDTH ? KEYS_WIDTH - columns : 1);
	strbuf_add_cstr(&text->storage, binding->help);
	wrap(text, added(text, start), KEYS_WIDTH, LINES_MAX, STYLE_DIALOG);
}

static void add_legend(DialogText *text, const Glyphs *glyphs)
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
	add_blank(text);
	add_line(text, STR("Lag bar: 1 kB to 16 GB, logarithmic"), STYLE_DIALOG_TITLE);
	for (size_t i = 0; i < sizeof(legend) / sizeof(legend[0]); i++) {
		add_line(text, str_from(legend[i].text), STYLE_DIALOG);
		text->lines[text->nlines - 1].mark = legend[i].mark;
		text->lines[text->nlines - 1].mark_style = legend[i].style;
	}
	add_blank(text);
	add_line(text, STR("Marks"), STYLE_DIALOG_TITLE);
	add_line(text, STR("  ~name   who its upstream is rests on weak evidence"), STYLE_DIALOG);
	add_line(text, STR("  >12s    at least: it was behind before we looked"), STYLE_DIALOG);
	add_line(text, STR("  45ms?   the server's own value, and not fresh"), STYLE_DIALOG);
	add_line(text, STR("  !       behind STATE: an error, shown below for the selected row"), STYLE_DIALOG);
	add_line(text, STR("  -       unknown (0 is really 0)"), STYLE_DIALOG);
}

static void fill_help(DialogText *text, const UiState *ui, const Theme *theme)
{
	Str group = STR_NONE;
	for (size_t i = 0; i < KEY_BINDING_COUNT; i++) {
		const KeyBinding *binding = &KEY_BINDINGS[i];
		bool acts = binding->action == ACTION_CANCEL || binding->action == ACTION_TERMINATE;
		if ((ui->readonly && acts) || !keymap_has(&ui->keymap, binding))
			continue;
		if (!str_eq(group, str_from(binding->group))) {
			if (i > 0)
				add_blank(text);
			group = str_from(binding->group);
			add_line(text, group, STYLE_DIALOG_TITLE);
		}
		add_keys(text, &ui->keymap, binding);
	}
	add_legend(text, &theme->glyphs);
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
	frame_fill(frame, row, box->col, box->width, ' ', STYLE_DIALOG);
	if (line->mark) {
		frame_fill(frame, row, col + 2, 2, line->mark, line->mark_style);
		col += 6;
	}
	frame_put(frame, row, col, box->width - (col - box->col), line->text, line->style);
}

/* What does not fit is scrolled; for a confirmation the first lines and always the last one are shown. */
static void draw_box(Frame *frame, DialogText *text, UiState *ui, Str title, const Theme *theme)
{
	bool help = ui->dialog == DIALOG_HELP;
	Box box = place_box(frame, text, help);
	int hidden = (int)text->nlines - box.height;
	if (ui->dialog_scroll > hidden)
		ui->dialog_scroll = hidden;
	int first = help ? ui->dialog_scroll : 0;
	Str hint = !help ? STR_NONE : hidden > 0 ? STR(" Up/Down scroll, Esc closes ") : STR(" Esc closes ");
	if (box.border)
		draw_border(frame, &box, title, hint, &theme->glyphs);
	for (int i = 0; i < box.height; i++) {
		bool is_last = !help && i == box.height - 1;
		draw_line(frame, &box, box.row + i, &text->lines[is_last ? (int)text->nlines - 1 : first + i]);
	}
}

void dialog_draw(Frame *frame, UiState *ui, const Theme *theme)
{
	if (ui->dialog == DIALOG_NONE || frame->cols <= 0 || frame->rows <= 0)
		return;
	DialogText text;
	text_init(&text, text_width(frame));
	if (ui->dialog == DIALOG_HELP)
		fill_help(&text, ui, theme);
	else
		fill_confirm(&text, &ui->target);
	draw_box(frame, &text, ui, ui->dialog == DIALOG_HELP ? STR(" Help ") : STR(" Confirm "), theme);
}
