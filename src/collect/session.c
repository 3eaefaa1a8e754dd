#include "collect/session.h"

#include "base/utf8.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

/* --- the session -------------------------------------------------------------------------------------------------- */

typedef enum Phase {
	PHASE_CONNECTING,
	PHASE_IDENTIFYING, /* settings and identity are asked for */
	PHASE_READY,
	PHASE_POLLING,
	PHASE_ACTING,
	PHASE_CLOSED
} Phase;

/* What the next results in the pipeline belong to: one entry per Sync. */
typedef enum Step { STEP_SET, STEP_PREPARE, STEP_QUERY } Step;

enum { STEPS_MAX = 2 * QUERY_COUNT };

typedef struct Expected {
	Step step;
	QueryKind kind;
} Expected;

struct Session {
	PGconn *conn;
	Phase phase;
	PostgresPollingStatusType wants; /* while connecting */
	bool unsent;                     /* PQflush() left data */
	int64_t deadline_ns;
	int64_t poll_started_ns;
	SessionLimits limits;
	Arena arena; /* identity texts */
	NodeIdentity identity;
	Privilege privilege;
	bool prepared[QUERY_COUNT];
	Expected expected[STEPS_MAX];
	size_t nexpected, at_expected;
	NodeSample *sample; /* being filled, or complete and not taken */
	int receiver_port;  /* what the server said of it; 0 = nothing */
	Str notice;         /* of the running poll, in the sample's arena */
	bool poll_failed;   /* there is nothing to show */
	bool for_acts;      /* opened by session_open_acts() */
	ActAnswer act_answer;
	Err act_words; /* of the server, to the last action */
	SessionFailure failure;
	bool needs_password;
	Err error;      /* why it failed; while it lives, why the last poll brought nothing */
	Err last_words; /* of a server that ends the connection */
};

/* A server says why it ends a connection before it does, which tells more than that it was closed. */
static void note_last_words(Session *s, const PGresult *result)
{
	const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	if (severity != NULL && message != NULL && (strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0))
		err_set(&s->last_words, "%s:  %s", severity, message);
}

/* What the server says to an action: an error with what it adds from 16 on (who would be permitted), or the warning why a
 * function returned false. */
static void note_act_words(Session *s, const PGresult *result)
{
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
	if (s->phase != PHASE_ACTING || message == NULL)
		return;
	StrBuf safe = {0};
	utf8_sanitise(&safe, str_from(message));
	if (detail != NULL) {
		strbuf_add_cstr(&safe, "; ");
		utf8_sanitise(&safe, str_from(detail));
	}
	err_set(&s->act_words, "%s", safe.data);
	strbuf_free(&safe);
}

/* Notices have no place on our screen; without this libpq writes them to standard error. What a server says to an idle
 * connection that it ends comes as one. */
static void take_notice(void *arg, const PGresult *result)
{
	note_last_words(arg, result);
	note_act_words(arg, result);
}

static SessionEvent fail(Session *s, SessionFailure failure, const char *text)
{
	Str first = str_from(text);
	while (first.len > 0 && (first.data[0] == '\n' || first.data[0] == ' '))
		first = str_sub(first, 1, first.len);
	Str rest = first;
	Str line = str_trim(str_cut(&rest, '\n'));
	/* `connection to server at "h" (a), port 1 failed: FATAL:  why`: the row says where, so only the why is news */
	size_t cut = str_find(line, STR(" failed: "));
	if (str_starts(line, STR("connection to server ")) && cut != SIZE_MAX)
		line = str_sub(line, cut + 9, line.len);
	if (s->phase != PHASE_CONNECTING && s->last_words.text[0] != '\0')
		line = str_from(s->last_words.text);
	StrBuf safe = {0}; /* before a connection has an encoding, a server may send any bytes */
	utf8_sanitise(&safe, line);
	err_set(&s->error, "%.*s", STR_ARG(strbuf_str(&safe)));
	strbuf_free(&safe);
	s->failure = failure;
	s->needs_password = s->conn != NULL && PQconnectionNeedsPassword(s->conn) != 0;
	s->phase = PHASE_CLOSED;
	s->deadline_ns = INT64_MAX;
	PQfinish(s->conn);
	s->conn = NULL;
	sample_free(sample_unref(s->sample));
	s->sample = NULL;
	return SESSION_FAILED;
}

