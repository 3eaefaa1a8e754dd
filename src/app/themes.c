#include "app/themes.h"

#include "app/config.h"
#include "app/inifile.h"
#include "base/suggest.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef PGREPLTOP_DATADIR
#define PGREPLTOP_DATADIR "/usr/local/share/pgrepltop"
#endif

enum { FOLDERS = 3 };

static const Str SUFFIX = STR_INIT(".ini");

/* themes/ below the project's folder, for a program that runs from its build/MODE/. */
static Str source_folder(Arena *arena)
{
	char exe[4096];
	ssize_t len = readlink("/proc/self/exe", exe, sizeof(exe));
	while (len > 0 && exe[len - 1] != '/')
		len--;
	return len > 0 ? str_format(arena, "%.*s../../themes", (int)len, exe) : STR_NONE;
}

static void theme_folders(Arena *arena, Str folders[FOLDERS])
{
	folders[0] = config_user_path(arena, "themes");
	folders[1] = STR(PGREPLTOP_DATADIR "/themes");
	folders[2] = source_folder(arena);
}

/* ---- what there is ---- */

static int compare_names(const void *a, const void *b)
{
	return str_cmp(*(const Str *)a, *(const Str *)b);
}

static bool has_name(const Str *names, size_t count, Str name)
{
	for (size_t i = 0; i < count; i++) {
		if (str_eq(names[i], name))
			return true;
	}
	return false;
}

/* Appends the names of a folder's themes that are not there yet. */
static void list_folder(Arena *arena, Str folder, Str **names, size_t *count, size_t *cap)
{
	DIR *dir = str_is_none(folder) ? NULL : opendir(folder.data);
	for (const struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir)) {
		Str file = str_from(entry->d_name);
		Str name = str_sub(file, 0, file.len > SUFFIX.len ? file.len - SUFFIX.len : 0);
		if (name.len == 0 || name.data[0] == '.' || !str_ends(file, SUFFIX) || has_name(*names, *count, name))
			continue;
		if (*count == *cap) {
			Str *more = ARENA_ARRAY(arena, Str, 2 * *cap);
			memcpy(more, *names, *count * sizeof(Str));
			*names = more;
			*cap *= 2;
		}
		(*names)[(*count)++] = str_dup(arena, name);
	}
	if (dir)
		closedir(dir);
}

size_t themes_list(Arena *arena, Str **names)
{
	size_t cap = 16;
	size_t count = 0;
	Str folders[FOLDERS];
	theme_folders(arena, folders);
	*names = ARENA_ARRAY(arena, Str, cap);
	(*names)[count++] = STR("default");
	for (size_t i = 0; i < FOLDERS; i++)
		list_folder(arena, folders[i], names, &count, &cap);
	qsort(*names, count, sizeof(Str), compare_names);
	return count;
}

/* ---- loading one ---- */

static size_t theme_paths(Arena *arena, const char *name, Str paths[FOLDERS])
{
	if (strchr(name, '/')) {
		paths[0] = str_from(name);
		return 1;
	}
	theme_folders(arena, paths);
	for (size_t i = 0; i < FOLDERS; i++) {
		if (!str_is_none(paths[i]))
			paths[i] = str_format(arena, "%.*s/%s.ini", STR_ARG(paths[i]), name);
	}
	return FOLDERS;
}

static void no_theme(Arena *arena, const char *name, const Str *paths, size_t npaths, Problems *problems)
{
	StrBuf text = {0};
	Suggestion suggestion = suggestion_for(str_from(name));
	Str *names = NULL;
	size_t count = themes_list(arena, &names);
	for (size_t i = 0; i < count; i++)
		suggest(&suggestion, names[i]);
	strbuf_addf(&text, "there is no theme \"%s\"%s", name, suggestion_text(&suggestion).text);
	const char *separator = " (looked for ";
	for (size_t i = 0; i < npaths; i++) {
		if (str_is_none(paths[i]))
			continue;
		strbuf_addf(&text, "%s%.*s", separator, STR_ARG(paths[i]));
		separator = ", ";
	}
	strbuf_add_char(&text, ')');
	problems_error(problems, "%s", text.data);
	strbuf_free(&text);
}

static void apply_file(Theme *theme, const IniFile *file, Problems *problems)
{
	for (size_t i = 0; i < file->nentries; i++) {
		const IniEntry *entry = &file->entries[i];
		Err err = {""};
		if (!theme_set(theme, entry->section, entry->key, entry->value, &err))
			problems_error(problems, "%s:%d: key \"%.*s\" in [%.*s]: %s", file->path, entry->line,
			               STR_ARG(entry->key), STR_ARG(entry->section), err.text);
	}
}

bool themes_load(Theme *theme, const char *name, ThemeWants wants, Problems *problems)
{
	Arena arena = {0};
	IniFile file;
	Str paths[FOLDERS];
	size_t errors = problems->nerrors;
	size_t npaths = theme_paths(&arena, name, paths);
	theme_init(theme, wants.ascii);
	if (inifile_load_first(&file, paths, npaths, problems))
		apply_file(theme, &file, problems);
	else if (strcmp(name, "default") != 0)
		no_theme(&arena, name, paths, npaths, problems);
	bool ok = problems->nerrors == errors;
	if (!ok)
		theme_init(theme, wants.ascii);
	theme_finish(theme);
	if (wants.ascii)
		theme_use_ascii(theme);
	if (wants.no_color)
		theme_remove_colors(theme);
	inifile_free(&file);
	arena_free(&arena);
	return ok;
}
