/* SPDX-License-Identifier: ISC */
/* The queues that jobs are sent to, and which of them are left alone. */
#include "config.h"

#include "relay_own.h"

#include "base/clock.h"
#include "base/str.h"
#include "conf/conf.h"
#include "log/log.h"

#define PAUSE_FIRST CLOCK_SECOND
#define PAUSE_MOST  (30 * CLOCK_SECOND)

static size_t
queue_index(const struct relay_queues *q, const char *name)
{
	size_t i;

	for (i = 0; i < q->n && !str_eq(q->v[i].name, name); i++)
		continue;
	return i;
}

void
relay_queues_init(struct relay_queues *q)
{
	size_t i, k;

	*q = (struct relay_queues){ .bytes = QUEUE_PUSH_BYTES,
		.rows = settings.worker_relay_batch };
	q->v[q->n++].name = settings.broker_queue;
	for (k = 0; k < kind_count(); k++) {
		i = queue_index(q, kind_at(k)->queue);
		if (i == q->n)
			q->v[q->n++].name = kind_at(k)->queue;
	}
}

size_t
relay_queues_of(const struct relay_queues *q, const char *kind)
{
	const struct kind *k = kind_find(kind, NULL);

	return k == NULL ? 0 : queue_index(q, k->queue);
}

struct job_kinds
relay_queues_kinds(const struct relay_queues *q, struct arena *a,
    const bool *in)
{
	const char **names = arena_alloc(a, KIND_MAX * sizeof(*names));
	struct job_kinds of = { .v = names, .others = in[0] };
	size_t k;

	for (k = 0; k < kind_count(); k++) {
		if (in[queue_index(q, kind_at(k)->queue)] != of.others)
			names[of.n++] = kind_at(k)->name;
	}
	return of;
}

size_t
relay_queues_open(const struct relay_queues *q, bool *in)
{
	int64_t now = clock_mono_us();
	size_t n = 0;

	for (size_t i = 0; i < q->n; i++) {
		in[i] = now >= q->v[i].until;
		n += in[i];
	}
	return n;
}

void
relay_queue_refused(struct relay_queue *q, const char *what)
{
	q->pause = q->pause == 0 ? PAUSE_FIRST : q->pause * 2;
	if (q->pause > PAUSE_MOST)
		q->pause = PAUSE_MOST;
	q->until = clock_mono_us() + q->pause;
	log_warning("queue was refused to us: its jobs wait",
	    LS("queue", q->name), LS("what", what),
	    LI("retry_ms", q->pause / 1000));
}

void
relay_queue_fine(struct relay_queue *q)
{
	if (q->pause != 0)
		log_info("queue is open to us again", LS("queue", q->name));
	q->pause = q->until = 0;
}