/* A failed connection attempt has a text and no SQLSTATE. Servers that speak another language fall through to DENIED:
 * they answered, but did not let us in. */
static SessionFailure classify(const char *message)
{
	static const struct {
		const char *text;
		SessionFailure failure;
	} TEXTS[] = {
		{"starting up", FAILURE_UNAVAILABLE},
		{"shutting down", FAILURE_UNAVAILABLE},
		{"recovery mode", FAILURE_UNAVAILABLE},
		{"not accepting connections", FAILURE_UNAVAILABLE},
		{"not yet accepting connections", FAILURE_UNAVAILABLE},
		{"too many clients", FAILURE_UNAVAILABLE},
		{"too many connections", FAILURE_UNAVAILABLE},
		{"connection slots are reserved", FAILURE_UNAVAILABLE},
		{"FATAL:", FAILURE_DENIED},
		{"no password supplied", FAILURE_DENIED},
		{"SSL", FAILURE_DENIED},
		{"certificate", FAILURE_DENIED},
		{"authentication", FAILURE_DENIED},
	};
	for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++)
		if (strstr(message, TEXTS[i].text) != NULL)
			return TEXTS[i].failure;
	return FAILURE_UNREACHABLE;
}

static void fill_keywords(const ConnParams *params, const char **keywords, const char **values, size_t *count)
{
	static const char *const SKIP[] = {"host",
	                                   "hostaddr",
	                                   "port",
	                                   "application_name",
	                                   "fallback_application_name",
	                                   "options",
	                                   "service",
	                                   "client_encoding",
	                                   "target_session_attrs",
	                                   "replication"};
	for (size_t i = 0; i < params->count; i++) {
		bool skip = false;
		for (size_t k = 0; k < sizeof SKIP / sizeof *SKIP && !skip; k++)
			skip = strcmp(params->keywords[i], SKIP[k]) == 0;
		if (skip)
			continue;
		keywords[*count] = params->keywords[i];
		values[(*count)++] = params->values[i];
	}
}

static Session *open_session(const ConnParams *params, const char *host, const char *hostaddr, int port,
                             SessionLimits limits, int64_t now_ns, const char *our_options)
{
	Session *s = xcalloc(1, sizeof *s);
	s->limits = limits;
	s->deadline_ns = now_ns + limits.connect_ns;
	const char **keywords = xcalloc(params->count + 10, sizeof *keywords);
	const char **values = xcalloc(params->count + 10, sizeof *values);
	size_t n = 0;
	fill_keywords(params, keywords, values, &n);
	char port_text[16];
	StrBuf port_buf = STRBUF_ON(port_text);
	strbuf_addf(&port_buf, "%d", port);
	const char *user_options = conn_params_get(params, "options");
	StrBuf options = {0};
	strbuf_addf(&options, "%s %s", user_options != NULL ? user_options : "", our_options);
	const char *ours[][2] = {{"host", host},
	                         {"hostaddr", hostaddr},
	                         {"port", port_text},
	                         {"application_name", "pgrepltop"},
	                         {"client_encoding", "UTF8"},
	                         {"options", options.data}};
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
		if (ours[i][1] == NULL)
			continue;
		keywords[n] = ours[i][0];
		values[n++] = ours[i][1];
	}
	s->conn = PQconnectStartParams(keywords, values, 0);
	strbuf_free(&options);
	free(keywords);
	free(values);
	if (s->conn != NULL)
		PQsetNoticeReceiver(s->conn, take_notice, s);
	if (s->conn == NULL || PQstatus(s->conn) == CONNECTION_BAD)
		s->deadline_ns =
			now_ns; /* it failed at once and has no descriptor that would wake us: the next step says why */
	s->wants = PGRES_POLLING_WRITING;
	return s;
}

Session *session_open(const ConnParams *params, const char *host, const char *hostaddr, int port, SessionLimits limits,
                      int64_t now_ns)
{
	return open_session(params, host, hostaddr, port, limits, now_ns, SESSION_OPTIONS);
}

/* Actions are no part of a read-only session's restrictions, and their warnings are part of the answer. */
Session *session_open_acts(const ConnParams *params, const char *host, const char *hostaddr, int port,
                           SessionLimits limits, int64_t now_ns)
{
	Session *s = open_session(params, host, hostaddr, port, limits, now_ns,
	                          "-c search_path=pg_catalog -c statement_timeout=3000 -c client_min_messages=warning");
	s->for_acts = true;
	return s;
}

