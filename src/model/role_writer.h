#ifndef PGREPLTOP_MODEL_ROLE_WRITER_H
#define PGREPLTOP_MODEL_ROLE_WRITER_H
/* The words of one node's processes: parts of a line, joined by commas. What is not known is left out; what the role may
 * not see is said. */
#include "model/rows.h"
#include "model/topology.h"

#include <stdbool.h>

enum { ROLE_TEXT_MAX = 512 };

typedef struct RoleWriter {
	Arena *arena;
	const Report *report;
	const Topology *topology;
	uint32_t index; /* of the node's row in both */
	const NodeRow *row;
	const NodeSample *sample;
	const NodeRoles *roles;
	const ProcessRow *processes; /* of the node */
	size_t nprocesses;
	int major;     /* of its PostgreSQL */
	bool sees_all; /* a process that is not in the list does not run */
	RoleRow *rows;
	size_t nrows;
	StrBuf text; /* of the line that is being written */
} RoleWriter;

/* The first process of a type, or the one of that number; NULL: none is known. */
const ProcessRow *role_process(const RoleWriter *w, Str type);
const ProcessRow *role_process_pid(const RoleWriter *w, int pid);
bool role_waits(const ProcessRow *process, Str wait_event); /* "TYPE:NAME"; false for NULL */

/* A part of the line; more of the same part. */
void role_say(RoleWriter *w, const char *format, ...) PRINTF_LIKE(2, 3);
void role_add(RoleWriter *w, const char *format, ...) PRINTF_LIKE(2, 3);
void role_add_bytes(RoleWriter *w, const char *before, int64_t bytes, const char *after);
void role_add_ago(RoleWriter *w, const char *before, int64_t time_us);
/* The same around a value; nothing where it is unknown. */
void role_say_lsn(RoleWriter *w, const char *before, Lsn lsn);
void role_say_bytes(RoleWriter *w, const char *before, int64_t bytes, const char *after);
void role_say_rate(RoleWriter *w, const char *before, double bytes_per_second, const char *after);
void role_say_seconds(RoleWriter *w, const char *before, double seconds, const char *after);
/* How long ago that was by the server's clock; clocks that disagree within one answer make it 0. */
void role_say_ago(RoleWriter *w, const char *before, int64_t time_us);
/* idle, at work, or what it waits for. */
void role_say_state(RoleWriter *w, const ProcessRow *process);
/* Ends the line. `process`: NULL = none runs or none is known; then the name stands alone. */
void role_end(RoleWriter *w, Str name, const ProcessRow *process, RowHealth health);
void role_end_pid(RoleWriter *w, Str name, int pid, RowHealth health); /* 0: as NULL above */

#endif
