#include "collect/query.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define ALL QUERY_OLDEST_VERSION, QUERY_NEWEST_VERSION
#define ANYONE PRIVILEGE_PLAIN, PRIVILEGE_FILES
#define PLAIN PRIVILEGE_PLAIN, PRIVILEGE_PLAIN
#define MONITOR PRIVILEGE_MONITOR, PRIVILEGE_FILES

/* --- identity ------------------------------------------------------------------------------------------------- */

static const QueryColumn IDENTITY_COLUMNS[] = {
	{"system_identifier", COLUMN_INT8},
	{"postmaster_start", COLUMN_TIMESTAMPTZ},
	{"port", COLUMN_INT4},
	{"version", COLUMN_TEXT},
	{"cluster_name", COLUMN_TEXT},
	{"listen_addresses", COLUMN_TEXT},
	{"superuser", COLUMN_BOOL},
	{"can_monitor", COLUMN_BOOL},
	{"can_read_files", COLUMN_BOOL},
	{"backend_pid", COLUMN_INT4},
	{"backend_start", COLUMN_TIMESTAMPTZ},
	{"missing_grants", COLUMN_INT4},
	{"role", COLUMN_TEXT},
	{"can_signal", COLUMN_BOOL},
	{"can_signal_autovacuum", COLUMN_BOOL},
	{"can_pause", COLUMN_BOOL},
	{"superusers", COLUMN_TEXT},
};

#define IDENTITY_HEAD \
	"SELECT s.system_identifier, pg_postmaster_start_time() AS postmaster_start," \
	" current_setting('port')::int4 AS port, split_part(current_setting('server_version'), ' ', 1) AS version," \
	" current_setting('cluster_name') AS cluster_name, current_setting('listen_addresses') AS listen_addresses," \
	" r.rolsuper AS superuser, pg_has_role(r.oid, 'pg_monitor', 'USAGE') AS can_monitor, "
#define IDENTITY_TAIL(missing_grants) \
	" AS can_read_files, pg_backend_pid() AS backend_pid, a.backend_start, " missing_grants \
	" AS missing_grants, r.rolname::text AS role," \
	" pg_has_role(r.oid, 'pg_signal_backend', 'USAGE') AS can_signal," \
	" (SELECT pg_has_role(r.oid, w.oid, 'USAGE') FROM pg_roles w WHERE w.rolname = 'pg_signal_autovacuum_worker')" \
	" AS can_signal_autovacuum," \
	" has_function_privilege(r.oid, 'pg_wal_replay_pause()', 'EXECUTE')" \
	" AND has_function_privilege(r.oid, 'pg_wal_replay_resume()', 'EXECUTE') AS can_pause," \
	" (SELECT string_agg(u.rolname::text, E'\\n') FROM pg_roles u WHERE u.rolsuper) AS superusers" \
	" FROM pg_control_system() s, pg_roles r, pg_stat_get_activity(pg_backend_pid()) a" \
	" WHERE r.rolname = current_user"

/* Before 11 nobody can read /proc: absolute paths are refused even to superusers. */
static const char IDENTITY_10[] = IDENTITY_HEAD "false" IDENTITY_TAIL("0");
/* The bits of FileGrant. */
#define HAS_FUNCTION(function) "has_function_privilege('" function "', 'EXECUTE')"
/* clang-format off */
#define MISSING_GRANTS \
	"CASE WHEN r.rolsuper THEN 0 ELSE (NOT pg_has_role(r.oid, 'pg_read_server_files', 'USAGE'))::int4" \
	" + 2 * (NOT " HAS_FUNCTION("pg_read_file(text,bigint,bigint,boolean)") ")::int4" \
	" + 4 * (NOT " HAS_FUNCTION("pg_read_binary_file(text,bigint,bigint,boolean)") ")::int4" \
	" + 8 * (NOT " HAS_FUNCTION("pg_ls_dir(text,boolean,boolean)") ")::int4 END"
/* clang-format on */
static const char IDENTITY_11[] = IDENTITY_HEAD "(" MISSING_GRANTS ") = 0" IDENTITY_TAIL(MISSING_GRANTS);

/* --- node ----------------------------------------------------------------------------------------------------- */

static const QueryColumn NODE_COLUMNS[] = {
	{"server_time", COLUMN_TIMESTAMPTZ}, {"in_recovery", COLUMN_BOOL},
	{"timeline", COLUMN_INT8},           {"flush_lsn", COLUMN_LSN},
	{"receive_lsn", COLUMN_LSN},         {"replay_lsn", COLUMN_LSN},
	{"pause_state", COLUMN_TEXT},        {"synchronous_standby_names", COLUMN_TEXT},
	{"receiver_pid", COLUMN_INT4},       {"receiver_status", COLUMN_TEXT},
	{"sender_host", COLUMN_TEXT},        {"sender_port", COLUMN_INT4},
	{"slot_name", COLUMN_TEXT},          {"receiver_start", COLUMN_TIMESTAMPTZ},
	{"primary_host", COLUMN_TEXT},       {"primary_port", COLUMN_INT4},
	{"synchronous_commit", COLUMN_TEXT}, {"next_xid", COLUMN_INT8},
	{"sync_waiting", COLUMN_INT8},       {"sync_longest_wait", COLUMN_INTERVAL},
};

/* A conninfo's host and port are cut out by the server, so that a password in it never travels. Both texts are taken
 * apart from the left as libpq does it: a password may hold "host=".
 *
 * Only digits are a port. A list of several hosts stays one text, which names no node. */
