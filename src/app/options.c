#include "app/options.h"

#include "app/secrets.h"
#include "base/num.h"
#include "base/suggest.h"
#include "model/exposition.h"
#include "view/keymap.h"

#include <getopt.h>
#include <langinfo.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FIELD(member) offsetof(Options, member)

static const char CONNECTING[] = "Connection (as in psql)";
static const char OUTPUT[] = "Output";
static const char SCREEN[] = "Screen";
static const char GENERAL[] = "General";

/* clang-format off */
const Option OPTIONS[] = {
	{.long_name = "host", .short_name = 'h', .argument = "HOST", .group = CONNECTING,
	 .section = "connection", .key = "host", .ini_default = "",
	 .help = "host name or socket directory of the first node",
	 .kind = OPTION_TEXT, .offset = FIELD(host)},
	{.long_name = "port", .short_name = 'p', .argument = "PORT", .group = CONNECTING,
	 .section = "connection", .key = "port", .ini_default = "",
	 .help = "its port",
	 .kind = OPTION_PORT, .offset = FIELD(port)},
	{.long_name = "username", .short_name = 'U', .argument = "USER", .group = CONNECTING,
	 .section = "connection", .key = "user", .ini_default = "",
	 .help = "role to connect as, on every node",
	 .kind = OPTION_TEXT, .offset = FIELD(user)},
	{.long_name = "dbname", .short_name = 'd', .argument = "DBNAME", .group = CONNECTING,
	 .section = "connection", .key = "dbname", .ini_default = "",
	 .help = "database to connect to, on every node",
	 .kind = OPTION_DBNAME, .offset = FIELD(dbname)},
	{.long_name = "no-password", .short_name = 'w', .group = CONNECTING,
	 .help = "never ask for a password",
	 .kind = OPTION_PROMPT, .offset = FIELD(password_prompt), .min = -1},
	{.long_name = "password", .short_name = 'W', .group = CONNECTING,
	 .help = "ask for a password before connecting",
	 .kind = OPTION_PROMPT, .offset = FIELD(password_prompt), .min = 1},
	{.long_name = "connect-timeout", .argument = "SECONDS",
	 .section = "connection", .key = "connect-timeout", .ini_default = "3",
	 .help = "how long a connection may take to be made, 0.1 to 300 seconds",
	 .ini_only = true, .kind = OPTION_SECONDS, .offset = FIELD(connect_timeout_s), .min = 0.1, .max = 300},
	{.long_name = "query-timeout", .argument = "SECONDS",
	 .section = "connection", .key = "query-timeout", .ini_default = "3",
	 .help = "how long a node may take to answer, 0.1 to 300 seconds",
	 .ini_only = true, .kind = OPTION_SECONDS, .offset = FIELD(query_timeout_s), .min = 0.1, .max = 300},
	{.long_name = "no-discover", .group = CONNECTING,
	 .section = "pgrepltop", .key = "discover", .ini_default = "yes",
	 .help = "show the given nodes only, do not look for others",
	 .ini_help = "look for further nodes, upstream, downstream and on this host: yes or no",
	 .kind = OPTION_OFF, .offset = FIELD(discover)},
	{.long_name = "no-local-proc", .group = CONNECTING,
	 .section = "pgrepltop", .key = "local-proc", .ini_default = "yes",
	 .help = "leave this host's /proc alone: all nodes are remote",
	 .ini_help = "look for nodes and their processes in the /proc of this host: yes or no",
	 .kind = OPTION_OFF, .offset = FIELD(local_proc)},
	{.long_name = "no-remote-proc", .group = CONNECTING,
	 .section = "pgrepltop", .key = "remote-proc", .ini_default = "yes",
	 .help = "do not read the /proc of other hosts through SQL",
	 .ini_help = "read the processes of nodes on other hosts through SQL, where the role may: yes or no",
	 .kind = OPTION_OFF, .offset = FIELD(remote_proc)},
	{.long_name = "batch", .short_name = 'b', .group = OUTPUT,
	 .help = "no screen: write rows, as CSV to standard output",
	 .kind = OPTION_ON, .offset = FIELD(batch)},
	{.long_name = "once", .group = OUTPUT,
	 .help = "write the tree once as text, for tickets and chats",
	 .kind = OPTION_ON, .offset = FIELD(once)},
	{.long_name = "check", .group = OUTPUT,
	 .help = "one line for a scheduler; exit status 0 OK, 1, 2 or 3",
	 .kind = OPTION_ON, .offset = FIELD(check)},
	{.long_name = "iterations", .short_name = 'n', .argument = "N", .group = OUTPUT,
	 .help = "stop after N samples",
	 .kind = OPTION_NUMBER, .offset = FIELD(iterations), .min = 1, .max = INT_MAX},
	{.long_name = "delay", .short_name = 's', .argument = "SECONDS", .group = OUTPUT,
	 .section = "pgrepltop", .key = "delay", .ini_default = "1",
	 .help = "seconds between samples, 0.1 to 3600 (default 1)",
	 .ini_help = "seconds between samples, 0.1 to 3600",
	 .kind = OPTION_SECONDS, .offset = FIELD(delay_s), .min = 0.1, .max = 3600},
	{.long_name = "table", .argument = "NAME,...", .group = OUTPUT,
	 .section = "pgrepltop", .key = "table", .ini_default = "nodes",
	 .help = "rows of nodes, processes, slots, quorum, events",
	 .ini_help = "what --batch writes: nodes, processes, slots, quorum, events; several with commas",
	 .kind = OPTION_TABLES, .offset = FIELD(tables)},
	{.long_name = "record", .argument = "DIR", .group = OUTPUT,
	 .help = "also write every table's CSV into DIR",
	 .kind = OPTION_NAME, .offset = FIELD(record), .completes = COMPLETE_DIR},
	{.long_name = "replay", .argument = "DIR", .group = OUTPUT,
	 .help = "show what was recorded in DIR instead of servers",
	 .kind = OPTION_NAME, .offset = FIELD(replay), .completes = COMPLETE_DIR},
	{.long_name = "record-size", .argument = "BYTES",
	 .section = "pgrepltop", .key = "record-size", .ini_default = "1GB",
	 .help = "a recording loses its oldest samples when it becomes larger, as 100MB; 0: never",
	 .ini_only = true, .kind = OPTION_BYTES, .offset = FIELD(record_bytes)},
	{.long_name = "record-age", .argument = "SECONDS",
	 .section = "pgrepltop", .key = "record-age", .ini_default = "0",
	 .help = "a recording loses samples that are older, as 12h or 7d; 0: never",
	 .ini_only = true, .kind = OPTION_SECONDS, .offset = FIELD(record_age_s), .min = 0, .max = 1e9},
	{.long_name = "record-processes",
	 .section = "pgrepltop", .key = "record-processes", .ini_default = "yes",
	 .help = "record the processes of all nodes (yes), or only those that are shown (no)",
	 .ini_only = true, .kind = OPTION_ON, .offset = FIELD(record_processes)},
	{.long_name = "filter", .argument = "TEXT", .group = OUTPUT,
	 .help = "only rows that match (screen: processes, or --table)",
	 .kind = OPTION_TEXT, .offset = FIELD(filter)},
	{.long_name = "sort", .argument = "COLUMN", .group = OUTPUT,
	 .help = "rows by this column (screen: processes, or --table)",
	 .kind = OPTION_NAME, .offset = FIELD(sort)},
	{.long_name = "columns", .argument = "NAME,...", .group = OUTPUT,
	 .help = "these columns in this order (or TABLE.NAME)",
	 .kind = OPTION_NAME, .offset = FIELD(columns)},
	{.long_name = "format", .argument = "FORMAT", .group = OUTPUT,
	 .help = "rows as csv (default), json (lines) or prometheus",
	 .completes = COMPLETE_WORDS, .words = "csv json prometheus", .kind = OPTION_FORMAT, .offset = FIELD(format)},
	{.long_name = "output", .argument = "FILE", .group = OUTPUT,
	 .help = "append to FILE or folder; prometheus replaces FILE",
	 .completes = COMPLETE_FILE, .kind = OPTION_NAME, .offset = FIELD(output)},
	{.long_name = "anonymize", .group = OUTPUT,
	 .help = "replace names and addresses, drop queries",
	 .kind = OPTION_ON, .offset = FIELD(anonymize)},
	{.long_name = "lag-warning", .argument = "SECONDS",
	 .section = "thresholds", .key = "lag-warning", .ini_default = "30",
	 .help = "lag from which on a standby is a warning, in seconds; 0: never",
	 .ini_only = true, .kind = OPTION_SECONDS, .offset = FIELD(thresholds.lag_warning_s), .min = 0, .max = 1e9},
	{.long_name = "lag-critical", .argument = "SECONDS",
	 .section = "thresholds", .key = "lag-critical", .ini_default = "300",
	 .help = "lag from which on it is critical; 0: never",
	 .ini_only = true, .kind = OPTION_SECONDS, .offset = FIELD(thresholds.lag_critical_s), .min = 0, .max = 1e9},
	{.long_name = "lag-bytes-warning", .argument = "BYTES",
	 .section = "thresholds", .key = "lag-bytes-warning", .ini_default = "0",
	 .help = "lag in bytes from which on a standby is a warning, as 1000 or 100MB; 0: never",
	 .ini_only = true, .kind = OPTION_BYTES, .offset = FIELD(thresholds.lag_warning_bytes)},
	{.long_name = "lag-bytes-critical", .argument = "BYTES",
	 .section = "thresholds", .key = "lag-bytes-critical", .ini_default = "0",
	 .help = "lag in bytes from which on it is critical; 0: never",
	 .ini_only = true, .kind = OPTION_BYTES, .offset = FIELD(thresholds.lag_critical_bytes)},
	{.long_name = "columns-nodes", .argument = "LIST",
	 .section = "columns", .key = "nodes", .ini_default = "",
	 .help = "columns of the tree behind the node, in their order, as: state lag_bytes error; empty: by what fits",
	 .ini_only = true, .kind = OPTION_COLUMNS, .offset = FIELD(screen_columns[TABLE_NODES]), .min = TABLE_NODES},
	{.long_name = "columns-processes", .argument = "LIST",
	 .section = "columns", .key = "processes", .ini_default = "",
	 .help = "columns of the processes on the screen behind the PID, likewise",
	 .ini_only = true, .kind = OPTION_COLUMNS, .offset = FIELD(screen_columns[TABLE_PROCESSES]), .min = TABLE_PROCESSES},
	{.long_name = "theme", .argument = "NAME", .group = SCREEN,
	 .section = "pgrepltop", .key = "theme", .ini_default = "default",
	 .help = "colours and glyphs from the theme file NAME.ini",
	 .completes = COMPLETE_THEME, .kind = OPTION_NAME, .offset = FIELD(theme)},
	{.long_name = "ascii", .group = SCREEN,
	 .section = "pgrepltop", .key = "ascii", .ini_default = "no",
	 .help = "draw lines and bars with ASCII characters only",
	 .kind = OPTION_ON, .offset = FIELD(ascii)},
	{.long_name = "no-color", .short_name = 'C', .group = SCREEN,
	 .section = "pgrepltop", .key = "no-color", .ini_default = "no",
	 .help = "no colours, attributes such as bold only (as NO_COLOR)",
	 .ini_help = "no colours, attributes such as bold only; the default is yes where NO_COLOR is set",
	 .kind = OPTION_ON, .offset = FIELD(no_color)},
	{.long_name = "readonly", .group = SCREEN,
	 .section = "pgrepltop", .key = "readonly", .ini_default = "no",
	 .help = "no actions: cancels, terminates and pauses nothing",
	 .kind = OPTION_ON, .offset = FIELD(readonly)},
	{.long_name = "action-log", .argument = "FILE", .group = SCREEN,
	 .section = "pgrepltop", .key = "action-log", .ini_default = "",
	 .help = "append each action and its answer to FILE, as CSV",
	 .completes = COMPLETE_FILE, .kind = OPTION_TEXT, .offset = FIELD(action_log)},
	{.long_name = "config", .argument = "FILE", .group = GENERAL,
	 .help = "read this configuration file instead of the usual one",
	 .early = true, .completes = COMPLETE_FILE, .kind = OPTION_NAME, .offset = FIELD(config_file)},
	{.long_name = "check-config", .group = GENERAL,
	 .help = "say what is wrong in configuration and theme, and exit",
	 .kind = OPTION_ON, .offset = FIELD(check_config)},
	{.long_name = "version", .short_name = 'V', .group = GENERAL,
	 .help = "print the version and exit",
	 .early = true, .kind = OPTION_ON, .offset = FIELD(version)},
	{.long_name = "help", .short_name = '?', .group = GENERAL,
	 .help = "print this help and exit",
	 .early = true, .kind = OPTION_ON, .offset = FIELD(help)},
	{.long_name = "docgen", .argument = "SECTION",
	 .help = "write a part of the documentation and exit",
	 .early = true, .kind = OPTION_NAME, .offset = FIELD(docgen)},
};
/* clang-format on */
enum { OPTIONS_LENGTH = sizeof(OPTIONS) / sizeof(OPTIONS[0]) };
const size_t OPTION_COUNT = OPTIONS_LENGTH;

