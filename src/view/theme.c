#include "view/theme.h"

#include "base/num.h"
#include "base/utf8.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

typedef struct StyleSpec {
	const char *name;
	Look look;
} StyleSpec;

enum { BLACK, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN, WHITE, NONE = COLOR_DEFAULT };

/* Only the eight colours that every terminal has, on its own background: readable on dark and on light ones. */
static const StyleSpec styles[STYLE_COUNT] = {
	[STYLE_NORMAL] = {"normal", {NONE, NONE, 0}},
	[STYLE_DIM] = {"dim", {NONE, NONE, ATTR_DIM}},
	[STYLE_BOLD] = {"bold", {NONE, NONE, ATTR_BOLD}},
	[STYLE_TITLE] = {"title", {CYAN, NONE, ATTR_BOLD}},
	[STYLE_LABEL] = {"label", {CYAN, NONE, 0}},
	[STYLE_VALUE] = {"value", {NONE, NONE, ATTR_BOLD}},
	[STYLE_COLUMN] = {"column", {BLACK, GREEN, 0}},
	[STYLE_COLUMN_SORT] = {"column-sort", {BLACK, CYAN, ATTR_BOLD}},
	[STYLE_SEPARATOR] = {"separator", {BLUE, NONE, 0}},
	[STYLE_SELECTED] = {"selected", {BLACK, CYAN, 0}},
	[STYLE_SELECTED_OFF] = {"selected-off", {NONE, NONE, ATTR_BOLD | ATTR_UNDERLINE}},
	[STYLE_OK] = {"ok", {GREEN, NONE, 0}},
	[STYLE_NOTE] = {"note", {CYAN, NONE, 0}},
	[STYLE_WARNING] = {"warning", {YELLOW, NONE, ATTR_BOLD}},
	[STYLE_BAD] = {"bad", {RED, NONE, ATTR_BOLD}},
	[STYLE_PRIMARY] = {"primary", {GREEN, NONE, ATTR_BOLD}},
	[STYLE_BAR_SEND] = {"bar-send", {MAGENTA, NONE, 0}},
	[STYLE_BAR_NETWORK] = {"bar-network", {CYAN, NONE, 0}},
	[STYLE_BAR_DISK] = {"bar-disk", {YELLOW, NONE, 0}},
	[STYLE_BAR_REPLAY] = {"bar-replay", {GREEN, NONE, 0}},
	[STYLE_BAR_FRAME] = {"bar-frame", {BLUE, NONE, 0}},
	[STYLE_KEY] = {"key", {NONE, NONE, ATTR_BOLD}},
	[STYLE_KEY_LABEL] = {"key-label", {BLACK, CYAN, 0}},
	[STYLE_MESSAGE] = {"message", {NONE, NONE, ATTR_BOLD}},
	[STYLE_MESSAGE_BAD] = {"message-bad", {WHITE, RED, ATTR_BOLD}},
	[STYLE_ALARM] = {"alarm", {WHITE, RED, ATTR_BOLD}},
	[STYLE_DIALOG] = {"dialog", {WHITE, BLUE, 0}},
	[STYLE_DIALOG_TITLE] = {"dialog-title", {WHITE, BLUE, ATTR_BOLD}},
};

typedef struct GlyphSpec {
	const char *name;
	size_t offset;
	uint32_t unicode, ascii;
} GlyphSpec;

#define GLYPH(field, name, unicode, ascii) \
	{ \
		name, offsetof(Glyphs, field), unicode, ascii \
	}

static const GlyphSpec glyphs[] = {
	GLYPH(tree_branch, "tree-branch", 0x251C, '|'),   GLYPH(tree_last, "tree-last", 0x2514, '`'),
	GLYPH(tree_line, "tree-line", 0x2502, '|'),       GLYPH(horizontal, "horizontal", 0x2500, '-'),
	GLYPH(vertical, "vertical", 0x2502, '|'),         GLYPH(top_left, "top-left", 0x250C, '+'),
	GLYPH(top_right, "top-right", 0x2510, '+'),       GLYPH(bottom_left, "bottom-left", 0x2514, '+'),
	GLYPH(bottom_right, "bottom-right", 0x2518, '+'), GLYPH(bar_send, "bar-send", 0x2588, '#'),
	GLYPH(bar_network, "bar-network", 0x2593, '='),   GLYPH(bar_disk, "bar-disk", 0x2592, '+'),
	GLYPH(bar_replay, "bar-replay", 0x2591, '.'),     GLYPH(bar_empty, "bar-empty", ' ', ' '),
	GLYPH(bar_left, "bar-left", 0x2595, '['),         GLYPH(bar_right, "bar-right", 0x258F, ']'),
	GLYPH(bar_plain, "bar-plain", 0x2501, '-'),       GLYPH(ellipsis, "ellipsis", 0x2026, '~'),
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

void theme_remove_colors(Theme *theme)
{
	for (size_t i = 0; i < STYLE_COUNT; i++) {
		Look *look = &theme->looks[i];
		if (look->bg != COLOR_DEFAULT)
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

static bool parse_color(Str text, Color *color)
{
	static const char *const names[] = {"black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"};
	int64_t number;
	uint64_t rgb;
	if (str_eq(text, STR("default"))) {
		*color = COLOR_DEFAULT;
		return true;
	}
	bool bright = str_starts(text, STR("bright-"));
	Str name = bright ? str_sub(text, 7, text.len) : text;
	for (size_t i = 0; i < COUNT(names); i++) {
		if (str_eq(name, str_from(names[i]))) {
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
			return err_set(
				err,
				"\"%.*s\" is no colour: expected default, black, red, green, yellow, blue, magenta, cyan, white, "
				"the same with bright- before it, 0 to 255, or #rrggbb",
				STR_ARG(color));
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
	return err_set(err, "there is no glyph \"%.*s\"", STR_ARG(key));
}

bool theme_set(Theme *theme, Str section, Str key, Str value, Err *err)
{
	if (str_eq(section, STR("glyphs")))
		return set_glyph(theme, key, value, err);
	if (!str_eq(section, STR("styles")))
		return err_set(err, "there is no section [%.*s]: expected [styles] or [glyphs]", STR_ARG(section));
	for (size_t i = 0; i < STYLE_COUNT; i++) {
		if (str_eq(key, str_from(styles[i].name)))
			return parse_look(value, &theme->looks[i], err);
	}
	return err_set(err, "there is no style \"%.*s\"", STR_ARG(key));
}
