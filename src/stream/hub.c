/* SPDX-License-Identifier: ISC */
/* Waits for connections, changes and the time, in one place. */
#include "config.h"

#include "hub.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "conf/conf.h"
#include "door.h"
#include "hub_own.h"
#include "log/log.h"
#include "metric/metric.h"

#define HUB_EVENTS   256
#define HUB_TICK_US  CLOCK_SECOND
#define HUB_SPARE    256 /* connections beside the streams, with refusals */
#define HUB_CATCH_UP 16  /* pages in a row for streams that are behind */
#define HUB_STOP_US  (10 * CLOCK_SECOND) /* for the last words */
#define HUB_EAR_US   (5 * CLOCK_SECOND)  /* after Redis was not there */

static volatile sig_atomic_t hub_stop, hub_reopen;

static void
hub_on_stop(int sig)
{
	(void)sig;
	hub_stop = 1;
}

static void
hub_on_hup(int sig)
{
	(void)sig;
	hub_reopen = 1;
}

static void
hub_handle(int sig, void (*fn)(int))
{
	struct sigaction sa = { .sa_handler = fn, .sa_flags = SA_RESTART };

	sigemptyset(&sa.sa_mask);
	sigaction(sig, &sa, NULL);
}

int
hub_open(void)
{
	if (door_open() == -1)
		return -1;
	hub_handle(SIGTERM, hub_on_stop);
	hub_handle(SIGINT, hub_on_stop);
	hub_handle(SIGUSR1, hub_on_stop); /* what multiwatch sends */
	hub_handle(SIGHUP, hub_on_hup);
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

/* A stream that has all that came before the tape is told of what is in it. */
static void
hub_join(struct hub *h, struct conn *c)
{
	if (c->state != CONN_BEHIND || !h->follow.known ||
	    c->place.source != tape_end(&h->tape)->source ||
	    !tape_find(&h->tape, &c->place, &c->next))
		return;
	c->off = 0;
	c->state = CONN_LIVE;
}

static void
hub_move(struct hub *h, struct conn *c, uint32_t events)
{
	if ((events & EPOLLOUT) != 0)
		c->blocked = false;
	if (c->state == CONN_BEARER)
		hub_receive(h, c);
	else if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
		conn_read(c);
	if (c->state == CONN_ASKED)
		hub_answer(h, c);
	if (c->state == CONN_WAITS)
		hub_wait_look(h, c, false);
	hub_join(h, c);
	conn_write(c, &h->tape);
}

/* --- changes --- */

/* Before the oldest events go, and behind the newest: those that wait for
 * events of others do not fall off the tape. */
static void
hub_tell(void *arg)
{
	struct hub *h = arg;

	for (size_t i = 0; i < h->n; i++)
		if (h->v[i]->state == CONN_LIVE)
			conn_write(h->v[i], &h->tape);
		else if (h->v[i]->state == CONN_WAITS)
			hub_wait_skip(h, h->v[i]);
}

/* Clients come back, and are told what holds now. */
static void
hub_end_streams(struct hub *h, const char *why, enum metric_word end)
{
	char text[160];
	uint32_t random;

	for (size_t i = 0; i < h->n; i++) {
		struct conn *c = h->v[i];

		if (!conn_streams(c))
			continue;
		uuid_random(&random, sizeof(random));
		snprintf(text, sizeof(text), ": %s\nretry: %lld\n\n", why,
		    (long long)(settings.stream_retry +
				random % (uint64_t)settings.stream_retry));
		conn_say(c, &h->tape, text, strlen(text));
		conn_finish(c, &h->tape, end);
		conn_write(c, &h->tape);
	}
}

/* Reads a page for one that is behind and has written all that it had.  False:
 * there is no use in reading on now. */
static bool
hub_catch_up(struct hub *h, struct conn *c)
{
	struct buf b = { 0 };
	enum task_log log;
	enum pg_err err;

	err = follow_page(&h->follow, &c->scope, &c->place, &b, &log);
	if (err == PG_OK && log != TASK_LOG_KEPT)
		conn_finish(c, &h->tape, METRIC_end_log);
	else if (err == PG_OK)
		conn_say(c, &h->tape, b.data, b.len);
	buf_free(&b);
	arena_reset(h->arena);
	hub_join(h, c);
	conn_write(c, &h->tape);
	return err == PG_OK;
}

/* Whether it may read on: it has written all that it had, and is not ahead of
 * the tape, which comes there, too. */
static bool
hub_is_behind(const struct hub *h, const struct conn *c)
{
	return c->state == CONN_BEHIND && !c->blocked && c->out.len == 0 &&
	       !(h->follow.known &&
		   task_place_order(&c->place, tape_end(&h->tape)) > 0);
}

/* A few pages, by turns.  True if there is more to be read at once. */
static bool
hub_catch_all_up(struct hub *h)
{
	size_t left = HUB_CATCH_UP, seen;

	for (seen = 0; seen < h->n && left > 0; seen++) {
		struct conn *c;

		h->turn = h->turn + 1 < h->n ? h->turn + 1 : 0;
		c = h->v[h->turn];
		hub_join(h, c);
		if (!hub_is_behind(h, c))
			continue;
		left--;
		if (!hub_catch_up(h, c))
			return false;
	}
	return left == 0;
}

static void
hub_hear(struct hub *h)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = &h->ear };
	int64_t now = clock_mono_us();
	unsigned live = kv_live(h->ear_kv);

	if (live == 0 && now < h->ear_due)
		return;
	if (queue_ear_wait(h->ear, 0))
		follow_poke(&h->follow);
	live = kv_live(h->ear_kv);
	if (live == 0)
		h->ear_due = now + HUB_EAR_US;
	else if (live != h->ear_live)
		(void)epoll_ctl(h->epoll, EPOLL_CTL_ADD, kv_fd(h->ear_kv), &e);
	h->ear_live = live;
}

