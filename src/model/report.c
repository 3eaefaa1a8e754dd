#include "model/report.h"

#include "model/divergence.h"
#include "model/lag.h"
#include "model/process.h"
#include "model/quorum_rows.h"
#include "model/rates.h"
#include "model/role.h"
#include "model/slot.h"

#include <math.h>

typedef struct Builder {
	Arena *arena;
	const Snapshot *snapshot;
	const Topology *topology;
	const Divergence *divergence;
	const History *history;
	uint32_t *first_slot; /* by row of the tree: the node's first row of slots, ROW_NONE = it has none */
	Report *report;
} Builder;

/* The node whose flush LSN a row's lag is measured from: the primary at the root of its tree, or the cluster's if the
 * way up to it is not known. NULL if there is none, or its history is not the row's. */
static const Node *lag_root(const Topology *topology, uint32_t index)
{
	const TopoRow *row = &topology->rows[index];
	const TopoCluster *cluster = &topology->clusters[row->cluster];
	uint32_t root = row->root;
	const Node *node = topology->rows[root].node;
	if (node == NULL || node->sample == NULL || node->sample->in_recovery)
		root = cluster->primaries == 1 ? cluster->primary : TOPO_NONE;
	if (root == TOPO_NONE || !divergence_comparable(topology, index, root))
		return NULL;
	return topology->rows[root].node;
}

static Str node_role(const Node *node)
{
	if (node->sample == NULL)
		return STR("unknown");
	return node->sample->in_recovery ? STR("standby") : STR("primary");
}

static void standby_state(NodeRow *out, const Node *node, const WalSender *sender)
{
	const NodeSample *sample = node->sample;
	bool receives = sample->receiver.pid != 0;
	out->health = HEALTH_WARNING;
	if (sample->replay_pause == REPLAY_PAUSED)
		out->state = STR("paused");
	else if (!receives)
		out->state = STR("no receiver");
	else if (sender != NULL && !str_is_none(sender->state))
		out->state = sender->state;
	else
		out->state = str_is_none(sample->receiver.status) ? STR("receiving") : sample->receiver.status;
	if (str_eq(out->state, STR("streaming")) || str_eq(out->state, STR("receiving")))
		out->health = HEALTH_OK;
}

static void node_state(NodeRow *out, const Node *node, const WalSender *sender, DivergenceKind divergence)
{
	static const struct {
		Str text;
		RowHealth health;
	} STATES[] = {
		[NODE_CONNECTING] = {STR_INIT("connecting"), HEALTH_NOTE},
		[NODE_UP] = {STR_INIT("running"), HEALTH_OK},
		[NODE_SILENT] = {STR_INIT("no answer"), HEALTH_BAD},
		[NODE_UNAVAILABLE] = {STR_INIT("unavailable"), HEALTH_BAD},
		[NODE_DENIED] = {STR_INIT("denied"), HEALTH_BAD},
		[NODE_DOWN] = {STR_INIT("down"), HEALTH_BAD},
	};
	out->state = STATES[node->state].text;
	out->health = STATES[node->state].health;
	if (node->state != NODE_UP)
		return;
	if (divergence != DIVERGENCE_NONE) {
		out->state = divergence_state(divergence);
		out->health = HEALTH_BAD;
	} else if (node->sample != NULL && node->sample->in_recovery) {
		standby_state(out, node, sender);
	}
}

static double seconds_of(int64_t interval_us)
{
	return interval_us == TIME_NONE ? NAN : (double)interval_us / 1e6;
}

