#include "model/proc_totals.h"

#include <stdlib.h>
#include <string.h>

typedef struct Entry {
	int pid;
	uint64_t start_ticks;
	ProcIo base, now;
	bool fell; /* a counter is below its base: that is not known to happen, and then nothing is told */
} Entry;

typedef struct NodeTotals {
	Entry *entries; /* sorted by pid */
	Entry *spare;   /* of the same capacity: the next ones are built there */
	size_t count, cap;
	bool seen, current; /* its processes were read ever; in the snapshot noted last */
	int64_t postmaster_start_us;
	uint64_t newest; /* start of the youngest process at the first reading: what began later is new */
	int64_t t_mono_ns;
} NodeTotals;

struct ProcTotals {
	NodeTotals *nodes; /* by node id: ids are small and never reused */
	size_t nnodes;
};

ProcTotals *proc_totals_new(void)
{
	return xcalloc(1, sizeof(ProcTotals));
}

void proc_totals_free(ProcTotals *totals)
{
	if (totals == NULL)
		return;
	for (size_t i = 0; i < totals->nnodes; i++) {
		free(totals->nodes[i].entries);
		free(totals->nodes[i].spare);
	}
	free(totals->nodes);
	free(totals);
}

static NodeTotals *totals_of(ProcTotals *totals, NodeId node)
{
	if (node >= totals->nnodes) {
		size_t count = (size_t)node * 2 + 8;
		totals->nodes = xrealloc_array(totals->nodes, count, sizeof *totals->nodes);
		memset(totals->nodes + totals->nnodes, 0, (count - totals->nnodes) * sizeof *totals->nodes);
		totals->nnodes = count;
	}
	return &totals->nodes[node];
}

/* A server that was started anew has new processes only, on a host that was, too. */
static void begin(NodeTotals *t, const Node *node, const ProcTable *table)
{
	int64_t postmaster = node->identity != NULL ? node->identity->postmaster_start_us : TIME_NONE;
	bool restarted = t->seen && postmaster != TIME_NONE && t->postmaster_start_us != TIME_NONE &&
	                 postmaster != t->postmaster_start_us;
	if (t->seen && !restarted)
		return;
	t->newest = 0;
	for (size_t i = 0; i < table->nrows && !restarted; i++)
		if (table->rows[i].start_ticks > t->newest)
			t->newest = table->rows[i].start_ticks;
	t->seen = true;
	t->postmaster_start_us = postmaster;
}

static bool fell(const Entry *entry)
{
	return entry->now.rchar < entry->base.rchar || entry->now.wchar < entry->base.wchar ||
	       entry->now.read_bytes < entry->base.read_bytes || entry->now.write_bytes < entry->base.write_bytes;
}

/* `old` is what was known of this pid, or NULL. False: there is nothing to keep. */
static bool next_entry(const NodeTotals *t, const ProcSample *row, const Entry *old, Entry *out)
{
	bool same = old != NULL && old->start_ticks == row->start_ticks;
	if (row->io_access != PROC_OK || row->start_ticks == 0) {
		if (same)
			*out = *old;
		return same;
	}
	*out = (Entry){.pid = row->pid, .start_ticks = row->start_ticks, .now = row->io};
	if (same)
		out->base = old->base;
	else if (row->start_ticks <= t->newest)
		out->base = row->io;
	out->fell = fell(out);
	return true;
}

static void note_table(NodeTotals *t, const ProcTable *table)
{
	if (t->cap < table->nrows) {
		t->cap = table->nrows + table->nrows / 2;
		t->entries = xrealloc_array(t->entries, t->cap, sizeof *t->entries);
		t->spare = xrealloc_array(t->spare, t->cap, sizeof *t->spare);
	}
	size_t count = 0, o = 0;
	for (size_t i = 0; i < table->nrows; i++) { /* both sorted by pid */
		const ProcSample *row = &table->rows[i];
		while (o < t->count && t->entries[o].pid < row->pid)
			o++;
		const Entry *old = o < t->count && t->entries[o].pid == row->pid ? &t->entries[o] : NULL;
		count += next_entry(t, row, old, &t->spare[count]);
	}
	Entry *spare = t->entries;
	t->entries = t->spare;
	t->spare = spare;
	t->count = count;
}

void proc_totals_note(ProcTotals *totals, const Snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->nnodes; i++) {
		const Node *node = &snapshot->nodes[i];
		const ProcTable *table = node_procs(node);
		NodeTotals *t = totals_of(totals, node->id);
		/* with an error they are none or a part: what it lacks would seem to have ended */
		t->current = table != NULL && table->nrows > 0 && str_is_none(table->error);
		if (!t->current || (t->seen && t->t_mono_ns == table->t_mono_ns)) /* not read, or noted already */
			continue;
		begin(t, node, table);
		note_table(t, table);
		t->t_mono_ns = table->t_mono_ns;
	}
}

static void fill_row(ProcessRow *row, const Entry *entry)
{
	if (entry->fell)
		return;
	row->rchar_bytes = (int64_t)(entry->now.rchar - entry->base.rchar);
	row->wchar_bytes = (int64_t)(entry->now.wchar - entry->base.wchar);
	row->read_bytes = (int64_t)(entry->now.read_bytes - entry->base.read_bytes);
	row->write_bytes = (int64_t)(entry->now.write_bytes - entry->base.write_bytes);
}

void proc_totals_fill(const ProcTotals *totals, Report *report)
{
	size_t e = 0;
	NodeId before = 0;
	for (size_t i = 0; i < report->nprocesses; i++) { /* by node, and by pid as the entries are */
		ProcessRow *row = &report->processes[i];
		if (row->key.node != before)
			e = 0;
		before = row->key.node;
		const NodeTotals *t = before < totals->nnodes ? &totals->nodes[before] : NULL;
		if (t == NULL || !t->current)
			continue;
		while (e < t->count && t->entries[e].pid < row->pid)
			e++;
		if (e < t->count && t->entries[e].pid == row->pid)
			fill_row(row, &t->entries[e]);
	}
}
