/* SPDX-License-Identifier: ISC */
/* Which versions a change may find, as the headers of its request say. */
#include "config.h"

#include "match.h"

#include "entry.h"
#include "problem.h"
#include "wire/etag.h"

bool
match_take(struct call *c, struct task_match *match)
{
	const char **tags;
	bool any;
	int n;

	*match = (struct task_match){ .any = true };
	if (c->req->if_none_match != NULL) {
		/* Only "*" makes sense on a write, and nothing fits it. */
		if (etag_versions(c->arena, c->req->if_none_match, &tags,
			&any) == 0 &&
		    any) {
			match->any = false;
			return true;
		}
		problem(c, 400, "If-None-Match on a change can only be *");
		return false;
	}
	if (c->req->if_match == NULL)
		return true;
	n = etag_versions(c->arena, c->req->if_match, &tags, &any);
	if (n == -1) {
		problem(c, 400, ENTRY_BAD_MATCH);
		return false;
	}
	*match = (struct task_match){ tags, (size_t)n, any };
	return true;
}