/* The upstream's row has all four positions of one moment; the standby's own word on its replay is newer. */
static void fill_positions(const Builder *b, NodeRow *out, uint32_t index, const Node *upstream)
{
	const TopoRow *row = &b->topology->rows[index];
	const NodeSample *own = row->node != NULL ? row->node->sample : NULL;
	const WalSender *sender = row->sender;
	if (sender != NULL) {
		out->sent_lsn = sender->sent_lsn;
		out->write_lsn = sender->write_lsn;
		out->flush_lsn = sender->flush_lsn;
		out->replay_lsn = sender->replay_lsn;
		if (own != NULL && row->node->state == NODE_UP && own->in_recovery)
			out->replay_lsn = lsn_max(out->replay_lsn, own->replay_lsn);
	} else if (own != NULL) {
		out->flush_lsn = sample_available_lsn(own);
		out->replay_lsn = own->in_recovery ? own->replay_lsn : LSN_NONE;
	}
	Gaps gaps = {INT_NONE, INT_NONE, INT_NONE, INT_NONE};
	/* A sender that stands still hears no replies, but the standby says what it has. */
	Lsn received = LSN_NONE;
	if (sender != NULL && own != NULL && row->node->state == NODE_UP && own->in_recovery &&
	    own->receive_lsn != LSN_NONE && out->write_lsn != LSN_NONE)
		received = own->receive_lsn < out->sent_lsn ? own->receive_lsn : out->sent_lsn;
	if (sender != NULL && upstream != NULL && upstream->sample != NULL &&
	    divergence_comparable(b->topology, index, row->upstream))
		gaps = lag_gaps(sample_available_lsn(upstream->sample), out->sent_lsn,
		                lsn_max(out->write_lsn, received), lsn_max(out->flush_lsn, received), out->replay_lsn);
	out->send_gap_bytes = gaps.send;
	out->network_gap_bytes = gaps.network;
	out->disk_gap_bytes = gaps.disk;
	out->replay_gap_bytes = gaps.replay;
}

static void fill_sender(NodeRow *out, const WalSender *sender, const Node *upstream)
{
	if (sender == NULL)
		return;
	out->application_name = sender->application_name;
	out->sync_state = sender->sync_state;
	out->sync_priority = sender->sync_priority;
	/* The server measures a lag also up to a position that a client never reports (pg_receivewal: 10 s, the interval
	 * of its replies). */
	if (sender->write_lsn != LSN_NONE)
		out->write_lag_seconds = seconds_of(sender->write_lag_us);
	if (sender->flush_lsn != LSN_NONE)
		out->flush_lag_seconds = seconds_of(sender->flush_lag_us);
	if (sender->replay_lsn != LSN_NONE)
		out->replay_lag_seconds = seconds_of(sender->replay_lag_us);
	out->lag_stale = upstream != NULL && upstream->sample != NULL &&
	                 lag_reply_is_stale(sender, upstream->sample->server_time_us);
}

static void fill_lag(const Builder *b, NodeRow *out, uint32_t index)
{
	const TopoRow *row = &b->topology->rows[index];
	const Node *root = lag_root(b->topology, index);
	if (root == NULL || root == row->node || out->replay_lsn == LSN_NONE)
		return;
	int64_t behind = lsn_diff(root->sample->flush_lsn, out->replay_lsn);
	if (behind == INT_NONE)
		return;
	out->lag_bytes = behind < 0 ? 0 : behind;
	LagTime time = lag_time(b->history, root, out->replay_lsn, b->snapshot->mono_ns);
	out->lag_seconds = time.seconds;
	out->lag_at_least = time.at_least;
	/* Within one refresh interval the history has no more to say, but the server has: unless it still shows a lag of
	 * earlier, for its columns keep their last value until a later reply clears them. */
	double interval_s = b->snapshot->interval_s;
	bool brief = !time.at_least && time.seconds > 0 && time.seconds < interval_s;
	if (brief && row->depth == 1 && !out->lag_stale && out->replay_lag_seconds < interval_s)
		out->lag_seconds = out->replay_lag_seconds;
	/* A standby that is less than a refresh behind keeps up; the difference of two rates would call it never or seconds
	 * by chance. */
	double replay_rate = row->node != NULL && !(time.seconds < interval_s) ? rate_node_replay(row->node) : NAN;
	out->eta_seconds = lag_eta(out->lag_bytes, replay_rate, rate_node_wal(root));
}

/* How fast the standby takes what it is sent, as its upstream sees it. */
static double write_rate(const WalSender *sender, const Node *upstream)
{
	if (sender == NULL || upstream == NULL || !rate_is_comparable(upstream))
		return NAN;
	const WalSender *before = sample_sender(upstream->previous, sender->pid);
	if (before == NULL || before->backend_start_us != sender->backend_start_us)
		return NAN;
	return rate_lsn(before->write_lsn, sender->write_lsn, sample_moment_ns(upstream->previous),
	                sample_moment_ns(upstream->sample));
}

