#ifndef PGREPLTOP_COLLECT_DECODE_H
#define PGREPLTOP_COLLECT_DECODE_H
/* Rows of the query table in PostgreSQL's binary format -> the sample. Pure: rows come through a getter, so that tests and
 * fuzzers need no server. Nothing that a server sends is trusted: lengths are checked, and texts are copied into the
 * sample's arena as they are (made safe where they are drawn). False: the rows are not of the query's form. */
#include "base/err.h"
#include "collect/query.h"
#include "model/snapshot.h"

typedef struct Rows {
	const void *source;
	int nrows;
	int ncolumns;
	Str (*get)(const void *source, int row, int column); /* the value's bytes; STR_NONE = NULL */
} Rows;

bool decode_identity(Arena *arena, Rows rows, NodeIdentity *out, Err *err);
bool decode_node(Rows rows, NodeSample *out, Err *err);
bool decode_slots(Rows rows, NodeSample *out, Err *err);
/* After decode_slots(): the slots say which process holds which. */
bool decode_senders(Rows rows, NodeSample *out, Err *err);
bool decode_backups(Rows rows, NodeSample *out, Err *err);
bool decode_activity(Rows rows, NodeSample *out, Err *err);
bool decode_roles(Rows rows, NodeSample *out, Err *err);
bool decode_subscriptions(Rows rows, NodeSample *out, Err *err);
/* Behind the reason why processes of another host are not known: cells show the beginning of a text. */
#define PROC_BY_SQL " (/proc through SQL)"

/* QUERY_PROCESSES or QUERY_LONG_LIVED -> out->procs, with t_mono_ns 0 and without what titles say, and
 * out->server_time_us. `backend_pid` is the asking backend's, which must be among the rows, or the numbers are another
 * pid namespace's: the table then has an error and no rows. */
bool decode_processes(Rows rows, int backend_pid, NodeSample *out, Err *err);
bool decode_receiver_port(Rows rows, int *port, Err *err); /* 0: none */

typedef enum SignalAnswer {
	SIGNAL_SENT,   /* true */
	SIGNAL_FAILED, /* false */
	SIGNAL_GONE,   /* no such process, or the pid is another session's by now */
	SIGNAL_HIDDEN  /* the role may not see the session's start time */
} SignalAnswer;
bool decode_signal(Rows rows, SignalAnswer *out, Err *err);

#endif
