#ifndef PGREPLTOP_RECORD_FOLDER_H
#define PGREPLTOP_RECORD_FOLDER_H
/* A recording as a folder: the newest samples in its files, older ones in subfolders with the same files, each named after
 * the time of its first sample (20261121T120133Z). A rotation moves the files into a new subfolder, samples.csv last: where
 * that is still in the folder and a subfolder lacks it, a rotation was not finished, and the other files may be in either. */
#include "base/arena.h"
#include "base/err.h"
#include "model/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SEGMENT_NAME_MAX = 32 };

/* "nodes.csv" */
void folder_file_name(RecordFile file, char name[SEGMENT_NAME_MAX]);

typedef struct SegmentName {
	char text[SEGMENT_NAME_MAX];
} SegmentName;

/* Subfolders, the oldest first, in *names (malloc'ed; the caller's). */
bool folder_segments(int dir, SegmentName **names, size_t *count, Err *err);
/* A new name for the samples from `unix_us` on: `attempt` 0, 1, ... until there is none of it. */
bool folder_segment_name(int64_t unix_us, unsigned attempt, SegmentName *name);

/* All of a file from `from` on, up to `most` bytes. False: it cannot be read. */
bool folder_read(int fd, int64_t from, size_t most, StrBuf *out, Err *err);
/* Exactly so many bytes, in the arena. */
bool folder_read_exactly(Arena *arena, int fd, int64_t from, size_t size, Str *text, Err *err);

#endif