/* Of an edge whose standby takes part: the stage that holds most, or what is behind its upstream already. */
static Str stuck_stage(const Builder *b, const NodeRow *out, const TopoRow *row, const Node *upstream, const Node *root)
{
	Gaps gaps = {out->send_gap_bytes, out->network_gap_bytes, out->disk_gap_bytes, out->replay_gap_bytes};
	bool known = gaps.send != INT_NONE;
	/* a real number, for a server may claim any position, and the sum have no room */
	double held = known ? (double)gaps.send + (double)gaps.network + (double)gaps.disk + (double)gaps.replay : 0;
	/* below one refresh the two are of different moments, and the difference may be no more than that */
	bool late = out->lag_seconds >= b->snapshot->interval_s;
	if (known && late && out->lag_bytes != INT_NONE && (double)out->lag_bytes - held > held)
		return STR("upstream");
	if (held > 0)
		return lag_bottleneck(gaps, write_rate(row->sender, upstream));
	if (!known && (out->lag_bytes == INT_NONE || out->lag_bytes > 0))
		return STR_NONE;
	const Node *source = root != NULL ? root : upstream;
	bool nothing_behind = out->lag_bytes == INT_NONE || out->lag_bytes == 0;
	return nothing_behind && source != NULL && rate_node_wal(source) == 0 ? STR("idle") : STR("none");
}

static void fill_bottleneck(const Builder *b, NodeRow *out, uint32_t index, const Node *upstream)
{
	const TopoRow *row = &b->topology->rows[index];
	const Node *root = lag_root(b->topology, index);
	bool speaks = row->node != NULL && row->node->state == NODE_UP && row->node->sample != NULL &&
	              row->node->sample->in_recovery;
	if (speaks && row->node->sample->replay_pause == REPLAY_PAUSED)
		out->bottleneck = STR("replay paused");
	else if (speaks && row->node->sample->receiver.pid == 0 && (upstream != NULL || out->lag_bytes > 0))
		out->bottleneck = STR("receiver down");
	else if (row->sender != NULL && str_eq(row->sender->state, STR("catchup")))
		out->bottleneck = STR("catching up");
	else if (row->node == NULL || row->node != root)
		out->bottleneck = stuck_stage(b, out, row, upstream, root);
}

static void init_node_row(NodeRow *out)
{
	*out = (NodeRow){.parent = TOPO_NONE, .slot = ROW_NONE, .timeline = INT_NONE, .sync_priority = INT_NONE};
	out->server_start_us = TIME_NONE;
	out->lag_bytes = out->retained_bytes = out->backup_bytes = out->backup_total_bytes = INT_NONE;
	out->backup_percent = NAN;
	out->lag_seconds = out->write_lag_seconds = out->flush_lag_seconds = out->replay_lag_seconds = NAN;
	out->wal_bytes_per_second = out->replay_bytes_per_second = out->eta_seconds = out->age_seconds = NAN;
}

/* Why it is not as it should be: what keeps it from answering, then what it disagrees about, then what failed. */
static Str node_error(const Builder *b, const Node *node, const RowDivergence *divergence)
{
	const Str parts[] = {node->error, divergence->reason, node->sample != NULL ? node->sample->notice : STR_NONE};
	Str error = STR_NONE;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		bool superseded = i == 2 && !str_is_none(node->error); /* a notice of the last answer that came */
		if (str_is_none(parts[i]) || superseded)
			continue;
		error = str_is_none(error) ? parts[i]
		                           : str_format(b->arena, "%.*s; %.*s", STR_ARG(error), STR_ARG(parts[i]));
	}
	return error;
}

/* What pausing and resuming its replay has to know. */
static void fill_action(NodeRow *out, const Node *node)
{
	const NodeIdentity *identity = node->identity;
	const NodeSample *sample = node->sample;
	out->in_recovery = sample != NULL && sample->in_recovery;
	out->replay_paused = sample != NULL && sample->replay_pause != REPLAY_RUNNING;
	if (identity == NULL)
		return;
	out->server_start_us = identity->postmaster_start_us;
	out->version_num = identity->version_num;
	out->login = identity->role;
	if (!identity->can_pause && !identity->superuser)
		out->pause_needs = STR("execute on pg_wal_replay_pause() and pg_wal_replay_resume()");
}