static char *copy_text(Str text)
{
	char *copy = xcalloc(text.len + 1, 1);
	if (text.len)
		memcpy(copy, text.data, text.len);
	return copy;
}

static void replace_text(char **field, Str text)
{
	char *copy = text.len ? copy_text(text) : NULL;
	free(*field);
	*field = copy;
}

void options_init(Options *options)
{
	const char *no_color = getenv("NO_COLOR");
	*options = (Options){
		.delay_s = 1,
		.theme = copy_text(STR("default")),
		.no_color = no_color && no_color[0],
		.discover = true,
		.local_proc = true,
		.remote_proc = true,
		.record_bytes = 1024.0 * 1024 * 1024,
		.record_processes = true,
		.connect_timeout_s = 3,
		.query_timeout_s = 3,
		.thresholds = {.lag_warning_s = 30, .lag_critical_s = 300},
		.keymap = xcalloc(1, sizeof(Keymap)),
	};
	keymap_init(options->keymap);
}

void options_fini(Options *options)
{
	for (size_t i = 0; i < options->nnodes; i++) {
		free(options->nodes[i].name);
		free(options->nodes[i].conninfo);
	}
	free(options->nodes);
	free(options->host);
	free(options->port);
	free(options->user);
	free(options->dbname);
	free(options->record);
	free(options->replay);
	free(options->filter);
	free(options->sort);
	free(options->theme);
	free(options->action_log);
	free(options->columns);
	free(options->output);
	free(options->config_file);
	free(options->config_path);
	free(options->docgen);
	free(options->keymap);
	*options = (Options){0};
}

