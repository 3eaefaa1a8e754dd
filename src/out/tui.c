#include "out/tui.h"

#include "base/utf8.h"

#define NCURSES_WIDECHAR 1
#define NCURSES_NOMACROS 1

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <limits.h>
#include <ncurses.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <term.h>
#include <unistd.h>
#include <wchar.h>

enum {
	ESC_DELAY_MS = 25,
	FIRST_FREE_COLOR = 16, /* those below are the user's own */
	PALETTE = 256,
	STDERR_CAUGHT_MAX = 16 * 1024,
	SEQUENCE_MAX = 64, /* bytes of a key's sequence behind ESC */
	CELL_WCHARS = CELL_TEXT_MAX + 1
};

/* A style as the terminal shows it. */
typedef struct Paint {
	attr_t attrs;
	int pair;
} Paint;

struct Tui {
	SCREEN *screen;
	WINDOW *keys; /* a pad that is read from: wgetch() on a window would draw it */
	int colors;
	bool has_default_colors; /* -1 is a colour */
	bool is_direct;          /* colour numbers are RGB values */
	bool hides_cursor;
	Rgb redefined[PALETTE]; /* palette entries that were given another colour */
	bool is_redefined[PALETTE];
	Paint paints[STYLE_COUNT];
	Color pair_fg[STYLE_COUNT + 1], pair_bg[STYLE_COUNT + 1]; /* pairs in use, from 1 */
	int npairs;

	Cell *shown; /* what the terminal shows: shown_rows * shown_cols */
	int shown_cols, shown_rows;
	bool repaint;
	cchar_t *run; /* shown_cols of them: cells on their way to ncurses */

	int saved_stderr; /* -1 = standard error was no terminal and was left alone */
	int caught_stderr;
};

/* The one that holds the terminal, for the atexit handler, which gets no argument. */
static Tui *active; /* NOLINT(cppcoreguidelines-avoid-non-const-global-variables) */

/* ---- standard error ---- */

/* The file cannot grow beyond its size: a program that runs for weeks may collect many warnings. Writes behind its end
 * fail, which nobody minds. */
static int open_caught(void)
{
	int fd = memfd_create("pgrepltop-stderr", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd >= 0 && ftruncate(fd, STDERR_CAUGHT_MAX) == 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_GROW) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return open("/dev/null", O_RDWR | O_CLOEXEC);
}

static void stderr_catch(Tui *tui)
{
	tui->saved_stderr = tui->caught_stderr = -1;
	if (!isatty(STDERR_FILENO))
		return;
	fflush(stderr);
	tui->saved_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	tui->caught_stderr = open_caught();
	if (tui->saved_stderr >= 0 && tui->caught_stderr >= 0)
		dup2(tui->caught_stderr, STDERR_FILENO);
}

/* Server messages are among it, so it passes the same door as text for the screen. */
static void print_safely(Str text)
{
	bool is_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	StrBuf out = {0};
	while (!str_is_none(text) && text.len) {
		utf8_sanitise(&out, str_cut(&text, '\n'));
		strbuf_add_char(&out, '\n');
	}
	for (size_t i = 0; i < out.len && !is_utf8; i++) {
		if ((unsigned char)out.data[i] >= 0x80)
			out.data[i] = '?';
	}
	if (out.len)
		fwrite(out.data, 1, out.len, stderr);
	strbuf_free(&out);
}

static void stderr_release(Tui *tui)
{
	if (tui->saved_stderr < 0)
		return;
	fflush(stderr);
	dup2(tui->saved_stderr, STDERR_FILENO);
	close(tui->saved_stderr);
	tui->saved_stderr = -1;
	if (tui->caught_stderr < 0)
		return;
	/* The position is shared with what was descriptor 2. */
	off_t len = lseek(tui->caught_stderr, 0, SEEK_CUR);
	char *text = len > 0 && len <= STDERR_CAUGHT_MAX ? malloc((size_t)len) : NULL;
	ssize_t count = text ? pread(tui->caught_stderr, text, (size_t)len, 0) : 0;
	if (count > 0)
		print_safely((Str){text, (size_t)count});
	free(text);
	close(tui->caught_stderr);
	tui->caught_stderr = -1;
}

/* ---- colours ---- */

/* The nearest of the palette's entries that keep their own colours. */
static int nearest_free(const Tui *tui, Rgb rgb)
{
	int best = FIRST_FREE_COLOR;
	for (int i = FIRST_FREE_COLOR; i < PALETTE; i++) {
		if (!tui->is_redefined[i] && color_distance(color_rgb(i), rgb) < color_distance(color_rgb(best), rgb))
			best = i;
	}
	return best;
}

