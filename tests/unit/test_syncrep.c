#include "model/syncrep.h"

#include "base/num.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The standbys of tests/vectors/synchronous_standby_names.txt, whose head says its format. */
static const char *const standbys[] = {"node1", "Node2", "walreceiver", "dc-2", "first"};

/* Cuts at " | ". */
static Str take_field(Str *rest)
{
	size_t at = str_find(*rest, STR(" | "));
	Str field = str_sub(*rest, 0, at);
	*rest = at == SIZE_MAX ? STR_NONE : str_sub(*rest, at + 3, rest->len);
	return field;
}

static void check_valid(Arena *arena, Str value, Str method, Str rest)
{
	SyncRule rule;
	Err err = {""};
	int64_t number;
	if (!sync_rule_parse(arena, value, &rule, &err))
		fail_msg("%.*s: %s", STR_ARG(value), err.text);
	if (!str_eq(sync_method_text(rule.method), method))
		fail_msg("%.*s: method %.*s", STR_ARG(value), STR_ARG(sync_method_text(rule.method)));
	assert_true(num_parse_int_in(take_field(&rest), 0, 1000, &number));
	if (rule.required != number)
		fail_msg("%.*s: required %d", STR_ARG(value), rule.required);
	for (size_t k = 0; k < COUNT(standbys); k++) {
		assert_true(num_parse_int_in(str_cut(&rest, ' '), 0, 1000, &number));
		int priority = sync_rule_priority(&rule, str_from(standbys[k]));
		if (priority != number)
			fail_msg("%.*s: priority of %s is %d", STR_ARG(value), standbys[k], priority);
	}
}

static void the_vectors_are_read_as_the_server_does(void **state)
{
	char line[256];
	Arena arena = {0};
	int count = 0;
	FILE *file = fopen("tests/vectors/synchronous_standby_names.txt", "r");
	assert_non_null(file);
	while (fgets(line, sizeof line, file)) {
		Str rest = str_from(line);
		rest = str_cut(&rest, '\n');
		if (str_starts(rest, STR("#")))
			continue;
		Str value = take_field(&rest), method = take_field(&rest);
		SyncRule rule;
		Err err = {""};
		count++;
		if (!str_eq(method, STR("invalid"))) {
			check_valid(&arena, value, method, rest);
			continue;
		}
		if (sync_rule_parse(&arena, value, &rule, &err))
			fail_msg("%.*s was taken", STR_ARG(value));
		assert_true(err.text[0] != '\0');
	}
	(void)fclose(file);
	assert_true(count > 60);
	arena_free(&arena);
}

static void all_white_space_separates(void **state)
{
	Arena arena = {0};
	SyncRule rule;
	assert_true(sync_rule_parse(&arena, STR(" node1 ,\t\n\v\f\rnode2 "), &rule, NULL));
	assert_int_equal(rule.nnames, 2);
	assert_int_equal(sync_rule_priority(&rule, STR("node2")), 2);
	arena_free(&arena);
}

static void rules_that_cannot_be_meant_are_warned_of(void **state)
{
	static const struct {
		const char *value, *warning;
	} cases[] = {
		{"", NULL},
		{"*", NULL},
		{"5 (*)", NULL},
		{"ANY 2 (a, b)", NULL},
		{"ANY 3 (node1,node2)", "never be met: 3 standbys are required, 2 named"},
		{"FIRST 2 (node1, NODE1)", "never be met"},
		{"2", "\"2\" is a standby's name"},
		{"1, 2", "\"1\" is a standby's name"},
		{"FIRST 1 (0)", "\"0\" is a standby's name"},
	};
	Arena arena = {0};
	for (size_t i = 0; i < COUNT(cases); i++) {
		SyncRule rule;
		assert_true(sync_rule_parse(&arena, str_from(cases[i].value), &rule, NULL));
		Str warning = sync_rule_warning(&arena, &rule);
		bool as_wanted = cases[i].warning != NULL ? str_find(warning, str_from(cases[i].warning)) != SIZE_MAX
		                                          : str_is_none(warning);
		if (!as_wanted)
			fail_msg("%s: warning: %.*s", cases[i].value, STR_ARG(warning));
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
		cmocka_unit_test(the_vectors_are_read_as_the_server_does),
		cmocka_unit_test(all_white_space_separates),
		cmocka_unit_test(rules_that_cannot_be_meant_are_warned_of),
		cmocka_unit_test(quotes_keep_what_stands_in_them),
		cmocka_unit_test(names_are_counted_once),
	};
	return cmocka_run_group_tests_name("syncrep", tests, NULL, NULL);
}