NodeSpec *options_add_node(Options *options, Str name, Str conninfo)
{
	options->nodes = xrealloc_array(options->nodes, options->nnodes + 1, sizeof(*options->nodes));
	NodeSpec *node = &options->nodes[options->nnodes++];
	*node = (NodeSpec){
		.name = str_is_none(name) ? NULL : copy_text(name),
		.conninfo = copy_text(conninfo),
	};
	return node;
}

const Option *options_find_key(Str section, Str key)
{
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (OPTIONS[i].key && str_eq(str_from(OPTIONS[i].section), section) &&
		    str_eq(str_from(OPTIONS[i].key), key))
			return &OPTIONS[i];
	}
	return NULL;
}

/* ---- values ---- */

static bool set_port(char **field, Str value, Err *err)
{
	for (Str rest = value; !str_is_none(rest) && value.len;) {
		int64_t port = 0;
		Str one = str_cut(&rest, ',');
		if (one.len && !num_parse_int_in(one, 1, 65535, &port))
			return err_set(err, "\"%.*s\" is not a port from 1 to 65535", STR_ARG(value));
	}
	replace_text(field, value);
	return true;
}

static bool set_number(long *field, const Option *option, Str value, Err *err)
{
	int64_t number = 0;
	if (!num_parse_int_in(value, (int64_t)option->min, (int64_t)option->max, &number))
		return err_set(err, "\"%.*s\" is not a whole number from %.0f to %.0f", STR_ARG(value), option->min,
		               option->max);
	*field = (long)number;
	return true;
}