/* A palette entry that shows exactly this colour: the nearest one, redefined. So a terminal that says it can redefine
 * colours, and does not, still shows one that is near. */
static int exact_color(Tui *tui, Rgb rgb)
{
	for (int i = FIRST_FREE_COLOR; i < PALETTE; i++) {
		if (tui->is_redefined[i] && color_distance(tui->redefined[i], rgb) == 0)
			return i;
	}
	int color = nearest_free(tui, rgb);
	if (color_distance(color_rgb(color), rgb) == 0)
		return color;
	if (init_extended_color(color, rgb.r * 1000 / 255, rgb.g * 1000 / 255, rgb.b * 1000 / 255) == OK) {
		tui->is_redefined[color] = true;
		tui->redefined[color] = rgb;
	}
	return color;
}

static bool shows_any_color(const Tui *tui)
{
	return tui->is_direct || (tui->colors >= PALETTE && can_change_color());
}

/* The terminal's number of a colour, which color_reduce() has seen where the terminal cannot show any. */
static int terminal_color(Tui *tui, Color color, bool is_fg)
{
	if (color == COLOR_DEFAULT && tui->has_default_colors)
		return -1;
	if (color == COLOR_DEFAULT)
		return is_fg ? COLOR_WHITE : COLOR_BLACK;
	bool is_rgb = color & COLOR_RGB;
	if (tui->is_direct && (is_rgb || color >= 8)) {
		Rgb rgb = color_rgb(color);
		return rgb.r << 16 | rgb.g << 8 | rgb.b;
	}
	return is_rgb ? exact_color(tui, color_rgb(color)) : color;
}

static int color_pair(Tui *tui, int fg, int bg)
{
	if (fg == -1 && bg == -1)
		return 0;
	for (int i = 1; i <= tui->npairs; i++) {
		if (tui->pair_fg[i] == fg && tui->pair_bg[i] == bg)
			return i;
	}
	int pair = tui->npairs + 1;
	if (init_extended_pair(pair, fg, bg) != OK)
		return 0;
	tui->pair_fg[pair] = fg;
	tui->pair_bg[pair] = bg;
	tui->npairs = pair;
	return pair;
}

static Paint make_paint(Tui *tui, const Look *wanted)
{
	static const struct {
		unsigned attr;
		attr_t curses;
	} attrs[] = {
		{ATTR_BOLD, A_BOLD},       {ATTR_DIM, A_DIM},       {ATTR_UNDERLINE, A_UNDERLINE},
		{ATTR_REVERSE, A_REVERSE}, {ATTR_ITALIC, A_ITALIC},
	};
	Paint paint = {.attrs = A_NORMAL};
	bool is_colored = tui->colors > 0 && (wanted->fg != COLOR_DEFAULT || wanted->bg != COLOR_DEFAULT);
	Look look = is_colored && !shows_any_color(tui) ? color_reduce(*wanted, tui->colors) : *wanted;
	for (size_t i = 0; i < sizeof(attrs) / sizeof(attrs[0]); i++) {
		if (look.attrs & attrs[i].attr)
			paint.attrs |= attrs[i].curses;
	}
	if (is_colored)
		paint.pair = color_pair(tui, terminal_color(tui, look.fg, true), terminal_color(tui, look.bg, false));
	return paint;
}

static bool has_colored_look(const Theme *theme)
{
	for (size_t i = 0; i < STYLE_COUNT; i++) {
		if (theme->looks[i].fg != COLOR_DEFAULT || theme->looks[i].bg != COLOR_DEFAULT)
			return true;
	}
	return false;
}

/* Without a colour in the theme the terminal's colours are never touched. */
static void take_theme(Tui *tui, const Theme *theme)
{
	Theme own = *theme;
	tui->colors = has_colors() ? tigetnum("colors") : 0;
	if (tui->colors < 8) {
		tui->colors = 0;
		theme_remove_colors(&own);
	} else if (has_colored_look(theme)) {
		start_color();
		tui->has_default_colors = use_default_colors() == OK;
		tui->is_direct = tui->colors > PALETTE && tigetflag("RGB") > 0;
	}
	for (size_t i = 0; i < STYLE_COUNT; i++)
		tui->paints[i] = make_paint(tui, &own.looks[i]);
	/* Lines that are cleared take the theme's background with them, where it has one. */
	const Paint *normal = &tui->paints[STYLE_NORMAL];
	cchar_t blank;
	setcchar(&blank, L" ", A_NORMAL, (short)normal->pair, &normal->pair);
	wbkgrndset(stdscr, &blank);
}

