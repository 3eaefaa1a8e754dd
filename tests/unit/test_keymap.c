#include "view/keymap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void every_action_has_exactly_one_binding(void **state)
{
	int seen[ACTION_COUNT] = {0};
	(void)state;
	assert_int_equal(KEY_BINDING_COUNT, ACTION_COUNT - 1);
	for (size_t i = 0; i < KEY_BINDING_COUNT; i++) {
		const KeyBinding *b = &KEY_BINDINGS[i];
		assert_in_range(b->action, 1, ACTION_COUNT - 1);
		assert_int_equal(seen[b->action]++, 0);
		assert_true(b->help[strlen(b->help) - 1] == '.');
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(b->name, KEY_BINDINGS[j].name);
	}
}

static void the_groups_of_the_help_are_not_torn(void **state)
{
	(void)state;
	for (size_t i = 1; i < KEY_BINDING_COUNT; i++) {
		if (strcmp(KEY_BINDINGS[i].group, KEY_BINDINGS[i - 1].group) == 0)
			continue;
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(KEY_BINDINGS[i].group, KEY_BINDINGS[j].group);
	}
}

static void the_defaults_are_the_documented_keys(void **state)
{
	static const struct {
		const char *key;
		Action action;
	} cases[] = {
		{"Up", ACTION_UP},
		{"k", ACTION_UP},
		{"Down", ACTION_DOWN},
		{"j", ACTION_DOWN},
		{"PgUp", ACTION_PAGE_UP},
		{"PgDn", ACTION_PAGE_DOWN},
		{"Home", ACTION_HOME},
		{"End", ACTION_END},
		{"Left", ACTION_SCROLL_LEFT},
		{"[", ACTION_SCROLL_LEFT},
		{"Right", ACTION_SCROLL_RIGHT},
		{"]", ACTION_SCROLL_RIGHT},
		{"Tab", ACTION_SWITCH_PANE},
		{"Esc", ACTION_BACK},
		{"C", ACTION_CANCEL},
		{"K", ACTION_TERMINATE},
		{"h", ACTION_HELP},
		{"?", ACTION_HELP},
		{"F1", ACTION_HELP},
		{"C-l", ACTION_REDRAW},
		{"q", ACTION_QUIT},
		{"F10", ACTION_QUIT},
		{"x", ACTION_NONE},
		{"c", ACTION_NONE},
	};
	Keymap map;
	(void)state;
	keymap_init(&map);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		Key key;
		assert_true(key_parse(str_from(cases[i].key), &key));
		assert_int_equal(keymap_lookup(&map, key), cases[i].action);
	}
	assert_int_equal(keymap_lookup(&map, UI_KEY_NONE), ACTION_NONE);
}

static void control_characters_are_the_keys_they_come_from(void **state)
{
	Keymap map;
	(void)state;
	keymap_init(&map);
	assert_int_equal(keymap_lookup(&map, '\t'), ACTION_SWITCH_PANE);
	assert_int_equal(keymap_lookup(&map, 0x1B), ACTION_BACK);
	assert_int_equal(keymap_lookup(&map, 0x0C), ACTION_REDRAW);
}

static void names_of_keys_are_read_and_written_alike(void **state)
{
	static const char *const names[] = {
		"Up",  "Down", "Left",    "Right",     "PgUp", "PgDn", "Home",  "End", "Enter",
		"Esc", "Tab",  "BackTab", "Backspace", "Del",  "Ins",  "Space", "F1",  "F12",
		"C-a", "C-z",  "q",       "Q",         "?",    "-",    "C",     "F",   "\xc3\xa9",
	};
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char storage[16];
		StrBuf out = STRBUF_ON(storage);
		Key key;
		assert_true(key_parse(str_from(names[i]), &key));
		key_write(key, &out);
		assert_string_equal(storage, names[i]);
	}
}

static void what_is_no_key_is_refused(void **state)
{
	static const char *const names[] = {"", "F0", "F13", "F1x", "C-", "C-1", "C-ab", "qq", "Upp", "\xff", "\033"};
	Key key;
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_false(key_parse(str_from(names[i]), &key));
}

static void a_binding_is_replaced_as_a_whole(void **state)
{
	Keymap map;
	Err err = {""};
	(void)state;
	keymap_init(&map);
	assert_true(keymap_set(&map, STR("quit"), STR(" x  C-x q "), &err));
	assert_int_equal(keymap_lookup(&map, 'x'), ACTION_QUIT);
	assert_int_equal(keymap_lookup(&map, 24), ACTION_QUIT);
	assert_int_equal(keymap_lookup(&map, 'q'), ACTION_QUIT);
	assert_int_equal(keymap_lookup(&map, UI_KEY_F1 + 9), ACTION_NONE);
	assert_true(keymap_set(&map, STR("terminate"), STR(""), &err)); /* no key: it cannot be done */
	assert_int_equal(keymap_lookup(&map, 'K'), ACTION_NONE);
}

static void a_wrong_binding_is_named_and_changes_nothing(void **state)
{
	static const struct {
		const char *name, *keys, *says;
	} cases[] = {
		{"explode", "x", "\"explode\""},
		{"quit", "x Nokey", "\"Nokey\""},
		{"quit", "a b c d e f g", "too many"},
		{"quit", "x k", "key k belongs to the action \"up\""},
	};
	Keymap map, before;
	(void)state;
	keymap_init(&before);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		Err err = {""};
		keymap_init(&map);
		assert_false(keymap_set(&map, str_from(cases[i].name), str_from(cases[i].keys), &err));
		assert_non_null(strstr(err.text, cases[i].says));
		assert_memory_equal(&map, &before, sizeof(map));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_action_has_exactly_one_binding),
		cmocka_unit_test(the_groups_of_the_help_are_not_torn),
		cmocka_unit_test(the_defaults_are_the_documented_keys),
		cmocka_unit_test(control_characters_are_the_keys_they_come_from),
		cmocka_unit_test(names_of_keys_are_read_and_written_alike),
		cmocka_unit_test(what_is_no_key_is_refused),
		cmocka_unit_test(a_binding_is_replaced_as_a_whole),
		cmocka_unit_test(a_wrong_binding_is_named_and_changes_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
