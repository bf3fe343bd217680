/* SPDX-License-Identifier: ISC */
/* One connection of the web server, which has one request at a time. */
#ifndef CONN_H
#define CONN_H

#include "base/base.h"
#include "base/buf.h"
#include "metric/metric.h"
#include "tape.h"

struct passed;
struct user;

enum conn_state {
	CONN_HEAD,   /* waits for a request */
	CONN_ASKED,  /* has one that nobody has looked at */
	CONN_BEARER, /* brings a request that waits, from errand.fcgi */
	CONN_WAITS,  /* has one that waits for a change */
	CONN_ANSWER, /* the rest of its answer is to be written */
	CONN_BEHIND, /* a stream that is told of what is not in the tape */
	CONN_LIVE,   /* a stream that is told of what comes into the tape */
	CONN_GONE    /* to be freed; conn_why may say why */
};

struct conn {
	int fd;
	enum conn_state state;
	uint16_t id;  /* of the request, as the web server has it */
	bool keep;    /* the web server wants to use the connection again */
	bool used;    /* it has answered a request */
	bool waits;   /* errand.fcgi has passed the request on */
	bool blocked; /* it takes nothing more for now */
	struct buf in, params;
	struct buf
	    out; /* goes before what is in the tape; sent of it is gone */
	size_t sent;
	uint64_t next; /* event of the tape, of which off bytes are sent */
	size_t off;
	struct task_place place; /* of one that is behind, or waits */
	struct passed *bears;    /* of a bearer; else NULL */
	int64_t wait; /* seconds that the client asked for, as far as we go */
	int64_t due;  /* when they are over; clock_mono_us */
	struct task_scope scope; /* what it is told of */
	char *owner;             /* its owner; or NULL */
	struct user *user;
	int64_t active;  /* when it was last written to, began to wait for a
			 * request, or became blocked; clock_mono_us */
	int64_t until;   /* the stream ends then; seconds since 1970 */
	const char *why; /* it was cut off; or NULL */
	enum metric_word end; /* a stream: why it has ended, if it has */
	size_t at;            /* for whoever keeps it in a list */
};

/* Owns fd, which does not block. */
struct conn *conn_new(int fd);

/* Closes it; its user is to be left before.  NULL is fine. */
void conn_free(struct conn *c);

/* Whether it is a stream, or is one or waits. */
bool conn_streams(const struct conn *c);
bool conn_follows(const struct conn *c);

/* Reads all that is there, and takes it apart. */
void conn_read(struct conn *c);

/* The request is answered with that, and nothing comes behind it. */
void conn_answer(struct conn *c, const struct buf *wire);

/* What the stream that begins may be told of; the scope is copied. */
void conn_limit(struct conn *c, const struct task_scope *scope);

/* Passes over events of the tape that it may not be told of. */
void conn_skip(struct conn *c, const struct tape *tape);

/* That is the head of an answer which goes on. */
void conn_open(struct conn *c, const struct buf *wire);

/* Adds a text to a stream, before what is in the tape. */
void conn_say(struct conn *c, const struct tape *tape, const char *text,
    size_t len);

/* Ends a stream in good order. */
void conn_finish(struct conn *c, const struct tape *tape, enum metric_word end);

/* Cuts it off; why is a constant. */
void conn_cut(struct conn *c, const char *why, enum metric_word end);

/* Writes as much as it takes; a stream from the tape, which cuts it off if its
 * next event is not there any more. */
void conn_write(struct conn *c, const struct tape *tape);

#endif
