#ifndef PGREPLTOP_APP_OPTIONS_H
#define PGREPLTOP_APP_OPTIONS_H
/* The command line and the option table, which feeds getopt, --help, the configuration file, the sample configuration
 * and the manual. */
#include "base/err.h"
#include "base/str.h"
#include "model/columns.h"
#include "model/events.h"
#include "model/rowtext.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct NodeSpec {
	char *name;     /* of a [node NAME] section; NULL = from the command line */
	char *conninfo; /* conninfo string or URI; owned */
	int line;       /* of the configuration file, 0 = not from there */
} NodeSpec;

/* What the person asked for; strings are owned. Built by options_init(), options_scan(), config_load() and
 * options_parse() in this order, so that the command line wins over the configuration, and that over the defaults. */
typedef struct Options {
	NodeSpec *nodes; /* conninfos of [node] sections, then of the command line */
	size_t nnodes;
	bool nodes_from_args;              /* the command line names at least one node (also by -h or -p) */
	char *host, *port, *user, *dbname; /* -h -p -U -d; NULL = libpq's defaults */
	int password_prompt;               /* -1 = -w never, 0 = if needed, 1 = -W */
	bool batch;
	bool check;
	bool check_config;
	long iterations; /* 0 = until stopped */
	double delay_s;
	char *record, *replay;             /* folders; NULL = none */
	double record_bytes, record_age_s; /* how much a recording keeps; 0 = all */
	bool record_processes;
	char *filter;          /* --filter; NULL = none */
	char *sort;            /* --sort, a column; NULL = as the rows stand */
	TableSet tables;       /* none: nodes; options_check() sees to it */
	bool tables_from_args; /* on the screen: --filter and --sort are of them, not of the processes */
	RowFormat format;
	char *columns, *output;                 /* --columns, --output; NULL = all, standard output */
	ColumnList lists[TABLE_COUNT];          /* of tables and columns; by options_check() */
	ColumnList screen_columns[TABLE_COUNT]; /* [columns], of nodes and processes; none = by what fits */
	bool once, anonymize;
	char *theme;
	bool ascii;
	bool no_color; /* options_init(): NO_COLOR is set and not empty */
	bool readonly;
	char *action_log; /* NULL = none */
	bool discover;
	bool local_proc, remote_proc; /* processes: from this host's /proc, through SQL from other hosts' */
	char *config_file;            /* --config; NULL = the usual places */
	char *config_path;            /* of the file that was read; NULL = none */
	double connect_timeout_s, query_timeout_s; /* [connection] */
	Thresholds thresholds;
	char *docgen; /* hidden: --docgen SECTION */
	bool help, version;
	struct Keymap *keymap; /* owned; [keys] */
} Options;

/* How the text of an option is checked, and where it goes. */
typedef enum OptionKind {
	OPTION_TEXT,    /* char *; empty = unset, libpq's default */
	OPTION_NAME,    /* char *, not empty */
	OPTION_DBNAME,  /* char *; on the command line a conninfo string or URI is a node, as in psql */
	OPTION_PORT,    /* char *; one port, or several with commas as libpq takes them */
	OPTION_NUMBER,  /* long from min to max */
	OPTION_SECONDS, /* double from min to max */
	OPTION_BYTES,   /* double: bytes, or with a unit as in "100MB" */
	OPTION_TABLES,  /* TableSet; names with commas, added to those that are there */
	OPTION_COLUMNS, /* ColumnList of the table `min`, for the screen */
	OPTION_FORMAT,  /* RowFormat */
	OPTION_ON,      /* bool; without an argument true */
	OPTION_OFF,     /* bool; without an argument false */
	OPTION_PROMPT   /* int; password_prompt = min */
} OptionKind;

/* What a shell offers for the argument of an option. */
typedef enum Completes {
	COMPLETE_NOTHING,
	COMPLETE_FILE,
	COMPLETE_DIR,
	COMPLETE_THEME, /* the names of themes */
	COMPLETE_WORDS  /* `words`; OPTION_TABLES needs none of this */
} Completes;

typedef struct Option {
	const char *long_name;
	char short_name;         /* 0 = none */
	const char *argument;    /* NULL = none; else its name in --help: "SECONDS" */
	const char *section;     /* of the configuration file, NULL = not there */
	const char *key;         /* in that section; NULL = only on the command line */
	const char *ini_default; /* as shown in the sample configuration */
	const char *ini_help;    /* there, if `help` does not fit; NULL = help */
	const char *group;       /* heading in --help; NULL = hidden */
	const char *help;
	bool ini_only; /* not on the command line */
	bool early;    /* set by options_scan() */
	OptionKind kind;
	size_t offset; /* into Options */
	Completes completes;
	const char *words; /* separated by blanks */
	double min, max;
} Option;

extern const Option OPTIONS[];
extern const size_t OPTION_COUNT;

void options_init(Options *options);
void options_fini(Options *options);
/* The option of that key in a section of the configuration file, or NULL. */
const Option *options_find_key(Str section, Str key);
/* Checks and sets one option from text; STR_NONE = an option without its argument. The error says what was expected
 * and not of which option: '"x" is not a number of seconds from 0.1 to 3600'. */
bool options_set(Options *options, const Option *option, Str value, Err *err);
NodeSpec *options_add_node(Options *options, Str name, Str conninfo); /* valid until the next call */
/* Reads from argv what must be known before the configuration: --config, --help, --version, --docgen. False: a usage
 * error. Stops at --help and --version. */
bool options_scan(Options *options, int argc, char **argv, Err *err);
/* Parses argv, and wipes the passwords of connection strings from it. False: a usage error. */
bool options_parse(Options *options, int argc, char **argv, Err *err);
/* Whether the options go together, and what --table and --columns name; after options_parse(). False: a usage error. */
bool options_check(Options *options, Err *err);
/* No --batch, --once or --check. */
bool options_have_screen(const Options *options);
/* --ascii, or a locale that is not UTF-8. */
bool options_want_ascii(const Options *options);
void options_help(StrBuf *out); /* --help */

#endif
