#include "view/theme.h"

#include "base/num.h"
#include "base/suggest.h"
#include "base/utf8.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

typedef struct StyleSpec {
	const char *name;
	Look look;
	const char *help;
} StyleSpec;

enum { BLACK, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN, WHITE, NONE = COLOR_DEFAULT };

/* Only the eight colours that every terminal has, on its own background: readable on dark and on light ones. */
static const StyleSpec styles[STYLE_COUNT] = {
	[STYLE_NORMAL] = {"normal",
                          {NONE, NONE, 0},
                          "all text that is nothing else; its colours are those of every style that names none"},
	[STYLE_DIM] = {"dim", {NONE, NONE, ATTR_DIM}, "what matters less, and what is not known"},
	[STYLE_BOLD] = {"bold", {NONE, NONE, ATTR_BOLD}, "what matters more"},
	[STYLE_TITLE] = {"title", {CYAN, NONE, ATTR_BOLD}, "program and cluster name in the header"},
	[STYLE_LABEL] = {"label", {CYAN, NONE, 0}, "words before a value"},
	[STYLE_VALUE] = {"value", {NONE, NONE, ATTR_BOLD}, "values in the header"},
	[STYLE_COLUMN] = {"column", {BLACK, GREEN, 0}, "column titles"},
	[STYLE_COLUMN_SORT] = {"column-sort", {BLACK, CYAN, ATTR_BOLD}, "the title of the sort column"},
	[STYLE_SEPARATOR] = {"separator", {BLUE, NONE, 0}, "rules between panes, lines of the tree"},
	[STYLE_SELECTED] = {"selected", {BLACK, CYAN, 0}, "the row under the cursor"},
	[STYLE_SELECTED_OFF] = {"selected-off",
                                {NONE, NONE, ATTR_BOLD | ATTR_UNDERLINE},
                                "the same in the pane that does not take the keys"},
	[STYLE_OK] = {"ok", {GREEN, NONE, 0}, "states that are as they should be"},
	[STYLE_NOTE] = {"note", {CYAN, NONE, 0}, "states worth a look"},
	[STYLE_WARNING] = {"warning", {YELLOW, NONE, ATTR_BOLD}, "states that may become bad"},
	[STYLE_BAD] = {"bad", {RED, NONE, ATTR_BOLD}, "states that are bad"},
	[STYLE_PRIMARY] = {"primary", {GREEN, NONE, ATTR_BOLD}, "the primary"},
	[STYLE_BAR_SEND] = {"bar-send", {MAGENTA, NONE, 0}, "lag that the upstream has not sent"},
	[STYLE_BAR_NETWORK] = {"bar-network", {CYAN, NONE, 0}, "lag that was sent and is not written"},
	[STYLE_BAR_DISK] = {"bar-disk", {YELLOW, NONE, 0}, "lag that was written and is not flushed"},
	[STYLE_BAR_REPLAY] = {"bar-replay", {GREEN, NONE, 0}, "lag that was flushed and is not replayed"},
	[STYLE_BAR_FRAME] = {"bar-frame", {BLUE, NONE, 0}, "both ends of a lag bar"},
	[STYLE_KEY] = {"key", {NONE, NONE, ATTR_BOLD}, "the last line: keys"},
	[STYLE_KEY_LABEL] = {"key-label", {BLACK, CYAN, 0}, "what they do"},
	[STYLE_MESSAGE] = {"message", {NONE, NONE, ATTR_BOLD}, "the line above the keys"},
	[STYLE_MESSAGE_BAD] = {"message-bad", {WHITE, RED, ATTR_BOLD}, "the same for what went wrong"},
	[STYLE_ALARM] = {"alarm",
                         {WHITE, RED, ATTR_BOLD},
                         "what must not be missed: a split brain, commits that are blocked"},
	[STYLE_DIALOG] = {"dialog", {WHITE, BLUE, 0}, "boxes: help, confirmation"},
	[STYLE_DIALOG_TITLE] = {"dialog-title", {WHITE, BLUE, ATTR_BOLD}, "their titles and headings"},
};

typedef struct GlyphSpec {
	const char *name;
	size_t offset;
	uint32_t unicode, ascii;
	const char *help;
} GlyphSpec;

#define GLYPH(field, name, unicode, ascii, help) \
	{ \
		name, offsetof(Glyphs, field), unicode, ascii, help \
	}