/* ---- taking and giving back the terminal ---- */

/* newterm() accepts terminals on which nothing can be placed ("dumb"), so this is asked before. */
static bool check_terminal(Err *err)
{
	const char *name = getenv("TERM");
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return err_set(err, "standard %s is not a terminal", isatty(STDIN_FILENO) ? "output" : "input");
	if (!name || !name[0])
		return err_set(err, "TERM is not set; expected the name of a terminal");
	int status = 0;
	if (setupterm(NULL, STDOUT_FILENO, &status) != OK)
		return err_set(err, "the terminal \"%s\" (TERM) is not known; expected one that infocmp knows", name);
	const char *move = tigetstr("cup");
	bool can_move = move && move != (const char *)-1;
	del_curterm(cur_term);
	if (!can_move)
		return err_set(err, "the terminal \"%s\" (TERM) cannot place its cursor; expected another", name);
	return true;
}

static void restore(Tui *tui)
{
	active = NULL;
	/* Where there is no alternate screen, the shell's prompt comes into the last line. */
	move(LINES - 1, 0);
	clrtoeol();
	refresh();
	endwin();
	stderr_release(tui);
}

static void restore_at_exit(void)
{
	if (active)
		restore(active);
}

static void set_modes(Tui *tui)
{
	cbreak();
	noecho();
	nonl();
	intrflush(stdscr, FALSE);
	tui->keys = newpad(1, 1);
	keypad(tui->keys, TRUE);
	nodelay(tui->keys, TRUE);
	typeahead(-1); /* a frame is written whole: no look for keys between its lines */
	meta(tui->keys, TRUE);
	set_escdelay(ESC_DELAY_MS);
	tui->hides_cursor = curs_set(0) != ERR;
	/* A cursor that cannot be hidden is put into the corner, others may stay where the last cell was written. */
	leaveok(stdscr, tui->hides_cursor);
}

Tui *tui_open(const Theme *theme, Err *err)
{
	static bool registered;
	if (!check_terminal(err))
		return NULL;
	SCREEN *screen = newterm(NULL, stdout, stdin);
	if (!screen) {
		err_set(err, "the terminal \"%s\" (TERM) cannot be used", getenv("TERM"));
		return NULL;
	}
	Tui *tui = xcalloc(1, sizeof(*tui));
	tui->screen = screen;
	active = tui;
	if (!registered)
		atexit(restore_at_exit);
	registered = true;
	stderr_catch(tui);
	set_modes(tui);
	take_theme(tui, theme);
	tui_redraw(tui);
	return tui;
}

void tui_close(Tui *tui)
{
	if (!tui)
		return;
	restore(tui);
	delwin(tui->keys);
	delscreen(tui->screen);
	free(tui->shown);
	free(tui->run);
	free(tui);
}

int tui_colors(const Tui *tui)
{
	return tui->colors;
}

void tui_size(const Tui *tui, int *cols, int *rows)
{
	(void)tui;
	getmaxyx(stdscr, *rows, *cols);
}

void tui_redraw(Tui *tui)
{
	tui->repaint = true;
}

void tui_resize(Tui *tui)
{
	struct winsize size;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
		resizeterm(size.ws_row, size.ws_col);
	tui_redraw(tui);
}

void tui_suspend(Tui *tui)
{
	endwin();
	raise(SIGSTOP);
	refresh(); /* back into program mode */
	if (tui->hides_cursor)
		curs_set(0);
	tui_resize(tui);
}

/* ---- drawing ---- */

/* The characters of a cell, NUL-terminated; returns the columns they take. A character that the locale cannot encode,
 * or of which the C library thinks that it has another width (then all that follows would be out of place), becomes
 * '?', and a mark is left out. */
static int cell_text(const Cell *cell, wchar_t out[CELL_WCHARS])
{
	int width = cell->width;
	size_t count = 0;
	for (Str rest = {cell->text, cell->len}; rest.len && count + 1 < CELL_WCHARS;) {
		uint32_t code_point = 0;
		char bytes[MB_LEN_MAX];
		mbstate_t state = {0};
		rest = str_sub(rest, utf8_decode(rest, &code_point), rest.len);
		wchar_t c = (wchar_t)code_point;
		bool fits = wcrtomb(bytes, c, &state) != (size_t)-1 && wcwidth(c) == (count ? 0 : width);
		if (!fits && count > 0)
			continue;
		out[count++] = fits ? c : L'?';
		width = fits ? width : 1;
	}
	if (count == 0) {
		out[count++] = L' ';
		width = 1;
	}
	out[count] = L'\0';
	return width;
}

