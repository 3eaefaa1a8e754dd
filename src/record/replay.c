#include "record/replay.h"

#include "model/record_read.h"
#include "record/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* No sample has so much in one file; what says so is wrong. */
enum { WINDOW_MAX = 64 << 20, HEADER_MAX = 16384, SAMPLE_ROW_MAX = 4096 };

/* Where a sample is. */
typedef struct Entry {
	int64_t unix_us;
	uint32_t segment;
	uint32_t offset; /* of its row in samples.csv */
	uint32_t run, events;
} Entry;

typedef struct Segment {
	SegmentName name; /* "" = the folder itself */
	RecordShape shapes[RECORD_FILES];
	int64_t starts[RECORD_FILES]; /* behind the headers */
} Segment;

struct Replay {
	char *path;
	int dir;
	Segment *segments;
	size_t nsegments;
	Entry *entries;
	size_t count, capacity;
	SegmentName unfinished; /* a segment that lacks samples.csv: files of the folder may be in it; "" = none */
	size_t opened;          /* the segment whose files are open; nsegments = none */
	int fds[RECORD_FILES];
	char notice[256];
};

/* ---- files ---- */

/* "PATH/SEGMENT/nodes.csv" */
static void add_path(StrBuf *out, const Replay *r, const Segment *segment, RecordFile file)
{
	strbuf_addf(out, "%s/%s%s%s.csv", r->path, segment->name.text, segment->name.text[0] != '\0' ? "/" : "",
	            record_file_name(file));
}

static bool in_file(const Replay *r, const Segment *segment, RecordFile file, Err *err)
{
	StrBuf path = {0};
	add_path(&path, r, segment, file);
	(void)err_context(err, "%s", path.data);
	strbuf_free(&path);
	return false;
}

