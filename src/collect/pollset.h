#ifndef PGREPLTOP_COLLECT_POLLSET_H
#define PGREPLTOP_COLLECT_POLLSET_H
/* The descriptors that the loop waits for in one poll(). Rebuilt for each wait; whoever adds some remembers where. */
#include "collect/session.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct PollSet {
	struct pollfd *fds; /* owned by whoever keeps the set; grows */
	size_t count, capacity;
} PollSet;

void pollset_add(PollSet *set, int fd, short events);           /* fd -1: a place that is never ready */
void pollset_add_session(PollSet *set, const Session *session); /* the same for NULL */
bool pollset_is_ready(const PollSet *set, size_t place);

#endif
