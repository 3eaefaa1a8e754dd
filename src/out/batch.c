#include "out/batch.h"

#include "model/exposition.h"
#include "out/rowfile.h"
#include "out/writing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct Batch {
	RowFormat format;
	ColumnList lists[TABLE_COUNT];
	size_t nlists;
	RowFile *files[TABLE_COUNT]; /* all of them in the first, or one a table */
	size_t nfiles;
	char *replaced; /* Prometheus' file; NULL: the descriptor */
	int fd;
	bool own_fd;
	StrBuf text; /* of one report; reused */
};

static const char STDOUT_NAME[] = "standard output";

static bool is_folder(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool is_special(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && !S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode);
}

static bool make_folder(const char *path, Err *err)
{
	if (mkdir(path, 0777) == 0 || (errno == EEXIST && is_folder(path)))
		return true;
	if (errno == EEXIST)
		return err_set(err, "%s is no folder, which several tables need", path);
	return err_set(err, "cannot make the folder %s: %s", path, strerror(errno));
}

static bool open_in_folder(Batch *batch, const char *folder, StrBuf *warnings, Err *err)
{
	StrBuf path = {0};
	bool ok = make_folder(folder, err);
	for (size_t i = 0; i < batch->nlists && ok; i++) {
		strbuf_clear(&path);
		strbuf_addf(&path, "%s%s%s.%s", folder, str_ends(str_from(folder), STR("/")) ? "" : "/",
		            metric_table(batch->lists[i].table)->name, batch->format == ROWS_CSV ? "csv" : "jsonl");
		batch->files[i] = row_file_open(path.data, batch->format, &batch->lists[i], 1, warnings, err);
		ok = batch->files[i] != NULL;
		batch->nfiles += ok;
	}
	strbuf_free(&path);
	return ok;
}

static bool open_rows(Batch *batch, const char *output, StrBuf *warnings, Err *err)
{
	if (output != NULL && (batch->nlists > 1 || is_folder(output) || str_ends(str_from(output), STR("/"))))
		return open_in_folder(batch, output, warnings, err);
	if (output != NULL)
		batch->files[0] = row_file_open(output, batch->format, batch->lists, batch->nlists, warnings, err);
	else
		batch->files[0] = row_file_on(batch->fd, STDOUT_NAME, batch->format, batch->lists, batch->nlists);
	batch->nfiles = batch->files[0] != NULL;
	return batch->nfiles == 1;
}

static bool open_exposition(Batch *batch, const char *output, Err *err)
{
	if (output == NULL)
		return true;
	if (is_folder(output))
		return err_set(err, "%s is a folder: --format prometheus replaces one file", output);
	batch->replaced = realpath(output, NULL); /* what a link leads to is replaced, not the link */
	if (batch->replaced == NULL)
		batch->replaced = strdup(output);
	if (!is_special(output))
		return true;
	/* a device or a pipe cannot be replaced, but written to */
	batch->fd = open(output, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	batch->own_fd = batch->fd >= 0;
	return batch->own_fd || err_set(err, "cannot open %s: %s", output, strerror(errno));
}

Batch *batch_new(const BatchSpec *spec, StrBuf *warnings, Err *err)
{
	Batch *batch = xcalloc(1, sizeof(*batch));
	batch->format = spec->format;
	batch->nlists = spec->nlists < TABLE_COUNT ? spec->nlists : TABLE_COUNT;
	memcpy(batch->lists, spec->lists, batch->nlists * sizeof(*spec->lists));
	batch->fd = spec->fd;
	bool ok = batch->format == ROWS_PROMETHEUS ? open_exposition(batch, spec->output, err)
	                                           : open_rows(batch, spec->output, warnings, err);
	if (ok)
		return batch;
	batch_free(batch);
	return NULL;
}

void batch_free(Batch *batch)
{
	if (batch == NULL)
		return;
	for (size_t i = 0; i < batch->nfiles; i++)
		row_file_close(batch->files[i]);
	if (batch->own_fd)
		close(batch->fd);
	free(batch->replaced);
	strbuf_free(&batch->text);
	free(batch);
}

static bool write_exposition(Batch *batch, const Report *report, Err *err)
{
	strbuf_clear(&batch->text);
	for (size_t i = 0; i < batch->nlists; i++)
		exposition_write(&batch->text, &batch->lists[i], report);
	Str text = batch->text.len > 0 ? strbuf_str(&batch->text) : STR("");
	if (batch->replaced != NULL && !batch->own_fd)
		return write_replacing(batch->replaced, text, err);
	return write_all(batch->fd, batch->replaced != NULL ? batch->replaced : STDOUT_NAME, text, err);
}

bool batch_write(Batch *batch, const Report *report, Err *err)
{
	if (batch->format == ROWS_PROMETHEUS)
		return write_exposition(batch, report, err);
	for (size_t i = 0; i < batch->nfiles; i++) {
		if (!row_file_append(batch->files[i], report, err))
			return false;
	}
	return true;
}