#define CONNINFO_PORT(port) " CASE WHEN " port " ~ '^\\d{1,5}$' THEN " port "::int4 END"

/* Before 11 pg_stat_wal_receiver has no sender, only the conninfo that libpq writes: in a fixed order, and not quoted, so
 * that what stands before dbname=replication and behind the port may be anything. */
#define RECEIVER_CONNINFO \
	" LEFT JOIN LATERAL (SELECT coalesce(m[1], m[2]) AS host, m[3] AS port FROM regexp_matches(w.conninfo," \
	"  ' dbname=replication (?:host=([^ ]*) )?(?:hostaddr=([^ ]*) )?port=([^ ]*)') m) c ON true"

/* libpq's conninfo_parse(): NAME = VALUE, the value quoted (any character behind a backslash) or up to white space, empty
 * at the end only. */
#define CONNINFO_TOKEN(group) \
	"\\s*" group "\\w+)\\s*=\\s*(?:''" group "(?:[^''\\\\]|\\\\.)*)''|" group \
	"(?:\\\\.|[^\\s''\\\\])(?:\\\\.|[^\\s\\\\])*)|$)"
/* The last one wins. */
#define CONNINFO_LAST(name) "(array_agg(t.v ORDER BY t.n DESC) FILTER (WHERE t.k = '" name "'))[1]"
/* %2F in a URI; what is not ASCII is in no host's name and stays as it is. */
#define URI_DECODED(text) \
	"(SELECT string_agg(CASE WHEN d[1] ~ '^%[0-7].' AND d[1] <> '%00' THEN chr(('x' || substr(d[1], 2))::bit(8)::int4)" \
	" ELSE d[1] END, '' ORDER BY i) FROM regexp_matches(" text \
	", '%[0-9A-Fa-f]{2}|.', 'g') WITH ORDINALITY e(d, i))"

/* c: host and port of the primary_conninfo of a standby without a receiver. What libpq would not parse has none; in a URI
 * no @ may be left behind the user's, for it may be part of a password. */
/* clang-format off */
#define PRIMARY_CONNINFO \
	" LEFT JOIN LATERAL (SELECT CASE WHEN u.is_uri THEN " URI_DECODED("l.host") " ELSE l.host END AS host, l.port" \
	" FROM (SELECT CASE WHEN r.rec AND w.pid IS NULL THEN current_setting('primary_conninfo') END AS c) p," \
	" LATERAL (SELECT p.c ~ '^postgres(?:ql)?://' AS is_uri," \
	"  regexp_replace(p.c, '^postgres(?:ql)?://(?:[^@/]*@)?', '') AS rest) u," \
	" LATERAL (SELECT coalesce(nullif(" CONNINFO_LAST("host") ", '')," \
	"   nullif(" CONNINFO_LAST("hostaddr") ", '')) AS host," \
	"   coalesce(nullif(" CONNINFO_LAST("port") ", ''), '5432') AS port" \
	"  FROM (SELECT m[1] AS k, regexp_replace(coalesce(m[2], m[3], ''), '\\\\(.)', '\\1', 'g') AS v, n" \
	"    FROM regexp_matches(p.c, '" CONNINFO_TOKEN("(") "', 'g') WITH ORDINALITY x(m, n)" \
	"    WHERE NOT u.is_uri AND p.c ~ '^(?:" CONNINFO_TOKEN("(?:") ")*\\s*$'" \
	"   UNION ALL SELECT a.k, a.v, 0 FROM (SELECT string_agg(btrim(m[1], '[]'), ',' ORDER BY n) AS host," \
	"      string_agg(m[2], ',' ORDER BY n) AS port FROM regexp_matches(substring(u.rest from '^[^/?]*')," \
	"      '(?:^|,)(\\[[^]]*\\]|[^:,]*)(?::([^,]*))?', 'g') WITH ORDINALITY x(m, n)) h," \
	"    LATERAL (VALUES ('host', h.host), ('port', h.port)) a(k, v) WHERE u.is_uri AND u.rest !~ '@'" \
	"   UNION ALL SELECT m[1], m[2], n FROM regexp_matches(substring(u.rest from '\\?(.*)$'), '([^=&]+)=([^&]*)', 'g')" \
	"    WITH ORDINALITY x(m, n) WHERE u.is_uri AND u.rest !~ '@') t) l) c ON true"
/* clang-format on */

/* Functions of one role raise errors in the other, so each stands behind a CASE on pg_is_in_recovery(). The timeline of a
 * primary is that of the WAL it writes: the control file's is old right after a promotion. That of a standby is its WAL
 * receiver's. Without one the control file's may be old for as long as nothing is written, though the standby followed
 * long ago; then the newest segment that it has tells, which takes the right to list them (pg_monitor). */
#define NEWEST_SEGMENT \
	", (SELECT ('x' || max(substr(name, 1, 8)))::bit(32)::int8 FROM pg_ls_waldir()" \
	" WHERE name ~ '^[0-9A-F]{24}$')"
