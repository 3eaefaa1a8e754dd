#include "topology_fixture.h"

void topo_draw(const Topology *t, StrBuf *out)
{
	for (uint32_t i = 0; i < t->nrows; i++) {
		const TopoRow *row = &t->rows[i];
		if (i > 0 && row->cluster != t->rows[i - 1].cluster)
			strbuf_add_char(out, '\n');
		strbuf_add_repeat(out, '.', row->depth);
		if (row->last_child)
			strbuf_add_char(out, '/');
		if (row->node != NULL)
			strbuf_add(out, row->node->name);
		else if (row->slot != NULL)
			strbuf_addf(out, "slot %.*s", STR_ARG(row->slot->name));
		else
			strbuf_addf(out, "%.*s#%d", STR_ARG(row->sender->application_name), row->sender->pid);
		if (row->evidence != EDGE_NONE)
			strbuf_addf(out, " %.*s", STR_ARG(edge_evidence_text(row->evidence)));
		strbuf_add_char(out, '\n');
	}
}

static size_t count_ghosts(const Node *node)
{
	size_t ghosts = 0;
	for (size_t i = 0; node_is_live(node) && i < node->sample->nslots; i++)
		ghosts += !node->sample->slots[i].active;
	return ghosts;
}

static bool is_live_row(const Snapshot *s, const WalSender *sender)
{
	for (size_t i = 0; i < s->nnodes; i++) {
		const NodeSample *sample = s->nodes[i].sample;
		if (sample != NULL && sender >= sample->senders && sender < sample->senders + sample->nsenders)
			return node_is_live(&s->nodes[i]);
	}
	return false;
}

#define REQUIRE(condition) \
	do { \
		if (!(condition)) \
			return "it does not hold that " #condition; \
	} while (0)

const char *topo_malformed(const Snapshot *s, const Topology *t)
{
	size_t nodes = 0, senders = 0, live_rows = 0, ghosts = 0, idle_slots = 0;
	for (size_t i = 0; i < s->nnodes; i++) {
		live_rows += node_is_live(&s->nodes[i]) ? s->nodes[i].sample->nsenders : 0;
		idle_slots += count_ghosts(&s->nodes[i]);
	}
	for (uint32_t i = 0; i < t->nrows; i++) {
		const TopoRow *row = &t->rows[i];
		REQUIRE((row->slot != NULL) == (row->node == NULL && row->sender == NULL));
		for (uint32_t k = 0; k < i; k++) { /* each exactly once */
			REQUIRE(row->node == NULL || row->node != t->rows[k].node);
			REQUIRE(row->sender == NULL || row->sender != t->rows[k].sender);
			REQUIRE(row->slot == NULL || row->slot != t->rows[k].slot);
		}
		nodes += row->node != NULL;
		senders += row->sender != NULL;
		ghosts += row->slot != NULL && !row->slot->active;
		REQUIRE(row->sender == NULL || is_live_row(s, row->sender));
		REQUIRE(row->cluster < t->nclusters);
		const TopoCluster *cluster = &t->clusters[row->cluster];
		REQUIRE(i >= cluster->first && i < cluster->first + cluster->count);
		if (row->upstream == TOPO_NONE) {
			REQUIRE(row->node != NULL && row->sender == NULL && row->evidence == EDGE_NONE);
			REQUIRE(row->depth == 0 && row->root == i && !row->last_child);
			continue;
		}
		REQUIRE(row->upstream < i);
		const TopoRow *up = &t->rows[row->upstream];
		REQUIRE(up->node != NULL);
		REQUIRE(row->depth == up->depth + 1 && row->root == up->root && row->cluster == up->cluster);
		REQUIRE(row->node == NULL || row->evidence != EDGE_NONE);
		const NodeSample *sample = up->node != NULL ? up->node->sample : NULL;
		if (row->sender != NULL && sample != NULL)
			REQUIRE(row->sender >= sample->senders && row->sender < sample->senders + sample->nsenders);
		REQUIRE(row->sender == NULL || sample != NULL);
		uint32_t end = row->upstream + 1; /* the subtree is one range, and only its last child is marked so */
		while (end < t->nrows && t->rows[end].depth > up->depth)
			end++;
		REQUIRE(i < end);
		bool last = true;
		for (uint32_t k = i + 1; k < end; k++)
			last &= t->rows[k].upstream != row->upstream;
		REQUIRE(row->last_child == last);
	}
	REQUIRE(nodes == s->nnodes);
	REQUIRE(senders == live_rows);
	REQUIRE(ghosts == idle_slots);
	uint32_t at = 0;
	for (size_t c = 0; c < t->nclusters; c++) {
		REQUIRE(t->clusters[c].first == at && t->clusters[c].count > 0);
		at += t->clusters[c].count;
		REQUIRE((t->clusters[c].primary == TOPO_NONE) <= (t->clusters[c].primaries == 0));
		for (size_t k = 0; k < c; k++)
			REQUIRE(t->clusters[c].system_identifier == 0 ||
			        t->clusters[c].system_identifier != t->clusters[k].system_identifier);
	}
	REQUIRE(at == t->nrows);
	return NULL;
}
