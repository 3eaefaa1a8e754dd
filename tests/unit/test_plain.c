#include "view/plain.h"

#include "report_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static StrBuf plain_of(const Report *report, bool ascii)
{
	Theme theme;
	StrBuf out = {0};
	theme_init(&theme, ascii);
	plain_write(&out, report, &theme);
	return out;
}

static void assert_has(const StrBuf *out, const char *wanted)
{
	if (strstr(out->data, wanted) == NULL)
		fail_msg("\"%s\" is not in:\n%s", wanted, out->data);
}

static void all_of_the_tree_is_there(void **state)
{
	ReportFixture f;
	(void)state;
	fixture_reference(&f);
	StrBuf out = plain_of(&f.report, false);
	assert_true(str_starts(strbuf_str(&out), STR("2026-11-21T12:01:33.123Z\npgrepltop ")));
	assert_has(&out, "\nNODE ");
	assert_has(&out, "\n\xe2\x94\x9c\xe2\x94\x80 s1");
	assert_has(&out, "\n\xe2\x94\x82  \xe2\x94\x94\xe2\x94\x80 ~s4");
	assert_null(strstr(out.data, " \n"));
	assert_null(strstr(out.data, "\033"));
	strbuf_free(&out);
}

static void ascii_is_all_of_it(void **state)
{
	ReportFixture f;
	(void)state;
	fixture_slots(&f);
	for (size_t i = 0; i < f.report.nslots; i++) /* one has a name that is not */
		f.slots[i].slot = STR("slot");
	for (size_t i = 0; i < f.report.nnodes; i++)
		f.nodes[i].node = STR("node");
	StrBuf out = plain_of(&f.report, true);
	for (size_t i = 0; i < out.len; i++)
		assert_true((out.data[i] >= ' ' && out.data[i] < 0x7f) || out.data[i] == '\n');
	assert_has(&out, "\n NODE");
	assert_has(&out, "  SLOT");
	strbuf_free(&out);
}

/* Also that of a node with a name that no screen has room for. */
static void long_names_and_errors_are_whole(void **state)
{
	ReportFixture f;
	(void)state;
	fixture_reference(&f);
	f.nodes[1].node = STR("an-uncommonly-long-name-of-a-standby.in-a-long.domain.example.org:5432");
	f.nodes[1].error =
		STR("an error that is so long that it has no place in any column of the tree, but is told in a line "
	            "of its own, with all that it has to say about who, when, where and what for");
	StrBuf out = plain_of(&f.report, false);
	assert_has(&out, "\xe2\x94\x80 an-uncommonly-long-name-of-a-standby.in-a-long.domain.example.org:5432 ");
	assert_has(&out, "\nan-uncommonly-long-name-of-a-standby.in-a-long.domain.example.org:5432: an error that");
	assert_has(&out, "where and what for\n");
	strbuf_free(&out);
}

static void hostile_text_stays_harmless(void **state)
{
	ReportFixture f;
	(void)state;
	fixture_hostile(&f);
	StrBuf out = plain_of(&f.report, false);
	for (size_t i = 0; i < out.len; i++)
		assert_true((unsigned char)out.data[i] >= ' ' || out.data[i] == '\n');
	assert_has(&out, ": one two three ?[2J\n");
	strbuf_free(&out);
}

static void several_clusters_have_headings(void **state)
{
	ReportFixture f;
	(void)state;
	fixture_clusters(&f);
	StrBuf out = plain_of(&f.report, true);
	assert_has(&out, "SPLIT BRAIN");
	assert_has(&out, "\n-- ");
	strbuf_free(&out);
}

static void nothing_is_said_in_words(void **state)
{
	const Report none = {.time = STR("2026-11-21T12:01:33.123Z"), .settled = true};
	(void)state;
	StrBuf out = plain_of(&none, false);
	assert_has(&out, "No server was found.");
	strbuf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_the_tree_is_there),        cmocka_unit_test(ascii_is_all_of_it),
		cmocka_unit_test(long_names_and_errors_are_whole), cmocka_unit_test(hostile_text_stays_harmless),
		cmocka_unit_test(several_clusters_have_headings),  cmocka_unit_test(nothing_is_said_in_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
