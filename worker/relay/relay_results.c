/* SPDX-License-Identifier: ISC */
/* What stock Celery workers have made of the jobs that were sent to them. */
#include "config.h"

#include "relay_own.h"

#include <string.h>

#include "celery/celery.h"
#include "crew/signals.h"
#include "jobs/job_step.h"
#include "log/log.h"
#include "work/message.h"

#define PAGE  100
#define PAGES 50 /* in one round */

/* What became of one job, if a worker says so in this text.  False if
 * PostgreSQL could not be asked. */
static bool
results_note(struct work *w, const struct job *job, const char *text,
    enum pg_err *err)
{
	static const enum life_event events[CELERY_STATE__MAX] = {
		[CELERY_SUCCESS] = LIFE_EVENT_seen_success,
		[CELERY_FAILURE] = LIFE_EVENT_seen_failure,
		[CELERY_REVOKED] = LIFE_EVENT_seen_revoked,
	};
	const char *id = message_id(w->arena, job);
	enum celery_state state;
	enum life_event event;
	bool final, changed, odd = text == queue_result_odd;
	char exc[512];

	state =
	    celery_result_state(text, strlen(text), &final, exc, sizeof(exc));
	if (odd)
		event = LIFE_EVENT_unreadable;
	else if (!final)
		return true;
	else
		event = state == CELERY_STATE__MAX ? LIFE_EVENT_seen_failure
						   : events[state];
	*err = job_close(w->pg, &job->id, event,
	    odd                       ? life_what(event)
	    : state == CELERY_SUCCESS ? NULL
				      : exc,
	    &changed);
	if (*err != PG_OK)
		return false;
	if (!changed)
		return true;
	log_context(job->request_id, job->trace_id);
	life_log(event, LS("job", id), LS("kind", job->kind),
	    LS("state", job_states[life_next(event, JOB_PUBLISHED)]),
	    LS("reason", life_what(event)));
	log_context(NULL, NULL);
	return true;
}

/* All of a page in one question, and one by one if that was too much. */
bool
relay_results_of(struct work *w, const struct job_set *jobs, enum pg_err *err)
{
	const char **ids = arena_alloc(w->arena, (jobs->n + 1) * sizeof(*ids));
	const char **texts =
	    arena_alloc(w->arena, (jobs->n + 1) * sizeof(*texts));
	bool many, up = true;
	size_t i;

	for (i = 0; i < jobs->n; i++)
		ids[i] = message_id(w->arena, &jobs->v[i]);
	many = jobs->n > 0 &&
	       queue_results_get(w->queue, ids, jobs->n, texts) == 0;
	for (i = 0; i < jobs->n && up; i++) {
		if (!many)
			texts[i] = queue_result_get(w->queue, ids[i], &up);
		if (signals_stop ||
		    (texts[i] != NULL &&
			!results_note(w, &jobs->v[i], texts[i], err)))
			return false;
	}
	return up;
}

bool
relay_results_page(struct work *w, struct relay_results *r, size_t kind,
    bool *more, enum pg_err *err)
{
	struct job_filter *f = &r->kinds[kind];
	struct job_set jobs;
	const struct job *last;

	f->states = 1u << JOB_PUBLISHED;
	f->kind = kind_at(kind)->name;
	f->limit = PAGE;
	*err = job_list(w->pg, f, &jobs, more);
	if (*err != PG_OK)
		return false;
	if (!relay_results_of(w, &jobs, err))
		return false;
	*more = *more && jobs.n > 0;
	f->has_cursor = *more;
	if (*more) {
		last = &jobs.v[jobs.n - 1];
		f->created_at = last->created_at;
		f->id = last->id;
	}
	return true;
}

/* A page of each kind in turn, so that a long one holds up no other. */
void
relay_results_run(struct work *w, struct relay_results *r, enum pg_err *err)
{
	bool done[KIND_MAX] = { false }, more = true;
	size_t pages = 0, i;

	*err = PG_OK;
	while (more && pages < PAGES) {
		more = false;
		for (i = 0; i < kind_count(); i++) {
			bool full = false;

			if (done[i] || !kind_at(i)->foreign_queue)
				continue;
			if (!relay_results_page(w, r, i, &full, err))
				return;
			arena_reset(w->arena);
			pages++;
			done[i] = !full;
			more = more || full;
		}
	}
}
