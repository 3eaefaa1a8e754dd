#ifndef PGREPLTOP_TESTS_UNIT_RECORD_FIXTURE_H
#define PGREPLTOP_TESTS_UNIT_RECORD_FIXTURE_H
/* A recording of one sample, in memory. */
#include "model/record_read.h"

typedef struct Recorded {
	StrBuf texts[RECORD_FILES]; /* with headers */
	RecordSample sample;
	RecordShape shapes[RECORD_FILES];
	Str rows[RECORD_ROW_FILES]; /* behind the headers */
} Recorded;

/* The report's time is put into its rows where it is not. */
void recorded_write(Recorded *recorded, Report *report);
/* Takes the texts as they are; NULL if they cannot be read. */
Report *recorded_read(Recorded *recorded, Arena *arena, RecordFault *fault, Err *err);
void recorded_free(Recorded *recorded);

#endif
