/* SPDX-License-Identifier: ISC */
/* Which server is the master now: sentinels are asked. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "redis_own.h"

void
kv_turn_from(struct kv *kv, size_t i)
{
	if (kv_has_sentinels(kv))
		kv->turn = (i + 1) % kv->url.nsentinels;
}

void
kv_turn(struct kv *kv)
{
	kv_turn_from(kv, kv->turn);
}

bool
kv_poll_add(const struct kv *kv, struct kv_poll *p, const struct kv_at *at)
{
	size_t all = kv->url.nsentinels, same = 0;

	if (p->told == NULL)
		p->told = xcalloc(all, sizeof(*p->told));
	p->told[p->n++] = *at;
	for (size_t i = 0; i < p->n; i++)
		if (p->told[i].port == at->port &&
		    strcmp(p->told[i].host, at->host) == 0)
			same++;
	return same >= (all < 3 ? 1 : all / 2 + 1);
}

void
kv_poll_clear(struct kv_poll *p)
{
	free(p->told);
	*p = (struct kv_poll){ 0 };
}

struct kv_place
kv_sentinel_place(const struct kv *kv, size_t i)
{
	const struct kv_host *host = &kv->url.sentinels[i % kv->url.nsentinels];

	return (struct kv_place){ NULL, host->name, host->port };
}

struct kv_place
kv_place(const struct kv *kv)
{
	if (kv_has_sentinels(kv))
		return (struct kv_place){ NULL, kv->at.host, kv->at.port };
	return (struct kv_place){ kv->url.path, kv->url.host, kv->url.port };
}

static const char *
ask_name(const struct kv *kv)
{
	if (kv->url.master != NULL)
		return kv->url.master;
	return kv->o.master == NULL ? "" : kv->o.master;
}

int
kv_ask_put(const struct kv *kv, redisContext *ctx)
{
	const char *user = kv->o.sentinel_username;
	const char *password = kv->o.sentinel_password;
	const struct kv_word ask[] = { KV("SENTINEL"),
		KV("get-master-addr-by-name"), KV(ask_name(kv)) };
	struct kv_word login[3] = { KV("AUTH") };
	size_t n = 1;

	if (password == NULL || password[0] == '\0')
		return kv_append(ctx, NELEM(ask), ask) == REDIS_OK ? 1 : -1;
	if (user != NULL && user[0] != '\0')
		login[n++] = KV(user);
	login[n++] = KV(password);
	return kv_append(ctx, n, login) == REDIS_OK &&
		       kv_append(ctx, NELEM(ask), ask) == REDIS_OK
		   ? 2
		   : -1;
}

const char *
kv_ask_judge(struct kv *kv, const redisReply *r, struct kv_at *at)
{
	int64_t port;

	if (r->type == REDIS_REPLY_ERROR) {
		snprintf(kv->why, sizeof(kv->why), "a sentinel refused: %s",
		    r->str);
		return kv->why;
	}
	if (r->type == REDIS_REPLY_STATUS) /* to the login */
		return NULL;
	if (r->type == REDIS_REPLY_NIL) {
		snprintf(kv->why, sizeof(kv->why),
		    "the sentinels know no master of the name \"%s\"",
		    ask_name(kv));
		return kv->why;
	}
	if (r->type != REDIS_REPLY_ARRAY || r->elements != 2 ||
	    r->element[0]->type != REDIS_REPLY_STRING ||
	    r->element[1]->type != REDIS_REPLY_STRING ||
	    r->element[0]->len == 0 || r->element[0]->len >= sizeof(at->host) ||
	    str_to_int(r->element[1]->str, 1, 65535, &port) == -1)
		return "a sentinel named no address";
	snprintf(at->host, sizeof(at->host), "%s", r->element[0]->str);
	at->port = (int)port;
	return NULL;
}

/* One of them.  NULL, or why it does not tell. */
static const char *
ask_one(struct kv *kv, size_t i, struct kv_at *at, int64_t deadline)
{
	const struct kv_place place = kv_sentinel_place(kv, i);
	const struct tls_trust *trust = kv->url.sentinel_tls ? kv->trust : NULL;
	struct kv_link link = { 0 };
	const char *why = NULL;
	int n;

	if (kv_link_open(&link, &place, trust, deadline) == -1) {
		snprintf(kv->why, sizeof(kv->why),
		    "the sentinel %s port %d: %s", place.host, place.port,
		    kv_link_reason(&link));
		return kv->why;
	}
	kv_start(&link, deadline);
	n = kv_ask_put(kv, link.ctx);
	for (int answer = 0; answer < n && why == NULL; answer++) {
		redisReply *r = kv_reply(&link);

		if (r != NULL) {
			why = kv_ask_judge(kv, r, at);
			freeReplyObject(r);
			continue;
		}
		snprintf(kv->why, sizeof(kv->why),
		    "the sentinel %s port %d: %s", place.host, place.port,
		    kv_link_reason(&link));
		why = kv->why;
	}
	kv_link_close(&link);
	return n == -1 ? "out of memory" : why;
}

/* Each has its share of the time, and so has the connection behind it.  True if
 * enough of them name *at. */
static bool
ask_all(struct kv *kv, struct kv_poll *p, struct kv_at *at, int64_t deadline,
    const char **why)
{
	size_t n = kv->url.nsentinels, first = kv->turn;

	for (size_t i = 0; i < n; i++) {
		int64_t now = clock_mono_us();
		const char *fault;

		fault =
		    now >= deadline
			? "no answer in time"
			: ask_one(kv, first + i, at,
			      now + (deadline - now) / (int64_t)(n - i + 1));
		if (fault == NULL && kv_poll_add(kv, p, at))
			return true;
		if (fault != NULL) {
			*why = fault;
			kv_turn_from(kv, first + i);
		}
	}
	return false;
}

const char *
kv_ask(struct kv *kv, struct kv_at *at, int64_t deadline)
{
	const char *why = KV_TOO_FEW;
	struct kv_poll poll = { 0 };

	if (ask_all(kv, &poll, at, deadline, &why))
		why = NULL;
	else if (poll.n > 0 && kv->o.probe_key == NULL) {
		*at = poll.told[0];
		why = NULL;
	}
	kv_poll_clear(&poll);
	return why;
}