#define NODE_HEAD(newest_segment) \
	"SELECT clock_timestamp() AS server_time, r.rec AS in_recovery," \
	" CASE WHEN NOT r.rec THEN" \
	"   ('x' || substr(pg_walfile_name(pg_current_wal_flush_lsn()), 1, 8))::bit(32)::int8" \
	"  WHEN w.received_tli IS NOT NULL THEN w.received_tli" \
	"  ELSE greatest((SELECT min_recovery_end_timeline FROM pg_control_recovery())," \
	"   (SELECT timeline_id FROM pg_control_checkpoint())" newest_segment ") END::int8 AS timeline," \
	" CASE WHEN NOT r.rec THEN pg_current_wal_flush_lsn() END AS flush_lsn," \
	" CASE WHEN r.rec THEN pg_last_wal_receive_lsn() END AS receive_lsn," \
	" CASE WHEN r.rec THEN pg_last_wal_replay_lsn() END AS replay_lsn,"
#define PAUSE_10 " CASE WHEN r.rec THEN CASE WHEN pg_is_wal_replay_paused() THEN 'paused' ELSE 'not paused' END END"
#define PAUSE_14 " CASE WHEN r.rec THEN pg_get_wal_replay_pause_state() END"
#define NODE_MID \
	"::text AS pause_state, current_setting('synchronous_standby_names') AS synchronous_standby_names," \
	" w.pid AS receiver_pid, w.status AS receiver_status,"
#define SENDER_10 " c.host AS sender_host," CONNINFO_PORT("c.port") " AS sender_port,"
#define SENDER_11 " w.sender_host, w.sender_port,"
#define NODE_SLOT \
	" w.slot_name, CASE WHEN w.pid IS NOT NULL THEN" \
	"  (SELECT backend_start FROM pg_stat_get_activity(w.pid)) END AS receiver_start,"
#define PRIMARY_NONE " NULL::text AS primary_host, NULL::int4 AS primary_port"
#define PRIMARY_12 \
	" c.host AS primary_host, CASE WHEN c.host IS NOT NULL THEN" CONNINFO_PORT("c.port") " END AS primary_port"
/* The next transaction id counts transactions that write, and costs nothing; the statistics of databases cost up to 14 a
 * wait for their collector. */
#define NODE_COMMITS \
	", current_setting('synchronous_commit') AS synchronous_commit," \
	" CASE WHEN NOT r.rec THEN txid_snapshot_xmax(txid_current_snapshot()) END AS next_xid,"
#define WAITS_NONE " NULL::int8 AS sync_waiting, NULL::interval AS sync_longest_wait"
#define WAITS_MONITOR " s.waiting AS sync_waiting, s.longest AS sync_longest_wait"
#define NODE_FROM \
	" FROM (SELECT pg_is_in_recovery() AS rec," \
	"  NOT pg_is_in_recovery() AND current_setting('synchronous_standby_names') <> '' AS sync) r" \
	" LEFT JOIN pg_stat_wal_receiver w ON r.rec"
/* Sessions are looked at only where there is a rule to wait for. When a wait began is written nowhere; its statement began
 * before. */
#define SYNC_WAITS \
	" LEFT JOIN LATERAL (SELECT count(*) AS waiting, max(clock_timestamp() - a.query_start) AS longest" \
	"  FROM pg_stat_get_activity(NULL) a WHERE r.sync AND a.wait_event = 'SyncRep') s ON r.sync"

#define NODE_PLAIN NODE_HEAD("")
#define PLAIN_TAIL NODE_COMMITS WAITS_NONE NODE_FROM
#define NODE_MONITOR NODE_HEAD(NEWEST_SEGMENT)
#define MONITOR_TAIL NODE_COMMITS WAITS_MONITOR NODE_FROM SYNC_WAITS
static const char NODE_10[] =
	NODE_PLAIN PAUSE_10 NODE_MID SENDER_10 NODE_SLOT PRIMARY_NONE PLAIN_TAIL RECEIVER_CONNINFO;
static const char NODE_10_MONITOR[] =
	NODE_MONITOR PAUSE_10 NODE_MID SENDER_10 NODE_SLOT PRIMARY_NONE MONITOR_TAIL RECEIVER_CONNINFO;
static const char NODE_11[] = NODE_PLAIN PAUSE_10 NODE_MID SENDER_11 NODE_SLOT PRIMARY_NONE PLAIN_TAIL;
static const char NODE_11_MONITOR[] = NODE_MONITOR PAUSE_10 NODE_MID SENDER_11 NODE_SLOT PRIMARY_NONE MONITOR_TAIL;
static const char NODE_12_MONITOR[] =
	NODE_MONITOR PAUSE_10 NODE_MID SENDER_11 NODE_SLOT PRIMARY_12 MONITOR_TAIL PRIMARY_CONNINFO;
static const char NODE_14[] = NODE_PLAIN PAUSE_14 NODE_MID SENDER_11 NODE_SLOT PRIMARY_NONE PLAIN_TAIL;
static const char NODE_14_MONITOR[] =
	NODE_MONITOR PAUSE_14 NODE_MID SENDER_11 NODE_SLOT PRIMARY_12 MONITOR_TAIL PRIMARY_CONNINFO;

/* --- slots ---------------------------------------------------------------------------------------------------- */

static const QueryColumn SLOTS_COLUMNS[] = {
	{"slot_name", COLUMN_TEXT},
	{"plugin", COLUMN_TEXT},
	{"slot_type", COLUMN_TEXT},
	{"database", COLUMN_TEXT},
	{"temporary", COLUMN_BOOL},
	{"active", COLUMN_BOOL},
	{"active_pid", COLUMN_INT4},
	{"restart_lsn", COLUMN_LSN},
	{"confirmed_flush_lsn", COLUMN_LSN},
	{"wal_status", COLUMN_TEXT},
	{"safe_wal_size", COLUMN_INT8},
	{"conflicting", COLUMN_BOOL},
	{"inactive_since", COLUMN_TIMESTAMPTZ},
	{"invalidation_reason", COLUMN_TEXT},
	{"failover", COLUMN_BOOL},
	{"synced", COLUMN_BOOL},
};

