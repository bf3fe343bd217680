/* SPDX-License-Identifier: ISC */
/* Tells senders how their jobs have ended, until they have been told. */
#include "config.h"

#include "relay_own.h"

#include <string.h>

#include "celery/celery.h"
#include "crew/signals.h"
#include "jobs/job_tell.h"
#include "log/log.h"
#include "work/ending.h"
#include "work/message.h"

#define TELL_PAGE  100
#define TELL_PAGES 20 /* in one round */

/* Stores the result, unless one that is final is where Celery looks: the run
 * has told it.  1 done, 0 the broker refuses this one, -1 it is away. */
static int
tell_result(struct work *w, const struct canvas_end *end)
{
	const char *id = end->m->id, *text;
	enum celery_state state;
	bool up, final = false;
	char exc[64];

	text = queue_result_get(w->queue, id, &up);
	if (text != NULL) {
		state = celery_result_state(text, strlen(text), &final, exc,
		    sizeof(exc));
		if (state == end->state && final)
			return 1;
	}
	if ((text != NULL || up) &&
	    queue_result(w->queue, id, message_result(w->arena, end, NULL)) ==
		0)
		return 1;
	return kv_live(w->kv) == 0 ? -1 : 0;
}

static int
tell_one(struct work *w, const struct job_tell *t)
{
	struct celery_message m;
	struct canvas_end end;
	int rc;

	message_end(w->arena, t, &m, &end);
	rc = canvas_is(&m) ? ending_do(w, &end, t->tag) : tell_result(w, &end);
	log_context(t->job.request_id, t->job.trace_id);
	if (rc == 1)
		log_info("sender told", LS("job", m.id),
		    LS("kind", t->job.kind), LS("state", t->job.state_word));
	else if (rc == 0)
		log_warning("result cannot be stored", LS("job", m.id),
		    LS("kind", t->job.kind));
	log_context(NULL, NULL);
	return rc;
}

static bool
tell_page(struct work *w, enum pg_err *err, bool *more)
{
	struct job_tells tells;
	struct job_ids told = { 0 }, later = { 0 };
	struct uuid *ids, *others;
	size_t i;
	int rc = 1;

	*more = false;
	*err = job_tells(w->pg, TELL_PAGE, &tells);
	if (*err != PG_OK || tells.n == 0)
		return *err == PG_OK;
	told.v = ids = arena_alloc(w->arena, tells.n * sizeof(*ids));
	later.v = others = arena_alloc(w->arena, tells.n * sizeof(*others));
	for (i = 0; i < tells.n && rc != -1 && !signals_stop; i++) {
		rc = tell_one(w, &tells.v[i]);
		if (rc == 1)
			ids[told.n++] = tells.v[i].job.id;
		else if (rc == 0)
			others[later.n++] = tells.v[i].job.id;
	}
	*err = job_told(w->pg, &told, tells.until);
	if (*err == PG_OK)
		*err = job_tell_later(w->pg, &later);
	*more = rc != -1 && tells.n == TELL_PAGE;
	return *err == PG_OK && rc != -1;
}

void
relay_tell_run(struct work *w, enum pg_err *err)
{
	bool more = true;

	for (size_t i = 0; i < TELL_PAGES && more && !signals_stop; i++) {
		if (!tell_page(w, err, &more))
			return;
		arena_reset(w->arena);
	}
}