void session_close(Session *s)
{
	if (s == NULL)
		return;
	PQfinish(s->conn);
	sample_free(sample_unref(s->sample));
	arena_free(&s->arena);
	free(s);
}

int session_fd(const Session *s)
{
	return s->conn != NULL ? PQsocket(s->conn) : -1;
}

short session_events(const Session *s)
{
	if (s->phase == PHASE_CONNECTING)
		return s->wants == PGRES_POLLING_WRITING ? POLLOUT : POLLIN;
	return s->unsent ? POLLIN | POLLOUT : POLLIN;
}

int64_t session_deadline(const Session *s)
{
	return s->deadline_ns;
}

/* --- sending ------------------------------------------------------------------------------------------------------ */

static void expect(Session *s, Step step, QueryKind kind)
{
	s->expected[s->nexpected++] = (Expected){step, kind};
}

/* A Sync after each query ends its implicit transaction: a promotion between two polls makes one of them fail, and the
 * others still answer. It is one round trip all the same. */
static bool end_step(Session *s, bool sent, Step step, QueryKind kind)
{
	if (!sent || PQpipelineSync(s->conn) != 1)
		return false;
	expect(s, step, kind);
	return true;
}

static bool send_text(Session *s, const char *sql, Step step, QueryKind kind)
{
	return end_step(s, PQsendQueryParams(s->conn, sql, 0, NULL, NULL, NULL, NULL, 1) == 1, step, kind);
}

static bool send_prepared(Session *s, QueryKind kind)
{
	const Query *q = query_find(kind, PQserverVersion(s->conn), s->privilege);
	if (q == NULL)
		return true;
	if (!s->prepared[kind]) {
		if (!end_step(s, PQsendPrepare(s->conn, q->name, q->sql, 0, NULL) == 1, STEP_PREPARE, kind))
			return false;
		s->prepared[kind] = true;
	}
	return end_step(s, PQsendQueryPrepared(s->conn, q->name, 0, NULL, NULL, NULL, 1) == 1, STEP_QUERY, kind);
}

static bool flush(Session *s)
{
	int left = PQflush(s->conn);
	s->unsent = left == 1;
	return left >= 0;
}

static void begin_steps(Session *s, Phase phase, int64_t now_ns, int64_t limit_ns)
{
	s->phase = phase;
	s->nexpected = s->at_expected = 0;
	s->deadline_ns = now_ns + limit_ns;
}

static bool send_identify(Session *s, int64_t now_ns)
{
	int64_t left = s->deadline_ns - now_ns; /* part of connecting */
	begin_steps(s, PHASE_IDENTIFYING, now_ns, left);
	/* as a start-up option jit would end the connection to a server that does not know it */
	if (PQserverVersion(s->conn) >= 110000 && !send_text(s, "SET jit = off", STEP_SET, QUERY_COUNT))
		return false;
	const Query *q = query_find(QUERY_IDENTITY, PQserverVersion(s->conn), PRIVILEGE_PLAIN);
	return q != NULL && send_text(s, q->sql, STEP_QUERY, QUERY_IDENTITY) && flush(s);
}

static void put_int64(char out[8], int64_t value)
{
	for (int i = 0; i < 8; i++)
		out[i] = (char)(uint8_t)((uint64_t)value >> (56 - 8 * i));
}

static bool send_act(Session *s, QueryKind kind, int pid, int64_t start_us)
{
	char pid_bytes[8], start_bytes[8];
	put_int64(pid_bytes, pid);
	put_int64(start_bytes, start_us - INT64_C(946684800000000));
	const char *values[] = {pid_bytes + 4, start_bytes};
	const int lengths[] = {4, 8}, formats[] = {1, 1};
	const Oid types[] = {column_type_oid(COLUMN_INT4), column_type_oid(COLUMN_TIMESTAMPTZ)};
	const Query *q = query_find(kind, PQserverVersion(s->conn), PRIVILEGE_PLAIN);
	int skip = kind == QUERY_PAUSE || kind == QUERY_RESUME; /* these have no pid */
	int sent = PQsendQueryParams(s->conn, q->sql, 2 - skip, types + skip, values + skip, lengths + skip,
	                             formats + skip, 1);
	return end_step(s, sent == 1, STEP_QUERY, kind) && flush(s);
}

