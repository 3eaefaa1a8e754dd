#include "app/docgen.h"

#include "app/completion.h"
#include "app/options.h"
#include "app/themes.h"
#include "model/metric.h"
#include "model/record.h"
#include "view/keymap.h"
#include "view/theme.h"

#include <string.h>

/* Text for roff: a backslash and a hyphen mean themselves, and no line begins as a request does. */
static void add_roff(StrBuf *out, Str text)
{
	if (text.len && (text.data[0] == '.' || text.data[0] == '\''))
		strbuf_add_cstr(out, "\\&");
	for (size_t i = 0; i < text.len; i++) {
		switch (text.data[i]) {
		case '\\':
			strbuf_add_cstr(out, "\\e");
			break;
		case '-':
			strbuf_add_cstr(out, "\\-");
			break;
		case '~':
			strbuf_add_cstr(out, "\\(ti");
			break;
		case '^':
			strbuf_add_cstr(out, "\\(ha");
			break;
		default:
			strbuf_add_char(out, text.data[i]);
		}
	}
}

/* A help text as a sentence: those of options have neither capital nor full stop. */
static void add_sentence(StrBuf *out, const char *help)
{
	char first = help[0];
	bool is_lower = first >= 'a' && first <= 'z' && strncmp(help, "application_name", 16) != 0;
	strbuf_add_char(out, is_lower ? (char)(first - 'a' + 'A') : first);
	add_roff(out, str_from(help + 1));
	strbuf_add_cstr(out, str_ends(str_from(help), STR(".")) ? "\n" : ".\n");
}

static void write_options(StrBuf *out)
{
	const char *group = "";
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const Option *option = &OPTIONS[i];
		if (!option->group)
			continue;
		if (strcmp(group, option->group) != 0)
			strbuf_addf(out, ".SS %s\n", option->group);
		group = option->group;
		strbuf_add_cstr(out, ".TP\n\\fB");
		if (option->short_name)
			strbuf_addf(out, "\\-%c\\fR, \\fB", option->short_name);
		strbuf_add_cstr(out, "\\-\\-");
		add_roff(out, str_from(option->long_name));
		if (option->argument)
			strbuf_addf(out, "\\fR=\\fI%s", option->argument);
		strbuf_add_cstr(out, "\\fR\n");
		add_sentence(out, option->help);
	}
}

static void write_keys(StrBuf *out)
{
	const char *group = "";
	for (size_t i = 0; i < KEY_BINDING_COUNT; i++) {
		const KeyBinding *binding = &KEY_BINDINGS[i];
		if (strcmp(group, binding->group) != 0)
			strbuf_addf(out, ".SS %s\n", binding->group);
		group = binding->group;
		strbuf_add_cstr(out, ".TP\n");
		bool first = true;
		for (Str rest = str_from(binding->keys); !str_is_none(rest); first = false) {
			strbuf_add_cstr(out, first ? "\\fB" : ", \\fB");
			add_roff(out, str_cut(&rest, ' '));
			strbuf_add_cstr(out, "\\fR");
		}
		strbuf_addf(out, " (\\fI");
		add_roff(out, str_from(binding->name));
		strbuf_add_cstr(out, "\\fR)\n");
		add_sentence(out, binding->help);
	}
}

static const char *type_name(ValueType type)
{
	static const char *const names[] = {
		[VALUE_TEXT] = "text",
		[VALUE_INT] = "number",
		[VALUE_BYTES] = "bytes",
		[VALUE_SECONDS] = "seconds",
		[VALUE_RATE] = "bytes per second",
		[VALUE_PERCENT] = "percent",
		[VALUE_LSN] = "LSN",
	};
	return names[type];
}

/* ".TP name (type; on the screen: TITLE)" */
static void write_column(StrBuf *out, const Metric *metric)
{
	strbuf_add_cstr(out, ".TP\n\\fB");
	add_roff(out, str_from(metric->name));
	strbuf_addf(out, "\\fR (%s", type_name(metric->type));
	if (metric->title) {
		strbuf_addf(out, "; %s\\fB", metric->csv ? "on the screen " : "only on the screen: ");
		add_roff(out, str_from(metric->title));
		strbuf_add_cstr(out, "\\fR");
	}
	strbuf_add_cstr(out, ")\n");
	add_sentence(out, metric->help);
}

