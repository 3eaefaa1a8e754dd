#include "app/recording.h"

enum { EVENTS_AT_ONCE = 1000 };

bool recording_open(Recording *recording, const Options *options, Err *err)
{
	if (options->record == NULL)
		return true;
	RecorderLimits limits = {options->record_bytes, options->record_age_s};
	recording->recorder = recorder_open(options->record, limits, err);
	recording->processes = options->record_processes;
	return recording->recorder != NULL || err_context(err, "option --record");
}

bool recording_note(Recording *recording, Arena *arena, const Report *report, const EventLog *events, int64_t clock_ns)
{
	if (recording->recorder == NULL)
		return true;
	Report copy = *report;
	copy.events = event_log_rows(arena, events, recording->events, EVENTS_AT_ONCE, &copy.nevents);
	recording->events = event_log_total(events);
	if (recorder_write(recording->recorder, &copy, recording->events, clock_ns / 1000, &recording->failure))
		return true;
	recording_close(recording);
	return err_context(&recording->failure, "the recording ends here");
}

void recording_close(Recording *recording)
{
	recorder_close(recording->recorder);
	recording->recorder = NULL;
	recording->processes = false;
}
