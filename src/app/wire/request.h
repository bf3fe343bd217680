/* SPDX-License-Identifier: ISC */
/* A request as the web server hands it over, taken apart once. */
#ifndef REQUEST_H
#define REQUEST_H

#include <fcgiapp.h>

#include "base/arena.h"
#include "base/base.h"

enum method {
	METHOD_GET,
	METHOD_HEAD,
	METHOD_POST,
	METHOD_PUT,
	METHOD_PATCH,
	METHOD_DELETE,
	METHOD_OPTIONS,
	METHOD_OTHER, /* none that any route has */
	METHOD__MAX
};
extern const char *const methods[METHOD__MAX];

enum request_body {
	REQUEST_BODY_UNREAD,
	REQUEST_BODY_WHOLE, /* maybe empty */
	REQUEST_BODY_LARGE, /* beyond [http] body_limit, not read to its end */
	REQUEST_BODY_CUT,   /* shorter or longer than announced */
	REQUEST_BODY__MAX
};

#define REQUEST_URI_MAX      8192
#define REQUEST_SEGMENTS_MAX 5

/* All texts live in the arena; absent headers are NULL. */
struct request {
	const char *id;          /* X-Request-ID */
	const char *traceparent; /* valid, of version 00, or NULL */
	const char *trace_id;    /* of traceparent, or NULL */
	const char *tracestate;  /* as it came */
	enum method method;
	const char *method_name; /* as the client wrote it */
	const char *address;     /* raw, with base_path, without the query */
	const char *path;        /* raw, below base_path, without the query */
	const char *query;       /* raw, "" if there is none */
	const char *fault;       /* what is wrong with the address, or NULL */
	bool uri_long;
	size_t nsegments; /* decoded; above the maximum: no route */
	const char *segments[REQUEST_SEGMENTS_MAX];

	const char *accept;
	const char *authorization;
	const char *content_type;
	const char *content_encoding;
	const char *if_match;
	const char *if_none_match;
	const char *idempotency_key;
	const char *last_event_id;
	const char *mcp_version; /* MCP-Protocol-Version */
	const char *mcp_method;
	const char *mcp_name;
	const char *origin;
	const char *prefer;
	const char *preflight; /* Access-Control-Request-Method */
	const char *remote_addr;

	int64_t body_announced; /* bytes; -1: it was not said */
	enum request_body body_state;
	const char *body;
	size_t body_len;
};

/* Takes the parameters out of r into the arena.  The body stays unread, but a
 * length that is no number, or too large a one, is told in body_state. */
void request_read(struct request *req, FCGX_Request *r, struct arena *a);

/* Makes a request of the client of another one, with the same token and trace:
 * to an address below the prefix, with an empty body of JSON and without any
 * condition. */
void request_within(struct request *req, const struct request *other,
    struct arena *a, enum method method, const char *address);

/* Reads a body that is unread, to its end or until it is larger than
 * allowed. */
void request_body(struct request *req, FCGX_Request *r, struct arena *a);

/* For a body that nobody wants: it is whole if it came together with the
 * parameters, as an absent one mostly does.  Waits for nothing. */
void request_skip(struct request *req, FCGX_Request *r);

#endif
