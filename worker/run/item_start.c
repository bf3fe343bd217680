/* SPDX-License-Identifier: ISC */
/* A message before its run: decode, adopt, start. */
#include "config.h"

#include "run_own.h"

#include "base/clock.h"
#include "crew/event.h"
#include "crew/signals.h"
#include "jobs/job_list.h"
#include "log/log.h"
#include "work/message.h"
#include "work/revoke.h"

/* True if it is worth another try, after a pause, ITEM_PAUSE at first and then
 * longer and longer.  What was not started can wait in the queue. */
static bool
item_again(struct item *it, int *pause)
{
	if (signals_stop)
		return false;
	signals_pause(*pause);
	pg_retry(it->w->pg);
	*pause = *pause * 2 > ITEM_PAUSE_MAX ? ITEM_PAUSE_MAX : *pause * 2;
	signals_chores();
	return !signals_stop;
}

/* --- decode --- */

/* Too late.  If it has waited in a row for its time, that is closed first. */
static void
item_expire(struct item *it)
{
	const char *why = "it expired before it was run";
	int pause = ITEM_PAUSE;
	enum job_steer result;
	enum pg_err err;

	while ((err = job_cancel(it->w->pg, &it->id, why, &result, &it->job)) !=
		   PG_OK &&
	       err != PG_FAILED) {
		if (!item_again(it, &pause)) {
			item_give_back(it);
			return;
		}
	}
	log_info("message expired", LS("job", it->m.id),
	    LS("kind", it->m.kind));
	item_ack(it, item_result(it, CELERY_REVOKED, NULL, "expired"));
	event_tell_of(it->w->slot, EVENT_REVOKED, it->m.id, "expired");
}

bool
item_read(struct item *it)
{
	enum celery_err err;
	const char *why;

	err = celery_decode(it->w->arena, it->taken->text, it->taken->len,
	    &it->m, &why);
	if (err != CELERY_OK) {
		item_bury(it, why);
		return false;
	}
	it->id = message_job(it->m.id);
	it->kind = kind_find(it->m.kind, &it->index);
	if (it->kind == NULL || !kind_runs(it->kind)) {
		item_park(it);
		return false;
	}
	if (it->m.has_expires && it->m.expires <= clock_wall_us()) {
		item_expire(it);
		return false;
	}
	return true;
}

/* --- start --- */

/* The message has no row yet: it gets one, which is cancelled if the message
 * was revoked before. */
static enum pg_err
item_adopt(struct item *it)
{
	const struct job_foreign f = { .id = it->id,
		.message_id = it->m.id,
		.kind = it->m.kind,
		.args = message_args(it->w->arena, &it->m),
		.has_run_at = it->m.has_eta,
		.run_at = it->m.eta };
	enum pg_err err = job_adopt(it->w->pg, &f);

	return err == PG_OK ? revoke_adopted(it->w, it->m.id, &it->id) : err;
}

bool
item_start(struct item *it, enum job_turn *turn)
{
	struct work *w = it->w;
	const struct job_by by = { .worker = w->crew->node,
		.tag = it->taken->tag,
		.max_deaths = it->kind->max_deaths };
	int pause = ITEM_PAUSE, refused = 0;
	const char *why;
	enum pg_err err;

	for (;;) {
		err = it->taken->revoked ? revoke_row(w, it->m.id, &it->id)
					 : PG_OK;
		if (err == PG_OK)
			err = job_start(w->pg, &it->id, &by, turn, &it->job);
		if (err == PG_OK && *turn == JOB_TURN_UNKNOWN) {
			why = celery_check_args(&it->m);
			if (why != NULL) {
				item_bury(it, why);
				return false;
			}
			err = item_adopt(it);
			if (err == PG_OK)
				err = job_start(w->pg, &it->id, &by, turn,
				    &it->job);
		}
		if (err == PG_OK)
			return true;
		if (err == PG_FAILED && ++refused == ITEM_REFUSED) {
			item_bury(it, "PostgreSQL refuses its record");
			return false;
		}
		if (!item_again(it, &pause)) {
			item_give_back(it);
			return false;
		}
	}
}
