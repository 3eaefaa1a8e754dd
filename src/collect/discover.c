#include "collect/discover.h"

static bool is_this_host(Str canonical)
{
	return str_eq(canonical, STR("127.0.0.1")) || str_eq(canonical, STR("[local]"));
}

/* An address as `by` sees it, as we see it. */
static Str seen_from_here(const Node *by, Str host)
{
	return is_this_host(canonical_host(host)) && !is_this_host(by->host) ? by->host : host;
}

static void add(Candidates *out, Candidate candidate)
{
	for (size_t i = 0; i < out->count; i++)
		if (out->items[i].port == candidate.port && str_eq(out->items[i].host, candidate.host)) {
			out->items[i].named |= candidate.named;
			out->items[i].vouched |= candidate.vouched;
			return;
		}
	out->items[out->count++] = candidate;
}

static void add_upstream(Candidates *out, const Node *node, bool named)
{
	const NodeSample *sample = node->sample;
	bool streams = sample->receiver.pid != 0;
	Str host = streams ? sample->receiver.sender_host : sample->primary_host;
	int port = streams ? sample->receiver.sender_port : sample->primary_port;
	bool is_list =
		str_find(host, STR(",")) != SIZE_MAX; /* of primary_conninfo; which one it will be nobody knows */
	if (port > 0 && !str_is_none(host) && !is_list)
		add(out, (Candidate){seen_from_here(node, host), port, named, true, node->id});
}

/* pg_receivewal and pg_basebackup never replay, logical subscribers hold a logical slot: none of them is a server. */
static bool may_be_standby(const WalSender *sender)
{
	return sender->replay_lsn != LSN_NONE && !sender->slot_logical;
}

enum { PORTS_TRIED_MAX = 8, CANDIDATES_MAX = 256 };

static size_t add_port(int *ports, size_t count, int port)
{
	for (size_t i = 0; i < count; i++)
		if (ports[i] == port)
			return count;
	if (count < PORTS_TRIED_MAX && port > 0)
		ports[count++] = port;
	return count;
}

/* The default, then those of the nodes the user named (*vouched of them so far), then those of the others, as far as there
 * is room. */
static size_t known_ports(const Snapshot *snapshot, int ports[PORTS_TRIED_MAX], size_t *vouched)
{
	size_t n = add_port(ports, 0, 5432);
	for (size_t i = 0; i < snapshot->nnodes; i++)
		if (snapshot->nodes[i].given)
			n = add_port(ports, n, snapshot->nodes[i].port);
	*vouched = n;
	for (size_t i = 0; i < snapshot->nnodes; i++)
		n = add_port(ports, n, snapshot->nodes[i].port);
	return n;
}

Candidates discover(Arena *arena, const Snapshot *snapshot, const Topology *topology)
{
	Candidates out = {.items = ARENA_ARRAY(arena, Candidate, CANDIDATES_MAX)};
	int ports[PORTS_TRIED_MAX];
	size_t vouched, nports = known_ports(snapshot, ports, &vouched);
	for (size_t r = 0; r < topology->nrows && out.count + PORTS_TRIED_MAX < CANDIDATES_MAX; r++) {
		const TopoRow *row = &topology->rows[r];
		if (row->node != NULL) {
			bool unsure = row->evidence == EDGE_NAME_ONLY; /* it may be another address of its upstream */
			bool unknown = row->upstream == TOPO_NONE || row->evidence == EDGE_LAST;
			if ((unknown || unsure) && node_is_live(row->node) && row->node->sample->in_recovery)
				add_upstream(&out, row->node, !unsure);
			continue;
		}
		const Node *upstream = topology->rows[row->upstream].node;
		if (row->sender == NULL || !may_be_standby(row->sender)) /* NULL: an inactive slot */
			continue;
		Str client = row->sender->client_addr;
		bool same_host = is_this_host(canonical_host(client));
		if (upstream->local || (same_host && is_this_host(upstream->host))) {
			out.scan_this_host = true;
			if (same_host)
				continue;
		}
		for (size_t i = 0; i < nports; i++)
			add(&out,
			    (Candidate){seen_from_here(upstream, client), ports[i], false, i < vouched, upstream->id});
	}
	return out;
}
