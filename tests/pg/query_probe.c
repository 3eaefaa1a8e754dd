/* query_probe plain|monitor|files CONNINFO: every query of the table that is for this server's version and this privilege,
 * prepared, described and executed on a live server; what comes back is compared with the table and decoded. Writes TAP,
 * and of each query the number of its row in the table as a comment "row N".
 * query_probe node CONNINFO: the texts and port numbers of the node query's answer, NAME=VALUE a line.
 * query_probe rows: how many rows the table has. */
#include "collect/decode.h"
#include "collect/session.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Probe {
	PGconn *conn;
	Privilege privilege;
	int count; /* tests so far */
	bool failed;
} Probe;

static bool ok(Probe *p, bool good, const Query *q, const char *what)
{
	printf("%sok %d - %s: %s\n", good ? "" : "not ", ++p->count, q->name, what);
	p->failed |= !good;
	if (!good)
		printf("# %s", PQerrorMessage(p->conn));
	return good;
}

static Str get_value(const void *source, int row, int column)
{
	if (PQgetisnull(source, row, column))
		return STR_NONE;
	return (Str){PQgetvalue(source, row, column), (size_t)PQgetlength(source, row, column)};
}

static Rows rows_of(const PGresult *result)
{
	return (Rows){result, PQntuples(result), PQnfields(result), get_value};
}

/* Names and types as the table has them; what is executed must besides be in binary format. */
static bool has_columns(const PGresult *result, const Query *q)
{
	bool good = PQnfields(result) == (int)q->ncolumns;
	if (!good)
		printf("# %d columns, not %zu\n", PQnfields(result), q->ncolumns);
	for (int c = 0; c < PQnfields(result) && c < (int)q->ncolumns; c++) {
		const QueryColumn *column = &q->columns[c];
		if (strcmp(PQfname(result, c), column->name) == 0 &&
		    PQftype(result, c) == column_type_oid(column->type))
			continue;
		printf("# column %d is %s of type %u, not %s of type %u\n", c + 1, PQfname(result, c),
		       PQftype(result, c), column->name, column_type_oid(column->type));
		good = false;
	}
	return good;
}

static bool is_signal(const Query *q)
{
	return q->kind == QUERY_CANCEL || q->kind == QUERY_TERMINATE;
}

static bool is_replay(const Query *q)
{
	return q->kind == QUERY_PAUSE || q->kind == QUERY_RESUME;
}

/* Signals get the pid of this session with a start time that is not its own, and pauses that of another postmaster: looked
 * at, and not done. */
static PGresult *execute(PGconn *conn, const Query *q)
{
	if (!is_signal(q) && !is_replay(q))
		return PQexecPrepared(conn, q->name, 0, NULL, NULL, NULL, 1);
	char pid[16];
	StrBuf text = STRBUF_ON(pid);
	strbuf_addf(&text, "%d", PQbackendPID(conn));
	const char *values[] = {pid, "2000-01-01 00:00:00+00"};
	int skip = is_replay(q);
	return PQexecPrepared(conn, q->name, 2 - skip, values + skip, NULL, NULL, 1);
}

/* What the program would make of the answer. */
static bool decodes(const Probe *p, const Query *q, const PGresult *result)
{
	NodeSample *sample = sample_new(NULL);
	NodeIdentity identity = {0};
	ActAnswer answer;
	int port;
	bool good = false;
	Err err = {""};
	switch (q->kind) {
	case QUERY_IDENTITY:
		good = decode_identity(&sample->arena, rows_of(result), &identity, &err);
		if (good && (identity.can_monitor != (p->privilege >= PRIVILEGE_MONITOR) ||
		             identity.can_read_files != (p->privilege == PRIVILEGE_FILES) || identity.role.len == 0 ||
		             identity.superusers.len == 0))
			good = err_set(&err, "the role has other rights than were said");
		break;
	case QUERY_NODE:
		good = decode_node(rows_of(result), sample, &err);
		break;
	case QUERY_SENDERS:
		good = decode_senders(rows_of(result), sample, &err);
		break;
	case QUERY_SLOTS:
		good = decode_slots(rows_of(result), sample, &err);
		break;
	case QUERY_BACKUPS:
		good = decode_backups(rows_of(result), sample, &err);
		break;
	case QUERY_ACTIVITY:
		good = decode_activity(rows_of(result), sample, &err) && sample->nactivity > 0;
		break;
	case QUERY_ROLES:
		good = decode_roles(rows_of(result), sample, &err) && sample->roles->wal_segment_size > 0;
		break;
	case QUERY_SUBSCRIPTIONS:
		good = decode_subscriptions(rows_of(result), sample, &err);
		break;
	case QUERY_RECEIVER_PORT:
		good = decode_receiver_port(rows_of(result), &port, &err);
		break;
	case QUERY_PROCESSES:
	case QUERY_LONG_LIVED:
		good = decode_processes(rows_of(result), PQbackendPID(p->conn), sample, &err) &&
		       str_is_none(sample->procs->error) && sample->procs->nrows > 1 &&
		       sample->server_time_us != TIME_NONE;
		break;
	case QUERY_CANCEL:
	case QUERY_TERMINATE:
		good = decode_signal(rows_of(result), &answer, &err) && answer == ACT_RECYCLED;
		break;
	case QUERY_PAUSE:
	case QUERY_RESUME:
		good = decode_replay(rows_of(result), &answer, &err) && answer == ACT_OTHER_SERVER;
		break;
	case QUERY_COUNT:
		break;
	}
	if (err.text[0] != '\0')
		printf("# %s\n", err.text);
	sample_free(sample_unref(sample));
	return good;
}

