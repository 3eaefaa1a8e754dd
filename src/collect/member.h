#ifndef PGREPLTOP_COLLECT_MEMBER_H
#define PGREPLTOP_COLLECT_MEMBER_H
/* One node as the poller keeps it: the ways to reach it, its session, and its last samples. It connects, and when it fails
 * tries the next way, then all again after a pause that grows from 0.5 to 15 s. */
#include "collect/proc_reader.h"
#include "collect/remote_procs.h"
#include "collect/resolve.h"
#include "collect/session.h"
#include "model/snapshot.h"

#include <stdbool.h>
#include <stdint.h>

/* What all members share; owned by the poller. */
typedef struct MemberEnv {
	Resolver *resolver;
	Procfs *procfs;        /* NULL = no /proc */
	const char *proc_root; /* its folder */
	SessionLimits limits;
	bool remote_procs; /* /proc of other hosts is read through SQL */
} MemberEnv;

enum { MEMBER_WAYS_MAX = 4 };

typedef struct Member {
	NodeId id;
	char *given_name; /* of a [node NAME] section, or NULL */
	bool given;
	bool accepted; /* given, or of the cluster of one that is: it stays whatever becomes of it */
	bool probe; /* an address that discovery tries: shown only once it proves to be a node of a cluster on show */
	ConnParams *params;
	Endpoint ways[MEMBER_WAYS_MAX];
	size_t nways, way;

	bool resolving;
	ResolveAnswer addresses; /* of the current way's host */
	size_t address;          /* the one being tried */
	Session *session;
	NodeState state;
	bool failed_once; /* since it was added or last up */
	bool needs_password;
	Err error;
	int64_t backoff_ns, next_attempt_ns;

	Arena identity_arena;
	NodeIdentity identity;
	bool has_identity;
	char host[256]; /* canonical */
	int port;
	char name[288];
	char **aliases; /* other "HOST:PORT" */
	size_t naliases;

	NodeSample *sample, *previous, *spent; /* references; spent has none and is for reuse */
	bool polled;                           /* an answer is outstanding or came in this tick */
	bool sample_is_old;                    /* of a postmaster that has been restarted since: no base for rates */
	bool fresh;                            /* answered since the last publication */

	int postmaster_pid; /* on this host; 0 = not here */
	bool nested;        /* in a pid namespace below ours: what it says of pids is not true of ours */
	bool denied;        /* not one of its processes may be read */
	Str unseen;         /* why it was not found although it seems to be here; STR_NONE */
	ProcReader *reader;
	RemoteProcs remote; /* where it is not on this host */
	Err remote_refusal; /* why its /proc cannot be read through SQL; empty = it can */
	int receiver_pid;   /* whose end of the connection was asked for */
	int64_t receiver_start_us;
	int receiver_port, receiver_peer_pid;
	bool ask_receiver_port; /* through SQL at the next poll */
} Member;

/* `params` is copied; `endpoint` is the first way. */
Member *member_new(NodeId id, const char *name, const ConnParams *params, const Endpoint *endpoint, bool given);
void member_free(Member *m);
void member_add_way(Member *m, const char *host, int port);
/* "HOST:PORT" in canonical form, under which another way led here. */
void member_add_alias(Member *m, Str alias);
bool member_has_address(const Member *m, Str alias);

typedef enum MemberEvent { MEMBER_NOTHING, MEMBER_READY, MEMBER_ANSWERED, MEMBER_FAILED } MemberEvent;
/* Advances; call until MEMBER_NOTHING. */
MemberEvent member_step(Member *m, const MemberEnv *env, int64_t now_ns);
void member_resolved(Member *m, const ResolveAnswer *answer);
int64_t member_deadline(const Member *m);
/* Asks for a sample if the session is free; true if it did. `processes`: with activity and, on this host, /proc; `roles`:
 * with what they do for replication. */
bool member_poll(Member *m, int64_t now_ns, bool processes, bool roles);
/* Asks for its processes through SQL if it is not on this host, or takes note that they are not wanted. */
void member_want_processes(Member *m, const MemberEnv *env, bool wanted, int64_t now_ns);
/* Advances what member_want_processes() began. True: there is something new to show. */
bool member_step_processes(Member *m, int64_t now_ns);
/* Its processes are not those that were found on this host after all, for another server claims them. */
void member_forget_local(Member *m);
/* Tries again now instead of after the pause. */
void member_retry(Member *m, int64_t now_ns);
bool member_is_outstanding(const Member *m); /* an answer is awaited that may still come in time */
bool member_is_pending(const Member *m);     /* neither answered nor failed so far */
/* The way and address that work: for a second connection to the same server. False while there is none. */
bool member_endpoint(const Member *m, const char **host, const char **hostaddr, int *port);
/* Fills `out`; its texts live in `arena` and in the member's samples. Takes references of the samples. */
void member_publish(Member *m, Arena *arena, Node *out);

#endif
