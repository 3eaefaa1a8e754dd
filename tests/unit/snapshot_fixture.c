#include "snapshot_fixture.h"

#include <stdlib.h>

enum { SAMPLE_SENDERS_FIRST = 4 };

Snapshot *snap_new(size_t max_nodes)
{
	Snapshot *s = xcalloc(1, sizeof *s);
	s->mono_ns = INT64_C(1000000000000);
	s->wall_us = INT64_C(1700000000123000);
	s->interval_s = 1;
	s->nodes = ARENA_ARRAY(&s->arena, Node, max_nodes);
	return s;
}

void snap_free(Snapshot *s)
{
	Arena arena = s->arena;
	arena_free(&arena);
	free(s);
}

static Str text_or(const char *text, const char *otherwise)
{
	return str_from(text != NULL ? text : otherwise);
}

static NodeSample *new_sample(Snapshot *s)
{
	NodeSample *sample = ARENA_NEW(&s->arena, NodeSample);
	sample->refs = 1;
	sample->t_mono_ns = s->mono_ns;
	sample->t_asked_ns = INT64_MIN;
	sample->server_time_us = s->wall_us;
	sample->receiver.start_us = TIME_NONE;
	sample->timeline = 1;
	return sample;
}

static NodeSample *make_sample(Snapshot *s, const NodeSpec *spec)
{
	NodeSample *sample = new_sample(s);
	sample->in_recovery = !spec->primary;
	if (spec->primary)
		sample->flush_lsn = spec->flush != 0 ? spec->flush : 0x1000;
	sample->receive_lsn = spec->receive;
	sample->replay_lsn = spec->replay;
	if (spec->to_port != 0 || spec->to_hidden)
		sample->receiver.pid = 50;
	if (spec->to_port != 0) {
		sample->receiver.status = STR("streaming");
		sample->receiver.sender_host = text_or(spec->to_host, "127.0.0.1");
		sample->receiver.sender_port = spec->to_port;
		sample->receiver.local_port = spec->local_port;
		sample->receiver.slot_name = str_from(spec->slot);
		sample->receiver.start_us = spec->start_us != 0 ? spec->start_us : TIME_NONE;
	}
	if (spec->conninfo_port != 0) {
		sample->primary_host = text_or(spec->conninfo_host, "127.0.0.1");
		sample->primary_port = spec->conninfo_port;
	}
	return sample;
}

Node *snap_add(Snapshot *s, NodeSpec spec)
{
	Node *node = &s->nodes[s->nnodes++];
	*node = (Node){.id = spec.id != 0 ? spec.id : (NodeId)s->nnodes, .port = spec.port, .state = spec.state};
	node->host = text_or(spec.host, "127.0.0.1");
	if (spec.name != NULL)
		node->name = str_from(spec.name);
	else if (spec.host == NULL)
		node->name = str_format(&s->arena, "%d", spec.port);
	else
		node->name = str_format(&s->arena, "%s:%d", spec.host, spec.port);
	if (spec.alias != NULL) {
		Str *alias = ARENA_NEW(&s->arena, Str);
		*alias = str_from(spec.alias);
		node->aliases = alias;
		node->naliases = 1;
	}
	if (spec.unanswered)
		return node;
	if (node->state == NODE_CONNECTING)
		node->state = NODE_UP;
	NodeIdentity *identity = ARENA_NEW(&s->arena, NodeIdentity);
	*identity = (NodeIdentity){.system_identifier = spec.sysid != 0 ? spec.sysid : 7, .port = spec.port};
	identity->cluster_name = text_or(spec.cluster_name, "");
	identity->version = STR("15.18");
	identity->can_monitor = !spec.plain_role;
	identity->postmaster_start_us = s->wall_us - 3600000000;
	node->identity = identity;
	node->sample = make_sample(s, &spec);
	return node;
}

NodeSample *snap_sample(const Node *node)
{
	return (NodeSample *)node->sample;
}

NodeSample *snap_previous(Snapshot *s, Node *node)
{
	if (node->previous == NULL) {
		NodeSample *previous = new_sample(s);
		previous->t_mono_ns -= 1000000000;
		previous->in_recovery = node->sample->in_recovery;
		node->previous = previous;
	}
	return (NodeSample *)node->previous;
}

