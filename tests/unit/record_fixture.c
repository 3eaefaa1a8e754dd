#include "record_fixture.h"

static void set_times(Report *report)
{
	for (size_t i = 0; i < report->nnodes; i++)
		report->nodes[i].time = report->time;
	for (size_t i = 0; i < report->nprocesses; i++)
		report->processes[i].time = report->time;
	for (size_t i = 0; i < report->nslots; i++)
		report->slots[i].time = report->time;
	for (size_t i = 0; i < report->nquorums; i++)
		report->quorums[i].time = report->time;
}

void recorded_write(Recorded *recorded, Report *report)
{
	*recorded = (Recorded){0};
	set_times(report);
	recorded->sample = record_sample_of(report);
	recorded->sample.run = 1;
	recorded->sample.clock_us = 5000000;
	recorded->sample.events = report->nevents > 0 ? (int64_t)report->events[report->nevents - 1].number : 0;
	for (size_t file = 0; file < RECORD_FILES; file++)
		record_write_header(&recorded->texts[file], (RecordFile)file);
	for (size_t file = 0; file < RECORD_ROW_FILES; file++) {
		record_write_rows(&recorded->texts[file], (RecordFile)file, report);
		recorded->sample.ends[file] = (int64_t)recorded->texts[file].len;
	}
	record_write_sample(&recorded->texts[RECORD_SAMPLES], &recorded->sample);
}

Report *recorded_read(Recorded *recorded, Arena *arena, RecordFault *fault, Err *err)
{
	Report *report = NULL;
	bool more;
	*fault = (RecordFault){0};
	for (size_t file = 0; file < RECORD_FILES; file++) {
		Str text = strbuf_str(&recorded->texts[file]);
		if (!record_read_header((RecordFile)file, &text, &recorded->shapes[file], err))
			return NULL;
		if (file < RECORD_ROW_FILES)
			recorded->rows[file] = text;
		else if (!record_read_sample(arena, &recorded->shapes[file], &text, &recorded->sample, &more, err))
			return NULL;
	}
	if (!record_read(arena, &recorded->sample, recorded->shapes, recorded->rows, RECORD_ALL, &report, fault, err))
		return NULL;
	return report;
}

void recorded_free(Recorded *recorded)
{
	for (size_t file = 0; file < RECORD_FILES; file++)
		strbuf_free(&recorded->texts[file]);
}
