#ifndef PGREPLTOP_MODEL_EVENTS_H
#define PGREPLTOP_MODEL_EVENTS_H
/* What changed from one report to the next, in words: a log that lives as long as the program. Beside it stands the verdict
 * of --check on one report. Both judge by the same thresholds. */
#include "base/arena.h"
#include "model/rows.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where lag begins to matter, for standbys; 0: never. */
typedef struct Thresholds {
	double lag_warning_s, lag_critical_s;
	double lag_warning_bytes, lag_critical_bytes;
} Thresholds;

typedef enum EventSeverity { EVENT_INFO, EVENT_WARNING, EVENT_CRITICAL } EventSeverity;

Str event_severity_text(EventSeverity severity); /* info, warning, critical */

typedef struct EventLog EventLog;

/* Keeps the last `capacity` events. */
EventLog *event_log_new(size_t capacity, const Thresholds *thresholds);
void event_log_free(EventLog *log);

/* Notes what is different from the report before. What is seen for the first time is no event, but where it begins badly. */
void event_log_note(EventLog *log, const Report *report);

/* Notes what the person did, with its result. */
void event_log_add(EventLog *log, Str time, Str cluster, Str node, Str event, EventSeverity severity, Str text);

/* The events that are kept, the oldest first, and how many there were ever: those of a number below
 * `total - count` are gone. Rows are valid until the next call that adds one. */
size_t event_log_count(const EventLog *log);
uint64_t event_log_total(const EventLog *log);
EventRow event_log_row(const EventLog *log, size_t i);
/* Copies of the last events whose number is above `after`, `most` at most, the oldest first; in the arena. */
const EventRow *event_log_rows(Arena *arena, const EventLog *log, uint64_t after, size_t most, size_t *count);

/* --check: 0 OK, 1 warning, 2 critical, 3 unknown; `out` gets one line for a scheduler. */
int check_report(const Report *report, const Thresholds *thresholds, StrBuf *out);

#endif
