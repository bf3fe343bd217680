/* SPDX-License-Identifier: ISC */
/* An answer: built up by handlers, written at once. */
#ifndef RESPONSE_H
#define RESPONSE_H

#include <fcgiapp.h>

#include "base/base.h"
#include "base/buf.h"
#include "request.h"

struct spool;

struct response {
	int status;
	const char *content_type; /* NULL: there is no body */
	const char *cache_control;
	struct buf head; /* further header lines */
	struct buf body;
	const char *ready; /* a body that stands elsewhere, instead of body */
	size_t ready_len;
	struct spool *spool; /* the same: sent behind what response_build
			      * has made; or NULL */
	bool open;           /* the body has no end yet, and so no length */
	struct buf wire;     /* what goes to the web server */
};

/* Empties it for the next request; keeps the memory. */
void response_reset(struct response *res);

/* Releases the memory. */
void response_free(struct response *res);

/* Adds a header line.  The value comes from our own texts or was checked: it
 * has no control characters. */
void response_header(struct response *res, const char *name, const char *fmt,
    ...) PRINTF(3, 4);

/* The body is text, which stays where it is until the answer is written. */
void response_borrow(struct response *res, const char *text, size_t len);

/* The standard phrase of a status, as in "Not Found". */
const char *response_phrase(int status);

/* A status among all that there are: its index, behind the last one if it is
 * none of them; and such an index as digits, NULL behind the last one. */
size_t response_index(int status);
const char *response_code(size_t index);

/* The answer to req as it goes to the web server; lives until the next one. */
const struct buf *response_build(struct response *res,
    const struct request *req);

/* Writes the answer to req in one go, but for a spool.  0, or -1 if the web
 * server is gone. */
int response_write(struct response *res, const struct request *req,
    FCGX_Request *r);

#endif
