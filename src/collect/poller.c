#include "collect/poller.h"

#include "collect/discover.h"
#include "collect/local_servers.h"
#include "collect/member.h"
#include "collect/refusals.h"
#include "collect/trust.h"

#include <stdlib.h>
#include <string.h>

/* How long a tick waits for its answers before it is published without the late ones. */
#define GRACE_MAX_NS INT64_C(500000000)
/* And how much longer for processes that are read through SQL, if they came that soon the last time. */
#define PROCESSES_GRACE_NS INT64_C(250000000)
/* News between ticks (a node that just came up) are collected this long before they are shown. */
#define GATHER_NS INT64_C(5000000)
#define GATHER_MAX_NS INT64_C(100000000)
/* The local postmasters are looked at again at most this often. */
#define SCAN_NS INT64_C(2000000000)

struct Poller {
	MemberEnv env;
	PollerOptions options;
	int64_t interval_ns;
	Member **members;
	size_t nmembers;
	NodeId next_id;
	bool settled;
	uint64_t tick;
	int64_t next_tick_ns;
	bool ticking;            /* polls of the running tick are out */
	int64_t grace_ns;        /* until when the running tick waits for them */
	int64_t processes_ns;    /* and until when for processes through SQL */
	int64_t gather_ns;       /* news between ticks are published then; INT64_MAX = there are none */
	int64_t gather_limit_ns; /* or then, whatever is still outstanding */
	bool poll_now;           /* what is wanted changed: do not wait for the tick */
	WantProcesses want;
	NodeId want_node;
	NodeId roles_node; /* 0 = none */
	Refusals refusals;
	bool scanned; /* this host's postmasters, at least once */
	int64_t next_scan_ns;
	HostSample host, previous_host;
	Arena scan_arena; /* of one look for other nodes */
	Arena step_arena; /* of one step */
	Actor *actor;
	Snapshot *spare;   /* a released one, for reuse */
	size_t first_slot; /* of our descriptors in the set; the members' come first, two of each */
	size_t names_slot; /* the resolver's */
};

Poller *poller_new(const PollerOptions *options, int64_t now_ns, Err *err)
{
	Poller *p = xcalloc(1, sizeof *p);
	p->options = *options;
	p->interval_ns = (int64_t)(options->interval_s * 1e9);
	p->env.limits = options->limits;
	p->actor = actor_new(options->limits);
	p->env.resolver = resolver_new(err);
	if (p->env.resolver == NULL) {
		actor_free(p->actor);
		free(p);
		return NULL;
	}
	Err ignored; /* without /proc there are no local processes, and nothing else is missing */
	if (options->proc_root != NULL)
		p->env.procfs = procfs_open(options->proc_root, &ignored);
	p->env.proc_root = options->proc_root;
	p->env.remote_procs = options->remote_procs;
	p->next_id = 1;
	p->next_tick_ns = now_ns + p->interval_ns;
	p->gather_ns = INT64_MAX;
	p->want = WANT_NONE;
	return p;
}

void poller_free(Poller *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->nmembers; i++)
		member_free(p->members[i]);
	free(p->members);
	refusals_free(&p->refusals);
	actor_free(p->actor);
	resolver_free(p->env.resolver);
	procfs_close(p->env.procfs);
	arena_free(&p->scan_arena);
	arena_free(&p->step_arena);
	snapshot_free(p->spare);
	free(p);
}

/* --- members ------------------------------------------------------------------------------------------------------ */

static Member *add_member(Poller *p, const char *name, const ConnParams *params, const Endpoint *endpoint, bool given)
{
	p->members = xrealloc_array(p->members, p->nmembers + 1, sizeof *p->members);
	Member *m = member_new(p->next_id++, name, params, endpoint, given);
	p->members[p->nmembers++] = m;
	p->settled = false;
	return m;
}

void poller_add(Poller *p, const char *name, const ConnParams *params, const Endpoint *endpoint)
{
	add_member(p, name, params, endpoint, true);
}

