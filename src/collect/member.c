#include "collect/member.h"

#include "collect/local_servers.h"
#include "collect/proc_parse.h"
#include "collect/sockdiag.h"
#include "model/rows.h"

#include <stdlib.h>
#include <string.h>

#define BACKOFF_FIRST_NS INT64_C(500000000)
#define BACKOFF_MAX_NS INT64_C(15000000000)
#define SILENT_AFTER_NS INT64_C(1000000000)

/* Two servers in pid namespaces of their own can have the same numbers for their processes. */
#define CLAIMED_TWICE "/proc: not read, for several servers claim the same processes (containers)"

static char *copy_cstr(const char *text)
{
	if (text == NULL)
		return NULL;
	size_t size = strlen(text) + 1;
	char *copy = xcalloc(size, 1);
	memcpy(copy, text, size);
	return copy;
}

static void set_text(char *out, size_t size, Str text)
{
	StrBuf b = strbuf_fixed(out, size);
	strbuf_add(&b, text);
}

static void set_address(Member *m, Str host, int port)
{
	set_text(m->host, sizeof m->host, host);
	m->port = port;
	StrBuf b = STRBUF_ON(m->name);
	if (m->given_name != NULL)
		strbuf_add_cstr(&b, m->given_name);
	else
		strbuf_addf(&b, str_find(host, STR(":")) == SIZE_MAX ? "%.*s:%d" : "[%.*s]:%d", STR_ARG(host), port);
}

Member *member_new(NodeId id, const char *name, const ConnParams *params, const Endpoint *endpoint, bool given)
{
	Member *m = xcalloc(1, sizeof *m);
	m->id = id;
	m->given_name = copy_cstr(name);
	m->given = given;
	m->params = conn_params_copy(params);
	m->state = NODE_CONNECTING;
	m->backoff_ns = BACKOFF_FIRST_NS;
	remote_procs_init(&m->remote);
	member_add_way(m, endpoint->host, endpoint->port);
	if (endpoint->host == NULL) /* as psql, and then where psql would need -h */
		member_add_way(m, "localhost", endpoint->port);
	Str host = canonical_host(str_from(endpoint->host));
	set_address(m, str_eq(host, STR("[local]")) ? STR("127.0.0.1") : host, endpoint->port);
	return m;
}

void member_free(Member *m)
{
	if (m == NULL)
		return;
	session_close(m->session);
	proc_reader_free(m->reader);
	remote_procs_fini(&m->remote);
	sample_free(sample_unref(m->sample));
	sample_free(sample_unref(m->previous));
	sample_free(m->spent);
	arena_free(&m->identity_arena);
	for (size_t i = 0; i < m->naliases; i++)
		free(m->aliases[i]);
	free(m->aliases);
	for (size_t i = 0; i < m->nways; i++)
		free(m->ways[i].host);
	conn_params_free(m->params);
	free(m->given_name);
	free(m);
}

void member_add_way(Member *m, const char *host, int port)
{
	for (size_t i = 0; i < m->nways; i++)
		if (m->ways[i].port == port && host != NULL && m->ways[i].host != NULL &&
		    strcmp(m->ways[i].host, host) == 0)
			return;
	if (m->nways < MEMBER_WAYS_MAX)
		m->ways[m->nways++] = (Endpoint){copy_cstr(host), port};
}

static Str own_address(const Member *m, char *text, size_t size)
{
	StrBuf b = strbuf_fixed(text, size);
	strbuf_addf(&b, "%s:%d", m->host, m->port);
	return strbuf_str(&b);
}

bool member_has_address(const Member *m, Str alias)
{
	char text[288];
	if (str_eq_nocase(own_address(m, text, sizeof text), alias))
		return true;
	for (size_t i = 0; i < m->naliases; i++)
		if (str_eq_nocase(str_from(m->aliases[i]), alias))
			return true;
	return false;
}

void member_add_alias(Member *m, Str alias)
{
	if (member_has_address(m, alias))
		return;
	m->aliases = xrealloc_array(m->aliases, m->naliases + 1, sizeof *m->aliases);
	char *copy = xcalloc(alias.len + 1, 1);
	memcpy(copy, alias.data, alias.len);
	m->aliases[m->naliases++] = copy;
}