static bool set_seconds(double *field, const Option *option, Str value, Err *err)
{
	double seconds = 0;
	if (!num_parse_duration(value, &seconds) || seconds < option->min || seconds > option->max)
		return err_set(err, "\"%.*s\" is not a number of seconds from %g to %g", STR_ARG(value), option->min,
		               option->max);
	*field = seconds;
	return true;
}

static bool set_bytes(double *field, Str value, Err *err)
{
	int64_t bytes = 0;
	if (!num_parse_bytes(value, &bytes) || bytes < 0)
		return err_set(err, "\"%.*s\" is not a number of bytes, as 1000 or 100MB", STR_ARG(value));
	*field = (double)bytes;
	return true;
}

static bool set_format(RowFormat *field, Str value, Err *err)
{
	return row_format_find(value, field) ||
	       err_set(err, "\"%.*s\" is not a format; expected one of: csv, json, prometheus", STR_ARG(value));
}

static bool set_flag(bool *field, const Option *option, Str value, Err *err)
{
	static const struct {
		Str word;
		bool value;
	} words[] = {
		{STR_INIT("yes"), true}, {STR_INIT("no"), false},  {STR_INIT("true"), true}, {STR_INIT("false"), false},
		{STR_INIT("on"), true},  {STR_INIT("off"), false}, {STR_INIT("1"), true},    {STR_INIT("0"), false},
	};
	if (str_is_none(value)) {
		*field = option->kind == OPTION_ON;
		return true;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (str_eq_nocase(value, words[i].word)) {
			*field = words[i].value;
			return true;
		}
	}
	return err_set(err, "\"%.*s\" is not yes or no", STR_ARG(value));
}