static void fill_node(const Builder *b, NodeRow *out, const Node *node, const WalSender *sender,
                      const RowDivergence *divergence)
{
	out->key = (RowKey){node->id, 0, 0};
	out->node = node->name;
	out->host = node->host;
	out->port = node->port;
	out->local = node->local;
	out->role = node_role(node);
	out->error = node_error(b, node, divergence);
	node_state(out, node, sender, divergence->kind);
	fill_action(out, node);
	if (node->identity != NULL) {
		out->version = node->identity->version;
		if (str_is_none(out->application_name) && node->identity->cluster_name.len > 0)
			out->application_name = node->identity->cluster_name;
	}
	if (node->sample == NULL)
		return;
	if (node->sample->timeline != 0)
		out->timeline = node->sample->timeline;
	out->age_seconds = (double)(b->snapshot->mono_ns - node->sample->t_mono_ns) / 1e9;
	out->wal_bytes_per_second = rate_node_wal(node);
	out->replay_bytes_per_second = rate_node_replay(node);
	out->is_hidden = receiver_is_hidden(&node->sample->receiver) || (sender != NULL && sender_is_hidden(sender));
}

/* A slot says more of a logical subscriber than a port that changes with each connection. */
static Str client_name(const Builder *b, const WalSender *sender)
{
	Str app = sender->application_name.len > 0 ? sender->application_name : STR("walsender");
	if (sender->slot_logical)
		return str_format(b->arena, "%.*s slot %.*s", STR_ARG(app), STR_ARG(sender->slot_name));
	if (sender->client_port > 0)
		return str_format(b->arena, "%.*s %.*s:%d", STR_ARG(app), STR_ARG(sender->client_addr),
		                  sender->client_port);
	return str_format(b->arena, "%.*s pid %d", STR_ARG(app), sender->pid);
}

static void client_state(NodeRow *out, const WalSender *sender)
{
	out->state = sender->state;
	out->health = HEALTH_OK;
	out->is_hidden = sender_is_hidden(sender);
	if (out->is_hidden) {
		out->state = STR("connected");
		out->health = HEALTH_UNKNOWN;
		out->error = STR(NOT_VISIBLE);
	} else if (!str_eq(sender->state, STR("streaming")) && !str_eq(sender->state, STR("backup"))) {
		out->health = HEALTH_NOTE; /* startup, catchup, stopping */
	}
}

static void fill_backup(NodeRow *out, const WalSender *sender, const NodeSample *sample)
{
	for (size_t i = 0; i < sample->nbackups; i++) {
		const BaseBackup *backup = &sample->backups[i];
		if (backup->pid != sender->pid)
			continue;
		out->backup_phase = backup->phase;
		out->backup_bytes = backup->done_bytes;
		out->backup_total_bytes = backup->total_bytes;
		/* the total is an estimate of before */
		if (backup->total_bytes > 0 && backup->done_bytes >= 0)
			out->backup_percent =
				fmin(100, 100.0 * (double)backup->done_bytes / (double)backup->total_bytes);
	}
}

static void fill_client(const Builder *b, NodeRow *out, const WalSender *sender, const Node *upstream)
{
	out->key = (RowKey){upstream->id, sender->pid, sender->backend_start_us};
	out->is_client = true;
	out->role = STR("client");
	out->host = sender->client_addr;
	out->port = sender->client_port > 0 ? sender->client_port : INT_NONE;
	out->node = client_name(b, sender);
	client_state(out, sender);
	fill_backup(out, sender, upstream->sample);
	out->age_seconds = (double)(b->snapshot->mono_ns - upstream->sample->t_mono_ns) / 1e9;
}

static void fill_ghost(const Builder *b, NodeRow *out, const Slot *slot, const Node *upstream)
{
	out->key = slot_key(upstream->id, slot);
	out->is_ghost = true;
	out->role = STR("slot");
	out->port = INT_NONE;
	out->node = str_format(b->arena, "slot %.*s", STR_ARG(slot->name));
	out->state = slot_ghost_state(slot, &out->health);
	/* what its consumer confirmed last */
	out->flush_lsn = str_eq(slot->type, STR("logical")) ? slot->confirmed_flush_lsn : slot->restart_lsn;
	out->age_seconds = (double)(b->snapshot->mono_ns - upstream->sample->t_mono_ns) / 1e9;
}

