#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define KB ((size_t)1024)

static void assert_all_zero(const void *memory, size_t size)
{
	const unsigned char *bytes = memory;
	for (size_t i = 0; i < size; i++)
		assert_int_equal(bytes[i], 0);
}

static void an_empty_arena_holds_nothing_and_may_be_reset_and_freed(void **state)
{
	(void)state;
	Arena arena = {0};
	assert_int_equal(arena_capacity(&arena), 0);
	arena_reset(&arena);
	arena_free(&arena);
	arena_free(&arena);
	assert_null(arena.first);
}

static void memory_is_zeroed_and_aligned_for_any_type(void **state)
{
	(void)state;
	Arena arena = {0};
	for (size_t size = 0; size < 300; size++) {
		unsigned char *p = arena_alloc(&arena, size);
		assert_non_null(p);
		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		assert_all_zero(p, size);
		memset(p, 0xAB, size);
	}
	arena_free(&arena);
}

static void allocations_do_not_overlap_and_keep_their_content(void **state)
{
	(void)state;
	enum { COUNT = 2000 };
	static unsigned char *pointers[COUNT];
	Arena arena = {0};
	for (size_t i = 0; i < COUNT; i++) {
		size_t size = 1 + i % 97;
		pointers[i] = arena_alloc(&arena, size);
		memset(pointers[i], (int)(i % 251), size);
	}
	for (size_t i = 0; i < COUNT; i++) {
		for (size_t k = 0; k < 1 + i % 97; k++)
			assert_int_equal(pointers[i][k], i % 251);
	}
	arena_free(&arena);
}

static void requests_of_no_bytes_get_distinct_pointers(void **state)
{
	(void)state;
	Arena arena = {0};
	void *a = arena_alloc(&arena, 0);
	void *b = ARENA_ARRAY(&arena, int, 0);
	void *c = arena_alloc(&arena, 1);
	assert_ptr_not_equal(a, b);
	assert_ptr_not_equal(b, c);
	arena_free(&arena);
}

static void chunks_double_from_8_kb_to_1_mb(void **state)
{
	(void)state;
	Arena arena = {0};
	size_t expected = 8 * KB;
	size_t before = 0;
	for (int chunks = 0; chunks < 11;) {
		(void)arena_alloc(&arena, 1024);
		size_t now = arena_capacity(&arena);
		if (now == before)
			continue;
		assert_int_equal(now - before, expected);
		before = now;
		chunks++;
		if (expected < 1024 * KB)
			expected *= 2;
	}
	arena_free(&arena);
}

static void a_request_larger_than_any_chunk_gets_its_own(void **state)
{
	(void)state;
	Arena arena = {0};
	size_t size = 3072 * KB;
	unsigned char *p = arena_alloc(&arena, size);
	p[0] = 1;
	p[size - 1] = 1;
	assert_true(arena_capacity(&arena) >= size);
	assert_true(arena_capacity(&arena) < size + KB);
	arena_free(&arena);
}

static void fill(Arena *arena, unsigned rounds)
{
	for (unsigned i = 0; i < rounds; i++) {
		size_t size = 16 + (size_t)(i * 7919u % 5000u) + (i % 50 == 49 ? 40 * KB : 0);
		unsigned char *p = arena_alloc(arena, size);
		assert_all_zero(p, size);
		memset(p, 0xFF, size);
	}
}

static void a_reset_arena_hands_out_zeroed_memory_and_grows_no_more(void **state)
{
	(void)state;
	Arena arena = {0};
	fill(&arena, 500);
	size_t held = arena_capacity(&arena);
	for (int i = 0; i < 5; i++) {
		arena_reset(&arena);
		assert_int_equal(arena_capacity(&arena), held);
		fill(&arena, 500);
		assert_int_equal(arena_capacity(&arena), held);
	}
	arena_free(&arena);
}

static void a_reset_arena_starts_again_at_its_first_byte(void **state)
{
	(void)state;
	Arena arena = {0};
	void *first = arena_alloc(&arena, 100);
	fill(&arena, 100);
	arena_reset(&arena);
	assert_ptr_equal(arena_alloc(&arena, 100), first);
	arena_free(&arena);
}

