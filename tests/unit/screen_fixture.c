#include "screen_fixture.h"

#include "view/render.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

void screen_draw(Screen *s)
{
	if (s->cols == 0)
		return;
	ui_update(&s->ui, &s->fixture.report);
	render(&s->frame, s->cols, s->rows, &s->fixture.report, &s->ui, &s->theme);
}

void screen_start(Screen *s, void (*build)(ReportFixture *), bool readonly, int cols, int rows)
{
	Keymap keymap;
	keymap_init(&keymap);
	theme_init(&s->theme, false);
	build(&s->fixture);
	ui_free(&s->ui);
	ui_init(&s->ui, &keymap, readonly);
	ui_update(&s->ui, &s->fixture.report);
	s->cols = cols;
	s->rows = rows;
	screen_draw(s);
}

Effect press(Screen *s, const char *keys)
{
	Effect effect = {.kind = EFFECT_NONE};
	for (Str rest = str_from(keys); rest.len > 0;) {
		Key key;
		assert_true(key_parse(str_cut(&rest, ' '), &key));
		effect = ui_key(&s->ui, key, &s->fixture.report);
		screen_draw(s);
	}
	return effect;
}