/* Fills `out` with the cells [from, to) of a row; returns how many it needed. A wide character is one of them, unless a
 * '?' stands for it: then its right half is a blank. */
static int fill_run(const Tui *tui, const Cell *row, int from, int to, cchar_t *out)
{
	int count = 0;
	int covered = from; /* columns up to here are written */
	for (int col = from; col < to; col++) {
		if (col < covered)
			continue;
		const Cell *cell = &row[col];
		Paint paint = tui->paints[cell->style < STYLE_COUNT ? cell->style : STYLE_NORMAL];
		wchar_t text[CELL_WCHARS];
		covered = col + cell_text(cell, text);
		setcchar(&out[count++], text, paint.attrs, (short)paint.pair, &paint.pair);
	}
	return count;
}

static bool same_cell(const Cell *a, const Cell *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* Writes the runs of cells that changed; false if none did. */
static bool draw_row(Tui *tui, int y, const Cell *row, Cell *shown, int cols)
{
	bool changed = false;
	for (int col = 0; col < cols; col++) {
		if (!tui->repaint && same_cell(&row[col], &shown[col]))
			continue;
		int from = col > 0 && row[col].width == 0 ? col - 1 : col;
		while (col < cols && (tui->repaint || row[col].width == 0 || !same_cell(&row[col], &shown[col])))
			col++;
		mvadd_wchnstr(y, from, tui->run, fill_run(tui, row, from, col, tui->run));
		changed = true;
	}
	memcpy(shown, row, (size_t)cols * sizeof(*row));
	return changed;
}

static void resize_shown(Tui *tui, int cols, int rows)
{
	if (tui->shown_cols == cols && tui->shown_rows == rows)
		return;
	tui->shown = xrealloc_array(tui->shown, (size_t)rows * (size_t)cols, sizeof(*tui->shown));
	tui->run = xrealloc_array(tui->run, (size_t)cols, sizeof(*tui->run));
	tui->shown_cols = cols;
	tui->shown_rows = rows;
	tui->repaint = true;
}

void tui_draw(Tui *tui, const Frame *frame)
{
	int cols = 0;
	int rows = 0;
	tui_size(tui, &cols, &rows);
	cols = cols < frame->cols ? cols : frame->cols;
	rows = rows < frame->rows ? rows : frame->rows;
	if (cols <= 0 || rows <= 0)
		return;
	resize_shown(tui, cols, rows);
	bool changed = tui->repaint;
	if (tui->repaint) {
		erase();
		clearok(stdscr, TRUE);
	}
	for (int y = 0; y < rows; y++) {
		if (draw_row(tui, y, frame->cells + (size_t)y * (size_t)frame->cols,
		             tui->shown + (size_t)y * (size_t)cols, cols))
			changed = true;
	}
	tui->repaint = false;
	if (!changed)
		return;
	if (!tui->hides_cursor)
		move(rows - 1, cols - 1);
	wnoutrefresh(stdscr);
	doupdate();
}

/* ---- keys ---- */

static Key function_key(wint_t code)
{
	static const struct {
		wint_t code;
		Key key;
	} keys[] = {
		{KEY_UP, UI_KEY_UP},
		{KEY_DOWN, UI_KEY_DOWN},
		{KEY_LEFT, UI_KEY_LEFT},
		{KEY_RIGHT, UI_KEY_RIGHT},
		{KEY_PPAGE, UI_KEY_PAGE_UP},
		{KEY_NPAGE, UI_KEY_PAGE_DOWN},
		{KEY_HOME, UI_KEY_HOME},
		{KEY_END, UI_KEY_END},
		{KEY_FIND, UI_KEY_HOME},
		{KEY_SELECT, UI_KEY_END},
		{KEY_A1, UI_KEY_HOME},
		{KEY_C1, UI_KEY_END},
		{KEY_A3, UI_KEY_PAGE_UP},
		{KEY_C3, UI_KEY_PAGE_DOWN},
		{KEY_ENTER, UI_KEY_ENTER},
		{KEY_BTAB, UI_KEY_BACKTAB},
		{KEY_BACKSPACE, UI_KEY_BACKSPACE},
		{KEY_DC, UI_KEY_DELETE},
		{KEY_IC, UI_KEY_INSERT},
	};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (keys[i].code == code)
			return keys[i].key;
	}
	if (code >= KEY_F(1) && code <= KEY_F(12))
		return UI_KEY_F1 + (code - KEY_F(1));
	return UI_KEY_NONE;
}

