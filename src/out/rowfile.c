#include "out/rowfile.h"

#include "out/writing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct RowFile {
	int fd;
	bool owned;   /* to be closed */
	bool regular; /* can be cut */
	char *name;
	RowFormat format;
	ColumnList lists[TABLE_COUNT];
	size_t nlists;
	int64_t size; /* of whole rows */
	StrBuf text;  /* of one report; reused */
};

static RowFile *file_new(const char *name, RowFormat format, const ColumnList *lists, size_t nlists)
{
	RowFile *file = xcalloc(1, sizeof(*file));
	file->fd = -1;
	file->name = xcalloc(strlen(name) + 1, 1);
	memcpy(file->name, name, strlen(name));
	file->format = format;
	file->nlists = nlists < TABLE_COUNT ? nlists : TABLE_COUNT;
	memcpy(file->lists, lists, file->nlists * sizeof(*lists));
	return file;
}

RowFile *row_file_on(int fd, const char *name, RowFormat format, const ColumnList *lists, size_t nlists)
{
	RowFile *file = file_new(name, format, lists, nlists);
	file->fd = fd;
	return file;
}

void row_file_close(RowFile *file)
{
	if (file == NULL)
		return;
	if (file->owned && file->fd >= 0)
		close(file->fd);
	strbuf_free(&file->text);
	free(file->name);
	free(file);
}

int64_t row_file_size(const RowFile *file)
{
	return file->size;
}

/* ---- a file that is there ---- */

/* Where its first row ends, and its last whole one; 0: there is none. Counts quotes: an odd number of them is before a line
 * break that belongs to a field. JSON has no line breaks within a row. */
typedef struct Whole {
	int64_t first_end, last_end, size;
} Whole;

static bool find_whole(const RowFile *file, Whole *out, Err *err)
{
	char buffer[65536];
	bool quoted = false;
	*out = (Whole){0};
	for (;;) {
		ssize_t got = pread(file->fd, buffer, sizeof(buffer), out->size);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_set(err, "cannot read %s: %s", file->name, strerror(errno));
		if (got == 0)
			return true;
		for (ssize_t i = 0; i < got; i++) {
			quoted ^= file->format == ROWS_CSV && buffer[i] == '"';
			if (buffer[i] != '\n' || quoted)
				continue;
			out->last_end = out->size + i + 1;
			if (out->first_end == 0)
				out->first_end = out->last_end;
		}
		out->size += got;
	}
}

/* What the first row must be: all of the header, or the beginning of an object. */
static void write_expected(const RowFile *file, StrBuf *out)
{
	if (file->format == ROWS_CSV)
		csv_write_header(out, &file->lists[0]);
	else
		strbuf_add_cstr(out, "{\"");
}

/* Whether the file begins as it should, or with a part of that and then ends. */
static bool begins_well(const RowFile *file, const Whole *whole, Err *err)
{
	StrBuf expected = {0};
	write_expected(file, &expected);
	size_t want = expected.len;
	if ((int64_t)want > whole->size)
		want = (size_t)whole->size;
	char *got = xcalloc(want + 1, 1);
	bool same = pread(file->fd, got, want, 0) == (ssize_t)want && memcmp(got, expected.data, want) == 0;
	/* a header that goes on is another one */
	same = same && (file->format != ROWS_CSV || whole->first_end == 0 || whole->first_end == (int64_t)expected.len);
	free(got);
	strbuf_free(&expected);
	return same || err_set(err,
	                       file->format == ROWS_CSV
	                               ? "%s exists and has another header than what would be appended: move it away, "
	                                 "or choose its columns"
	                               : "%s exists and holds no JSON lines",
	                       file->name);
}

static bool prepare(RowFile *file, StrBuf *warnings, Err *err)
{
	Whole whole;
	if (flock(file->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
		return err_set(err, "%s: another process is writing to it", file->name);
	if (!find_whole(file, &whole, err) || !begins_well(file, &whole, err))
		return false;
	file->size = whole.last_end;
	if (whole.size == whole.last_end)
		return true;
	if (ftruncate(file->fd, whole.last_end) != 0)
		return err_set(err, "cannot write to %s: %s", file->name, strerror(errno));
	strbuf_addf(warnings, "%s: its last row was not whole, and was removed (%lld bytes)\n", file->name,
	            (long long)(whole.size - whole.last_end));
	return true;
}

RowFile *row_file_open(const char *path, RowFormat format, const ColumnList *lists, size_t nlists, StrBuf *warnings,
                       Err *err)
{
	struct stat st;
	RowFile *file = file_new(path, format, lists, nlists);
	bool special = stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
	/* a pipe is opened for writing alone, so that its reader's end is noticed */
	file->fd = open(path, (special ? O_WRONLY : O_RDWR | O_CREAT) | O_APPEND | O_CLOEXEC | O_NOCTTY, 0666);
	file->owned = true;
	file->regular = !special;
	bool ok = file->fd >= 0 || err_set(err, "cannot open %s: %s", path, strerror(errno));
	if (ok && (special || prepare(file, warnings, err)))
		return file;
	row_file_close(file);
	return NULL;
}

/* ---- rows ---- */

static void write_rows(RowFile *file, const ColumnList *list, const Report *report)
{
	size_t count = 0;
	size_t row_size = metric_table(list->table)->row_size;
	const char *rows = report_table_rows(report, list->table, &count);
	for (size_t i = 0; i < count; i++) {
		if (file->format == ROWS_CSV)
			csv_write_row(&file->text, list, rows + i * row_size);
		else
			json_write_row(&file->text, list, rows + i * row_size, file->nlists > 1);
	}
}

bool row_file_append(RowFile *file, const Report *report, Err *err)
{
	strbuf_clear(&file->text);
	if (file->format == ROWS_CSV && file->size == 0)
		csv_write_header(&file->text, &file->lists[0]);
	for (size_t i = 0; i < file->nlists; i++)
		write_rows(file, &file->lists[i], report);
	if (write_all(file->fd, file->name, strbuf_str(&file->text), err)) {
		file->size += (int64_t)file->text.len;
		return true;
	}
	if (file->regular && ftruncate(file->fd, file->size) != 0)
		return err_context(err, "the last row is not whole (%s)", strerror(errno));
	return false;
}
