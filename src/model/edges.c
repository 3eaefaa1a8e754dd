#include "model/edges.h"

#include <stdlib.h>

/* A row of some node's pg_stat_replication that no standby was matched with so far. */
typedef struct Row {
	const WalSender *sender;
	uint32_t node;  /* whose row it is */
	uint32_t index; /* in that node's senders */
	uint64_t cluster;
	bool taken;
} Row;

typedef struct Matcher {
	Arena *arena;
	const Snapshot *snapshot;
	Edge *edges;
	uint32_t *named; /* per node: the upstream that its WAL receiver names, EDGE_NO_NODE = none or not known */
	Row *rows;
	size_t nrows;
	Row **by_slot; /* rows with a slot, sorted by its name */
	size_t nby_slot;
	Row **by_port; /* rows with a TCP port, sorted by it */
	size_t nby_port;
} Matcher;

bool node_is_live(const Node *node)
{
	return node->sample != NULL && (node->state == NODE_UP || node->state == NODE_SILENT);
}

static uint64_t cluster_of(const Node *node)
{
	return node->identity != NULL ? node->identity->system_identifier : 0;
}

static bool is_this_host(Str host)
{
	return str_eq(host, STR("127.0.0.1")) || str_eq(host, STR("[local]"));
}

/* Whether canonical hosts name one machine; a socket and the loopback address both mean this one. */
static bool same_host(Str a, Str b)
{
	return str_eq_nocase(a, b) || (is_this_host(a) && is_this_host(b));
}

uint32_t node_at_address(const Snapshot *snapshot, const Node *by, Str host, int port)
{
	if (str_is_none(host) || port == 0)
		return EDGE_NO_NODE;
	Str wanted = canonical_host(host);
	if (is_this_host(wanted))
		wanted = by->host;
	char text[320];
	StrBuf alias = STRBUF_ON(text);
	strbuf_addf(&alias, "%.*s:%d", STR_ARG(wanted), port);
	for (uint32_t i = 0; i < snapshot->nnodes; i++) {
		const Node *node = &snapshot->nodes[i];
		/* private networks reuse addresses: a server of another cluster is not meant */
		bool foreign = cluster_of(node) != 0 && cluster_of(by) != 0 && cluster_of(node) != cluster_of(by);
		if (node == by || foreign)
			continue;
		if (node->port == port && same_host(node->host, wanted))
			return i;
		for (size_t k = 0; k < node->naliases; k++)
			if (str_eq_nocase(node->aliases[k], strbuf_str(&alias)))
				return i;
	}
	return EDGE_NO_NODE;
}

/* --- what a standby says of its upstream -------------------------------------------------------------------------- */

static bool is_numeric(Str host)
{
	for (size_t i = 0; i < host.len; i++) {
		if (host.data[i] == ':')
			return true;
		if (host.data[i] != '.' && (host.data[i] < '0' || host.data[i] > '9'))
			return false;
	}
	return host.len > 0;
}

/* Whether two addresses can be told to differ: a name may stand for any of them, and a host has one of each family. */
static bool differ_for_sure(Str a, Str b)
{
	bool a_is_6 = str_find(a, STR(":")) != SIZE_MAX, b_is_6 = str_find(b, STR(":")) != SIZE_MAX;
	return is_numeric(a) && is_numeric(b) && a_is_6 == b_is_6 && !is_this_host(a) && !is_this_host(b) &&
	       !str_eq(a, b);
}

static size_t alias_colon(Str alias)
{
	size_t at = alias.len;
	while (at > 0 && alias.data[at - 1] != ':')
		at--;
	return at > 0 ? at - 1 : alias.len;
}

static bool node_has_host(const Node *node, Str host)
{
	if (same_host(node->host, host))
		return true;
	for (size_t i = 0; i < node->naliases; i++)
		if (same_host(str_sub(node->aliases[i], 0, alias_colon(node->aliases[i])), host))
			return true;
	return false;
}