static void a_large_request_after_a_reset_leaves_the_smaller_chunks_usable(void **state)
{
	(void)state;
	Arena arena = {0};
	(void)arena_alloc(&arena, 8000);   /* fills the chunk of 8 kB */
	(void)arena_alloc(&arena, 15000);  /* and that of 16 */
	(void)arena_alloc(&arena, 30000);  /* and that of 32 */
	(void)arena_alloc(&arena, 200000); /* and one of its own */
	size_t held = arena_capacity(&arena);
	arena_reset(&arena);
	(void)arena_alloc(&arena, 8000);
	(void)arena_alloc(&arena, 200000);
	(void)arena_alloc(&arena, 15000);
	(void)arena_alloc(&arena, 30000);
	assert_int_equal(arena_capacity(&arena), held);
	arena_free(&arena);
}

static void a_freed_arena_is_empty_and_usable_again(void **state)
{
	(void)state;
	Arena arena = {0};
	fill(&arena, 100);
	arena_free(&arena);
	assert_int_equal(arena_capacity(&arena), 0);
	int *p = ARENA_NEW(&arena, int);
	*p = 42;
	assert_int_equal(arena_capacity(&arena), 8 * KB);
	arena_free(&arena);
}

static void xcalloc_zeroes_and_xrealloc_array_keeps_content(void **state)
{
	(void)state;
	int *p = xcalloc(10, sizeof(int));
	assert_all_zero(p, 10 * sizeof(int));
	p[9] = 7;
	p = xrealloc_array(p, 1000, sizeof(int));
	assert_int_equal(p[9], 7);
	free(p);
}

static void xcalloc_and_xrealloc_array_of_nothing_give_a_pointer(void **state)
{
	(void)state;
	void *p = xcalloc(0, 8);
	assert_non_null(p);
	p = xrealloc_array(p, 0, 8);
	assert_non_null(p);
	free(p);
}

static void overflow_in_array(void)
{
	Arena arena = {0};
	(void)arena_alloc_array(&arena, SIZE_MAX / 2, 3);
}

static void overflow_in_size(void)
{
	Arena arena = {0};
	(void)arena_alloc(&arena, SIZE_MAX);
}

static void overflow_in_xcalloc(void)
{
	volatile size_t count = SIZE_MAX / 4 + 1; /* volatile: the compiler would see through it and warn */
	(void)xcalloc(count, 4);
}

static void overflow_in_xrealloc(void)
{
	(void)xrealloc_array(NULL, SIZE_MAX / 4 + 1, 4);
}

static void an_impossible_size_ends_the_program_with_one_line_and_status_1(void **state)
{
	(void)state;
	static void (*const cases[])(void) = {
		overflow_in_array,
		overflow_in_size,
		overflow_in_xcalloc,
		overflow_in_xrealloc,
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int ends[2];
		assert_int_equal(pipe(ends), 0);
		fflush(NULL); /* or the child would write our buffered output a second time */
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			dup2(ends[1], STDERR_FILENO);
			cases[i]();
			_exit(99);
		}
		close(ends[1]);
		char text[200] = "";
		size_t len = 0;
		ssize_t got = 0;
		while (len < sizeof(text) - 1 && (got = read(ends[0], text + len, sizeof(text) - 1 - len)) > 0)
			len += (size_t)got;
		close(ends[0]);
		int status = 0;
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 1);
		assert_string_equal(text, "pgrepltop: out of memory\n");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_arena_holds_nothing_and_may_be_reset_and_freed),
		cmocka_unit_test(memory_is_zeroed_and_aligned_for_any_type),
		cmocka_unit_test(allocations_do_not_overlap_and_keep_their_content),
		cmocka_unit_test(requests_of_no_bytes_get_distinct_pointers),
		cmocka_unit_test(chunks_double_from_8_kb_to_1_mb),
		cmocka_unit_test(a_request_larger_than_any_chunk_gets_its_own),
		cmocka_unit_test(a_reset_arena_hands_out_zeroed_memory_and_grows_no_more),
		cmocka_unit_test(a_reset_arena_starts_again_at_its_first_byte),
		cmocka_unit_test(a_large_request_after_a_reset_leaves_the_smaller_chunks_usable),
		cmocka_unit_test(a_freed_arena_is_empty_and_usable_again),
		cmocka_unit_test(xcalloc_zeroes_and_xrealloc_array_keeps_content),
		cmocka_unit_test(xcalloc_and_xrealloc_array_of_nothing_give_a_pointer),
		cmocka_unit_test(an_impossible_size_ends_the_program_with_one_line_and_status_1),
	};
	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