bool options_set(Options *options, const Option *option, Str value, Err *err)
{
	void *field = (char *)options + option->offset;
	switch (option->kind) {
	case OPTION_NAME:
		if (value.len == 0)
			return err_set(err, "\"\" is not a name");
		replace_text(field, value);
		return true;
	case OPTION_TEXT:
	case OPTION_DBNAME:
		replace_text(field, value);
		return true;
	case OPTION_PORT:
		return set_port(field, value, err);
	case OPTION_NUMBER:
		return set_number(field, option, value, err);
	case OPTION_SECONDS:
		return set_seconds(field, option, value, err);
	case OPTION_BYTES:
		return set_bytes(field, value, err);
	case OPTION_TABLES:
		return tables_add(field, value, err);
	case OPTION_COLUMNS:
		return columns_parse_shown(field, (TableId)option->min, value, err);
	case OPTION_FORMAT:
		return set_format(field, value, err);
	case OPTION_ON:
	case OPTION_OFF:
		return set_flag(field, option, value, err);
	case OPTION_PROMPT:
		*(int *)field = (int)option->min;
		return true;
	}
	return false;
}

/* ---- the command line ---- */

/* What getopt_long() gives for the long form; short forms give their character. */
enum { LONG_BASE = 256 };

typedef struct Getopt {
	struct option longs[OPTIONS_LENGTH + 1];
	char shorts[2 * OPTIONS_LENGTH + 2];
} Getopt;

static void getopt_build(Getopt *tables)
{
	StrBuf shorts = STRBUF_ON(tables->shorts);
	size_t nlongs = 0;
	strbuf_add_char(&shorts, ':'); /* a missing argument gives ':' */
	for (int i = 0; i < OPTIONS_LENGTH; i++) {
		const Option *option = &OPTIONS[i];
		if (option->ini_only)
			continue;
		tables->longs[nlongs++] = (struct option){
			.name = option->long_name,
			.has_arg = option->argument ? required_argument : no_argument,
			.val = LONG_BASE + i,
		};
		/* '?' is what getopt_long() answers for an unknown option; find_option() knows it by optopt. */
		if (option->short_name && option->short_name != '?')
			strbuf_addf(&shorts, "%c%s", option->short_name, option->argument ? ":" : "");
	}
	tables->longs[nlongs] = (struct option){0};
}