static bool node_has_port(const Node *node, int port)
{
	if (port == node->port || (node->identity != NULL && port == node->identity->port))
		return true;
	char text[16];
	StrBuf suffix = STRBUF_ON(text);
	strbuf_addf(&suffix, ":%d", port);
	for (size_t i = 0; i < node->naliases; i++)
		if (str_ends(node->aliases[i], strbuf_str(&suffix)))
			return true;
	return false;
}

/* What a standby's word about its upstream is worth for one row. */
typedef enum Word {
	WORD_NAMES,     /* it names the server whose row it is */
	WORD_OPEN,      /* it is not visible, or cannot be compared */
	WORD_ELSEWHERE, /* it names another address, maybe of the same server: hosts have several */
	WORD_DENIES     /* it names another server */
} Word;

/* Loopback and socket clients have loopback and socket servers. */
static bool ways_differ(Str sender_host, const WalSender *row)
{
	if (row->client_port == 0)
		return false; /* not visible to the role */
	bool by_socket = str_eq(canonical_host(sender_host), STR("[local]"));
	if (by_socket || row->client_port == -1)
		return by_socket != (row->client_port == -1);
	bool to_loopback = is_this_host(canonical_host(sender_host));
	bool from_loopback = is_this_host(canonical_host(row->client_addr));
	return to_loopback ? !from_loopback : from_loopback && is_numeric(sender_host);
}

static Word word_on(const Matcher *m, uint32_t standby, const Row *row)
{
	uint32_t named = m->named[standby];
	if (named == row->node)
		return WORD_NAMES;
	if (named != EDGE_NO_NODE && m->snapshot->nodes[named].identity != NULL)
		return WORD_DENIES;
	const WalReceiver *receiver = &m->snapshot->nodes[standby].sample->receiver;
	const Node *upstream = &m->snapshot->nodes[row->node];
	bool is_list = str_find(receiver->sender_host, STR(",")) != SIZE_MAX; /* 10 tells only the conninfo */
	if (str_is_none(receiver->sender_host) || receiver->sender_port == 0 || is_list)
		return WORD_OPEN;
	if (!node_has_port(upstream, receiver->sender_port) || ways_differ(receiver->sender_host, row->sender))
		return WORD_DENIES;
	bool elsewhere = named != EDGE_NO_NODE || (differ_for_sure(receiver->sender_host, upstream->host) &&
	                                           !node_has_host(upstream, receiver->sender_host));
	return elsewhere ? WORD_ELSEWHERE : WORD_OPEN;
}

/* --- rows --------------------------------------------------------------------------------------------------------- */

static int compare_slot(const void *a, const void *b)
{
	return str_cmp((*(Row *const *)a)->sender->slot_name, (*(Row *const *)b)->sender->slot_name);
}

static int compare_port(const void *a, const void *b)
{
	int x = (*(Row *const *)a)->sender->client_port, y = (*(Row *const *)b)->sender->client_port;
	return (x > y) - (x < y);
}

static void collect_rows(Matcher *m)
{
	const Snapshot *snapshot = m->snapshot;
	size_t total = 0;
	for (size_t i = 0; i < snapshot->nnodes; i++)
		if (node_is_live(&snapshot->nodes[i]))
			total += snapshot->nodes[i].sample->nsenders;
	m->rows = ARENA_ARRAY(m->arena, Row, total);
	m->by_slot = ARENA_ARRAY(m->arena, Row *, total);
	m->by_port = ARENA_ARRAY(m->arena, Row *, total);
	for (uint32_t i = 0; i < snapshot->nnodes; i++) {
		const Node *node = &snapshot->nodes[i];
		for (uint32_t k = 0; node_is_live(node) && k < node->sample->nsenders; k++) {
			Row *row = &m->rows[m->nrows++];
			*row = (Row){&node->sample->senders[k], i, k, cluster_of(node), false};
			if (!str_is_none(row->sender->slot_name))
				m->by_slot[m->nby_slot++] = row;
			if (row->sender->client_port > 0)
				m->by_port[m->nby_port++] = row;
		}
	}
	if (m->nby_slot > 0)
		qsort(m->by_slot, m->nby_slot, sizeof *m->by_slot, compare_slot);
	if (m->nby_port > 0)
		qsort(m->by_port, m->nby_port, sizeof *m->by_port, compare_port);
}

