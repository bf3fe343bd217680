/* SPDX-License-Identifier: ISC */
/* From the rows that are due to the queues. */
#include "config.h"

#include "relay_own.h"

#include "base/clock.h"
#include "base/str.h"
#include "celery/celery.h"
#include "conf/conf.h"
#include "crew/signals.h"
#include "jobs/job_step.h"
#include "log/log.h"
#include "metric/metric.h"
#include "work/message.h"

#define ROUND       CLOCK_SECOND /* until others have their turn */
#define BYTES_LEAST ((size_t)16 * 1024)
#define MARGIN_MS   1000

/* Rows of one queue that are being published. */
struct batch {
	struct relay_queue *queue;
	struct job_set due;
	struct queue_text
	    *texts;    /* of each row; NULL: no message can hold it */
	int *priority; /* of each */
	size_t bytes;  /* of all texts */
};

/* Makes the messages of as many rows as may be sent at once, at least of one;
 * the others stay due.  True if there are some. */
static bool
publish_encode(struct arena *a, struct batch *b, size_t most)
{
	struct buf text = { 0 };
	size_t i;

	b->texts = arena_alloc(a, b->due.n * sizeof(*b->texts));
	b->priority = arena_alloc(a, b->due.n * sizeof(*b->priority));
	for (i = 0; i < b->due.n; i++) {
		const struct job *job = &b->due.v[i];
		const struct kind *k = kind_find(job->kind, NULL);

		buf_clear(&text);
		b->priority[i] = message_encode(a, &text, job, b->queue->name,
		    (k != NULL && k->foreign_queue) || job->message_id != NULL);
		b->texts[i] = (struct queue_text){ 0 };
		if (text.len > CELERY_MAX)
			continue;
		if (b->bytes > 0 && b->bytes + text.len > most)
			break;
		b->texts[i].data = arena_strndup(a, text.data, text.len);
		b->texts[i].len = text.len;
		b->bytes += text.len;
	}
	buf_free(&text);
	if (i == b->due.n)
		return false;
	b->due.n = i;
	return true;
}

/* A job that is sent once more, by hand, is not what it came to before; one
 * that the broker may have lost is. */
static int
publish_forget(struct work *w, const struct batch *b)
{
	const char **ids = arena_alloc(w->arena, b->due.n * sizeof(*ids));
	size_t n = 0, i;

	for (i = 0; i < b->due.n; i++) {
		const struct job *job = &b->due.v[i];
		const struct kind *k = kind_find(job->kind, NULL);

		if (job->published_at == 0 &&
		    ((k != NULL && k->foreign_queue) ||
			job->message_id != NULL))
			ids[n++] = message_id(w->arena, job);
	}
	return n == 0 ? 0 : queue_result_forget(w->queue, ids, n);
}

/* Those of one priority: kind by kind, since those of a kind that lie side by
 * side in a queue can be taken together. */
static int
publish_push(struct work *w, const struct batch *b, int priority)
{
	struct queue_text *sorted =
	    arena_alloc(w->arena, b->due.n * sizeof(*sorted));
	bool *done = arena_alloc(w->arena, b->due.n * sizeof(*done));
	size_t n = 0, i, k;

	for (i = 0; i < b->due.n; i++)
		done[i] =
		    b->texts[i].data == NULL || b->priority[i] != priority;
	for (i = 0; i < b->due.n; i++) {
		for (k = i; k < b->due.n && !done[i]; k++) {
			if (done[k] ||
			    !str_eq(b->due.v[k].kind, b->due.v[i].kind))
				continue;
			sorted[n++] = b->texts[k];
			done[k] = k != i;
		}
	}
	return n == 0 ? 0
		      : queue_push_at(w->queue, b->queue->name, priority,
			    sorted, n);
}

static int
publish_push_all(struct work *w, const struct batch *b)
{
	bool has[10] = { false };

	for (size_t i = 0; i < b->due.n; i++)
		has[b->priority[i] % (int)NELEM(has)] = true;
	for (int p = 0; p < (int)NELEM(has); p++) {
		if (has[p] && publish_push(w, b, p) == -1)
			return -1;
	}
	return 0;
}

/* Fails the rows that could not be sent; if that does not work, they stay
 * published, and their time comes when the broker is a new one. */
