#include "app/docgen.h"

#include "app/options.h"
#include "model/metric.h"
#include "view/keymap.h"

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

static void write_config_section(StrBuf *out, const char *section)
{
	strbuf_addf(out, "\n[%s]\n", section);
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const Option *option = &OPTIONS[i];
		if (!option->key || strcmp(option->section, section) != 0)
			continue;
		strbuf_addf(out, "# %s\n;%s =%s%s\n", option->ini_help ? option->ini_help : option->help, option->key,
		            option->ini_default[0] ? " " : "", option->ini_default);
	}
}

static void write_config(StrBuf *out)
{
	strbuf_add_cstr(out,
	                "# Configuration of pgrepltop, with every key and its default. It is read from\n"
	                "# $XDG_CONFIG_HOME/pgrepltop/pgrepltop.ini, ~/.config/pgrepltop/pgrepltop.ini or\n"
	                "# /etc/pgrepltop.ini: the first that exists. The command line wins over it.\n"
	                "#\n"
	                "# Lines that begin with # or ; are comments, and so is what stands behind a blank and a ;.\n"
	                "# Take away the ; before a key to set it. An empty value is the default of libpq: PG*\n"
	                "# variables, services and .pgpass work as in psql.\n");
	write_config_section(out, "pgrepltop");
	write_config_section(out, "connection");
	strbuf_add_cstr(
		out, "\n# One section a node, if none is given on the command line. NAME is its name on the screen.\n"
		     ";[node NAME]\n"
		     "# how to connect to it: KEYWORD=VALUE pairs or a URI; passwords are better kept in ~/.pgpass\n"
		     ";conninfo = host=db1 port=5432\n");
	strbuf_add_cstr(
		out, "\n# The columns on the screen and their order: names as in COLUMNS of the manual, separated by\n"
		     "# blanks. The first one, the name of the row, always stands first.");
	write_config_section(out, "columns");
	strbuf_add_cstr(
		out,
		"\n# Keys of each action, separated by blanks: a character, or a name as Up, PgDn, F1, C-l, Space,\n"
		"# Tab, Enter or Esc. No key at all takes the action away.\n"
		"[keys]\n");
	for (size_t i = 0; i < KEY_BINDING_COUNT; i++)
		strbuf_addf(out, "# %s\n;%s = %s\n", KEY_BINDINGS[i].help, KEY_BINDINGS[i].name, KEY_BINDINGS[i].keys);
}

bool docgen_write(Str section, StrBuf *out)
{
	static const struct {
		Str name;
		void (*write)(StrBuf *out);
	} sections[] = {
		{STR_INIT("options"), write_options},
		{STR_INIT("keys"), write_keys},
		{STR_INIT("columns"), write_columns},
		{STR_INIT("config"), write_config},
	};
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		if (str_eq(section, sections[i].name)) {
			sections[i].write(out);
			return true;
		}
	}
	return false;
}