/* --- connecting --------------------------------------------------------------------------------------------------- */

static const Endpoint *current_way(const Member *m)
{
	return &m->ways[m->way];
}

static bool needs_resolving(const Endpoint *way)
{
	return way->host != NULL && way->host[0] != '/' && way->host[0] != '@' && !resolve_is_numeric(way->host);
}

static const char *current_hostaddr(const Member *m)
{
	return m->addresses.naddresses > 0 ? m->addresses.addresses[m->address] : NULL;
}

static void open_current(Member *m, const MemberEnv *env, int64_t now_ns)
{
	const Endpoint *way = current_way(m);
	m->session = session_open(m->params, way->host, current_hostaddr(m), way->port, env->limits, now_ns);
}

static NodeState state_of(SessionFailure failure)
{
	switch (failure) {
	case FAILURE_SILENT:
		return NODE_SILENT;
	case FAILURE_UNAVAILABLE:
		return NODE_UNAVAILABLE;
	case FAILURE_DENIED:
	case FAILURE_PROTOCOL:
		return NODE_DENIED;
	case FAILURE_NONE:
	case FAILURE_UNREACHABLE:
		break;
	}
	return NODE_DOWN;
}

/* Where to go after a failure: the host's next address, the next way, or all again after a pause. True: at once. */
static bool advance(Member *m, bool try_others, int64_t now_ns)
{
	if (try_others && m->address + 1 < m->addresses.naddresses) {
		m->address++;
		return true;
	}
	m->addresses.naddresses = 0;
	m->address = 0;
	if (try_others && m->way + 1 < m->nways) {
		m->way++;
		m->next_attempt_ns = now_ns;
		return true;
	}
	m->way = 0;
	/* jitter of up to a quarter, different for each node, so that a restarted host is not met by all at once */
	int64_t jitter = (int64_t)((m->id * 2654435761u) % 256) * m->backoff_ns / 1024;
	m->next_attempt_ns = now_ns + m->backoff_ns - jitter;
	m->backoff_ns = m->backoff_ns * 2 > BACKOFF_MAX_NS ? BACKOFF_MAX_NS : m->backoff_ns * 2;
	return false;
}

static MemberEvent fail(Member *m, SessionFailure failure, const char *text, int64_t now_ns)
{
	bool was_up = m->state == NODE_UP || (m->session != NULL && session_is_polling(m->session));
	/* a server that refuses us on one way is asked on another only if nobody named that way */
	bool try_others = !was_up && (failure == FAILURE_UNREACHABLE || (failure == FAILURE_DENIED && !m->given));
	NodeState state = state_of(failure);
	session_close(m->session);
	m->session = NULL;
	if (was_up)
		m->backoff_ns = BACKOFF_FIRST_NS;
	if (advance(m, try_others, now_ns))
		return MEMBER_NOTHING;
	/* the reason is the last one: that of the most specific way for a default host, "refused" for a restarting server */
	err_set(&m->error, "%s", text);
	m->state = state;
	m->failed_once = true;
	m->polled = false;
	return MEMBER_FAILED;
}

void member_resolved(Member *m, const ResolveAnswer *answer)
{
	m->resolving = false;
	m->addresses = *answer;
	m->address = 0;
}

static MemberEvent step_closed(Member *m, const MemberEnv *env, int64_t now_ns)
{
	const Endpoint *way = current_way(m);
	if (m->resolving || now_ns < m->next_attempt_ns)
		return MEMBER_NOTHING;
	if (needs_resolving(way)) {
		if (m->addresses.error[0] != '\0') {
			Err err;
			err_set(&err, "%s", m->addresses.error);
			m->addresses.error[0] = '\0';
			return fail(m, FAILURE_UNREACHABLE, err.text, now_ns);
		}
		if (m->addresses.naddresses == 0) {
			Err err;
			if (!resolver_ask(env->resolver, m->id, way->host, &err))
				return fail(m, FAILURE_UNREACHABLE, err.text, now_ns);
			m->resolving = true;
			return MEMBER_NOTHING;
		}
	}
	open_current(m, env, now_ns);
	return MEMBER_NOTHING;
}