static WalSender *new_sender(Snapshot *s, NodeSample *sample)
{
	size_t n = sample->nsenders;
	bool full = n == 0 || (n >= SAMPLE_SENDERS_FIRST && (n & (n - 1)) == 0);
	if (full) {
		WalSender *grown = ARENA_ARRAY(&s->arena, WalSender, n == 0 ? SAMPLE_SENDERS_FIRST : 2 * n);
		for (size_t i = 0; i < n; i++)
			grown[i] = sample->senders[i];
		sample->senders = grown;
	}
	return &sample->senders[sample->nsenders++];
}

static Lsn lsn_or(Lsn lsn, Lsn otherwise)
{
	return lsn != LSN_NONE ? lsn : otherwise;
}

WalSender *snap_send(Snapshot *s, Node *node, SenderSpec spec)
{
	NodeSample *sample = snap_sample(node);
	WalSender *w = new_sender(s, sample);
	*w = (WalSender){.pid = spec.pid != 0 ? spec.pid : 99 + (int)sample->nsenders, .backend_start_us = TIME_NONE};
	w->write_lag_us = w->flush_lag_us = w->replay_lag_us = w->reply_time_us = TIME_NONE;
	w->sync_priority = INT_NONE;
	w->application_name = text_or(spec.app, "walreceiver");
	if (spec.hidden)
		return w;
	w->client_port = spec.port != 0 ? spec.port : -1;
	w->client_addr = spec.port != 0 || spec.addr != NULL ? text_or(spec.addr, "127.0.0.1") : STR_NONE;
	if (spec.start_us != 0)
		w->backend_start_us = spec.start_us;
	w->state = text_or(spec.state, "streaming");
	w->sync_state = STR("async");
	w->sync_priority = 0;
	Lsn at = lsn_or(spec.at, 0x1000);
	w->sent_lsn = lsn_or(spec.sent, at);
	w->write_lsn = lsn_or(spec.write, at);
	w->flush_lsn = lsn_or(spec.flush, at);
	w->replay_lsn = spec.never_replays ? LSN_NONE : lsn_or(spec.replay, at);
	w->slot_name = str_from(spec.slot);
	w->slot_logical = spec.logical;
	return w;
}

Slot *snap_slot(Snapshot *s, NodeSample *sample, SlotSpec spec)
{
	Slot *grown = ARENA_ARRAY(&s->arena, Slot, sample->nslots + 1);
	for (size_t i = 0; i < sample->nslots; i++)
		grown[i] = sample->slots[i];
	sample->slots = grown;
	Slot *slot = &grown[sample->nslots++];
	*slot = (Slot){.active = spec.active_pid != 0, .active_pid = spec.active_pid, .restart_lsn = spec.restart};
	slot->name = str_from(spec.name);
	slot->type = spec.database != NULL ? STR("logical") : STR("physical");
	slot->database = str_from(spec.database);
	slot->wal_status = str_from(spec.status);
	slot->safe_wal_size = spec.safe != 0 ? spec.safe : INT_NONE;
	slot->invalidation_reason = str_from(spec.reason);
	slot->synced = spec.synced ? FLAG_YES : FLAG_NO;
	slot->inactive_since_us = spec.idle_since_us != 0 ? spec.idle_since_us : TIME_NONE;
	return slot;
}

Snapshot *snap_reference(bool with_ports)
{
	Snapshot *s = snap_new(5);
	NODE(s, .port = 1925, .to_port = 1921, .local_port = with_ports ? 40005 : 0);
	NODE(s, .port = 1924, .to_port = 1923, .local_port = with_ports ? 40004 : 0);
	Node *p = NODE(s, .port = 1923, .primary = true);
	NODE(s, .port = 1922, .to_port = 1923, .local_port = with_ports ? 40002 : 0);
	Node *upstream = NODE(s, .port = 1921, .to_port = 1923, .local_port = with_ports ? 40001 : 0);
	SENDER(s, p, .port = 40002);
	SENDER(s, p, .port = 40004);
	SENDER(s, p, .port = 40001);
	SENDER(s, upstream, .port = 40005);
	return s;
}

/* splitmix64: the same on every machine. */
uint64_t snap_random(uint64_t *seed, uint64_t below)
{
	uint64_t z = *seed += UINT64_C(0x9E3779B97F4A7C15);
	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return (z ^ z >> 31) % below;
}