/* The row of a node's slot. */
static uint32_t slot_row_of(const Builder *b, uint32_t node_row, Str name)
{
	const Node *node = node_row != TOPO_NONE ? b->topology->rows[node_row].node : NULL;
	if (node == NULL || b->first_slot[node_row] == ROW_NONE || name.len == 0)
		return ROW_NONE;
	uint32_t first = b->first_slot[node_row];
	const NodeSample *sample = node->sample;
	const Slot *slot = sample_slot(sample, name);
	return slot != NULL ? first + (uint32_t)(slot - sample->slots) : ROW_NONE;
}

static void fill_slot_of_row(const Builder *b, NodeRow *out, const TopoRow *row)
{
	Str name = STR_NONE;
	if (row->slot != NULL)
		name = row->slot->name;
	else if (row->sender != NULL)
		name = row->sender->slot_name;
	out->slot = slot_row_of(b, row->upstream, name);
	if (out->slot == ROW_NONE)
		return;
	out->slot_name = b->report->slots[out->slot].slot;
	out->retained_bytes = b->report->slots[out->slot].retained_bytes;
}

static void fill_node_row(const Builder *b, uint32_t index)
{
	const TopoRow *row = &b->topology->rows[index];
	NodeRow *out = &b->report->nodes[index];
	const Node *upstream = row->upstream != TOPO_NONE ? b->topology->rows[row->upstream].node : NULL;
	init_node_row(out);
	out->parent = row->upstream;
	out->cluster_index = row->cluster;
	out->last_child = row->last_child;
	out->depth = row->depth;
	out->time = b->report->time;
	out->cluster = b->report->clusters[row->cluster].cluster;
	out->upstream = upstream != NULL ? upstream->name : STR_NONE;
	out->edge_evidence = edge_evidence_text(row->evidence);
	out->edge_weak = edge_is_weak(row->evidence);
	fill_sender(out, row->sender, upstream);
	if (row->node != NULL)
		fill_node(b, out, row->node, row->sender, &b->divergence->rows[index]);
	else if (upstream != NULL && row->slot != NULL) /* a leaf always has one */
		fill_ghost(b, out, row->slot, upstream);
	else if (upstream != NULL)
		fill_client(b, out, row->sender, upstream);
	fill_positions(b, out, index, upstream);
	fill_lag(b, out, index);
	fill_bottleneck(b, out, index, upstream);
	fill_slot_of_row(b, out, row);
}

static void fill_slots(Builder *b)
{
	Report *report = b->report;
	size_t capacity = 0;
	for (size_t i = 0; i < b->snapshot->nnodes; i++)
		if (b->snapshot->nodes[i].sample != NULL)
			capacity += b->snapshot->nodes[i].sample->nslots;
	report->slots = ARENA_ARRAY(b->arena, SlotRow, capacity);
	b->first_slot = ARENA_ARRAY(b->arena, uint32_t, b->topology->nrows);
	for (uint32_t r = 0; r < b->topology->nrows; r++) {
		const Node *node = b->topology->rows[r].node;
		b->first_slot[r] = ROW_NONE;
		if (node == NULL || node->sample == NULL || !node_is_live(node) || node->sample->nslots == 0)
			continue;
		b->first_slot[r] = (uint32_t)report->nslots;
		for (size_t i = 0; i < node->sample->nslots; i++) {
			SlotRow *row = &report->slots[report->nslots++];
			*row = slot_row(b->arena, node, &node->sample->slots[i]);
			row->time = report->time;
			row->cluster = report->clusters[b->topology->rows[r].cluster].cluster;
		}
	}
}

