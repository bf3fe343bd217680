/* SPDX-License-Identifier: ISC */
/* Requests: they become streams, wait, or are answered. */
#include "config.h"

#include "answer/gone.h"
#include "answer/problem.h"
#include "ask.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "hub_own.h"
#include "serve/pass.h"
#include "serve/router.h"

#define HUB_LATER_S 2 /* what a refused client is told */

/* One more that follows.  NULL if there are too many, in all or of that user:
 * *why says which. */
static struct user *
hub_enter(struct hub *h, const struct call *c, enum metric_word *why)
{
	struct user *user = NULL;

	*why = METRIC_unstreamed_all;
	if (h->streams < (size_t)settings.stream_clients) {
		*why = METRIC_unstreamed_user;
		user = user_enter(h->users, c->who->subject,
		    (size_t)settings.stream_clients_per_user);
	}
	if (user == NULL)
		metric_count(METRIC_unstreamed, *why);
	else
		hub_streams(h, h->streams + 1);
	return user;
}

static void
hub_refuse(struct call *c, enum metric_word why)
{
	if (why == METRIC_unstreamed_all) {
		problem_unavailable(c, "there are too many streams",
		    HUB_LATER_S);
	} else {
		response_header(c->res, "Retry-After", "%d", HUB_LATER_S);
		problem(c, 429, "this user has too many streams");
	}
}

/* Finds where the stream begins.  What the tape does not have is read, so that
 * a place that is no more is refused before anything is answered.  False: it is
 * answered. */
static bool
hub_place(struct hub *h, struct conn *conn, struct ask *ask, struct buf *first)
{
	struct follow *f = &h->follow;
	enum task_log log = TASK_LOG_KEPT;
	enum pg_err err = follow_begin(f);

	conn->place = ask->from.here ? *tape_end(&h->tape) : ask->from.place;
	if (err == PG_OK && !tape_knows(&h->tape, &conn->place))
		err = follow_page(f, &conn->scope, &conn->place, first, &log);
	if (err != PG_OK)
		problem_database(&ask->call, err);
	else if (log != TASK_LOG_KEPT)
		gone_answer(&ask->call, log);
	return err == PG_OK && log == TASK_LOG_KEPT;
}

/* Unless it has become a stream, its answer is there, but not written. */
static void
hub_begin(struct hub *h, struct conn *conn, struct ask *ask)
{
	const struct task_place start = ask->from.place;
	struct call *c = &ask->call;
	struct buf first = { 0 };
	enum metric_word why;

	conn->user = hub_enter(h, c, &why);
	if (conn->user == NULL)
		hub_refuse(c, why);
	else
		conn_limit(conn, &c->scope);
	if (conn->user != NULL && hub_place(h, conn, ask, &first)) {
		ask_open(ask, ask->from.here ? &conn->place : &start);
		if (c->req->method != METHOD_HEAD) {
			conn_open(conn, response_build(c->res, c->req));
			conn->state = CONN_BEHIND;
			conn->end = METRIC_end_client;
			conn->until = ask_until(ask);
			conn_say(conn, &h->tape, first.data, first.len);
		}
	}
	buf_free(&first);
}

/* Unless it waits now, its answer is there: what the log has at present. */
static void
hub_wait(struct hub *h, struct conn *conn, struct ask *ask)
{
	struct call *c = &ask->call;
	enum metric_word why;

	if (!*h->deps->stopping && ask->wait > 0)
		conn->user = hub_enter(h, c, &why);
	if (conn->user == NULL || follow_begin(&h->follow) != PG_OK) {
		router_run(c);
		return;
	}
	conn->place = ask->changes.now ? *tape_end(&h->tape)
				       : task_place_of(&ask->changes.page);
	conn_limit(conn, &c->scope);
	conn->wait = ask->wait;
	conn->due = ask->start + ask->wait * CLOCK_SECOND;
	conn->until = ask_until(ask);
	conn->state = CONN_WAITS;
}

void
hub_answer(struct hub *h, struct conn *conn)
{
	struct ask *ask = arena_alloc(h->arena, sizeof(*ask));

	conn->used = false;
	if (ask_judge(ask, h->deps, &h->res, &conn->params, conn->waits)) {
		if (conn->waits)
			hub_wait(h, conn, ask);
		else if (*h->deps->stopping)
			problem_unavailable(&ask->call,
			    "errand-stream ends: ask again", 1);
		else
			hub_begin(h, conn, ask);
	}
	if (!conn_follows(conn))
		conn_answer(conn, response_build(ask->call.res, &ask->req));
	if (conn->state == CONN_WAITS)
		ask_leave();
	else
		ask_end(ask);
	arena_reset(h->arena);
}

/* --- those that wait --- */

void
hub_receive(struct hub *h, struct conn *bearer)
{
	struct passed *p = bearer->bears;
	struct conn *c;
	int rc;

	if (p == NULL) {
		p = bearer->bears = xcalloc(1, sizeof(*p));
		p->fd = -1;
	}
	rc = pass_read(bearer->fd, p);
	if (rc == 0)
		return;
	bearer->state = CONN_GONE;
	if (rc == -1 || *h->deps->stopping || !pass_take(bearer->fd))
		return;
	c = hub_add(h, p->fd, CONN_ASKED);
	p->fd = -1;
	if (c == NULL)
		return;
	c->waits = true;
	c->id = p->id;
	buf_add(&c->params, p->params, p->len);
}

/* What there is for one that waits. */
enum hub_news {
	HUB_NONE, /* nothing yet */
	HUB_TAPE, /* events of the tape */
	HUB_LOG   /* only the log knows */
};

/* The place of one that waits moves on over what is not for it. */
static enum hub_news
hub_news(const struct hub *h, struct conn *c)
{
	const struct tape *tape = &h->tape;

	if (!h->follow.known || c->place.source != tape_end(tape)->source)
		return HUB_LOG;
	if (task_place_order(&c->place, tape_end(tape)) >= 0) {
		c->next = tape->next;
		return HUB_NONE;
	}
	if (!tape_find(tape, &c->place, &c->next))
		return HUB_LOG;
	conn_skip(c, tape);
	if (c->next < tape->next)
		return HUB_TAPE;
	c->place = *tape_end(tape);
	return HUB_NONE;
}

/* The token is judged anew: it may have ended meanwhile. */
static void
hub_wait_answer(struct hub *h, struct conn *c, enum hub_news news, bool applied)
{
	struct ask *ask = arena_alloc(h->arena, sizeof(*ask));
	struct response *res = &h->res;

	if (ask_judge(ask, h->deps, res, &c->params, true)) {
		if (news == HUB_LOG)
			router_run(&ask->call);
		else
			ask_page(ask, &h->tape, c->next, &c->place);
		if (applied && news != HUB_LOG && res->status < 400)
			response_header(res, "Preference-Applied", "wait=%lld",
			    (long long)c->wait);
	}
	conn_answer(c, response_build(res, &ask->req));
	ask_end(ask);
	arena_reset(h->arena);
}

void
hub_wait_look(struct hub *h, struct conn *c, bool over)
{
	enum hub_news news = hub_news(h, c);

	if (news == HUB_NONE && !over)
		return;
	hub_wait_answer(h, c, news, true);
	conn_write(c, &h->tape);
}

void
hub_wait_skip(struct hub *h, struct conn *c)
{
	(void)hub_news(h, c);
}

void
hub_wait_end(struct hub *h, struct conn *c)
{
	hub_wait_answer(h, c, hub_news(h, c), false);
}
