/* SPDX-License-Identifier: ISC */
/* Cancels the rows of jobs whose ids are in the box of revoked ones. */
#include "config.h"

#include "revoke.h"

#include "celery/celery.h"
#include "crew/event.h"
#include "jobs/job_list.h"
#include "log/log.h"
#include "message.h"
#include "revoke_box.h"

#define REVOKE_BATCH 100
#define REVOKE_WHY   "cancelled by Celery's remote control"

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

static enum pg_err
revoke_cancel(struct work *w, const struct uuid *row, const char *id,
    bool *done)
{
	enum job_steer steer;
	struct job job;
	enum pg_err err;

	*done = false;
	err = job_cancel(w->pg, row, REVOKE_WHY, &steer, &job);
	if (err != PG_OK || steer != JOB_STEER_DONE)
		return err;
	log_info("job revoked", LS("job", id), LS("kind", job.kind));
	*done = true;
	return PG_OK;
}

/* True when it needs no other look: from here on the row, if there is one,
 * decides. */
static bool
revoke_one(struct work *w, const char *id)
{
	const struct uuid row = message_job(id);
	enum pg_err err;
	bool done;

	err = revoke_cancel(w, &row, id, &done);
	if (err != PG_OK && err != PG_FAILED)
		return false;
	if (done)
		revoke_tell(w, id);
	return revoke_box_close(w->kv, w->arena, id) == 0;
}

bool
revoke_run(struct work *w)
{
	const char *ids[REVOKE_BATCH];
	size_t i, n;

	n = revoke_box_open(w->kv, w->arena, ids, NELEM(ids));
	for (i = 0; i < n; i++) {
		if (!revoke_one(w, ids[i]))
			return false;
	}
	return true;
}

enum pg_err
revoke_adopted(struct work *w, const char *id, const struct uuid *row)
{
	bool done;

	if (!revoke_box_has(w->kv, w->arena, id))
		return PG_OK;
	return revoke_cancel(w, row, id, &done);
}
