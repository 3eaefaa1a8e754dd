#ifndef PGREPLTOP_MODEL_RECORD_READ_H
#define PGREPLTOP_MODEL_RECORD_READ_H
/* The CSV files of a recording (record.h) as reports again. */
#include "base/arena.h"
#include "base/err.h"
#include "model/record.h"

/* What a file has of its columns. One of an older program lacks the last ones, one of a newer program has more; both can be
 * read, what is lacking is unknown. */
typedef struct RecordShape {
	size_t known; /* the first so many columns are ours */
	size_t width; /* columns in all */
} RecordShape;

/* Where a reader gave up. */
typedef struct RecordFault {
	RecordFile file;
	size_t offset; /* of the row, in that file's text */
} RecordFault;

/* Reads the header line from the start of *text and moves behind it. False: it is another file's, or not complete. */
bool record_read_header(RecordFile file, Str *text, RecordShape *shape, Err *err);
/* Reads a row of samples.csv and moves *text behind it. False: it is not complete (*more), or wrong. Texts are slices of
 * *text, or in the arena. */
bool record_read_sample(Arena *arena, const RecordShape *shape, Str *text, RecordSample *sample, bool *more, Err *err);

/* The rows of a sample: texts[file] is what stands between the end of the sample before and its own. Files of which `files`
 * (bits by RecordFile) has none are left out, their rows are none; what tells more of a table is nothing without it. The report
 * points into the texts and the arena; its events are those in their text, numbered up to sample->events; it has no series. */
bool record_read(Arena *arena, const RecordSample *sample, const RecordShape shapes[RECORD_ROW_FILES],
                 const Str texts[RECORD_ROW_FILES], unsigned files, Report **report, RecordFault *fault, Err *err);
enum { RECORD_ALL = (1 << RECORD_ROW_FILES) - 1 };

/* Events alone, *count of them; `last` is the number of the last one. */
bool record_read_events(Arena *arena, const RecordShape *shape, Str text, int64_t last, EventRow **rows, size_t *count,
                        RecordFault *fault, Err *err);

#endif