/* Whoever's row holds a slot uses it; one that nobody holds was used by the standby that named it last. */
static void fill_slot_users(const Builder *b)
{
	for (uint32_t r = 0; r < b->topology->nrows; r++) {
		const NodeRow *node = &b->report->nodes[r];
		if (node->slot != ROW_NONE && !node->is_ghost)
			b->report->slots[node->slot].used_by = node->node;
	}
	for (uint32_t r = 0; r < b->topology->nrows; r++) {
		const TopoRow *row = &b->topology->rows[r];
		if (row->node == NULL || row->node->sample == NULL)
			continue;
		uint32_t slot = slot_row_of(b, row->upstream, row->node->sample->receiver.slot_name);
		if (slot != ROW_NONE && b->report->slots[slot].active_pid == INT_NONE &&
		    str_is_none(b->report->slots[slot].used_by))
			b->report->slots[slot].used_by = row->node->name;
	}
}

/* What is hidden may be one more: then the number is not known. */
static void count_sync_standbys(ClusterRow *out, const NodeSample *sample)
{
	bool hidden = false;
	for (size_t i = 0; i < sample->nsenders; i++) {
		const WalSender *sender = &sample->senders[i];
		bool counts = str_eq(sender->sync_state, STR("sync")) || str_eq(sender->sync_state, STR("quorum"));
		out->sync_standbys += counts && str_eq(sender->state, STR("streaming"));
		hidden |= sender_is_hidden(sender);
	}
	out->is_hidden |= hidden;
	if (hidden)
		out->sync_standbys = INT_NONE;
}

static void count_waiting(ClusterRow *out, const NodeSample *sample)
{
	bool hidden = false;
	out->waiting = 0;
	for (size_t i = 0; i < sample->nactivity; i++) {
		out->waiting += str_eq(sample->activity[i].wait_event, STR("SyncRep"));
		hidden |= activity_is_hidden(&sample->activity[i]);
	}
	out->is_hidden |= hidden;
	if (hidden)
		out->waiting = INT_NONE;
}

static void fill_cluster(const Builder *b, uint32_t index)
{
	const TopoCluster *cluster = &b->topology->clusters[index];
	ClusterRow *out = &b->report->clusters[index];
	*out = (ClusterRow){.timeline = INT_NONE, .waiting = INT_NONE, .primaries = cluster->primaries};
	out->uptime_seconds = out->wal_bytes_per_second = NAN;
	out->key = (RowKey){0, 0, (int64_t)cluster->system_identifier};
	out->split_brain = b->divergence->clusters[index].primaries;
	out->off_timeline = b->divergence->clusters[index].off_timeline;
	out->ahead = b->divergence->clusters[index].ahead;
	if (cluster->system_identifier != 0)
		out->cluster = str_format(b->arena, "%llu", (unsigned long long)cluster->system_identifier);
	for (uint32_t r = cluster->first; r < cluster->first + cluster->count; r++) {
		const Node *node = b->topology->rows[r].node;
		out->nodes += node != NULL;
		out->nodes_up += node != NULL && node->state == NODE_UP;
	}
	if (cluster->primary == TOPO_NONE)
		return;
	const Node *primary = b->topology->rows[cluster->primary].node;
	const NodeSample *sample = primary->sample;
	out->primary = primary->name;
	out->name = primary->identity->cluster_name;
	out->version = primary->identity->version;
	out->timeline = sample->timeline != 0 ? (int64_t)sample->timeline : INT_NONE;
	if (primary->state == NODE_UP && sample->server_time_us != TIME_NONE &&
	    primary->identity->postmaster_start_us != TIME_NONE)
		out->uptime_seconds = (double)(sample->server_time_us - primary->identity->postmaster_start_us) / 1e6;
	out->wal_bytes_per_second = rate_node_wal(primary);
	out->synchronous_standby_names = sample->synchronous_standby_names;
	count_sync_standbys(out, sample);
	if (sample->has_activity)
		count_waiting(out, sample);
}

/* Which line of the tree each WAL sender of a node feeds, by the sender's index. */
static Str *served_by_sender(const Builder *b, uint32_t index)
{
	const Node *node = b->topology->rows[index].node;
	Str *served = ARENA_ARRAY(b->arena, Str, node->sample->nsenders);
	for (uint32_t r = index + 1;
	     r < b->topology->nrows && b->topology->rows[r].depth > b->topology->rows[index].depth; r++)
		if (b->topology->rows[r].upstream == index && b->topology->rows[r].sender != NULL)
			served[b->topology->rows[r].sender - node->sample->senders] = b->report->nodes[r].node;
	return served;
}

