#include "theme_file_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void read_theme(const char *name, StrBuf *out)
{
	const char *folder = getenv("THEME_DIR");
	char path[512];
	char chunk[4096];
	size_t got;
	snprintf(path, sizeof(path), "%s/%s.ini", folder ? folder : "themes", name);
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	while ((got = fread(chunk, 1, sizeof(chunk), file)) > 0)
		strbuf_add(out, (Str){chunk, got});
	fclose(file);
}

void theme_file_apply(Theme *theme, const char *name)
{
	StrBuf text = {0};
	Str section = STR_NONE;
	read_theme(name, &text);
	for (Str rest = strbuf_str(&text); rest.len > 0;) {
		Str line = str_trim(str_cut(&rest, '\n'));
		if (line.len == 0 || line.data[0] == ';')
			continue;
		if (line.data[0] == '[') {
			section = str_sub(line, 1, line.len - 1);
			continue;
		}
		Err err = {""};
		Str value = line;
		Str key = str_trim(str_cut(&value, '='));
		if (!theme_set(theme, section, key, str_trim(value), &err))
			fail_msg("%s: %.*s: %s", name, STR_ARG(line), err.text);
	}
	strbuf_free(&text);
}
