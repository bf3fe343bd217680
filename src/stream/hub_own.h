/* SPDX-License-Identifier: ISC */
/* What the files of the loop share. */
#ifndef HUB_OWN_H
#define HUB_OWN_H

#include "answer/call.h"
#include "conn.h"
#include "follow.h"
#include "queue/queue.h"
#include "user.h"

struct hub {
	struct deps *deps;
	struct arena *arena;
	struct response res;
	int epoll;
	bool accepting;
	size_t max; /* connections */
	struct conn **v;
	size_t n, size;
	size_t streams;
	size_t
	    turn; /* where the next page for one that is behind is looked for */
	struct users *users;
	struct tape tape;
	struct follow follow;
	struct kv *ear_kv;
	struct queue_ear *ear;
	unsigned ear_live; /* the connection of it that epoll has */
	int64_t ear_due;
	int64_t tick_due, auth_due, stop_due;
};

/* Accepts connections or, for now, none. */
void hub_listen(struct hub *h, bool accepting);

/* Accepts those that are there, as long as there is room. */
void hub_accept(struct hub *h);

/* Frees those that are gone; nobody may have a pointer to one. */
void hub_reap(struct hub *h);

/* Serves a connection, which it owns, from now on.  NULL if that cannot be. */
struct conn *hub_add(struct hub *h, int fd, enum conn_state state);

/* So many streams and requests that wait there are now. */
void hub_streams(struct hub *h, size_t n);

/* Answers a request, or makes a stream of it, or lets it wait. */
void hub_answer(struct hub *h, struct conn *conn);

/* Takes the request that a bearer brings, when all of it is there. */
void hub_receive(struct hub *h, struct conn *bearer);

/* Answers one that waits if there is a change, or if its time is over. */
void hub_wait_look(struct hub *h, struct conn *c, bool over);

/* Moves the place of one that waits on over what is not for it, as far as that
 * is on the tape. */
void hub_wait_skip(struct hub *h, struct conn *c);

/* Answers one that waits at once: errand-stream ends. */
void hub_wait_end(struct hub *h, struct conn *c);

#endif