static enum pg_err
publish_refuse(struct work *w, const struct batch *b)
{
	const char *why = "its arguments are too large for a message";
	enum pg_err err = PG_OK;
	size_t i;
	bool changed;

	for (i = 0; i < b->due.n && err == PG_OK; i++) {
		const struct job *job = &b->due.v[i];

		if (b->texts[i].data != NULL)
			continue;
		log_context(job->request_id, job->trace_id);
		life_log(LIFE_EVENT_too_large,
		    LS("job", message_id(w->arena, job)), LS("kind", job->kind),
		    LS("reason", why));
		log_context(NULL, NULL);
		err = job_close(w->pg, &job->id, LIFE_EVENT_too_large, why,
		    &changed);
	}
	return err;
}

/* PostgreSQL is to wait for as long as the broker may take. */
static enum pg_err
publish_patience(struct work *w, const struct batch *b)
{
	int64_t ms =
	    queue_push_ms(b->bytes) + settings.broker_timeout + MARGIN_MS;

	return ms <= settings.database_query_timeout
		   ? PG_OK
		   : job_publish_slowly(w->pg, ms);
}

/* Where the broker needs too long, less is sent at once. */
static enum relay_result
publish_failed(struct work *w, struct relay_queues *q, struct batch *b)
{
	job_unpublished(w->pg);
	if (queue_refused(w->queue)) {
		relay_queue_refused(b->queue, "write");
		return RELAY_IDLE;
	}
	if (q->bytes / 2 >= BYTES_LEAST)
		q->bytes /= 2;
	return RELAY_BLOCKED;
}

/* Rows are not to be read again and again because only few can be sent. */
static void
publish_adapt(struct relay_queues *q, size_t sent, bool cut)
{
	q->rows = 2 * (cut ? (int64_t)sent : q->rows);
	if (q->rows > settings.worker_relay_batch)
		q->rows = settings.worker_relay_batch;
}

/* One portion of a queue.  Idle: no more of it can be sent now. */
static enum relay_result
publish_some(struct work *w, struct relay_queues *q, size_t queue,
    enum pg_err *err)
{
	bool in[KIND_MAX + 1] = { false }, more, cut;
	struct batch b = { .queue = &q->v[queue] };
	struct arena *a = w->arena;
	struct job_kinds of;

	in[queue] = true;
	of = relay_queues_kinds(q, a, in);
	*err = job_publishable(w->pg, &of, q->rows, &b.due, &more);
	if (*err != PG_OK)
		return RELAY_BLOCKED;
	if (b.due.n == 0)
		return RELAY_IDLE;
	cut = publish_encode(a, &b, q->bytes);
	more |= cut;
	publish_adapt(q, b.due.n, cut);
	*err = publish_patience(w, &b);
	if (*err != PG_OK) {
		job_unpublished(w->pg);
		return RELAY_BLOCKED;
	}
	if (publish_forget(w, &b) == -1 || publish_push_all(w, &b) == -1)
		return publish_failed(w, q, &b);
	*err = job_published(w->pg, &b.due);
	if (*err == PG_OK)
		*err = publish_refuse(w, &b);
	if (*err != PG_OK)
		return RELAY_BLOCKED;
	metric_add(METRIC_published, METRIC_AT(0), b.due.n);
	relay_queue_fine(b.queue);
	if (q->bytes < QUEUE_PUSH_BYTES)
		q->bytes *= 2;
	life_log(LIFE_EVENT_pushed, LI("jobs", (int64_t)b.due.n),
	    LS("queue", b.queue->name));
	return more ? RELAY_BUSY : RELAY_IDLE;
}

/* The queue of the job that waits longest is next, but none that has no more or
 * is left alone. */
enum relay_result
relay_publish(struct work *w, struct relay_queues *q, enum pg_err *err)
{
	int64_t now = clock_mono_us(), until = now + ROUND;
	enum relay_result rc = RELAY_IDLE;
	bool in[KIND_MAX + 1];
	struct job_kinds of;
	const char *kind;
	size_t left = relay_queues_open(q, in), i;

	*err = PG_OK;
	for (; left > 0 && !signals_stop; now = clock_mono_us()) {
		if (now >= until)
			return RELAY_BUSY;
		of = relay_queues_kinds(q, w->arena, in);
		*err = job_due_kind(w->pg, &of, &kind);
		if (*err != PG_OK)
			return RELAY_BLOCKED;
		if (kind == NULL)
			break;
		i = relay_queues_of(q, kind);
		rc = publish_some(w, q, i, err);
		if (rc == RELAY_BLOCKED)
			return rc;
		if (rc == RELAY_IDLE) {
			in[i] = false;
			left--;
		}
		w->slot->progress++;
		arena_reset(w->arena);
	}
	return RELAY_IDLE;
}