void session_act(Session *s, int64_t now_ns, QueryKind kind, int pid, int64_t start_us)
{
	if (s->phase != PHASE_READY)
		return;
	s->act_answer = ACT_ERROR;
	s->act_words.text[0] = '\0';
	begin_steps(s, PHASE_ACTING, now_ns, s->limits.query_ns);
	if (!send_act(s, kind, pid, start_us))
		s->deadline_ns = now_ns; /* the next step finds the connection bad and says why */
}

static bool begin_poll(Session *s, int64_t now_ns, NodeSample *reuse)
{
	if (s->phase != PHASE_READY) {
		sample_free(sample_unref(reuse));
		return false;
	}
	s->sample = sample_new(reuse);
	s->poll_failed = false;
	s->poll_started_ns = now_ns;
	begin_steps(s, PHASE_POLLING, now_ns, s->limits.query_ns);
	return true;
}

void session_poll(Session *s, int64_t now_ns, unsigned wants, NodeSample *reuse)
{
	if (!begin_poll(s, now_ns, reuse))
		return;
	bool sent = send_prepared(s, QUERY_NODE) && send_prepared(s, QUERY_SLOTS) && send_prepared(s, QUERY_SENDERS) &&
	            ((wants & POLL_BACKUPS) == 0 || send_prepared(s, QUERY_BACKUPS)) &&
	            ((wants & POLL_ACTIVITY) == 0 || send_prepared(s, QUERY_ACTIVITY)) &&
	            ((wants & POLL_ROLES) == 0 ||
	             (send_prepared(s, QUERY_ROLES) && send_prepared(s, QUERY_SUBSCRIPTIONS))) &&
	            ((wants & POLL_RECEIVER_PORT) == 0 || send_prepared(s, QUERY_RECEIVER_PORT)) && flush(s);
	if (!sent)
		s->deadline_ns = now_ns; /* the next step finds the connection bad and says why */
}

void session_poll_processes(Session *s, int64_t now_ns, QueryKind kind)
{
	if (begin_poll(s, now_ns, NULL) && !(send_prepared(s, kind) && flush(s)))
		s->deadline_ns = now_ns;
}

/* --- receiving ---------------------------------------------------------------------------------------------------- */

static Str get_value(const void *source, int row, int column)
{
	const PGresult *result = source;
	if (PQgetisnull(result, row, column))
		return STR_NONE;
	return (Str){PQgetvalue(result, row, column), (size_t)PQgetlength(result, row, column)};
}

static void note_failure(Session *s, QueryKind kind, const char *message)
{
	if (kind == QUERY_NODE || kind == QUERY_PROCESSES || kind == QUERY_LONG_LIVED)
		s->poll_failed = true;
	if (s->sample == NULL || !str_is_none(s->sample->notice))
		return;
	Str rest = str_from(message);
	s->sample->notice = str_dup(&s->sample->arena, str_trim(str_cut(&rest, '\n')));
}

static Privilege privilege_of(const NodeIdentity *identity)
{
	if (identity->can_read_files && identity->can_monitor)
		return PRIVILEGE_FILES;
	return identity->can_monitor ? PRIVILEGE_MONITOR : PRIVILEGE_PLAIN;
}

static bool decode_rows(Session *s, QueryKind kind, Rows rows, Err *err)
{
	switch (kind) {
	case QUERY_IDENTITY:
		if (!decode_identity(&s->arena, rows, &s->identity, err))
			return false;
		s->identity.version_num = PQserverVersion(s->conn);
		s->privilege = privilege_of(&s->identity);
		return true;
	case QUERY_NODE:
		return decode_node(rows, s->sample, err);
	case QUERY_SLOTS:
		return decode_slots(rows, s->sample, err);
	case QUERY_SENDERS:
		return decode_senders(rows, s->sample, err);
	case QUERY_BACKUPS:
		return decode_backups(rows, s->sample, err);
	case QUERY_ACTIVITY:
		return decode_activity(rows, s->sample, err);
	case QUERY_ROLES:
		return decode_roles(rows, s->sample, err);
	case QUERY_SUBSCRIPTIONS:
		return decode_subscriptions(rows, s->sample, err);
	case QUERY_RECEIVER_PORT:
		return decode_receiver_port(rows, &s->receiver_port, err);
	case QUERY_PROCESSES:
	case QUERY_LONG_LIVED:
		return decode_processes(rows, s->identity.backend_pid, s->sample, err);
	case QUERY_CANCEL:
	case QUERY_TERMINATE:
		return decode_signal(rows, &s->act_answer, err);
	case QUERY_PAUSE:
	case QUERY_RESUME:
		return decode_replay(rows, &s->act_answer, err);
	case QUERY_COUNT:
		break;
	}
	return true;
}

