#include "app/check_config.h"
#include "app/config.h"
#include "app/docgen.h"
#include "app/options.h"
#include "app/player.h"
#include "app/run.h"

#include <locale.h>
#include <stdio.h>

#ifndef PGREPLTOP_VERSION
#define PGREPLTOP_VERSION "unknown"
#endif

static int usage_error(const Err *err)
{
	fprintf(stderr, "pgrepltop: %s\nTry \"pgrepltop --help\" for more information.\n", err->text);
	return 2;
}

static int print_text(StrBuf *text)
{
	int status = fwrite(text->data, 1, text->len, stdout) == text->len && fflush(stdout) == 0 ? 0 : 1;
	strbuf_free(text);
	return status;
}

/* --help, --version and the hidden --docgen: text, and nothing else. */
static int print_and_leave(const Options *options)
{
	StrBuf text = {0};
	if (options->help)
		options_help(&text);
	else if (options->version)
		strbuf_add_cstr(&text, "pgrepltop (pgrepltop) " PGREPLTOP_VERSION "\n");
	else if (!docgen_write(str_from(options->docgen), &text))
		return 2;
	return print_text(&text);
}

/* With what the files say, and the command line over it. */
static int run_configured(Options *options, int argc, char **argv, Problems *problems)
{
	Err err = {""};
	config_load(options, problems);
	bool parsed = options_parse(options, argc, argv, &err);
	if (parsed && options->check_config)
		return check_config(options, problems);
	parsed = parsed && options_check(options, &err);
	if (!parsed || problems->nerrors > 0 || !options_have_screen(options))
		problems_print(problems, stderr);
	if (problems->nerrors > 0)
		return 2;
	if (!parsed)
		return usage_error(&err);
	return options->replay != NULL ? player_run(options, problems) : run(options, problems);
}

static int start(Options *options, int argc, char **argv)
{
	Err err = {""};
	if (!options_scan(options, argc, argv, &err))
		return usage_error(&err);
	if (options->help || options->version || options->docgen != NULL)
		return print_and_leave(options);
	Problems problems = {0};
	int status = run_configured(options, argc, argv, &problems);
	problems_free(&problems);
	return status;
}

int main(int argc, char **argv)
{
	setlocale(LC_CTYPE, ""); /* numbers stay as in the C locale */
	Options options;
	options_init(&options);
	int status = start(&options, argc, argv);
	options_fini(&options);
	return status;
}
