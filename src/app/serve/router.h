/* SPDX-License-Identifier: ISC */
/* From a request to its handler, with every check that the table names. */
#ifndef ROUTER_H
#define ROUTER_H

#include "answer/access.h"
#include "answer/call.h"

enum route_body { ROUTE_NONE, ROUTE_JSON, ROUTE_PATCH, ROUTE_MAYBE, ROUTE_RPC };

#define ROUTE_PUBLIC (-1)

typedef void (*route_fn)(struct call *c);

struct route {
	enum method method;
	const char *pattern;
	int rule; /* an enum conf_rule: who may; ROUTE_PUBLIC: everybody */
	enum access_whose whose;
	enum route_body body;
	route_fn handler;
};

/* Finds the route and checks address, token, method and role, in this order.
 * False: it is answered, mostly with a problem. */
bool router_admit(struct call *c) MUSTCHECK;

/* The patterns of all routes, and where in them that of a route is; behind the
 * last one if route is NULL. */
size_t router_patterns(const char *const **patterns);
size_t router_index(const struct route *route);

/* True if the body of an admitted call is to be read: where the route wants
 * one, and where something is changed, since a request that ends in the middle
 * must change nothing. */
bool router_wants_body(const struct call *c);

/* Checks the body of an admitted call and runs the handler; a POST with an
 * Idempotency-Key only once; then the request that it makes within (call.h). */
void router_run(struct call *c);

#endif