static bool wants_edge(const Matcher *m, uint32_t i)
{
	const Node *node = &m->snapshot->nodes[i];
	return node_is_live(node) && node->sample->in_recovery && node->sample->receiver.pid != 0 &&
	       m->edges[i].evidence == EDGE_NONE;
}

/* pg_basebackup and logical subscribers are none; pg_receivewal never replays, and standbys say what they replayed in
 * their first reply. A role that may not see the state may not see the rest either. */
static bool may_be_standby(const WalSender *sender)
{
	if (sender->slot_logical || str_eq(sender->state, STR("backup")))
		return false;
	return str_is_none(sender->state) || str_eq(sender->state, STR("startup")) || sender->replay_lsn != LSN_NONE;
}

/* The WAL receiver starts 1 to 20 ms before the WAL sender that serves it, on one clock; a distance far above that says
 * that they are not of one connection. */
enum { START_WITHIN_US = 1000000, START_MARGIN_US = 50000, START_APART_US = 10000000 };

/* INT64_MAX: not known. */
static int64_t start_distance(const Matcher *m, uint32_t standby, const Row *row)
{
	int64_t receiver = m->snapshot->nodes[standby].sample->receiver.start_us,
		sender = row->sender->backend_start_us;
	if (receiver == TIME_NONE || sender == TIME_NONE)
		return INT64_MAX;
	return sender >= receiver ? sender - receiver : receiver - sender;
}

static bool started_within_limit(const Matcher *m, uint32_t standby, const Row *row)
{
	return start_distance(m, standby, row) <= START_WITHIN_US;
}

/* Whether the row may be of this cluster's standbys and this one is not the server itself. */
static bool is_candidate(const Matcher *m, uint32_t standby, const Row *row)
{
	return !row->taken && may_be_standby(row->sender) && row->node != standby &&
	       row->cluster == cluster_of(&m->snapshot->nodes[standby]) && row->cluster != 0;
}

/* Whether the row may be this standby's at all. What the standby says of its upstream rules others out: a slot, a port or
 * a name may be the same at the server that it streams from and that is not polled. */
static bool possible(const Matcher *m, uint32_t standby, const Row *row)
{
	if (!is_candidate(m, standby, row))
		return false;
	Word word = word_on(m, standby, row);
	if (word == WORD_ELSEWHERE && start_distance(m, standby, row) != INT64_MAX)
		return started_within_limit(m, standby, row);
	return word != WORD_DENIES;
}

static void take(Matcher *m, uint32_t standby, Row *row, EdgeEvidence evidence)
{
	row->taken = true;
	m->edges[standby] = (Edge){row->node, row->index, evidence};
}

/* The first position whose row is not below the probe. */
static size_t lower_bound(Row *const *rows, size_t count, const WalSender *probe,
                          int (*compare)(const void *, const void *))
{
	Row key = {.sender = probe};
	const Row *pkey = &key;
	size_t low = 0;
	while (low < count) {
		size_t mid = low + (count - low) / 2;
		if (compare(&rows[mid], &pkey) < 0)
			low = mid + 1;
		else
			count = mid;
	}
	return low;
}

/* Where the client of a row runs, as nodes are named: a socket or loopback address means its server's host. */
static Str client_host(const Matcher *m, const Row *row)
{
	if (str_is_none(row->sender->client_addr) && row->sender->client_port != -1)
		return STR_NONE; /* not visible to the role */
	Str host = canonical_host(row->sender->client_addr);
	return is_this_host(host) ? m->snapshot->nodes[row->node].host : host;
}

static bool same_address(const Matcher *m, uint32_t standby, const Row *row)
{
	Str client = client_host(m, row);
	return !str_is_none(client) && node_has_host(&m->snapshot->nodes[standby], client);
}

/* The only possible row among the equals from `first` on; NULL if there is none or more than one. With several, one
 * from the standby's own address wins: ports are unique per client host only. */
