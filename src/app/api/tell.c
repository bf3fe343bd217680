/* SPDX-License-Identifier: ISC */
/* Who else has to know of changes of tasks: the cache, and the relay. */
#include "config.h"

#include "tell.h"

struct told {
	const char **ids;
	size_t n;
};

bool
tell_is_due(enum pg_err err)
{
	return err == PG_OK || err == PG_TIMEOUT || err == PG_LOST ||
	       err == PG_ODD;
}

static void
tell_now(struct call *c, enum pg_err err, const void *arg)
{
	const struct told *told = arg;

	if (!tell_is_due(err))
		return;
	queue_poke_along(c->deps->broker);
	if (cache_invalidate(c->deps->cache, c->arena, told->ids, told->n) ==
	    -1)
		c->cache_result = "owed";
	queue_poke(c->deps->broker);
}

void
tell_of_changes(struct call *c, const struct uuid *ids, size_t n)
{
	struct told *told = arena_alloc(c->arena, sizeof(*told));
	char text[UUID_TEXT];

	told->ids = arena_alloc(c->arena, n * sizeof(told->ids[0]));
	for (told->n = 0; told->n < n; told->n++)
		told->ids[told->n] =
		    arena_strdup(c->arena, uuid_format(&ids[told->n], text));
	call_afterwards(c, tell_now, told);
}

void
tell_of_change(struct call *c, const struct uuid *id)
{
	tell_of_changes(c, id, 1);
}