/* --- answers ------------------------------------------------------------------------------------------------------ */

static NodeIdentity copy_identity(Arena *arena, const NodeIdentity *identity)
{
	NodeIdentity copy = *identity;
	copy.version = str_dup(arena, identity->version);
	copy.cluster_name = str_dup(arena, identity->cluster_name);
	copy.listen_addresses = str_dup(arena, identity->listen_addresses);
	copy.role = str_dup(arena, identity->role);
	copy.superusers = str_dup(arena, identity->superusers);
	return copy;
}

/* The address by which others know a server that we reached through its socket. */
static Str listen_host(Str listen_addresses)
{
	Str rest = listen_addresses;
	Str first = str_trim(str_cut(&rest, ','));
	if (first.len == 0)
		return STR("[local]");
	if (str_eq(first, STR("*")) || str_eq(first, STR("0.0.0.0")) || str_eq(first, STR("::")))
		return STR("127.0.0.1");
	return canonical_host(first);
}

static void forget_samples(Member *m)
{
	sample_free(sample_unref(m->sample));
	sample_free(sample_unref(m->previous));
	m->sample = m->previous = NULL;
}

/* Why the server may not read its /proc for us. */
static void note_remote_refusal(Member *m, const MemberEnv *env)
{
	static const char *const FUNCTIONS[] = {"pg_read_file", "pg_read_binary_file", "pg_ls_dir"};
	const NodeIdentity *identity = &m->identity;
	char text[sizeof m->remote_refusal.text];
	StrBuf missing = STRBUF_ON(text);
	if (!identity->can_monitor)
		strbuf_add_cstr(&missing, ", pg_monitor");
	if ((identity->missing_grants & GRANT_READ_SERVER_FILES) != 0)
		strbuf_add_cstr(&missing, ", pg_read_server_files");
	const char *word = ", EXECUTE on ";
	for (unsigned i = 0; i < sizeof FUNCTIONS / sizeof *FUNCTIONS; i++)
		if ((identity->missing_grants & (unsigned)GRANT_READ_FILE << i) != 0) {
			strbuf_addf(&missing, "%s%s", word, FUNCTIONS[i]);
			word = ", ";
		}
	m->remote_refusal.text[0] = '\0';
	if (!env->remote_procs)
		err_set(&m->remote_refusal, "turned off by remote-proc" PROC_BY_SQL);
	else if (identity->version_num / 10000 < 11)
		err_set(&m->remote_refusal, "not before PostgreSQL 11" PROC_BY_SQL);
	else if (strbuf_str(&missing).len > 0)
		err_set(&m->remote_refusal, "the role needs %s" PROC_BY_SQL, text + 2);
}

/* Where the server's processes are, if on this host. */
static void find_processes(Member *m, const MemberEnv *env, bool this_host, int64_t now_ns)
{
	const NodeIdentity *id = &m->identity;
	proc_reader_free(m->reader);
	m->reader = NULL;
	m->postmaster_pid = 0;
	m->nested = m->denied = false;
	m->unseen = STR_NONE;
	if (env->procfs == NULL)
		return;
	int pid = procfs_find_postmaster(env->procfs, id->backend_pid, id->backend_start_us, id->postmaster_start_us);
	if (pid == 0) {
		pid = local_servers_find_nested(env->procfs, id->backend_pid, id->backend_start_us,
		                                id->postmaster_start_us, now_ns);
		m->nested = pid > 0;
	}
	if (pid > 0) {
		m->postmaster_pid = pid;
		m->reader = m->nested ? proc_reader_new_nested(env->procfs, pid) : proc_reader_new(env->procfs, pid);
	} else if (pid < 0) {
		m->unseen = STR(CLAIMED_TWICE);
	} else if (this_host) {
		m->unseen = procfs_why_unseen(env->procfs, id->backend_pid);
	}
}