static void fill_served(const Builder *b, uint32_t index, ProcessRow *rows, size_t count)
{
	const NodeSample *sample = b->topology->rows[index].node->sample;
	const Str *served = served_by_sender(b, index);
	size_t s = 0;
	for (size_t i = 0; i < count; i++) { /* both sorted by pid */
		while (s < sample->nsenders && sample->senders[s].pid < rows[i].pid)
			s++;
		if (s < sample->nsenders && sample->senders[s].pid == rows[i].pid)
			rows[i].serves = served[s];
	}
}

static void fill_processes(const Builder *b)
{
	Report *report = b->report;
	size_t capacity = 0;
	for (size_t i = 0; i < b->snapshot->nnodes; i++)
		capacity += process_count(&b->snapshot->nodes[i]);
	report->processes = ARENA_ARRAY(b->arena, ProcessRow, capacity);
	for (uint32_t r = 0; r < b->topology->nrows; r++) {
		const Node *node = b->topology->rows[r].node;
		if (node == NULL || !node_is_live(node))
			continue;
		ProcessRow *rows = &report->processes[report->nprocesses];
		size_t count = process_rows(b->arena, node, rows);
		for (size_t i = 0; i < count; i++) {
			rows[i].time = report->time;
			rows[i].cluster = report->nodes[r].cluster;
			rows[i].node = node->name;
		}
		if (count > 0)
			fill_served(b, r, rows, count);
		report->nprocesses += count;
	}
}

static HostRow host_row(const Snapshot *snapshot)
{
	const HostSample *before = &snapshot->previous_host, *now = &snapshot->host;
	HostRow row = {NAN, NAN};
	if (!before->known || !now->known)
		return row;
	row.read_bytes_per_second =
		rate_counter(before->read_bytes, now->read_bytes, before->t_mono_ns, now->t_mono_ns);
	row.write_bytes_per_second =
		rate_counter(before->write_bytes, now->write_bytes, before->t_mono_ns, now->t_mono_ns);
	return row;
}

void report_note_history(History *history, const Snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->nnodes; i++) {
		const NodeSample *sample = snapshot->nodes[i].sample;
		if (sample != NULL && sample->in_recovery)
			history_forget(history, snapshot->nodes[i].id);
		else if (sample != NULL)
			history_add(history, snapshot->nodes[i].id, sample_moment_ns(sample), sample->flush_lsn);
	}
}

Report *report_build(Arena *arena, const Snapshot *snapshot, const Topology *topology, const History *history,
                     const CommitCost *cost)
{
	Report *report = ARENA_NEW(arena, Report);
	Builder b = {.arena = arena,
	             .snapshot = snapshot,
	             .topology = topology,
	             .divergence = divergence_find(arena, topology),
	             .history = history,
	             .report = report};
	report->time = str_time(arena, snapshot->wall_us);
	report->wall_us = snapshot->wall_us;
	report->tick = snapshot->tick;
	report->interval_s = snapshot->interval_s;
	report->settled = snapshot->settled;
	report->host = host_row(snapshot);
	report->clusters = ARENA_ARRAY(arena, ClusterRow, topology->nclusters);
	report->nclusters = topology->nclusters;
	report->nodes = ARENA_ARRAY(arena, NodeRow, topology->nrows);
	report->nnodes = topology->nrows;
	for (uint32_t i = 0; i < topology->nclusters; i++)
		fill_cluster(&b, i);
	fill_slots(&b);
	for (uint32_t i = 0; i < topology->nrows; i++)
		fill_node_row(&b, i);
	fill_slot_users(&b);
	fill_processes(&b);
	role_rows_fill(arena, report, topology);
	quorum_rows_fill(arena, report, topology, cost, cost != NULL);
	return report;
}

void report_write_clock(StrBuf *out, const Report *report)
{
	enum { CLOCK_AT = 11, CLOCK_END = 19 }; /* in "2026-11-21T12:01:33.123Z" */
	if (report->time.len < CLOCK_END)
		return;
	strbuf_add(out, str_sub(report->time, CLOCK_AT, CLOCK_END));
	strbuf_add_char(out, 'Z');
}
