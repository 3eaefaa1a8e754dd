#ifndef PGREPLTOP_COLLECT_REMOTE_PROCS_H
#define PGREPLTOP_COLLECT_REMOTE_PROCS_H
/* The processes of one node on another host, which the server itself reads from its /proc. They come by a connection of
 * their own, open only while they are wanted: whatever becomes of it, the node's positions come as before. At most one
 * statement is out at a time.
 *
 * A process that exits while it is read fails the statement, and the server logs that. This is rare, so the statement is
 * asked again at once; where it happens again within a minute, processes come and go too fast, and until it is over only
 * those that stay are read. Other failures, and lost connections, are tried again after a pause of 1 to 60 s. */
#include "collect/session.h"
#include "model/snapshot.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct RemoteProcs {
	Session *session; /* NULL = closed */
	QueryKind asked;  /* what is out; QUERY_COUNT = nothing */
	bool ask_now;     /* as soon as the session is ready */
	bool prompt;      /* the last answer came soon: worth waiting for */
	int64_t asked_ns, wanted_ns;
	int64_t next_attempt_ns, backoff_ns;
	int64_t all_failed_ns;         /* when reading all of them failed last; INT64_MIN = never */
	int64_t all_again_ns;          /* until then only those that stay */
	NodeSample *newest, *previous; /* references; their procs are never NULL */
	Err error;                     /* why there are none; empty = they are there, or are yet to come */
} RemoteProcs;

/* Where the server is; all borrowed. */
typedef struct RemoteServer {
	const ConnParams *params;
	const char *host, *hostaddr;
	int port;
	SessionLimits limits;
} RemoteServer;

void remote_procs_init(RemoteProcs *r);
void remote_procs_fini(RemoteProcs *r); /* what was read is forgotten; it may be used again as after init */
/* Call at each refresh: asks, and connects before where it must. */
void remote_procs_want(RemoteProcs *r, const RemoteServer *server, int64_t now_ns);
/* Call at each refresh at which they are not wanted: forgets what was read, and some seconds later hangs up. */
void remote_procs_unwant(RemoteProcs *r, int64_t now_ns);
/* Call when the session is ready or its deadline has passed. True: `newest` or `error` changed.
 * `identity` is the node's: what the address leads to must still be that server. */
bool remote_procs_step(RemoteProcs *r, const NodeIdentity *identity, int64_t now_ns);
/* Whether a refresh should wait a moment for the answer. */
bool remote_procs_is_awaited(const RemoteProcs *r);
/* Wanted, and neither read nor failed so far. */
bool remote_procs_is_pending(const RemoteProcs *r);

#endif