static void
hub_follow(struct hub *h)
{
	enum pg_err err;

	if (h->streams == 0 || clock_mono_us() < h->follow.due)
		return;
	if (kv_live(h->ear_kv) == 0)
		hub_hear(h);
	/* Those that there are go on from where they were. */
	err = follow_begin(&h->follow);
	if (err == PG_OK && !follow_read(&h->follow)) {
		log_warning("the log is of another database, or was purged: "
			    "streams are ended");
		hub_end_streams(h, "the log of changes is another one",
		    METRIC_end_log);
	}
	arena_reset(h->arena);
	hub_tell(h);
	for (size_t i = 0; i < h->n; i++)
		if (h->v[i]->state == CONN_WAITS)
			hub_wait_look(h, h->v[i], false);
}

/* --- the time --- */

/* A sign of life, with the place where it is: what it was not told of is behind
 * it as well. */
static void
hub_beat(struct hub *h, struct conn *c)
{
	struct buf b = { 0 };

	buf_adds(&b, ":\n");
	if (c->state == CONN_LIVE && c->off == 0 && !c->scope.all)
		buf_printf(&b, "id: %s\n",
		    task_place_cursor(h->arena,
			tape_before(&h->tape, c->next)));
	buf_addc(&b, '\n');
	conn_say(c, &h->tape, b.data, b.len);
	buf_free(&b);
	arena_reset(h->arena);
}

static void
hub_look_at(struct hub *h, struct conn *c, int64_t now, int64_t wall)
{
	static const char end[] = ": the token has ended\n\n";
	const int64_t io = settings.http_io_timeout * 1000;

	if (c->state == CONN_WAITS) {
		hub_wait_look(h, c, now >= c->due || wall >= c->until);
	} else if (conn_streams(c) && wall >= c->until) {
		conn_say(c, &h->tape, end, sizeof(end) - 1);
		conn_finish(c, &h->tape, METRIC_end_token);
	} else if (c->blocked && c->state != CONN_HEAD) {
		if (now - c->active > io)
			conn_cut(c, "the web server takes nothing more",
			    METRIC_end_stalled);
	} else if (conn_streams(c)) {
		if (now - c->active >= settings.stream_heartbeat * 1000)
			hub_beat(h, c);
	} else if (now - c->active > io &&
		   (c->state == CONN_BEARER ||
		       (c->state == CONN_HEAD &&
			   (!c->used || c->params.len > 0)))) {
		conn_cut(c, "the web server does not ask", METRIC_end_client);
	}
	conn_write(c, &h->tape);
}

