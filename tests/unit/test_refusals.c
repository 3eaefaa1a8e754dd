#include "collect/refusals.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)

/* Notes it at `at` and asserts that it holds so many seconds from then on. */
static void assert_pause(Refusals *r, const char *address, int64_t at, RefusalReason reason, int64_t seconds)
{
	refusals_note(r, str_from(address), at, reason);
	assert_true(refusals_hold(r, str_from(address), at + seconds * SECOND - 1));
	assert_false(refusals_hold(r, str_from(address), at + seconds * SECOND));
}

static void the_pause_grows_each_time_up_to_five_minutes(void **state)
{
	static const int64_t pauses[] = {5, 10, 20, 40, 80, 160, 300, 300};
	Refusals r = {0};
	assert_false(refusals_hold(&r, STR("a:1"), 0));
	for (size_t i = 0; i < sizeof pauses / sizeof pauses[0]; i++)
		assert_pause(&r, "a:1", (int64_t)i * 1000 * SECOND, REFUSAL_FAILED, pauses[i]);
	assert_false(refusals_hold(&r, STR("a:2"), 0));
	refusals_free(&r);
}

static void a_server_that_starts_is_asked_soon_and_a_foreign_one_late(void **state)
{
	Refusals r = {0};
	assert_pause(&r, "a:1", 0, REFUSAL_STARTING, 1);
	assert_pause(&r, "A:1", SECOND, REFUSAL_STARTING, 2);
	assert_pause(&r, "b:1", 0, REFUSAL_FOREIGN, 300);
	refusals_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_pause_grows_each_time_up_to_five_minutes),
		cmocka_unit_test(a_server_that_starts_is_asked_soon_and_a_foreign_one_late),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
