/* SPDX-License-Identifier: ISC */
/* Reads requests and writes answers, without ever waiting. */
#include "config.h"

#include "conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "record.h"
#include "serve/pass.h"

#define CONN_PARAMS ((size_t)256 * 1024) /* bytes that a request may have */
#define CONN_READ   16384
#define CONN_PIECES 64 /* that go out at once */

#define CONN_FRAME (RECORD_HEAD + RECORD_MAX)

struct conn *
conn_new(int fd)
{
	struct conn *c = xcalloc(1, sizeof(*c));

	c->fd = fd;
	c->active = clock_mono_us();
	return c;
}

void
conn_free(struct conn *c)
{
	if (c == NULL)
		return;
	close(c->fd);
	if (c->bears != NULL)
		pass_clear(c->bears);
	free(c->bears);
	buf_free(&c->in);
	buf_free(&c->params);
	buf_free(&c->out);
	free(c->owner);
	free(c);
}

void
conn_limit(struct conn *c, const struct task_scope *scope)
{
	free(c->owner);
	c->owner = scope->owner == NULL ? NULL : xstrdup(scope->owner);
	c->scope = (struct task_scope){ scope->all, c->owner };
}

bool
conn_streams(const struct conn *c)
{
	return c->state == CONN_BEHIND || c->state == CONN_LIVE;
}

bool
conn_follows(const struct conn *c)
{
	return conn_streams(c) || c->state == CONN_WAITS;
}

void
conn_cut(struct conn *c, const char *why, enum metric_word end)
{
	c->why = why;
	c->end = end;
	c->state = CONN_GONE;
}

static void
conn_cut_slow(struct conn *c)
{
	conn_cut(c, "it is too far behind", METRIC_end_slow);
}

/* --- what comes in --- */

static void
conn_begin(struct conn *c, const struct record *r)
{
	if (c->state != CONN_HEAD || c->params.len > 0) {
		record_add_end(&c->out, r->id, RECORD_CANNOT_MULTIPLEX);
	} else if (!record_begin(r, &c->keep)) {
		record_add_end(&c->out, r->id, RECORD_UNKNOWN_ROLE);
	} else {
		c->id = r->id;
		c->active = clock_mono_us();
	}
}

static void
conn_params(struct conn *c, const struct record *r)
{
	if (c->state != CONN_HEAD || r->id != c->id)
		return;
	if (c->params.len + r->len > CONN_PARAMS)
		conn_cut(c, "the head of the request is too large",
		    METRIC_end_client);
	else
		buf_add(&c->params, r->content, r->len);
}

/* A body is none of our affair, but the record without content that ends it
 * is the last of a request: a web server that finds the connection closed
 * before it has sent that one may take the answer for lost. */
static void
conn_body(struct conn *c, const struct record *r)
{
	if (c->state == CONN_HEAD && r->id == c->id && r->len == 0)
		c->state = CONN_ASKED;
}

static void
conn_take(struct conn *c, const struct record *r)
{
	if (r->id == 0)
		record_add_about(&c->out, r);
	else if (r->type == RECORD_BEGIN)
		conn_begin(c, r);
	else if (r->type == RECORD_PARAMS)
		conn_params(c, r);
	else if (r->type == RECORD_STDIN)
		conn_body(c, r);
	else if (r->type == RECORD_ABORT && r->id == c->id)
		c->state = CONN_GONE;
}

static void
conn_parse(struct conn *c)
{
	struct record r;
	size_t at = 0;
	int n = 0;

	while (c->state != CONN_GONE &&
	       (n = record_parse(c->in.data + at, c->in.len - at, &r)) == 1) {
		conn_take(c, &r);
		at += r.size;
	}
	if (n == -1)
		conn_cut(c, "the web server does not speak FastCGI",
		    METRIC_end_client);
	c->in.len -= at;
	if (c->in.len == 0)
		buf_free(&c->in);
	else
		memmove(c->in.data, c->in.data + at, c->in.len);
}

void
conn_read(struct conn *c)
{
	char data[CONN_READ];
	ssize_t n;

	while (c->state != CONN_GONE) {
		n = recv(c->fd, data, sizeof(data), MSG_DONTWAIT);
		if (n > 0) {
			buf_add(&c->in, data, (size_t)n);
			conn_parse(c);
		} else if (n == -1 && errno == EINTR) {
			continue;
		} else {
			/* Who has asked for all may say no more. */
			if (n == 0 ? c->state != CONN_ANSWER &&
					 c->state != CONN_ASKED
				   : errno != EAGAIN)
				c->state = CONN_GONE;
			return;
		}
	}
}

/* --- what goes out --- */

/* The pieces in which a part of an event goes out, from off on. */
struct conn_pieces {
	struct iovec v[CONN_PIECES];
	uint8_t heads[CONN_PIECES][RECORD_HEAD];
	size_t n;
	size_t len;
};

static void
conn_piece(struct conn_pieces *p, const void *data, size_t len)
{
	if (len == 0)
		return;
	/* iovec is for reading as well. */
	memcpy(&p->v[p->n].iov_base, &data, sizeof(data));
	p->v[p->n++].iov_len = len;
	p->len += len;
}

/* How many bytes an event is with the heads of its records. */
static size_t
conn_framed(const struct tape_event *e)
{
	return e->len + (e->len + RECORD_MAX - 1) / RECORD_MAX * RECORD_HEAD;
}

