#include "app/config.h"

#include "app/docgen.h"
#include "view/keymap.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A folder of the test's own, which is the user's home. */
typedef struct Home {
	char path[64];
	char config[96]; /* HOME/c.ini */
} Home;

static int home_setup(void **state)
{
	static Home home; /* NOLINT(cppcoreguidelines-avoid-non-const-global-variables) */
	snprintf(home.path, sizeof(home.path), "/tmp/pgrepltop-config-XXXXXX");
	if (!mkdtemp(home.path))
		return -1;
	snprintf(home.config, sizeof(home.config), "%s/c.ini", home.path);
	setenv("HOME", home.path, 1);
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("NO_COLOR");
	*state = &home;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static int home_teardown(void **state)
{
	const Home *home = *state;
	return nftw(home->path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void write_file(const char *path, Str text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text.data, text.len), text.len);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void make_folder(const Home *home, const char *name)
{
	char path[256];
	snprintf(path, sizeof(path), "%s/%s", home->path, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

static void write_in(const Home *home, const char *name, const char *text)
{
	char path[256];
	snprintf(path, sizeof(path), "%s/%s", home->path, name);
	write_file(path, str_from(text), 0600);
}

static void load_mode(const Home *home, Options *options, Problems *problems, Str text, mode_t mode)
{
	write_file(home->config, text, mode);
	options_init(options);
	free(options->config_file);
	options->config_file = strdup(home->config);
	*problems = (Problems){0};
	config_load(options, problems);
}

/* Loads the text as --config; the caller frees options and problems. */
static void load(const Home *home, Options *options, Problems *problems, Str text)
{
	load_mode(home, options, problems, text, 0600);
}

/* "FILE" in `pattern` stands for the configuration's path. */
static void assert_text(const Home *home, Str actual, const char *pattern)
{
	StrBuf expected = {0};
	for (Str rest = str_from(pattern); rest.len;) {
		size_t at = str_find(rest, STR("FILE"));
		strbuf_add(&expected, str_sub(rest, 0, at));
		if (at == SIZE_MAX)
			break;
		strbuf_add_cstr(&expected, home->config);
		rest = str_sub(rest, at + 4, rest.len);
	}
	strbuf_add_cstr(&expected, "");
	if (!str_eq(actual, strbuf_str(&expected)))
		fail_msg("got: %.*s\nexpected: %s", STR_ARG(actual), expected.data);
	strbuf_free(&expected);
}

static void every_key_arrives_in_its_field(void **state)
{
	Options o;
	Problems problems;
	Str text = STR("\xEF\xBB\xBF# comment\n"
	               "[pgrepltop]\r\n"
	               "delay = 250ms ; comment\n"
	               "theme=mono\n"
	               "  ascii = yes\n"
	               "\tno-color: ON\n"
	               "readonly = 1\n"
	               "discover = no\n"
	               "table = processes\n"
	               "[connection]\n"
	               "host = db1\n"
	               "port = 5433\n"
	               "user = bob\n"
	               "dbname = shop\n"
	               "connect-timeout = 0.5\n"
	               "query-timeout = 300\n"
	               "[node p1]\n"
	               "conninfo = host=db1 port=1923 options='-c a=b'\n"
	               "[node  s 1 ]\n"
	               "conninfo = postgresql://db2\n"
	               "[columns]\n"
	               "nodes = lag_bytes, state\n"
	               "processes =\n"
	               "[keys]\n"
	               "quit = Q C-x\n"
	               "help =\n");
	load(*state, &o, &problems, text);
	assert_text(*state, strbuf_str(&problems.text), "");
	assert_true(o.delay_s > 0.24 && o.delay_s < 0.26);
	assert_string_equal(o.theme, "mono");
	assert_true(o.ascii && o.no_color && o.readonly && !o.discover);
	assert_int_equal(o.tables.count, 1);
	assert_int_equal(o.tables.ids[0], TABLE_PROCESSES);
	assert_string_equal(o.host, "db1");
	assert_string_equal(o.port, "5433");
	assert_string_equal(o.user, "bob");
	assert_string_equal(o.dbname, "shop");
	assert_true(o.connect_timeout_s > 0.49 && o.connect_timeout_s < 0.51);
	assert_true(o.query_timeout_s > 299 && o.query_timeout_s < 301);
	assert_false(o.nodes_from_args);
	assert_int_equal(o.nnodes, 2);
	assert_string_equal(o.nodes[0].name, "p1");
	assert_string_equal(o.nodes[0].conninfo, "host=db1 port=1923 options='-c a=b'");
	assert_string_equal(o.nodes[1].name, "s 1");
	assert_string_equal(o.nodes[1].conninfo, "postgresql://db2");
	assert_int_equal(o.screen_columns[TABLE_NODES].count, 3);
	assert_string_equal(o.screen_columns[TABLE_NODES].metrics[1]->name, "lag_bytes");
	assert_int_equal(o.screen_columns[TABLE_PROCESSES].count, 0);
	assert_int_equal(keymap_lookup(o.keymap, 'Q'), ACTION_QUIT);
	assert_int_equal(keymap_lookup(o.keymap, 'q'), ACTION_NONE);
	assert_int_equal(keymap_lookup(o.keymap, '?'), ACTION_NONE);
	options_fini(&o);
	problems_free(&problems);
}

static void the_command_line_wins(void **state)
{
	Options o;
	Problems problems;
	char words[4][12] = {"pgrepltop", "-s", "5", "--ascii"};
	char *argv[] = {words[0], words[1], words[2], words[3], NULL};
	Err err = {""};
	load(*state, &o, &problems, STR("[pgrepltop]\ndelay = 2\ntheme = mono\nascii = no\n"));
	assert_true(options_parse(&o, 4, argv, &err));
	assert_true(o.delay_s > 4.9 && o.delay_s < 5.1);
	assert_true(o.ascii);
	assert_string_equal(o.theme, "mono");
	options_fini(&o);
	problems_free(&problems);
}

static void two_actions_can_swap_their_keys(void **state)
{
	static const char *const cases[] = {
		"[keys]\ncancel = K\nterminate = C\n",
		"[keys]\nterminate = C\ncancel = K\n",
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		Options o;
		Problems problems;
		load(*state, &o, &problems, str_from(cases[i]));
		assert_text(*state, strbuf_str(&problems.text), "");
		assert_int_equal(keymap_lookup(o.keymap, 'K'), ACTION_CANCEL);
		assert_int_equal(keymap_lookup(o.keymap, 'C'), ACTION_TERMINATE);
		options_fini(&o);
		problems_free(&problems);
	}
}

static void an_error_names_file_line_key_and_what_was_expected(void **state)
{
	static const struct {
		Str text;
		const char *error;
	} cases[] = {
		{STR_INIT("[pgrepltop]\n\ndelay = 0.01\n"),
	         "FILE:3: key \"delay\" in [pgrepltop]: \"0.01\" is not a number of seconds from 0.1 to 3600"},
		{STR_INIT("[pgrepltop]\nascii = maybe\n"),
	         "FILE:2: key \"ascii\" in [pgrepltop]: \"maybe\" is not yes or no"},
		{STR_INIT("[pgrepltop]\nascii =\n"), "FILE:2: key \"ascii\" in [pgrepltop]: \"\" is not yes or no"},
		{STR_INIT("[pgrepltop]\ntable = x\n"),
	         "FILE:2: key \"table\" in [pgrepltop]: \"x\" is not a table; expected one of: nodes, processes, slots, quorum, events"},
		{STR_INIT("[connection]\nport = 99999\n"),
	         "FILE:2: key \"port\" in [connection]: \"99999\" is not a port from 1 to 65535"},
		{STR_INIT("[connection]\nquery-timeout = 301\n"),
	         "FILE:2: key \"query-timeout\" in [connection]: \"301\" is not a number of seconds from 0.1 to 300"},
		{STR_INIT("[node a]\nconninfo = db1\n"),
	         "FILE:2: key \"conninfo\" in [node a]: expected a connection string (KEYWORD=VALUE...) or URI "
	         "(postgresql://...)"},
		{STR_INIT("[node ]\nconninfo = host=a\n"),
	         "FILE:2: key \"conninfo\" in [node ]: the node has no name; expected [node NAME]"},
		{STR_INIT("[node a]\nconninfo = host=a\n[node b]\nconninfo = host=b\n[node a]\nconninfo = host=c\n"),
	         "FILE:6: key \"conninfo\" in [node a]: the node has a connection string already (line 2); expected one "
	         "section for each node"},
		{STR_INIT("[columns]\n\nnodes = state lag_bites\n"),
	         "FILE:3: key \"nodes\" in [columns]: nodes have no column \"lag_bites\"; did you mean \"lag_bytes\"?"},
		{STR_INIT("[columns]\nprocesses = time\n"),
	         "FILE:2: key \"processes\" in [columns]: time is a column of files only, not of the screen"},
		{STR_INIT("[keys]\ncancel = F99x\n"),
	         "FILE:2: key \"cancel\" in [keys]: \"F99x\" is no key: expected a character, or a name as Up, PgDn, F1, C-l, "
	         "Space"},
		{STR_INIT("[keys]\n# two\ncancel = q\n"),
	         "FILE:3: key \"cancel\" in [keys]: key q belongs to the action \"quit\" by default; expected a key that no "
	         "other action has"},
		{STR_INIT("[keys]\ncancel = X\nterminate = x X\n"),
	         "FILE:3: key \"terminate\" in [keys]: key X belongs to the action \"cancel\" in line 2; expected a key that "
	         "no other action has"},
		{STR_INIT("[keys]\nup = PgUpp\n"),
	         "FILE:2: key \"up\" in [keys]: \"PgUpp\" is no key: expected a character, or a name as Up, PgDn, F1, C-l, "
	         "Space; did you mean \"PgUp\"?"},
		{STR_INIT("[pgrepltop]\ntable = slot\n"),
	         "FILE:2: key \"table\" in [pgrepltop]: \"slot\" is not a table; expected one of: nodes, processes, slots, "
	         "quorum, events; did you mean \"slots\"?"},
		{STR_INIT("[thresholds]\nlag-bytes-warning = 5 pounds\n"),
	         "FILE:2: key \"lag-bytes-warning\" in [thresholds]: \"5 pounds\" is not a number of bytes, as 1000 or "
	         "100MB"},
		{STR_INIT("delay = 2\n"),
	         "FILE:1: key \"delay\" stands before the first section; expected [pgrepltop] above it"},
		{STR_INIT("[pgrepltop]\n; x\nnonsense\n"), "FILE:3: expected [SECTION], KEY = VALUE or a comment"},
		{STR_INIT("\n[pgrepltop\n"), "FILE:2: expected [SECTION], KEY = VALUE or a comment"},
		{STR_INIT("[node 12345678901234567890123456789012345678901234567890]\n"),
	         "FILE:1: a section name may have at most 49 characters"},
		{STR_INIT("[pgrepltop]\ndelay = \0001\n"), "FILE: the file is not text: it holds a NUL byte"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		Options o;
		Problems problems;
		load(*state, &o, &problems, cases[i].text);
		assert_int_equal(problems.nerrors, 1);
		assert_int_equal(problems.nwarnings, 0);
		assert_text(*state, problems_first(&problems), cases[i].error);
		options_fini(&o);
		problems_free(&problems);
	}
}

/* A person who mends a file wants to know all of it at once. */
static void all_problems_are_named_and_not_only_the_first(void **state)
{
	Options o;
	Problems problems;
	load(*state, &o, &problems,
	     STR("[pgrepltop]\n"
	         "delay = x\n"
	         "nonsense\n"
	         "theme = mono\n"
	         "[broken\n"
	         "delay = 7\n"
	         "[pgrepltop]\n"
	         "dely = 3\n"
	         "[keys]\n"
	         "help = q\n"));
	assert_text(*state, strbuf_str(&problems.text),
	            "FILE:3: expected [SECTION], KEY = VALUE or a comment\n"
	            "FILE:5: expected [SECTION], KEY = VALUE or a comment\n"
	            "FILE:2: key \"delay\" in [pgrepltop]: \"x\" is not a number of seconds from 0.1 to 3600\n"
	            "FILE:8: unknown key \"dely\" in [pgrepltop] is ignored; did you mean \"delay\"?\n"
	            "FILE:10: key \"help\" in [keys]: key q belongs to the action \"quit\" by default; expected a key "
	            "that no other action has\n");
	assert_int_equal(problems.nerrors, 4);
	assert_int_equal(problems.nwarnings, 1);
	assert_string_equal(o.theme, "mono");
	assert_true(o.delay_s >= 1 && o.delay_s <= 1);
	assert_int_equal(keymap_lookup(o.keymap, 'q'), ACTION_QUIT);
	options_fini(&o);
	problems_free(&problems);
}

static void of_many_broken_lines_the_first_ones_are_named(void **state)
{
	Options o;
	Problems problems;
	StrBuf text = {0};
	for (int i = 0; i < 30; i++)
		strbuf_add_cstr(&text, i % 2 ? "nonsense\n" : "[\n");
	load(*state, &o, &problems, strbuf_str(&text));
	assert_int_equal(problems.nerrors, 21);
	assert_non_null(strstr(problems.text.data, ":20: the lines from here on were not read: too many are wrong\n"));
	options_fini(&o);
	problems_free(&problems);
	strbuf_free(&text);
}

static void what_contradicts_itself_is_a_warning(void **state)
{
	static const struct {
		const char *text;
		const char *warnings;
	} cases[] = {
		{"[pgrepltop]\ndelay = 2\n\ndelay = 3\n",
	         "FILE:4: key \"delay\" in [pgrepltop] stands in line 2 already; the last one holds\n"},
		{"[keys]\nquit = Q\nquit = X\n",
	         "FILE:3: key \"quit\" in [keys] stands in line 2 already; the last one holds\n"},
		{"[thresholds]\nlag-critical = 10\nlag-warning = 20\n",
	         "FILE:3: lag-warning in [thresholds] is 20 and above lag-critical, 10; expected one that is reached "
	         "before\n"},
		{"[thresholds]\nlag-critical = 10\n",
	         "FILE:2: lag-warning in [thresholds] is 30 and above lag-critical, 10; expected one that is reached "
	         "before\n"},
		{"[thresholds]\nlag-bytes-critical = 1kB\nlag-bytes-warning = 1MB\n",
	         "FILE:3: lag-bytes-warning in [thresholds] is 1048576 and above lag-bytes-critical, 1024; expected one "
	         "that is reached before\n"},
		{"[thresholds]\nlag-critical = 0\nlag-warning = 20\n", ""},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		Options o;
		Problems problems;
		load(*state, &o, &problems, str_from(cases[i].text));
		assert_text(*state, strbuf_str(&problems.text), cases[i].warnings);
		assert_int_equal(problems.nerrors, 0);
		options_fini(&o);
		problems_free(&problems);
	}
}

static void what_is_unknown_is_a_warning_with_what_was_perhaps_meant(void **state)
{
	static const struct {
		const char *text;
		const char *warnings;
	} cases[] = {
		{"[pgrepltop]\ndely = 2\n",
	         "FILE:2: unknown key \"dely\" in [pgrepltop] is ignored; did you mean \"delay\"?\n"},
		{"[pgrepltop]\nno_color = yes\n",
	         "FILE:2: unknown key \"no_color\" in [pgrepltop] is ignored; did you mean \"no-color\"?\n"},
		{"[pgrepltop]\nhost = x\n", "FILE:2: unknown key \"host\" in [pgrepltop] is ignored\n"},
		{"[pgrepltop]\niterations = 3\n", "FILE:2: unknown key \"iterations\" in [pgrepltop] is ignored\n"},
		{"[conection]\nhost = x\nport = y\n",
	         "FILE:2: unknown section [conection] is ignored; did you mean \"connection\"?\n"},
		{"[colors]\na = 1\n[fonts]\nb = 1\n", "FILE:2: unknown section [colors] is ignored\n"
	                                              "FILE:4: unknown section [fonts] is ignored\n"},
		{"[columns]\nnode = state\n",
	         "FILE:2: unknown key \"node\" in [columns] is ignored; did you mean \"nodes\"?\n"},
		{"[column]\nnodes = state\n",
	         "FILE:2: unknown section [column] is ignored; did you mean \"columns\"?\n"},
		{"[node a]\nconinfo = host=b\n",
	         "FILE:2: unknown key \"coninfo\" in [node a] is ignored; did you mean \"conninfo\"?\n"},
		{"[keys]\nterminat = X\nxy = Z\n",
	         "FILE:2: unknown key \"terminat\" in [keys] is ignored; did you mean \"terminate\"?\n"
	         "FILE:3: unknown key \"xy\" in [keys] is ignored\n"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		Options o;
		Problems problems;
		load(*state, &o, &problems, str_from(cases[i].text));
		assert_int_equal(problems.nerrors, 0);
		assert_text(*state, strbuf_str(&problems.text), cases[i].warnings);
		options_fini(&o);
		problems_free(&problems);
	}
}

/* libinih takes what is beyond 200 bytes for another line. */
static void lines_may_be_long(void **state)
{
	for (size_t len = 150; len < 900; len++) {
		Options o;
		Problems problems;
		StrBuf conninfo = {0};
		strbuf_add_cstr(&conninfo, "host=db1 options='");
		while (conninfo.len < len)
			strbuf_addf(&conninfo, "%s%zu", conninfo.len % 3 ? "-c;" : " #=", conninfo.len);
		strbuf_add_cstr(&conninfo, "'");
		StrBuf text = {0};
		strbuf_addf(&text, "[node a]\n  conninfo = %s ; %0*d\n;%0*d\n[pgrepltop]\ndelay=x\n", conninfo.data,
		            400, 1, 500, 1);
		load(*state, &o, &problems, strbuf_str(&text));
		assert_text(*state, problems_first(&problems),
		            "FILE:5: key \"delay\" in [pgrepltop]: \"x\" is not a number of seconds from 0.1 to 3600");
		assert_int_equal(o.nnodes, 1);
		assert_string_equal(o.nodes[0].conninfo, conninfo.data);
		options_fini(&o);
		problems_free(&problems);
		strbuf_free(&text);
		strbuf_free(&conninfo);
	}
}

static void a_line_that_cannot_be_cut_is_refused(void **state)
{
	Options o;
	Problems problems;
	StrBuf text = {0};
	strbuf_addf(&text, "[pgrepltop]\ntheme = a%*sb\n", 400, "");
	load(*state, &o, &problems, strbuf_str(&text));
	assert_text(*state, problems_first(&problems), "FILE:2: the line is too long");
	options_fini(&o);
	problems_free(&problems);
	strbuf_clear(&text);
	strbuf_addf(&text, "[node a]\nconninfo = host=%0400d\n\nnonsense\n", 1);
	load(*state, &o, &problems, strbuf_str(&text));
	assert_text(*state, problems_first(&problems), "FILE:4: expected [SECTION], KEY = VALUE or a comment");
	options_fini(&o);
	problems_free(&problems);
	strbuf_free(&text);
}

static void a_password_that_others_can_read_is_a_warning(void **state)
{
	static const struct {
		const char *text;
		mode_t mode;
		const char *warnings;
	} cases[] = {
		{"[node a]\nconninfo = password=x\n", 0644,
	         "FILE: holds a password, and others can read it (mode 0644); expected mode 0600\n"},
		{"[node a]\nconninfo = postgresql://u:x@h\n", 0604,
	         "FILE: holds a password, and others can read it (mode 0604); expected mode 0600\n"},
		{"[node a]\nconninfo = password=x\n", 0600, ""},
		{"[node a]\nconninfo = host=x\n", 0644, ""},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		Options o;
		Problems problems;
		load_mode(*state, &o, &problems, str_from(cases[i].text), cases[i].mode);
		assert_text(*state, strbuf_str(&problems.text), cases[i].warnings);
		assert_int_equal(problems.nerrors, 0);
		options_fini(&o);
		problems_free(&problems);
	}
}

/* root may let a group read it; anybody else's group is others. */
static void a_group_may_read_only_what_root_gives_it(void **state)
{
	Options o;
	Problems problems;
	load_mode(*state, &o, &problems, STR("[node a]\nconninfo = password=x\n"), 0640);
	assert_int_equal(problems.nwarnings, geteuid() == 0 ? 0 : 1);
	options_fini(&o);
	problems_free(&problems);
	if (geteuid() != 0)
		return;
	const Home *home = *state;
	assert_int_equal(chown(home->config, 1, 0), 0);
	options_init(&o);
	o.config_file = strdup(home->config);
	problems = (Problems){0};
	config_load(&o, &problems);
	assert_text(home, strbuf_str(&problems.text),
	            "FILE: holds a password, and others can read it (mode 0640); expected mode 0600\n");
	options_fini(&o);
	problems_free(&problems);
}

static double load_delay(void)
{
	Options o;
	Problems problems = {0};
	options_init(&o);
	config_load(&o, &problems);
	assert_int_equal(problems_count(&problems), 0);
	double delay_s = o.delay_s;
	options_fini(&o);
	problems_free(&problems);
	return delay_s;
}

static void the_users_file_is_found_the_xdg_way(void **state)
{
	const Home *home = *state;
	char path[128];
	assert_true(load_delay() < 1.5); /* none (or the host's own, which nobody has) */
	make_folder(home, ".config");
	make_folder(home, ".config/pgrepltop");
	write_in(home, ".config/pgrepltop/pgrepltop.ini", "[pgrepltop]\ndelay = 2\n");
	assert_true(load_delay() > 1.5 && load_delay() < 2.5);
	setenv("XDG_CONFIG_HOME", "relative", 1);
	assert_true(load_delay() > 1.5 && load_delay() < 2.5);
	make_folder(home, "xdg");
	make_folder(home, "xdg/pgrepltop");
	write_in(home, "xdg/pgrepltop/pgrepltop.ini", "[pgrepltop]\ndelay = 3\n");
	snprintf(path, sizeof(path), "%s/xdg", home->path);
	setenv("XDG_CONFIG_HOME", path, 1);
	assert_true(load_delay() > 2.5);
}

static void a_file_that_was_named_must_be_there(void **state)
{
	const Home *home = *state;
	Options o;
	Problems problems = {0};
	options_init(&o);
	o.config_file = strdup(home->config);
	config_load(&o, &problems);
	assert_text(home, problems_first(&problems), "FILE: No such file or directory");
	assert_null(o.config_path);
	problems_free(&problems);
	free(o.config_file);
	o.config_file = strdup(home->path);
	config_load(&o, &problems);
	assert_non_null(strstr(problems.text.data, ": Is a directory\n"));
	assert_int_equal(problems.nerrors, 1);
	options_fini(&o);
	problems_free(&problems);
}

/* The sample with all its keys set reads without a warning, and changes nothing. */
static void the_sample_configuration_is_read(void **state)
{
	Options o;
	Problems problems;
	StrBuf sample = {0};
	StrBuf text = {0};
	assert_true(docgen_write(STR("config"), &sample));
	for (Str rest = strbuf_str(&sample); !str_is_none(rest);) {
		Str line = str_cut(&rest, '\n');
		strbuf_add(&text, str_starts(line, STR(";")) ? str_sub(line, 1, line.len) : line);
		strbuf_add_char(&text, '\n');
	}
	load(*state, &o, &problems, strbuf_str(&text));
	assert_text(*state, strbuf_str(&problems.text), "");
	assert_int_equal(o.nnodes, 1);
	Keymap defaults;
	keymap_init(&defaults);
	assert_memory_equal(o.keymap, &defaults, sizeof(defaults));
	options_fini(&o);
	problems_free(&problems);
	strbuf_free(&text);
	load(*state, &o, &problems, strbuf_str(&sample));
	assert_text(*state, strbuf_str(&problems.text), "");
	assert_int_equal(o.nnodes, 0);
	options_fini(&o);
	problems_free(&problems);
	strbuf_free(&sample);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, home_setup, home_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_key_arrives_in_its_field),
		TEST(the_command_line_wins),
		TEST(two_actions_can_swap_their_keys),
		TEST(an_error_names_file_line_key_and_what_was_expected),
		TEST(all_problems_are_named_and_not_only_the_first),
		TEST(of_many_broken_lines_the_first_ones_are_named),
		TEST(what_contradicts_itself_is_a_warning),
		TEST(what_is_unknown_is_a_warning_with_what_was_perhaps_meant),
		TEST(lines_may_be_long),
		TEST(a_line_that_cannot_be_cut_is_refused),
		TEST(a_password_that_others_can_read_is_a_warning),
		TEST(a_group_may_read_only_what_root_gives_it),
		TEST(the_users_file_is_found_the_xdg_way),
		TEST(a_file_that_was_named_must_be_there),
		TEST(the_sample_configuration_is_read),
	};
	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
