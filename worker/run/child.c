/* SPDX-License-Identifier: ISC */
/* A child that runs jobs, one after another. */
#include "config.h"

#include "child.h"

#include "base/clock.h"
#include "conf/conf.h"
#include "crew/lane.h"
#include "crew/signals.h"
#include "log/log.h"
#include "metric/metric.h"
#include "run_own.h"

#define CHILD_WAIT   500                /* milliseconds in one wait for work */
#define CHILD_PAUSE  100                /* without a broker */
#define CHILD_SETTLE (5 * CLOCK_SECOND) /* for what a killed pool left */

_Static_assert(KIND_MAX <= QUEUE_NAMES, "a take may be from all queues");

/* The pool's queues, and behind them where messages wait whose kind has room.
 * Whoever finds these empty need not look again until something is put there.
 * The number of such lanes. */
static size_t
child_lanes(struct work *w, const char *names[QUEUE_NAMES],
    size_t lanes[KIND_MAX])
{
	const struct crew *c = w->crew;
	size_t n = 0, i;

	for (i = 0; i < c->nqueues; i++)
		names[i] = c->queues[i];
	for (i = 0; i < kind_count(); i++) {
		if (!c->lanes[i].waits || !lane_free(c, i) ||
		    c->nqueues + n == QUEUE_NAMES)
			continue;
		c->lanes[i].waits = 0;
		names[c->nqueues + n] = lane_queue(w->arena, kind_at(i));
		lanes[n++] = i;
	}
	return n;
}

/* The tag is in the slot before anything is taken under it, and stays there
 * while it is not known what was: the next answer tells. */
static void
child_step(struct work *w, size_t most)
{
	const struct crew *c = w->crew;
	const char *names[QUEUE_NAMES];
	size_t lanes[KIND_MAX];
	size_t nlanes = child_lanes(w, names, lanes);
	const struct queue_want want = { names, c->nqueues + nlanes,
		w->together, most };
	struct queue_item items[QUEUE_MOST];
	int n;

	item_hold(w->slot, queue_next(w->queue), QUEUE_MOST - 1);
	n = queue_take(w->queue, &want, items);
	for (size_t i = 0; i < nlanes && n != 0; i++)
		c->lanes[lanes[i]].waits = 1;
	if (n == -1) {
		queue_tell_refused(w->queue);
		signals_pause(CHILD_PAUSE);
		return;
	}
	if (n > 0) {
		metric_busy(true);
		item_run(w, items, (size_t)n);
		metric_busy(false);
	}
	item_empty(w->slot);
	if (n == 0)
		queue_wait(w->queue, c->queues, c->nqueues, CHILD_WAIT);
}

/* How many jobs it may still run, at most as many as are taken at once. */
static size_t
child_left(const struct slot *s, uint64_t first)
{
	uint64_t most = (uint64_t)settings.worker_max_jobs_per_child;
	uint64_t ran = s->taken - first;

	if (most == 0 || most > ran + QUEUE_MOST)
		return QUEUE_MOST;
	return most > ran ? (size_t)(most - ran) : 0;
}

static void
child_loop(struct work *w)
{
	uint64_t first = w->slot->taken;
	size_t left;

	while (!signals_stop && (left = child_left(w->slot, first)) > 0) {
		child_step(w, left);
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
	metric_forked(METRIC_role_child);
	lane_leave(child->slot);
	work_open(&w, child->crew, child->slot);
	w.together = job_together_kind();
	if (settle_slot(&w, child->slot, 0))
		child_loop(&w);
	work_close(&w);
	log_close();
	return 0;
}

int
child_settle(void *arg)
{
	const struct crew *crew = arg;
	int64_t until = clock_mono_us() + CHILD_SETTLE;
	struct work w;
	size_t i;

	signals_child(NULL);
	metric_forked(METRIC_role_child);
	work_open(&w, crew, NULL);
	for (i = 0; i < crew->nslots; i++) {
		struct slot *s = &crew->slots[i];

		if (s->pid == 0 && !settle_slot(&w, s, until))
			log_warning("what was taken is left to others",
			    LS("tag", s->tag), LS("job", s->busy ? s->id : ""));
	}
	work_close(&w);
	log_close();
	return 0;
}
