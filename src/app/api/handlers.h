/* SPDX-License-Identifier: ISC */
/* Every handler that the route table names: h_*.c has them. */
#ifndef HANDLERS_H
#define HANDLERS_H

#include "answer/call.h"

#define PUBLIC
#define ROLE(key)
#define ROUTE(method, pattern, role, whose, body, handler, operation)          \
	void handler(struct call *c);
#include "routes.def"
#undef ROUTE
#undef ROLE
#undef PUBLIC

#endif
