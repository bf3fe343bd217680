/* SPDX-License-Identifier: ISC */
/* What a process can serve next: the listening socket, and the connections
 * that web servers keep open between requests. */
#ifndef KEPT_H
#define KEPT_H

#include "base/base.h"

struct kept;

/* Of the listening socket, which must not block; keeps up to max connections,
 * or none if they could not be handed over.  NULL if the kernel refuses, with
 * errno. */
struct kept *kept_new(int listening, size_t max) MUSTCHECK;

/* Hands all connections over, if it can within a second, and frees it. */
void kept_free(struct kept *k);

/* A descriptor that is readable when there is something to serve. */
int kept_fd(const struct kept *k);

/* How many connections are kept now, and were handed over until now. */
size_t kept_count(const struct kept *k);
uint64_t kept_handed(const struct kept *k);

/* Waits for up to ms for a connection with a request.  It is the one in hand
 * until kept_done or kept_gone.  -1 if there is none; errno is EAGAIN or EINTR,
 * or that of a listening socket that has failed. */
int kept_next(struct kept *k, int ms);

/* Hands all connections over except the one in hand, so that nobody waits for
 * us; those that cannot be handed over stay.  Never waits.  A signal's handler
 * may call it while there is one in hand. */
void kept_pass(struct kept *k);

/* Whether the connection in hand can be kept. */
bool kept_room(struct kept *k);

/* The connection in hand is answered and stays open. */
void kept_done(struct kept *k);

/* The connection in hand is not kept; to be called before it is closed. */
void kept_gone(struct kept *k);

#endif
