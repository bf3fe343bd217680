/* SPDX-License-Identifier: ISC */
/* Where the address leads to now: a second session, which is never waited
 * for. */
#include "config.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/resolve.h"
#include "base/xalloc.h"
#include "redis_own.h"

#define KV_LOOK_US CLOCK_SECOND /* from one to the next */
#define LOOK_STEPS 16           /* that give it more time */

struct kv_look {
	struct kv *kv;
	bool on;       /* one is under way */
	int64_t due;   /* the next begins; of clock_mono_us */
	int64_t begun; /* this one; of clock_awake_us */
	unsigned of;   /* it is about this connection */
	int64_t until; /* the answers of this one have to be there */
	struct kv_link link;
	bool greeted; /* by TLS */
	bool sent;    /* all that is asked */
	int left;     /* answers to come */
	int steps;    /* that have been made */
	bool asking;  /* sentinels, where the server is */
	size_t first; /* of them that was asked */
	size_t asked; /* how many before the one that is asked now */
	struct kv_poll poll;
	struct kv_at at; /* what one told */
	char run_id[KV_RUN_ID];
	char refusal[128];               /* what the server answered, or "" */
	struct addrinfo *list, *at_list; /* of a host: where we try it */
};

/* Leaves the address that was tried. */
static void
look_drop(struct kv_look *l)
{
	kv_link_close(&l->link);
	if (l->list != NULL)
		freeaddrinfo(l->list);
	l->list = l->at_list = NULL;
}

static void
look_end(struct kv_look *l)
{
	look_drop(l);
	kv_poll_clear(&l->poll);
	l->on = false;
}

struct kv_look *
kv_look_new(struct kv *kv)
{
	struct kv_look *l = xcalloc(1, sizeof(*l));

	l->kv = kv;
	return l;
}

void
kv_look_free(struct kv_look *l)
{
	if (l == NULL)
		return;
	look_end(l);
	free(l);
}

static struct kv_place
look_place(const struct kv_look *l)
{
	if (l->asking)
		return kv_sentinel_place(l->kv, l->first + l->asked);
	if (kv_has_sentinels(l->kv))
		return (struct kv_place){ NULL, l->at.host, l->at.port };
	return kv_place(l->kv);
}

/* Begins at the address that is to be tried.  NULL, or why it failed; without
 * a context the next call tries it again. */
static const char *
look_connect(struct kv_look *l, const struct kv_place *place)
{
	struct kv *kv = l->kv;
	const char *why = kv_trust(kv);
	bool tls = l->asking ? kv->url.sentinel_tls : kv->url.tls;
	int fd;

	if (why != NULL)
		return why;
	fd = kv_dial_begin(place, l->at_list, &why);
	if (fd == -1)
		return why;
	if (kv_link_begin(&l->link, fd, place->host, tls ? kv->trust : NULL) ==
	    -1)
		return kv_link_reason(&l->link);
	l->link.ctx->flags &= ~REDIS_BLOCK;
	l->greeted = l->sent = false;
	l->run_id[0] = '\0';
	l->left = l->asking ? kv_ask_put(kv, l->link.ctx)
			    : kv_hello_put(kv, l->link.ctx);
	return l->left == -1 ? "out of memory" : NULL;
}

/* As look_connect.  A name that cannot be looked up now says nothing of
 * the server. */
static const char *
look_begin(struct kv_look *l)
{
	const struct kv_place place = look_place(l);
	int rc;

	l->refusal[0] = '\0';
	if (place.path == NULL && l->list == NULL) {
		rc = resolve(place.host, place.port, 0, &l->list);
		if (rc != 0)
			return rc == EAI_AGAIN ? NULL : gai_strerror(rc);
		l->at_list = l->list;
	}
	return look_connect(l, &place);
}

/* Goes on with TLS, once the socket is connected.  1: done, 0: later, -1: the
 * link says why not. */
static int
look_greet(struct kv_look *l)
{
	struct pollfd p = { .fd = l->link.ctx->fd, .events = POLLOUT };

	if (l->link.tls != NULL && poll(&p, 1, 0) == 0)
		return 0;
	return kv_link_greet(&l->link);
}

/* Sends and reads what can be, without a wait.  NULL, or why it failed. */
static const char *
look_go_on(struct kv_look *l)
{
	int done = 0, rc;
	void *r;

	if (!l->greeted) {
		rc = look_greet(l);
		if (rc != 1)
			return rc == 0 ? NULL : kv_link_reason(&l->link);
		l->greeted = true;
	}
	if (!l->sent) {
		if (kv_link_write(&l->link, &done) == REDIS_ERR)
			return l->link.ctx->errstr;
		l->sent = done != 0;
	}
	if (l->sent && kv_link_read(&l->link) == REDIS_ERR)
		return l->link.ctx->errstr;
	while (l->sent && l->left > 0) {
		const char *why;

		if (redisGetReplyFromReader(l->link.ctx, &r) == REDIS_ERR)
			return l->link.ctx->errstr;
		if (r == NULL)
			break;
		l->left--;
		why = l->asking ? kv_ask_judge(l->kv, r, &l->at)
				: kv_hello_judge(l->kv, r, l->run_id);
		if (why != NULL)
			snprintf(l->refusal, sizeof(l->refusal), "%s", why);
		freeReplyObject(r);
		if (why != NULL)
			return l->refusal;
	}
	return NULL;
}

