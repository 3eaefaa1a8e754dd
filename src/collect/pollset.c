#include "collect/pollset.h"

#include "base/arena.h"

void pollset_add(PollSet *set, int fd, short events)
{
	if (set->count == set->capacity) {
		set->capacity = set->capacity < 16 ? 16 : set->capacity * 2;
		set->fds = xrealloc_array(set->fds, set->capacity, sizeof *set->fds);
	}
	set->fds[set->count++] = (struct pollfd){.fd = fd, .events = events};
}

void pollset_add_session(PollSet *set, const Session *session)
{
	pollset_add(set, session != NULL ? session_fd(session) : -1, session != NULL ? session_events(session) : 0);
}

bool pollset_is_ready(const PollSet *set, size_t place)
{
	return place < set->count && set->fds[place].fd >= 0 && set->fds[place].revents != 0;
}