/* What the view pg_replication_slots shows, without its join, which costs more than the slots. In the order of their
 * bytes on every version: type name takes a collation from 12 on. */
#define SLOTS(status, conflicting, since_17) \
	"SELECT slot_name::text, plugin::text, slot_type," \
	" (SELECT datname::text FROM pg_database WHERE oid = datoid) AS database, temporary, active, active_pid, restart_lsn," \
	" confirmed_flush_lsn, " status ", " conflicting ", " since_17 \
	" FROM pg_get_replication_slots() ORDER BY slot_name::text COLLATE \"C\""
#define STATUS_10 "NULL::text AS wal_status, NULL::int8 AS safe_wal_size"
#define STATUS_13 "wal_status, safe_wal_size"
#define CONFLICTING_10 "NULL::bool AS conflicting"
#define SINCE_10 \
	"NULL::timestamptz AS inactive_since, NULL::text AS invalidation_reason, NULL::bool AS failover," \
	" NULL::bool AS synced"
#define SINCE_17 "inactive_since, invalidation_reason, failover, synced"

/* --- senders -------------------------------------------------------------------------------------------------- */

static const QueryColumn SENDERS_COLUMNS[] = {
	{"pid", COLUMN_INT4},           {"usename", COLUMN_TEXT},           {"application_name", COLUMN_TEXT},
	{"client_addr", COLUMN_TEXT},   {"client_port", COLUMN_INT4},       {"backend_start", COLUMN_TIMESTAMPTZ},
	{"state", COLUMN_TEXT},         {"sent_lsn", COLUMN_LSN},           {"write_lsn", COLUMN_LSN},
	{"flush_lsn", COLUMN_LSN},      {"replay_lsn", COLUMN_LSN},         {"write_lag", COLUMN_INTERVAL},
	{"flush_lag", COLUMN_INTERVAL}, {"replay_lag", COLUMN_INTERVAL},    {"sync_priority", COLUMN_INT4},
	{"sync_state", COLUMN_TEXT},    {"reply_time", COLUMN_TIMESTAMPTZ},
};

#define SENDERS(reply_time) \
	"SELECT s.pid, s.usename::text, s.application_name, host(s.client_addr) AS client_addr, s.client_port," \
	" s.backend_start, s.state, s.sent_lsn, s.write_lsn, s.flush_lsn, s.replay_lsn," \
	" s.write_lag, s.flush_lag, s.replay_lag, s.sync_priority, s.sync_state, " reply_time " AS reply_time" \
	" FROM pg_stat_replication s ORDER BY s.pid"

/* --- base backups --------------------------------------------------------------------------------------------- */

static const QueryColumn BACKUPS_COLUMNS[] = {
	{"pid", COLUMN_INT4}, {"phase", COLUMN_TEXT}, {"backup_total", COLUMN_INT8}, {"backup_streamed", COLUMN_INT8}};

static const char BACKUPS[] =
	"SELECT pid, phase, backup_total, backup_streamed FROM pg_stat_progress_basebackup ORDER BY pid";

/* --- activity ------------------------------------------------------------------------------------------------- */

static const QueryColumn ACTIVITY_COLUMNS[] = {
	{"pid", COLUMN_INT4},
	{"backend_start", COLUMN_TIMESTAMPTZ},
	{"query_start", COLUMN_TIMESTAMPTZ},
	{"backend_type", COLUMN_TEXT},
	{"usename", COLUMN_TEXT},
	{"datname", COLUMN_TEXT},
	{"application_name", COLUMN_TEXT},
	{"client", COLUMN_TEXT},
	{"state", COLUMN_TEXT},
	{"wait_event_type", COLUMN_TEXT},
	{"wait_event", COLUMN_TEXT},
	{"query", COLUMN_TEXT},
	{"wal_bytes", COLUMN_INT8},
	{"wal_write_bytes", COLUMN_INT8},
};

/* What a screen or a line of CSV can use of a query; its whole text would be most of the traffic. */
#define ACTIVITY(wal) \
	"SELECT pid, backend_start, query_start, backend_type, usename::text, datname::text, application_name," \
	" CASE WHEN client_port = -1 THEN '[local]' ELSE host(client_addr) || ':' || client_port END AS client," \
	" state, wait_event_type, wait_event, left(query, 256) AS query," wal " FROM pg_stat_activity a ORDER BY pid"
#define WAL_10 " NULL::int8 AS wal_bytes, NULL::int8 AS wal_write_bytes"
/* Two function calls cost 25 us a session, more than all else of the row: a thousand idle ones are not asked. What a session
 * counted reaches the statistics 10 s after it fell idle at the latest, and then stands still (member.c keeps it). */
#define WAL_MOVES \
	"CASE WHEN state <> 'idle' OR backend_type <> 'client backend' OR state_change > now() - interval '15 s' THEN "
/* Those of which there is one each and which count for their type alone. A WAL receiver's numbers come when it ends. */
#define WAL_OF_TYPE \
	"CASE WHEN backend_type IN ('checkpointer', 'background writer', 'startup', 'autovacuum launcher') THEN" \
	" (SELECT sum(write_bytes)::int8 FROM pg_stat_io i WHERE i.object = 'wal' AND i.backend_type = a.backend_type) END"
