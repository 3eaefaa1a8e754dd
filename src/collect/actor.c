#include "collect/actor.h"

#include <stdlib.h>
#include <string.h>

/* What is to be done on one node. */
typedef struct Job {
	NodeId node;
	Session *session;
	ActRequest *requests;
	size_t count, cap;
	size_t at;      /* the next one to be answered */
	bool in_flight; /* and it has been sent */
} Job;

struct Actor {
	SessionLimits limits;
	Job **jobs;
	size_t njobs;
	ActResult *results;
	size_t nresults, cap_results, taken;
};

Actor *actor_new(SessionLimits limits)
{
	Actor *a = xcalloc(1, sizeof *a);
	a->limits = limits;
	return a;
}

static void job_free(Job *job)
{
	session_close(job->session);
	free(job->requests);
	free(job);
}

void actor_free(Actor *a)
{
	if (a == NULL)
		return;
	for (size_t i = 0; i < a->njobs; i++)
		job_free(a->jobs[i]);
	free(a->jobs);
	free(a->results);
	free(a);
}

/* --- asking ------------------------------------------------------------------------------------------------------- */

static Job *job_of(Actor *a, NodeId node)
{
	for (size_t i = 0; i < a->njobs; i++)
		if (a->jobs[i]->node == node)
			return a->jobs[i];
	a->jobs = xrealloc_array(a->jobs, a->njobs + 1, sizeof *a->jobs);
	Job *job = xcalloc(1, sizeof *job);
	job->node = node;
	a->jobs[a->njobs++] = job;
	return job;
}

void actor_ask(Actor *a, NodeId node, const ConnParams *params, const char *host, const char *hostaddr, int port,
               const ActRequest *request, int64_t now_ns)
{
	Job *job = job_of(a, node);
	if (job->session == NULL)
		job->session = session_open_acts(params, host, hostaddr, port, a->limits, now_ns);
	if (job->count == job->cap) {
		job->cap = job->cap == 0 ? 4 : 2 * job->cap;
		job->requests = xrealloc_array(job->requests, job->cap, sizeof *job->requests);
	}
	job->requests[job->count++] = *request;
}

/* --- answers ------------------------------------------------------------------------------------------------------ */

static void push_result(Actor *a, Job *job, ActAnswer answer, const char *detail)
{
	if (a->nresults == a->cap_results) {
		a->cap_results = a->cap_results == 0 ? 8 : 2 * a->cap_results;
		a->results = xrealloc_array(a->results, a->cap_results, sizeof *a->results);
	}
	ActResult *r = &a->results[a->nresults++];
	*r = (ActResult){.token = job->requests[job->at++].token, .answer = answer};
	StrBuf b = STRBUF_ON(r->detail);
	strbuf_add_cstr(&b, detail);
	job->in_flight = false;
}

/* What was sent may have been done; what was not sent was not. */
static void fail_job(Actor *a, Job *job)
{
	char text[320];
	StrBuf why = STRBUF_ON(text);
	int64_t limit_ns = job->in_flight ? a->limits.query_ns : a->limits.connect_ns;
	if (session_failure(job->session) == FAILURE_SILENT)
		strbuf_addf(&why, "no answer within %g s", (double)limit_ns / 1e9);
	else
		strbuf_add_cstr(&why, session_error(job->session));
	if (job->in_flight)
		push_result(a, job, ACT_NO_ANSWER, text);
	while (job->at < job->count)
		push_result(a, job, ACT_NOT_SENT, text);
}

static void send_next(Job *job, int64_t now_ns)
{
	static const QueryKind KINDS[] = {[ACT_CANCEL] = QUERY_CANCEL,
	                                  [ACT_TERMINATE] = QUERY_TERMINATE,
	                                  [ACT_PAUSE] = QUERY_PAUSE,
	                                  [ACT_RESUME] = QUERY_RESUME};
	const ActRequest *r = &job->requests[job->at];
	job->in_flight = true;
	session_act(job->session, now_ns, KINDS[r->kind], r->pid, r->start_us);
}

static void step_job(Actor *a, Job *job, int64_t now_ns)
{
	const char *words;
	ActAnswer answer;
	SessionEvent event;
	while (job->at < job->count && (event = session_step(job->session, now_ns)) != SESSION_NOTHING) {
		if (event == SESSION_FAILED)
			fail_job(a, job);
		if (event == SESSION_ACTED) {
			answer = session_act_answer(job->session, &words);
			push_result(a, job, answer, words);
		}
		if (job->at < job->count && !job->in_flight)
			send_next(job, now_ns);
	}
}

void actor_step(Actor *a, int64_t now_ns)
{
	size_t kept = 0;
	for (size_t i = 0; i < a->njobs; i++) {
		Job *job = a->jobs[i];
		step_job(a, job, now_ns);
		if (job->at < job->count)
			a->jobs[kept++] = job;
		else
			job_free(job);
	}
	a->njobs = kept;
}

bool actor_has_result(const Actor *a)
{
	return a->taken < a->nresults;
}

bool actor_take(Actor *a, ActResult *out)
{
	if (!actor_has_result(a))
		return false;
	*out = a->results[a->taken++];
	if (a->taken == a->nresults)
		a->taken = a->nresults = 0;
	return true;
}

/* --- waiting ------------------------------------------------------------------------------------------------------ */

size_t actor_sessions(const Actor *a)
{
	return a->njobs;
}

const Session *actor_session(const Actor *a, size_t i)
{
	return a->jobs[i]->session;
}

int64_t actor_deadline(const Actor *a)
{
	int64_t deadline = INT64_MAX;
	for (size_t i = 0; i < a->njobs; i++) {
		int64_t own = session_deadline(a->jobs[i]->session);
		deadline = own < deadline ? own : deadline;
	}
	return deadline;
}
