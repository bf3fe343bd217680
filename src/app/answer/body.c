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

bool
body_options(struct call *c, const struct object_form *form, void *into)
{
	struct faults *faults = faults_new(c->arena);
	struct json_object *tree;

	if (c->req->body_len == 0)
		return true;
	if (!body_read(c, &tree))
		return false;
	object_read(tree, form, into, faults);
	if (faults->n > 0)
		problem_faults(c, faults);
	return faults->n == 0;
}
