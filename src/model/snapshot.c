#include "model/snapshot.h"

#include <stdlib.h>
#include <string.h>

NodeSample *sample_new(NodeSample *pool)
{
	NodeSample *sample = pool;
	if (sample == NULL) {
		sample = xcalloc(1, sizeof *sample);
	} else {
		Arena arena = sample->arena;
		arena_reset(&arena);
		memset(sample, 0, sizeof *sample);
		sample->arena = arena;
	}
	sample->refs = 1;
	sample->t_asked_ns = INT64_MIN;
	sample->server_time_us = TIME_NONE;
	sample->receiver.start_us = TIME_NONE;
	return sample;
}

NodeSample *sample_ref(const NodeSample *sample)
{
	NodeSample *own = (NodeSample *)sample; /* the count is not part of what is immutable */
	own->refs++;
	return own;
}

NodeSample *sample_unref(const NodeSample *sample)
{
	NodeSample *own = (NodeSample *)sample;
	if (own == NULL || --own->refs > 0)
		return NULL;
	return own;
}

void sample_free(NodeSample *sample)
{
	if (sample == NULL)
		return;
	arena_free(&sample->arena);
	free(sample);
}

/* On a standby never the receive LSN alone: after a restart it is the start of the segment until new WAL arrives, it is
 * NULL for one that restores from an archive, and it stays set after a promotion. */
int64_t sample_moment_ns(const NodeSample *sample)
{
	return sample->t_asked_ns != INT64_MIN ? sample->t_asked_ns : sample->t_mono_ns;
}

Lsn sample_available_lsn(const NodeSample *sample)
{
	if (!sample->in_recovery)
		return sample->flush_lsn;
	return lsn_max(sample->receive_lsn, sample->replay_lsn);
}

WalSender *sample_sender(const NodeSample *sample, int pid)
{
	size_t low = 0, high = sample->nsenders;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (sample->senders[mid].pid == pid)
			return &sample->senders[mid];
		if (sample->senders[mid].pid < pid)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

Activity *sample_activity(const NodeSample *sample, int pid)
{
	size_t low = 0, high = sample->nactivity;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (sample->activity[mid].pid == pid)
			return &sample->activity[mid];
		if (sample->activity[mid].pid < pid)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

void sample_keep_wal_counts(NodeSample *sample, const NodeSample *before)
{
	for (size_t i = 0; before != NULL && i < sample->nactivity; i++) {
		Activity *now = &sample->activity[i];
		if (now->wal_bytes != INT_NONE || !str_eq(now->state, STR("idle")))
			continue;
		const Activity *old = sample_activity(before, now->pid);
		if (old == NULL || old->backend_start_us != now->backend_start_us)
			continue;
		now->wal_bytes = old->wal_bytes;
		now->wal_write_bytes = old->wal_write_bytes;
	}
}

const Slot *sample_slot(const NodeSample *sample, Str name)
{
	size_t low = 0, high = sample->nslots;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = str_cmp(sample->slots[mid].name, name);
		if (order == 0)
			return &sample->slots[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

static bool shows_processes(const Node *node)
{
	return node->sample != NULL && node->sample->has_activity;
}

const ProcTable *node_procs(const Node *node)
{
	if (node->sample == NULL)
		return NULL;
	if (shows_processes(node) && node->remote_error != NULL)
		return node->remote_error;
	return shows_processes(node) && node->remote != NULL ? node->remote->procs : node->sample->procs;
}

const ProcTable *node_procs_before(const Node *node)
{
	if (node->remote != NULL)
		return node->remote_previous != NULL ? node->remote_previous->procs : NULL;
	return node->previous != NULL ? node->previous->procs : NULL;
}

Str canonical_host(Str host)
{
	if (host.len == 0 || host.data[0] == '/' || host.data[0] == '@')
		return STR("[local]");
	if (str_eq_nocase(host, STR("localhost")) || str_starts(host, STR("127.")) || str_eq(host, STR("::1")))
		return STR("127.0.0.1");
	return host;
}

bool receiver_is_hidden(const WalReceiver *receiver)
{
	return receiver->pid != 0 && str_is_none(receiver->status);
}

bool sender_is_hidden(const WalSender *sender)
{
	return str_is_none(sender->state);
}

/* A session may run a query of that text, but its start time is then visible. */
bool activity_is_hidden(const Activity *activity)
{
	return activity->backend_start_us == TIME_NONE && str_eq(activity->query, STR("<insufficient privilege>"));
}

void snapshot_free(Snapshot *snapshot)
{
	if (snapshot == NULL)
		return;
	Arena arena = snapshot->arena;
	arena_free(&arena);
	free(snapshot);
}