static MemberEvent become_ready(Member *m, const MemberEnv *env, int64_t now_ns)
{
	const NodeIdentity *identity = session_identity(m->session);
	bool restarted = m->has_identity && m->identity.postmaster_start_us != identity->postmaster_start_us;
	if (m->has_identity && m->identity.system_identifier != identity->system_identifier)
		forget_samples(m); /* re-initialised: what was known is another cluster's */
	if (restarted) {
		m->sample_is_old = true;
		remote_procs_fini(&m->remote);
	}
	arena_reset(&m->identity_arena);
	m->identity = copy_identity(&m->identity_arena, identity);
	m->has_identity = true;
	const Endpoint *way = current_way(m);
	bool by_socket = way->host == NULL || way->host[0] == '/' || way->host[0] == '@';
	Str host = by_socket ? listen_host(m->identity.listen_addresses) : canonical_host(str_from(way->host));
	set_address(m, host, by_socket ? m->identity.port : way->port);
	find_processes(m, env, by_socket || str_eq(host, STR("127.0.0.1")), now_ns);
	note_remote_refusal(m, env);
	m->receiver_pid = 0;
	m->ask_receiver_port = false;
	m->needs_password = false;
	m->backoff_ns = BACKOFF_FIRST_NS;
	return MEMBER_READY;
}

/* The ends of a receiver's connection stay the same while its process lives: asked for once each. */
static void ask_receiver_ends(Member *m, const MemberEnv *env, const WalReceiver *receiver)
{
	bool by_socket = str_eq(canonical_host(receiver->sender_host), STR("[local]"));
	m->receiver_port = m->receiver_peer_pid = 0;
	bool here = m->postmaster_pid != 0 && !m->nested; /* in a container its pids and its network are its own */
	if (here && by_socket)
		m->receiver_peer_pid = sockdiag_wal_sender(env->proc_root, receiver->pid);
	else if (here)
		m->receiver_port = procfs_tcp_local_port(env->procfs, receiver->pid, receiver->sender_port);
	m->ask_receiver_port = m->receiver_port == 0 && !by_socket && session_privilege(m->session) == PRIVILEGE_FILES;
}

static void find_receiver_ends(Member *m, const MemberEnv *env, WalReceiver *receiver)
{
	if (receiver->pid == 0 || receiver->sender_port == 0)
		return;
	if (m->receiver_pid != receiver->pid || m->receiver_start_us != receiver->start_us) {
		m->receiver_pid = receiver->pid;
		m->receiver_start_us = receiver->start_us;
		ask_receiver_ends(m, env, receiver);
	}
	if (receiver->local_port != 0) { /* the server told it in this answer */
		m->receiver_port = receiver->local_port;
		m->ask_receiver_port = false;
	}
	receiver->local_port = m->receiver_port;
	receiver->peer_pid = m->receiver_peer_pid;
}

static void add_notice(NodeSample *sample, Str notice)
{
	if (str_is_none(sample->notice))
		sample->notice = notice;
	else
		sample->notice = str_format(&sample->arena, "%.*s; %.*s", STR_ARG(notice), STR_ARG(sample->notice));
}

/* What is to be said of an answer that is none of its failures; a part that did fail is said behind it. */
static void note_limits(const Member *m, NodeSample *sample)
{
	int major = m->identity.version_num / 10000;
	if (receiver_is_hidden(&sample->receiver) && str_is_none(sample->notice))
		sample->notice = STR("its upstream is " NOT_VISIBLE);
	if (major > QUERY_NEWEST_VERSION)
		add_notice(sample, str_format(&sample->arena, "PostgreSQL %d is newer than this program knows (%d)",
		                              major, QUERY_NEWEST_VERSION));
}

static void parse_titles(const ProcTable *table, Str cluster_name)
{
	for (size_t i = 0; i < table->nrows; i++) {
		ProcSample *row = &table->rows[i];
		ProcTitle title;
		if (!proc_parse_title(row->title, cluster_name, &title))
			continue;
		row->backend_type = title.backend_type;
		row->at = title.at;
		row->wal_lsn = title.wal_lsn;
		row->wal_file = title.wal_file;
	}
}

static void give_up(Member *m, NodeSample *sample)
{
	NodeSample *last = sample_unref(sample);
	if (m->spent == NULL)
		m->spent = last;
	else
		sample_free(last);
}

/* Whether not one of them may be read. */
static bool is_denied(const ProcTable *table)
{
	for (size_t i = 0; i < table->nrows; i++)
		if (table->rows[i].io_access != PROC_DENIED)
			return false;
	return table->nrows > 0;
}

