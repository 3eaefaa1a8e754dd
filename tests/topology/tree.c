/* tree FILE: reads what nodes said and prints the tree that the program makes of it, so that a report of a wrong tree is
 * a file and a test. The files beside this one are run by run.t; each ends with the line `tree` and the tree it wants.
 *
 *   # a comment
 *   node NAME [WORD | KEY=VALUE]...
 *      primary               not in recovery; without this word a standby
 *      unanswered            nothing is known of it but its address
 *      silent down unavailable denied      its state now; what else is said of it is from before
 *      host=HOST port=PORT   its address (127.0.0.1); alias=HOST:PORT another one
 *      cluster=NUMBER        its system identifier (7); cluster_name=TEXT
 *      timeline=NUMBER flush=LSN (of a primary) receive=LSN replay=LSN (of a standby)
 *      receiver=HOST:PORT    the upstream that its WAL receiver names; without it none runs
 *      hidden                a WAL receiver runs, of which the role sees the pid only
 *      local_port=PORT slot=NAME start=SECONDS     of its WAL receiver
 *      conninfo=HOST:PORT    of its primary_conninfo
 *   row UPSTREAM pid=PID [WORD | KEY=VALUE]...   of the pg_stat_replication of the node UPSTREAM, which stands above
 *      app=NAME (walreceiver) addr=ADDRESS (127.0.0.1) port=PORT (without it a Unix socket) start=SECONDS
 *      state=STATE (streaming) sent=LSN write=LSN flush=LSN replay=LSN (0/1000) slot=NAME
 *      logical               the slot is a logical one
 *      never_replays         as pg_receivewal, which has no replay LSN
 *      hidden                the role sees pid and application_name only
 *   later                    what follows is the next sample of all nodes; nodes of the same name are the same
 *   tree                     ends the description
 *
 * SECONDS may have decimals. The tree has a line for each cluster and below it one a row:
 *   DEPTH NAME ROLE EVIDENCE
 * the name indented by the depth, APPLICATION#PID for a client leaf; the evidence is - where there is none. */
#include "base/num.h"
#include "model/topology.h"

#include "../unit/snapshot_fixture.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct NodeLine {
	NodeSpec spec;
	int timeline;
	bool silent, down, unavailable, denied;
} NodeLine;

typedef enum FieldType {
	FIELD_WORD,
	FIELD_TEXT,
	FIELD_INT,
	FIELD_NUMBER,
	FIELD_LSN,
	FIELD_TIME,
	FIELD_ADDRESS
} FieldType;

typedef struct Field {
	const char *name;
	FieldType type;
	size_t offset, host_offset; /* host_offset: of an address, whose port is at offset */
} Field;

#define NODE_FIELD(name, type, field) \
	{ \
		name, type, offsetof(NodeLine, field), 0 \
	}
static const Field NODE_FIELDS[] = {
	NODE_FIELD("primary", FIELD_WORD, spec.primary),
	NODE_FIELD("unanswered", FIELD_WORD, spec.unanswered),
	NODE_FIELD("silent", FIELD_WORD, silent),
	NODE_FIELD("down", FIELD_WORD, down),
	NODE_FIELD("unavailable", FIELD_WORD, unavailable),
	NODE_FIELD("denied", FIELD_WORD, denied),
	NODE_FIELD("hidden", FIELD_WORD, spec.to_hidden),
	NODE_FIELD("host", FIELD_TEXT, spec.host),
	NODE_FIELD("port", FIELD_INT, spec.port),
	NODE_FIELD("alias", FIELD_TEXT, spec.alias),
	NODE_FIELD("cluster", FIELD_NUMBER, spec.sysid),
	NODE_FIELD("cluster_name", FIELD_TEXT, spec.cluster_name),
	NODE_FIELD("timeline", FIELD_INT, timeline),
	NODE_FIELD("flush", FIELD_LSN, spec.flush),
	NODE_FIELD("receive", FIELD_LSN, spec.receive),
	NODE_FIELD("replay", FIELD_LSN, spec.replay),
	{"receiver", FIELD_ADDRESS, offsetof(NodeLine, spec.to_port), offsetof(NodeLine, spec.to_host)},
	NODE_FIELD("local_port", FIELD_INT, spec.local_port),
	NODE_FIELD("slot", FIELD_TEXT, spec.slot),
	NODE_FIELD("start", FIELD_TIME, spec.start_us),
	{"conninfo", FIELD_ADDRESS, offsetof(NodeLine, spec.conninfo_port), offsetof(NodeLine, spec.conninfo_host)},
};

#define ROW_FIELD(name, type, field) \
	{ \
		name, type, offsetof(SenderSpec, field), 0 \
	}
