#ifndef PGREPLTOP_COLLECT_REFUSALS_H
#define PGREPLTOP_COLLECT_REFUSALS_H
/* Addresses that discovery tried in vain, and how long each is left alone: 5 s at first, twice as long each time, up to
 * 5 min; at once that long if a server of another cluster is there, which hardly becomes one of ours; only 1 s at first if
 * a server is there that is just starting up. */
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Refusal {
	char *address; /* "HOST:PORT", canonical */
	int64_t until_ns;
	int64_t pause_ns;
} Refusal;

typedef struct Refusals {
	Refusal *items;
	size_t count;
} Refusals;

typedef enum RefusalReason { REFUSAL_FAILED, REFUSAL_STARTING, REFUSAL_FOREIGN } RefusalReason;
void refusals_note(Refusals *refusals, Str address, int64_t now_ns, RefusalReason reason);
bool refusals_hold(const Refusals *refusals, Str address, int64_t now_ns);
void refusals_free(Refusals *refusals);

#endif
