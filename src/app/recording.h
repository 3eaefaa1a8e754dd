#ifndef PGREPLTOP_APP_RECORDING_H
#define PGREPLTOP_APP_RECORDING_H
/* --record: what is shown or written goes into a recording, too. */
#include "app/options.h"
#include "model/events.h"
#include "record/recorder.h"

/* Zero-initialised: nothing is recorded. */
typedef struct Recording {
	Recorder *recorder;
	uint64_t events; /* the number of the last one that was recorded */
	bool processes;  /* of all nodes are wanted, not only those that are on the screen */
	Err failure;     /* why it ended before its time; "" = it did not */
} Recording;

/* Does nothing without --record. */
bool recording_open(Recording *recording, const Options *options, Err *err);
/* Records the report, with the events that are new in the log. False: the recording ends here, once; recording->failure says
 * why. `arena` is for what is needed until it returns. */
bool recording_note(Recording *recording, Arena *arena, const Report *report, const EventLog *events, int64_t clock_ns);
void recording_close(Recording *recording);

#endif
