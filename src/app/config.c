#include "app/config.h"

#include "app/secrets.h"
#include "base/suggest.h"
#include "view/keymap.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef PGREPLTOP_DATADIR
#define PGREPLTOP_DATADIR "/usr/local/share/pgrepltop"
#endif

enum {
	FILE_SIZE_MAX = 1 << 20,
	/* libinih copies section names into a buffer of this size and cuts what does not fit (MAX_SECTION in ini.c). */
	SECTION_NAME_MAX = 49,
};

/* ---- reading a file ---- */

typedef struct IniEntry {
	int line;
	Str section, key, value;
} IniEntry;

typedef struct IniFile {
	Arena arena;
	const char *path;
	IniEntry *entries; /* in the arena */
	size_t nentries;
	size_t cap;
	bool public; /* everybody may read it */
} IniFile;

/* Hands the text to libinih line by line. libinih's lines have a limit (200 bytes, as it is built by default), above
 * which it takes the rest for a line of its own; a connection string can be longer. Such a line is handed over in
 * pieces that look like the indented continuation lines libinih knows. The white space that the user puts before a key
 * is taken away, so that an indented key is a key and not the continuation of the value above it. */
typedef struct IniReader {
	Str rest;     /* of the text */
	Str line;     /* what is still to be handed over of the current line */
	int number;   /* of the current line */
	bool is_more; /* the piece handed over last continues a line */
	int size;     /* of libinih's buffer, which decides where lines are cut */
	Err *err;
} IniReader;

typedef struct IniParse {
	IniFile *file;
	IniReader reader;
} IniParse;

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Without a comment behind a value: white space and a semicolon. */
static Str without_comment(Str line)
{
	for (size_t i = 1; i < line.len; i++) {
		if (line.data[i] == ';' && is_space(line.data[i - 1]))
			return str_trim(str_sub(line, 0, i));
	}
	return line;
}

/* Where a line is cut in two, neither of which begins or ends with a character that would be lost; 0 = nowhere. */
static size_t split_at(Str line, size_t max)
{
	for (size_t at = max; at > max / 2; at--) {
		if (!is_space(line.data[at - 1]) && !is_space(line.data[at]) && !strchr(";#", line.data[at]))
			return at;
	}
	return 0;
}

static bool next_line(IniReader *reader, size_t max)
{
	if (str_is_none(reader->rest))
		return false;
	reader->number++;
	Str line = str_trim(str_cut(&reader->rest, '\n'));
	if (line.len > max)
		line = strchr(";#", line.data[0]) ? STR("") : without_comment(line);
	reader->line = line;
	if (line.len == 0 || line.data[0] != '[')
		return true;
	size_t end = str_find(line, STR("]"));
	if (end == SIZE_MAX || end - 1 <= SECTION_NAME_MAX)
		return true;
	return err_set(reader->err, "a section name may have at most %d characters", SECTION_NAME_MAX);
}

/* As fgets(). */
static char *read_line(char *out, int size, void *stream)
{
	IniReader *reader = stream;
	size_t max = (size_t)size - 3; /* a blank before it, newline and NUL behind it */
	reader->size = size;
	reader->is_more = reader->line.len > 0;
	if (!reader->is_more && !next_line(reader, max))
		return NULL;
	size_t len = reader->line.len;
	if (len > max)
		len = split_at(reader->line, max);
	if (reader->line.len && len == 0) {
		err_set(reader->err, "the line is too long");
		return NULL;
	}
	StrBuf piece = strbuf_fixed(out, (size_t)size);
	strbuf_add_cstr(&piece, reader->is_more ? " " : "");
	strbuf_add(&piece, str_sub(reader->line, 0, len));
	strbuf_add_char(&piece, '\n');
	reader->line = str_sub(reader->line, len, reader->line.len);
	return out;
}

_Static_assert(!INI_HANDLER_LINENO, "libinih with line numbers has another type of handler");

static int take_entry(void *user, const char *section, const char *key, const char *value)
{
	IniParse *parse = user;
	IniFile *file = parse->file;
	if (parse->reader.is_more && file->nentries) {
		IniEntry *last = &file->entries[file->nentries - 1];
		last->value = str_format(&file->arena, "%s%s", last->value.data, value);
		return 1;
	}
	if (file->nentries == file->cap) {
		size_t cap = file->cap ? 2 * file->cap : 32;
		IniEntry *entries = ARENA_ARRAY(&file->arena, IniEntry, cap);
		if (file->nentries)
			memcpy(entries, file->entries, file->nentries * sizeof(*entries));
		file->entries = entries;
		file->cap = cap;
	}
	file->entries[file->nentries++] = (IniEntry){
		.line = parse->reader.number,
		.section = str_dup(&file->arena, str_from(section)),
		.key = str_dup(&file->arena, str_from(key)),
		.value = str_dup(&file->arena, str_from(value)),
	};
	return 1;
}

