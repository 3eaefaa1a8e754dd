#include "base/csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MAX_FIELDS 8
#define NONE \
	{ \
		NULL, 0 \
	}

static uint64_t xorshift(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* Equal, with "unknown" and "empty" told apart. */
static void assert_str(Str actual, Str expected)
{
	assert_int_equal(str_is_none(actual), str_is_none(expected));
	assert_int_equal(actual.len, expected.len);
	if (expected.len)
		assert_memory_equal(actual.data, expected.data, expected.len);
}

static void write_row(StrBuf *out, const Str *fields, size_t count)
{
	for (size_t i = 0; i < count; i++)
		csv_write_field(out, fields[i], i == 0);
	csv_end_row(out);
}

static void a_field_is_quoted_only_where_it_must_be(void **state)
{
	(void)state;
	static const struct {
		Str field, expected;
	} cases[] = {
		{NONE, STR_INIT("")},
		{STR_INIT(""), STR_INIT("\"\"")},
		{STR_INIT("plain text"), STR_INIT("plain text")},
		{STR_INIT("a,b"), STR_INIT("\"a,b\"")},
		{STR_INIT("\""), STR_INIT("\"\"\"\"")},
		{STR_INIT("say \"x\"\"y\""), STR_INIT("\"say \"\"x\"\"\"\"y\"\"\"")},
		{STR_INIT("a\nb"), STR_INIT("\"a\nb\"")},
		{STR_INIT("a\rb"), STR_INIT("\"a\rb\"")},
		{STR_INIT("a;b\tc'd\\"), STR_INIT("a;b\tc'd\\")},
		{STR_INIT("\xFF\0\xC3"), STR_INIT("\xFF\0\xC3")},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		StrBuf out = {0};
		csv_write_field(&out, cases[i].field, true);
		assert_str(strbuf_str(&out), cases[i].expected);
		strbuf_free(&out);
	}
}

static void a_row_has_commas_between_its_fields_and_ends_with_a_newline(void **state)
{
	(void)state;
	StrBuf out = {0};
	write_row(&out, (Str[]){STR("a"), STR_NONE, STR(""), STR("b")}, 4);
	write_row(&out, (Str[]){STR_NONE, STR_NONE}, 2);
	assert_str(strbuf_str(&out), STR("a,,\"\",b\n,\n"));
	strbuf_free(&out);
}

static void rows_are_read_one_after_another(void **state)
{
	(void)state;
	Arena arena = {0};
	Str fields[MAX_FIELDS];
	size_t count = 0;
	Str text = STR("a,b\n\"c\"\r\nrest");
	assert_int_equal(csv_read_row(&text, &arena, fields, MAX_FIELDS, &count), CSV_ROW);
	assert_int_equal(count, 2);
	assert_str(fields[0], STR("a"));
	assert_str(fields[1], STR("b"));
	assert_int_equal(csv_read_row(&text, &arena, fields, MAX_FIELDS, &count), CSV_ROW);
	assert_int_equal(count, 1);
	assert_str(fields[0], STR("c"));
	assert_str(text, STR("rest"));
	assert_int_equal(csv_read_row(&text, &arena, fields, MAX_FIELDS, &count), CSV_MORE);
	assert_str(text, STR("rest"));
	arena_free(&arena);
}

static void a_row_is_read_into_its_fields(void **state)
{
	(void)state;
	static const struct {
		Str text;
		size_t count;
		Str fields[4];
	} cases[] = {
		{STR_INIT("\n"), 1, {NONE}},
		{STR_INIT("\r\n"), 1, {NONE}},
		{STR_INIT(",\n"), 2, {NONE, NONE}},
		{STR_INIT(",,\"\",\r\n"), 4, {NONE, NONE, STR_INIT(""), NONE}},
		{STR_INIT("\"\"\n"), 1, {STR_INIT("")}},
		{STR_INIT("\"\"\"\"\n"), 1, {STR_INIT("\"")}},
		{STR_INIT("\"a\"\"b\"\"\"\r\n"), 1, {STR_INIT("a\"b\"")}},
		{STR_INIT("\"\"\"\"\"\",x\n"), 2, {STR_INIT("\"\""), STR_INIT("x")}},
		{STR_INIT("\"a,b\",\"c\nd\r\ne\"\n"), 2, {STR_INIT("a,b"), STR_INIT("c\nd\r\ne")}},
		{STR_INIT(" a , b \n"), 2, {STR_INIT(" a "), STR_INIT(" b ")}},
		{STR_INIT("a\0b\n"), 1, {STR_INIT("a\0b")}},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		Arena arena = {0};
		Str fields[MAX_FIELDS];
		size_t count = 0;
		Str text = cases[i].text;
		assert_int_equal(csv_read_row(&text, &arena, fields, MAX_FIELDS, &count), CSV_ROW);
		assert_int_equal(count, cases[i].count);
		assert_int_equal(text.len, 0);
		for (size_t k = 0; k < count; k++)
			assert_str(fields[k], cases[i].fields[k]);
		arena_free(&arena);
	}
}

static void every_beginning_of_a_row_asks_for_more(void **state)
{
	(void)state;
	static const Str row = STR_INIT("a,\"b,\"\"\n\r\nc\",,\"\",\"d\"\"\",e\r\n");
	Arena arena = {0};
	Str fields[MAX_FIELDS];
	size_t count = 99;
	for (size_t len = 0; len < row.len; len++) {
		/* A copy of just this size, so that AddressSanitizer sees a look behind it. */
		char *copy = xcalloc(len, 1);
		memcpy(copy, row.data, len);
		Str text = {copy, len};
		assert_int_equal(csv_read_row(&text, &arena, fields, MAX_FIELDS, &count), CSV_MORE);
		assert_ptr_equal(text.data, copy);
		assert_int_equal(text.len, len);
		free(copy);
	}
	assert_int_equal(count, 99);
	Str text = row;
	assert_int_equal(csv_read_row(&text, &arena, fields, MAX_FIELDS, &count), CSV_ROW);
	assert_int_equal(count, 6);
	arena_free(&arena);
}

static void no_text_at_all_asks_for_more(void **state)
{
	(void)state;
	Arena arena = {0};
	Str fields[1];
	size_t count = 0;
	Str text = STR_NONE;
	assert_int_equal(csv_read_row(&text, &arena, fields, 1, &count), CSV_MORE);
	text = STR("");
	assert_int_equal(csv_read_row(&text, &arena, fields, 0, &count), CSV_MORE);
}

static void what_is_not_csv_is_an_error_and_leaves_the_text(void **state)
{
	(void)state;
	static const Str bad[] = {
		STR_INIT("a\"b\n"), /* quote inside an unquoted field */
		STR_INIT("a\"b\"\n"),   STR_INIT(" \"a\"\n"),   STR_INIT("\"a\"b\n"), /* text behind a quoted one */
		STR_INIT("\"a\" ,b\n"), STR_INIT("\"a\"\rb\n"), /* carriage return without newline */
		STR_INIT("a\rb\n"),     STR_INIT("1,2,3,4\n"),  /* too many fields */
		STR_INIT("1,2,3,"),                             /* and that is known before the row is complete */
	};
	for (size_t i = 0; i < COUNT(bad); i++) {
		Arena arena = {0};
		Str fields[3];
		size_t count = 99;
		Str text = bad[i];
		assert_int_equal(csv_read_row(&text, &arena, fields, 3, &count), CSV_ERROR);
		assert_int_equal(count, 99);
		assert_int_equal(text.len, bad[i].len);
		arena_free(&arena);
	}
}

static void exactly_max_fields_are_read(void **state)
{
	(void)state;
	Arena arena = {0};
	Str fields[3];
	size_t count = 0;
	Str text = STR("1,2,3\n");
	assert_int_equal(csv_read_row(&text, &arena, fields, 3, &count), CSV_ROW);
	assert_int_equal(count, 3);
	arena_free(&arena);
}

static void fields_are_slices_of_the_text_unless_quotes_were_doubled(void **state)
{
	(void)state;
	Arena arena = {0};
	Str fields[MAX_FIELDS];
	size_t count = 0;
	Str row = STR("ab,\"c,d\"\n");
	Str text = row;
	assert_int_equal(csv_read_row(&text, &arena, fields, MAX_FIELDS, &count), CSV_ROW);
	assert_ptr_equal(fields[0].data, row.data);
	assert_ptr_equal(fields[1].data, row.data + 4);
	assert_int_equal(arena_capacity(&arena), 0);
	text = STR("\"a\"\"b\"\n");
	assert_int_equal(csv_read_row(&text, &arena, fields, MAX_FIELDS, &count), CSV_ROW);
	assert_true(arena_capacity(&arena) > 0);
	arena_free(&arena);
}

/* NONE, empty, random bytes, or bytes of those that matter to CSV. */
static Str random_field(uint64_t *seed, char *storage, size_t size)
{
	static const char special[] = {',', '"', '\n', '\r', 'a', '\0'};
	uint64_t kind = xorshift(seed) % 6;
	if (kind == 0)
		return STR_NONE;
	size_t len = kind == 1 ? 0 : xorshift(seed) % size;
	for (size_t i = 0; i < len; i++) {
		uint64_t r = xorshift(seed) >> 8;
		storage[i] = special[r % COUNT(special)];
		if (kind % 2)
			storage[i] = (char)r;
	}
	return (Str){storage, len};
}

static void random_rows_make_the_round_trip(void **state)
{
	(void)state;
	uint64_t seed = 0xDEC0DE;
	for (int round = 0; round < 3000; round++) {
		char storage[MAX_FIELDS][32];
		Str written[MAX_FIELDS];
		Str fields[MAX_FIELDS];
		size_t count = 1 + xorshift(&seed) % MAX_FIELDS;
		size_t nfields = 0;
		Arena arena = {0};
		StrBuf out = {0};
		for (size_t i = 0; i < count; i++)
			written[i] = random_field(&seed, storage[i], sizeof(storage[i]));
		write_row(&out, written, count);
		for (size_t len = 0; len < out.len; len++) {
			Str part = str_sub(strbuf_str(&out), 0, len);
			assert_int_equal(csv_read_row(&part, &arena, fields, MAX_FIELDS, &nfields), CSV_MORE);
		}
		strbuf_add_cstr(&out, "next");
		Str text = strbuf_str(&out);
		assert_int_equal(csv_read_row(&text, &arena, fields, MAX_FIELDS, &nfields), CSV_ROW);
		assert_str(text, STR("next"));
		assert_int_equal(nfields, count);
		for (size_t i = 0; i < count; i++)
			assert_str(fields[i], written[i]);
		strbuf_free(&out);
		arena_free(&arena);
	}
}

static void random_text_is_read_to_its_end_or_refused(void **state)
{
	(void)state;
	static const char alphabet[] = {',', '"', '\n', '\r', 'a', 'b'};
	uint64_t seed = 99;
	for (int round = 0; round < 20000; round++) {
		char storage[40];
		size_t len = xorshift(&seed) % (sizeof(storage) + 1);
		for (size_t i = 0; i < len; i++)
			storage[i] = alphabet[(xorshift(&seed) >> 8) % COUNT(alphabet)];
		Arena arena = {0};
		Str text = {storage, len};
		Str fields[4];
		size_t count = 0;
		for (;;) {
			size_t before = text.len;
			CsvResult result = csv_read_row(&text, &arena, fields, 4, &count);
			if (result != CSV_ROW) {
				assert_int_equal(text.len, before);
				break;
			}
			assert_true(text.len < before);
			assert_true(count >= 1 && count <= 4);
		}
		arena_free(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_field_is_quoted_only_where_it_must_be),
		cmocka_unit_test(a_row_has_commas_between_its_fields_and_ends_with_a_newline),
		cmocka_unit_test(rows_are_read_one_after_another),
		cmocka_unit_test(a_row_is_read_into_its_fields),
		cmocka_unit_test(every_beginning_of_a_row_asks_for_more),
		cmocka_unit_test(no_text_at_all_asks_for_more),
		cmocka_unit_test(what_is_not_csv_is_an_error_and_leaves_the_text),
		cmocka_unit_test(exactly_max_fields_are_read),
		cmocka_unit_test(fields_are_slices_of_the_text_unless_quotes_were_doubled),
		cmocka_unit_test(random_rows_make_the_round_trip),
		cmocka_unit_test(random_text_is_read_to_its_end_or_refused),
	};
	return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
