/* SPDX-License-Identifier: ISC */
/* The body of a request as JSON. */
#include "config.h"

#include "body.h"

#include "problem.h"
#include "text/json.h"

#define BODY_DEPTH 16

bool
body_read(struct call *c, struct json_object **tree)
{
	struct json_fault fault;

	*tree = json_read(c->req->body, c->req->body_len, BODY_DEPTH, &fault);
	if (*tree == NULL && fault.msg != NULL) {
		problem(c, 400,
		    arena_printf(c->arena,
			"malformed JSON at line %u, column %u: %s", fault.line,
			fault.column, fault.msg));
		return false;
	}
	arena_defer(c->arena, json_release, *tree);
	return true;
}