static Row *only_possible(const Matcher *m, uint32_t standby, Row *const *rows, size_t count, size_t first,
                          int (*compare)(const void *, const void *))
{
	Row *found = NULL, *at_address = NULL;
	size_t nfound = 0, nat_address = 0;
	for (size_t i = first; i < count && compare(&rows[i], &rows[first]) == 0; i++) {
		if (!possible(m, standby, rows[i]))
			continue;
		found = rows[i];
		nfound++;
		if (same_address(m, standby, found)) {
			at_address = found;
			nat_address++;
		}
	}
	if (nfound == 1)
		return found;
	return nat_address == 1 ? at_address : NULL;
}

/* Whether another standby with the same slot name or port has as good a claim to the row: its own row may be one of a
 * server that is not polled. Addresses decide between the two if they can. */
static bool is_contested(const Matcher *m, uint32_t standby, const Row *row, bool by_slot)
{
	const WalReceiver *mine = &m->snapshot->nodes[standby].sample->receiver;
	bool at_address = same_address(m, standby, row);
	for (uint32_t i = 0; i < m->snapshot->nnodes; i++) {
		const NodeSample *sample = m->snapshot->nodes[i].sample;
		if (i == standby || sample == NULL)
			continue;
		const WalReceiver *other = &sample->receiver;
		bool same_key =
			by_slot ? str_eq(other->slot_name, mine->slot_name) : other->local_port == mine->local_port;
		if (same_key && wants_edge(m, i) && possible(m, i, row) && (!at_address || same_address(m, i, row)))
			return true;
	}
	return false;
}

static Row *find_by_slot(const Matcher *m, uint32_t standby)
{
	WalSender probe = {.slot_name = m->snapshot->nodes[standby].sample->receiver.slot_name};
	if (probe.slot_name.len == 0)
		return NULL;
	size_t at = lower_bound(m->by_slot, m->nby_slot, &probe, compare_slot);
	if (at == m->nby_slot || !str_eq(m->by_slot[at]->sender->slot_name, probe.slot_name))
		return NULL;
	Row *row = only_possible(m, standby, m->by_slot, m->nby_slot, at, compare_slot);
	return row != NULL && !is_contested(m, standby, row, true) ? row : NULL;
}

static Row *find_by_port(const Matcher *m, uint32_t standby)
{
	WalSender probe = {.client_port = m->snapshot->nodes[standby].sample->receiver.local_port};
	if (probe.client_port == 0)
		return NULL;
	size_t at = lower_bound(m->by_port, m->nby_port, &probe, compare_port);
	if (at == m->nby_port || m->by_port[at]->sender->client_port != probe.client_port)
		return NULL;
	Row *row = only_possible(m, standby, m->by_port, m->nby_port, at, compare_port);
	return row != NULL && !is_contested(m, standby, row, false) ? row : NULL;
}

/* Process ids are unique on this host, where both ends are. */
static Row *find_by_socket(const Matcher *m, uint32_t standby)
{
	int peer = m->snapshot->nodes[standby].sample->receiver.peer_pid;
	for (size_t r = 0; peer != 0 && r < m->nrows; r++) {
		Row *row = &m->rows[r];
		bool is_peer = row->sender->pid == peer && m->snapshot->nodes[row->node].local;
		if (is_peer && is_candidate(m, standby, row))
			return row;
	}
	return NULL;
}

typedef bool (*Resembles)(const Matcher *m, uint32_t standby, const Row *row);

/* cluster_name reaches the upstream as application_name from 12 on, where primary_conninfo does not set one. */
static bool same_name(const Matcher *m, uint32_t standby, const Row *row)
{
	const NodeIdentity *identity = m->snapshot->nodes[standby].identity;
	return identity != NULL && identity->cluster_name.len > 0 &&
	       !str_eq(identity->cluster_name, STR("walreceiver")) &&
	       str_eq(identity->cluster_name, row->sender->application_name) &&
	       (word_on(m, standby, row) != WORD_ELSEWHERE || started_within_limit(m, standby, row));
}

/* One name may be that of standbys on many hosts (Debian's cluster_name is VERSION/NAME, "15/main"), and some of them may
 * not be polled: the name alone is no proof. */
