/* SPDX-License-Identifier: ISC */
/* What a child has that runs jobs. */
#ifndef WORK_H
#define WORK_H

#include "base/arena.h"
#include "crew/pool.h"
#include "pg/pg.h"
#include "queue/queue.h"

struct work {
	const struct pool *pool;
	struct slot *slot;
	struct pg *pg;
	struct kv *kv;
	struct queue *queue;
	struct arena *arena;  /* of the job in hand */
	const char *together; /* the kind of which many are taken, or NULL */
};

/* Opens connections of its own.  slot may be NULL. */
void work_open(struct work *w, const struct pool *pool, struct slot *slot);
void work_close(struct work *w);

/* item_show.c: these messages are in our hands, or may be; then: none. */
void item_hold(struct slot *s, const char *tag, size_t more);
void item_empty(struct slot *s);

/* item_many.c: runs the n messages of a take, to their very end; or gives them
 * back, if it was told to stop before they have started.  Those whose kind
 * allows it are done in one statement; of the others the first is run, and the
 * rest is given back. */
void item_run(struct work *w, const struct queue_item *taken, size_t n);

/* settle.c: ends what the dead child of a slot had in hand, and empties the
 * slot.  Keeps trying while PostgreSQL or the broker cannot be reached, until
 * it is told to stop or until (clock_mono_us; 0: no limit).  True if done. */
bool settle_slot(struct work *w, struct slot *slot, int64_t until);

#endif
