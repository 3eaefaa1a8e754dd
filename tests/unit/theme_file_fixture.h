#ifndef TESTS_UNIT_THEME_FILE_FIXTURE_H
#define TESTS_UNIT_THEME_FILE_FIXTURE_H
/* The themes that come with the program, read as the program does it, but without libinih. */
#include "view/theme.h"

/* Applies themes/NAME.ini line by line; a line that is refused fails the test. THEME_DIR names another folder. */
void theme_file_apply(Theme *theme, const char *name);

#endif