static const Option *find_option(int code)
{
	if (code >= LONG_BASE)
		return &OPTIONS[code - LONG_BASE];
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (code > 0 && OPTIONS[i].short_name == code)
			return &OPTIONS[i];
	}
	return NULL;
}

/* getopt_long() refused something: what it was stands in optopt, or for an unknown long option in the argument. */
static bool refuse(int code, const char *argument, Err *err)
{
	const Option *option = find_option(optopt);
	if (code == ':' && option)
		return err_set(err, "option --%s needs an argument: %s", option->long_name, option->argument);
	if (option)
		return err_set(err, "option --%s takes no argument", option->long_name);
	if (optopt)
		return err_set(err, "there is no option -%c", optopt);
	Str rest = str_from(argument);
	Str name = str_cut(&rest, '=');
	Suggestion suggestion = suggestion_for(str_starts(name, STR("--")) ? str_sub(name, 2, name.len) : name);
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (OPTIONS[i].group)
			suggest(&suggestion, str_from(OPTIONS[i].long_name));
	}
	return err_set(err, "there is no option %.*s, or it stands for several%s", STR_ARG(name),
	               suggestion_text(&suggestion).text);
}

/* The next option of argv, with its argument in optarg; NULL at the end or, with *ok = false, at an error. */
static const Option *next_option(const Getopt *tables, int argc, char **argv, bool *ok, Err *err)
{
	optopt = 0;
	int code = getopt_long(argc, argv, tables->shorts, tables->longs, NULL);
	if (code == -1)
		return NULL;
	const Option *option = code == '?' && optopt != '?' ? NULL : find_option(code);
	if (!option)
		*ok = refuse(code, optind > 0 ? argv[optind - 1] : "", err);
	return option;
}

static Getopt getopt_start(void)
{
	Getopt tables;
	getopt_build(&tables);
	opterr = 0;
	optind = 0; /* glibc: begin anew, in the order POSIXLY_CORRECT or its absence asks for */
	return tables;
}

bool options_scan(Options *options, int argc, char **argv, Err *err)
{
	Getopt tables = getopt_start();
	bool ok = true;
	for (;;) {
		const Option *option = next_option(&tables, argc, argv, &ok, err);
		if (!option)
			return ok;
		Str value = option->argument ? str_from(optarg) : STR_NONE;
		if (option->early && !options_set(options, option, value, err))
			return err_context(err, "option --%s", option->long_name);
		if (options->help || options->version)
			return true;
	}
}

/* A connection string from argv, which is then wiped. */
static void take_conninfo(Options *options, char *argument)
{
	options_add_node(options, STR_NONE, str_from(argument));
	options->nodes_from_args = true;
	conninfo_wipe_passwords(argument);
}

static bool take_option(Options *options, const Option *option, char *argument, Err *err)
{
	if (option->kind == OPTION_DBNAME && conninfo_is(str_from(argument))) {
		take_conninfo(options, argument);
		return true;
	}
	if (option->kind == OPTION_TABLES && !options->tables_from_args) {
		options->tables = (TableSet){0}; /* those of the configuration */
		options->tables_from_args = true;
	}
	if (!options_set(options, option, option->argument ? str_from(argument) : STR_NONE, err))
		return err_context(err, "option --%s", option->long_name);
	if (option->offset == FIELD(host) || option->offset == FIELD(port))
		options->nodes_from_args = true;
	return true;
}

