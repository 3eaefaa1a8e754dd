#ifndef PGREPLTOP_COLLECT_SESSION_H
#define PGREPLTOP_COLLECT_SESSION_H
/* One non-blocking connection to one node: with conninfo.h the only user of libpq. A state machine that the poller steps when its
 * descriptor is ready or its deadline has come; no call here ever waits. Every state that waits has a deadline, because
 * libpq's own connect_timeout does not hold for asynchronous connections; a session past it is dropped, never cancelled
 * (PQcancel blocks). */
#include "base/err.h"
#include "collect/conninfo.h"
#include "collect/decode.h"
#include "model/snapshot.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct Session Session;

/* The settings of every polling session; the texts of the query table count on them. */
#define SESSION_OPTIONS \
	"-c search_path=pg_catalog -c standard_conforming_strings=on -c statement_timeout=3000 -c lock_timeout=500" \
	" -c idle_in_transaction_session_timeout=10000 -c default_transaction_read_only=on -c client_min_messages=error"

/* What a step brought. */
typedef enum SessionEvent {
	SESSION_NOTHING,
	SESSION_READY,    /* connected, identity known: it can be polled */
	SESSION_ANSWERED, /* a poll is complete: session_take_sample() */
	SESSION_ACTED,    /* the answer to an action is there: session_act_answer() */
	SESSION_FAILED    /* dropped: session_failure(), session_error() */
} SessionEvent;

typedef enum SessionFailure {
	FAILURE_NONE,
	FAILURE_UNREACHABLE, /* refused, no route, no such socket, name unknown, no TCP answer */
	FAILURE_SILENT,      /* TCP is there, the server does not answer */
	FAILURE_UNAVAILABLE, /* starting up, shutting down, recovering, too many clients */
	FAILURE_DENIED,      /* authentication, role, database, pg_hba.conf, TLS */
	FAILURE_PROTOCOL     /* an answer that makes no sense */
} SessionFailure;

typedef struct SessionLimits {
	int64_t connect_ns, query_ns;
} SessionLimits;

/* Begins to connect. `hostaddr` is the resolved address of `host` (NULL for a numeric host or a socket directory). It never
 * fails at once: errors come as SESSION_FAILED from session_step(). */
Session *session_open(const ConnParams *params, const char *host, const char *hostaddr, int port, SessionLimits limits,
                      int64_t now_ns);
/* Begins to connect for actions only: it is ready without an identity, and takes session_act() instead of polls. */
Session *session_open_acts(const ConnParams *params, const char *host, const char *hostaddr, int port,
                           SessionLimits limits, int64_t now_ns);
void session_close(Session *session); /* NULL is ignored */

int session_fd(const Session *session);           /* -1 = none; may change after every step */
short session_events(const Session *session);     /* POLLIN | POLLOUT */
int64_t session_deadline(const Session *session); /* INT64_MAX = none */
/* Advances; call when the descriptor is ready or the deadline has passed. One event at a time: call until
 * SESSION_NOTHING. */
SessionEvent session_step(Session *session, int64_t now_ns);

const NodeIdentity *session_identity(const Session *session); /* after SESSION_READY */
Privilege session_privilege(const Session *session);
/* What a poll asks for beside what every sample has. */
typedef enum PollWant { POLL_ACTIVITY = 1, POLL_RECEIVER_PORT = 2, POLL_BACKUPS = 4, POLL_ROLES = 8 } PollWant;
/* Asks for one sample: one round trip. `wants` are PollWants. Only when ready and not already polling. */
void session_poll(Session *session, int64_t now_ns, unsigned wants, NodeSample *reuse);
/* Asks for /proc of the server's processes (QUERY_PROCESSES, QUERY_LONG_LIVED) instead: the sample then holds procs and
 * server_time_us only. On a session of its own, for it may take its time. If the statement fails there is no
 * SESSION_ANSWERED: the session is ready again, and session_error() says why. */
void session_poll_processes(Session *session, int64_t now_ns, QueryKind kind);
bool session_is_ready(const Session *session);
bool session_is_polling(const Session *session);
int64_t session_poll_started(const Session *session);
/* The sample of the last SESSION_ANSWERED; the caller owns its reference. */
NodeSample *session_take_sample(Session *session);
/* Sends one action, when ready: QUERY_CANCEL or QUERY_TERMINATE for (pid, backend_start), QUERY_PAUSE or QUERY_RESUME for the
 * postmaster that began at `start_us`. It ends in SESSION_ACTED, and the session is ready again, or in SESSION_FAILED. */
void session_act(Session *session, int64_t now_ns, QueryKind kind, int pid, int64_t start_us);
/* Of the last SESSION_ACTED, with the server's own words of an error or a warning, "" = none. */
ActAnswer session_act_answer(const Session *session, const char **words);

SessionFailure session_failure(const Session *session);
const char *session_error(const Session *session); /* one line */
bool session_needs_password(const Session *session);

#endif
