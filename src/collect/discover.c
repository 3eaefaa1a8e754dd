#include "collect/discover.h"

#include <stdlib.h>

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
		if (out->items[i].port == candidate.port && str_eq(out->items[i].host, candidate.host))
			return;
	out->items[out->count++] = candidate;
}

static void add_upstream(Candidates *out, const Node *node)
{
	const NodeSample *sample = node->sample;
	bool streams = sample->receiver.pid != 0;
	Str host = streams ? sample->receiver.sender_host : sample->primary_host;
	int port = streams ? sample->receiver.sender_port : sample->primary_port;
	if (port > 0 && !str_is_none(host))
		add(out, (Candidate){seen_from_here(node, host), port, true, node->id});
}

/* pg_receivewal and pg_basebackup never replay, logical subscribers hold a logical slot: none of them is a server. */
static bool may_be_standby(const WalSender *sender)
{
	return sender->replay_lsn != LSN_NONE && !sender->slot_logical;
}

static int compare_int(const void *a, const void *b)
{
	return (*(const int *)a > *(const int *)b) - (*(const int *)a < *(const int *)b);
}

static size_t known_ports(const Snapshot *snapshot, int *ports)
{
	size_t n = 0;
	ports[n++] = 5432;
	for (size_t i = 0; i < snapshot->nnodes; i++)
		ports[n++] = snapshot->nodes[i].port;
	qsort(ports, n, sizeof *ports, compare_int);
	size_t unique = 0;
	for (size_t i = 0; i < n; i++)
		if (ports[i] > 0 && (unique == 0 || ports[unique - 1] != ports[i]))
			ports[unique++] = ports[i];
	return unique;
}

enum { PORTS_TRIED_MAX = 8, CANDIDATES_MAX = 256 };

Candidates discover(Arena *arena, const Snapshot *snapshot, const Topology *topology)
{
	Candidates out = {.items = ARENA_ARRAY(arena, Candidate, CANDIDATES_MAX)};
	int *ports = ARENA_ARRAY(arena, int, snapshot->nnodes + 1);
	size_t nports = known_ports(snapshot, ports);
	if (nports > PORTS_TRIED_MAX)
		nports = PORTS_TRIED_MAX;
	for (size_t r = 0; r < topology->nrows && out.count + PORTS_TRIED_MAX < CANDIDATES_MAX; r++) {
		const TopoRow *row = &topology->rows[r];
		if (row->node != NULL) {
			if (row->upstream == TOPO_NONE && node_is_live(row->node) && row->node->sample->in_recovery)
				add_upstream(&out, row->node);
			continue;
		}
		const Node *upstream = topology->rows[row->upstream].node;
		if (!may_be_standby(row->sender))
			continue;
		Str client = row->sender->client_addr;
		bool same_host = is_this_host(canonical_host(client));
		if (upstream->local || (same_host && is_this_host(upstream->host))) {
			out.scan_this_host = true;
			if (same_host)
				continue;
		}
		for (size_t i = 0; i < nports; i++)
			add(&out, (Candidate){seen_from_here(upstream, client), ports[i], false, upstream->id});
	}
	return out;
}
