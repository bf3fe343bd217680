/* SPDX-License-Identifier: ISC */
/* The dispatcher: no handler runs before its row's checks have passed. */
#include "config.h"

#include "router.h"

#include <string.h>
#include <strings.h>

#include "answer/access.h"
#include "answer/cors.h"
#include "answer/idempotency.h"
#include "answer/problem.h"
#include "api/handlers.h"
#include "base/clock.h"
#include "base/str.h"
#include "conf/conf.h"

#define ROUTE_PARAMS 2 /* in braces, that a pattern may have */

static const struct route routes[] = {
#define PUBLIC    ROUTE_PUBLIC
#define RULE(key) CONF_RULE_##key
#define ROUTE(method, pattern, rule, whose, body, handler, operation)          \
	{ METHOD_##method, pattern, rule, ACCESS_##whose, ROUTE_##body,        \
		handler },
#include "api/routes.def"
#undef ROUTE
#undef RULE
#undef PUBLIC
};

static const char *const patterns[NELEM(routes)] = {
#define ROUTE(method, pattern, ...) pattern,
#include "api/routes.def"
#undef ROUTE
};

size_t
router_patterns(const char *const **out)
{
	*out = patterns;
	return NELEM(patterns);
}

size_t
router_index(const struct route *route)
{
	return route == NULL ? NELEM(routes) : (size_t)(route - routes);
}

/* Compares the segments with a pattern; param are those that stand in braces,
 * which are never empty. */
static bool
router_fits(const char *pattern, const struct request *req,
    const char *param[ROUTE_PARAMS])
{
	size_t i = 0, n = 0;

	for (; *pattern == '/'; i++) {
		size_t len = strcspn(++pattern, "/");

		if (i >= req->nsegments || i >= REQUEST_SEGMENTS_MAX)
			return false;
		if (*pattern == '{' && req->segments[i][0] != '\0' &&
		    n < ROUTE_PARAMS)
			param[n++] = req->segments[i];
		else if (strncmp(pattern, req->segments[i], len) != 0 ||
			 req->segments[i][len] != '\0')
			return false;
		pattern += len;
	}
	return i == req->nsegments;
}

static enum method
router_method(enum method m)
{
	return m == METHOD_HEAD ? METHOD_GET : m;
}

/* The row for path and method; else *other is a row for the path alone.  The
 * first pattern that fits decides: "changes" is no id. */
static const struct route *
router_find(struct call *c, const struct route **other)
{
	*other = NULL;
	for (size_t i = 0; i < NELEM(routes); i++) {
		const char *param[ROUTE_PARAMS] = { NULL };

		if (*other != NULL &&
		    !str_eq((*other)->pattern, routes[i].pattern))
			continue;
		if (!router_fits(routes[i].pattern, c->req, param))
			continue;
		c->param = param[0];
		c->second = param[1];
		*other = &routes[i];
		if (routes[i].method == router_method(c->req->method))
			return &routes[i];
	}
	return NULL;
}

/* "GET, HEAD, PUT, OPTIONS": what the path of this row allows. */
static const char *
router_allow(struct call *c, const struct route *row)
{
	const char *allow = "";

	for (size_t i = 0; row != NULL && i < NELEM(routes); i++)
		if (str_eq(routes[i].pattern, row->pattern))
			allow = arena_printf(c->arena, "%s%s%s, ", allow,
			    methods[routes[i].method],
			    routes[i].method == METHOD_GET ? ", HEAD" : "");
	return arena_printf(c->arena, "%sOPTIONS", allow);
}

static void
router_options(struct call *c, const struct route *row)
{
	const char *allow = router_allow(c, row);

	response_header(c->res, "Allow", "%s", allow);
	if (strstr(allow, "PATCH") != NULL)
		response_header(c->res, "Accept-Patch",
		    "application/merge-patch+json, application/json");
	cors_preflight(c, allow);
	c->res->status = 204;
}

/* Takes the next parameter of a media type off *at, ";name=value" with blanks
 * around the semicolon; the value comes without its quotes.  1, 0 at the end,
 * or -1 if there is something else. */
static int
router_next_param(const char **at, struct buf *name, struct buf *value)
{
	static const char ends[] = " \t;=\"";
	const char *s = *at + strspn(*at, " \t");
	size_t len;

	name->len = value->len = 0;
	if (*s == '\0')
		return 0;
	if (*s != ';')
		return -1;
	s += 1 + strspn(s + 1, " \t");
	len = strcspn(s, ends);
	*at = s + len;
	buf_add(name, s, len);
	if (len == 0)
		return *s == ';' || *s == '\0' ? 1 : -1;
	if (**at != '=')
		return -1;
	s = *at + 1;
	if (*s != '"') {
		len = strcspn(s, ends);
		buf_add(value, s, len);
		*at = s + len;
		return len > 0 ? 1 : -1;
	}
	for (s++; *s != '"'; s++) {
		if (*s == '\\')
			s++;
		if (*s == '\0')
			return -1;
		buf_addc(value, *s);
	}
	*at = s + 1;
	return 1;
}

