/* SPDX-License-Identifier: ISC */
/* What the broker is told of a message. */
#include "config.h"

#include <unistd.h>

#include "base/str.h"
#include "crew/lane.h"
#include "crew/signals.h"
#include "jobs/job_list.h"
#include "log/log.h"
#include "run_own.h"
#include "text/json_write.h"
#include "work/ending.h"
#include "work/message.h"

void
item_give_back(struct item *it)
{
	if (queue_give_back(it->w->queue, it->taken->tag, false) == -1)
		log_warning("message left to others",
		    LS("tag", it->taken->tag));
}

/* Into another queue, or to the end of its own; next: where it is taken next.
 */
static void
item_move(struct item *it, const char *queue, bool next)
{
	struct queue *q = it->w->queue;
	int rc = queue_put(q, it->taken->tag, queue, next);

	if (rc == -2) {
		/* Others are taken before it comes again. */
		signals_pause(ITEM_PAUSE);
		rc = queue_put(q, it->taken->tag, it->taken->queue, false);
	}
	if (rc < 0)
		item_give_back(it);
}

static const char *
item_text(struct item *it, struct celery_result *r)
{
	struct buf b = { 0 };
	const char *text;

	r->id = it->m.id;
	r->parent_id = it->m.parent_id;
	r->group = it->m.group;
	celery_result_format(&b, r);
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

const char *
item_result(struct item *it, enum celery_state state, const char *value,
    const char *message)
{
	struct celery_result r = {
		.state = state, .value = value, .message = message
	};

	if (state == CELERY_FAILURE && it->exc_type != NULL) {
		r.exc_type = it->exc_type;
		r.exc_module = "billiard.exceptions";
	}
	return item_text(it, &r);
}

void
item_tell_started(struct item *it)
{
	struct work *w = it->w;
	struct buf b = { 0 };
	struct json_write value = json_write(&b);

	json_open_object(&value, NULL);
	json_put_int(&value, "pid", (int64_t)getpid());
	json_put_text(&value, "hostname", w->crew->node);
	json_close_object(&value);
	json_write_end(&value);
	if (queue_result(w->queue, it->m.id,
		item_result(it, CELERY_STARTED, b.data, NULL)) == -1)
		log_debug("result cannot be stored", LS("job", it->m.id));
	buf_free(&b);
}

bool
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
			return false;
		}
		signals_pause(pause);
		pause = pause * 2 > ITEM_PAUSE_MAX ? ITEM_PAUSE_MAX : pause * 2;
		signals_chores();
	}
	queue_tell_refused(w->queue);
	return result != NULL;
}

int
item_end(struct item *it, struct canvas_end *end)
{
	end->m = &it->m;
	return ending_do(it->w, end, it->taken->tag);
}

/* One without a row has failed.  False if that could not be told now. */
static bool
item_fail(struct item *it, const char *exc_type, const char *why)
{
	struct canvas_end end = { .state = CELERY_FAILURE,
		.exc_type = exc_type,
		.exc_module = exc_type == NULL ? NULL : "celery.exceptions",
		.message = why };

	return item_end(it, &end) == 1;
}

/* Whoever waits for it is told, by its row if there is one.  False if that
 * could not be done now. */
static bool
item_refuse(struct item *it, const char *why)
{
	struct work *w = it->w;
	struct uuid id = message_job(it->m.id);
	bool changed, found;
	enum pg_err err;
	struct job job;

	err = job_close(w->pg, &id, LIFE_EVENT_refused, why, &changed);
	if (err == PG_OK && !changed) {
		err = job_get(w->pg, &id, &found, &job);
		if (err == PG_OK && !found)
			return item_fail(it, NULL, why);
	}
	return err == PG_OK;
}

void
item_later(struct item *it)
{
	struct work *w = it->w;

	if (!signals_stop)
		signals_pause(ITEM_PAUSE_MAX);
	pg_retry(w->pg);
	queue_tell_refused(w->queue);
	if (kv_live(w->kv) == 0)
		item_give_back(it);
	else
		item_move(it, it->taken->queue, false);
}

/* It has no id that a row could have, but maybe one that its sender waits for.
 * False if that could not be told now. */
static bool
item_tell_odd(struct item *it, const char *why)
{
	struct work *w = it->w;
	int rc = 0;

	it->m.id = celery_id_of(w->arena, it->taken->text, it->taken->len);
	if (it->m.id != NULL)
		rc = queue_result(w->queue, it->m.id,
		    item_result(it, CELERY_FAILURE, NULL, why));
	it->m.id = NULL;
	return rc != -1;
}

void
item_bury(struct item *it, const char *why)
{
	struct work *w = it->w;

	life_log(LIFE_EVENT_refused, LS("job", it->m.id),
	    LS("kind", it->m.kind), LS("reason", why));
	if (it->m.id == NULL && !item_tell_odd(it, why))
		item_later(it);
	else if (it->m.id != NULL && !item_refuse(it, why))
		item_later(it);
	else if (queue_bury(w->queue, it->taken->tag, why) == -1)
		item_later(it);
}

void
item_bury_other(struct item *it)
{
	const char *why = "its id is that of another job";

	life_log(LIFE_EVENT_refused, LS("job", it->m.id),
	    LS("kind", it->m.kind), LS("reason", why));
	if (queue_bury(it->w->queue, it->taken->tag, why) == -1)
		item_later(it);
}

void
item_hold_back(struct item *it)
{
	log_warning("message is held: PostgreSQL refuses its record for a "
		    "reason of its own",
	    LS("job", it->m.id), LS("kind", it->m.kind));
	item_move(it, it->taken->queue, false);
}

/* *row: it has one, which decides. */
static enum pg_err
item_put_back(struct item *it, bool *row)
{
	struct pg *pg = it->w->pg;
	enum pg_err err;
	struct job job;

	err = job_unknown(pg, &it->id, ITEM_UNKNOWN, row);
	return err != PG_OK || *row ? err : job_get(pg, &it->id, row, &job);
}

void
item_park(struct item *it)
{
	struct work *w = it->w;
	enum pg_err err;
	bool row = false;

	life_log(LIFE_EVENT_unknown, LS("job", it->m.id),
	    LS("kind", it->m.kind), LS("queue", it->taken->queue));
	err = item_put_back(it, &row);
	if (err != PG_OK) {
		item_later(it);
	} else if (row) {
		item_ack(it, NULL);
	} else if (!item_fail(it, "NotRegistered", it->m.kind)) {
		item_later(it);
	} else if (queue_park(w->queue, it->taken->tag) == -1) {
		item_later(it);
	}
}

void
item_wait(struct item *it)
{
	struct work *w = it->w;
	const char *queue = lane_queue(w->arena, it->kind);
	bool again = str_eq(it->taken->queue, queue);

	log_debug("message waits for others of its kind", LS("job", it->m.id),
	    LS("kind", it->m.kind));
	item_move(it, queue, again);
	w->crew->lanes[it->index].waits = 1;
}