static const GlyphSpec glyphs[] = {
	GLYPH(tree_branch, "tree-branch", 0x251C, '|', "a child in the tree"),
	GLYPH(tree_last, "tree-last", 0x2514, '`', "the last child"),
	GLYPH(tree_line, "tree-line", 0x2502, '|', "past further children"),
	GLYPH(horizontal, "horizontal", 0x2500, '-', "rules and boxes"),
	GLYPH(vertical, "vertical", 0x2502, '|', "sides of boxes"),
	GLYPH(top_left, "top-left", 0x250C, '+', "corner of a box"),
	GLYPH(top_right, "top-right", 0x2510, '+', "corner of a box"),
	GLYPH(bottom_left, "bottom-left", 0x2514, '+', "corner of a box"),
	GLYPH(bottom_right, "bottom-right", 0x2518, '+', "corner of a box"),
	GLYPH(bar_send, "bar-send", 0x2588, '#', "in a lag bar: not sent"),
	GLYPH(bar_network, "bar-network", 0x2593, '=', "sent, not written"),
	GLYPH(bar_disk, "bar-disk", 0x2592, '+', "written, not flushed"),
	GLYPH(bar_replay, "bar-replay", 0x2591, '.', "flushed, not replayed"),
	GLYPH(bar_empty, "bar-empty", ' ', ' ', "the rest of the bar"),
	GLYPH(bar_left, "bar-left", 0x2595, '[', "its left end"),
	GLYPH(bar_right, "bar-right", 0x258F, ']', "its right end"),
	GLYPH(bar_plain, "bar-plain", 0x2501, '-', "a lag of which the stages are not known"),
	GLYPH(ellipsis, "ellipsis", 0x2026, '~', "where text was cut"),
};

static const uint32_t spark_unicode[] = {0x2581, 0x2582, 0x2583, 0x2584, 0x2585, 0x2586, 0x2587, 0x2588};
static const uint32_t spark_ascii[] = {'_', '.', ',', '-', '=', '+', '*', '#'};

static uint32_t *glyph_at(Glyphs *set, const GlyphSpec *spec)
{
	return (uint32_t *)(void *)((char *)set + spec->offset);
}

static void set_glyphs(Theme *theme, bool ascii)
{
	for (size_t i = 0; i < COUNT(glyphs); i++)
		*glyph_at(&theme->glyphs, &glyphs[i]) = ascii ? glyphs[i].ascii : glyphs[i].unicode;
	for (size_t i = 0; i < COUNT(theme->glyphs.spark); i++)
		theme->glyphs.spark[i] = ascii ? spark_ascii[i] : spark_unicode[i];
}

void theme_init(Theme *theme, bool ascii)
{
	for (size_t i = 0; i < STYLE_COUNT; i++)
		theme->looks[i] = styles[i].look;
	set_glyphs(theme, ascii);
}

void theme_finish(Theme *theme)
{
	const Look *normal = &theme->looks[STYLE_NORMAL];
	for (size_t i = 0; i < STYLE_COUNT; i++) {
		Look *look = &theme->looks[i];
		if (look->fg == COLOR_DEFAULT)
			look->fg = normal->fg;
		if (look->bg == COLOR_DEFAULT)
			look->bg = normal->bg;
	}
}

void theme_remove_colors(Theme *theme)
{
	Color normal = theme->looks[STYLE_NORMAL].bg;
	for (size_t i = 0; i < STYLE_COUNT; i++) {
		Look *look = &theme->looks[i];
		if (look->bg != COLOR_DEFAULT && look->bg != normal)
			look->attrs |= ATTR_REVERSE;
		look->fg = look->bg = COLOR_DEFAULT;
	}
}

void theme_use_ascii(Theme *theme)
{
	set_glyphs(theme, true);
}

const char *style_name(Style style)
{
	return styles[style].name;
}

const char *style_help(Style style)
{
	return styles[style].help;
}

bool theme_glyph(size_t index, const char **name, const char **help)
{
	if (index > COUNT(glyphs))
		return false;
	*name = index < COUNT(glyphs) ? glyphs[index].name : "spark";
	*help = index < COUNT(glyphs) ? glyphs[index].help
	                              : "eight characters, from the lowest to the highest of a small chart";
	return true;
}

static const char *const color_names[] = {"black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"};

static bool parse_color(Str text, Color *color)
{
	int64_t number;
	uint64_t rgb;
	if (str_eq(text, STR("default"))) {
		*color = COLOR_DEFAULT;
		return true;
	}
	bool bright = str_starts(text, STR("bright-"));
	Str name = bright ? str_sub(text, 7, text.len) : text;
	for (size_t i = 0; i < COUNT(color_names); i++) {
		if (str_eq(name, str_from(color_names[i]))) {
			*color = (Color)(bright ? i + 8 : i);
			return true;
		}
	}
	if (num_parse_int_in(text, 0, 255, &number)) {
		*color = (Color)number;
		return true;
	}
	if (text.len == 7 && text.data[0] == '#' && num_parse_hex64(str_sub(text, 1, 7), &rgb)) {
		*color = (Color)(COLOR_RGB | rgb);
		return true;
	}
	return false;
}

static bool parse_attribute(Str word, unsigned *attrs)
{
	static const struct {
		const char *name;
		unsigned attr;
	} words[] = {
		{"bold", ATTR_BOLD},       {"dim", ATTR_DIM},       {"underline", ATTR_UNDERLINE},
		{"reverse", ATTR_REVERSE}, {"italic", ATTR_ITALIC},
	};
	for (size_t i = 0; i < COUNT(words); i++) {
		if (str_eq(word, str_from(words[i].name))) {
			*attrs |= words[i].attr;
			return true;
		}
	}
	return false;
}

