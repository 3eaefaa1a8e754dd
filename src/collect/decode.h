#ifndef PGREPLTOP_COLLECT_DECODE_H
#define PGREPLTOP_COLLECT_DECODE_H
/* Rows of the query table in PostgreSQL's binary format -> the sample. Pure: rows come through a getter, so that tests and
 * fuzzers need no server. Nothing that a server sends is trusted: lengths are checked, and texts are copied into the
 * sample's arena as they are (made safe where they are drawn). False: the rows are not of the query's form. */
#include "base/err.h"
#include "collect/query.h"
#include "model/action.h"
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

/* Of QUERY_CANCEL and QUERY_TERMINATE: done, false, gone, recycled or hidden. */
bool decode_signal(Rows rows, ActAnswer *out, Err *err);
/* Of QUERY_PAUSE and QUERY_RESUME: done, no standby or another server. */
bool decode_replay(Rows rows, ActAnswer *out, Err *err);

#endif
