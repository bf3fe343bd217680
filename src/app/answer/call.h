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
#include "task/task.h"
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
struct call_after;
struct call;

/* What is done with the answer to a request within another one; arg lives in
 * the arena, res until it comes back. */
typedef void (*call_answer_fn)(struct call *c, const struct response *res,
    void *arg);
struct call_within {
	const struct request *req; /* NULL: there is none */
	const char *pattern;
	call_answer_fn answer;
	void *arg;
	const struct call *was; /* behind it: the call that it became, */
	int64_t us;             /* and how long that took */
};

/* Lives as long as the request; all its memory is the arena's. */
struct call {
	struct deps *deps;
	struct arena *arena;
	const struct request *req;
	struct response *res;
	const struct route *route;   /* NULL: none fits */
	const struct principal *who; /* NULL on public routes */
	struct task_scope scope;     /* whose tasks are there for who */
	const char *param;           /* what stands at {id}, decoded; or NULL */
	const char *second;       /* the same for what follows it in braces */
	const char *cache_result; /* for the log, or NULL; "owed": the cache
				   * could not be told of a change */
	int64_t wait; /* seconds that the client would wait for a better answer
		       * than the one that is there; or 0 */
	bool inside;  /* a transaction is open, which goes on behind it */
	struct call_after *after; /* what is to be done then, in its order */
	struct call_after **last;
	struct call_within within; /* what the router is to run behind it */
};

/* What follows from a change once it is committed: err says whether it is, as
 * far as that is known.  arg lives in the arena. */
typedef void (*call_fn)(struct call *c, enum pg_err err, const void *arg);

/* Has fn called behind the handler, before the answer is written.  Handlers of
 * POST do nothing by themselves that tells others of a change: it may be part
 * of a transaction that goes on (answer/idempotency.h). */
void call_afterwards(struct call *c, call_fn fn, const void *arg);

/* Does what call_afterwards has put down. */
void call_settle(struct call *c, enum pg_err err);

/* Has req answered behind the handler, judged as any request from outside, and
 * its answer given to answer, which makes that of c.  If its address leads to
 * another route than that of pattern, which lives on, it is answered 404. */
void call_within(struct call *c, const struct request *req, const char *pattern,
    call_answer_fn answer, void *arg);

#endif