/* One result that belongs to a step. False: the session cannot go on; the error is set. */
static bool take_result(Session *s, Expected expected, PGresult *result, Err *err)
{
	ExecStatusType status = PQresultStatus(result);
	if (status == PGRES_TUPLES_OK && expected.step == STEP_QUERY) {
		Rows rows = {result, PQntuples(result), PQnfields(result), get_value};
		Err bad = {""};
		if (decode_rows(s, expected.kind, rows, &bad))
			return true;
		if (s->phase != PHASE_POLLING)
			return err_set(err, "%s", bad.text);
		note_failure(s, expected.kind, bad.text);
		return true;
	}
	if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_PIPELINE_ABORTED)
		return true;
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	if (message == NULL)
		message = PQresultErrorMessage(result);
	if (s->phase == PHASE_ACTING) {
		const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
		s->act_answer = code != NULL && strcmp(code, "42501") == 0 ? ACT_DENIED : ACT_ERROR;
		note_act_words(s, result);
		note_last_words(s, result);
		return true;
	}
	if (expected.step == STEP_PREPARE)
		s->prepared[expected.kind] = false;
	if (s->phase != PHASE_POLLING && expected.step != STEP_SET)
		return err_set(err, "%s", message);
	note_failure(s, expected.kind, message);
	note_last_words(s, result);
	return true;
}

/* All results that are here. *complete: the last Sync was answered. */
static bool take_results(Session *s, bool *complete, Err *err)
{
	*complete = false;
	while (s->at_expected < s->nexpected) {
		if (PQisBusy(s->conn))
			return true;
		PGresult *result = PQgetResult(s->conn);
		if (result == NULL) {
			if (PQstatus(s->conn) == CONNECTION_BAD)
				return err_set(err, "%s", PQerrorMessage(s->conn));
			continue; /* the end of one query's results */
		}
		bool ok = true;
		if (PQresultStatus(result) == PGRES_PIPELINE_SYNC)
			s->at_expected++;
		else
			ok = take_result(s, s->expected[s->at_expected], result, err);
		PQclear(result);
		if (PQstatus(s->conn) == CONNECTION_BAD)
			return err_set(err, "%s", PQerrorMessage(s->conn));
		if (!ok)
			return false;
	}
	*complete = true;
	return true;
}

static SessionEvent complete_steps(Session *s, int64_t now_ns)
{
	s->deadline_ns = INT64_MAX;
	switch (s->phase) {
	case PHASE_IDENTIFYING:
		s->phase = PHASE_READY;
		return SESSION_READY;
	case PHASE_ACTING:
		s->phase = PHASE_READY;
		return SESSION_ACTED;
	case PHASE_POLLING:
		s->phase = PHASE_READY;
		s->error.text[0] = '\0';
		if (s->poll_failed) { /* a promotion in the middle, or statement_timeout; the next poll tells */
			err_set(&s->error, "%.*s", STR_ARG(s->sample->notice));
			sample_free(sample_unref(s->sample));
			s->sample = NULL;
			return SESSION_NOTHING;
		}
		s->sample->t_mono_ns = now_ns;
		s->sample->t_asked_ns = s->poll_started_ns;
		if (s->sample->receiver.pid != 0)
			s->sample->receiver.local_port = s->receiver_port;
		return SESSION_ANSWERED;
	case PHASE_CONNECTING:
	case PHASE_READY:
	case PHASE_CLOSED:
		break;
	}
	return SESSION_NOTHING;
}

/* --- stepping ----------------------------------------------------------------------------------------------------- */

static SessionEvent begin_identify(Session *s, int64_t now_ns)
{
	PQsetnonblocking(s->conn, 1);
	if (PQenterPipelineMode(s->conn) != 1)
		return fail(s, FAILURE_PROTOCOL, "pipeline mode is not available");
	if (s->for_acts) {
		s->phase = PHASE_READY;
		s->deadline_ns = INT64_MAX;
		return SESSION_READY;
	}
	if (!send_identify(s, now_ns))
		return fail(s, FAILURE_UNREACHABLE, PQerrorMessage(s->conn));
	return SESSION_NOTHING;
}

