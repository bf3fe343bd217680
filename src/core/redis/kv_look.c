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
	int64_t until; /* the answers of this one have to be there */
	struct kv_link link;
	bool greeted; /* by TLS */
	bool sent;    /* all that is asked */
	int left;     /* answers to come */
	int steps;    /* that have been made */
	char run_id[KV_RUN_ID];
	char refusal[128];          /* what the server answered, or "" */
	struct addrinfo *list, *at; /* of a host: where we try it */
};

static void
look_end(struct kv_look *l)
{
	kv_link_close(&l->link);
	if (l->list != NULL)
		freeaddrinfo(l->list);
	l->list = l->at = NULL;
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

/* Begins at the address that is to be tried.  NULL, or why it failed; without
 * a context the next call tries it again. */
static const char *
look_connect(struct kv_look *l)
{
	struct kv *kv = l->kv;
	const struct kv_place place = { kv->url.path, kv->url.host,
		kv->url.port };
	const char *why = kv_trust(kv);
	int fd;

	if (why != NULL)
		return why;
	fd = kv_dial_begin(&place, l->at, &why);
	if (fd == -1)
		return why;
	if (kv_link_begin(&l->link, fd, place.host, kv->trust) == -1)
		return kv_link_reason(&l->link);
	l->link.ctx->flags &= ~REDIS_BLOCK;
	l->greeted = l->sent = false;
	l->run_id[0] = '\0';
	l->left = kv_hello_put(kv, l->link.ctx);
	return l->left == -1 ? "out of memory" : NULL;
}

/* As look_connect.  A name that cannot be looked up now says nothing of
 * the server. */
static const char *
look_begin(struct kv_look *l)
{
	struct kv *kv = l->kv;
	int rc;

	l->refusal[0] = '\0';
	if (kv->url.path == NULL && l->list == NULL) {
		rc = resolve(kv->url.host, kv->url.port, 0, &l->list);
		if (rc != 0)
			return rc == EAI_AGAIN ? NULL : gai_strerror(rc);
		l->at = l->list;
	}
	return look_connect(l);
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
		why = kv_hello_judge(r, l->run_id);
		if (why != NULL)
			snprintf(l->refusal, sizeof(l->refusal), "%s", why);
		freeReplyObject(r);
		if (why != NULL)
			return l->refusal;
	}
	return NULL;
}

/* Of the addresses of a name, any one may be the server.  True if there is
 * another to try. */
static bool
look_next(struct kv_look *l)
{
	if (l->refusal[0] != '\0' || l->at == NULL || l->at->ai_next == NULL)
		return false;
	l->at = l->at->ai_next;
	kv_link_close(&l->link);
	return true;
}

enum kv_seen
kv_look(struct kv_look *l)
{
	struct kv *kv = l->kv;
	int64_t now = clock_mono_us(), patience = kv->o.timeout * 1000;
	const char *why = NULL;
	struct pollfd p;
	bool same;

	if (kv->link.ctx == NULL) {
		look_end(l);
		return KV_SEEN_NOTHING;
	}
	if (!l->on && now < l->due)
		return KV_SEEN_NOTHING;
	if (patience < KV_LOOK_US)
		patience = KV_LOOK_US;
	if (!l->on) {
		l->on = true;
		l->due = now + KV_LOOK_US;
		l->until = now + patience;
		l->steps = 0;
	}
	/* Whoever calls seldom sees one step in a call. */
	if (kv_looking(l, &p) && poll(&p, 1, 0) > 0 && l->steps++ < LOOK_STEPS)
		l->until = now + patience;
	if (l->link.ctx == NULL)
		why = look_begin(l);
	if (why == NULL && l->link.ctx != NULL) {
		why = look_go_on(l);
		if (why == NULL && l->left == 0) {
			same = strcmp(l->run_id, kv->run_id) == 0;
			look_end(l);
			return same ? KV_SEEN_SAME : KV_SEEN_OTHER;
		}
	}
	if (why == NULL &&
	    (now < l->until || (kv->url.path == NULL && l->list == NULL)))
		return KV_SEEN_NOTHING;
	if (look_next(l)) {
		l->until = now + patience;
		return KV_SEEN_NOTHING;
	}
	kv_fail(kv, why == NULL ? "no answer in time" : why);
	kv->denied = l->refusal[0] != '\0';
	look_end(l);
	return KV_SEEN_LOST;
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
