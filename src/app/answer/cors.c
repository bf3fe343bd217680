/* SPDX-License-Identifier: ISC */
/* Echoes configured origins only, and never with credentials: the token goes
 * in a header. */
#include "config.h"

#include "cors.h"

#include "base/str.h"
#include "conf/conf.h"

/* What Access-Control-Allow-Origin says, or NULL. */
static const char *
cors_origin(const struct call *c)
{
	const struct conf_list *list = &settings.http_cors_origins;

	if (c->req->origin == NULL)
		return NULL;
	for (size_t i = 0; i < list->n; i++) {
		if (str_eq(list->v[i], "*"))
			return "*";
		if (str_eq(list->v[i], c->req->origin))
			return list->v[i];
	}
	return NULL;
}

void
cors_headers(struct call *c)
{
	const char *origin = cors_origin(c);

	if (settings.http_cors_origins.n == 0)
		return;
	response_header(c->res, "Vary", "Origin");
	if (origin == NULL)
		return;
	response_header(c->res, "Access-Control-Allow-Origin", "%s", origin);
	response_header(c->res, "Access-Control-Expose-Headers",
	    "ETag, Idempotency-Replayed, Link, Location, "
	    "Preference-Applied, Retry-After, WWW-Authenticate, X-Cache, X-Changes-Cursor, X-Request-ID, "
	    "X-Trace-ID");
}

void
cors_preflight(struct call *c, const char *allow)
{
	if (c->req->preflight == NULL || cors_origin(c) == NULL)
		return;
	response_header(c->res, "Access-Control-Allow-Methods", "%s", allow);
	response_header(c->res, "Access-Control-Allow-Headers",
	    "Authorization, Content-Type, Idempotency-Key, If-Match, "
	    "If-None-Match, Last-Event-ID, MCP-Protocol-Version, Mcp-Method, "
	    "Mcp-Name, Prefer, X-Request-ID, traceparent");
	response_header(c->res, "Access-Control-Max-Age", "%lld",
	    (long long)(settings.http_cors_max_age / 1000));
}
