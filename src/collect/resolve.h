#ifndef PGREPLTOP_COLLECT_RESOLVE_H
#define PGREPLTOP_COLLECT_RESOLVE_H
/* Host names to addresses off the loop: getaddrinfo() blocks, so each look-up runs in a detached thread (at most 32 at
 * once, the rest wait in line), and its answer comes as one message through a socket pair that the loop polls. A thread
 * owns only its own job: nothing is shared but its end of that pair. Abandoned look-ups end by themselves. */
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Resolver Resolver;

enum { RESOLVE_ADDRESSES_MAX = 8, RESOLVE_ADDRESS_TEXT = 64 };

typedef struct ResolveAnswer {
	uint64_t token; /* as given to resolver_ask() */
	size_t naddresses;
	/* Numeric, in getaddrinfo's order, no duplicates. */
	char addresses[RESOLVE_ADDRESSES_MAX][RESOLVE_ADDRESS_TEXT];
	char error[256]; /* "" or gai_strerror's text */
} ResolveAnswer;

Resolver *resolver_new(Err *err);
void resolver_free(Resolver *resolver); /* running look-ups are left to end; their answers go nowhere */
/* The descriptor to poll for reading. */
int resolver_fd(const Resolver *resolver);
bool resolver_ask(Resolver *resolver, uint64_t token, const char *host, Err *err);
/* The next answer, without blocking; false: none now. When the descriptor is readable, take until false. */
bool resolver_take(Resolver *resolver, ResolveAnswer *answer);
/* True if `host` needs no look-up: a numeric IPv4 or IPv6 address. */
bool resolve_is_numeric(const char *host);

#endif
