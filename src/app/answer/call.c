/* SPDX-License-Identifier: ISC */
/* What is done when a change is committed. */
#include "config.h"

#include "call.h"

struct call_after {
	struct call_after *next;
	call_fn fn;
	const void *arg;
};

void
call_afterwards(struct call *c, call_fn fn, const void *arg)
{
	struct call_after *after = arena_alloc(c->arena, sizeof(*after));

	*after = (struct call_after){ NULL, fn, arg };
	*(c->after == NULL ? &c->after : c->last) = after;
	c->last = &after->next;
}

void
call_settle(struct call *c, enum pg_err err)
{
	for (; c->after != NULL; c->after = c->after->next)
		c->after->fn(c, err, c->after->arg);
}

void
call_within(struct call *c, const struct request *req, const char *pattern,
    call_answer_fn answer, void *arg)
{
	c->within = (struct call_within){
		.req = req, .pattern = pattern, .answer = answer, .arg = arg
	};
}