static const Field ROW_FIELDS[] = {
	ROW_FIELD("pid", FIELD_INT, pid),
	ROW_FIELD("app", FIELD_TEXT, app),
	ROW_FIELD("addr", FIELD_TEXT, addr),
	ROW_FIELD("port", FIELD_INT, port),
	ROW_FIELD("start", FIELD_TIME, start_us),
	ROW_FIELD("state", FIELD_TEXT, state),
	ROW_FIELD("sent", FIELD_LSN, sent),
	ROW_FIELD("write", FIELD_LSN, write),
	ROW_FIELD("flush", FIELD_LSN, flush),
	ROW_FIELD("replay", FIELD_LSN, replay),
	ROW_FIELD("slot", FIELD_TEXT, slot),
	ROW_FIELD("logical", FIELD_WORD, logical),
	ROW_FIELD("never_replays", FIELD_WORD, never_replays),
	ROW_FIELD("hidden", FIELD_WORD, hidden),
};

typedef struct Tester {
	Arena arena; /* names and texts: nodes keep them over several samples */
	const char *file;
	int line;
	size_t max_nodes;
	Str *names; /* by id - 1 */
	size_t nnames;
	Snapshot **snapshots;
	size_t nsnapshots;
} Tester;

static void die(const Tester *t, const char *what, Str word)
{
	fprintf(stderr, "%s:%d: %s '%.*s'\n", t->file, t->line, what, STR_ARG(word));
	exit(2);
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

static Str next_word(Str *line)
{
	*line = str_trim(*line);
	return line->len > 0 ? str_cut(line, ' ') : STR_NONE;
}

static bool parse_seconds(Str value, int64_t *out)
{
	double seconds;
	if (!num_parse_double(value, &seconds))
		return false;
	*out = (int64_t)(seconds * 1e6 + 0.5);
	return true;
}

/* HOST:PORT; a host that is an IPv6 address stands in brackets. */
static bool parse_address(Tester *t, Str value, const char **host, int *port)
{
	size_t colon = value.len;
	while (colon > 0 && value.data[colon - 1] != ':')
		colon--;
	int64_t number;
	if (colon < 2 || !num_parse_int_in(str_sub(value, colon, value.len), 1, 65535, &number))
		return false;
	Str name = str_sub(value, 0, colon - 1);
	if (str_starts(name, STR("[")) && str_ends(name, STR("]")))
		name = str_sub(name, 1, name.len - 1);
	*host = str_dup(&t->arena, name).data;
	*port = (int)number;
	return true;
}

static bool set_field(Tester *t, const Field *field, void *out, Str value)
{
	void *at = (char *)out + field->offset;
	int64_t number;
	switch (field->type) {
	case FIELD_WORD:
		*(bool *)at = true;
		return str_is_none(value);
	case FIELD_TEXT:
		*(const char **)at = str_dup(&t->arena, value).data;
		return !str_is_none(value);
	case FIELD_INT:
		if (!num_parse_int_in(value, 0, INT32_MAX, &number))
			return false;
		*(int *)at = (int)number;
		return true;
	case FIELD_NUMBER:
		return num_parse_u64(value, (uint64_t *)at);
	case FIELD_LSN:
		return lsn_parse(value, (Lsn *)at);
	case FIELD_TIME:
		return parse_seconds(value, (int64_t *)at);
	case FIELD_ADDRESS:
		break;
	}
	return parse_address(t, value, (const char **)(void *)((char *)out + field->host_offset), (int *)at);
}

static void read_fields(Tester *t, Str line, const Field *fields, size_t nfields, void *out)
{
	for (Str word = next_word(&line); !str_is_none(word); word = next_word(&line)) {
		Str value = word;
		Str key = str_cut(&value, '=');
		size_t i = 0;
		while (i < nfields && !str_eq(key, str_from(fields[i].name)))
			i++;
		if (i == nfields)
			die(t, "nothing is called", key);
		if (!set_field(t, &fields[i], out, value))
			die(t, "this makes no sense:", word);
	}
}

static NodeId id_of(Tester *t, Str name)
{
	for (size_t i = 0; i < t->nnames; i++)
		if (str_eq(t->names[i], name))
			return (NodeId)(i + 1);
	t->names[t->nnames++] = str_dup(&t->arena, name);
	return (NodeId)t->nnames;
}

static NodeState state_of(const NodeLine *line)
{
	if (line->silent)
		return NODE_SILENT;
	if (line->unavailable)
		return NODE_UNAVAILABLE;
	if (line->denied)
		return NODE_DENIED;
	return line->down ? NODE_DOWN : NODE_CONNECTING; /* which is "up" of one that answered */
}

static void read_node(Tester *t, Snapshot *snapshot, Str line)
{
	Str name = next_word(&line);
	NodeLine node = {.timeline = 1};
	read_fields(t, line, NODE_FIELDS, sizeof NODE_FIELDS / sizeof *NODE_FIELDS, &node);
	if (str_is_none(name) || node.spec.port == 0)
		die(t, "a node has a name and a port:", name);
	node.spec.id = id_of(t, name);
	node.spec.name = t->names[node.spec.id - 1].data;
	node.spec.state = state_of(&node);
	for (size_t i = 0; i < snapshot->nnodes; i++)
		if (snapshot->nodes[i].id == node.spec.id)
			die(t, "there are two nodes", name);
	Node *added = snap_add(snapshot, node.spec);
	if (added->sample != NULL)
		snap_sample(added)->timeline = (uint32_t)node.timeline;
}

static void read_row(Tester *t, Snapshot *snapshot, Str line)
{
	Str name = next_word(&line);
	SenderSpec row = {0};
	read_fields(t, line, ROW_FIELDS, sizeof ROW_FIELDS / sizeof *ROW_FIELDS, &row);
	for (size_t i = 0; i < snapshot->nnodes; i++) {
		Node *node = &snapshot->nodes[i];
		if (!str_eq(node->name, name))
			continue;
		const NodeSample *sample = node->sample;
		if (sample == NULL)
			die(t, "it never answered, so it has no rows:", name);
		if (row.pid == 0 || (sample->nsenders > 0 && sample->senders[sample->nsenders - 1].pid >= row.pid))
			die(t, "rows have pids, and stand in their order:", name);
		snap_send(snapshot, node, row);
		return;
	}
	die(t, "no node above is called", name);
}

static Snapshot *begin_snapshot(Tester *t)
{
	return t->snapshots[t->nsnapshots++] = snap_new(t->max_nodes);
}

static void read_description(Tester *t, Str text)
{
	Snapshot *snapshot = begin_snapshot(t);
	while (!str_is_none(text)) {
		Str line = str_trim(str_cut(&text, '\n'));
		t->line++;
		if (line.len == 0 || line.data[0] == '#')
			continue;
		Str word = next_word(&line);
		if (str_eq(word, STR("node")))
			read_node(t, snapshot, line);
		else if (str_eq(word, STR("row")))
			read_row(t, snapshot, line);
		else if (str_eq(word, STR("later")))
			snapshot = begin_snapshot(t);
		else if (str_eq(word, STR("tree")))
			return;
		else
			die(t, "a line begins with node, row, later or tree, not", word);
	}
}

static void read_file(const char *name, StrBuf *out)
{
	FILE *in = fopen(name, "r");
	if (in == NULL) {
		perror(name);
		exit(2);
	}
	char piece[4096];
	for (size_t got; (got = fread(piece, 1, sizeof piece, in)) > 0;)
		strbuf_add(out, (Str){piece, got});
	fclose(in);
}

/* --- writing ------------------------------------------------------------------------------------------------------ */

static const char *role_of(const TopoRow *row)
{
	if (row->node == NULL)
		return "client";
	if (row->node->sample == NULL)
		return "unknown";
	return row->node->sample->in_recovery ? "standby" : "primary";
}

static void print_cluster(const TopoCluster *cluster)
{
	if (cluster->system_identifier == 0)
		printf("cluster unknown");
	else
		printf("cluster %llu", (unsigned long long)cluster->system_identifier);
	if (cluster->primaries > 1)
		printf(": %u primaries", cluster->primaries);
	printf("\n");
}

static void print_tree(const Topology *topology)
{
	for (uint32_t i = 0; i < topology->nrows; i++) {
		const TopoRow *row = &topology->rows[i];
		if (i == topology->clusters[row->cluster].first)
			print_cluster(&topology->clusters[row->cluster]);
		printf("%u %*s", row->depth, (int)row->depth * 2, "");
		if (row->node != NULL)
			printf("%.*s", STR_ARG(row->node->name));
		else
			printf("%.*s#%d", STR_ARG(row->sender->application_name), row->sender->pid);
		Str evidence = edge_evidence_text(row->evidence);
		printf(" %s %.*s\n", role_of(row), STR_ARG(str_is_none(evidence) ? STR("-") : evidence));
	}
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "use: tree FILE\n");
		return 2;
	}
	StrBuf text = {0};
	read_file(argv[1], &text);
	Tester t = {.file = argv[1], .max_nodes = 1};
	for (size_t i = 0; i < text.len; i++)
		t.max_nodes += text.data[i] == '\n';
	t.names = ARENA_ARRAY(&t.arena, Str, t.max_nodes + 1);
	t.snapshots = ARENA_ARRAY(&t.arena, Snapshot *, t.max_nodes + 1);
	read_description(&t, strbuf_str(&text));
	const Topology *topology = topology_build(&t.arena, t.snapshots[0], NULL);
	for (size_t i = 1; i < t.nsnapshots; i++)
		topology = topology_build(&t.arena, t.snapshots[i], topology);
	print_tree(topology);
	for (size_t i = 0; i < t.nsnapshots; i++)
		snap_free(t.snapshots[i]);
	arena_free(&t.arena);
	strbuf_free(&text);
	return 0;
}
