#include "collect/resolve.h"

#include "base/arena.h"
#include "base/str.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	THREADS_MAX = 32,
	THREAD_STACK = 1024 * 1024 /* name service modules are not written for small ones */
};

/* The threads' end of the channel. The last who lets go of it closes it: the resolver may be gone by then. An answer
 * travels as one message, whole: no memory changes hands. */
typedef struct Channel {
	atomic_uint refs;
	int fd;
} Channel;

/* One look-up; owned by the queue, then by its thread. */
typedef struct Job {
	struct Job *next;
	Channel *channel;
	uint64_t token;
	char host[];
} Job;

struct Resolver {
	int fd; /* our end */
	Channel *channel;
	size_t running; /* threads whose answer was not taken yet */
	Job *first;     /* in line */
	Job **last;
};

static void channel_release(Channel *channel)
{
	if (atomic_fetch_sub_explicit(&channel->refs, 1, memory_order_acq_rel) > 1)
		return;
	close(channel->fd);
	free(channel);
}

static void job_free(Job *job)
{
	channel_release(job->channel);
	free(job);
}

static bool has_address(const ResolveAnswer *answer, const char *text)
{
	for (size_t i = 0; i < answer->naddresses; i++) {
		if (strcmp(answer->addresses[i], text) == 0)
			return true;
	}
	return false;
}

static void set_error(ResolveAnswer *answer, const char *text)
{
	StrBuf b = STRBUF_ON(answer->error);
	strbuf_add_cstr(&b, text);
}

static void look_up(const char *host, ResolveAnswer *answer)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	int rc = getaddrinfo(host, NULL, &hints, &list);
	if (rc != 0) {
		char text[128];
		set_error(answer, rc == EAI_SYSTEM ? strerror_r(errno, text, sizeof(text)) : gai_strerror(rc));
		return;
	}
	for (const struct addrinfo *a = list; a && answer->naddresses < RESOLVE_ADDRESSES_MAX; a = a->ai_next) {
		char *text = answer->addresses[answer->naddresses];
		if (getnameinfo(a->ai_addr, a->ai_addrlen, text, RESOLVE_ADDRESS_TEXT, NULL, 0, NI_NUMERICHOST) == 0 &&
		    !has_address(answer, text))
			answer->naddresses++;
		else
			text[0] = '\0';
	}
	freeaddrinfo(list);
	if (answer->naddresses == 0)
		set_error(answer, "the name has no address");
}

static void *run_job(void *context)
{
	Job *job = context;
	ResolveAnswer answer;
	memset(&answer, 0, sizeof(answer)); /* padding too: it is sent as bytes */
	answer.token = job->token;
	look_up(job->host, &answer);
	/* Waits while the channel is full; fails if nobody is there any more, and nobody misses it then. */
	ssize_t sent;
	do
		sent = send(job->channel->fd, &answer, sizeof(answer), MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	job_free(job);
	return NULL;
}

/* Takes the job over if it succeeds; else returns an error number. */
static int start_thread(Job *job)
{
	pthread_attr_t attr;
	int rc = pthread_attr_init(&attr);
	if (rc != 0)
		return rc;
	(void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	(void)pthread_attr_setstacksize(&attr, THREAD_STACK);
	/* The program's signals are for its loop; a new thread inherits the mask. */
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_t thread;
	rc = pthread_create(&thread, &attr, run_job, job);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_attr_destroy(&attr);
	return rc;
}

static Job *queue_pop(Resolver *resolver)
{
	Job *job = resolver->first;
	resolver->first = job->next;
	if (!resolver->first)
		resolver->last = &resolver->first;
	return job;
}

Resolver *resolver_new(Err *err)
{
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
		err_set(err, "cannot create a socket pair: %s", strerror(errno));
		return NULL;
	}
	Resolver *resolver = xcalloc(1, sizeof(*resolver));
	resolver->fd = ends[0];
	resolver->last = &resolver->first;
	resolver->channel = xcalloc(1, sizeof(*resolver->channel));
	resolver->channel->fd = ends[1];
	atomic_init(&resolver->channel->refs, 1);
	return resolver;
}

void resolver_free(Resolver *resolver)
{
	if (!resolver)
		return;
	while (resolver->first)
		job_free(queue_pop(resolver));
	close(resolver->fd);
	channel_release(resolver->channel);
	free(resolver);
}

int resolver_fd(const Resolver *resolver)
{
	return resolver->fd;
}

bool resolver_ask(Resolver *resolver, uint64_t token, const char *host, Err *err)
{
	size_t size = strlen(host) + 1;
	Job *job = xcalloc(1, sizeof(*job) + size);
	memcpy(job->host, host, size);
	job->token = token;
	job->channel = resolver->channel;
	atomic_fetch_add_explicit(&job->channel->refs, 1, memory_order_relaxed);
	int rc = resolver->running < THREADS_MAX ? start_thread(job) : EAGAIN;
	if (rc == 0) {
		resolver->running++;
		return true;
	}
	if (resolver->running == 0) { /* whose end would bring this one's turn? */
		job_free(job);
		return err_set(err, "cannot start a thread to look up %s: %s", host, strerror(rc));
	}
	*resolver->last = job;
	resolver->last = &job->next;
	return true;
}

/* As many of those in line as may run. If no thread can be started, the end of another one brings a new try. */
static int start_waiting(Resolver *resolver)
{
	int rc = 0;
	while (rc == 0 && resolver->first && resolver->running < THREADS_MAX) {
		Job *next = resolver->first->next;
		rc = start_thread(resolver->first);
		if (rc != 0)
			break;
		resolver->running++;
		resolver->first = next; /* the job is its thread's now */
		if (!next)
			resolver->last = &resolver->first;
	}
	return rc;
}

bool resolver_take(Resolver *resolver, ResolveAnswer *answer)
{
	int rc = start_waiting(resolver);
	if (rc != 0 && resolver->running == 0) { /* nothing would bring a new try: that is the answer */
		Job *job = queue_pop(resolver);
		*answer = (ResolveAnswer){.token = job->token};
		set_error(answer, "cannot start a thread to look up the name");
		job_free(job);
		return true;
	}
	ssize_t got;
	do
		got = recv(resolver->fd, answer, sizeof(*answer), MSG_DONTWAIT);
	while (got < 0 && errno == EINTR);
	if (got != (ssize_t)sizeof(*answer))
		return false;
	resolver->running--;
	(void)start_waiting(resolver);
	return true;
}

bool resolve_is_numeric(const char *host)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST};
	struct addrinfo *list = NULL;
	if (!host || getaddrinfo(host, NULL, &hints, &list) != 0)
		return false;
	freeaddrinfo(list);
	return true;
}
