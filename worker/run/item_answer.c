/* SPDX-License-Identifier: ISC */
/* What the broker is told of a message. */
#include "config.h"

#include "base/str.h"
#include "crew/lane.h"
#include "crew/signals.h"
#include "log/log.h"
#include "run_own.h"
#include "work/message.h"

void
item_give_back(struct item *it)
{
	if (queue_give_back(it->w->queue, it->taken->tag, false) == -1)
		log_warning("message left to others",
		    LS("tag", it->taken->tag));
}

const char *
item_result(struct item *it, enum celery_state state, const char *value,
    const char *message)
{
	struct celery_result r = { .state = state,
		.id = it->m.id,
		.value = value,
		.message = message,
		.parent_id = it->m.parent_id,
		.group = it->m.group };
	struct buf b = { 0 };
	const char *text;

	if (state == CELERY_FAILURE && it->exc_type != NULL) {
		r.exc_type = it->exc_type;
		r.exc_module = "billiard.exceptions";
	}
	celery_result_format(&b, &r);
	text = arena_strndup(it->w->arena, b.data, b.len);
	buf_free(&b);
	return text;
}

const char *
item_revoked(const char *error)
{
	return error != NULL && str_eq(error, ITEM_TERMINATED) ? "terminated"
							       : "revoked";
}

void
item_ack(struct item *it, const char *result)
{
	struct work *w = it->w;
	int pause = ITEM_PAUSE, refused = 0;

	if (it->m.ignore_result)
		result = NULL;
	while (queue_ack(w->queue, it->taken->tag, it->m.id, result) == -1) {
		if (signals_stop ||
		    (kv_live(w->kv) != 0 && ++refused == ITEM_REFUSED)) {
			log_warning("message could not be acknowledged",
			    LS("job", it->m.id), LS("kind", it->m.kind));
			break;
		}
		signals_pause(pause);
		pause = pause * 2 > ITEM_PAUSE_MAX ? ITEM_PAUSE_MAX : pause * 2;
		signals_chores();
	}
	queue_tell_refused(w->queue);
}

/* Whoever waits for it is told, and so is its row, if there is one. */
static void
item_refuse(struct item *it, const char *why)
{
	struct work *w = it->w;
	struct uuid id = message_job(it->m.id);
	bool changed;

	if (queue_result(w->queue, it->m.id,
		item_result(it, CELERY_FAILURE, NULL, why)) == -1 ||
	    job_close(w->pg, &id, JOB_FAILED, why, &changed) != PG_OK)
		log_debug("refusal not noted", LS("job", it->m.id));
}

void
item_bury(struct item *it, const char *why)
{
	struct work *w = it->w;

	log_warning("message refused", LS("job", it->m.id),
	    LS("kind", it->m.kind), LS("reason", why));
	if (it->m.id != NULL)
		item_refuse(it, why);
	if (queue_bury(w->queue, it->taken->tag, why) == -1)
		item_give_back(it);
}

void
item_park(struct item *it)
{
	log_warning("message of an unknown kind", LS("job", it->m.id),
	    LS("kind", it->m.kind), LS("queue", it->taken->queue));
	if (queue_park(it->w->queue, it->taken->tag) == -1)
		item_give_back(it);
}

void
item_wait(struct item *it)
{
	struct work *w = it->w;
	const char *queue = lane_queue(w->arena, it->kind);
	bool again = str_eq(it->taken->queue, queue);

	log_debug("message waits for others of its kind", LS("job", it->m.id),
	    LS("kind", it->m.kind));
	if (queue_put(w->queue, it->taken->tag, queue, again) == -1)
		item_give_back(it);
	w->crew->lanes[it->index].waits = 1;
}
