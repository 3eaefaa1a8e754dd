#ifndef PGREPLTOP_RECORD_REPLAY_H
#define PGREPLTOP_RECORD_REPLAY_H
/* Reads a recording (folder.h), one that is being written, too. When it is opened all of samples.csv is read once; of the
 * samples only where they are is kept (32 bytes each), their rows are read when they are asked for. */
#include "base/arena.h"
#include "base/err.h"
#include "model/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Replay Replay;

/* False or NULL: `err` says which file, which line, what was expected. */
Replay *replay_open(const char *path, Err *err);
void replay_close(Replay *replay); /* NULL is ignored */

size_t replay_count(const Replay *replay); /* at least 1 */
/* What was found of samples that are not whole; "" = nothing. */
const char *replay_notice(const Replay *replay);

typedef struct ReplayMoment {
	int64_t unix_us;
	uint32_t run;    /* samples of one run of the recorder follow each other */
	uint32_t events; /* in that run until then */
} ReplayMoment;

/* Of sample `i`, from 0. */
ReplayMoment replay_moment(const Replay *replay, size_t i);

/* The rows of sample `i`; of the files in `files` only (record_read.h). Its events are those of the sample. *clock_us is the
 * recorder's monotonic clock. */
bool replay_read(Replay *replay, Arena *arena, size_t i, unsigned files, Report **report, int64_t *clock_us, Err *err);
/* The last events of its run until sample `i`, `most` at most and, as far as they were kept, the oldest first. */
bool replay_events(Replay *replay, Arena *arena, size_t i, size_t most, const EventRow **rows, size_t *count, Err *err);

#endif
