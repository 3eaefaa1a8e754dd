#include "app/options.h"

#include "app/secrets.h"
#include "view/keymap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
enum { ARGS_MAX = 12 };

/* argv as the kernel gives it: strings one may write into. */
typedef struct Args {
	int count;
	char *values[ARGS_MAX + 2];
} Args;

static Args args_from(const char *const *words)
{
	Args args = {.count = 1, .values = {strdup("pgrepltop")}};
	for (size_t i = 0; i < ARGS_MAX && words[i]; i++)
		args.values[args.count++] = strdup(words[i]);
	return args;
}

static void args_free(Args *args)
{
	for (int i = 0; i < args->count; i++)
		free(args->values[i]);
}

/* Scans and parses `words`; the caller frees both. */
static bool parse(Options *options, Args *args, const char *const *words, Err *err)
{
	*err = (Err){""};
	*args = args_from(words);
	options_init(options);
	return options_scan(options, args->count, args->values, err) &&
	       options_parse(options, args->count, args->values, err);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void parse_ok(Options *options, const char *const *words)
{
	Args args;
	Err err;
	if (!parse(options, &args, words, &err))
		fail_msg("%s", err.text);
	args_free(&args);
}

static void without_arguments_the_defaults_hold(void **state)
{
	(void)state;
	Options o;
	unsetenv("NO_COLOR");
	parse_ok(&o, (const char *const[]){NULL});
	assert_int_equal(o.nnodes, 0);
	assert_false(o.nodes_from_args);
	assert_null(o.host);
	assert_false(o.batch || o.ascii || o.no_color || o.readonly || o.help || o.version);
	assert_true(o.discover && o.local_proc && o.remote_proc);
	assert_int_equal(o.iterations, 0);
	assert_true(o.delay_s >= 1 && o.delay_s <= 1);
	assert_int_equal(o.tables.count, 0);
	assert_string_equal(o.theme, "default");
	assert_int_equal(keymap_lookup(o.keymap, 'q'), ACTION_QUIT);
	options_fini(&o);
}

static void every_option_arrives_in_its_field(void **state)
{
	(void)state;
	Options o;
	parse_ok(&o, WORDS("-hdb1", "--port", "5433,5434", "-U", "bob", "-dshop", "-wbC", "-n", "7", "-s500ms",
	                   "--table=processes", "--theme=mono"));
	assert_string_equal(o.host, "db1");
	assert_string_equal(o.port, "5433,5434");
	assert_string_equal(o.user, "bob");
	assert_string_equal(o.dbname, "shop");
	assert_int_equal(o.password_prompt, -1);
	assert_true(o.batch && o.no_color && o.nodes_from_args);
	assert_int_equal(o.nnodes, 0);
	assert_int_equal(o.iterations, 7);
	assert_true(o.delay_s > 0.49 && o.delay_s < 0.51);
	assert_int_equal(o.tables.count, 1);
	assert_int_equal(o.tables.ids[0], TABLE_PROCESSES);
	assert_string_equal(o.theme, "mono");
	options_fini(&o);
	parse_ok(&o, WORDS("--ascii", "--no-discover", "--no-local-proc", "--no-remote-proc", "--readonly", "-W",
	                   "--config", "x.ini", "--username=", "-V"));
	assert_true(o.ascii && o.readonly && !o.discover && !o.local_proc && !o.remote_proc && o.version);
	assert_int_equal(o.password_prompt, 1);
	assert_string_equal(o.config_file, "x.ini");
	assert_null(o.user);
	options_fini(&o);
}

static void a_question_mark_asks_for_help_and_h_is_the_host(void **state)
{
	(void)state;
	static const char *const cases[][3] = {{"-?"}, {"--help"}, {"-b?"}, {"-?", "--nonsense"}};
	for (size_t i = 0; i < COUNT(cases); i++) {
		Options o;
		Err err;
		Args args = args_from(cases[i]);
		options_init(&o);
		assert_true(options_scan(&o, args.count, args.values, &err));
		assert_true(o.help);
		options_fini(&o);
		args_free(&args);
	}
}

static void the_scan_sets_only_what_must_be_known_early(void **state)
{
	(void)state;
	Options o;
	Err err;
	Args args = args_from(WORDS("host=x", "-b", "--config=c.ini", "-s", "wrong", "--docgen", "keys"));
	options_init(&o);
	assert_true(options_scan(&o, args.count, args.values, &err));
	assert_string_equal(o.config_file, "c.ini");
	assert_string_equal(o.docgen, "keys");
	assert_false(o.batch);
	assert_int_equal(o.nnodes, 0);
	options_fini(&o);
	args_free(&args);
}

static void connection_strings_are_nodes_in_order(void **state)
{
	(void)state;
	Options o;
	parse_ok(&o, WORDS("host=a", "-b", "postgresql://b:1", "-d", "host=c dbname=d", "--", "host=-e"));
	assert_int_equal(o.nnodes, 4);
	assert_true(o.nodes_from_args);
	assert_null(o.dbname);
	assert_string_equal(o.nodes[0].conninfo, "host=c dbname=d");
	assert_string_equal(o.nodes[1].conninfo, "host=a");
	assert_string_equal(o.nodes[2].conninfo, "postgresql://b:1");
	assert_string_equal(o.nodes[3].conninfo, "host=-e");
	assert_null(o.nodes[3].name);
	options_fini(&o);
}

static void a_usage_error_says_what_was_expected(void **state)
{
	(void)state;
	static const struct {
		const char *words[4];
		const char *text;
	} cases[] = {
		{{"--delay", "0.01"}, "option --delay: \"0.01\" is not a number of seconds from 0.1 to 3600"},
		{{"-s", "3601"}, "option --delay: \"3601\" is not a number of seconds from 0.1 to 3600"},
		{{"-s", "x"}, "option --delay: \"x\" is not a number of seconds from 0.1 to 3600"},
		{{"-s", "nan"}, "option --delay: \"nan\" is not a number of seconds from 0.1 to 3600"},
		{{"-n0"}, "option --iterations: \"0\" is not a whole number from 1 to 2147483647"},
		{{"-n", "1e3"}, "option --iterations: \"1e3\" is not a whole number from 1 to 2147483647"},
		{{"-p", "0"}, "option --port: \"0\" is not a port from 1 to 65535"},
		{{"-p", "5432,x"}, "option --port: \"5432,x\" is not a port from 1 to 65535"},
		{{"--table", "slot"},
	         "option --table: \"slot\" is not a table; expected one of: nodes, processes, slots, quorum, events; "
	         "did you mean \"slots\"?"},
		{{"--theme="}, "option --theme: \"\" is not a name"},
		{{"--delay"}, "option --delay needs an argument: SECONDS"},
		{{"-n"}, "option --iterations needs an argument: N"},
		{{"--batch=yes"}, "option --batch takes no argument"},
		{{"--nonsense=1"}, "there is no option --nonsense, or it stands for several"},
		{{"--no"}, "there is no option --no, or it stands for several"},
		{{"--dealy=3"}, "there is no option --dealy, or it stands for several; did you mean \"delay\"?"},
		{{"--docgan"}, "there is no option --docgan, or it stands for several"},
		{{"-bx"}, "there is no option -x"},
		{{"--format=xml"}, "option --format: \"xml\" is not a format; expected one of: csv, json, prometheus"},
		{{"--query-timeout=1"}, "there is no option --query-timeout, or it stands for several"},
		{{"db1"},
	         "argument \"db1\" is not a connection string (KEYWORD=VALUE...) or URI (postgresql://...); a host is given by "
	         "-h"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		Options o;
		Args args;
		Err err;
		assert_false(parse(&o, &args, cases[i].words, &err));
		assert_string_equal(err.text, cases[i].text);
		options_fini(&o);
		args_free(&args);
	}
}

static void no_color_in_the_environment_counts_if_not_empty(void **state)
{
	(void)state;
	Options o;
	setenv("NO_COLOR", "1", 1);
	options_init(&o);
	assert_true(o.no_color);
	options_fini(&o);
	setenv("NO_COLOR", "", 1);
	options_init(&o);
	assert_false(o.no_color);
	options_fini(&o);
	unsetenv("NO_COLOR");
}

/* What `ps` shows of a connection string. */
static const struct {
	const char *given, *shown;
} secrets[] = {
	{"host=a password=secret dbname=b", "host=a password=*** dbname=b"},
	{"password=secret", "password=***"},
	{"password=s", "password=*"},
	{"password=", "password="},
	{"password = secret host=a", "password = *** host=a"},
	{"host=a password='se cr\\'et' user=u", "host=a password=*** user=u"},
	{"host=a password='unfinished x", "host=a password=***"},
	{"password=se\\ cret user=u", "password=*** user=u"},
	{"password=a password=secret", "password=* password=***"},
	{"sslpassword=secret host=b", "sslpassword=*** host=b"},
	{"host=password user=x", "host=password user=x"},
	{"user='a password=b' host=c", "user='a password=b' host=c"},
	{"garbage password=secret", "garbage password=***"},
	{"PASSWORD=secret", "PASSWORD=***"},
	{"passfile=/x host=a", "passfile=/x host=a"},
	{"postgresql://u:secret@host/db", "postgresql://u:***@host/db"},
	{"postgres://u:secret@h1:1,h2:2/db?x=y", "postgres://u:***@h1:1,h2:2/db?x=y"},
	{"postgresql://u:@host", "postgresql://u:@host"},
	{"postgresql://u@host:5432/db", "postgresql://u@host:5432/db"},
	{"postgresql://host:5432/db", "postgresql://host:5432/db"},
	{"postgresql://[::1]:5432/db", "postgresql://[::1]:5432/db"},
	{"postgresql://u:a@b@host/db", "postgresql://u:***@host/db"},
	{"postgresql://u:a/b?c@host/db", "postgresql://u:a/b?c@host/db"}, /* libpq sees a host and a query here */
	{"postgresql://u:a/b@host/db", "postgresql://u:***@host/db"},
	{"postgresql://u:a?b@host/db", "postgresql://u:***@host/db"},
	{"postgresql://host/db?password=secret", "postgresql://host/db?password=***"},
	{"postgresql://host/db?user=u&password=secret&sslmode=require",
         "postgresql://host/db?user=u&password=***&sslmode=require"},
	{"postgresql://host?pass%77ord=secret", "postgresql://host?pass%77ord=***"},
	{"postgresql://u:secret@host?password=secret2&sslpassword=secret3",
         "postgresql://u:***@host?password=***&sslpassword=***"},
	{"postgresql://", "postgresql://"},
	{"postgresql://?", "postgresql://?"},
	{"postgresql://@", "postgresql://@"},
	{"", ""},
};

static void passwords_are_taken_out_of_connection_strings(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(secrets); i++) {
		size_t size = strlen(secrets[i].given) + 1;
		char *text = strdup(secrets[i].given);
		conninfo_wipe_passwords(text);
		assert_string_equal(text, secrets[i].shown);
		for (size_t k = strlen(text); k < size; k++)
			assert_int_equal(text[k], '\0');
		free(text);
	}
}

static void a_password_is_found(void **state)
{
	(void)state;
	assert_true(conninfo_has_password(STR("host=a password=b")));
	assert_true(conninfo_has_password(STR("postgresql://a:b@c")));
	assert_false(conninfo_has_password(STR("host=a user=b")));
	assert_false(conninfo_has_password(STR("postgresql://a@c:1")));
}

static void argv_keeps_no_password_and_the_node_does(void **state)
{
	(void)state;
	static const struct {
		const char *words[3];
		const char *shown;
		const char *conninfo;
	} cases[] = {
		{{"host=a password=secret"}, "host=a password=***", "host=a password=secret"},
		{{"postgresql://u:secret@h"}, "postgresql://u:***@h", "postgresql://u:secret@h"},
		{{"--dbname=postgresql://u:secret@h"}, "--dbname=postgresql://u:***@h", "postgresql://u:secret@h"},
		{{"-dpassword=secret"}, "-dpassword=***", "password=secret"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		Options o;
		Args args;
		Err err;
		assert_true(parse(&o, &args, cases[i].words, &err));
		assert_string_equal(args.values[1], cases[i].shown);
		assert_int_equal(o.nnodes, 1);
		assert_string_equal(o.nodes[0].conninfo, cases[i].conninfo);
		options_fini(&o);
		args_free(&args);
	}
}

static void the_option_table_is_sound(void **state)
{
	(void)state;
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const Option *a = &OPTIONS[i];
		assert_non_null(a->long_name);
		assert_non_null(a->help);
		assert_true(a->group || a->ini_only || strcmp(a->long_name, "docgen") == 0);
		assert_int_equal(a->section != NULL, a->key != NULL);
		assert_int_equal(a->ini_default != NULL, a->key != NULL);
		assert_true(a->offset < sizeof(Options));
		for (size_t k = i + 1; k < OPTION_COUNT; k++) {
			assert_string_not_equal(a->long_name, OPTIONS[k].long_name);
			assert_true(!a->short_name || a->short_name != OPTIONS[k].short_name);
		}
	}
}

/* The defaults that the sample configuration shows are those of options_init(). */
static void the_shown_defaults_are_the_defaults(void **state)
{
	(void)state;
	Options o;
	Options shown;
	options_init(&o);
	options_init(&shown);
	shown.delay_s = shown.connect_timeout_s = shown.query_timeout_s = 99;
	shown.ascii = shown.no_color = shown.readonly = true;
	shown.discover = shown.local_proc = shown.remote_proc = false;
	assert_true(options_check(&o, NULL));
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (OPTIONS[i].key)
			assert_true(options_set(&shown, &OPTIONS[i], str_from(OPTIONS[i].ini_default), NULL));
	}
	assert_true(o.delay_s >= shown.delay_s && o.delay_s <= shown.delay_s);
	assert_true(o.connect_timeout_s >= shown.connect_timeout_s && o.connect_timeout_s <= shown.connect_timeout_s);
	assert_true(o.query_timeout_s >= shown.query_timeout_s && o.query_timeout_s <= shown.query_timeout_s);
	assert_true(o.ascii == shown.ascii && o.no_color == shown.no_color && o.readonly == shown.readonly);
	assert_true(o.local_proc == shown.local_proc && o.remote_proc == shown.remote_proc);
	assert_true(o.discover == shown.discover && o.tables.count == shown.tables.count &&
	            o.tables.ids[0] == shown.tables.ids[0]);
	assert_string_equal(o.theme, shown.theme);
	assert_true(!shown.host && !shown.port && !shown.user && !shown.dbname);
	options_fini(&o);
	options_fini(&shown);
}