#define WAL_18 \
	" " WAL_MOVES "(SELECT wal_bytes::int8 FROM pg_stat_get_backend_wal(a.pid)) END AS wal_bytes, " WAL_MOVES \
	"coalesce((SELECT sum(write_bytes)::int8 FROM pg_stat_get_backend_io(a.pid)" \
	" WHERE object = 'wal' AND a.backend_type <> 'walreceiver'), " WAL_OF_TYPE ") END AS wal_write_bytes"

/* --- roles ---------------------------------------------------------------------------------------------------- */

static const QueryColumn ROLES_COLUMNS[] = {
	{"archive_mode", COLUMN_TEXT},
	{"archive_set", COLUMN_BOOL},
	{"archived_count", COLUMN_INT8},
	{"last_archived_wal", COLUMN_TEXT},
	{"last_archived_time", COLUMN_TIMESTAMPTZ},
	{"failed_count", COLUMN_INT8},
	{"last_failed_wal", COLUMN_TEXT},
	{"last_failed_time", COLUMN_TIMESTAMPTZ},
	{"archiver_reset", COLUMN_TIMESTAMPTZ},
	{"wal_segment_size", COLUMN_INT8},
	{"redo_lsn", COLUMN_LSN},
	{"checkpoint_time", COLUMN_TIMESTAMPTZ},
	{"last_msg_receipt_time", COLUMN_TIMESTAMPTZ},
	{"timed", COLUMN_INT8},
	{"requested", COLUMN_INT8},
	{"restartpoints_timed", COLUMN_INT8},
	{"restartpoints_requested", COLUMN_INT8},
	{"restartpoints_done", COLUMN_INT8},
	{"restore_set", COLUMN_BOOL},
	{"apply_delay", COLUMN_INTERVAL},
	{"primary_slot_name", COLUMN_TEXT},
	{"summarize_wal", COLUMN_BOOL},
	{"summarized_lsn", COLUMN_LSN},
	{"pending_lsn", COLUMN_LSN},
	{"summarizer_pid", COLUMN_INT4},
	{"sync_slots", COLUMN_BOOL},
	{"io_method", COLUMN_TEXT},
	{"io_workers", COLUMN_INT4},
	{"ios_in_flight", COLUMN_INT8},
};

/* It costs less than a millisecond; up to 14 some ten more, in which the statistics collector writes its file. The backlog
 * of the archiver is no part of it: who counts files of pg_wal/archive_status makes the server look at each, and they are
 * as many as the segments that it keeps. */
#define ROLES(library, counts, recovery, summarizer, sync, io, from) \
	"SELECT current_setting('archive_mode') AS archive_mode," \
	" current_setting('archive_command') <> ''" library " AS archive_set, a.archived_count, a.last_archived_wal," \
	" a.last_archived_time, a.failed_count, a.last_failed_wal, a.last_failed_time, a.stats_reset AS archiver_reset," \
	" pg_size_bytes(current_setting('wal_segment_size')) AS wal_segment_size, c.redo_lsn," \
	" c.checkpoint_time, w.last_msg_receipt_time, " counts ", " recovery ", " summarizer ", " sync ", " io \
	" FROM pg_stat_archiver a, pg_control_checkpoint() c, " from " LEFT JOIN pg_stat_wal_receiver w ON true"
#define LIBRARY_15 " OR current_setting('archive_library') <> ''"
#define COUNTS_10 \
	"b.checkpoints_timed AS timed, b.checkpoints_req AS requested, NULL::int8 AS restartpoints_timed," \
	" NULL::int8 AS restartpoints_requested, NULL::int8 AS restartpoints_done"
#define COUNTS_17 \
	"b.num_timed AS timed, b.num_requested AS requested, b.restartpoints_timed," \
	" b.restartpoints_req AS restartpoints_requested, b.restartpoints_done"
#define RECOVERY_10 "NULL::bool AS restore_set, NULL::interval AS apply_delay, NULL::text AS primary_slot_name"
#define RECOVERY_12 \
	"current_setting('restore_command') <> '' AS restore_set," \
	" current_setting('recovery_min_apply_delay')::interval AS apply_delay," \
	" current_setting('primary_slot_name') AS primary_slot_name"
#define SUMMARIZER_10 \
	"NULL::bool AS summarize_wal, NULL::pg_lsn AS summarized_lsn, NULL::pg_lsn AS pending_lsn," \
	" NULL::int4 AS summarizer_pid"
#define SUMMARIZER_17 \
	"current_setting('summarize_wal')::bool AS summarize_wal, m.summarized_lsn, m.pending_lsn, m.summarizer_pid"
#define SYNC_10 "NULL::bool AS sync_slots"
#define SYNC_17 "current_setting('sync_replication_slots')::bool AS sync_slots"
#define IO_10 "NULL::text AS io_method, NULL::int4 AS io_workers, NULL::int8 AS ios_in_flight"
#define IO_18(in_flight) \
	"current_setting('io_method') AS io_method, current_setting('io_workers')::int4 AS io_workers," in_flight \
	" AS ios_in_flight"