/* libinih counts the pieces it was given; the line which the one called `piece` belongs to. */
static int line_of_piece(Arena *arena, Str text, int size, int piece)
{
	IniReader reader = {.rest = text};
	char *buffer = arena_alloc(arena, (size_t)size);
	while (piece-- > 0 && read_line(buffer, size, &reader)) {
	}
	return reader.number;
}

static bool ini_parse_text(IniFile *file, Str text, Err *err)
{
	Err reason = {""};
	IniParse parse = {.file = file, .reader = {.rest = text, .err = &reason}};
	int result = ini_parse_stream(read_line, &parse.reader, take_entry, &parse);
	if (reason.text[0])
		return err_set(err, "%s:%d: %s", file->path, parse.reader.number, reason.text);
	if (result > 0)
		return err_set(err, "%s:%d: expected [SECTION], KEY = VALUE or a comment", file->path,
		               line_of_piece(&file->arena, text, parse.reader.size, result));
	return result == 0 || err_set(err, "%s: out of memory", file->path);
}

/* Reads the whole file into the arena. */
static bool read_text(Arena *arena, int fd, Str *text, Err *err)
{
	char *data = arena_alloc(arena, FILE_SIZE_MAX + 1);
	size_t len = 0;
	while (len <= FILE_SIZE_MAX) {
		ssize_t count = read(fd, data + len, FILE_SIZE_MAX + 1 - len);
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return err_set(err, "%s", strerror(errno));
		if (count == 0) {
			*text = (Str){data, len};
			return memchr(data, '\0', len) == NULL ||
			       err_set(err, "the file is not text: it holds a NUL byte");
		}
		len += (size_t)count;
	}
	return err_set(err, "the file is larger than %d kB", FILE_SIZE_MAX / 1024);
}

static void ini_free(IniFile *file)
{
	arena_free(&file->arena);
	*file = (IniFile){0};
}

/* *found = false and true as the result: there is no such file. */
static bool ini_load(IniFile *file, const char *path, bool *found, Err *err)
{
	*file = (IniFile){.path = path};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	*found = fd >= 0 || (errno != ENOENT && errno != ENOTDIR);
	if (fd < 0)
		return !*found || err_set(err, "%s: %s", path, strerror(errno));
	struct stat st;
	file->public = fstat(fd, &st) == 0 && (st.st_mode & S_IROTH);
	Str text = STR_NONE;
	bool ok = read_text(&file->arena, fd, &text, err) || err_context(err, "%s", path);
	close(fd);
	ok = ok && ini_parse_text(file, text, err);
	if (!ok)
		ini_free(file);
	return ok;
}

/* ---- the configuration ---- */

typedef struct Load {
	Options *options;
	const IniFile *file;
	StrBuf *warnings;
	bool has_password;
	Str warned_section; /* an unknown section is named once */
} Load;

static const Str NODE_PREFIX = STR_INIT("node ");

static bool is_section(Str name)
{
	if (str_eq(name, STR("keys")) || str_starts(name, NODE_PREFIX))
		return true;
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (str_eq(name, str_from(OPTIONS[i].section)))
			return true;
	}
	return false;
}

static void warn_section(Load *load, const IniEntry *entry)
{
	if (str_eq(load->warned_section, entry->section))
		return;
	load->warned_section = entry->section;
	Suggestion suggestion = suggestion_for(entry->section);
	suggest(&suggestion, STR("keys"));
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (OPTIONS[i].section)
			suggest(&suggestion, str_from(OPTIONS[i].section));
	}
	strbuf_addf(load->warnings, "%s:%d: unknown section [%.*s] is ignored", load->file->path, entry->line,
	            STR_ARG(entry->section));
	suggestion_write(&suggestion, load->warnings);
	strbuf_add_char(load->warnings, '\n');
}

static void warn_key(Load *load, const IniEntry *entry, const Suggestion *suggestion)
{
	strbuf_addf(load->warnings, "%s:%d: unknown key \"%.*s\" in [%.*s] is ignored", load->file->path, entry->line,
	            STR_ARG(entry->key), STR_ARG(entry->section));
	suggestion_write(suggestion, load->warnings);
	strbuf_add_char(load->warnings, '\n');
}