static void the_help_fits_into_eighty_columns(void **state)
{
	(void)state;
	StrBuf out = {0};
	options_help(&out);
	for (Str rest = strbuf_str(&out); !str_is_none(rest);) {
		Str line = str_cut(&rest, '\n');
		if (line.len > 80)
			fail_msg("%.*s", STR_ARG(line));
	}
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (OPTIONS[i].group)
			assert_true(str_find(strbuf_str(&out), str_from(OPTIONS[i].help)) != SIZE_MAX);
	}
	assert_true(str_find(strbuf_str(&out), STR("-?, --help")) != SIZE_MAX);
	assert_true(str_find(strbuf_str(&out), STR("docgen")) == SIZE_MAX);
	strbuf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_arguments_the_defaults_hold),
		cmocka_unit_test(every_option_arrives_in_its_field),
		cmocka_unit_test(a_question_mark_asks_for_help_and_h_is_the_host),
		cmocka_unit_test(the_scan_sets_only_what_must_be_known_early),
		cmocka_unit_test(connection_strings_are_nodes_in_order),
		cmocka_unit_test(a_usage_error_says_what_was_expected),
		cmocka_unit_test(no_color_in_the_environment_counts_if_not_empty),
		cmocka_unit_test(passwords_are_taken_out_of_connection_strings),
		cmocka_unit_test(a_password_is_found),
		cmocka_unit_test(argv_keeps_no_password_and_the_node_does),
		cmocka_unit_test(the_option_table_is_sound),
		cmocka_unit_test(the_shown_defaults_are_the_defaults),
		cmocka_unit_test(the_help_fits_into_eighty_columns),
	};
	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