#define BGWRITER "pg_stat_bgwriter b"
#define CHECKPOINTER "pg_get_wal_summarizer_state() m, pg_stat_checkpointer b"
static const char ROLES_10[] = ROLES("", COUNTS_10, RECOVERY_10, SUMMARIZER_10, SYNC_10, IO_10, BGWRITER);
static const char ROLES_12[] = ROLES("", COUNTS_10, RECOVERY_12, SUMMARIZER_10, SYNC_10, IO_10, BGWRITER);
static const char ROLES_15[] = ROLES(LIBRARY_15, COUNTS_10, RECOVERY_12, SUMMARIZER_10, SYNC_10, IO_10, BGWRITER);
static const char ROLES_17[] = ROLES(LIBRARY_15, COUNTS_17, RECOVERY_12, SUMMARIZER_17, SYNC_17, IO_10, CHECKPOINTER);
static const char ROLES_18[] =
	ROLES(LIBRARY_15, COUNTS_17, RECOVERY_12, SUMMARIZER_17, SYNC_17, IO_18(" NULL::int8"), CHECKPOINTER);
static const char ROLES_18_MONITOR[] = ROLES(LIBRARY_15, COUNTS_17, RECOVERY_12, SUMMARIZER_17, SYNC_17,
                                             IO_18(" (SELECT count(*) FROM pg_aios)"), CHECKPOINTER);

/* --- subscriptions -------------------------------------------------------------------------------------------- */

static const QueryColumn SUBSCRIPTIONS_COLUMNS[] = {
	{"pid", COLUMN_INT4},         {"subname", COLUMN_TEXT},     {"is_table_sync", COLUMN_BOOL},
	{"leader", COLUMN_INT4},      {"received_lsn", COLUMN_LSN}, {"last_msg_receipt_time", COLUMN_TIMESTAMPTZ},
	{"reported_lsn", COLUMN_LSN},
};

#define SUBSCRIPTIONS(leader) \
	"SELECT pid, subname::text, relid IS NOT NULL AS is_table_sync, " leader " AS leader, received_lsn," \
	" last_msg_receipt_time, latest_end_lsn AS reported_lsn" \
	" FROM pg_stat_subscription ORDER BY subname::text COLLATE \"C\", pid"

/* --- receiver port -------------------------------------------------------------------------------------------- */

static const QueryColumn RECEIVER_PORT_COLUMNS[] = {{"local_port", COLUMN_INT4}};

/* The WAL receiver's sockets by inode (fdinfo), looked up in its network namespace's table of TCP connections. */
static const char RECEIVER_PORT[] =
	"WITH wr AS (SELECT pid, sender_port FROM pg_stat_wal_receiver),"
	" ino AS (SELECT substring(pg_read_file('/proc/' || pid || '/fdinfo/' || f, 0, 1024, true) from 'ino:\\s+(\\d+)') AS ino"
	"  FROM wr, pg_ls_dir('/proc/' || pid || '/fd', true, false) f),"
	" t AS (SELECT sender_port, regexp_split_to_array(btrim(l), '\\s+') AS c FROM wr, regexp_split_to_table("
	"  coalesce(pg_read_file('/proc/' || pid || '/net/tcp', 0, 4000000, true), '') ||"
	"  coalesce(pg_read_file('/proc/' || pid || '/net/tcp6', 0, 4000000, true), ''), E'\\n') l)"
	" SELECT ('x' || lpad(split_part(c[2], ':', 2), 8, '0'))::bit(32)::int4 AS local_port"
	" FROM t JOIN ino ON ino.ino = c[10] WHERE c[4] = '01'"
	" AND ('x' || lpad(split_part(c[3], ':', 2), 8, '0'))::bit(32)::int4 = sender_port";

/* --- processes of another host ---------------------------------------------------------------------------------- */

static const QueryColumn PROCESSES_COLUMNS[] = {
	{"pid", COLUMN_INT4},      {"stat", COLUMN_TEXT},   {"io", COLUMN_TEXT},
	{"cmdline", COLUMN_BYTEA}, {"delays", COLUMN_TEXT}, {"server_time", COLUMN_TIMESTAMPTZ},
};

/* The files of an exiting process belong to root, and an error on one of them would fail the whole statement. So its stat,
 * which anyone may open, is looked at right before: whether it exits already (state, and PF_EXITING of the flags), and
 * whether it is a child of our postmaster, not another's process that got the pid. OFFSET 0 keeps the steps apart: each row
 * goes through all of them before the next one, and is sorted with its texts. What is read as text must be valid in the
 * server's encoding, so names that anybody may choose are read as bytes.
 *
 * Where /proc/self is not this backend (another pid namespace), or not there, the answer has no rows. */
#define PROC_BYTES(pid, file, size) "pg_read_binary_file('/proc/' || " pid " || '/" file "', 0, " size ", true)"
#define PROCESSES(list) \
	"SELECT r.pid, r.stat, r.io, r.cmdline, r.delays, r.server_time FROM (SELECT p.pid, p.stat, p.delays, p.server_time," \
	"  CASE WHEN p.m[2]::int8 & 4 = 0 THEN pg_read_file('/proc/' || p.pid || '/io', 0, 1024, true) END AS io," \
	"  btrim(" PROC_BYTES( \
		"p.pid", "cmdline", \
		"4096") ", '\\000'::bytea) AS cmdline" \
			" FROM (SELECT s.*, regexp_match(s.stat," \
			"   '^\\d+ \\(.*\\) [^ZXx] (\\d+) -?\\d+ -?\\d+ -?\\d+ -?\\d+ (\\d+) ') AS m" \
			"  FROM (SELECT l.pid, me.postmaster, me.delays, me.server_time," \
			"    encode(" PROC_BYTES( \
				"l.pid", "stat", \
				"1024") ", 'escape') AS stat" \
					"   FROM (SELECT m[1]::int4 AS pid, m[2]::int4 AS postmaster, clock_timestamp() AS server_time," \
					"     pg_read_file('/proc/sys/kernel/task_delayacct', 0, 16, true) AS delays" \
					"    FROM regexp_match(encode(" PROC_BYTES( \
						"'self'", "stat", \
						"1024") ", 'escape')," \
							"     '^(\\d+) \\(.*\\) \\S (\\d+) ') m OFFSET 0) me," \
							"    LATERAL (SELECT me.postmaster AS pid UNION " list ") l" \
							"   WHERE me.pid = pg_backend_pid() OFFSET 0) s OFFSET 0) p" \
							" WHERE p.pid = p.postmaster OR p.m[1]::int4 = p.postmaster OFFSET 0) r ORDER BY r.pid"

