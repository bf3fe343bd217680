/* SPDX-License-Identifier: ISC */
/* One request on its way: what a handler is given. */
#ifndef CALL_H
#define CALL_H

#include <signal.h>

#include "auth/auth.h"
#include "base/arena.h"
#include "base/base.h"
#include "cache/cache.h"
#include "pg/pg.h"
#include "queue/queue.h"
#include "redis/kv.h"
#include "wire/request.h"
#include "wire/response.h"

/* Where the log was read up to not long ago: what lists name as the place to go
 * on from.  An older one is as right, and half a second saves the question. */
#define CALL_SINCE        64
#define CALL_SINCE_US     500000
#define CALL_SINCELESS_US 10000000 /* after it could not be known */
struct call_since {
	char cursor[CALL_SINCE]; /* "": it could not be known */
	int64_t until;           /* clock_mono_us; 0: it was not asked for */
};

/* What the process has; lives as long as it does. */
struct deps {
	struct pg *pg;
	struct kv *kv;
	struct cache *cache;
	struct kv *broker_kv; /* kv itself if [broker] names no other server */
	struct queue *broker; /* for poking the relay */
	struct auth *auth;
	struct call_since since;
	const volatile sig_atomic_t *stopping; /* set: no other request comes */
};

struct route;

/* Lives as long as the request; all its memory is the arena's. */
struct call {
	struct deps *deps;
	struct arena *arena;
	const struct request *req;
	struct response *res;
	const struct route *route;   /* NULL: none fits */
	const struct principal *who; /* NULL on public routes */
	const char *param;           /* what stands at {id}, decoded; or NULL */
	const char *second;       /* the same for what follows it in braces */
	const char *cache_result; /* for the log; or NULL */
};

#endif