static void write_columns(StrBuf *out)
{
	for (size_t id = 0; id < TABLE_COUNT; id++) {
		const MetricTable *table = metric_table((TableId)id);
		strbuf_addf(out, ".SS Table %s\n", table->name);
		add_sentence(out, table->help);
		for (size_t i = 0; i < table->nmetrics; i++)
			write_column(out, &table->metrics[i]);
	}
}

/* ---- the configuration file ---- */

static bool is_new_section(size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (OPTIONS[k].key && strcmp(OPTIONS[k].section, OPTIONS[i].section) == 0)
			return false;
	}
	return OPTIONS[i].key != NULL;
}

/* One call for each section that options have: the program's own first, then in the order of the table. */
static void write_sections(StrBuf *out, void (*write)(StrBuf *out, const char *section))
{
	static const char own[] = "pgrepltop";
	write(out, own);
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (OPTIONS[i].key && strcmp(OPTIONS[i].section, own) != 0 && is_new_section(i))
			write(out, OPTIONS[i].section);
	}
}

static const char *ini_help(const Option *option)
{
	return option->ini_help ? option->ini_help : option->help;
}

/* The files of a recording that are no table, with their columns. */
static void write_recording(StrBuf *out)
{
	for (size_t file = TABLE_COUNT; file < RECORD_FILES; file++) {
		RecordColumn columns[RECORD_COLUMNS_MAX];
		size_t count = record_columns((RecordFile)file, columns);
		strbuf_addf(out, ".TP\n.I %s.csv\n", record_file_name((RecordFile)file));
		add_sentence(out, record_file_help((RecordFile)file));
		strbuf_add_cstr(out, record_is_numbered((RecordFile)file) ? "Columns: time, row, " : "Columns: ");
		for (size_t i = 0; i < count; i++)
			strbuf_addf(out, "%s%s", i > 0 ? ", " : "", columns[i].name);
		strbuf_add_cstr(out, ".\n");
	}
}

static void write_config_section(StrBuf *out, const char *section)
{
	strbuf_addf(out, "\n[%s]\n", section);
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const Option *option = &OPTIONS[i];
		if (!option->key || strcmp(option->section, section) != 0)
			continue;
		strbuf_addf(out, "# %s\n;%s =%s%s\n", ini_help(option), option->key, option->ini_default[0] ? " " : "",
		            option->ini_default);
	}
}

static void write_config(StrBuf *out)
{
	strbuf_add_cstr(out,
	                "# Configuration of pgrepltop, with every key and its default. It is read from\n"
	                "# $XDG_CONFIG_HOME/pgrepltop/pgrepltop.ini, ~/.config/pgrepltop/pgrepltop.ini or\n"
	                "# /etc/pgrepltop.ini: the first that exists. The command line wins over it.\n"
	                "# pgrepltop --check-config says what is wrong in it; man pgrepltop.ini explains it.\n"
	                "#\n"
	                "# Lines that begin with # or ; are comments, and so is what stands behind a blank and a ;.\n"
	                "# Take away the ; before a key to set it. An empty value is the default of libpq: PG*\n"
	                "# variables, services and .pgpass work as in psql.\n");
	write_sections(out, write_config_section);
	strbuf_add_cstr(
		out, "\n# One section a node, if none is given on the command line. NAME is its name on the screen.\n"
		     ";[node NAME]\n"
		     "# how to connect to it: KEYWORD=VALUE pairs or a URI; passwords are better kept in ~/.pgpass\n"
		     ";conninfo = host=db1 port=5432\n");
	strbuf_add_cstr(
		out,
		"\n# Keys of each action, separated by blanks: a character, or a name as Up, PgDn, F1, C-l, Space,\n"
		"# Tab, Enter or Esc. No key at all takes the action away.\n"
		"[keys]\n");
	for (size_t i = 0; i < KEY_BINDING_COUNT; i++)
		strbuf_addf(out, "# %s\n;%s = %s\n", KEY_BINDINGS[i].help, KEY_BINDINGS[i].name, KEY_BINDINGS[i].keys);
}

