/* SPDX-License-Identifier: ISC */
/* Host names are looked up by the C library in a thread of our own, which
 * cannot be ended.  getaddrinfo_a is not used: a child of a process that has
 * just asked it waits for the threads of its parent for ever. */
#include "config.h"

#include "resolve.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "str.h"
#include "xalloc.h"

/* One look-up; the thread writes to it until it is done. */
struct question {
	struct question *next;
	pid_t pid; /* threads do not live on in a child */
	pthread_mutex_t lock;
	pthread_cond_t answered;
	bool done;
	int rc;
	struct addrinfo *list;
	int port;
	char host[];
};

static struct question *resolve_late; /* nobody waits for them */

static void *
resolve_run(void *arg)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV };
	struct question *q = arg;
	struct addrinfo *list = NULL;
	char service[12];
	int rc;

	snprintf(service, sizeof(service), "%d", q->port);
	rc = getaddrinfo(q->host, service, &hints, &list);
	pthread_mutex_lock(&q->lock);
	q->rc = rc;
	q->list = list;
	q->done = true;
	pthread_cond_signal(&q->answered);
	pthread_mutex_unlock(&q->lock);
	return NULL;
}

static void
resolve_forget(struct question *q)
{
	pthread_cond_destroy(&q->answered);
	pthread_mutex_destroy(&q->lock);
	free(q);
}

/* Signals are for the thread that we are in. */
static int
resolve_begin(struct question *q)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&thread, &attr, resolve_run, q);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return rc;
}

static struct question *
resolve_ask(const char *host, int port)
{
	size_t len = strlen(host) + 1;
	struct question *q = xcalloc(1, sizeof(*q) + len);
	pthread_condattr_t attr;

	memcpy(q->host, host, len);
	q->port = port;
	q->pid = getpid();
	pthread_mutex_init(&q->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&q->answered, &attr);
	pthread_condattr_destroy(&attr);
	if (resolve_begin(q) == 0)
		return q;
	resolve_forget(q);
	return NULL;
}

/* Takes the look-up that an earlier call did not wait for, if there is one. */
static struct question *
resolve_again(const char *host, int port)
{
	struct question **at, *q;

	for (at = &resolve_late; (q = *at) != NULL; at = &q->next)
		if (q->pid == getpid() && str_eq(q->host, host) &&
		    q->port == port) {
			*at = q->next;
			return q;
		}
	return NULL;
}

/* True when it is done, false at the deadline. */
static bool
resolve_wait(struct question *q, int64_t deadline)
{
	const struct timespec t = { .tv_sec = deadline / CLOCK_SECOND,
		.tv_nsec = deadline % CLOCK_SECOND * 1000 };
	int rc = 0;
	bool done;

	pthread_mutex_lock(&q->lock);
	while (!q->done && rc == 0)
		rc = pthread_cond_timedwait(&q->answered, &q->lock, &t);
	done = q->done;
	pthread_mutex_unlock(&q->lock);
	return done;
}

int
resolve(const char *host, int port, int64_t deadline, struct addrinfo **list)
{
	const struct addrinfo digits = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
	struct question *q;
	char service[12];
	int rc;

	snprintf(service, sizeof(service), "%d", port);
	if (getaddrinfo(host, service, &digits, list) == 0)
		return 0;
	q = resolve_again(host, port);
	if (q == NULL)
		q = resolve_ask(host, port);
	if (q == NULL)
		return EAI_MEMORY;
	if (!resolve_wait(q, deadline)) {
		q->next = resolve_late;
		resolve_late = q;
		return EAI_AGAIN;
	}
	rc = q->rc;
	*list = q->list;
	resolve_forget(q);
	return rc;
}
