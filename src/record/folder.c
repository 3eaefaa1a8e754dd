#include "record/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

void folder_file_name(RecordFile file, char name[SEGMENT_NAME_MAX])
{
	StrBuf text = strbuf_fixed(name, SEGMENT_NAME_MAX);
	strbuf_addf(&text, "%s.csv", record_file_name(file));
}

/* 20261121T120133Z, or with -001 and so on behind it. */
static bool is_segment(const char *name)
{
	static const char pattern[] = "########T######Z-###";
	size_t len = strlen(name);
	if (len != 16 && len != 20)
		return false;
	for (size_t i = 0; i < len; i++) {
		bool digit = name[i] >= '0' && name[i] <= '9';
		if (pattern[i] == '#' ? !digit : name[i] != pattern[i])
			return false;
	}
	return true;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const SegmentName *)a)->text, ((const SegmentName *)b)->text);
}

bool folder_segments(int dir, SegmentName **names, size_t *count, Err *err)
{
	*names = NULL;
	*count = 0;
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
	if (stream == NULL) {
		if (fd >= 0)
			close(fd);
		return err_set(err, "%s", strerror(errno));
	}
	for (const struct dirent *entry = readdir(stream); entry != NULL; entry = readdir(stream)) {
		if (!is_segment(entry->d_name))
			continue;
		*names = xrealloc_array(*names, *count + 1, sizeof **names);
		StrBuf name = STRBUF_ON((*names)[*count].text);
		strbuf_add_cstr(&name, entry->d_name);
		(*count)++;
	}
	closedir(stream);
	if (*count > 1)
		qsort(*names, *count, sizeof **names, compare_names);
	return true;
}

bool folder_segment_name(int64_t unix_us, unsigned attempt, SegmentName *name)
{
	time_t seconds = (time_t)(unix_us / 1000000);
	struct tm tm;
	StrBuf text = STRBUF_ON(name->text);
	if (gmtime_r(&seconds, &tm) == NULL || attempt > 999)
		return false;
	strbuf_addf(&text, "%04d%02d%02dT%02d%02d%02dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
	            tm.tm_min, tm.tm_sec);
	if (attempt > 0)
		strbuf_addf(&text, "-%03u", attempt);
	return is_segment(name->text);
}

bool folder_read(int fd, int64_t from, size_t most, StrBuf *out, Err *err)
{
	char chunk[65536];
	while (most > 0) {
		ssize_t got = pread(fd, chunk, most < sizeof chunk ? most : sizeof chunk, from);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_set(err, "%s", strerror(errno));
		if (got == 0)
			break;
		strbuf_add(out, (Str){chunk, (size_t)got});
		most -= (size_t)got;
		from += got;
	}
	return true;
}

bool folder_read_exactly(Arena *arena, int fd, int64_t from, size_t size, Str *text, Err *err)
{
	char *data = arena_alloc(arena, size);
	for (size_t done = 0; done < size;) {
		ssize_t got = pread(fd, data + done, size - done, from + (int64_t)done);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_set(err, "%s", strerror(errno));
		if (got == 0)
			return err_set(err, "the file was cut while it was read");
		done += (size_t)got;
	}
	*text = (Str){data, size};
	return true;
}
