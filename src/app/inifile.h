#ifndef PGREPLTOP_APP_INIFILE_H
#define PGREPLTOP_APP_INIFILE_H
/* Files of [sections] and KEY = VALUE lines: the only user of libinih. */
#include "app/problems.h"
#include "base/str.h"

#include <stdbool.h>
#include <sys/types.h>

typedef struct IniEntry {
	int line;
	Str section, key, value; /* NUL-terminated */
} IniEntry;

typedef struct IniFile {
	Arena arena;
	const char *path;  /* borrowed */
	IniEntry *entries; /* in the arena */
	size_t nentries;
	size_t cap;
	mode_t mode;
	uid_t owner;
} IniFile;

/* Reads the first of `paths` that exists; STR_NONE entries are passed over. False: there is none. What cannot be read is
 * an error of its file, or of each of its lines; the other lines are among the entries. The caller frees the file. */
bool inifile_load_first(IniFile *file, const Str *paths, size_t npaths, Problems *problems);
void inifile_free(IniFile *file);

#endif
