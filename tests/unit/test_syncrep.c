#include "model/syncrep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The priorities of these standbys under a rule. tests/pg/90_quorum.t asks real servers for the same. */
static const char *const standbys[] = {"node1", "Node2", "walreceiver", "dc-2", "first"};

static const struct {
	const char *value;
	SyncMethod method;
	int required;
	int priority[COUNT(standbys)];
	const char *warning; /* a part of it */
} valid[] = {
	{"", SYNC_OFF, 0, {0, 0, 0, 0, 0}, NULL},
	{"*", SYNC_FIRST, 1, {1, 1, 1, 1, 1}, NULL},
	{"NODE1", SYNC_FIRST, 1, {1, 0, 0, 0, 0}, NULL},
	{"\"NODE2\"", SYNC_FIRST, 1, {0, 1, 0, 0, 0}, NULL},
	{"node1,node2", SYNC_FIRST, 1, {1, 2, 0, 0, 0}, NULL},
	{" node1 ,\t\nnode2 ", SYNC_FIRST, 1, {1, 2, 0, 0, 0}, NULL},
	{"2 (node1,node2,walreceiver)", SYNC_FIRST, 2, {1, 2, 3, 0, 0}, NULL},
	{"FIRST 2 (node1,node2,walreceiver)", SYNC_FIRST, 2, {1, 2, 3, 0, 0}, NULL},
	{"first 2 (node1,node2,walreceiver)", SYNC_FIRST, 2, {1, 2, 3, 0, 0}, NULL},
	{"any 1 (*)", SYNC_ANY, 1, {1, 1, 1, 1, 1}, NULL},
	{"ANY 2 (walreceiver, node1)", SYNC_ANY, 2, {1, 0, 1, 0, 0}, NULL},
	{"ANY 3 (node1,node2)", SYNC_ANY, 3, {1, 1, 0, 0, 0}, "never be met: 3 standbys are required, 2 named"},
	{"FIRST 2 (node1, NODE1)", SYNC_FIRST, 2, {1, 0, 0, 0, 0}, "never be met"},
	{"ANY 2 (node1, node1)", SYNC_ANY, 2, {1, 0, 0, 0, 0}, "never be met"},
	{"5 (*)", SYNC_FIRST, 5, {1, 1, 1, 1, 1}, NULL},
	{"2", SYNC_FIRST, 1, {0, 0, 0, 0, 0}, "\"2\" is a standby's name"},
	{"1, 2", SYNC_FIRST, 1, {0, 0, 0, 0, 0}, "\"1\" is a standby's name"},
	{"FIRST 1 (0)", SYNC_FIRST, 1, {0, 0, 0, 0, 0}, "\"0\" is a standby's name"},
	{"1(node1)", SYNC_FIRST, 1, {1, 0, 0, 0, 0}, NULL},
	{"ANY 1(node1)", SYNC_ANY, 1, {1, 0, 0, 0, 0}, NULL},
	{"FIRST 01 (node1)", SYNC_FIRST, 1, {1, 0, 0, 0, 0}, NULL},
	{"FIRST 1 (node1, *)", SYNC_FIRST, 1, {1, 2, 2, 2, 2}, NULL},
	{"FIRST 1 (*, node1)", SYNC_FIRST, 1, {1, 1, 1, 1, 1}, NULL},
	{"*,node1", SYNC_FIRST, 1, {1, 1, 1, 1, 1}, NULL},
	{"\"*\"", SYNC_FIRST, 1, {1, 1, 1, 1, 1}, NULL},
	{"ANY 1 (\"*\")", SYNC_ANY, 1, {1, 1, 1, 1, 1}, NULL},
	{"\"first\"", SYNC_FIRST, 1, {0, 0, 0, 0, 1}, NULL},
	{"FIRST 1 (\"first\")", SYNC_FIRST, 1, {0, 0, 0, 0, 1}, NULL},
	{"\"dc-2\"", SYNC_FIRST, 1, {0, 0, 0, 1, 0}, NULL},
	{"\"\"", SYNC_FIRST, 1, {0, 0, 0, 0, 0}, NULL},
	{"\"no\"\"de\"", SYNC_FIRST, 1, {0, 0, 0, 0, 0}, NULL},
	{"node$1", SYNC_FIRST, 1, {0, 0, 0, 0, 0}, NULL},
	{"nod\xc3\xa9", SYNC_FIRST, 1, {0, 0, 0, 0, 0}, NULL},
	{"\"any\"", SYNC_FIRST, 1, {0, 0, 0, 0, 0}, NULL},
	{"node_1", SYNC_FIRST, 1, {0, 0, 0, 0, 0}, NULL},
};

