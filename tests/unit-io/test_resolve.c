#include "collect/resolve.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netdb.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATIENCE_MS = 30000 };

static Resolver *make(void)
{
	Err err = {""};
	Resolver *resolver = resolver_new(&err);
	assert_string_equal(err.text, "");
	assert_non_null(resolver);
	return resolver;
}

static void ask(Resolver *resolver, uint64_t token, const char *host)
{
	Err err = {""};
	if (!resolver_ask(resolver, token, host, &err))
		fail_msg("%s", err.text);
}

/* Waits for the next answer as the program's loop does. */
static void take(Resolver *resolver, ResolveAnswer *answer)
{
	while (!resolver_take(resolver, answer)) {
		struct pollfd fd = {.fd = resolver_fd(resolver), .events = POLLIN};
		if (poll(&fd, 1, PATIENCE_MS) != 1)
			fail_msg("no answer");
	}
}

static size_t open_descriptors(void)
{
	size_t n = 0;
	DIR *dir = opendir("/proc/self/fd");
	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* Abandoned look-ups end by themselves; what they held is given back then. */
static void wait_for_descriptors(size_t want)
{
	for (int i = 0; i < PATIENCE_MS / 10 && open_descriptors() > want; i++)
		usleep(10000);
	assert_true(open_descriptors() <= want); /* fewer, if a thread of an earlier test still held one */
}

static void numeric_addresses_need_no_look_up(void **state)
{
	static const char *const numeric[] = {"127.0.0.1", "10.0.0.255", "::1", "::", "fe80::1", "::ffff:10.0.0.1"};
	static const char *const names[] = {
		"",      "localhost", "db1",       "256.1.1.1",  "10.0.0.1:5432",
		"[::1]", "/tmp",      "1.2.3.4.5", " 127.0.0.1", "x.invalid",
	};
	for (size_t i = 0; i < sizeof(numeric) / sizeof(numeric[0]); i++)
		assert_true(resolve_is_numeric(numeric[i]));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_false(resolve_is_numeric(names[i]));
	assert_false(resolve_is_numeric(NULL));
}

static void a_numeric_address_is_its_own_answer(void **state)
{
	Resolver *resolver = make();
	ResolveAnswer answer;
	assert_false(resolver_take(resolver, &answer));
	ask(resolver, 7, "127.0.0.1");
	take(resolver, &answer);
	assert_int_equal(answer.token, 7);
	assert_string_equal(answer.error, "");
	assert_int_equal(answer.naddresses, 1);
	assert_string_equal(answer.addresses[0], "127.0.0.1");
	ask(resolver, UINT64_MAX, "0:0:0:0:0:0:0:1");
	take(resolver, &answer);
	assert_true(answer.token == UINT64_MAX);
	assert_string_equal(answer.addresses[0], "::1");
	assert_false(resolver_take(resolver, &answer));
	resolver_free(resolver);
	resolver_free(NULL);
}

static void localhost_is_a_loopback_address_named_once(void **state)
{
	Resolver *resolver = make();
	ResolveAnswer answer;
	ask(resolver, 1, "localhost");
	take(resolver, &answer);
	assert_string_equal(answer.error, "");
	assert_true(answer.naddresses >= 1 && answer.naddresses <= RESOLVE_ADDRESSES_MAX);
	for (size_t i = 0; i < answer.naddresses; i++) {
		assert_true(resolve_is_numeric(answer.addresses[i]));
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(answer.addresses[i], answer.addresses[j]);
	}
	resolver_free(resolver);
}

static void what_has_no_address_gives_a_reason(void **state)
{
	static const char *const hosts[] = {"no-such-host.invalid", "", "a..b", "bad name"};
	Resolver *resolver = make();
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		ResolveAnswer answer;
		ask(resolver, i, hosts[i]);
		take(resolver, &answer);
		assert_int_equal(answer.token, i);
		assert_int_equal(answer.naddresses, 0);
		assert_string_not_equal(answer.error, "");
	}
	char *huge = malloc(70001);
	memset(huge, 'x', 70000);
	huge[70000] = '\0';
	ResolveAnswer answer;
	ask(resolver, 9, huge);
	free(huge);
	take(resolver, &answer);
	assert_int_equal(answer.naddresses, 0);
	assert_string_not_equal(answer.error, "");
	resolver_free(resolver);
}

