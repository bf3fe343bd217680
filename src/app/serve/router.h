/* SPDX-License-Identifier: ISC */
/* From a request to its handler, with every check that the table names. */
#ifndef ROUTER_H
#define ROUTER_H

#include "answer/call.h"

enum route_body { ROUTE_NONE, ROUTE_JSON, ROUTE_PATCH };

#define ROUTE_PUBLIC (-1)

typedef void (*route_fn)(struct call *c);

struct route {
	enum method method;
	const char *pattern;
	int rule; /* an enum conf_rule: who may; ROUTE_PUBLIC: everybody */
	enum route_body body;
	route_fn handler;
	const char *operation;
};

/* Finds the route, checks address, token, method, role and body, in this
 * order, and calls the handler; or answers with a problem. */
void router_dispatch(struct call *c);

#endif