/* What is tried from now on has all the time. */
static void
look_wait(struct kv_look *l)
{
	int64_t patience = l->kv->o.timeout * 1000;

	l->until =
	    clock_mono_us() + (patience < KV_LOOK_US ? KV_LOOK_US : patience);
}

/* Of the addresses of a name, any one may be the server.  True if there is
 * another to try. */
static bool
look_next(struct kv_look *l)
{
	if (l->refusal[0] != '\0' || l->at_list == NULL ||
	    l->at_list->ai_next == NULL)
		return false;
	l->at_list = l->at_list->ai_next;
	kv_link_close(&l->link);
	look_wait(l);
	return true;
}

/* From now on the server is looked at, at that address. */
static void
look_server(struct kv_look *l, const struct kv_at *at)
{
	look_drop(l);
	look_wait(l);
	l->at = *at;
	l->asking = false;
}

/* This sentinel is not enough, or does not tell.  True if there is another. */
static bool
look_ask_next(struct kv_look *l)
{
	look_drop(l);
	look_wait(l);
	return ++l->asked < l->kv->url.nsentinels;
}

/* Does what can be done now.  True: all answers are there; else *why is NULL if
 * the next call goes on. */
static bool
look_step(struct kv_look *l, const char **why)
{
	struct kv_at at;

	*why = NULL;
	for (;;) {
		if (l->link.ctx == NULL)
			*why = look_begin(l);
		if (*why == NULL && l->link.ctx != NULL)
			*why = look_go_on(l);
		if (*why != NULL || l->link.ctx == NULL || l->left > 0)
			return false;
		if (!l->asking)
			return true;
		at = l->at;
		if (kv_poll_add(l->kv, &l->poll, &at))
			look_server(l, &at);
		else if (!look_ask_next(l)) {
			l->asking = false;
			*why = KV_TOO_FEW;
			return false;
		}
	}
}

static enum kv_seen
look_lost(struct kv_look *l, const char *why)
{
	kv_fail(l->kv, why == NULL ? "no answer in time" : why);
	l->kv->denied = l->refusal[0] != '\0';
	look_end(l);
	return KV_SEEN_LOST;
}

static void
look_new(struct kv_look *l, int64_t now)
{
	l->on = true;
	l->begun = clock_awake_us();
	l->of = l->kv->connections;
	l->due = now + KV_LOOK_US;
	look_wait(l);
	l->steps = 0;
	l->asking = kv_has_sentinels(l->kv);
	l->first = l->kv->turn;
	l->asked = 0;
}

enum kv_seen
kv_look(struct kv_look *l)
{
	struct kv *kv = l->kv;
	int64_t now = clock_mono_us();
	const char *why;
	struct pollfd p;
	bool same;

	if (kv->link.ctx == NULL) {
		look_end(l);
		return KV_SEEN_NOTHING;
	}
	if (l->on && l->of != kv->connections)
		look_end(l); /* what it has been told may be older */
	if (!l->on && now < l->due)
		return KV_SEEN_NOTHING;
	if (!l->on)
		look_new(l, now);
	/* Whoever calls seldom sees one step in a call. */
	if (kv_looking(l, &p) && poll(&p, 1, 0) > 0 && l->steps++ < LOOK_STEPS)
		look_wait(l);
	if (look_step(l, &why)) {
		same = strcmp(l->run_id, kv->run_id) == 0;
		if (same)
			kv->sure_at = l->begun;
		look_end(l);
		return same ? KV_SEEN_SAME : KV_SEEN_OTHER;
	}
	if (why == NULL &&
	    (now < l->until ||
		(!l->asking && kv->url.path == NULL && l->list == NULL)))
		return KV_SEEN_NOTHING;
	if (look_next(l))
		return KV_SEEN_NOTHING;
	if (!l->asking)
		return look_lost(l, why);
	kv_turn_from(kv, l->first + l->asked);
	return look_ask_next(l) ? KV_SEEN_NOTHING : look_lost(l, KV_TOO_FEW);
}

bool
kv_looking(const struct kv_look *l, struct pollfd *p)
{
	if (l->link.ctx == NULL)
		return false;
	*p = (struct pollfd){ .fd = l->link.ctx->fd,
		.events = kv_link_events(&l->link, l->sent) };
	return true;
}