static bool is_supported(const Matcher *m, uint32_t standby, const Row *row)
{
	Word word = word_on(m, standby, row);
	return word == WORD_NAMES || (word == WORD_OPEN && same_address(m, standby, row));
}

/* Through a proxy the address is the proxy's. */
static bool only_address(const Matcher *m, uint32_t standby, const Row *row)
{
	const Node *upstream = &m->snapshot->nodes[row->node];
	int port = m->snapshot->nodes[standby].sample->receiver.sender_port;
	bool direct =
		port == 0 || port == upstream->port || (upstream->identity != NULL && port == upstream->identity->port);
	return direct && word_on(m, standby, row) <= WORD_OPEN && same_address(m, standby, row);
}

/* Only to know the row: that the upstream is this one, the standby says itself. */
static bool started_together(const Matcher *m, uint32_t standby, const Row *row)
{
	return m->named[standby] == row->node && started_within_limit(m, standby, row);
}

/* A standby cannot be on a newer timeline than what it streams from, nor have acknowledged, one refresh ago, what it does
 * not have now. Samples of one refresh are not of one moment, so that the sender's must be the older one. */
static bool is_out_of_line(const Matcher *m, uint32_t standby, const Row *row)
{
	const Node *upstream = &m->snapshot->nodes[row->node];
	const NodeSample *mine = m->snapshot->nodes[standby].sample, *before = upstream->previous;
	uint32_t theirs = upstream->sample->timeline;
	if (mine->timeline != 0 && theirs != 0 && mine->timeline > theirs)
		return true;
	Lsn have = sample_available_lsn(mine);
	if (before == NULL || have == LSN_NONE || before->t_mono_ns >= mine->t_mono_ns)
		return false;
	for (size_t i = 0; i < before->nsenders; i++) {
		const WalSender *was = &before->senders[i];
		if (was->pid == row->sender->pid && was->backend_start_us == row->sender->backend_start_us)
			return was->flush_lsn != LSN_NONE && was->flush_lsn > have;
	}
	return false;
}

/* What weak evidence cannot outweigh: the row began long before or after the receiver (on one clock, or where neither word
 * nor address speaks for it), or its LSNs are not the standby's. Of a standby that has just reconnected the row may not be
 * read yet, and a stranger's is then the only one like it. */
static bool is_refuted(const Matcher *m, uint32_t standby, const Row *row)
{
	if (is_out_of_line(m, standby, row))
		return true;
	int64_t distance = start_distance(m, standby, row);
	if (distance == INT64_MAX || distance <= START_APART_US)
		return false;
	const Node *node = &m->snapshot->nodes[standby];
	Str client = client_host(m, row);
	return same_host(node->host, m->snapshot->nodes[row->node].host) || word_on(m, standby, row) != WORD_NAMES ||
	       (differ_for_sure(client, node->host) && !node_has_host(node, client));
}

static bool resembling(const Matcher *m, uint32_t standby, const Row *row, Resembles resembles)
{
	return possible(m, standby, row) && resembles(m, standby, row) && !is_refuted(m, standby, row);
}

/* The row that is this standby's if `resembles` holds for no other row and, of that row, for no other standby. For start
 * times "no other" means: none as near as the best within the margin. */
static Row *mutual_only(const Matcher *m, uint32_t standby, Resembles resembles)
{
	bool by_start = resembles == started_together;
	Row *best = NULL;
	int64_t best_distance = INT64_MAX, second_distance = INT64_MAX;
	for (size_t r = 0; r < m->nrows; r++) {
		Row *row = &m->rows[r];
		if (!resembling(m, standby, row, resembles))
			continue;
		if (!by_start && best != NULL)
			return NULL;
		int64_t distance = by_start ? start_distance(m, standby, row) : 0;
		if (best == NULL || distance < best_distance) {
			second_distance = best_distance;
			best = row;
			best_distance = distance;
		} else if (distance < second_distance) {
			second_distance = distance;
		}
	}
	if (best != NULL && second_distance != INT64_MAX && second_distance - best_distance < START_MARGIN_US)
		return NULL;
	for (uint32_t i = 0; best != NULL && i < m->snapshot->nnodes; i++) {
		if (i == standby || !wants_edge(m, i) || !resembling(m, i, best, resembles))
			continue;
		if (!by_start || start_distance(m, i, best) < best_distance + START_MARGIN_US)
			return NULL;
	}
	return best;
}

