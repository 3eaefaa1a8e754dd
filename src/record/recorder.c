#include "record/recorder.h"

#include "model/record_read.h"
#include "record/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* A limit holds for all segments together, and the oldest is removed whole. */
enum { SEGMENTS_KEPT = 8 };

struct Recorder {
	char *path;
	RecorderLimits limits;
	int dir; /* locked */
	int fds[RECORD_FILES];
	int64_t ends[RECORD_FILES]; /* of the last complete sample */
	int64_t run;
	int64_t first_us; /* of the first sample in the files; INT_NONE: there is none yet */
	bool stopped;
	StrBuf texts[RECORD_FILES]; /* of a sample; reused */
};

/* "PATH/nodes.csv: REASON" */
static bool fail_file(const Recorder *r, RecordFile file, const char *reason, Err *err)
{
	return err_set(err, "%s/%s.csv: %s", r->path, record_file_name(file), reason);
}

static bool fail_errno(const Recorder *r, RecordFile file, Err *err)
{
	return fail_file(r, file, strerror(errno), err);
}

static int open_file(const Recorder *r, RecordFile file, int flags)
{
	char name[SEGMENT_NAME_MAX];
	folder_file_name(file, name);
	/* queries and addresses stand in it */
	return openat(r->dir, name, flags | O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static bool write_text(const Recorder *r, RecordFile file, Str text, Err *err)
{
	while (text.len > 0) {
		ssize_t written = write(r->fds[file], text.data, text.len);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return fail_errno(r, file, err);
		text = str_sub(text, (size_t)written, text.len);
	}
	return true;
}

static void close_files(Recorder *r)
{
	for (size_t file = 0; file < RECORD_FILES; file++) {
		if (r->fds[file] >= 0)
			close(r->fds[file]);
		r->fds[file] = -1;
	}
}

/* ---- a folder without samples ---- */

/* Gives the open file its header and nothing else. */
static bool begin_file(Recorder *r, RecordFile file, Err *err)
{
	StrBuf header = {0};
	record_write_header(&header, file);
	bool ok = ftruncate(r->fds[file], 0) == 0 || fail_errno(r, file, err);
	ok = ok && write_text(r, file, strbuf_str(&header), err);
	r->ends[file] = (int64_t)header.len;
	strbuf_free(&header);
	return ok;
}

/* samples.csv first: what is found with it and without a sample is ours, too. */
static bool begin_files(Recorder *r, Err *err)
{
	for (size_t i = RECORD_FILES; i-- > 0;) {
		RecordFile file = (RecordFile)i;
		if (r->fds[file] < 0)
			r->fds[file] = open_file(r, file, O_CREAT);
		if (r->fds[file] < 0)
			return fail_errno(r, file, err);
		if (!begin_file(r, file, err))
			return false;
	}
	r->first_us = INT_NONE;
	return true;
}

/* ---- rotation ---- */

/* Moves what is in the folder into the segment, samples.csv last. */
static bool move_files(const Recorder *r, const SegmentName *segment, Err *err)
{
	for (size_t i = 0; i < RECORD_FILES; i++) {
		char name[SEGMENT_NAME_MAX], target[2 * SEGMENT_NAME_MAX];
		StrBuf path = STRBUF_ON(target);
		folder_file_name((RecordFile)i, name);
		strbuf_addf(&path, "%s/%s", segment->text, name);
		if (renameat(r->dir, name, r->dir, target) != 0 && errno != ENOENT)
			return err_set(err, "%s/%s: %s", r->path, target, strerror(errno));
	}
	return true;
}

/* Makes the folder for it. */
static bool make_segment(const Recorder *r, SegmentName *segment, Err *err)
{
	for (unsigned attempt = 0; folder_segment_name(r->first_us, attempt, segment); attempt++) {
		if (mkdirat(r->dir, segment->text, 0700) == 0)
			return true;
		if (errno != EEXIST)
			break;
	}
	return err_set(err, "%s/%s: %s", r->path, segment->text, strerror(errno));
}

static int open_segment(const Recorder *r, const SegmentName *segment)
{
	return openat(r->dir, segment->text, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

static double segment_bytes(const Recorder *r, const SegmentName *segment)
{
	double bytes = 0;
	int dir = open_segment(r, segment);
	for (size_t file = 0; dir >= 0 && file < RECORD_FILES; file++) {
		char name[SEGMENT_NAME_MAX];
		struct stat status;
		folder_file_name((RecordFile)file, name);
		if (fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW) == 0)
			bytes += (double)status.st_size;
	}
	if (dir >= 0)
		close(dir);
	return bytes;
}

/* Takes away our files, samples.csv first, and the folder if nothing else is in it. */
static void remove_segment(const Recorder *r, const SegmentName *segment)
{
	int dir = open_segment(r, segment);
	for (size_t i = RECORD_FILES; dir >= 0 && i-- > 0;) {
		char name[SEGMENT_NAME_MAX];
		folder_file_name((RecordFile)i, name);
		(void)unlinkat(dir, name, 0);
	}
	if (dir >= 0)
		close(dir);
	(void)unlinkat(r->dir, segment->text, AT_REMOVEDIR);
}

/* Segments that lie before `unix_us` altogether: the next one began before it. */
static size_t count_older(const SegmentName *names, size_t count, int64_t unix_us)
{
	SegmentName limit;
	size_t older = 0;
	if (!folder_segment_name(unix_us, 0, &limit))
		return 0;
	while (older + 1 < count && strcmp(names[older + 1].text, limit.text) < 0)
		older++;
	return older;
}

/* Removes the oldest segments, so that there is room for one more. */
static bool prune(const Recorder *r, int64_t now_us, Err *err)
{
	SegmentName *names;
	size_t count, gone = 0;
	if (!folder_segments(r->dir, &names, &count, err))
		return err_context(err, "%s", r->path);
	if (r->limits.age_s > 0)
		gone = count_older(names, count, now_us - (int64_t)(r->limits.age_s * 1e6));
	double bytes = 0, room = r->limits.bytes * (SEGMENTS_KEPT - 1) / SEGMENTS_KEPT;
	for (size_t i = count; i-- > gone && r->limits.bytes > 0;) {
		bytes += segment_bytes(r, &names[i]);
		if (bytes > room)
			gone = i + 1;
	}
	for (size_t i = 0; i < gone; i++)
		remove_segment(r, &names[i]);
	free(names);
	return true;
}

static bool rotate(Recorder *r, int64_t now_us, Err *err)
{
	SegmentName segment;
	if (!make_segment(r, &segment, err) || !move_files(r, &segment, err))
		return false;
	close_files(r);
	return prune(r, now_us, err) && begin_files(r, err);
}

static bool is_rotation_due(const Recorder *r, int64_t now_us)
{
	double bytes = 0;
	if (r->first_us == INT_NONE)
		return false;
	for (size_t file = 0; file < RECORD_FILES; file++)
		bytes += (double)r->ends[file] + (double)r->texts[file].len;
	double age_s = (double)(now_us - r->first_us) / 1e6;
	return (r->limits.bytes > 0 && bytes > r->limits.bytes / SEGMENTS_KEPT) ||
	       (r->limits.age_s > 0 && age_s > r->limits.age_s / SEGMENTS_KEPT);
}

/* Whether the segment lacks samples.csv: the rotation into it was not finished. */
static bool is_unfinished(const Recorder *r, const SegmentName *segment)
{
	char name[SEGMENT_NAME_MAX], path[2 * SEGMENT_NAME_MAX];
	StrBuf text = STRBUF_ON(path);
	folder_file_name(RECORD_SAMPLES, name);
	strbuf_addf(&text, "%s/%s", segment->text, name);
	return faccessat(r->dir, path, F_OK, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT;
}

static bool finish_rotation(const Recorder *r, Err *err)
{
	SegmentName *names;
	size_t count;
	if (!folder_segments(r->dir, &names, &count, err))
		return err_context(err, "%s", r->path);
	bool ok = count == 0 || !is_unfinished(r, &names[count - 1]) || move_files(r, &names[count - 1], err);
	free(names);
	return ok;
}

/* ---- a recording that is there ---- */

/* Whether the file has exactly the columns that we write. */
static bool has_our_header(const Recorder *r, RecordFile file, bool *ours, Err *err)
{
	StrBuf header = {0}, found = {0};
	record_write_header(&header, file);
	bool ok = folder_read(r->fds[file], 0, header.len, &found, err);
	*ours = ok && str_eq(strbuf_str(&header), strbuf_str(&found));
	strbuf_free(&header);
	strbuf_free(&found);
	return ok || err_context(err, "%s/%s.csv", r->path, record_file_name(file));
}

/* Whether all that the sample says is there. */
static bool is_whole(const RecordSample *sample, const int64_t sizes[RECORD_FILES])
{
	for (size_t file = 0; file < RECORD_ROW_FILES; file++)
		if (sample->ends[file] > sizes[file])
			return false;
	return true;
}

/* Finds the last whole sample: where the files end with it, and which run it is of. */
static bool find_end(Recorder *r, int fd, const int64_t sizes[RECORD_FILES], Err *err)
{
	StrBuf all = {0};
	RecordShape shape;
	RecordSample sample;
	Arena arena = {0};
	bool more = false;
	bool ok = folder_read(fd, 0, SIZE_MAX, &all, err);
	Str text = strbuf_str(&all);
	ok = ok && record_read_header(RECORD_SAMPLES, &text, &shape, err);
	while (ok && text.len > 0) {
		arena_reset(&arena);
		ok = record_read_sample(&arena, &shape, &text, &sample, &more, err);
		if (!ok || !is_whole(&sample, sizes))
			break;
		if (r->first_us == INT_NONE)
			r->first_us = sample.unix_us;
		r->run = sample.run;
		memcpy(r->ends, sample.ends, sizeof sample.ends);
		r->ends[RECORD_SAMPLES] = (int64_t)(all.len - text.len);
	}
	arena_free(&arena);
	strbuf_free(&all);
	return ok || more || err_context(err, "%s/samples.csv", r->path);
}

/* The run of the last sample in the segments, where the folder itself has none. */
static bool find_run(Recorder *r, Err *err)
{
	SegmentName *names;
	size_t count;
	int64_t sizes[RECORD_FILES];
	for (size_t file = 0; file < RECORD_FILES; file++)
		sizes[file] = INT64_MAX;
	if (!folder_segments(r->dir, &names, &count, err))
		return err_context(err, "%s", r->path);
	int dir = count > 0 ? open_segment(r, &names[count - 1]) : -1;
	int fd = dir >= 0 ? openat(dir, "samples.csv", O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
	bool ok = fd < 0 || find_end(r, fd, sizes, err);
	if (fd >= 0)
		close(fd);
	if (dir >= 0)
		close(dir);
	free(names);
	r->first_us = INT_NONE;
	return ok;
}

/* Cuts off what was written of a sample that is not whole. */
static bool cut_files(const Recorder *r, Err *err)
{
	for (size_t file = 0; file < RECORD_FILES; file++)
		if (ftruncate(r->fds[file], r->ends[file]) != 0)
			return fail_errno(r, (RecordFile)file, err);
	return true;
}

/* Whether the file has so much as a line. */
static bool has_line(const Recorder *r, RecordFile file, bool *line, Err *err)
{
	StrBuf start = {0};
	bool ok = folder_read(r->fds[file], 0, 4096, &start, err);
	*line = ok && str_find(strbuf_str(&start), STR("\n")) != SIZE_MAX;
	strbuf_free(&start);
	return ok || err_context(err, "%s/%s.csv", r->path, record_file_name(file));
}

/* Opens the files of rows that are there, for their sizes; the others have none. */
static bool open_rows(Recorder *r, int64_t sizes[RECORD_FILES], Err *err)
{
	for (size_t file = 0; file < RECORD_FILES; file++) {
		struct stat status;
		sizes[file] = -1;
		if (r->fds[file] < 0)
			r->fds[file] = open_file(r, (RecordFile)file, 0);
		if (r->fds[file] < 0 && errno == ENOENT)
			continue;
		if (r->fds[file] < 0 || fstat(r->fds[file], &status) != 0)
			return fail_errno(r, (RecordFile)file, err);
		if (!S_ISREG(status.st_mode))
			return fail_file(r, (RecordFile)file, "not a regular file", err);
		sizes[file] = status.st_size;
	}
	return true;
}

/* Whether the recording has no sample yet. One that has none that is whole is left as it is. */
static bool check_samples(const Recorder *r, const int64_t sizes[RECORD_FILES], bool *none, Err *err)
{
	StrBuf header = {0};
	record_write_header(&header, RECORD_SAMPLES);
	*none = r->first_us == INT_NONE && sizes[RECORD_SAMPLES] <= (int64_t)header.len;
	strbuf_free(&header);
	return *none || r->first_us != INT_NONE ||
	       fail_file(r, RECORD_SAMPLES, "the other files lack what it tells of, nothing is added", err);
}

/* samples.csv is there and open. */
static bool continue_files(Recorder *r, Err *err)
{
	int64_t sizes[RECORD_FILES] = {0};
	bool line, none, ours = true;
	if (!has_line(r, RECORD_SAMPLES, &line, err))
		return false;
	if (!line) /* not even the header was written */
		return find_run(r, err) && begin_files(r, err);
	if (!open_rows(r, sizes, err) || !find_end(r, r->fds[RECORD_SAMPLES], sizes, err) ||
	    !check_samples(r, sizes, &none, err))
		return false;
	if (none)
		return find_run(r, err) && begin_files(r, err);
	for (size_t file = 0; file < RECORD_FILES && ours; file++)
		if (!has_our_header(r, (RecordFile)file, &ours, err))
			return false;
	if (!cut_files(r, err))
		return false;
	/* another program's columns: its samples become a segment */
	return ours || rotate(r, r->first_us, err);
}

static bool open_files(Recorder *r, Err *err)
{
	if (!finish_rotation(r, err))
		return false;
	r->fds[RECORD_SAMPLES] = open_file(r, RECORD_SAMPLES, 0);
	if (r->fds[RECORD_SAMPLES] >= 0)
		return continue_files(r, err);
	if (errno != ENOENT)
		return fail_errno(r, RECORD_SAMPLES, err);
	for (size_t file = 0; file < RECORD_ROW_FILES; file++) {
		char name[SEGMENT_NAME_MAX];
		folder_file_name((RecordFile)file, name);
		if (faccessat(r->dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			return err_set(err, "%s holds %s and no samples.csv: this is no recording", r->path, name);
	}
	return find_run(r, err) && begin_files(r, err);
}

static bool open_folder(Recorder *r, Err *err)
{
	if (mkdir(r->path, 0700) != 0 && errno != EEXIST)
		return err_set(err, "%s: %s", r->path, strerror(errno));
	r->dir = open(r->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->dir < 0)
		return err_set(err, "%s: %s", r->path, strerror(errno));
	if (flock(r->dir, LOCK_EX | LOCK_NB) == 0)
		return true;
	if (errno == EWOULDBLOCK)
		return err_set(err, "%s: another pgrepltop records there", r->path);
	return err_set(err, "%s cannot be locked: %s", r->path, strerror(errno));
}

Recorder *recorder_open(const char *path, RecorderLimits limits, Err *err)
{
	Recorder *r = xcalloc(1, sizeof *r);
	*r = (Recorder){.path = strdup(path), .limits = limits, .dir = -1, .first_us = INT_NONE};
	for (size_t file = 0; file < RECORD_FILES; file++)
		r->fds[file] = -1;
	if (r->path == NULL || !open_folder(r, err) || !open_files(r, err)) {
		recorder_close(r);
		return NULL;
	}
	r->run++;
	return r;
}

void recorder_close(Recorder *r)
{
	if (r == NULL)
		return;
	close_files(r);
	if (r->dir >= 0)
		close(r->dir);
	for (size_t file = 0; file < RECORD_FILES; file++)
		strbuf_free(&r->texts[file]);
	free(r->path);
	free(r);
}

/* ---- samples ---- */

static void write_texts(Recorder *r, const Report *report)
{
	for (size_t file = 0; file < RECORD_ROW_FILES; file++) {
		strbuf_clear(&r->texts[file]);
		record_write_rows(&r->texts[file], (RecordFile)file, report);
	}
	strbuf_clear(&r->texts[RECORD_SAMPLES]);
}

static bool append(Recorder *r, RecordSample *sample, Err *err)
{
	for (size_t file = 0; file < RECORD_ROW_FILES; file++) {
		sample->ends[file] = r->ends[file] + (int64_t)r->texts[file].len;
		if (!write_text(r, (RecordFile)file, strbuf_str(&r->texts[file]), err))
			return false;
	}
	record_write_sample(&r->texts[RECORD_SAMPLES], sample);
	if (!write_text(r, RECORD_SAMPLES, strbuf_str(&r->texts[RECORD_SAMPLES]), err))
		return false;
	for (size_t file = 0; file < RECORD_FILES; file++)
		r->ends[file] += (int64_t)r->texts[file].len;
	return true;
}

bool recorder_write(Recorder *r, const Report *report, uint64_t events, int64_t clock_us, Err *err)
{
	if (r->stopped)
		return true;
	RecordSample sample = record_sample_of(report);
	sample.run = r->run;
	sample.clock_us = clock_us;
	sample.events = (int64_t)events;
	write_texts(r, report);
	if ((is_rotation_due(r, report->wall_us) && !rotate(r, report->wall_us, err)) || !append(r, &sample, err)) {
		r->stopped = true;
		if (r->fds[RECORD_SAMPLES] >= 0)
			(void)cut_files(r, NULL);
		close_files(r);
		return false;
	}
	if (r->first_us == INT_NONE)
		r->first_us = report->wall_us;
	return true;
}
