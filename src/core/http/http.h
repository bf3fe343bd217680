/* SPDX-License-Identifier: ISC */
/* One small document over HTTP, under a deadline and a size limit. */
#ifndef HTTP_H
#define HTTP_H

#include <sys/socket.h>

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"

struct http;

/* NULL, or a sentence that says why nothing is sent there: a constant. */
typedef const char *(*http_judge_fn)(const struct sockaddr *sa);

struct http_call {
	const char *url;  /* http or https */
	const char *form; /* POSTed as application/x-www-form-urlencoded;
				 NULL: GET */
	const char *json; /* POSTed as application/json, json_len bytes;
				 NULL: none */
	size_t json_len;
	const char *method;   /* instead of GET or POST; or NULL */
	const char *headers;  /* further ones, as text/pairs.h has them; NULL:
				 none */
	const char *user;     /* of Basic authentication; NULL: none */
	const char *password; /* its other half */
	int64_t timeout_ms;   /* for all of it; half to find and to connect */
	size_t max;           /* bytes of body */
	bool cut;             /* of a larger one these; else it is a failure */
	bool brief;           /* with cut: and no more of it is waited for */
	const char *ca_file;  /* or NULL or "": the system's authorities */
	bool keep;            /* the connection, for the next call */
	http_judge_fn judge;  /* each address before it is connected to; NULL:
				 every one is fine */
	const volatile int *stop; /* not 0: the call ends; or NULL */
	const char *shown;        /* to traces, instead of url; or NULL */
	struct buf *head;         /* cleared, and gets the lines of the answer
				     before its body; or NULL */
};

/* A handle for one process, used again and again.  Never NULL. */
struct http *http_new(void);
void http_free(struct http *h);

/* Asks one server one question.  Redirects are not followed, proxies in the
 * environment not used; a server must prove its name.  Returns the status
 * and the body (cleared first; its data is a text, if an empty one), or -1 with
 * *why a sentence that lives until the next call. */
long http_run(struct http *h, const struct http_call *call, struct buf *body,
    const char **why) MUSTCHECK;

/* The same without a wait.  What call points to, and body, stay there until the
 * call has ended; there is one call at a time. */
void http_begin(struct http *h, const struct http_call *call, struct buf *body);
bool http_busy(const struct http *h);

/* Goes on with the call, if there is one, and waits at most ms for it or until
 * something can be read from fd (-1: none).  True if the call has ended: then
 * *status is as of http_run. */
bool http_go_on(struct http *h, int fd, int ms, long *status, const char **why)
    MUSTCHECK;

/* Seconds that the last answer asks to wait; 0: it does not say. */
int64_t http_retry_after(const struct http *h);

/* The value of the first line in head with that name, without the blanks
 * around it, or NULL; it lives in a. */
const char *http_header(struct arena *a, const struct buf *head,
    const char *name);

/* Adds text as a value of a form. */
void http_add_value(struct buf *b, const char *text, size_t len);

/* True if both addresses have the same scheme, host and port, and b names no
 * user. */
bool http_same_origin(const char *a, const char *b);

/* True if what goes there can be read and changed on its way: by http, and not
 * to localhost, 127.0.0.0/8 or [::1]. */
bool http_is_open(const char *url);

#endif