static Key character_key(wint_t c)
{
	switch (c) {
	case '\r':
	case '\n':
		return UI_KEY_ENTER;
	case '\t':
		return UI_KEY_TAB;
	case '\b':
	case 0x7F:
		return UI_KEY_BACKSPACE;
	default:
		return c < 0x80 || !utf8_is_unsafe((uint32_t)c) ? (Key)c : UI_KEY_NONE;
	}
}

/* Sequences behind ESC that terminals send whatever their description says: a terminal called vt100 has more keys than
 * a vt100 had. */
static Key sequence_key(Str sequence)
{
	static const struct {
		Str sequence;
		Key key;
	} keys[] = {
		{STR_INIT("[A"), UI_KEY_UP},       {STR_INIT("[B"), UI_KEY_DOWN},
		{STR_INIT("[C"), UI_KEY_RIGHT},    {STR_INIT("[D"), UI_KEY_LEFT},
		{STR_INIT("OA"), UI_KEY_UP},       {STR_INIT("OB"), UI_KEY_DOWN},
		{STR_INIT("OC"), UI_KEY_RIGHT},    {STR_INIT("OD"), UI_KEY_LEFT},
		{STR_INIT("[H"), UI_KEY_HOME},     {STR_INIT("[F"), UI_KEY_END},
		{STR_INIT("OH"), UI_KEY_HOME},     {STR_INIT("OF"), UI_KEY_END},
		{STR_INIT("[1~"), UI_KEY_HOME},    {STR_INIT("[4~"), UI_KEY_END},
		{STR_INIT("[7~"), UI_KEY_HOME},    {STR_INIT("[8~"), UI_KEY_END},
		{STR_INIT("[2~"), UI_KEY_INSERT},  {STR_INIT("[3~"), UI_KEY_DELETE},
		{STR_INIT("[5~"), UI_KEY_PAGE_UP}, {STR_INIT("[6~"), UI_KEY_PAGE_DOWN},
		{STR_INIT("[Z"), UI_KEY_BACKTAB},  {STR_INIT("OP"), UI_KEY_F1},
		{STR_INIT("[21~"), UI_KEY_F1 + 9}, {STR_INIT("\x1B"), UI_KEY_ESCAPE},
	};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (str_eq(sequence, keys[i].sequence))
			return keys[i].key;
	}
	return UI_KEY_NONE;
}

/* Behind an ESC. What follows it at once is a key with Alt, or a sequence that the terminal's description does not
 * know: ESC O and a byte, or ESC [ up to a byte from @ to ~. It is read whole, so that its last letter is no command. */
static Key escape_key(Tui *tui)
{
	char storage[SEQUENCE_MAX];
	StrBuf sequence = STRBUF_ON(storage);
	wint_t c = 0;
	int status = wget_wch(tui->keys, &c);
	if (status != OK)
		return status == ERR ? UI_KEY_ESCAPE : UI_KEY_NONE;
	strbuf_add_char(&sequence, c < 0x80 ? (char)c : '?');
	bool is_csi = c == '[';
	bool more = is_csi || c == 'O';
	while (more && !sequence.truncated && wget_wch(tui->keys, &c) == OK) {
		strbuf_add_char(&sequence, c < 0x80 ? (char)c : '?');
		more = is_csi && !(c >= '@' && c <= '~');
	}
	return sequence_key(strbuf_str(&sequence));
}

Key tui_key(Tui *tui)
{
	for (;;) {
		wint_t c = 0;
		Key key = UI_KEY_NONE;
		int status = wget_wch(tui->keys, &c);
		if (status == ERR)
			return UI_KEY_NONE;
		if (status == KEY_CODE_YES)
			key = function_key(c);
		else if (c == 0x1B)
			key = escape_key(tui);
		else
			key = character_key(c);
		if (key != UI_KEY_NONE)
			return key;
	}
}

/* ncurses does not tell "no key yet" from the end of input. A terminal that hung up is readable with zero bytes. */
bool tui_gone(const Tui *tui)
{
	(void)tui;
	struct pollfd pfd = {.fd = STDIN_FILENO, .events = POLLIN};
	int count = 0;
	if (poll(&pfd, 1, 0) <= 0)
		return false;
	if (pfd.revents & (POLLHUP | POLLERR | POLLNVAL))
		return true;
	return (pfd.revents & POLLIN) && (ioctl(STDIN_FILENO, FIONREAD, &count) != 0 || count == 0);
}
