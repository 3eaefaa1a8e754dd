/* What a person does with the screen as a whole: freezes it, sets the delay. */
#include "view/ui_act.h"
#include "view/view_act.h"

#include "report_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* Static in each test, so that the next start() frees what it owns. */
typedef struct Screen {
	ReportFixture fixture;
	UiState ui;
} Screen;

static void start(Screen *s, void (*build)(ReportFixture *))
{
	Keymap keymap;
	keymap_init(&keymap);
	build(&s->fixture);
	ui_free(&s->ui);
	ui_init(&s->ui, &keymap, false);
	ui_update(&s->ui, &s->fixture.report);
}

static Effect press(Screen *s, const char *keys)
{
	Effect effect = {.kind = EFFECT_NONE};
	for (Str rest = str_from(keys); rest.len > 0;) {
		Key key;
		assert_true(key_parse(str_cut(&rest, ' '), &key));
		effect = ui_key(&s->ui, key, &s->fixture.report);
	}
	return effect;
}

static void the_screen_freezes_and_thaws(void **state)
{
	static Screen s;
	start(&s, fixture_reference);
	assert_int_equal(press(&s, "z").kind, EFFECT_FREEZE);
	assert_true(s.ui.frozen);
	assert_string_equal(s.ui.since, "12:01:33Z");
	assert_string_equal(s.ui.message, "frozen: z shows the newest again; what is read meanwhile is not lost");
	press(&s, "5 4 2 1 Enter Esc Down Tab"); /* all views are there */
	assert_true(s.ui.frozen);
	assert_int_equal(press(&s, "z").kind, EFFECT_FREEZE);
	assert_false(s.ui.frozen);
	assert_string_equal(s.ui.message, "");
}

static bool confirmation_says(const UiState *ui, const char *words)
{
	DialogText text;
	StrBuf all = {0};
	dialog_text_init(&text, 74);
	act_fill_confirm(&text, &ui->asked, ui->frozen ? str_from(ui->since) : STR_NONE);
	for (size_t i = 0; i < text.nlines; i++)
		strbuf_addf(&all, "%.*s ", STR_ARG(text.lines[i].text));
	bool found = str_find(strbuf_str(&all), str_from(words)) != SIZE_MAX;
	strbuf_free(&all);
	dialog_text_free(&text);
	return found;
}

static void an_action_on_a_frozen_screen_says_so_and_keeps_its_guard(void **state)
{
	static Screen s;
	start(&s, fixture_sync_wait);
	press(&s, "Tab K");
	assert_int_equal(s.ui.dialog, DIALOG_CONFIRM);
	assert_false(confirmation_says(&s.ui, "frozen"));
	RowKey key = s.ui.asked.items[0].key;
	press(&s, "n z K");
	assert_int_equal(s.ui.dialog, DIALOG_CONFIRM);
	assert_true(confirmation_says(&s.ui, "The screen is frozen since 12:01:33Z: what it shows may have changed."));
	assert_true(confirmation_says(&s.ui, "only if it is still the same process."));
	assert_true(row_key_eq(s.ui.asked.items[0].key, key)); /* with the start that the statement checks */
	assert_int_equal(press(&s, "y").kind, EFFECT_ACT);
	start(&s, fixture_actions);
	press(&s, "z Down P");
	assert_true(confirmation_says(&s.ui, "only if it is still the same server."));
}

static void the_delay_is_asked_for(void **state)
{
	static const char *const wrong[] = {"0 . 0 9", "3 6 0 1", "0", "- 1", "x", "1 k B", ""};
	static Screen s;
	start(&s, fixture_reference);
	press(&s, "s");
	assert_int_equal(s.ui.prompt.kind, PROMPT_DELAY);
	assert_string_equal(s.ui.prompt.edit.text, "1"); /* that of now */
	assert_int_equal(press(&s, "C-u 0 . 5 Enter").kind, EFFECT_DELAY);
	assert_int_equal(s.ui.prompt.kind, PROMPT_NONE);
	assert_true(s.ui.delay_s == 0.5);
	assert_int_equal(press(&s, "s C-u 2 5 0 m s Enter").kind, EFFECT_DELAY);
	assert_true(s.ui.delay_s == 0.25);
	assert_int_equal(press(&s, "s C-u 3 6 0 0 Enter").kind, EFFECT_DELAY);
	assert_true(s.ui.delay_s == 3600);
	assert_int_equal(press(&s, "s C-u 0 . 1 Enter").kind, EFFECT_DELAY);
	assert_true(s.ui.delay_s == 0.1);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		press(&s, "s C-u");
		press(&s, wrong[i]);
		assert_int_equal(press(&s, "Enter").kind, EFFECT_NONE);
		assert_int_equal(s.ui.prompt.kind, PROMPT_DELAY); /* stays, to be mended */
		assert_true(s.ui.message_bad);
		assert_true(s.ui.delay_s == 0.1);
		press(&s, "Esc");
		assert_int_equal(s.ui.prompt.kind, PROMPT_NONE);
	}
	press(&s, "s C-u 9 Enter z");
	assert_int_equal(press(&s, "s q z Esc").kind, EFFECT_NONE); /* letters, no commands */
	assert_true(s.ui.frozen);
	press(&s, "s C-u 1 x Enter");
	assert_string_equal(s.ui.message, "\"1x\" is no delay: expected 0.1 to 3600 seconds, as 2, 500ms or 1min");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_screen_freezes_and_thaws),
		cmocka_unit_test(an_action_on_a_frozen_screen_says_so_and_keeps_its_guard),
		cmocka_unit_test(the_delay_is_asked_for),
	};
	return cmocka_run_group_tests_name("ui_screen", tests, NULL, NULL);
}