static void
hub_tick(struct hub *h, int64_t now)
{
	const int64_t wall = clock_wall_s();

	if (now < h->tick_due)
		return;
	h->tick_due = now + HUB_TICK_US;
	for (size_t i = 0; i < h->n; i++)
		hub_look_at(h, h->v[i], now, wall);
	if (!hub_stop && h->n < h->max)
		hub_listen(h, true);
}

static void
hub_chores(struct hub *h)
{
	if (hub_reopen) {
		hub_reopen = 0;
		log_reopen();
	}
	log_chores();
	metric_follow();
	if (clock_mono_us() >= h->auth_due)
		h->auth_due = auth_chores(h->deps->auth) + clock_mono_us();
}

/* What waits is answered, and what asks for nothing is closed. */
static void
hub_let_go(struct hub *h, struct conn *c)
{
	if (c->state == CONN_WAITS) {
		hub_wait_end(h, c);
		conn_write(c, &h->tape);
	} else if (c->state == CONN_BEARER ||
		   (c->state == CONN_HEAD && c->used && c->params.len == 0)) {
		c->state = CONN_GONE;
	}
}

/* True when all is done, or the time for it is over. */
static bool
hub_stopping(struct hub *h)
{
	if (!hub_stop)
		return false;
	if (h->stop_due == 0) {
		hub_listen(h, false);
		hub_end_streams(h, "errand-stream ends", METRIC_end_stopped);
		h->stop_due = clock_mono_us() + HUB_STOP_US;
		for (size_t i = 0; i < h->n; i++)
			hub_let_go(h, h->v[i]);
		hub_reap(h);
	}
	return h->n == 0 || clock_mono_us() >= h->stop_due;
}

static int
hub_pause(const struct hub *h, bool more)
{
	int64_t due = h->tick_due, now = clock_mono_us();

	if (more)
		return 0;
	if (h->streams > 0 && h->follow.due < due)
		due = h->follow.due;
	return due <= now ? 0 : (int)((due - now) / 1000 + 1);
}

static int
hub_loop(struct hub *h)
{
	struct epoll_event events[HUB_EVENTS];
	bool more = false;
	int n;

	while (!hub_stopping(h)) {
		n = epoll_wait(h->epoll, events, NELEM(events),
		    hub_pause(h, more));
		if (n == -1 && errno != EINTR)
			return door_fail(strerror(errno));
		metric_busy(true);
		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr == h)
				hub_accept(h);
			else if (events[i].data.ptr == &h->ear)
				hub_hear(h);
			else
				hub_move(h, events[i].data.ptr,
				    events[i].events);
		}
		hub_follow(h);
		more = h->streams > 0 && hub_catch_all_up(h);
		hub_tick(h, clock_mono_us());
		hub_reap(h);
		hub_chores(h);
		metric_busy(false);
	}
	return 0;
}

int
hub_run(struct deps *deps)
{
	struct hub h = { .deps = deps,
		.max = door_room((size_t)settings.stream_clients + HUB_SPARE) };
	int rc;

	h.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (h.epoll == -1)
		return door_fail(strerror(errno));
	h.arena = arena_new();
	h.users = users_new();
	h.ear_kv = kv_new_broker();
	h.ear = queue_ear_new(h.ear_kv);
	tape_init(&h.tape, (size_t)settings.stream_buffer);
	h.follow = (struct follow){
		.pg = deps->pg, .tape = &h.tape, .full = hub_tell, .arg = &h
	};
	pg_use(deps->pg, h.arena);
	deps->stopping = &hub_stop;
	hub_listen(&h, true);
	log_info("serving", LS("version", PACKAGE_VERSION));
	rc = hub_loop(&h);
	for (size_t i = 0; i < h.n; i++)
		h.v[i]->state = CONN_GONE;
	hub_reap(&h);
	log_info("stopped");
	queue_ear_free(h.ear);
	kv_free(h.ear_kv);
	users_free(h.users);
	follow_free(&h.follow);
	tape_clear(&h.tape);
	response_free(&h.res);
	free(h.v);
	close(h.epoll);
	pg_use(deps->pg, NULL);
	arena_free(h.arena);
	return rc;
}