static int open_in(const Replay *r, const SegmentName *segment, RecordFile file)
{
	char name[SEGMENT_NAME_MAX], path[2 * SEGMENT_NAME_MAX];
	StrBuf text = STRBUF_ON(path);
	folder_file_name(file, name);
	strbuf_addf(&text, "%s%s%s", segment->text, segment->text[0] != '\0' ? "/" : "", name);
	return openat(r->dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

static void close_files(Replay *r)
{
	for (size_t file = 0; file < RECORD_FILES; file++) {
		if (r->fds[file] >= 0)
			close(r->fds[file]);
		r->fds[file] = -1;
	}
	r->opened = r->nsegments;
}

/* Opens the segment's files, where they are not. */
static bool use_segment(Replay *r, size_t index, Err *err)
{
	const Segment *segment = &r->segments[index];
	if (r->opened == index)
		return true;
	close_files(r);
	for (size_t file = RECORD_FILES; file-- > 0;) { /* samples.csv first: without it nothing else matters */
		r->fds[file] = open_in(r, &segment->name, (RecordFile)file);
		if (r->fds[file] < 0 && errno == ENOENT && segment->name.text[0] == '\0' &&
		    r->unfinished.text[0] != '\0')
			r->fds[file] = open_in(r, &r->unfinished, (RecordFile)file);
		if (r->fds[file] < 0) {
			(void)err_set(err, "%s", strerror(errno));
			return in_file(r, segment, (RecordFile)file, err);
		}
	}
	r->opened = index;
	return true;
}

/* The file up to `offset` has so many lines, and one. */
static size_t line_at(int fd, int64_t offset)
{
	StrBuf text = {0};
	size_t line = 1;
	for (int64_t from = 0; from < offset; from += (int64_t)text.len) {
		strbuf_clear(&text);
		int64_t left = offset - from;
		if (!folder_read(fd, from, left < 1 << 20 ? (size_t)left : 1 << 20, &text, NULL) || text.len == 0)
			break;
		for (size_t i = 0; i < text.len; i++)
			line += text.data[i] == '\n';
	}
	strbuf_free(&text);
	return line;
}

/* "PATH/nodes.csv, line 17: " before the reason. */
static bool at_line(const Replay *r, const Segment *segment, RecordFile file, int64_t offset, Err *err)
{
	StrBuf path = {0};
	add_path(&path, r, segment, file);
	(void)err_context(err, "%s, line %zu", path.data, line_at(r->fds[file], offset));
	strbuf_free(&path);
	return false;
}

/* ---- the index ---- */

static bool read_headers(Replay *r, size_t index, Err *err)
{
	Segment *segment = &r->segments[index];
	if (!use_segment(r, index, err))
		return false;
	for (size_t file = 0; file < RECORD_FILES; file++) {
		StrBuf start = {0};
		bool ok = folder_read(r->fds[file], 0, HEADER_MAX, &start, err);
		Str text = strbuf_str(&start);
		ok = ok && record_read_header((RecordFile)file, &text, &segment->shapes[file], err);
		segment->starts[file] = (int64_t)(start.len - text.len);
		strbuf_free(&start);
		if (!ok)
			return in_file(r, segment, (RecordFile)file, err);
	}
	return true;
}

static void add_entry(Replay *r, size_t segment, size_t offset, const RecordSample *sample)
{
	if (r->count == r->capacity) {
		r->capacity = r->capacity == 0 ? 1024 : r->capacity * 2;
		r->entries = xrealloc_array(r->entries, r->capacity, sizeof *r->entries);
	}
	r->entries[r->count++] = (Entry){.unix_us = sample->unix_us,
	                                 .segment = (uint32_t)segment,
	                                 .offset = (uint32_t)offset,
	                                 .run = (uint32_t)sample->run,
	                                 .events = (uint32_t)sample->events};
}

/* What is read of a segment's samples.csv. */
typedef struct Scan {
	const Segment *segment;
	int64_t sizes[RECORD_FILES];
	int64_t ends[RECORD_ROW_FILES]; /* of the sample before */
	int64_t run, events;
} Scan;

/* Each sample lies behind the one before. */
static bool check_order(Scan *scan, const RecordSample *sample, Err *err)
{
	for (size_t file = 0; file < RECORD_ROW_FILES; file++) {
		if (sample->ends[file] < scan->ends[file])
			return err_set(err, "column %s_end: %lld, expected %lld or more",
			               record_file_name((RecordFile)file), (long long)sample->ends[file],
			               (long long)scan->ends[file]);
		if (sample->ends[file] - scan->ends[file] > WINDOW_MAX && sample->ends[file] <= scan->sizes[file])
			return err_set(err, "column %s_end: a sample of %lld bytes", record_file_name((RecordFile)file),
			               (long long)(sample->ends[file] - scan->ends[file]));
	}
	if (sample->run < scan->run || sample->run > UINT32_MAX)
		return err_set(err, "column run: %lld, expected %lld or more", (long long)sample->run,
		               (long long)scan->run);
	if (sample->events > UINT32_MAX || (sample->run == scan->run && sample->events < scan->events))
		return err_set(err, "column events: %lld, expected %lld or more", (long long)sample->events,
		               (long long)scan->events);
	return true;
}

static bool is_whole(const Scan *scan, const RecordSample *sample)
{
	for (size_t file = 0; file < RECORD_ROW_FILES; file++)
		if (sample->ends[file] > scan->sizes[file])
			return false;
	return true;
}

static void say_incomplete(Replay *r, const Segment *segment)
{
	StrBuf text = STRBUF_ON(r->notice);
	strbuf_clear(&text);
	strbuf_addf(&text, "the last sample%s%s is incomplete and was left out",
	            segment->name.text[0] != '\0' ? " in " : "", segment->name.text);
}

/* Rows behind the last sample are of one that was never finished. */
static bool has_rest(const Scan *scan)
{
	for (size_t file = 0; file < RECORD_ROW_FILES; file++)
		if (scan->sizes[file] > scan->ends[file])
			return true;
	return false;
}

static bool scan_rows(Replay *r, size_t index, Scan *scan, Str all, Err *err)
{
	Arena arena = {0};
	bool more = false, ok = true, whole = true;
	Str text = str_sub(all, (size_t)scan->segment->starts[RECORD_SAMPLES], all.len);
	while (ok && whole && text.len > 0) {
		RecordSample sample;
		size_t offset = all.len - text.len;
		arena_reset(&arena);
		ok = record_read_sample(&arena, &scan->segment->shapes[RECORD_SAMPLES], &text, &sample, &more, err);
		if (more)
			break;
		ok = ok && check_order(scan, &sample, err);
		if (!ok) {
			(void)at_line(r, scan->segment, RECORD_SAMPLES, (int64_t)offset, err);
			break;
		}
		whole = is_whole(scan, &sample);
		if (!whole)
			break;
		memcpy(scan->ends, sample.ends, sizeof scan->ends);
		scan->run = sample.run;
		scan->events = sample.events;
		add_entry(r, index, offset, &sample);
	}
	arena_free(&arena);
	if (!ok && !more)
		return false;
	if (more || !whole || has_rest(scan))
		say_incomplete(r, scan->segment);
	return true;
}

static bool scan_segment(Replay *r, size_t index, Err *err)
{
	Scan scan = {.segment = &r->segments[index]};
	StrBuf all = {0};
	if (!read_headers(r, index, err))
		return false;
	if (r->count > 0) {
		scan.run = r->entries[r->count - 1].run;
		scan.events = r->entries[r->count - 1].events;
	}
	memcpy(scan.ends, scan.segment->starts, sizeof scan.ends);
	/* before the sizes: what samples.csv tells of was written before it */
	bool ok = folder_read(r->fds[RECORD_SAMPLES], 0, UINT32_MAX, &all, err);
	if (!ok)
		(void)in_file(r, scan.segment, RECORD_SAMPLES, err);
	for (size_t file = 0; ok && file < RECORD_FILES; file++) {
		struct stat status;
		ok = fstat(r->fds[file], &status) == 0 || err_set(err, "%s", strerror(errno));
		if (ok && !S_ISREG(status.st_mode))
			ok = err_set(err, "not a regular file");
		if (!ok)
			(void)in_file(r, scan.segment, (RecordFile)file, err);
		scan.sizes[file] = status.st_size;
	}
	ok = ok && scan_rows(r, index, &scan, strbuf_str(&all), err);
	strbuf_free(&all);
	return ok;
}

static bool lacks_samples(const Replay *r, const SegmentName *name)
{
	int fd = open_in(r, name, RECORD_SAMPLES);
	if (fd >= 0)
		close(fd);
	return fd < 0 && errno == ENOENT;
}

/* Lines at the start of a file of the folder itself, at most 2; 0 also if there is no such file. */
static int count_lines(const Replay *r, RecordFile file)
{
	static const SegmentName folder = {""};
	StrBuf start = {0};
	int lines = 0, fd = open_in(r, &folder, file);
	if (fd >= 0) {
		(void)folder_read(fd, 0, HEADER_MAX, &start, NULL);
		close(fd);
	}
	for (size_t i = 0; i < start.len && lines < 2; i++)
		lines += start.data[i] == '\n';
	strbuf_free(&start);
	return lines;
}

/* A recorder that was killed when it had begun its files, samples.csv first, leaves some without a header. */
static bool is_begun(const Replay *r)
{
	for (size_t file = 0; file < RECORD_ROW_FILES; file++)
		if (count_lines(r, (RecordFile)file) == 0)
			return count_lines(r, RECORD_SAMPLES) < 2;
	return false;
}

/* The subfolders, and the folder itself last. */
static bool list_segments(Replay *r, Err *err)
{
	SegmentName *names;
	size_t count;
	if (!folder_segments(r->dir, &names, &count, err))
		return err_context(err, "%s", r->path);
	r->segments = xcalloc(count + 1, sizeof *r->segments);
	for (size_t i = 0; i < count; i++) {
		if (!lacks_samples(r, &names[i]))
			r->segments[r->nsegments++].name = names[i];
		else
			r->unfinished = names[i];
	}
	free(names);
	/* between a rotation and the first sample after it there may be nothing but subfolders */
	static const SegmentName folder = {""};
	if (r->nsegments == 0 || (!lacks_samples(r, &folder) && !is_begun(r)))
		r->segments[r->nsegments++].name = folder;
	r->opened = r->nsegments;
	return true;
}

static bool open_all(Replay *r, Err *err)
{
	r->dir = open(r->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->dir < 0)
		return err_set(err, "%s: %s", r->path, strerror(errno));
	if (!list_segments(r, err))
		return false;
	for (size_t i = 0; i < r->nsegments; i++)
		if (!scan_segment(r, i, err))
			return false;
	return r->count > 0 || err_set(err, "%s holds no sample", r->path);
}

Replay *replay_open(const char *path, Err *err)
{
	Replay *r = xcalloc(1, sizeof *r);
	r->path = strdup(path);
	r->dir = -1;
	for (size_t file = 0; file < RECORD_FILES; file++)
		r->fds[file] = -1;
	if (r->path == NULL || !open_all(r, err)) {
		replay_close(r);
		return NULL;
	}
	return r;
}

void replay_close(Replay *r)
{
	if (r == NULL)
		return;
	close_files(r);
	if (r->dir >= 0)
		close(r->dir);
	free(r->segments);
	free(r->entries);
	free(r->path);
	free(r);
}

size_t replay_count(const Replay *r)
{
	return r->count;
}

const char *replay_notice(const Replay *r)
{
	return r->notice;
}

ReplayMoment replay_moment(const Replay *r, size_t i)
{
	const Entry *entry = &r->entries[i];
	return (ReplayMoment){entry->unix_us, entry->run, entry->events};
}

/* ---- samples ---- */

/* The row of samples.csv. */
static bool read_entry(Replay *r, Arena *arena, size_t i, RecordSample *sample, Err *err)
{
	const Entry *entry = &r->entries[i];
	const Segment *segment = &r->segments[entry->segment];
	StrBuf row = {0};
	bool more = false, ok = use_segment(r, entry->segment, err);
	if (!ok)
		return false;
	ok = folder_read(r->fds[RECORD_SAMPLES], entry->offset, SAMPLE_ROW_MAX, &row, err);
	Str text = str_dup(arena, strbuf_str(&row));
	strbuf_free(&row);
	ok = ok && record_read_sample(arena, &segment->shapes[RECORD_SAMPLES], &text, sample, &more, err);
	if (!ok && more)
		(void)err_set(err, "the row is not complete");
	return ok || at_line(r, segment, RECORD_SAMPLES, entry->offset, err);
}

/* Where the rows of sample `i` begin: where those of the one before end. */
static bool read_starts(Replay *r, Arena *arena, size_t i, int64_t starts[RECORD_ROW_FILES], Err *err)
{
	RecordSample before;
	bool first = i == 0 || r->entries[i - 1].segment != r->entries[i].segment;
	if (!first && !read_entry(r, arena, i - 1, &before, err))
		return false;
	const int64_t *from = first ? r->segments[r->entries[i].segment].starts : before.ends;
	memcpy(starts, from, RECORD_ROW_FILES * sizeof *starts);
	return true;
}

static bool read_window(const Replay *r, Arena *arena, const Segment *segment, RecordFile file, int64_t from,
                        int64_t to, Str *text, Err *err)
{
	/* with the end of the line before, for the file may be another one by now, or have been edited */
	if (from < 1 || to < from || to - from > WINDOW_MAX)
		(void)err_set(err, "the file was changed while it was read");
	else if (folder_read_exactly(arena, r->fds[file], from - 1, (size_t)(to - from) + 1, text, err)) {
		bool lines = text->data[0] == '\n' && text->data[text->len - 1] == '\n';
		*text = str_sub(*text, 1, text->len);
		if (lines)
			return true;
		(void)err_set(err, "its rows are not where samples.csv says: the file was edited");
		return at_line(r, segment, file, from, err);
	}
	return in_file(r, segment, file, err);
}

bool replay_read(Replay *r, Arena *arena, size_t i, unsigned files, Report **report, int64_t *clock_us, Err *err)
{
	RecordSample sample;
	RecordFault fault;
	int64_t starts[RECORD_ROW_FILES];
	Str texts[RECORD_ROW_FILES] = {{NULL, 0}};
	const Segment *segment = &r->segments[r->entries[i].segment];
	if (!read_entry(r, arena, i, &sample, err) || !read_starts(r, arena, i, starts, err))
		return false;
	for (size_t file = 0; file < RECORD_ROW_FILES; file++)
		if ((files & 1U << file) != 0 && !read_window(r, arena, segment, (RecordFile)file, starts[file],
		                                              sample.ends[file], &texts[file], err))
			return false;
	if (!record_read(arena, &sample, segment->shapes, texts, files, report, &fault, err))
		return at_line(r, segment, fault.file, starts[fault.file] + (int64_t)fault.offset, err);
	*clock_us = sample.clock_us;
	return true;
}

/* ---- events ---- */

/* The first sample of the same run that has more than `events` events. */
static size_t first_with_more(const Replay *r, size_t i, uint32_t events)
{
	uint32_t run = r->entries[i].run;
	size_t low = 0, high = i;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const Entry *entry = &r->entries[middle];
		if (entry->run < run || (entry->run == run && entry->events <= events))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The events of samples [first, last] of one segment. */
static bool read_events(Replay *r, Arena *arena, size_t first, size_t last, EventRow **rows, size_t *count, Err *err)
{
	Str text;
	RecordSample sample;
	RecordFault fault;
	int64_t starts[RECORD_ROW_FILES];
	const Segment *segment = &r->segments[r->entries[first].segment];
	if (!read_entry(r, arena, last, &sample, err) || !read_starts(r, arena, first, starts, err))
		return false;
	int64_t from = starts[RECORD_EVENTS];
	return read_window(r, arena, segment, RECORD_EVENTS, from, sample.ends[RECORD_EVENTS], &text, err) &&
	       (record_read_events(arena, &segment->shapes[RECORD_EVENTS], text, sample.events, rows, count, &fault,
	                           err) ||
	        at_line(r, segment, RECORD_EVENTS, from + (int64_t)fault.offset, err));
}

bool replay_events(Replay *r, Arena *arena, size_t i, size_t most, const EventRow **rows, size_t *count, Err *err)
{
	uint32_t events = r->entries[i].events;
	size_t at = first_with_more(r, i, events > most ? events - (uint32_t)most : 0);
	EventRow *all = NULL;
	*count = 0;
	while (at <= i) {
		EventRow *part;
		size_t npart, last = at;
		while (last < i && r->entries[last + 1].segment == r->entries[at].segment)
			last++;
		if (!read_events(r, arena, at, last, &part, &npart, err))
			return false;
		EventRow *joined = npart > 0 ? ARENA_ARRAY(arena, EventRow, *count + npart) : all;
		if (*count > 0 && npart > 0)
			memcpy(joined, all, *count * sizeof *joined);
		if (npart > 0)
			memcpy(joined + *count, part, npart * sizeof *joined);
		all = joined;
		*count += npart;
		at = last + 1;
	}
	size_t skip = *count > most ? *count - most : 0;
	*rows = skip > 0 ? all + skip : all;
	*count -= skip;
	return true;
}
