#ifndef PGREPLTOP_TESTS_UNIT_SCREEN_FIXTURE_H
#define PGREPLTOP_TESTS_UNIT_SCREEN_FIXTURE_H
/* A report and what a person does with it. */
#include "report_fixture.h"
#include "view/frame.h"
#include "view/theme.h"
#include "view/ui_act.h"

/* Static in each test, so that the next start frees what it owns. */
typedef struct Screen {
	ReportFixture fixture;
	UiState ui;
	Frame frame;
	Theme theme;
	int cols, rows; /* 0: it is not drawn */
} Screen;

/* Drawn after the start and each key, as the program does: then the state knows which columns and rows there are. */
void screen_start(Screen *s, void (*build)(ReportFixture *), bool readonly, int cols, int rows);
void screen_draw(Screen *s);
/* Keys as in the configuration, separated by blanks; the effect of the last. */
Effect press(Screen *s, const char *keys);

#endif
