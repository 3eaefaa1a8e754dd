#include "base/suggest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void the_distance_counts_wrong_letters(void **state)
{
	static const struct {
		const char *a, *b;
		size_t distance;
	} cases[] = {
		{"", "", 0},           {"", "abc", 3},           {"delay", "delay", 0}, {"DELAY", "delay", 0},
		{"dely", "delay", 1},  {"delayy", "delay", 1},   {"deley", "delay", 1}, {"dleay", "delay", 1},
		{"daley", "delay", 2}, {"kitten", "sitting", 3}, {"ca", "abc", 3},      {"no_color", "no-color", 1},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(suggest_distance(str_from(cases[i].a), str_from(cases[i].b)), cases[i].distance);
		assert_int_equal(suggest_distance(str_from(cases[i].b), str_from(cases[i].a)), cases[i].distance);
	}
}

static void names_longer_than_ours_are_far_from_all(void **state)
{
	char text[65];
	(void)state;
	memset(text, 'a', sizeof(text));
	assert_int_equal(suggest_distance((Str){text, 64}, (Str){text, 64}), 0);
	assert_int_equal(suggest_distance((Str){text, 65}, (Str){text, 64}), SIZE_MAX);
	assert_int_equal(suggest_distance((Str){text, 64}, (Str){text, 65}), SIZE_MAX);
}

static void the_nearest_name_is_suggested(void **state)
{
	static const struct {
		const char *wrong, *text;
	} cases[] = {
		{"dely", "; did you mean \"delay\"?"},
		{"relay", "; did you mean \"delay\"?"},
		{"tabel", "; did you mean \"table\"?"},
		{"thme", "; did you mean \"theme\"?"},
		{"u", "; did you mean \"up\"?"},
		{"xx", ""},
		{"frobnicate", ""},
		{"", ""},
	};
	static const char *const names[] = {"theme", "delay", "table", "up"};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		Suggestion suggestion = suggestion_for(str_from(cases[i].wrong));
		for (size_t k = 0; k < COUNT(names); k++)
			suggest(&suggestion, str_from(names[k]));
		assert_string_equal(suggestion_text(&suggestion).text, cases[i].text);
	}
}

static void of_equally_near_names_the_first_is_kept(void **state)
{
	(void)state;
	Suggestion suggestion = suggestion_for(STR("lat"));
	suggest(&suggestion, STR("cat"));
	suggest(&suggestion, STR("bat"));
	assert_true(str_eq(suggestion.best, STR("cat")));
	suggest(&suggestion, STR("lat"));
	assert_true(str_eq(suggestion.best, STR("lat")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_distance_counts_wrong_letters),
		cmocka_unit_test(names_longer_than_ours_are_far_from_all),
		cmocka_unit_test(the_nearest_name_is_suggested),
		cmocka_unit_test(of_equally_near_names_the_first_is_kept),
	};
	return cmocka_run_group_tests_name("suggest", tests, NULL, NULL);
}