static const char *const invalid[] = {
	" ",
	"first",
	"any",
	"first, node1",
	"FIRST 1 (first)",
	"dc-2",
	"0 (node1)",
	"ANY 0 (node1)",
	"ANY 2147483648 (node1)",
	"ANY 99999999999999999999 (node1)",
	"-1 (node1)",
	"ANY 1.5 (node1)",
	"ANY 1 ()",
	"ANY (node1)",
	"FIRST (node1)",
	"(node1)",
	"ANY1(node1)",
	"node1,",
	"node 1",
	"ANY 1 (node1 node2)",
	"ANY 1 (node1) , node2",
	"'node1'",
	"1node",
	"$node",
	"node.1",
	"node1;",
	"node1 -- x",
	"\"unterminated",
	"\"",
	"ANY 1 (node1",
	"ANY",
	"FIRST 1",
	",",
	"node1,,node2",
	"ANY 1 ((node1))",
};

static void the_servers_grammar_is_read(void **state)
{
	Arena arena = {0};
	for (size_t i = 0; i < COUNT(valid); i++) {
		SyncRule rule;
		Err err = {""};
		arena_reset(&arena);
		if (!sync_rule_parse(&arena, str_from(valid[i].value), &rule, &err))
			fail_msg("%s: %s", valid[i].value, err.text);
		if (rule.method != valid[i].method || rule.required != valid[i].required)
			fail_msg("%s: method %d, required %d", valid[i].value, (int)rule.method, rule.required);
		for (size_t k = 0; k < COUNT(standbys); k++)
			if (sync_rule_priority(&rule, str_from(standbys[k])) != valid[i].priority[k])
				fail_msg("%s: priority of %s is %d", valid[i].value, standbys[k],
				         sync_rule_priority(&rule, str_from(standbys[k])));
		Str warning = sync_rule_warning(&arena, &rule);
		bool as_wanted = valid[i].warning != NULL ? str_find(warning, str_from(valid[i].warning)) != SIZE_MAX
		                                          : str_is_none(warning);
		if (!as_wanted)
			fail_msg("%s: warning: %.*s", valid[i].value, STR_ARG(warning));
	}
	arena_free(&arena);
}

static void what_the_server_refuses_is_refused(void **state)
{
	Arena arena = {0};
	for (size_t i = 0; i < COUNT(invalid); i++) {
		SyncRule rule;
		Err err = {""};
		if (sync_rule_parse(&arena, str_from(invalid[i]), &rule, &err))
			fail_msg("%s was taken", invalid[i]);
		assert_true(err.text[0] != '\0');
	}
	arena_free(&arena);
}

static void quotes_keep_what_stands_in_them(void **state)
{
	Arena arena = {0};
	SyncRule rule;
	assert_true(sync_rule_parse(&arena, STR("ANY 1 (\"a \"\" ,(b\", c)"), &rule, NULL));
	assert_int_equal(rule.nnames, 2);
	assert_true(str_eq(rule.names[0], STR("a \" ,(b")));
	assert_true(str_eq(rule.names[1], STR("c")));
	assert_int_equal(sync_rule_priority(&rule, STR("A \" ,(B")), 1);
	arena_free(&arena);
}

static void names_are_counted_once(void **state)
{
	Arena arena = {0};
	SyncRule rule;
	assert_true(sync_rule_parse(&arena, STR("2 (a, b, A, c)"), &rule, NULL));
	assert_int_equal(sync_rule_distinct_names(&rule), 3);
	assert_false(sync_rule_has_wildcard(&rule));
	assert_true(sync_rule_parse(&arena, STR("2 (a, *)"), &rule, NULL));
	assert_true(sync_rule_distinct_names(&rule) == SIZE_MAX);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_servers_grammar_is_read),
		cmocka_unit_test(what_the_server_refuses_is_refused),
		cmocka_unit_test(quotes_keep_what_stands_in_them),
		cmocka_unit_test(names_are_counted_once),
	};
	return cmocka_run_group_tests_name("syncrep", tests, NULL, NULL);
}
