/* SPDX-License-Identifier: ISC */
/* Cancels the rows of jobs whose ids are in the box of revoked ones. */
#include "config.h"

#include "revoke.h"

#include "base/clock.h"
#include "celery/celery.h"
#include "crew/event.h"
#include "crew/signals.h"
#include "jobs/job_list.h"
#include "log/log.h"
#include "message.h"
#include "queue/revoke_box.h"

#define REVOKE_BATCH 100
#define REVOKE_US    (CLOCK_SECOND / 2) /* then others have their turn */

/* Whoever waits for the result is told at once, not when the message comes. */
static void
revoke_tell(struct work *w, const char *id)
{
	const struct celery_result r = { .state = CELERY_REVOKED, .id = id };
	struct buf b = { 0 };

	celery_result_format(&b, &r);
	if (queue_result(w->queue, id, b.data) == -1)
		log_debug("result lost", LS("job", id));
	buf_free(&b);
	event_tell_of(&w->crew->slots[0], EVENT_REVOKED, id, "revoked");
}

/* *running: it was not cancelled, and may have to be later. */
static enum pg_err
revoke_cancel(struct work *w, const struct uuid *row, bool *done, bool *running)
{
	enum job_steer steer;
	struct job job;
	enum pg_err err;

	err = job_cancel(w->pg, row, REVOKE_WHY, &steer, &job);
	*done = err == PG_OK && steer == JOB_STEER_DONE;
	*running = err == PG_OK && steer == JOB_STEER_REFUSED &&
		   job.state == JOB_RUNNING;
	return err;
}

/* The pool that runs it may not have heard of it. */
static void
revoke_end(struct work *w, const char *id)
{
	if (revoke_box_ends(w->kv, w->arena, id) &&
	    queue_revoke(w->queue, &id, 1, true) == -1)
		log_debug("pools not told to end a job", LS("job", id));
}

/* Of these ids those need no other look whose row is not running: from here on
 * the row, if there is one, decides.  How many that are, or -1 if PostgreSQL or
 * the broker did not answer. */
static int
revoke_some(struct work *w, const char *const *ids, size_t n)
{
	int closed = 0;

	for (size_t i = 0; i < n; i++) {
		const struct uuid row = message_job(ids[i]);
		enum pg_err err;
		bool done, running;

		err = revoke_cancel(w, &row, &done, &running);
		if (err != PG_OK && err != PG_FAILED && err != PG_REFUSED)
			return -1;
		if (done)
			revoke_tell(w, ids[i]);
		if (running)
			revoke_end(w, ids[i]);
		if (running || err != PG_OK)
			continue;
		if (revoke_box_close(w->kv, w->arena, ids[i]) == -1)
			return -1;
		closed++;
	}
	return closed;
}

bool
revoke_run(struct work *w)
{
	int64_t until = clock_mono_us() + REVOKE_US;
	const char *ids[REVOKE_BATCH];
	size_t n;
	int closed;

	do {
		n = revoke_box_open(w->kv, w->arena, ids, NELEM(ids));
		closed = revoke_some(w, ids, n);
		if (closed == -1)
			return false;
		arena_reset(w->arena);
	} while (closed > 0 && n == NELEM(ids) && !signals_stop &&
		 clock_mono_us() < until);
	return true;
}

enum pg_err
revoke_row(struct work *w, const char *id, const struct uuid *row)
{
	bool done, running;
	enum pg_err err = revoke_cancel(w, row, &done, &running);

	if (err == PG_OK && done)
		revoke_tell(w, id);
	return err;
}
