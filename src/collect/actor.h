#ifndef PGREPLTOP_COLLECT_ACTOR_H
#define PGREPLTOP_COLLECT_ACTOR_H
/* Carries out actions: a connection of its own to each node, on which that node's actions are sent one after the other.
 * Nodes do not wait for each other, nor does anything else; whoever owns it steps it. */
#include "collect/session.h"
#include "model/action.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Actor Actor;

Actor *actor_new(SessionLimits limits);
void actor_free(Actor *actor); /* NULL is ignored; what is under way is dropped */

typedef struct ActRequest {
	size_t token; /* names it in the result */
	ActKind kind;
	int pid;
	int64_t start_us; /* of the process; to pause and resume: of the postmaster */
} ActRequest;

/* Sends it as soon as the connection to `node` is there. Each request gets one result. */
void actor_ask(Actor *actor, NodeId node, const ConnParams *params, const char *host, const char *hostaddr, int port,
               const ActRequest *request, int64_t now_ns);

typedef struct ActResult {
	size_t token;
	ActAnswer answer;
	char detail[320]; /* the server's own words, or why there are none */
} ActResult;

size_t actor_sessions(const Actor *actor);
const Session *actor_session(const Actor *actor, size_t i); /* to wait for */
int64_t actor_deadline(const Actor *actor);                 /* INT64_MAX = none */
void actor_step(Actor *actor, int64_t now_ns);
bool actor_has_result(const Actor *actor);
/* The oldest result that was not taken; false: there is none. */
bool actor_take(Actor *actor, ActResult *out);

#endif