static void a_hundred_at_once_are_all_answered(void **state)
{
	enum { COUNT = 100 };
	bool seen[COUNT] = {false};
	Resolver *resolver = make();
	for (uint64_t i = 0; i < COUNT; i++) {
		char host[32];
		(void)snprintf(host, sizeof(host), "127.0.0.%u", (unsigned)i + 1);
		ask(resolver, i, i % 3 == 2 ? "no-such-host.invalid" : i % 3 ? "localhost" : host);
	}
	for (size_t i = 0; i < COUNT; i++) {
		ResolveAnswer answer;
		take(resolver, &answer);
		assert_true(answer.token < COUNT);
		assert_false(seen[answer.token]);
		seen[answer.token] = true;
		assert_int_equal(answer.naddresses == 0, answer.token % 3 == 2);
		if (answer.token % 3 == 0)
			assert_int_equal(strtol(answer.addresses[0] + strlen("127.0.0."), NULL, 10),
			                 (long)answer.token + 1);
	}
	ResolveAnswer answer;
	assert_false(resolver_take(resolver, &answer));
	resolver_free(resolver);
}

static void answers_wait_for_a_loop_that_is_busy(void **state)
{
	Resolver *resolver = make();
	for (uint64_t i = 0; i < 40; i++)
		ask(resolver, i, "127.0.0.1");
	usleep(100000);
	for (int i = 0; i < 40; i++) {
		ResolveAnswer answer;
		take(resolver, &answer);
		assert_int_equal(answer.naddresses, 1);
	}
	resolver_free(resolver);
}

static void freed_while_look_ups_run_it_neither_crashes_nor_leaks(void **state)
{
	size_t before = open_descriptors();
	for (int round = 0; round < 20; round++) {
		Resolver *resolver = make();
		for (uint64_t i = 0; i < 50; i++) /* some run, some wait in line */
			ask(resolver, i, i % 2 ? "no-such-host.invalid" : "localhost");
		if (round % 2) { /* some answers are there, untaken */
			ResolveAnswer answer;
			take(resolver, &answer);
		}
		resolver_free(resolver);
	}
	wait_for_descriptors(before);
}

static volatile sig_atomic_t signals; /* NOLINT(cppcoreguidelines-avoid-non-const-global-variables): a handler's */

static void on_signal(int signal)
{
	signals++;
}

static void signals_are_left_to_the_loop(void **state)
{
	struct sigaction action = {.sa_handler = on_signal};
	struct sigaction before;
	assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
	sigset_t set, old;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	assert_int_equal(sigprocmask(SIG_BLOCK, &set, &old), 0);
	Resolver *resolver = make();
	for (uint64_t i = 0; i < 30; i++)
		ask(resolver, i, "no-such-host.invalid");
	/* Blocked here and in every thread: it stays pending. */
	kill(getpid(), SIGUSR1);
	for (int i = 0; i < 30; i++) {
		ResolveAnswer answer;
		take(resolver, &answer);
	}
	assert_int_equal(signals, 0);
	assert_int_equal(sigprocmask(SIG_SETMASK, &old, NULL), 0); /* asking has not changed our own mask either */
	assert_int_equal(signals, 1);
	resolver_free(resolver);
	assert_int_equal(sigaction(SIGUSR1, &before, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numeric_addresses_need_no_look_up),
		cmocka_unit_test(a_numeric_address_is_its_own_answer),
		cmocka_unit_test(localhost_is_a_loopback_address_named_once),
		cmocka_unit_test(what_has_no_address_gives_a_reason),
		cmocka_unit_test(a_hundred_at_once_are_all_answered),
		cmocka_unit_test(answers_wait_for_a_loop_that_is_busy),
		cmocka_unit_test(freed_while_look_ups_run_it_neither_crashes_nor_leaks),
		cmocka_unit_test(signals_are_left_to_the_loop),
	};
	/* Name servers may be slow to say that a name does not exist; the second try would only double it. */
	(void)setenv("RES_OPTIONS", "timeout:1 attempts:1", 0);
	return cmocka_run_group_tests_name("resolve", tests, NULL, NULL);
}