/* Puts the place before the error that is there. */
static bool fail_entry(const Load *load, const IniEntry *entry, Err *err)
{
	return err_context(err, "%s:%d: key \"%.*s\" in [%.*s]", load->file->path, entry->line, STR_ARG(entry->key),
	                   STR_ARG(entry->section));
}

static bool load_option(Load *load, const IniEntry *entry, Err *err)
{
	const Option *option = options_find_key(entry->section, entry->key);
	if (option)
		return options_set(load->options, option, entry->value, err) || fail_entry(load, entry, err);
	Suggestion suggestion = suggestion_for(entry->key);
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (OPTIONS[i].key && str_eq(entry->section, str_from(OPTIONS[i].section)))
			suggest(&suggestion, str_from(OPTIONS[i].key));
	}
	warn_key(load, entry, &suggestion);
	return true;
}

static bool load_node(Load *load, const IniEntry *entry, Err *err)
{
	Str name = str_trim(str_sub(entry->section, NODE_PREFIX.len, entry->section.len));
	if (!str_eq(entry->key, STR("conninfo"))) {
		Suggestion suggestion = suggestion_for(entry->key);
		suggest(&suggestion, STR("conninfo"));
		warn_key(load, entry, &suggestion);
		return true;
	}
	if (name.len == 0) {
		err_set(err, "the node has no name; expected [node NAME]");
		return fail_entry(load, entry, err);
	}
	if (!conninfo_is(entry->value)) {
		err_set(err, "expected a connection string (KEYWORD=VALUE...) or URI (postgresql://...)");
		return fail_entry(load, entry, err);
	}
	for (size_t i = 0; i < load->options->nnodes; i++) {
		if (str_eq(name, str_from(load->options->nodes[i].name))) {
			err_set(err, "the node has a connection string already");
			return fail_entry(load, entry, err);
		}
	}
	load->has_password = load->has_password || conninfo_has_password(entry->value);
	options_add_node(load->options, name, entry->value);
	return true;
}

static const KeyBinding *find_binding(Str name)
{
	for (size_t i = 0; i < KEY_BINDING_COUNT; i++) {
		if (str_eq(name, str_from(KEY_BINDINGS[i].name)))
			return &KEY_BINDINGS[i];
	}
	return NULL;
}

/* Takes its keys from an action that [keys] names, so that two actions can swap theirs, whichever stands first. */
static void clear_keys(Load *load, const IniEntry *entry)
{
	const KeyBinding *binding = find_binding(entry->key);
	if (binding) {
		for (size_t i = 0; i < KEYMAP_KEYS_PER_ACTION; i++)
			load->options->keymap->keys[binding->action][i] = UI_KEY_NONE;
		return;
	}
	Suggestion suggestion = suggestion_for(entry->key);
	for (size_t i = 0; i < KEY_BINDING_COUNT; i++)
		suggest(&suggestion, str_from(KEY_BINDINGS[i].name));
	warn_key(load, entry, &suggestion);
}

static bool load_keys(Load *load, const IniEntry *entry, Err *err)
{
	if (!find_binding(entry->key))
		return true;
	return keymap_set(load->options->keymap, entry->key, entry->value, err) || fail_entry(load, entry, err);
}

static bool load_entry(Load *load, const IniEntry *entry, Err *err)
{
	if (entry->section.len == 0)
		return err_set(err,
		               "%s:%d: key \"%.*s\" stands before the first section; expected [pgrepltop] above it",
		               load->file->path, entry->line, STR_ARG(entry->key));
	if (str_starts(entry->section, NODE_PREFIX))
		return load_node(load, entry, err);
	if (str_eq(entry->section, STR("keys")))
		clear_keys(load, entry);
	else if (!is_section(entry->section))
		warn_section(load, entry);
	else
		return load_option(load, entry, err);
	return true;
}

static bool load_file(Load *load, Err *err)
{
	const IniFile *file = load->file;
	for (size_t i = 0; i < file->nentries; i++) {
		if (!load_entry(load, &file->entries[i], err))
			return false;
	}
	for (size_t i = 0; i < file->nentries; i++) {
		if (str_eq(file->entries[i].section, STR("keys")) && !load_keys(load, &file->entries[i], err))
			return false;
	}
	if (load->has_password && file->public)
		strbuf_addf(load->warnings, "%s: holds a password and everybody can read it; expected mode 0600\n",
		            file->path);
	return true;
}

