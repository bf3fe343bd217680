/* SPDX-License-Identifier: ISC */
/* From the rows that are due to the queues. */
#include "config.h"

#include "relay_own.h"

#include "base/str.h"
#include "celery/celery.h"
#include "conf/conf.h"
#include "jobs/job_relay.h"
#include "jobs/job_step.h"
#include "jobs/kind.h"
#include "log/log.h"
#include "work/message.h"

/* Rows that are being published. */
struct batch {
	struct job_set due;
	bool *large; /* of each: no message can hold it */
};

/* A job that is sent once more, by hand, is not what it came to before; one
 * that the broker may have lost is. */
static int
publish_forget(struct work *w, const struct batch *all, const char *kind,
    bool others)
{
	const char **ids = arena_alloc(w->arena, all->due.n * sizeof(*ids));
	size_t n = 0, i;

	for (i = 0; i < all->due.n; i++) {
		const struct job *job = &all->due.v[i];

		if (!str_eq(job->kind, kind) || job->published_at != 0)
			continue;
		if (others || job->message_id != NULL)
			ids[n++] = message_id(w->arena, job);
	}
	return n == 0 ? 0 : queue_result_forget(w->queue, ids, n);
}

/* Pushes those of the rows that are of that kind. */
static int
publish_kind(struct work *w, const struct batch *all, const char *kind)
{
	const struct kind *k = kind_find(kind, NULL);
	const char *queue = k == NULL ? settings.broker_queue : k->queue;
	bool others = k != NULL && k->foreign_queue;
	struct arena *a = w->arena;
	struct queue_text *texts = arena_alloc(a, all->due.n * sizeof(*texts));
	struct buf b = { 0 };
	size_t found = 0, i;

	for (i = 0; i < all->due.n; i++) {
		const struct job *job = &all->due.v[i];

		if (!str_eq(job->kind, kind))
			continue;
		buf_clear(&b);
		message_encode(a, &b, job, queue,
		    others || job->message_id != NULL);
		all->large[i] = b.len > CELERY_MAX;
		if (all->large[i])
			continue;
		texts[found].data = arena_strndup(a, b.data, b.len);
		texts[found++].len = b.len;
	}
	buf_free(&b);
	if (publish_forget(w, all, kind, others) == -1)
		return -1;
	return found == 0 ? 0 : queue_push(w->queue, queue, texts, found);
}

/* Kind by kind, since those of a kind that lie side by side in a queue can be
 * taken together. */
static int
publish_all(struct work *w, const struct batch *all)
{
	size_t i, k;

	for (i = 0; i < all->due.n; i++) {
		for (k = 0; k < i; k++) {
			if (str_eq(all->due.v[k].kind, all->due.v[i].kind))
				break;
		}
		if (k == i && publish_kind(w, all, all->due.v[i].kind) == -1)
			return -1;
	}
	return 0;
}

/* Fails the rows that could not be sent; if that does not work, they stay
 * published, and their time comes when the broker is a new one. */
static enum pg_err
publish_refuse(struct work *w, const struct batch *all)
{
	const char *why = "its arguments are too large for a message";
	enum pg_err err = PG_OK;
	size_t i;
	bool changed;

	for (i = 0; i < all->due.n && err == PG_OK; i++) {
		const struct job *job = &all->due.v[i];

		if (!all->large[i])
			continue;
		log_warning("job cannot be sent",
		    LS("job", message_id(w->arena, job)), LS("kind", job->kind),
		    LS("reason", why));
		err = job_close(w->pg, &job->id, JOB_FAILED, why, &changed);
	}
	return err;
}

enum relay_result
relay_publish(struct work *w, struct relay_cache *cache, enum pg_err *err)
{
	struct arena *a = w->arena;
	struct batch all = { 0 };
	bool relayed, more;

	*err = job_publishable(w->pg, settings.worker_relay_batch, &all.due,
	    &more);
	if (*err != PG_OK)
		return RELAY_BLOCKED;
	if (all.due.n == 0)
		return RELAY_IDLE;
	all.large = arena_alloc(a, all.due.n * sizeof(*all.large));
	relayed = cache != NULL && relay_cache_drop(cache, a, &all.due);
	if (publish_all(w, &all) == -1) {
		job_unpublished(w->pg);
		return RELAY_BLOCKED;
	}
	*err = job_published(w->pg, &all.due, relayed);
	if (*err == PG_OK)
		*err = publish_refuse(w, &all);
	if (*err != PG_OK)
		return RELAY_BLOCKED;
	log_debug("published", LI("jobs", (int64_t)all.due.n));
	return more ? RELAY_BUSY : RELAY_IDLE;
}
