/* SPDX-License-Identifier: ISC */
/* The connections and the arena of a process that works. */
#include "config.h"

#include "work.h"

void
work_open(struct work *w, const struct crew *crew, struct slot *slot)
{
	*w = (struct work){ .crew = crew, .slot = slot };
	w->arena = arena_new();
	w->pg = pg_new();
	pg_share_seen(w->pg, &crew->slots[CREW_SLOT_KEEPER].seen);
	pg_use(w->pg, w->arena);
	w->kv = kv_new_broker();
	w->queue = queue_new(w->kv, crew->owner);
	queue_use(w->queue, w->arena);
}

void
work_close(struct work *w)
{
	queue_free(w->queue);
	kv_free(w->kv);
	pg_free(w->pg);
	arena_free(w->arena);
}