/* "Application/JSON ; charset=utf-8" is application/json.  With a charset
 * other than UTF-8 it is not, whatever else is said of it. */
static bool
router_type_is(const char *header, const char *type)
{
	size_t len = strcspn(header, "; \t");
	struct buf name = { 0 }, value = { 0 };
	bool utf8 = true;
	int more;

	if (len != strlen(type) || strncasecmp(header, type, len) != 0)
		return false;
	for (header += len;
	     (more = router_next_param(&header, &name, &value)) == 1;)
		if (name.len == 7 && strncasecmp(name.data, "charset", 7) == 0)
			utf8 = utf8 && value.len == 5 &&
			       strncasecmp(value.data, "utf-8", 5) == 0;
	buf_free(&name);
	buf_free(&value);
	return more == 0 && utf8;
}

/* NULL if the body is of a kind that the route takes, else what is wrong. */
static const char *
router_judge_type(const struct request *req, const struct route *row)
{
	const char *type = req->content_type == NULL ? "" : req->content_type;
	const char *coding = req->content_encoding;

	if (coding != NULL && strcasecmp(coding, "identity") != 0)
		return "the body must not be compressed";
	if (router_type_is(type, "application/json") ||
	    (row->body == ROUTE_PATCH &&
		router_type_is(type, "application/merge-patch+json")))
		return NULL;
	return "the body must be application/json in UTF-8";
}

static bool
router_check_type(struct call *c, const struct route *row)
{
	const char *why = router_judge_type(c->req, row);

	if (why == NULL)
		return true;
	response_header(c->res,
	    row->body == ROUTE_PATCH ? "Accept-Patch" : "Accept",
	    row->body == ROUTE_PATCH
		? "application/merge-patch+json, application/json"
		: "application/json");
	response_header(c->res, "Accept-Encoding", "identity");
	problem(c, 415, why);
	return false;
}

static bool
router_check_body(struct call *c, const struct route *row)
{
	switch (c->req->body_state) {
	case REQUEST_BODY_LARGE:
		problem(c, 413,
		    arena_printf(c->arena, "the body is larger than %lld bytes",
			(long long)settings.http_body_limit));
		return false;
	case REQUEST_BODY_CUT:
		problem(c, 400, "the body is not as long as announced");
		return false;
	default:
		return row->body == ROUTE_NONE ||
		       (row->body == ROUTE_MAYBE && c->req->body_len == 0) ||
		       router_check_type(c, row);
	}
}

/* True if the address itself is fine; else it is answered. */
static bool
router_check_address(struct call *c)
{
	if (c->req->uri_long) {
		problem(c, 414, "the address is too long");
		return false;
	}
	if (c->req->fault != NULL) {
		problem(c, 400, c->req->fault);
		return false;
	}
	return true;
}

static void
router_no_method(struct call *c, const struct route *other)
{
	const char *allow = router_allow(c, other);

	response_header(c->res, "Allow", "%s", allow);
	problem(c, 405, arena_printf(c->arena, "allowed here: %s", allow));
}

bool
router_admit(struct call *c)
{
	const struct route *other, *row;

	cors_headers(c);
	if (!router_check_address(c))
		return false;
	row = router_find(c, &other);
	c->route = row;
	if (c->req->method == METHOD_OPTIONS) {
		router_options(c, other);
		return false;
	}
	if ((other == NULL || other->rule != ROUTE_PUBLIC) &&
	    !access_identify(c))
		return false;
	if (other == NULL)
		problem(c, 404, "there is nothing at this address");
	else if (row == NULL)
		router_no_method(c, other);
	if (row == NULL)
		return false;
	return row->rule == ROUTE_PUBLIC ||
	       (access_allow(c, (enum conf_rule)row->rule) &&
		   access_scope(c, row->whose));
}

bool
router_wants_body(const struct call *c)
{
	return c->route->body != ROUTE_NONE || c->route->method != METHOD_GET;
}

/* What the handler has others do for the same client.  What it was stays, to be
 * logged and counted beside the request that brought it. */
static void
router_within(struct call *c)
{
	struct response *res = arena_alloc(c->arena, sizeof(*res));
	struct call *in = arena_alloc(c->arena, sizeof(*in));
	const int64_t start = clock_mono_us();

	*res = (struct response){ 0 };
	*in = (struct call){ .deps = c->deps,
		.arena = c->arena,
		.req = c->within.req,
		.res = res };
	response_reset(res);
	if (router_admit(in)) {
		if (str_eq(in->route->pattern, c->within.pattern))
			router_run(in);
		else
			problem(in, 404, "there is nothing of this id");
	}
	c->within.was = in;
	c->within.us = clock_mono_us() - start;
	c->within.answer(c, res, c->within.arg);
	response_free(res);
}

void
router_run(struct call *c)
{
	if (!router_check_body(c, c->route))
		return;
	if (c->route->method == METHOD_POST && c->route->body != ROUTE_RPC &&
	    c->req->idempotency_key != NULL) {
		idempotency_run(c, c->route->handler);
		return;
	}
	c->route->handler(c);
	call_settle(c, PG_OK);
	if (c->within.req != NULL)
		router_within(c);
}