bool options_parse(Options *options, int argc, char **argv, Err *err)
{
	Getopt tables = getopt_start();
	bool ok = true;
	for (;;) {
		const Option *option = next_option(&tables, argc, argv, &ok, err);
		if (!option)
			break;
		if (!take_option(options, option, option->argument ? optarg : NULL, err))
			return false;
	}
	if (!ok)
		return false;
	for (int i = optind; i < argc; i++) {
		if (!conninfo_is(str_from(argv[i])))
			return err_set(err,
			               "argument \"%s\" is not a connection string (KEYWORD=VALUE...) or URI "
			               "(postgresql://...); a host is given by -h",
			               argv[i]);
		take_conninfo(options, argv[i]);
	}
	return true;
}

/* ---- what goes together ---- */

/* What only makes sense for rows. */
static bool check_rows(const Options *o, Err *err)
{
	if (o->format != ROWS_CSV && !o->batch)
		return err_set(err, "--format needs --batch");
	if (o->output != NULL && !o->batch)
		return err_set(err, "--output needs --batch");
	if (o->columns != NULL && !o->batch)
		return err_set(err, "--columns needs --batch");
	if (o->anonymize && !o->batch && !o->once && !o->check)
		return err_set(err, "--anonymize needs --batch, --once or --check");
	if (o->batch && o->tables.count > 1 && o->format == ROWS_CSV && o->output == NULL)
		return err_set(err, "several tables as CSV need --output DIR: a file a table");
	for (size_t i = 0; o->format == ROWS_PROMETHEUS && i < o->tables.count; i++) {
		if (!exposition_has(o->tables.ids[i]))
			return err_set(err, "table %s has no values for --format prometheus",
			               metric_table(o->tables.ids[i])->name);
	}
	return true;
}

/* A replay makes no connection. */
static bool check_replay(const Options *o, Err *err)
{
	if (o->nodes_from_args)
		return err_set(err, "--replay shows a recording: no nodes can be named with it");
	if (o->record != NULL || o->check)
		return err_set(err, "--replay and --%s exclude each other", o->check ? "check" : "record");
	return true;
}

bool options_have_screen(const Options *options)
{
	return !options->batch && !options->once && !options->check;
}

bool options_want_ascii(const Options *options)
{
	return options->ascii || strcasecmp(nl_langinfo(CODESET), "UTF-8") != 0;
}

bool options_check(Options *options, Err *err)
{
	int modes = options->batch + options->once + options->check;
	if (modes > 1)
		return err_set(err, "--batch, --once and --check exclude each other");
	if (options->tables.count == 0)
		options->tables = (TableSet){{TABLE_NODES}, 1};
	if (!check_rows(options, err) || (options->replay != NULL && !check_replay(options, err)))
		return false;
	if (!columns_parse(options->lists, &options->tables, str_from(options->columns), err))
		return err_context(err, "option --columns");
	return true;
}

/* ---- help ---- */

static void write_option_help(StrBuf *out, const Option *option)
{
	enum { HELP_COLUMN = 26 };
	size_t start = out->len;
	if (option->short_name)
		strbuf_addf(out, "  -%c, --%s", option->short_name, option->long_name);
	else
		strbuf_addf(out, "      --%s", option->long_name);
	if (option->argument)
		strbuf_addf(out, "=%s", option->argument);
	size_t used = out->len - start;
	strbuf_add_repeat(out, ' ', used < HELP_COLUMN ? HELP_COLUMN - used : 1);
	strbuf_addf(out, "%s\n", option->help);
}

void options_help(StrBuf *out)
{
	static const char intro[] = "pgrepltop shows PostgreSQL replication as it happens: who replicates from whom,\n"
				    "and where each standby's lag sits.\n\n"
				    "Usage:\n  pgrepltop [OPTION]... [CONNINFO | URI]...\n\n"
				    "Each CONNINFO (\"host=db1 port=5432\") or URI (postgresql://db1) names a node to\n"
				    "start from.\n";
	strbuf_add_cstr(out, intro);
	const char *group = "";
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (!OPTIONS[i].group)
			continue;
		if (strcmp(OPTIONS[i].group, group) != 0)
			strbuf_addf(out, "\n%s:\n", OPTIONS[i].group);
		group = OPTIONS[i].group;
		write_option_help(out, &OPTIONS[i]);
	}
}
