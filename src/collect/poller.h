#ifndef PGREPLTOP_COLLECT_POLLER_H
#define PGREPLTOP_COLLECT_POLLER_H
/* All nodes: connects, polls at each tick, follows discovery, and publishes snapshots. It never waits: the loop that owns
 * it polls its descriptors and steps it. A node that hangs costs the others nothing. */
#include "base/err.h"
#include "collect/actor.h"
#include "collect/pollset.h"
#include "model/snapshot.h"
#include "model/topology.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct Poller Poller;

typedef struct PollerOptions {
	double interval_s;
	SessionLimits limits;
	bool discover;
	bool readonly;         /* refuses every action */
	const char *proc_root; /* "/proc"; NULL = no /proc */
	bool remote_procs;     /* /proc of other hosts is read through SQL */
} PollerOptions;

/* Which nodes' processes are collected. */
typedef enum WantProcesses { WANT_NONE, WANT_ONE, WANT_ALL } WantProcesses;

Poller *poller_new(const PollerOptions *options, int64_t now_ns, Err *err);
void poller_free(Poller *poller);
/* A node named by the user. `name` may be NULL. `params` is copied. Starts to connect at the next step. */
void poller_add(Poller *poller, const char *name, const ConnParams *params, const Endpoint *endpoint);
/* The password for all nodes that lacked one; they are tried again at once. */
void poller_set_password(Poller *poller, const char *password);
bool poller_needs_password(const Poller *poller);
/* A change is acted upon at once, so that a newly shown table fills without waiting for the tick. */
void poller_want_processes(Poller *poller, WantProcesses want, NodeId node);
/* What the processes of this node do for replication; 0: of none. It needs its processes, too. */
void poller_want_roles(Poller *poller, NodeId node);

/* Adds the descriptors to wait for; poller_step() expects them at the same place, with revents set. */
void poller_fill(Poller *poller, PollSet *set);
/* When poller_step() must be called at the latest. */
int64_t poller_deadline(const Poller *poller);

typedef enum PollerNews {
	POLLER_NOTHING = 0,
	POLLER_PUBLISH = 1, /* there is something worth a new snapshot */
	POLLER_TICK = 2,    /* it completes a tick: a sample for files */
	POLLER_ACTED = 4    /* there are results of actions: poller_act_result() */
} PollerNews;
unsigned poller_step(Poller *poller, const PollSet *set, int64_t now_ns);

/* The next tick is one interval from now: samples then follow the first one at even distances. */
void poller_align(Poller *poller, int64_t now_ns);

/* Ticks come at this distance from now on, counted from the last one. */
void poller_set_interval(Poller *poller, double interval_s, int64_t now_ns);

/* A new snapshot; the caller gives it back with poller_release(). */
Snapshot *poller_publish(Poller *poller, int64_t now_ns, int64_t wall_us);
void poller_release(Poller *poller, Snapshot *snapshot);
/* Follows what the snapshot tells of other nodes. */
void poller_discover(Poller *poller, const Snapshot *snapshot, const Topology *topology, int64_t now_ns);
/* True when every node has answered or failed and nothing that discovery found is pending. */
bool poller_is_settled(const Poller *poller);
/* Processes that were asked for through SQL have neither come nor failed so far. */
bool poller_awaits_processes(const Poller *poller);

/* Does what was confirmed, through a connection of its own. False: it was not sent, and nothing else comes of it. Else there
 * will be one result with that token. */
bool poller_act(Poller *poller, const ActTarget *target, size_t token, int64_t now_ns, Err *err);
/* The oldest result that was not taken; false: there is none. */
bool poller_act_result(Poller *poller, ActResult *out);

#endif
