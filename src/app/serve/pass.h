/* SPDX-License-Identifier: ISC */
/* Requests that wait, on their way from errand.fcgi, where none may wait, to
 * errand-stream, together with the connections that they came by. */
#ifndef PASS_H
#define PASS_H

#include <fcgiapp.h>

#include "base/base.h"
#include "base/buf.h"

/* Passes a request on, all of which was read, to whoever accepts at [stream]
 * socket.  True if it was taken: then nothing is to be written to its
 * connection, which stays open here.  False: nobody else will answer it.  Waits
 * for a second at most, and after that does not try again for a while. */
bool pass_request(const FCGX_Request *r) MUSTCHECK;

/* A request as it comes. */
struct passed {
	int fd;          /* its connection, or -1 */
	struct buf data; /* what has come of it */
	uint16_t id;     /* of the request; set when it is whole, as these: */
	const char *params; /* in data, as FastCGI has them */
	size_t len;
};

/* Reads more of what comes by a connection for which hand_is holds.  1 when it
 * is whole, 0 if there is more to come, or -1 if there is none.  Never
 * waits. */
int pass_read(int by, struct passed *p) MUSTCHECK;

/* Takes it.  False if it is not ours any more: it is to be closed. */
bool pass_take(int by) MUSTCHECK;

/* Closes fd, unless that is -1. */
void pass_clear(struct passed *p);

#endif