/* Not every kernel lists the children, and the list may lack one while another exits; pg_stat_activity has no archiver
 * before 14. */
static const char ALL_PROCESSES[] = PROCESSES(
	"SELECT pid FROM pg_stat_get_activity(NULL) UNION SELECT c::int4 FROM regexp_split_to_table("
	"btrim(pg_read_file('/proc/' || me.postmaster || '/task/' || me.postmaster || '/children', 0, 1048576,"
	" true)), ' ') c WHERE c <> ''");
static const char LONG_LIVED[] =
	PROCESSES("SELECT pid FROM pg_stat_get_activity(NULL) WHERE pid = pg_backend_pid() OR backend_type NOT IN"
                  " ('client backend', 'parallel worker', 'autovacuum worker')");

/* --- signals -------------------------------------------------------------------------------------------------- */

static const QueryColumn SIGNAL_COLUMNS[] = {{"hidden", COLUMN_BOOL}, {"sent", COLUMN_BOOL}};

/* The statement itself checks who owns the pid now: a pid is reused, a pid with its start time is not. No row: no such
 * process. hidden: the role may not see the start time. sent NULL: the pid belongs to another session by now. */
#define SIGNAL(function) \
	"SELECT a.backend_start IS NULL AS hidden, CASE WHEN a.backend_start = $2 THEN " function \
	"(a.pid) END AS sent" \
	" FROM pg_stat_get_activity($1) a"

/* --- replay --------------------------------------------------------------------------------------------------- */

static const QueryColumn REPLAY_COLUMNS[] = {
	{"same_server", COLUMN_BOOL}, {"in_recovery", COLUMN_BOOL}, {"done", COLUMN_BOOL}};

/* Only on the server that was confirmed, and only while it is a standby. The functions return void. */
#define REPLAY(function) \
	"SELECT s.same AS same_server, s.rec AS in_recovery, CASE WHEN s.same AND s.rec THEN " function \
	"()::text IS NOT NULL END AS done" \
	" FROM (SELECT pg_postmaster_start_time() = $1 AS same, pg_is_in_recovery() AS rec) s"