static SessionEvent step_connecting(Session *s, int64_t now_ns)
{
	s->wants = PQconnectPoll(s->conn);
	if (s->wants == PGRES_POLLING_OK) {
		if (PQserverVersion(s->conn) < QUERY_OLDEST_VERSION * 10000)
			return fail(s, FAILURE_PROTOCOL, "PostgreSQL 10 or newer is needed");
		return begin_identify(s, now_ns);
	}
	if (s->wants == PGRES_POLLING_FAILED)
		return fail(s, classify(PQerrorMessage(s->conn)), PQerrorMessage(s->conn));
	return SESSION_NOTHING;
}

static SessionEvent step_deadline(Session *s)
{
	if (s->phase == PHASE_CONNECTING && PQstatus(s->conn) == CONNECTION_STARTED)
		return fail(s, FAILURE_UNREACHABLE, "no TCP answer (timed out)");
	return fail(s, FAILURE_SILENT,
	            s->phase == PHASE_CONNECTING ? "connected, but the server does not answer"
	                                         : "the server does not answer");
}

/* Whether the descriptor has something for us, without waiting: a step on a deadline alone must not read. */
static bool is_readable(const Session *s, short events)
{
	struct pollfd p = {.fd = PQsocket(s->conn), .events = events};
	return poll(&p, 1, 0) > 0;
}

static bool receive(Session *s)
{
	bool ok = PQconsumeInput(s->conn) == 1;
	if (s->phase == PHASE_READY)
		(void)PQisBusy(s->conn); /* libpq takes notices in only then; left alone, they would pile up */
	return ok;
}

SessionEvent session_step(Session *s, int64_t now_ns)
{
	if (s->phase == PHASE_CLOSED)
		return SESSION_NOTHING;
	if (s->conn == NULL)
		return fail(s, FAILURE_UNREACHABLE, "out of memory");
	if (PQstatus(s->conn) == CONNECTION_BAD)
		return fail(s, classify(PQerrorMessage(s->conn)), PQerrorMessage(s->conn));
	if (s->phase == PHASE_CONNECTING) {
		SessionEvent event = is_readable(s, session_events(s)) ? step_connecting(s, now_ns) : SESSION_NOTHING;
		bool late = s->phase == PHASE_CONNECTING &&
		            now_ns >= s->deadline_ns; /* also of one that never stops talking */
		return late ? step_deadline(s) : event;
	}
	if ((s->unsent && !flush(s)) || !receive(s))
		return fail(s, FAILURE_UNREACHABLE, PQerrorMessage(s->conn));
	if (s->unsent && !flush(s)) /* input may have made room for output */
		return fail(s, FAILURE_UNREACHABLE, PQerrorMessage(s->conn));
	bool complete;
	Err err = {""};
	if (!take_results(s, &complete, &err)) {
		bool refused = PQstatus(s->conn) != CONNECTION_BAD;
		return fail(s, refused ? FAILURE_DENIED : FAILURE_UNREACHABLE, err.text);
	}
	if (complete && s->phase != PHASE_READY)
		return complete_steps(s, now_ns);
	if (s->phase == PHASE_READY && PQstatus(s->conn) == CONNECTION_BAD)
		return fail(s, FAILURE_UNREACHABLE, PQerrorMessage(s->conn));
	return now_ns >= s->deadline_ns ? step_deadline(s) : SESSION_NOTHING;
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

const NodeIdentity *session_identity(const Session *s)
{
	return &s->identity;
}

Privilege session_privilege(const Session *s)
{
	return s->privilege;
}

bool session_is_ready(const Session *s)
{
	return s->phase == PHASE_READY;
}

bool session_is_polling(const Session *s)
{
	return s->phase == PHASE_POLLING;
}

int64_t session_poll_started(const Session *s)
{
	return s->poll_started_ns;
}

NodeSample *session_take_sample(Session *s)
{
	NodeSample *sample = s->sample;
	s->sample = NULL;
	return sample;
}

ActAnswer session_act_answer(const Session *s, const char **words)
{
	*words = s->act_words.text;
	return s->act_answer;
}

SessionFailure session_failure(const Session *s)
{
	return s->failure;
}

const char *session_error(const Session *s)
{
	return s->error.text;
}

bool session_needs_password(const Session *s)
{
	return s->needs_password;
}
