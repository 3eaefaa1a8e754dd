#include "model/anonymize.h"

#include "base/num.h"
#include "model/metric.h"
#include "model/syncrep.h"

#include <stdlib.h>
#include <string.h>

typedef enum Kind {
	KIND_CLUSTER,
	KIND_NODE,
	KIND_CLIENT,
	KIND_HOST,
	KIND_APP,
	KIND_SLOT,
	KIND_USER,
	KIND_DB,
	KIND_PLUGIN
} Kind;

static const char *const kind_names[] = {"cluster", "node", "client", "host", "app", "slot", "user", "db", "plugin"};
enum { KINDS = sizeof(kind_names) / sizeof(kind_names[0]) };

typedef struct Replacement {
	Str name, by;
} Replacement;

struct Anonymizer {
	Arena arena;         /* names and what replaces them */
	Replacement *sorted; /* by name; owned */
	size_t count, cap;
	size_t numbers[KINDS]; /* given out so far */
};

Anonymizer *anonymizer_new(void)
{
	return xcalloc(1, sizeof(Anonymizer));
}

void anonymizer_free(Anonymizer *a)
{
	if (a == NULL)
		return;
	arena_free(&a->arena);
	free(a->sorted);
	free(a);
}

/* ---- names ---- */

static bool is_one_of(Str text, const char *const *words, size_t count)
{
	size_t low = 0, high = count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = str_cmp(str_from(words[middle]), text);
		if (order == 0)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/* Names that everybody has, in order. */
static bool is_everybodys(Str name)
{
	static const char *const names[] = {
		"*",         "[local]",       "decoderbufs", "pg_basebackup", "pg_receivewal", "pg_recvlogical",
		"pg_rewind", "pgbench",       "pgoutput",    "pgrepltop",     "postgres",      "psql",
		"template1", "test_decoding", "wal2json",    "walreceiver",
	};
	return name.len == 0 || is_one_of(name, names, sizeof(names) / sizeof(names[0]));
}

static size_t place_of(const Anonymizer *a, Str name)
{
	size_t low = 0, high = a->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (str_cmp(a->sorted[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const Replacement *find(const Anonymizer *a, Str name)
{
	size_t at = place_of(a, name);
	return at < a->count && str_eq(a->sorted[at].name, name) ? &a->sorted[at] : NULL;
}

static Str add(Anonymizer *a, Str name, Str by)
{
	size_t at = place_of(a, name);
	if (a->count == a->cap) {
		a->cap = a->cap == 0 ? 64 : 2 * a->cap;
		a->sorted = xrealloc_array(a->sorted, a->cap, sizeof(*a->sorted));
	}
	memmove(&a->sorted[at + 1], &a->sorted[at], (a->count - at) * sizeof(*a->sorted));
	a->sorted[at] = (Replacement){str_dup(&a->arena, name), by};
	a->count++;
	return by;
}

/* What stands for the name; one that is new is of this kind. */
static Str replace(Anonymizer *a, Kind kind, Str name)
{
	if (str_is_none(name) || is_everybodys(name))
		return name;
	const Replacement *known = find(a, name);
	if (known != NULL)
		return known->by;
	return add(a, name, str_format(&a->arena, "%s%zu", kind_names[kind], ++a->numbers[kind]));
}

/* synchronous_standby_names, whose names the server compares without case. */
static Str replace_nocase(Anonymizer *a, Str name)
{
	for (size_t i = 0; find(a, name) == NULL && i < a->count; i++) {
		if (str_eq_nocase(a->sorted[i].name, name))
			return a->sorted[i].by;
	}
	return replace(a, KIND_APP, name);
}

static Str replace_rule(Anonymizer *a, Arena *arena, Str rule)
{
	SyncRule parsed;
	if (str_is_none(rule) || str_trim(rule).len == 0)
		return rule;
	if (!sync_rule_parse(arena, rule, &parsed, NULL))
		return STR("?");
	StrBuf text = {0};
	strbuf_addf(&text, "%s %d (", parsed.method == SYNC_ANY ? "ANY" : "FIRST", parsed.required);
	for (size_t i = 0; i < parsed.nnames; i++)
		strbuf_addf(&text, "%s%.*s", i > 0 ? ", " : "", STR_ARG(replace_nocase(a, parsed.names[i])));
	strbuf_add_char(&text, ')');
	Str result = str_dup(arena, strbuf_str(&text));
	strbuf_free(&text);
	return result;
}

/* ---- sentences ---- */

/* Words that name nothing of anybody's: those of our own texts, of libpq's and the servers' common complaints, and of what
 * processes say of themselves. Between blanks. */
static const char HARMLESS[] = " "
			       "/proc a address after again ahead all allowed already also an and another "
			       "answer answers any archiver archiving are as at authentication autovacuum "
			       "available backend background be because before brain but by can cannot "
			       "checkpointer class client clients closed collector command commit commits "
			       "conflict connect connected connecting connection connections could count "
			       "database databases deadline denied died different directory does down "
			       "encryption end ended endpoint entry error exist exited expired failed fatal "
			       "file find first flushed follows for forked found from given grant had has have "
			       "hidden hidepid history host hot idle in invalid io is its just kind knows last "
			       "later launcher limit line logger logical long lost many mode more must name "
			       "named names network never new newer newest no none not nothing now number of "
			       "off old on one only open or other out parallel password peer permission "
			       "permitted pg_hba.conf pg_monitor pg_read_all_settings pg_read_all_stats "
			       "pg_read_file pg_read_server_files pg_signal_backend physical port postgres "
			       "postgresql postmaster primary process program promoted query reached read "
			       "receive received receiver recovering recovery refused replay replayed replaying "
			       "replication required requires resolve restarting role root route run running s "
			       "seconds see send sent server servers service session sessions shutting since "
			       "slot slots slotsync socket split ssl standby standby's standbys started "
			       "starting startup state stats stopped stream streaming subscriber such superuser "
			       "sync synchronous synchronous_standby_names system temporary terminated than "
			       "that the their them there this time timed timeline timeout tl to too translate "
			       "unexpectedly unix unknown up upstream use used user user's version visible "
			       "waiting waits wal walreceiver walsender walsummarizer walwriter was what when "
			       "where which while with within without worker writer wrote ";

static bool is_harmless(Str word)
{
	char storage[40];
	StrBuf text = STRBUF_ON(storage);
	strbuf_addf(&text, " %.*s ", STR_ARG(word));
	return !text.truncated && str_find_nocase(str_from(HARMLESS), strbuf_str(&text)) != SIZE_MAX;
}

static bool is_word_char(char c)
{
	unsigned char u = (unsigned char)c;
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || u >= 0x80 ||
	       (c != '\0' && strchr("_.$@-/:%#+*[]\\", c) != NULL);
}

/* A position, a segment of WAL, or a number too small to be a port. */
static bool is_position(Str word)
{
	uint64_t value;
	Lsn lsn;
	if (lsn_parse(word, &lsn))
		return true;
	if (word.len == 24)
		return num_parse_hex64(str_sub(word, 0, 12), &value) && num_parse_hex64(str_sub(word, 12, 24), &value);
	return word.len <= 3 && num_parse_u64(word, &value);
}

/* Whole, or without the punctuation behind it; *used: how much of it was known. */
static Str known_word(const Anonymizer *a, Str word, size_t *used)
{
	for (size_t len = word.len; len > 0; len--) {
		Str part = str_sub(word, 0, len);
		const Replacement *known = find(a, part);
		*used = len;
		if (known != NULL)
			return known->by;
		if (is_harmless(part) || is_position(part))
			return part;
		if (strchr(".:", word.data[len - 1]) == NULL)
			break;
	}
	return STR_NONE;
}

static Str scrub(const Anonymizer *a, Arena *arena, Str text)
{
	StrBuf out = {0};
	if (text.len == 0)
		return text;
	for (size_t at = 0; at < text.len;) {
		size_t end = at;
		while (end < text.len && is_word_char(text.data[end]))
			end++;
		if (end == at) {
			strbuf_add_char(&out, text.data[at++]);
			continue;
		}
		size_t used = end - at;
		Str word = known_word(a, str_sub(text, at, end), &used);
		strbuf_add(&out, str_is_none(word) ? STR("?") : word);
		at = str_is_none(word) ? end : at + used;
		while (at < end) /* punctuation */
			strbuf_add_char(&out, text.data[at++]);
	}
	Str result = str_dup(arena, strbuf_str(&out));
	strbuf_free(&out);
	return result;
}

/* ---- rows ---- */

typedef enum Treatment { SCRUB, KEEP, DROP, NAME, RULE, SHORT } Treatment;

/* What is done to columns of text; whatever does not stand here is taken for a sentence. */
static const struct {
	const char *column;
	Treatment treatment;
	Kind kind; /* of a NAME */
} treatments[] = {
	{"cluster", NAME, KIND_CLUSTER},
	{"node", NAME, KIND_NODE},
	{"upstream", NAME, KIND_NODE},
	{"used_by", NAME, KIND_NODE},
	{"best_candidate", NAME, KIND_NODE},
	{"host", NAME, KIND_HOST},
	{"client", NAME, KIND_HOST},
	{"application_name", NAME, KIND_APP},
	{"slot", NAME, KIND_SLOT},
	{"slot_name", NAME, KIND_SLOT},
	{"user", NAME, KIND_USER},
	{"database", NAME, KIND_DB},
	{"plugin", NAME, KIND_PLUGIN},
	{"rule", RULE, 0},
	{"query", DROP, 0},
	{"version", SHORT, 0},
	{"time", KEEP, 0},
	{"inactive_since", KEEP, 0},
	{"role", KEEP, 0},
	{"state", KEEP, 0},
	{"sync_state", KEEP, 0},
	{"bottleneck", KEEP, 0},
	{"edge_evidence", KEEP, 0},
	{"backup_phase", KEEP, 0},
	{"wait_event", KEEP, 0},
	{"wal_file", KEEP, 0},
	{"open_wal_file", KEEP, 0},
	{"io_source", KEEP, 0},
	{"wal_source", KEEP, 0},
	{"type", KEEP, 0},
	{"active", KEEP, 0},
	{"temporary", KEEP, 0},
	{"conflicting", KEEP, 0},
	{"failover", KEEP, 0},
	{"synced", KEEP, 0},
	{"wal_status", KEEP, 0},
	{"invalidation_reason", KEEP, 0},
	{"method", KEEP, 0},
	{"blocked", KEEP, 0},
	{"acknowledged_loss", KEEP, 0},
	{"synchronous_commit", KEEP, 0},
	{"event", KEEP, 0},
	{"severity", KEEP, 0},
};

/* A distribution's or a company's own name behind the number. */
static Str first_word(Str text)
{
	return str_cut(&text, ' ');
}

static void rewrite(Anonymizer *a, Arena *arena, const Metric *metric, Str *text)
{
	size_t i = 0;
	size_t count = sizeof(treatments) / sizeof(treatments[0]);
	while (i < count && strcmp(treatments[i].column, metric->name) != 0)
		i++;
	switch (i < count ? treatments[i].treatment : SCRUB) {
	case SCRUB:
		*text = scrub(a, arena, *text);
		return;
	case KEEP:
		return;
	case DROP:
		*text = STR_NONE;
		return;
	case NAME:
		*text = replace(a, treatments[i].kind, *text);
		return;
	case RULE:
		*text = replace_rule(a, arena, *text);
		return;
	case SHORT:
		*text = first_word(*text);
		return;
	}
}

static void rewrite_row(Anonymizer *a, Arena *arena, TableId id, void *row)
{
	const MetricTable *table = metric_table(id);
	for (size_t i = 0; i < table->nmetrics; i++) {
		const Metric *metric = &table->metrics[i];
		if (metric->type == VALUE_TEXT)
			rewrite(a, arena, metric, (Str *)((char *)row + metric->offset));
	}
}

/* A slot that nobody holds is called after it. */
static void name_node(Anonymizer *a, const NodeRow *node)
{
	const Str prefix = STR("slot ");
	if (find(a, node->node) != NULL || str_is_none(node->node))
		return;
	if (node->is_ghost && str_starts(node->node, prefix)) {
		Str slot = replace(a, KIND_SLOT, str_sub(node->node, prefix.len, node->node.len));
		add(a, node->node, str_format(&a->arena, "slot %.*s", STR_ARG(slot)));
		return;
	}
	replace(a, node->is_client ? KIND_CLIENT : KIND_NODE, node->node);
}

/* All names get theirs before a sentence is read in which they stand. */
static void learn_names(Anonymizer *a, const Report *report)
{
	for (size_t i = 0; i < report->nclusters; i++) {
		replace(a, KIND_CLUSTER, report->clusters[i].cluster);
		replace(a, KIND_CLUSTER, report->clusters[i].name);
	}
	for (size_t i = 0; i < report->nnodes; i++)
		name_node(a, &report->nodes[i]);
	for (size_t i = 0; i < report->nnodes; i++) {
		replace(a, KIND_HOST, report->nodes[i].host);
		replace(a, KIND_APP, report->nodes[i].application_name);
	}
}

static void rewrite_clusters(Anonymizer *a, Arena *arena, Report *report)
{
	for (size_t i = 0; i < report->nclusters; i++) {
		ClusterRow *row = &report->clusters[i];
		row->cluster = replace(a, KIND_CLUSTER, row->cluster);
		row->key.start_us = row_key_hash(row->cluster);
		row->name = STR_NONE; /* one name is enough */
		row->primary = replace(a, KIND_NODE, row->primary);
		row->version = first_word(row->version);
		row->synchronous_standby_names = replace_rule(a, arena, row->synchronous_standby_names);
		row->split_brain = scrub(a, arena, row->split_brain);
	}
}

static void rewrite_quorum(Anonymizer *a, Arena *arena, QuorumRow *row)
{
	rewrite_row(a, arena, TABLE_QUORUM, row);
	for (size_t i = 0; i < row->nstandbys; i++)
		row->standbys[i].node = replace(a, KIND_NODE, row->standbys[i].node);
}

static void rewrite_node(Anonymizer *a, Arena *arena, NodeRow *row)
{
	rewrite_row(a, arena, TABLE_NODES, row);
	row->port = INT_NONE;
	row->login = replace(a, KIND_USER, row->login);
	if (row->is_ghost)
		row->key.start_us = row_key_hash(row->node);
}

/* Those of a recording, which were made of names. */
static void rewrite_events(Anonymizer *a, Arena *arena, Report *report)
{
	EventRow *rows = ARENA_ARRAY(arena, EventRow, report->nevents);
	for (size_t i = 0; i < report->nevents; i++) {
		rows[i] = report->events[i];
		rewrite_row(a, arena, TABLE_EVENTS, &rows[i]);
	}
	report->events = rows;
}

void anonymize_report(Anonymizer *a, Arena *arena, Report *report)
{
	learn_names(a, report);
	rewrite_clusters(a, arena, report);
	for (size_t i = 0; i < report->nnodes; i++)
		rewrite_node(a, arena, &report->nodes[i]);
	for (size_t i = 0; i < report->nprocesses; i++) {
		report->processes[i].serves = replace(a, KIND_CLIENT, report->processes[i].serves);
		rewrite_row(a, arena, TABLE_PROCESSES, &report->processes[i]);
	}
	for (size_t i = 0; i < report->nslots; i++)
		rewrite_row(a, arena, TABLE_SLOTS, &report->slots[i]);
	for (size_t i = 0; i < report->nquorums; i++)
		rewrite_quorum(a, arena, &report->quorums[i]);
	for (size_t i = 0; i < report->nroles; i++)
		report->roles[i].text = scrub(a, arena, report->roles[i].text);
	if (report->nevents > 0)
		rewrite_events(a, arena, report);
}