static Member *find_member(const Poller *p, NodeId id)
{
	size_t low = 0, high = p->nmembers; /* ids grow with the position */
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (p->members[mid]->id == id)
			return p->members[mid];
		if (p->members[mid]->id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

static void remove_member(Poller *p, Member *m)
{
	size_t i = 0;
	while (p->members[i] != m)
		i++;
	memmove(&p->members[i], &p->members[i + 1], (p->nmembers - i - 1) * sizeof *p->members);
	p->nmembers--;
	member_free(m);
}

bool poller_needs_password(const Poller *p)
{
	for (size_t i = 0; i < p->nmembers; i++)
		if (p->members[i]->needs_password && p->members[i]->given)
			return true;
	return false;
}

void poller_set_password(Poller *p, const char *password)
{
	for (size_t i = 0; i < p->nmembers; i++) {
		Member *m = p->members[i];
		if (!m->needs_password)
			continue;
		conn_params_set_password(m->params, password);
		m->needs_password = false;
		m->failed_once = false;
		m->next_attempt_ns = 0;
	}
}

static bool wants_processes(const Poller *p, const Member *m)
{
	return p->want == WANT_ALL || (p->want == WANT_ONE && p->want_node == m->id);
}

void poller_want_processes(Poller *p, WantProcesses want, NodeId node)
{
	bool changed = p->want != want || p->want_node != node;
	p->want = want;
	p->want_node = node;
	p->poll_now |= changed && want != WANT_NONE;
}

static void poll_member(Poller *p, Member *m, int64_t now_ns)
{
	bool processes = wants_processes(p, m);
	member_want_processes(m, &p->env, processes, now_ns);
	member_poll(m, now_ns, processes, p->roles_node == m->id);
}

void poller_want_roles(Poller *p, NodeId node)
{
	p->poll_now |= node != p->roles_node && node != 0;
	p->roles_node = node;
}

/* What this host's disks do belongs to its processes: read while such are wanted. */
static void read_host(Poller *p, int64_t now_ns)
{
	bool wanted = false;
	for (size_t i = 0; i < p->nmembers && !wanted; i++)
		wanted = p->members[i]->reader != NULL && wants_processes(p, p->members[i]);
	p->previous_host = p->host;
	p->host = wanted && p->env.procfs != NULL ? procfs_read_host(p->env.procfs, now_ns) : (HostSample){0};
}

/* --- discovery ---------------------------------------------------------------------------------------------------- */

static Str canonical_address(char *text, size_t size, Str host, int port)
{
	Str canonical = canonical_host(host);
	if (str_eq(canonical, STR("[local]")))
		canonical = STR("127.0.0.1");
	StrBuf b = strbuf_fixed(text, size);
	strbuf_addf(&b, "%.*s:%d", STR_ARG(canonical), port);
	return strbuf_str(&b);
}

static bool is_known(const Poller *p, Str address, int64_t now_ns)
{
	for (size_t i = 0; i < p->nmembers; i++)
		if (member_has_address(p->members[i], address))
			return true;
	return refusals_hold(&p->refusals, address, now_ns);
}

/* The given node whose connection parameters suit the servers of this host best: one of them. */
static const Member *nearest_given(const Poller *p)
{
	const Member *found = NULL;
	for (size_t i = 0; i < p->nmembers; i++) {
		const Member *m = p->members[i];
		if (m->given && (found == NULL || (found->postmaster_pid == 0 && m->postmaster_pid != 0)))
			found = m;
	}
	return found;
}

/* Tries an address that is not known so far. NULL: it is known. `trusted`: see conn_params_guard(). */
static Member *try_address(Poller *p, const Member *near, const char *host, int port, bool trusted, int64_t now_ns)
{
	char text[320];
	Str address = canonical_address(text, sizeof text, str_from(host), port);
	if (near == NULL || is_known(p, address, now_ns))
		return NULL;
	Endpoint endpoint = {(char *)host, port};
	Member *m = add_member(p, NULL, near->params, &endpoint, false);
	conn_params_guard(m->params, trusted);
	m->probe = true;
	return m;
}

static bool reached_by_socket(const Member *m)
{
	const char *host = m->ways[m->way].host;
	return host == NULL || host[0] == '/' || host[0] == '@';
}

/* The postmasters of this host are reached as the node that led here was: by TCP or through the socket first, and the
 * other way if that fails. */
static void scan_this_host(Poller *p, const Member *near, int64_t now_ns)
{
	static const char *const SOCKET_DIRS[] = {"/var/run/postgresql", "/tmp", NULL};
	if (p->env.procfs == NULL || !p->options.discover || near == NULL)
		return;
	p->scanned = true;
	p->next_scan_ns = now_ns + SCAN_NS;
	arena_reset(&p->scan_arena);
	size_t count;
	const LocalServer *servers = local_servers_find(p->env.procfs, &p->scan_arena, SOCKET_DIRS, &count);
	for (size_t i = 0; i < count; i++) {
		const LocalServer *s = &servers[i];
		const char *tcp = str_is_none(s->listen_host) ? NULL : str_dup(&p->scan_arena, s->listen_host).data;
		const char *sock =
			str_is_none(s->socket_directory) ? NULL : str_dup(&p->scan_arena, s->socket_directory).data;
		bool socket_first = tcp == NULL || (sock != NULL && reached_by_socket(near));
		const char *first = socket_first ? sock : tcp, *second = socket_first ? tcp : sock;
		if (first == NULL || s->port == 0)
			continue;
		bool trusted =
			trust_postmaster(p->env.proc_root, s->postmaster_pid, near->nested ? 0 : near->postmaster_pid);
		Member *m = try_address(p, near, first, s->port, trusted, now_ns);
		if (m != NULL && second != NULL)
			member_add_way(m, second, s->port);
	}
}

/* An address that was shown because a standby named it, that never answered, and below which no standby hangs any more. */
static void drop_forsaken(Poller *p, const Topology *topology)
{
	for (size_t r = 0; r < topology->nrows; r++) {
		const Node *node = topology->rows[r].node;
		bool has_children = r + 1 < topology->nrows && topology->rows[r + 1].upstream == r;
		if (node == NULL || node->given || node->identity != NULL || has_children)
			continue;
		Member *m = find_member(p, node->id);
		if (m != NULL && m->failed_once && !m->given && !m->has_identity)
			remove_member(p, m);
	}
}

void poller_discover(Poller *p, const Snapshot *snapshot, const Topology *topology, int64_t now_ns)
{
	if (!p->options.discover)
		return;
	drop_forsaken(p, topology);
	Arena *arena = &p->scan_arena;
	arena_reset(arena);
	Candidates found = discover(arena, snapshot, topology);
	for (size_t i = 0; i < found.count; i++) {
		const Candidate *c = &found.items[i];
		const char *host = str_dup(arena, c->host).data;
		Member *m = try_address(p, find_member(p, c->near), host, c->port, c->vouched, now_ns);
		if (m != NULL)
			m->probe = !c->named;
	}
	if (found.scan_this_host && now_ns >= p->next_scan_ns)
		scan_this_host(p, nearest_given(p), now_ns);
}

/* Whether another node on show is of this one's cluster: what discovery finds beside those is a stranger. */
static bool is_of_wanted_cluster(const Poller *p, const Member *m)
{
	for (size_t i = 0; i < p->nmembers; i++) {
		const Member *other = p->members[i];
		if (other != m && other->accepted && other->identity.system_identifier == m->identity.system_identifier)
			return true;
	}
	return false;
}

static bool given_pending(const Poller *p)
{
	for (size_t i = 0; i < p->nmembers; i++)
		if (p->members[i]->given && !p->members[i]->has_identity && !p->members[i]->failed_once)
			return true;
	return false;
}

static Member *same_server(const Poller *p, const Member *m)
{
	for (size_t i = 0; i < p->nmembers; i++) {
		Member *other = p->members[i];
		if (other != m && other->has_identity &&
		    other->identity.system_identifier == m->identity.system_identifier &&
		    other->identity.postmaster_start_us == m->identity.postmaster_start_us &&
		    other->identity.port == m->identity.port)
			return other;
	}
	return NULL;
}

/* Two addresses of one server are one node: the older stays, and learns the other's address. */
static void merge(Poller *p, Member *into, Member *m)
{
	char text[320];
	const Endpoint *way = &m->ways[m->way];
	member_add_alias(into, canonical_address(text, sizeof text, str_from(way->host), way->port));
	member_add_alias(into, canonical_address(text, sizeof text, str_from(m->host), m->port));
	member_add_way(into, way->host, way->port);
	into->given |= m->given;
	into->accepted |= m->given;
	into->probe &= m->probe;
	remove_member(p, m);
}

/* Who a node turned out to be. False: it is gone. */
static bool judge(Poller *p, Member *m, int64_t now_ns)
{
	Member *same;
	while ((same = same_server(p, m)) != NULL) {
		if (same->id < m->id) {
			merge(p, same, m);
			return false;
		}
		merge(p, m, same); /* the younger one answered first */
	}
	m->accepted |= m->given || is_of_wanted_cluster(p, m);
	if (m->accepted) {
		m->probe = false;
		return true;
	}
	if (given_pending(p))
		return true; /* too early to tell */
	char text[320];
	const Endpoint *way = &m->ways[m->way];
	refusals_note(&p->refusals, canonical_address(text, sizeof text, str_from(way->host), way->port), now_ns,
	              REFUSAL_FOREIGN);
	remove_member(p, m);
	return false;
}

/* Those that waited for the given nodes' clusters to be known. */
static void judge_waiting(Poller *p, int64_t now_ns)
{
	for (size_t i = p->nmembers; i-- > 0;)
		if (p->members[i]->has_identity && !p->members[i]->accepted)
			judge(p, p->members[i], now_ns);
}

static void drop_failed_probe(Poller *p, Member *m, int64_t now_ns)
{
	char text[320];
	refusals_note(&p->refusals, canonical_address(text, sizeof text, str_from(m->ways[0].host), m->ways[0].port),
	              now_ns, false);
	remove_member(p, m);
}

/* --- stepping ----------------------------------------------------------------------------------------------------- */

void poller_fill(Poller *p, PollSet *set)
{
	p->first_slot = set->count;
	for (size_t i = 0; i < p->nmembers; i++) {
		pollset_add_session(set, p->members[i]->session);
		pollset_add_session(set, p->members[i]->remote.session);
	}
	p->names_slot = set->count;
	pollset_add(set, resolver_fd(p->env.resolver), POLLIN);
	for (size_t i = 0; i < actor_sessions(p->actor); i++)
		pollset_add_session(set, actor_session(p->actor, i));
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static bool any_outstanding(const Poller *p)
{
	for (size_t i = 0; i < p->nmembers; i++)
		if (member_is_outstanding(p->members[i]))
			return true;
	return false;
}

static bool any_processes_outstanding(const Poller *p)
{
	for (size_t i = 0; i < p->nmembers; i++)
		if (remote_procs_is_awaited(&p->members[i]->remote))
			return true;
	return false;
}

/* Until when the running tick waits at the latest. */
static int64_t tick_limit(const Poller *p)
{
	return any_outstanding(p) ? p->grace_ns : p->processes_ns;
}

static bool tick_is_complete(const Poller *p)
{
	return !any_outstanding(p) && !any_processes_outstanding(p);
}

int64_t poller_deadline(const Poller *p)
{
	int64_t deadline = p->ticking ? tick_limit(p) : earlier(p->next_tick_ns, p->gather_ns);
	for (size_t i = 0; i < p->nmembers; i++)
		deadline = earlier(deadline, member_deadline(p->members[i]));
	return earlier(deadline, actor_deadline(p->actor));
}

static void gather(Poller *p, int64_t now_ns)
{
	if (p->gather_ns != INT64_MAX)
		return;
	p->gather_ns = now_ns + GATHER_NS;
	p->gather_limit_ns = now_ns + GATHER_MAX_NS;
}

/* Two servers cannot have one postmaster: one of them lives in another pid namespace, where its numbers mean other
 * processes. Which one cannot be told, unless one has ended since. */
static void settle_local(Poller *p, Member *m)
{
	for (size_t i = 0; i < p->nmembers; i++) {
		Member *other = p->members[i];
		if (other == m || other->postmaster_pid == 0 || other->postmaster_pid != m->postmaster_pid)
			continue;
		member_forget_local(other);
		if (other->session != NULL)
			member_forget_local(m);
	}
}

static void become_member(Poller *p, Member *m, int64_t now_ns)
{
	NodeId id = m->id;
	gather(p, now_ns);
	if (!judge(p, m, now_ns))
		return;
	settle_local(p, m);
	if (m->given && !p->scanned && m->postmaster_pid != 0)
		scan_this_host(p, m, now_ns);
	if (m->accepted)
		judge_waiting(p, now_ns);
	m = find_member(p, id);
	if (m != NULL)
		poll_member(p, m, now_ns);
}

static void step_member(Poller *p, NodeId id, int64_t now_ns)
{
	Member *m = find_member(p, id);
	if (m != NULL && member_step_processes(m, now_ns) && !p->ticking)
		gather(p, now_ns);
	while ((m = find_member(p, id)) != NULL) {
		bool was_up = m->state == NODE_UP;
		switch (member_step(m, &p->env, now_ns)) {
		case MEMBER_NOTHING:
			return;
		case MEMBER_READY:
			become_member(p, m, now_ns);
			break;
		case MEMBER_ANSWERED:
			if (!p->ticking || !was_up)
				gather(p, now_ns);
			return; /* nothing else was asked for */
		case MEMBER_FAILED:
			gather(p, now_ns);
			if (m->probe)
				drop_failed_probe(p, m, now_ns);
			else
				judge_waiting(p, now_ns);
			break;
		}
	}
}

static void begin_tick(Poller *p, int64_t now_ns)
{
	p->ticking = true;
	read_host(p, now_ns);
	p->grace_ns = now_ns + earlier(GRACE_MAX_NS, p->interval_ns / 2);
	p->processes_ns = now_ns + earlier(PROCESSES_GRACE_NS, p->interval_ns / 2);
	for (size_t i = 0; i < p->nmembers; i++) {
		Member *m = p->members[i];
		m->polled = m->session != NULL && session_is_polling(m->session);
		poll_member(p, m, now_ns);
	}
	p->next_tick_ns += p->interval_ns;
	if (p->next_tick_ns <= now_ns) /* we were stopped, or the machine slept: no burst of missed ticks */
		p->next_tick_ns = now_ns + p->interval_ns;
}

static bool all_settled(const Poller *p)
{
	for (size_t i = 0; i < p->nmembers; i++)
		if (member_is_pending(p->members[i]))
			return false;
	return true;
}

bool poller_is_settled(const Poller *p)
{
	return p->settled;
}

bool poller_awaits_processes(const Poller *p)
{
	for (size_t i = 0; i < p->nmembers; i++)
		if (remote_procs_is_pending(&p->members[i]->remote))
			return true;
	return false;
}

static void take_names(Poller *p, const PollSet *set)
{
	size_t slot = p->names_slot;
	if (!pollset_is_ready(set, slot))
		return;
	ResolveAnswer answer;
	while (resolver_take(p->env.resolver, &answer)) {
		Member *m = find_member(p, (NodeId)answer.token);
		if (m != NULL)
			member_resolved(m, &answer);
	}
}

/* Members come and go while others are stepped, so those that are due are noted by id first. */
static void step_due(Poller *p, const PollSet *set, int64_t now_ns)
{
	arena_reset(&p->step_arena);
	NodeId *due = ARENA_ARRAY(&p->step_arena, NodeId, p->nmembers);
	size_t ndue = 0;
	for (size_t i = 0; i < p->nmembers; i++) {
		size_t slot = p->first_slot + 2 * i;
		if (pollset_is_ready(set, slot) || pollset_is_ready(set, slot + 1) ||
		    now_ns >= member_deadline(p->members[i]))
			due[ndue++] = p->members[i]->id;
	}
	for (size_t i = 0; i < ndue; i++)
		step_member(p, due[i], now_ns);
}

static void poll_changed(Poller *p, int64_t now_ns)
{
	if (!p->poll_now || p->ticking)
		return;
	p->poll_now = false;
	read_host(p, now_ns);
	for (size_t i = 0; i < p->nmembers; i++)
		if (wants_processes(p, p->members[i]))
			poll_member(p, p->members[i], now_ns);
}

static unsigned end_gathering(Poller *p, int64_t now_ns)
{
	if (p->ticking || now_ns < p->gather_ns)
		return POLLER_NOTHING;
	if (any_outstanding(p) && now_ns < p->gather_limit_ns) {
		p->gather_ns = now_ns + GATHER_NS;
		return POLLER_NOTHING;
	}
	p->gather_ns = INT64_MAX;
	return POLLER_PUBLISH;
}

unsigned poller_step(Poller *p, const PollSet *set, int64_t now_ns)
{
	unsigned news = POLLER_NOTHING;
	take_names(p, set);
	step_due(p, set, now_ns);
	actor_step(p->actor, now_ns);
	if (actor_has_result(p->actor))
		news |= POLLER_ACTED;
	if (p->ticking && (tick_is_complete(p) || now_ns >= tick_limit(p))) {
		p->ticking = false;
		p->tick++;
		p->gather_ns = INT64_MAX;
		news |= POLLER_PUBLISH | POLLER_TICK;
	}
	if (!p->ticking && now_ns >= p->next_tick_ns)
		begin_tick(p, now_ns);
	poll_changed(p, now_ns);
	return news | end_gathering(p, now_ns);
}

void poller_align(Poller *p, int64_t now_ns)
{
	p->next_tick_ns = now_ns + p->interval_ns;
}

void poller_set_interval(Poller *p, double interval_s, int64_t now_ns)
{
	int64_t last_ns = p->next_tick_ns - p->interval_ns;
	p->options.interval_s = interval_s;
	p->interval_ns = (int64_t)(interval_s * 1e9);
	p->next_tick_ns = last_ns + p->interval_ns > now_ns ? last_ns + p->interval_ns : now_ns;
}

/* --- publishing --------------------------------------------------------------------------------------------------- */

Snapshot *poller_publish(Poller *p, int64_t now_ns, int64_t wall_us)
{
	Snapshot *snapshot = p->spare != NULL ? p->spare : xcalloc(1, sizeof *snapshot);
	p->spare = NULL;
	Arena arena = snapshot->arena;
	arena_reset(&arena);
	*snapshot =
		(Snapshot){.mono_ns = now_ns, .wall_us = wall_us, .tick = p->tick, .interval_s = p->options.interval_s};
	snapshot->host = p->host;
	snapshot->previous_host = p->previous_host;
	snapshot->nodes = ARENA_ARRAY(&arena, Node, p->nmembers);
	for (size_t i = 0; i < p->nmembers; i++)
		if (!p->members[i]->probe)
			member_publish(p->members[i], &arena, &snapshot->nodes[snapshot->nnodes++]);
	p->settled = all_settled(p);
	snapshot->settled = p->settled;
	snapshot->arena = arena;
	return snapshot;
}

void poller_release(Poller *p, Snapshot *snapshot)
{
	if (snapshot == NULL)
		return;
	for (size_t i = 0; i < snapshot->nnodes; i++) {
		sample_free(sample_unref(snapshot->nodes[i].sample));
		sample_free(sample_unref(snapshot->nodes[i].previous));
		sample_free(sample_unref(snapshot->nodes[i].remote));
		sample_free(sample_unref(snapshot->nodes[i].remote_previous));
	}
	if (p->spare == NULL)
		p->spare = snapshot;
	else
		snapshot_free(snapshot);
}

/* --- actions ------------------------------------------------------------------------------------------------------ */

bool poller_act(Poller *p, const ActTarget *target, size_t token, int64_t now_ns, Err *err)
{
	Member *m = find_member(p, target->key.node);
	const char *host, *hostaddr;
	int port;
	if (p->options.readonly)
		return err_set(err, "this program was started read-only");
	if (m == NULL || !member_endpoint(m, &host, &hostaddr, &port))
		return err_set(err, "the node is not connected");
	bool signal = act_is_signal(target->kind);
	ActRequest request = {token, target->kind, signal ? target->key.pid : 0,
	                      signal ? target->key.start_us : target->server_start_us};
	actor_ask(p->actor, m->id, m->params, host, hostaddr, port, &request, now_ns);
	return true;
}

bool poller_act_result(Poller *p, ActResult *out)
{
	return actor_take(p->actor, out);
}
