#include "app/inifile.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	FILE_SIZE_MAX = 1 << 20,
	/* libinih copies section names into a buffer of this size and cuts what does not fit (MAX_SECTION in ini.c). */
	SECTION_NAME_MAX = 49,
	BROKEN_LINES_MAX = 20, /* that are named */
};

/* Stands for a section whose heading could not be read, so that its keys are not taken for those of the one above. */
static const char BROKEN_SECTION[] = "?";

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
	if (strcmp(section, BROKEN_SECTION) == 0)
		return 1;
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

/* One go over the text; false: `err` says what is wrong with line *number (0 = with none in particular). */
static bool parse_once(IniFile *file, Str text, int *number, Err *err)
{
	Err reason = {""};
	IniParse parse = {.file = file, .reader = {.rest = text, .err = &reason}};
	file->nentries = 0;
	int result = ini_parse_stream(read_line, &parse.reader, take_entry, &parse);
	*number = parse.reader.number;
	if (reason.text[0])
		return err_set(err, "%s", reason.text);
	if (result > 0) {
		*number = line_of_piece(&file->arena, text, parse.reader.size, result);
		return err_set(err, "expected [SECTION], KEY = VALUE or a comment");
	}
	*number = 0;
	return result == 0 || err_set(err, "out of memory");
}

/* Takes a broken line out, so that what else is wrong can be seen. */
static void remove_line(char *text, size_t size, int number)
{
	Str rest = {text, size};
	for (int i = 1; i < number; i++)
		(void)str_cut(&rest, '\n');
	Str line = str_trim(str_cut(&rest, '\n'));
	char *start = text + (line.data - text);
	bool is_heading = line.len >= 3 && start[0] == '[';
	memset(start, ' ', line.len);
	if (is_heading) {
		start[0] = '[';
		start[1] = BROKEN_SECTION[0];
		start[2] = ']';
	}
}

static void parse_text(IniFile *file, char *text, size_t len, Problems *problems)
{
	Err err = {""};
	int number = 0;
	for (int i = 0; i < BROKEN_LINES_MAX; i++) {
		if (parse_once(file, (Str){text, len}, &number, &err))
			return;
		if (number == 0) {
			problems_error(problems, "%s: %s", file->path, err.text);
			return;
		}
		problems_error(problems, "%s:%d: %s", file->path, number, err.text);
		remove_line(text, len, number);
	}
	problems_error(problems, "%s:%d: the lines from here on were not read: too many are wrong", file->path, number);
}

/* Reads the whole file into the arena. */
static bool read_text(Arena *arena, int fd, char **text, size_t *size, Err *err)
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
			*text = data;
			*size = len;
			return memchr(data, '\0', len) == NULL ||
			       err_set(err, "the file is not text: it holds a NUL byte");
		}
		len += (size_t)count;
	}
	return err_set(err, "the file is larger than %d kB", FILE_SIZE_MAX / 1024);
}

void inifile_free(IniFile *file)
{
	arena_free(&file->arena);
	*file = (IniFile){0};
}

static bool load(IniFile *file, const char *path, Problems *problems)
{
	*file = (IniFile){.path = path};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return false;
	if (fd < 0) {
		problems_error(problems, "%s: %s", path, strerror(errno));
		return true;
	}
	struct stat st;
	if (fstat(fd, &st) == 0) {
		file->mode = st.st_mode;
		file->owner = st.st_uid;
	}
	char *text = NULL;
	size_t len = 0;
	Err err = {""};
	if (read_text(&file->arena, fd, &text, &len, &err))
		parse_text(file, text, len, problems);
	else
		problems_error(problems, "%s: %s", path, err.text);
	close(fd);
	return true;
}

bool inifile_load_first(IniFile *file, const Str *paths, size_t npaths, Problems *problems)
{
	*file = (IniFile){0};
	for (size_t i = 0; i < npaths; i++) {
		if (!str_is_none(paths[i]) && load(file, paths[i].data, problems))
			return true;
	}
	return false;
}
