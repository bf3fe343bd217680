/* SPDX-License-Identifier: ISC */
/* What was taken: done in one statement where that can be, else one by one. */
#include "config.h"

#include <string.h>

#include "base/clock.h"
#include "celery/canvas.h"
#include "crew/lane.h"
#include "crew/signals.h"
#include "log/log.h"
#include "run_own.h"

struct many {
	struct work *w;
	struct item *items;
	bool *over; /* of each: nothing is left to do */
	size_t n;
};

/* What was revoked, and where somebody waits for a result, is run by itself.
 * All that fit are of one kind, since only that is taken by the dozen. */
static bool
many_fits(const struct many *m, size_t i)
{
	return !m->over[i] && job_together(m->items[i].kind) != NULL &&
	       m->items[i].m.ignore_result && !canvas_is(&m->items[i].m) &&
	       !m->items[i].m.has_expires && !m->items[i].taken->revoked;
}

static void
many_end(struct item *it, const struct job *job, int64_t began)
{
	const struct job_end end = { .state = JOB_SUCCEEDED };
	struct slot *s = it->w->slot;
	struct trace_span span;

	it->job = *job;
	item_show(it);
	item_begin(it);
	s->soft_at = s->hard_at = 0;
	it->began = s->started = began;
	item_trace(it, &span, began);
	item_tell(it, &end, LIFE_EVENT_counted);
	item_traced(it, &span, &end);
	log_context(NULL, NULL);
}

static const struct job *
many_row(const struct item *it, const struct job_set *rows)
{
	for (size_t i = 0; i < rows->n; i++) {
		if (memcmp(&rows->v[i].id, &it->id, sizeof(it->id)) == 0)
			return &rows->v[i];
	}
	return NULL;
}

/* Those of these rows have done their duty; first[i] is the first of them whose
 * row is rows->v[i], or NULL: an id may come twice. */
static void
many_ack(struct many *m, const struct job_set *rows, struct item **first)
{
	struct work *w = m->w;
	const char **tags = arena_alloc(w->arena, m->n * sizeof(*tags));
	const struct job *row;
	size_t n = 0, i;

	memset(first, 0, rows->n * sizeof(*first));
	for (i = 0; i < m->n; i++) {
		row = many_fits(m, i) ? many_row(&m->items[i], rows) : NULL;
		if (row == NULL)
			continue;
		tags[n++] = m->items[i].taken->tag;
		m->over[i] = true;
		if (first[row - rows->v] == NULL)
			first[row - rows->v] = &m->items[i];
	}
	if (n > 0 && queue_ack_all(w->queue, tags, n) == -1)
		log_warning("messages could not be acknowledged",
		    LI("count", (int64_t)n));
}

/* The ids of those that are left and can be done together. */
static struct job_ids
many_ids(const struct many *m)
{
	struct uuid *ids = arena_alloc(m->w->arena, m->n * sizeof(*ids));
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++) {
		if (many_fits(m, i))
			ids[n++] = m->items[i].id;
	}
	return (struct job_ids){ ids, n };
}

/* What PostgreSQL has done is told to the broker first, and then to people.
 * False if it has done nothing, or nobody knows. */
static bool
many_do(struct many *m)
{
	struct work *w = m->w;
	struct item **first = arena_alloc(w->arena, m->n * sizeof(*first));
	const struct job_by by = { .worker = w->crew->node,
		.tag = w->slot->tag };
	const struct job_ids ids = many_ids(m);
	int64_t began = clock_mono_us();
	struct job_set done;

	if (ids.n == 0 || job_together(kind_find(w->together, NULL))(w->pg,
			      &ids, &by, &done) != PG_OK)
		return false;
	many_ack(m, &done, first);
	for (size_t i = 0; i < done.n; i++) {
		if (first[i] != NULL)
			many_end(first[i], &done.v[i], began);
	}
	trace_send();
	return true;
}

/* Messages that come again, as when the broker came back with old data. */
static void
many_drop(struct many *m)
{
	struct work *w = m->w;
	struct item **first = arena_alloc(w->arena, m->n * sizeof(*first));
	const struct job_ids ids = many_ids(m);
	struct job_set over;

	if (ids.n > 0 && job_over(w->pg, &ids, &over) == PG_OK)
		many_ack(m, &over, first);
}

/* All but the first that is left, in order again. */
static void
many_give_back(struct many *m, size_t first)
{
	const struct queue_item **left =
	    arena_alloc(m->w->arena, m->n * sizeof(*left));
	size_t n = 0;

	for (size_t i = first + 1; i < m->n; i++) {
		if (!m->over[i])
			left[n++] = m->items[i].taken;
	}
	if (queue_give_back_all(m->w->queue, left, n) == -1)
		log_warning("messages left to others", LI("count", (int64_t)n));
}

/* False if it is dealt with: it cannot be run, or not now. */
static bool
many_enter(struct item *it)
{
	struct slot *s = it->w->slot;

	if (!item_read(it))
		return false;
	if (s->lane == it->index + 1 || lane_enter(it->w->crew, s, it->index))
		return true;
	item_wait(it);
	return false;
}

void
item_run(struct work *w, const struct queue_item *taken, size_t n)
{
	struct many m = { .w = w, .n = n };
	size_t i;

	m.items = arena_alloc(w->arena, n * sizeof(*m.items));
	m.over = arena_alloc(w->arena, n * sizeof(*m.over));
	item_hold(w->slot, taken->tag, n - 1);
	for (i = 0; i < n; i++) {
		m.items[i] = (struct item){ .w = w, .taken = &taken[i] };
		m.over[i] = !signals_stop && !many_enter(&m.items[i]);
	}
	if (!signals_stop && many_do(&m))
		many_drop(&m);
	for (i = 0; i < n && m.over[i];)
		i++;
	if (i == n)
		return;
	many_give_back(&m, i);
	if (signals_stop)
		item_give_back(&m.items[i]);
	else
		item_run_one(&m.items[i]);
}
