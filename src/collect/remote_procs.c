#include "collect/remote_procs.h"

#define BACKOFF_FIRST_NS INT64_C(1000000000)
#define BACKOFF_MAX_NS INT64_C(60000000000)
/* How often a statement that fails because a process exits may cost a line in the server's log. */
#define ALL_PAUSE_NS INT64_C(60000000000)
#define HANG_UP_NS INT64_C(5000000000)
#define PROMPT_NS INT64_C(250000000)

static void forget(RemoteProcs *r)
{
	sample_free(sample_unref(r->newest));
	sample_free(sample_unref(r->previous));
	r->newest = r->previous = NULL;
}

static void hang_up(RemoteProcs *r)
{
	session_close(r->session);
	r->session = NULL;
	r->asked = QUERY_COUNT;
	r->ask_now = false;
	r->prompt = false;
}

void remote_procs_init(RemoteProcs *r)
{
	*r = (RemoteProcs){.asked = QUERY_COUNT, .all_failed_ns = INT64_MIN, .wanted_ns = INT64_MIN};
	r->backoff_ns = BACKOFF_FIRST_NS;
}

void remote_procs_fini(RemoteProcs *r)
{
	forget(r);
	hang_up(r);
	remote_procs_init(r);
}

/* Old values would look like new ones, so they go. */
static bool fail(RemoteProcs *r, const char *why, int64_t now_ns)
{
	forget(r);
	err_set(&r->error, "%s" PROC_BY_SQL, why);
	r->next_attempt_ns = now_ns + r->backoff_ns;
	r->backoff_ns = r->backoff_ns * 2 > BACKOFF_MAX_NS ? BACKOFF_MAX_NS : r->backoff_ns * 2;
	r->prompt = false;
	return true;
}

static void ask(RemoteProcs *r, int64_t now_ns)
{
	r->ask_now = false;
	r->asked = now_ns >= r->all_again_ns ? QUERY_PROCESSES : QUERY_LONG_LIVED;
	r->asked_ns = now_ns;
	session_poll_processes(r->session, now_ns, r->asked);
}

void remote_procs_want(RemoteProcs *r, const RemoteServer *server, int64_t now_ns)
{
	r->wanted_ns = now_ns;
	if (r->asked != QUERY_COUNT)
		r->prompt = false; /* a refresh has gone by without it */
	if (r->asked != QUERY_COUNT || now_ns < r->next_attempt_ns)
		return;
	if (r->session == NULL)
		r->session = session_open(server->params, server->host, server->hostaddr, server->port, server->limits,
		                          now_ns);
	if (session_is_ready(r->session))
		ask(r, now_ns);
	else
		r->ask_now = true;
}

void remote_procs_unwant(RemoteProcs *r, int64_t now_ns)
{
	if (r->wanted_ns == INT64_MIN)
		return;
	forget(r);
	r->error.text[0] = '\0';
	r->ask_now = false;
	if (now_ns - r->wanted_ns < HANG_UP_NS)
		return;
	hang_up(r);
	r->wanted_ns = INT64_MIN;
}

/* When the values were read, on our clock: the server's tells how long after the ones before, and it was between the
 * question and the answer. The arrival alone would turn an answer that was held up into a wrong rate. */
static int64_t moment_of(const RemoteProcs *r, const NodeSample *sample)
{
	const NodeSample *before = r->newest;
	if (before == NULL || before->server_time_us == TIME_NONE || sample->server_time_us == TIME_NONE)
		return sample->t_asked_ns;
	int64_t passed_us = sample->server_time_us - before->server_time_us;
	if (passed_us < 0 || passed_us > (sample->t_mono_ns - before->procs->t_mono_ns) / 1000)
		return sample->t_mono_ns;
	int64_t moment = before->procs->t_mono_ns + passed_us * 1000;
	return moment > sample->t_asked_ns ? moment : sample->t_asked_ns;
}

static bool take(RemoteProcs *r, int64_t now_ns)
{
	NodeSample *sample = session_take_sample(r->session);
	bool all = r->asked == QUERY_PROCESSES;
	r->asked = QUERY_COUNT;
	if (sample->procs == NULL) { /* the role lost a right since the node's own session began */
		sample_free(sample_unref(sample));
		return fail(r, "this role may not read it any more", now_ns);
	}
	ProcTable *table = (ProcTable *)sample->procs; /* ours until it is published */
	table->t_mono_ns = moment_of(r, sample);
	if (!all && str_is_none(table->error))
		table->error = STR("not read, processes come and go too fast" PROC_BY_SQL);
	sample_free(sample_unref(r->previous));
	r->previous = r->newest;
	r->newest = sample;
	r->prompt = now_ns - r->asked_ns < PROMPT_NS;
	r->backoff_ns = BACKOFF_FIRST_NS;
	r->error.text[0] = '\0';
	return true;
}

/* The server answered the statement with an error. */
static bool take_refusal(RemoteProcs *r, int64_t now_ns)
{
	bool all = r->asked == QUERY_PROCESSES;
	r->asked = QUERY_COUNT;
	if (!all)
		return fail(r, session_error(r->session), now_ns);
	if (r->all_failed_ns != INT64_MIN && now_ns - r->all_failed_ns < ALL_PAUSE_NS)
		r->all_again_ns = now_ns + ALL_PAUSE_NS;
	r->all_failed_ns = now_ns;
	ask(r, now_ns);
	return false;
}

static bool take_loss(RemoteProcs *r, int64_t now_ns)
{
	Err why;
	err_set(&why, "%s", session_error(r->session));
	hang_up(r);
	return fail(r, why.text, now_ns);
}

bool remote_procs_step(RemoteProcs *r, const NodeIdentity *identity, int64_t now_ns)
{
	bool changed = false;
	while (r->session != NULL) {
		SessionEvent event = session_step(r->session, now_ns);
		if (event == SESSION_FAILED)
			return take_loss(r, now_ns);
		if (event == SESSION_READY) {
			const NodeIdentity *found = session_identity(r->session);
			if (found->system_identifier != identity->system_identifier ||
			    found->postmaster_start_us != identity->postmaster_start_us) {
				hang_up(r);
				return fail(r, "its address leads to another server by now", now_ns);
			}
			if (r->ask_now)
				ask(r, now_ns);
		} else if (event == SESSION_ANSWERED) {
			changed |= take(r, now_ns);
		} else if (r->asked != QUERY_COUNT && session_is_ready(r->session)) {
			changed |= take_refusal(r, now_ns);
		} else {
			return changed;
		}
	}
	return changed;
}

bool remote_procs_is_awaited(const RemoteProcs *r)
{
	return r->asked != QUERY_COUNT && r->prompt;
}

bool remote_procs_is_pending(const RemoteProcs *r)
{
	return (r->asked != QUERY_COUNT || r->ask_now) && r->newest == NULL && r->error.text[0] == '\0';
}
