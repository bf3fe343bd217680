/* SPDX-License-Identifier: ISC */
/* Connections that go from one process to another through the listening socket
 * that both accept from: whoever is free next gets them. */
#ifndef HAND_H
#define HAND_H

#include <sys/socket.h>
#include <sys/un.h>

#include "base/base.h"

#define HAND_MAX 253 /* SCM_MAX_FD of Linux: in one message */

/* Where the listening socket is found. */
struct hand_way {
	struct sockaddr_un to;
	socklen_t len;
};

/* Finds out where the listening socket is.  NULL, or why nothing can be handed
 * over through it. */
const char *hand_open(struct hand_way *w, int listening);

/* The same for the socket at a path.  0, or -1 if that is too long. */
int hand_to(struct hand_way *w, const char *path) MUSTCHECK;

/* A new connection through which hand_send may send; the caller closes it.  -1
 * if there is none now.  Never waits. */
int hand_connect(const struct hand_way *w);

/* Sends n connections, 1 to HAND_MAX; they stay open here.  0 or -1.  Never
 * waits. */
int hand_send(int by, const int *fds, size_t n) MUSTCHECK;

/* Whether an accepted connection whose peer has that address is one that
 * hand_connect of this user has made. */
bool hand_is(int fd, const struct sockaddr_un *peer, socklen_t len);

/* What was sent through such a connection: sets fds, which the caller owns,
 * and returns how many; 0 if nothing comes any more, -1 if it is not there yet.
 * Never waits. */
int hand_take(int by, int fds[HAND_MAX]);

#endif