static MemberEvent take_answer(Member *m, const MemberEnv *env, int64_t now_ns)
{
	NodeSample *sample = session_take_sample(m->session);
	find_receiver_ends(m, env, &sample->receiver);
	note_limits(m, sample);
	sample_keep_wal_counts(sample, m->sample);
	if (sample->has_activity && m->reader != NULL) {
		sample->procs =
			proc_reader_read_busy(m->reader, &sample->arena, now_ns, sample->activity, sample->nactivity);
		parse_titles(sample->procs, m->identity.cluster_name);
		m->denied = is_denied(sample->procs);
	}
	give_up(m, m->previous);
	m->previous = m->sample;
	if (m->sample_is_old) {
		give_up(m, m->previous);
		m->previous = NULL;
		m->sample_is_old = false;
	}
	m->sample = sample;
	m->state = NODE_UP;
	m->failed_once = false;
	m->error.text[0] = '\0';
	m->fresh = true;
	return MEMBER_ANSWERED;
}

/* From when on the outstanding answer is overdue, which the row says before the session is given up. */
static int64_t overdue_at(const Member *m)
{
	bool polling = m->session != NULL && session_is_polling(m->session);
	bool unexplained = m->state == NODE_UP || (m->state == NODE_CONNECTING && !m->probe);
	return polling && unexplained ? session_poll_started(m->session) + SILENT_AFTER_NS : INT64_MAX;
}

/* A server that answers a poll with an error keeps its session; a node that never answered one is refused. True: news. */
static bool note_failed_poll(Member *m)
{
	if (!session_is_ready(m->session) || session_error(m->session)[0] == '\0' ||
	    strcmp(session_error(m->session), m->error.text) == 0)
		return false;
	err_set(&m->error, "%s", session_error(m->session));
	if (m->sample == NULL) {
		m->state = NODE_DENIED;
		m->failed_once = true;
	}
	return true;
}

MemberEvent member_step(Member *m, const MemberEnv *env, int64_t now_ns)
{
	if (m->session == NULL)
		return step_closed(m, env, now_ns);
	switch (session_step(m->session, now_ns)) {
	case SESSION_READY:
		return become_ready(m, env, now_ns);
	case SESSION_ANSWERED:
		return take_answer(m, env, now_ns);
	case SESSION_FAILED:
		m->needs_password = session_needs_password(m->session);
		Err err;
		err_set(&err, "%s", session_error(m->session));
		return fail(m, session_failure(m->session), err.text, now_ns);
	case SESSION_ACTED:
	case SESSION_NOTHING:
		break;
	}
	if (note_failed_poll(m))
		return MEMBER_FAILED;
	if (now_ns < overdue_at(m))
		return MEMBER_NOTHING;
	m->state = NODE_SILENT;
	err_set(&m->error, "the server does not answer");
	return MEMBER_FAILED;
}

static int64_t own_deadline(const Member *m)
{
	if (m->session != NULL) {
		int64_t deadline = session_deadline(m->session), overdue = overdue_at(m);
		return overdue < deadline ? overdue : deadline;
	}
	return m->resolving ? INT64_MAX : m->next_attempt_ns;
}

int64_t member_deadline(const Member *m)
{
	int64_t own = own_deadline(m),
		remote = m->remote.session != NULL ? session_deadline(m->remote.session) : INT64_MAX;
	return own < remote ? own : remote;
}

/* How far a backup is costs a query only while one runs. */
static bool takes_backup(const NodeSample *sample)
{
	for (size_t i = 0; sample != NULL && i < sample->nsenders; i++)
		if (str_eq(sample->senders[i].state, STR("backup")))
			return true;
	return false;
}

bool member_poll(Member *m, int64_t now_ns, bool processes, bool roles)
{
	if (m->session == NULL || !session_is_ready(m->session))
		return false;
	NodeSample *reuse = m->spent;
	m->spent = NULL;
	unsigned wants = (processes ? POLL_ACTIVITY : 0u) | (m->ask_receiver_port ? POLL_RECEIVER_PORT : 0u) |
	                 (takes_backup(m->sample) ? POLL_BACKUPS : 0u) | (roles ? POLL_ROLES : 0u);
	session_poll(m->session, now_ns, wants, reuse);
	m->ask_receiver_port = false;
	m->polled = true;
	return true;
}

