/* SPDX-License-Identifier: ISC */
/* A message before its run: decode, adopt, start. */
#include "config.h"

#include "run_own.h"

#include "celery/canvas.h"
#include "crew/event.h"
#include "crew/signals.h"
#include "jobs/job_take.h"
#include "log/log.h"
#include "work/message.h"
#include "work/revoke.h"
#include "queue/revoke_box.h"

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
	return true;
}

/* --- start --- */

/* It was ended before it was begun: too late, or revoked. */
static void
item_cancelled(struct item *it)
{
	const char *why = it->revoked ? "revoked" : "expired";

	life_log(it->revoked ? LIFE_EVENT_came_revoked : LIFE_EVENT_expired,
	    LS("job", it->m.id), LS("kind", it->m.kind), LS("reason", why));
	item_ack(it, item_result(it, CELERY_REVOKED, NULL, why));
	event_tell_of(it->w->slot, EVENT_REVOKED, it->m.id, why);
}

#define ITEM_REFUSES "PostgreSQL refuses its record"

/* Once; what the message itself is to blame for is *why.  blame: it has been
 * refused often, and it is to be found out who is. */
static enum pg_err
item_take(struct item *it, bool blame, enum job_turn *turn, const char **why)
{
	struct work *w = it->w;
	const struct celery_message *m = &it->m;
	const struct job_by by = { .worker = w->crew->node,
		.tag = it->taken->tag };
	const struct job_message message = { .id = it->id,
		.message_id = m->id,
		.kind = m->kind,
		.args = message_args(w->arena, m),
		.message =
		    arena_strndup(w->arena, it->taken->text, it->taken->len),
		.tag = m->tag,
		.ours = celery_tag_is_ours(m->tag, m->id),
		.retries = m->retries,
		.priority = m->priority,
		.limited = kind_is_limited(it->kind),
		/* What follows it waits, too. */
		.ignore_result = m->ignore_result && !canvas_is(m),
		.has_eta = m->has_eta,
		.eta = m->eta,
		.has_expires = m->has_expires,
		.expires = m->expires,
		.request_id = m->request_id,
		.traceparent = m->traceparent,
		.revoked = it->revoked ? REVOKE_WHY : NULL };
	enum pg_err err = PG_OK;
	bool own;

	*why = message.ours ? NULL : celery_check_args(m);
	if (*why != NULL)
		return PG_OK;
	if (it->taken->revoked)
		err = revoke_row(w, m->id, &it->id);
	if (err != PG_OK)
		return err;
	err = job_take(w->pg, &message, &by, turn, &it->job);
	if (blame && item_is_refused(err) &&
	    job_take_blame(w->pg, &message, &by, &own) == PG_OK && own)
		*why = ITEM_REFUSES;
	return err;
}

/* What no relay looks at any more is among all that were revoked.  False if
 * that cannot be known now: whoever revoked it was told that it does not run.
 */
static bool
item_ask_revoked(struct item *it)
{
	int has = 0;

	if (!it->taken->revoked && !celery_tag_is_ours(it->m.tag, it->m.id))
		has = revoke_box_has(it->w->kv, it->w->arena, it->m.id);
	it->revoked = it->taken->revoked || has == 1;
	return has != -1;
}

bool
item_start(struct item *it, enum job_turn *turn)
{
	int pause = ITEM_PAUSE, refused = 0;
	const char *why;
	enum pg_err err;

	if (!item_ask_revoked(it)) {
		item_later(it);
		return false;
	}
	for (;;) {
		err = item_take(it, refused == ITEM_REFUSED - 1, turn, &why);
		refused += item_is_refused(err);
		if (why != NULL) {
			item_bury(it, why);
			return false;
		}
		if (refused == ITEM_REFUSED) {
			item_hold_back(it);
			return false;
		}
		if (err == PG_OK && *turn == JOB_TURN_CANCELLED) {
			item_cancelled(it);
			return false;
		}
		if (err == PG_OK && *turn == JOB_TURN_OTHER) {
			item_bury_other(it);
			return false;
		}
		if (err == PG_OK && *turn != JOB_TURN_UNKNOWN)
			break;
		if (!item_again(it, &pause)) {
			item_give_back(it);
			return false;
		}
	}
	message_row_limits(it->w->arena, &it->job, &it->m);
	return true;
}