/* Adds an event from off on, as far as there is room. */
static void
conn_event(struct conn_pieces *p, const struct conn *c,
    const struct tape_event *e, size_t off)
{
	size_t frame = off / CONN_FRAME, in = off % CONN_FRAME;

	for (; frame * RECORD_MAX < e->len && p->n + 2 <= CONN_PIECES;
	     frame++) {
		const char *text = e->text + frame * RECORD_MAX;
		size_t len = e->len - frame * RECORD_MAX;
		uint8_t *head = p->heads[p->n];

		if (len > RECORD_MAX)
			len = RECORD_MAX;
		if (in < RECORD_HEAD) {
			record_head(head, RECORD_STDOUT, c->id, len);
			conn_piece(p, head + in, RECORD_HEAD - in);
			in = RECORD_HEAD;
		}
		conn_piece(p, text + (in - RECORD_HEAD),
		    len - (in - RECORD_HEAD));
		in = 0;
	}
}

/* -1: it takes nothing more, or is gone. */
static ssize_t
conn_send(struct conn *c, struct iovec *v, size_t n)
{
	struct msghdr m = { .msg_iov = v, .msg_iovlen = n };
	ssize_t sent;

	do
		sent = sendmsg(c->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent == -1 && errno == EINTR);
	if (sent == -1 && errno != EAGAIN && errno != ENOBUFS)
		c->state = CONN_GONE;
	if (sent > 0 && conn_streams(c))
		metric_add(METRIC_told_bytes, METRIC_AT(0), (uint64_t)sent);
	if (sent > 0 || !c->blocked)
		c->active = clock_mono_us();
	c->blocked = sent == -1;
	return sent;
}

/* False: not all of it. */
static bool
conn_write_out(struct conn *c)
{
	struct iovec v = { .iov_base = c->out.data + c->sent,
		.iov_len = c->out.len - c->sent };
	ssize_t n = conn_send(c, &v, 1);

	if (n == -1)
		return false;
	c->sent += (size_t)n;
	if (c->sent < c->out.len)
		return true;
	buf_free(&c->out);
	c->sent = 0;
	return true;
}

static bool
conn_may_see(const struct conn *c, const struct tape *tape, uint64_t n)
{
	const char *owner = tape_at(tape, n)->owner;

	return task_in_scope(&c->scope, owner,
	    owner == NULL ? 0 : strlen(owner));
}

void
conn_skip(struct conn *c, const struct tape *tape)
{
	while (c->off == 0 && c->next < tape->next &&
	       !conn_may_see(c, tape, c->next))
		c->next++;
}

/* So many bytes from next and off on are gone, of what it may see. */
static void
conn_advance(struct conn *c, const struct tape *tape, size_t n)
{
	size_t left;
	uint64_t told = 0;

	while (n > 0) {
		conn_skip(c, tape);
		left = conn_framed(tape_at(tape, c->next)) - c->off;
		if (n < left) {
			c->off += n;
			break;
		}
		n -= left;
		c->next++;
		c->off = 0;
		told++;
	}
	if (told > 0)
		metric_add(METRIC_told, METRIC_AT(0), told);
}

/* False: not all of it. */
static bool
conn_write_tape(struct conn *c, const struct tape *tape)
{
	struct conn_pieces p;
	ssize_t n;

	conn_skip(c, tape);
	if (c->next == tape->next)
		return true;
	p.n = p.len = 0;
	for (uint64_t e = c->next; e < tape->next && p.n + 2 <= CONN_PIECES;
	     e++)
		if (conn_may_see(c, tape, e))
			conn_event(&p, c, tape_at(tape, e),
			    e == c->next ? c->off : 0);
	n = conn_send(c, p.v, p.n);
	if (n == -1)
		return false;
	conn_advance(c, tape, (size_t)n);
	return true;
}

/* All is written: the connection is the web server's again, or closed. */
static void
conn_done(struct conn *c)
{
	c->used = true;
	c->state = c->keep ? CONN_HEAD : CONN_GONE;
	c->active = clock_mono_us();
}

void
conn_write(struct conn *c, const struct tape *tape)
{
	if (c->state == CONN_LIVE && c->next < tape->first)
		conn_cut_slow(c);
	while (c->state != CONN_GONE && !c->blocked) {
		if (c->sent < c->out.len) {
			if (!conn_write_out(c))
				return;
		} else if (c->state == CONN_ANSWER) {
			conn_done(c);
		} else if (c->state != CONN_LIVE || c->next == tape->next) {
			return;
		} else if (!conn_write_tape(c, tape)) {
			return;
		}
	}
}

void
conn_answer(struct conn *c, const struct buf *wire)
{
	conn_open(c, wire);
	record_add_end(&c->out, c->id, RECORD_COMPLETE);
	c->state = CONN_ANSWER;
}

void
conn_open(struct conn *c, const struct buf *wire)
{
	record_add_text(&c->out, c->id, wire->data, wire->len);
	buf_free(&c->params);
}

/* What has begun to go out of the tape goes before all else. */
static void
conn_settle(struct conn *c, const struct tape *tape)
{
	struct conn_pieces p;

	if (c->state != CONN_LIVE || c->off == 0)
		return;
	if (c->next < tape->first) {
		conn_cut_slow(c);
		return;
	}
	while (c->off > 0) {
		p.n = p.len = 0;
		conn_event(&p, c, tape_at(tape, c->next), c->off);
		for (size_t i = 0; i < p.n; i++)
			buf_add(&c->out, p.v[i].iov_base, p.v[i].iov_len);
		conn_advance(c, tape, p.len);
	}
}

void
conn_say(struct conn *c, const struct tape *tape, const char *text, size_t len)
{
	conn_settle(c, tape);
	record_add_text(&c->out, c->id, text, len);
}

void
conn_finish(struct conn *c, const struct tape *tape, enum metric_word end)
{
	conn_settle(c, tape);
	if (c->state == CONN_GONE)
		return;
	c->end = end;
	record_add_end(&c->out, c->id, RECORD_COMPLETE);
	c->state = CONN_ANSWER;
}