const Query QUERIES[] = {
	{QUERY_IDENTITY, 10, 10, ANYONE, "identity", IDENTITY_10, IDENTITY_COLUMNS, COUNT(IDENTITY_COLUMNS)},
	{QUERY_IDENTITY, 11, 18, ANYONE, "identity", IDENTITY_11, IDENTITY_COLUMNS, COUNT(IDENTITY_COLUMNS)},
	{QUERY_NODE, 10, 10, PLAIN, "node", NODE_10, NODE_COLUMNS, COUNT(NODE_COLUMNS)},
	{QUERY_NODE, 10, 10, MONITOR, "node", NODE_10_MONITOR, NODE_COLUMNS, COUNT(NODE_COLUMNS)},
	{QUERY_NODE, 11, 11, PLAIN, "node", NODE_11, NODE_COLUMNS, COUNT(NODE_COLUMNS)},
	{QUERY_NODE, 11, 11, MONITOR, "node", NODE_11_MONITOR, NODE_COLUMNS, COUNT(NODE_COLUMNS)},
	{QUERY_NODE, 12, 13, PLAIN, "node", NODE_11, NODE_COLUMNS, COUNT(NODE_COLUMNS)},
	{QUERY_NODE, 12, 13, MONITOR, "node", NODE_12_MONITOR, NODE_COLUMNS, COUNT(NODE_COLUMNS)},
	{QUERY_NODE, 14, 18, PLAIN, "node", NODE_14, NODE_COLUMNS, COUNT(NODE_COLUMNS)},
	{QUERY_NODE, 14, 18, MONITOR, "node", NODE_14_MONITOR, NODE_COLUMNS, COUNT(NODE_COLUMNS)},
	{QUERY_SLOTS, 10, 12, ANYONE, "slots", SLOTS(STATUS_10, CONFLICTING_10, SINCE_10), SLOTS_COLUMNS,
         COUNT(SLOTS_COLUMNS)},
	{QUERY_SLOTS, 13, 15, ANYONE, "slots", SLOTS(STATUS_13, CONFLICTING_10, SINCE_10), SLOTS_COLUMNS,
         COUNT(SLOTS_COLUMNS)},
	{QUERY_SLOTS, 16, 16, ANYONE, "slots", SLOTS(STATUS_13, "conflicting", SINCE_10), SLOTS_COLUMNS,
         COUNT(SLOTS_COLUMNS)},
	{QUERY_SLOTS, 17, 18, ANYONE, "slots", SLOTS(STATUS_13, "conflicting", SINCE_17), SLOTS_COLUMNS,
         COUNT(SLOTS_COLUMNS)},
	{QUERY_SENDERS, 10, 11, ANYONE, "senders", SENDERS("NULL::timestamptz"), SENDERS_COLUMNS,
         COUNT(SENDERS_COLUMNS)},
	{QUERY_SENDERS, 12, 18, ANYONE, "senders", SENDERS("s.reply_time"), SENDERS_COLUMNS, COUNT(SENDERS_COLUMNS)},
	{QUERY_BACKUPS, 13, 18, ANYONE, "backups", BACKUPS, BACKUPS_COLUMNS, COUNT(BACKUPS_COLUMNS)},
	{QUERY_ACTIVITY, 10, 17, ANYONE, "activity", ACTIVITY(WAL_10), ACTIVITY_COLUMNS, COUNT(ACTIVITY_COLUMNS)},
	{QUERY_ACTIVITY, 18, 18, ANYONE, "activity", ACTIVITY(WAL_18), ACTIVITY_COLUMNS, COUNT(ACTIVITY_COLUMNS)},
	{QUERY_ROLES, 10, 11, ANYONE, "roles", ROLES_10, ROLES_COLUMNS, COUNT(ROLES_COLUMNS)},
	{QUERY_ROLES, 12, 14, ANYONE, "roles", ROLES_12, ROLES_COLUMNS, COUNT(ROLES_COLUMNS)},
	{QUERY_ROLES, 15, 16, ANYONE, "roles", ROLES_15, ROLES_COLUMNS, COUNT(ROLES_COLUMNS)},
	{QUERY_ROLES, 17, 17, ANYONE, "roles", ROLES_17, ROLES_COLUMNS, COUNT(ROLES_COLUMNS)},
	{QUERY_ROLES, 18, 18, PLAIN, "roles", ROLES_18, ROLES_COLUMNS, COUNT(ROLES_COLUMNS)},
	{QUERY_ROLES, 18, 18, MONITOR, "roles", ROLES_18_MONITOR, ROLES_COLUMNS, COUNT(ROLES_COLUMNS)},
	{QUERY_SUBSCRIPTIONS, 10, 15, ANYONE, "subscriptions", SUBSCRIPTIONS("NULL::int4"), SUBSCRIPTIONS_COLUMNS,
         COUNT(SUBSCRIPTIONS_COLUMNS)},
	{QUERY_SUBSCRIPTIONS, 16, 18, ANYONE, "subscriptions", SUBSCRIPTIONS("leader_pid"), SUBSCRIPTIONS_COLUMNS,
         COUNT(SUBSCRIPTIONS_COLUMNS)},
	{QUERY_RECEIVER_PORT, 11, 18, PRIVILEGE_FILES, PRIVILEGE_FILES, "receiver_port", RECEIVER_PORT,
         RECEIVER_PORT_COLUMNS, COUNT(RECEIVER_PORT_COLUMNS)},
	{QUERY_PROCESSES, 11, 18, PRIVILEGE_FILES, PRIVILEGE_FILES, "processes", ALL_PROCESSES, PROCESSES_COLUMNS,
         COUNT(PROCESSES_COLUMNS)},
	{QUERY_LONG_LIVED, 11, 18, PRIVILEGE_FILES, PRIVILEGE_FILES, "long_lived", LONG_LIVED, PROCESSES_COLUMNS,
         COUNT(PROCESSES_COLUMNS)},
	{QUERY_CANCEL, ALL, ANYONE, "cancel", SIGNAL("pg_cancel_backend"), SIGNAL_COLUMNS, COUNT(SIGNAL_COLUMNS)},
	{QUERY_TERMINATE, ALL, ANYONE, "terminate", SIGNAL("pg_terminate_backend"), SIGNAL_COLUMNS,
         COUNT(SIGNAL_COLUMNS)},
	{QUERY_PAUSE, ALL, ANYONE, "pause", REPLAY("pg_wal_replay_pause"), REPLAY_COLUMNS, COUNT(REPLAY_COLUMNS)},
	{QUERY_RESUME, ALL, ANYONE, "resume", REPLAY("pg_wal_replay_resume"), REPLAY_COLUMNS, COUNT(REPLAY_COLUMNS)},
};
const size_t NQUERIES = COUNT(QUERIES);

const Query *query_find(QueryKind kind, int version_num, Privilege privilege)
{
	int major = version_num / 10000;
	if (major > QUERY_NEWEST_VERSION)
		major = QUERY_NEWEST_VERSION;
	for (size_t i = 0; i < NQUERIES; i++) {
		const Query *q = &QUERIES[i];
		if (q->kind == kind && major >= q->min_version && major <= q->max_version &&
		    privilege >= q->min_privilege && privilege <= q->max_privilege)
			return q;
	}
	return NULL;
}

unsigned column_type_oid(ColumnType type)
{
	static const unsigned OIDS[] = {
		[COLUMN_TEXT] = 25,  [COLUMN_BOOL] = 16,          [COLUMN_INT4] = 23,       [COLUMN_INT8] = 20,
		[COLUMN_LSN] = 3220, [COLUMN_TIMESTAMPTZ] = 1184, [COLUMN_INTERVAL] = 1186, [COLUMN_BYTEA] = 17,
	};
	return OIDS[type];
}
