#ifndef PGREPLTOP_RECORD_RECORDER_H
#define PGREPLTOP_RECORD_RECORDER_H
/* Writes a recording (folder.h): a sample's rows are appended to each file in one write, its row in samples.csv last. What was
 * written stays readable whatever ends the program. */
#include "base/err.h"
#include "model/rows.h"

#include <stdbool.h>
#include <stdint.h>

/* How much is kept, of all segments together; 0: no limit. A segment is an eighth of it: it is kept or removed whole. */
typedef struct RecorderLimits {
	double bytes;
	double age_s;
} RecorderLimits;

typedef struct Recorder Recorder;

/* Makes the folder, or continues the recording in it: of a sample that was not finished the rows are cut off. NULL: another
 * recorder writes there, or it holds something else, or it cannot be written to; `err` names the folder. */
Recorder *recorder_open(const char *path, RecorderLimits limits, Err *err);
/* Appends a sample. The report's events are those since the sample before; `events` is how many there were in all, `clock_us`
 * a monotonic clock. False: it could not be written (a full disk). What was is cut off again, and no more is written: the
 * recording ends with the sample before. The error names the file. */
bool recorder_write(Recorder *recorder, const Report *report, uint64_t events, int64_t clock_us, Err *err);
void recorder_close(Recorder *recorder); /* NULL is ignored */

#endif
