/* SPDX-License-Identifier: ISC */
/* Host names are looked up by the C library in a thread of its own, which
 * honours nsswitch.conf, and whose only fault is that it cannot be ended. */
#include "config.h"

#include "resolve.h"

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
	struct gaicb cb;
	pid_t pid; /* threads do not live on in a child */
	struct addrinfo hints;
	int port;
	char service[12];
	char host[];
};

static struct question *resolve_late; /* nobody waits for them */

static struct question *
resolve_ask(const char *host, int port)
{
	size_t len = strlen(host) + 1;
	struct question *q = xcalloc(1, sizeof(*q) + len);
	struct gaicb *list[] = { &q->cb };

	memcpy(q->host, host, len);
	snprintf(q->service, sizeof(q->service), "%d", port);
	q->hints.ai_socktype = SOCK_STREAM;
	q->hints.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV;
	q->cb.ar_name = q->host;
	q->cb.ar_service = q->service;
	q->cb.ar_request = &q->hints;
	q->port = port;
	q->pid = getpid();
	if (getaddrinfo_a(GAI_NOWAIT, list, 1, NULL) == 0)
		return q;
	free(q);
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
	const struct gaicb *list[] = { &q->cb };
	struct timespec t;
	int64_t left;

	while (gai_error(&q->cb) == EAI_INPROGRESS) {
		left = deadline - clock_mono_us();
		if (left <= 0)
			return false;
		t.tv_sec = left / CLOCK_SECOND;
		t.tv_nsec = left % CLOCK_SECOND * 1000;
		gai_suspend(list, 1, &t);
	}
	return true;
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
	if (!resolve_wait(q, deadline) && gai_cancel(&q->cb) != EAI_CANCELED &&
	    gai_error(&q->cb) == EAI_INPROGRESS) {
		q->next = resolve_late;
		resolve_late = q;
		return EAI_AGAIN;
	}
	rc = gai_error(&q->cb);
	*list = q->cb.ar_result;
	free(q);
	return rc == EAI_CANCELED ? EAI_AGAIN : rc;
}
