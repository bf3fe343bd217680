/* SPDX-License-Identifier: ISC */
/* A child that runs jobs, one after another. */
#include "config.h"

#include "child.h"

#include "clock.h"
#include "conf.h"
#include "log.h"
#include "signals.h"
#include "work.h"

#define CHILD_WAIT   500     /* milliseconds in one wait for work */
#define CHILD_PAUSE  100     /* without a broker */
#define CHILD_SETTLE 5000000 /* microseconds for what a killed pool left */

void
work_open(struct work *w, const struct pool *pool, struct slot *slot)
{
	*w = (struct work){ .pool = pool, .slot = slot };
	w->arena = arena_new();
	w->pg = pg_new();
	w->kv = kv_new_broker();
	w->queue = queue_new(w->kv, pool->owner);
}

void
work_close(struct work *w)
{
	queue_free(w->queue);
	kv_free(w->kv);
	pg_free(w->pg);
	arena_free(w->arena);
}

/* A message that the last answer did not bring us is brought by the next. */
static void
child_step(struct work *w)
{
	const struct pool *p = w->pool;
	struct queue_item item;

	switch (queue_take(w->queue, w->arena, p->queues, p->nqueues, &item)) {
	case 1:
		item_run(w, &item);
		break;
	case 0:
		queue_wait(w->queue, w->arena, p->queues, p->nqueues,
		    CHILD_WAIT);
		break;
	default:
		signals_pause(CHILD_PAUSE);
		break;
	}
}

static void
child_loop(struct work *w)
{
	uint64_t most = (uint64_t)settings.worker_max_jobs_per_child;
	uint64_t first = w->slot->taken;

	while (!signals_stop && (most == 0 || w->slot->taken - first < most)) {
		child_step(w);
		arena_reset(w->arena);
		signals_chores();
	}
}

int
child_main(void *arg)
{
	const struct child *child = arg;
	struct work w;

	signals_child(child->slot);
	work_open(&w, child->pool, child->slot);
	if (settle_slot(&w, child->slot, 0))
		child_loop(&w);
	work_close(&w);
	log_close();
	return 0;
}

int
child_settle(void *arg)
{
	const struct pool *pool = arg;
	int64_t until = clock_mono_us() + CHILD_SETTLE;
	struct work w;
	size_t i;

	signals_child(NULL);
	work_open(&w, pool, NULL);
	for (i = 0; i < pool->nslots; i++) {
		struct slot *s = &pool->slots[i];

		if (s->pid == 0 && !settle_slot(&w, s, until))
			log_warning("job left to others", LS("job", s->id),
			    LS("kind", s->kind));
	}
	work_close(&w);
	log_close();
	return 0;
}
