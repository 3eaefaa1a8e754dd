#include "collect/refusals.h"

#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

#define REFUSED_FIRST_NS INT64_C(5000000000)
#define STARTING_FIRST_NS INT64_C(1000000000)
#define REFUSED_MAX_NS INT64_C(300000000000)

static Refusal *find_refusal(const Refusals *refusals, Str address)
{
	for (size_t i = 0; i < refusals->count; i++)
		if (str_eq_nocase(str_from(refusals->items[i].address), address))
			return &refusals->items[i];
	return NULL;
}

void refusals_note(Refusals *refusals, Str address, int64_t now_ns, RefusalReason reason)
{
	Refusal *r = find_refusal(refusals, address);
	if (r == NULL) {
		refusals->items = xrealloc_array(refusals->items, refusals->count + 1, sizeof *refusals->items);
		r = &refusals->items[refusals->count++];
		*r = (Refusal){.address = xcalloc(address.len + 1, 1)};
		memcpy(r->address, address.data, address.len);
	}
	if (reason == REFUSAL_FOREIGN || r->pause_ns > REFUSED_MAX_NS / 2)
		r->pause_ns = REFUSED_MAX_NS;
	else if (r->pause_ns != 0)
		r->pause_ns *= 2;
	else
		r->pause_ns = reason == REFUSAL_STARTING ? STARTING_FIRST_NS : REFUSED_FIRST_NS;
	r->until_ns = now_ns + r->pause_ns;
}

bool refusals_hold(const Refusals *refusals, Str address, int64_t now_ns)
{
	const Refusal *r = find_refusal(refusals, address);
	return r != NULL && now_ns < r->until_ns;
}

void refusals_free(Refusals *refusals)
{
	for (size_t i = 0; i < refusals->count; i++)
		free(refusals->items[i].address);
	free(refusals->items);
	*refusals = (Refusals){0};
}