/* $XDG_CONFIG_HOME or ~/.config, then "/pgrepltop/" and `name`. The XDG specification has relative paths ignored.
 * STR_NONE without a home. */
static Str user_path(Arena *arena, const char *name)
{
	const char *config_home = getenv("XDG_CONFIG_HOME");
	if (config_home && config_home[0] == '/')
		return str_format(arena, "%s/pgrepltop/%s", config_home, name);
	const char *home = getenv("HOME");
	if (home && home[0] == '/')
		return str_format(arena, "%s/.config/pgrepltop/%s", home, name);
	return STR_NONE;
}

/* Loads the first of `paths` that exists; STR_NONE entries are passed over. *found = false: there is none. */
static bool ini_load_first(IniFile *file, const Str *paths, size_t npaths, bool *found, Err *err)
{
	*found = false;
	for (size_t i = 0; i < npaths && !*found; i++) {
		if (!str_is_none(paths[i]) && !ini_load(file, paths[i].data, found, err))
			return false;
	}
	return true;
}

bool config_load(Options *options, StrBuf *warnings, Err *err)
{
	Arena arena = {0};
	IniFile file = {0};
	bool found = false;
	Str paths[] = {user_path(&arena, "pgrepltop.ini"), STR("/etc/pgrepltop.ini")};
	Str chosen = str_from(options->config_file);
	bool ok = options->config_file ? ini_load_first(&file, &chosen, 1, &found, err)
	                               : ini_load_first(&file, paths, sizeof(paths) / sizeof(paths[0]), &found, err);
	if (ok && found) {
		Load load = {.options = options, .file = &file, .warnings = warnings};
		ok = load_file(&load, err);
	} else if (ok && options->config_file) {
		ok = err_set(err, "%s: %s", options->config_file, strerror(ENOENT));
	}
	ini_free(&file);
	arena_free(&arena);
	return ok;
}

/* ---- themes ---- */

static bool apply_theme(Theme *theme, const IniFile *file, Err *err)
{
	for (size_t i = 0; i < file->nentries; i++) {
		const IniEntry *entry = &file->entries[i];
		if (!theme_set(theme, entry->section, entry->key, entry->value, err))
			return err_context(err, "%s:%d: key \"%.*s\" in [%.*s]", file->path, entry->line,
			                   STR_ARG(entry->key), STR_ARG(entry->section));
	}
	return true;
}

/* themes/NAME.ini below the project's folder, for a program that runs from its build/MODE/. */
static Str source_theme_path(Arena *arena, const char *name)
{
	char exe[4096];
	ssize_t len = readlink("/proc/self/exe", exe, sizeof(exe));
	while (len > 0 && exe[len - 1] != '/')
		len--;
	return len > 0 ? str_format(arena, "%.*s../../themes/%s.ini", (int)len, exe, name) : STR_NONE;
}

static size_t theme_paths(Arena *arena, const char *name, Str paths[3])
{
	if (strchr(name, '/')) {
		paths[0] = str_from(name);
		return 1;
	}
	paths[0] = user_path(arena, str_format(arena, "themes/%s.ini", name).data);
	paths[1] = str_format(arena, PGREPLTOP_DATADIR "/themes/%s.ini", name);
	paths[2] = source_theme_path(arena, name);
	return 3;
}

static bool no_theme(const char *name, const Str *paths, size_t npaths, Err *err)
{
	StrBuf text = {0};
	for (size_t i = 0; i < npaths; i++) {
		if (!str_is_none(paths[i]))
			strbuf_addf(&text, "%s%.*s", text.len ? ", " : "", STR_ARG(paths[i]));
	}
	err_set(err, "there is no theme \"%s\"; looked for %.*s", name, STR_ARG(strbuf_str(&text)));
	strbuf_free(&text);
	return false;
}

bool config_load_theme(Theme *theme, const char *name, Err *err)
{
	Arena arena = {0};
	IniFile file = {0};
	bool found = false;
	Str paths[3];
	size_t npaths = theme_paths(&arena, name, paths);
	bool ok = ini_load_first(&file, paths, npaths, &found, err);
	if (ok && found)
		ok = apply_theme(theme, &file, err);
	else if (ok && strcmp(name, "default") != 0)
		ok = no_theme(name, paths, npaths, err);
	ini_free(&file);
	arena_free(&arena);
	return ok;
}
