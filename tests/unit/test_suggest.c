#include "base/suggest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void the_nearest_name_is_suggested_if_one_is_near(void **state)
{
	static const struct {
		const char *wrong, *text;
	} cases[] = {
		{"usr", "; did you mean \"user\"?"},
		{"qurey", "; did you mean \"query\"?"},
		{"database", "; did you mean \"database\"?"},
		{"db", ""},
		{"nothing", ""},
		{"", ""},
		{"a name that is longer than any that a person can have meant to write here", ""},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char storage[64];
		StrBuf out = STRBUF_ON(storage);
		Suggestion suggestion = suggestion_for(str_from(cases[i].wrong));
		suggest(&suggestion, STR("query"));
		suggest(&suggestion, STR("user"));
		suggest(&suggestion, STR("database"));
		suggest(&suggestion, STR("xy")); /* of two letters, two wrong ones are all */
		suggestion_write(&suggestion, &out);
		assert_string_equal(storage, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_nearest_name_is_suggested_if_one_is_near),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