/* Only what stronger evidence left over comes to these: few standbys in practice. */
static Row *find_by_supported_name(const Matcher *m, uint32_t standby)
{
	Row *row = mutual_only(m, standby, same_name);
	return row != NULL && is_supported(m, standby, row) ? row : NULL;
}

static Row *find_by_name(const Matcher *m, uint32_t standby)
{
	return mutual_only(m, standby, same_name);
}

static Row *find_by_address(const Matcher *m, uint32_t standby)
{
	return mutual_only(m, standby, only_address);
}

static Row *find_by_start(const Matcher *m, uint32_t standby)
{
	return mutual_only(m, standby, started_together);
}

/* All standbys are judged before the first takes its row, so that the order of the nodes does not matter; and again as
 * long as the rows that were taken leave others one choice only. */
static void match_by(Matcher *m, Row *(*find)(const Matcher *m, uint32_t standby), EdgeEvidence evidence)
{
	Row **found = ARENA_ARRAY(m->arena, Row *, m->snapshot->nnodes);
	for (bool more = true; more;) {
		more = false;
		for (uint32_t i = 0; i < m->snapshot->nnodes; i++)
			found[i] = wants_edge(m, i) ? find(m, i) : NULL;
		for (uint32_t i = 0; i < m->snapshot->nnodes; i++) {
			if (found[i] == NULL || found[i]->taken)
				continue;
			take(m, i, found[i], evidence);
			more = true;
		}
	}
}

/* Where no row is known to be the standby's, its own word still names the upstream. */
static void match_named(Matcher *m)
{
	for (uint32_t i = 0; i < m->snapshot->nnodes; i++) {
		const Node *node = &m->snapshot->nodes[i];
		if (m->edges[i].evidence != EDGE_NONE || node->sample == NULL || !node->sample->in_recovery)
			continue;
		const NodeSample *sample = node->sample;
		if (m->named[i] != EDGE_NO_NODE) {
			bool streams = node_is_live(node) && sample->receiver.pid != 0;
			m->edges[i] = (Edge){m->named[i], EDGE_NO_NODE, streams ? EDGE_RECEIVER : EDGE_LAST};
			continue;
		}
		uint32_t upstream = node_at_address(m->snapshot, node, sample->primary_host, sample->primary_port);
		if (upstream != EDGE_NO_NODE)
			m->edges[i] = (Edge){upstream, EDGE_NO_NODE, EDGE_CONNINFO};
	}
}

Edge *edges_match(Arena *arena, const Snapshot *snapshot)
{
	Matcher m = {.arena = arena, .snapshot = snapshot};
	m.edges = ARENA_ARRAY(arena, Edge, snapshot->nnodes);
	m.named = ARENA_ARRAY(arena, uint32_t, snapshot->nnodes);
	for (uint32_t i = 0; i < snapshot->nnodes; i++) {
		const Node *node = &snapshot->nodes[i];
		m.edges[i] = (Edge){EDGE_NO_NODE, EDGE_NO_NODE, EDGE_NONE};
		m.named[i] = EDGE_NO_NODE;
		if (node->sample != NULL && node->sample->in_recovery)
			m.named[i] = node_at_address(snapshot, node, node->sample->receiver.sender_host,
			                             node->sample->receiver.sender_port);
	}
	collect_rows(&m);
	match_by(&m, find_by_slot, EDGE_SLOT);
	match_by(&m, find_by_port, EDGE_TCP);
	match_by(&m, find_by_socket, EDGE_SOCKET);
	match_by(&m, find_by_supported_name, EDGE_NAME);
	match_by(&m, find_by_address, EDGE_ADDRESS);
	match_by(&m, find_by_start, EDGE_START);
	match_by(&m, find_by_name, EDGE_NAME_ONLY);
	match_named(&m);
	return m.edges;
}