static bool refuse_color(Str color, Err *err)
{
	Str name = str_starts(color, STR("bright-")) ? str_sub(color, 7, color.len) : color;
	Suggestion suggestion = suggestion_for(name);
	for (size_t i = 0; i < COUNT(color_names); i++)
		suggest(&suggestion, str_from(color_names[i]));
	return err_set(
		err,
		"\"%.*s\" is no colour: expected default, black, red, green, yellow, blue, magenta, cyan, white, "
		"the same with bright- before it, 0 to 255, or #rrggbb%s",
		STR_ARG(color), suggestion_text(&suggestion).text);
}

static bool parse_look(Str value, Look *out, Err *err)
{
	Look look = {COLOR_DEFAULT, COLOR_DEFAULT, 0};
	for (Str rest = str_trim(value); !str_is_none(rest);) {
		Str word = str_cut(&rest, ' ');
		bool is_fg = str_starts(word, STR("fg="));
		if (word.len == 0 || parse_attribute(word, &look.attrs))
			continue;
		if (!is_fg && !str_starts(word, STR("bg=")))
			return err_set(err,
			               "\"%.*s\": expected fg=COLOR, bg=COLOR, bold, dim, underline, reverse or italic",
			               STR_ARG(word));
		Str color = str_sub(word, 3, word.len);
		if (!parse_color(color, is_fg ? &look.fg : &look.bg))
			return refuse_color(color, err);
	}
	*out = look;
	return true;
}

/* Cuts one glyph off the front of *text. */
static bool take_glyph(Str *text, uint32_t *out)
{
	uint32_t code_point;
	if (text->len == 0)
		return false;
	size_t used = utf8_decode(*text, &code_point);
	if (code_point == UTF8_REPLACEMENT || utf8_is_unsafe(code_point) || utf8_width(code_point) != 1)
		return false;
	*out = code_point;
	*text = str_sub(*text, used, text->len);
	return true;
}

static bool parse_glyph(Str value, uint32_t *out)
{
	uint64_t number;
	if (str_eq(value, STR("space"))) {
		*out = ' ';
		return true;
	}
	char utf8[4];
	if (str_starts(value, STR("U+")) && num_parse_hex64(str_sub(value, 2, value.len), &number) &&
	    number <= 0x10FFFF)
		value = (Str){utf8, utf8_encode((uint32_t)number, utf8)};
	uint32_t glyph;
	if (!take_glyph(&value, &glyph) || value.len > 0)
		return false;
	*out = glyph;
	return true;
}

static bool set_spark(Theme *theme, Str value, Err *err)
{
	uint32_t spark[COUNT(theme->glyphs.spark)];
	size_t count = 0;
	while (count < COUNT(spark) && take_glyph(&value, &spark[count]))
		count++;
	if (count < COUNT(spark) || value.len > 0)
		return err_set(err, "expected eight characters of one column each");
	for (size_t i = 0; i < COUNT(spark); i++)
		theme->glyphs.spark[i] = spark[i];
	return true;
}

static bool set_glyph(Theme *theme, Str key, Str value, Err *err)
{
	if (str_eq(key, STR("spark")))
		return set_spark(theme, value, err);
	for (size_t i = 0; i < COUNT(glyphs); i++) {
		if (!str_eq(key, str_from(glyphs[i].name)))
			continue;
		if (!parse_glyph(value, glyph_at(&theme->glyphs, &glyphs[i])))
			return err_set(err, "\"%.*s\": expected one character of one column, U+XXXX or space",
			               STR_ARG(value));
		return true;
	}
	Suggestion suggestion = suggestion_for(key);
	suggest(&suggestion, STR("spark"));
	for (size_t i = 0; i < COUNT(glyphs); i++)
		suggest(&suggestion, str_from(glyphs[i].name));
	return err_set(err, "there is no glyph \"%.*s\"%s", STR_ARG(key), suggestion_text(&suggestion).text);
}

bool theme_set(Theme *theme, Str section, Str key, Str value, Err *err)
{
	if (str_eq(section, STR("glyphs")))
		return set_glyph(theme, key, value, err);
	Suggestion suggestion = suggestion_for(str_eq(section, STR("styles")) ? key : section);
	if (!str_eq(section, STR("styles"))) {
		suggest(&suggestion, STR("styles"));
		suggest(&suggestion, STR("glyphs"));
		return err_set(err, "there is no section [%.*s]: expected [styles] or [glyphs]%s", STR_ARG(section),
		               suggestion_text(&suggestion).text);
	}
	for (size_t i = 0; i < STYLE_COUNT; i++) {
		if (str_eq(key, str_from(styles[i].name)))
			return parse_look(value, &theme->looks[i], err);
		suggest(&suggestion, str_from(styles[i].name));
	}
	return err_set(err, "there is no style \"%.*s\"%s", STR_ARG(key), suggestion_text(&suggestion).text);
}
