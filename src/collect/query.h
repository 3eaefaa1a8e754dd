#ifndef PGREPLTOP_COLLECT_QUERY_H
#define PGREPLTOP_COLLECT_QUERY_H
/* The one table of SQL: which text is sent to which server version under which privilege, and what comes back. Texts
 * are constant, so that pg_stat_statements sees one entry each. */
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

typedef enum QueryKind {
	QUERY_IDENTITY,      /* once a connection: what NodeIdentity holds */
	QUERY_NODE,          /* each refresh: positions, receiver, settings; one row */
	QUERY_SLOTS,         /* each refresh: the replication slots, by name */
	QUERY_SENDERS,       /* each refresh: pg_stat_replication, by pid */
	QUERY_BACKUPS,       /* while a base backup is taken: pg_stat_progress_basebackup, by pid */
	QUERY_ACTIVITY,      /* while processes are wanted: pg_stat_activity, by pid */
	QUERY_ROLES,         /* while a node's page is open: what its processes did and how they are set up; one row */
	QUERY_SUBSCRIPTIONS, /* with it: pg_stat_subscription */
	QUERY_RECEIVER_PORT, /* once a WAL receiver: its local TCP port, read from /proc by the server itself */
	QUERY_PROCESSES,     /* while processes of another host are wanted: /proc of all the server's, by pid */
	QUERY_LONG_LIVED,    /* the same of those that do not come and go; always with the asking backend's own */
	QUERY_CANCEL,        /* $1 pid, $2 backend_start: both must match */
	QUERY_TERMINATE,
	QUERY_PAUSE, /* $1 postmaster start: must match */
	QUERY_RESUME,
	QUERY_COUNT
} QueryKind;

/* What the connected role may do; each level includes the ones before. */
typedef enum Privilege { PRIVILEGE_PLAIN, PRIVILEGE_MONITOR, PRIVILEGE_FILES, PRIVILEGE_COUNT } Privilege;

/* Results travel in binary format; these are the types the columns must have. */
typedef enum ColumnType {
	COLUMN_TEXT,
	COLUMN_BOOL,
	COLUMN_INT4,
	COLUMN_INT8,
	COLUMN_LSN, /* pg_lsn */
	COLUMN_TIMESTAMPTZ,
	COLUMN_INTERVAL,
	COLUMN_BYTEA
} ColumnType;

typedef struct QueryColumn {
	const char *name;
	ColumnType type;
} QueryColumn;

typedef struct Query {
	QueryKind kind;
	int min_version, max_version; /* major versions, both included */
	Privilege min_privilege, max_privilege;
	const char *name; /* of the prepared statement */
	const char *sql;
	const QueryColumn *columns;
	size_t ncolumns;
} Query;

enum { QUERY_OLDEST_VERSION = 10, QUERY_NEWEST_VERSION = 18 };

extern const Query QUERIES[];
extern const size_t NQUERIES;

/* The row for a server; a version above the newest known gets the newest's. NULL: not to be had there. */
const Query *query_find(QueryKind kind, int version_num, Privilege privilege);
/* pg_type.oid of a column type. */
unsigned column_type_oid(ColumnType type);

#endif