/* What may stand behind the = of a key. */
static void add_value_name(StrBuf *out, const Option *option)
{
	if (option->kind == OPTION_ON || option->kind == OPTION_OFF)
		strbuf_add_cstr(out, "\\fByes\\fR | \\fBno\\fR");
	else
		strbuf_addf(out, "\\fI%s\\fR", option->argument);
}

static void write_setting(StrBuf *out, const Option *option)
{
	strbuf_add_cstr(out, ".TP\n\\fB");
	add_roff(out, str_from(option->key));
	strbuf_add_cstr(out, "\\fR = ");
	add_value_name(out, option);
	if (option->ini_default[0]) {
		strbuf_add_cstr(out, " (default: \\fB");
		add_roff(out, str_from(option->ini_default));
		strbuf_add_cstr(out, "\\fR)");
	}
	strbuf_add_char(out, '\n');
	add_sentence(out, ini_help(option));
	if (option->ini_only)
		return;
	strbuf_add_cstr(out, "Option \\fB\\-\\-");
	add_roff(out, str_from(option->long_name));
	strbuf_add_cstr(out, "\\fR.\n");
}

static void write_settings_section(StrBuf *out, const char *section)
{
	strbuf_addf(out, ".SS [%s]\n", section);
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (OPTIONS[i].key && strcmp(OPTIONS[i].section, section) == 0)
			write_setting(out, &OPTIONS[i]);
	}
}

static void write_settings(StrBuf *out)
{
	write_sections(out, write_settings_section);
}

static void write_actions(StrBuf *out)
{
	for (size_t i = 0; i < KEY_BINDING_COUNT; i++) {
		strbuf_add_cstr(out, ".TP\n\\fB");
		add_roff(out, str_from(KEY_BINDINGS[i].name));
		strbuf_add_cstr(out, "\\fR (default: \\fB");
		add_roff(out, str_from(KEY_BINDINGS[i].keys));
		strbuf_add_cstr(out, "\\fR)\n");
		add_sentence(out, KEY_BINDINGS[i].help);
	}
}

/* ---- themes ---- */

static void write_named(StrBuf *out, const char *name, const char *help)
{
	strbuf_add_cstr(out, ".TP\n\\fB");
	add_roff(out, str_from(name));
	strbuf_add_cstr(out, "\\fR\n");
	add_sentence(out, help);
}

static void write_styles(StrBuf *out)
{
	for (int i = 0; i < STYLE_COUNT; i++)
		write_named(out, style_name((Style)i), style_help((Style)i));
}

static void write_glyphs(StrBuf *out)
{
	const char *name = NULL;
	const char *help = NULL;
	for (size_t i = 0; theme_glyph(i, &name, &help); i++)
		write_named(out, name, help);
}

static void write_themes(StrBuf *out)
{
	Arena arena = {0};
	Str *names = NULL;
	size_t count = themes_list(&arena, &names);
	for (size_t i = 0; i < count; i++)
		strbuf_addf(out, "%.*s\n", STR_ARG(names[i]));
	arena_free(&arena);
}

bool docgen_write(Str section, StrBuf *out)
{
	static const struct {
		Str name;
		void (*write)(StrBuf *out);
	} sections[] = {
		{STR_INIT("options"), write_options}, {STR_INIT("keys"), write_keys},
		{STR_INIT("columns"), write_columns}, {STR_INIT("recording"), write_recording},
		{STR_INIT("config"), write_config},   {STR_INIT("settings"), write_settings},
		{STR_INIT("actions"), write_actions}, {STR_INIT("styles"), write_styles},
		{STR_INIT("glyphs"), write_glyphs},   {STR_INIT("themes"), write_themes},
		{STR_INIT("bash"), completion_bash},  {STR_INIT("zsh"), completion_zsh},
	};
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		if (str_eq(section, sections[i].name)) {
			sections[i].write(out);
			return true;
		}
	}
	return false;
}
