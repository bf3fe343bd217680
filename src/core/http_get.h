/* SPDX-License-Identifier: ISC */
/* One small document over HTTP, under a deadline and a size limit. */
#ifndef HTTP_GET_H
#define HTTP_GET_H

#include "base.h"
#include "buf.h"

struct http_get;

struct http_get_limits {
	int64_t timeout_ms;  /* for the whole exchange; half of it to connect */
	size_t max;          /* bytes of body */
	const char *ca_file; /* or NULL or "": the system's authorities */
};

/* A handle for one process, used again and again.  Never NULL. */
struct http_get *http_get_new(void);
void http_get_free(struct http_get *h);

/* Fetches an http or https address.  Redirects are not followed, proxies in
 * the environment not used; a server must prove its name.  Returns the status
 * and the body (cleared first), or -1 with *why a sentence that lives until
 * the next call. */
long http_get_run(struct http_get *h, const char *url,
    const struct http_get_limits *limits, struct buf *body, const char **why)
    MUSTCHECK;

/* True if both addresses have the same scheme, host and port, and b names no
 * user. */
bool http_get_same_origin(const char *a, const char *b);

#endif
