/* SPDX-License-Identifier: ISC */
/* The connections: they are accepted, counted, and freed. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/xalloc.h"
#include "hub_own.h"
#include "log/log.h"
#include "metric/metric.h"
#include "serve/hand.h"

#define HUB_ACCEPTS 256 /* connections in a row */

void
hub_listen(struct hub *h, bool accepting)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = h };

	if (h->accepting != accepting)
		(void)epoll_ctl(h->epoll,
		    accepting ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, 0, &e);
	h->accepting = accepting;
}

struct conn *
hub_add(struct hub *h, int fd, enum conn_state state)
{
	struct conn *c = conn_new(fd);
	struct epoll_event e = { .events = EPOLLIN | EPOLLOUT | EPOLLET,
		.data.ptr = c };

	if (epoll_ctl(h->epoll, EPOLL_CTL_ADD, fd, &e) == -1) {
		conn_free(c);
		return NULL;
	}
	if (h->n == h->size) {
		h->size = h->size == 0 ? 64 : 2 * h->size;
		h->v = xrealloc(h->v, h->size * sizeof(h->v[0]));
	}
	c->state = state;
	c->at = h->n;
	h->v[h->n++] = c;
	return c;
}

void
hub_accept(struct hub *h)
{
	for (int i = 0; i < HUB_ACCEPTS && h->n < h->max; i++) {
		struct sockaddr_un sa;
		socklen_t len = sizeof(sa);
		int fd = accept4(0, (struct sockaddr *)&sa, &len,
		    SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd != -1) {
			(void)hub_add(h, fd,
			    len > sizeof(sa_family_t) && hand_is(fd, &sa, len)
				? CONN_BEARER
				: CONN_HEAD);
		} else if (errno == EAGAIN) {
			return;
		} else if (errno != EINTR && errno != ECONNABORTED) {
			hub_listen(h, false); /* until the next tick */
			return;
		}
	}
	if (h->n >= h->max)
		hub_listen(h, false);
}

void
hub_streams(struct hub *h, size_t n)
{
	h->streams = n;
	metric_set(METRIC_streams, METRIC_AT(0), (int64_t)n);
	if (n > 0)
		return;
	/* Nobody follows: nothing is read, and no poke is waited for. */
	follow_forget(&h->follow);
	kv_leave(h->ear_kv);
	h->ear_live = 0;
	h->ear_due = 0;
}

void
hub_reap(struct hub *h)
{
	size_t streams = h->streams;

	for (size_t i = h->n; i-- > 0;) {
		struct conn *c = h->v[i];

		if (c->user != NULL && !conn_follows(c)) {
			user_leave(h->users, c->user);
			c->user = NULL;
			streams--;
			if (c->end != METRIC_WORD_NONE)
				metric_count(METRIC_ends, c->end);
			c->end = METRIC_WORD_NONE;
		}
		if (c->state != CONN_GONE)
			continue;
		if (c->why != NULL)
			log_info("connection cut off", LS("reason", c->why));
		/* errand.fcgi may have it still, so that closing it does not
		 * end that it is watched. */
		(void)epoll_ctl(h->epoll, EPOLL_CTL_DEL, c->fd, NULL);
		h->v[i] = h->v[--h->n];
		h->v[i]->at = i;
		conn_free(c);
	}
	if (streams != h->streams)
		hub_streams(h, streams);
}