/* Processes that this user may not read the server may. */
static bool is_read_here(const Member *m)
{
	return m->postmaster_pid != 0 && !m->denied;
}

void member_want_processes(Member *m, const MemberEnv *env, bool wanted, int64_t now_ns)
{
	RemoteServer server = {.params = m->params, .limits = env->limits};
	if (!wanted || is_read_here(m) || m->remote_refusal.text[0] != '\0')
		remote_procs_unwant(&m->remote, now_ns);
	else if (member_endpoint(m, &server.host, &server.hostaddr, &server.port))
		remote_procs_want(&m->remote, &server, now_ns);
}

bool member_step_processes(Member *m, int64_t now_ns)
{
	if (!remote_procs_step(&m->remote, &m->identity, now_ns))
		return false;
	if (m->remote.newest != NULL)
		parse_titles(m->remote.newest->procs, m->identity.cluster_name);
	return true;
}

void member_forget_local(Member *m)
{
	proc_reader_free(m->reader);
	m->reader = NULL;
	m->postmaster_pid = 0;
	m->nested = m->denied = false;
	m->unseen = STR(CLAIMED_TWICE);
	m->receiver_pid = 0;
	m->ask_receiver_port = false;
}

void member_retry(Member *m, int64_t now_ns)
{
	if (m->session == NULL)
		m->next_attempt_ns = now_ns;
}

bool member_is_outstanding(const Member *m)
{
	return m->polled && m->session != NULL && session_is_polling(m->session) && m->state != NODE_SILENT;
}

bool member_is_pending(const Member *m)
{
	return m->sample == NULL && !m->failed_once;
}

bool member_endpoint(const Member *m, const char **host, const char **hostaddr, int *port)
{
	if (m->session == NULL || !m->has_identity)
		return false;
	*host = current_way(m)->host;
	*hostaddr = current_hostaddr(m);
	*port = current_way(m)->port;
	return true;
}

static void publish_remote(const Member *m, Arena *arena, Node *out)
{
	if (is_read_here(m) || !m->has_identity)
		return;
	Str error = str_from(m->remote_refusal.text[0] != '\0' ? m->remote_refusal.text : m->remote.error.text);
	if (error.len > 0 && m->denied)
		return; /* what can be read here says more */
	if (error.len > 0) {
		ProcTable *table = ARENA_NEW(arena, ProcTable);
		*table = (ProcTable){.source = STR("sql"), .error = str_dup(arena, error)};
		if (!str_is_none(m->unseen)) /* it is on this host: two ways are shut */
			table->error = str_format(arena, "%.*s; %.*s", STR_ARG(m->unseen), STR_ARG(error));
		out->remote_error = table;
	} else if (m->remote.newest != NULL) {
		out->remote = sample_ref(m->remote.newest);
		out->remote_previous = m->remote.previous != NULL ? sample_ref(m->remote.previous) : NULL;
	}
}

void member_publish(Member *m, Arena *arena, Node *out)
{
	*out = (Node){.id = m->id, .port = m->port, .state = m->state, .given = m->given};
	out->name = str_dup(arena, str_from(m->name));
	out->host = str_dup(arena, str_from(m->host));
	Str *aliases = ARENA_ARRAY(arena, Str, m->naliases);
	for (size_t i = 0; i < m->naliases; i++)
		aliases[i] = str_dup(arena, str_from(m->aliases[i]));
	out->aliases = aliases;
	out->naliases = m->naliases;
	out->local = m->postmaster_pid != 0;
	if (m->error.text[0] != '\0')
		out->error = str_dup(arena, str_from(m->error.text));
	if (m->has_identity) {
		NodeIdentity *identity = ARENA_NEW(arena, NodeIdentity);
		*identity = copy_identity(arena, &m->identity);
		out->identity = identity;
	}
	out->sample = m->sample != NULL ? sample_ref(m->sample) : NULL;
	out->previous = m->previous != NULL ? sample_ref(m->previous) : NULL;
	publish_remote(m, arena, out);
	m->fresh = false;
}
