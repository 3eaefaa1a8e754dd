#include "app/check_config.h"

#include "app/themes.h"
#include "collect/conninfo.h"

#include <stdio.h>

static void check_node(const Options *options, const NodeSpec *node, Problems *problems)
{
	const ConnDefaults defaults = {options->host, options->port, options->user, options->dbname, NULL};
	Endpoint *endpoints = NULL;
	size_t count = 0;
	Err err = {""};
	ConnParams *params = conn_params_parse(node->conninfo, &defaults, &endpoints, &count, &err);
	if (params) {
		endpoints_free(endpoints, count);
		conn_params_free(params);
	} else if (node->line) {
		problems_error(problems, "%s:%d: key \"conninfo\" in [node %s]: %s", options->config_path, node->line,
		               node->name, err.text);
	} else {
		problems_error(problems, "%s", err.text);
	}
}

int check_config(const Options *options, Problems *problems)
{
	Theme theme;
	for (size_t i = 0; i < options->nnodes; i++)
		check_node(options, &options->nodes[i], problems);
	(void)themes_load(&theme, options->theme, (ThemeWants){0}, problems);
	if (problems_count(problems) > 0) {
		problems_print(problems, stderr);
		return 2;
	}
	printf("%s: ok\ntheme %s: ok\n", options->config_path ? options->config_path : "no configuration file",
	       options->theme);
	return fflush(stdout) == 0 ? 0 : 1;
}