/* A process is named by pid and start, a server by its start. */
static bool takes_parameters(const PGresult *described, const Query *q)
{
	int count = is_signal(q) ? 2 : is_replay(q) ? 1 : 0;
	bool good = PQnparams(described) == count;
	if (count == 2)
		good = good && PQparamtype(described, 0) == column_type_oid(COLUMN_INT4);
	if (count > 0)
		good = good && PQparamtype(described, count - 1) == column_type_oid(COLUMN_TIMESTAMPTZ);
	return good;
}

static bool probe_query(Probe *p, const Query *q)
{
	PGresult *result = PQprepare(p->conn, q->name, q->sql, 0, NULL);
	bool good = ok(p, PQresultStatus(result) == PGRES_COMMAND_OK, q, "is prepared");
	PQclear(result);
	if (!good)
		return false;
	result = PQdescribePrepared(p->conn, q->name);
	bool described = PQresultStatus(result) == PGRES_COMMAND_OK;
	ok(p, described && has_columns(result, q), q, "is described as the table says");
	ok(p, takes_parameters(result, q), q, "takes the parameters that are sent");
	PQclear(result);
	result = execute(p->conn, q);
	good = ok(p, PQresultStatus(result) == PGRES_TUPLES_OK, q, "is executed") &&
	       ok(p, has_columns(result, q) && PQbinaryTuples(result), q, "answers as the table says") &&
	       ok(p, decodes(p, q, result), q, "is decoded");
	PQclear(result);
	return good;
}

static void probe_all(Probe *p)
{
	for (int kind = 0; kind < QUERY_COUNT; kind++) {
		const Query *q = query_find((QueryKind)kind, PQserverVersion(p->conn), p->privilege);
		if (q == NULL) {
			printf("# nothing of kind %d for this server and role\n", kind);
			continue;
		}
		printf("# row %td\n", q - QUERIES);
		probe_query(p, q);
	}
	printf("1..%d\n", p->count);
}

static void show_node(const Probe *p)
{
	const Query *q = query_find(QUERY_NODE, PQserverVersion(p->conn), p->privilege);
	PGresult *result = PQexecParams(p->conn, q->sql, 0, NULL, NULL, NULL, NULL, 0);
	if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1)
		fprintf(stderr, "query_probe: %s", PQerrorMessage(p->conn));
	else
		for (int c = 0; c < PQnfields(result); c++)
			printf("%s=%s\n", PQfname(result, c), PQgetvalue(result, 0, c));
	PQclear(result);
}

static bool connect_as_the_program(Probe *p, const char *conninfo)
{
	static const char options[] = SESSION_OPTIONS;
	const char *keywords[] = {"dbname", "application_name", "client_encoding", "options", NULL};
	const char *values[] = {conninfo, "pgrepltop", "UTF8", options, NULL};
	p->conn = PQconnectdbParams(keywords, values, 1);
	if (PQstatus(p->conn) == CONNECTION_OK)
		return true;
	fprintf(stderr, "query_probe: %s", PQerrorMessage(p->conn));
	return false;
}

static bool parse_privilege(const char *word, Privilege *out)
{
	static const char *const WORDS[] = {
		[PRIVILEGE_PLAIN] = "plain", [PRIVILEGE_MONITOR] = "monitor", [PRIVILEGE_FILES] = "files"};
	for (int i = 0; i < PRIVILEGE_COUNT; i++)
		if (strcmp(word, WORDS[i]) == 0) {
			*out = (Privilege)i;
			return true;
		}
	return false;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "rows") == 0) {
		printf("%zu\n", NQUERIES);
		return 0;
	}
	Probe p = {.privilege = PRIVILEGE_MONITOR};
	bool node = argc == 3 && strcmp(argv[1], "node") == 0;
	if (argc != 3 || (!node && !parse_privilege(argv[1], &p.privilege))) {
		fprintf(stderr, "use: query_probe plain|monitor|files|node CONNINFO, or query_probe rows\n");
		return 2;
	}
	p.failed = !connect_as_the_program(&p, argv[2]);
	if (!p.failed && node)
		show_node(&p);
	else if (!p.failed)
		probe_all(&p);
	PQfinish(p.conn);
	return p.failed;
}
