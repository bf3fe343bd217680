/* SPDX-License-Identifier: ISC */
/* Ends what a dead child had in hand, so that no job waits for a time-out. */
#include "config.h"

#include <inttypes.h>

#include "base/clock.h"
#include "celery/celery.h"
#include "conf/conf.h"
#include "crew/event.h"
#include "crew/proc.h"
#include "crew/signals.h"
#include "jobs/job_list.h"
#include "jobs/job_step.h"
#include "log/log.h"
#include "metric/metric.h"
#include "run_own.h"

#define SETTLE_PAUSE 200 /* milliseconds */

struct settle_end
settle_end(struct arena *a, const struct slot *s)
{
	struct settle_end end = { .row = SETTLE_ROW_DEATH,
		.exc_type = "WorkerLostError" };
	char how[PROC_TEXT];

	if (!s->busy)
		return (struct settle_end){ .row = SETTLE_ROW_LEAVE };
	switch (s->cause) {
	case SLOT_CRASHED:
		end.why = arena_printf(a, "its process %s",
		    proc_ended(s->status, how));
		break;
	case SLOT_HARD:
		end.last = s->hard_is_own;
		if (end.last)
			end.exc_type = "TimeLimitExceeded";
		end.why = arena_printf(a,
		    "its process was killed at the hard time limit of %" PRId64
		    " ms",
		    s->hard_limit);
		break;
	case SLOT_MEMORY:
		end.why =
		    "its process was killed, since it used far too much memory";
		break;
	case SLOT_STOPPED:
		/* To be stopped is no fault of the job's. */
		end.row = SETTLE_ROW_RETRY;
		end.why = "its worker was stopped before it had ended";
		break;
	}
	return end;
}

enum settle_message
settle_message(const struct settle_row *row)
{
	if (row->closed && row->state == JOB_FAILED)
		return SETTLE_ACK_LOST;
	if (row->closed)
		return SETTLE_ACK;
	if (!row->found || row->state == JOB_PUBLISHED ||
	    row->state == JOB_QUEUED)
		return SETTLE_GIVE_BACK;
	return SETTLE_ACK;
}

/* The row has what leads to the request behind the job. */
static void
settle_tell(struct work *w, const struct slot *s, const struct job_death *death)
{
	struct job job = { 0 };
	bool found;
	size_t index = KIND_MAX;

	(void)kind_find(s->kind, &index);
	metric_count(METRIC_finished, (unsigned)index, METRIC_outcome_died);
	if (job_get(w->pg, &s->job, &found, &job) == PG_OK && found) {
		log_context(job.request_id, job.trace_id);
		settle_trace(w->arena, s, &job, death->state);
	}
	life_log(death->state == JOB_QUEUED ? LIFE_EVENT_died
					    : LIFE_EVENT_died_last,
	    LS("job", s->id), LS("kind", s->kind),
	    LS("state", job_states[death->state]), LS("reason", death->why));
	log_context(NULL, NULL);
}

/* Closes the run, if it is still that of the slot's tag, and sees what the row
 * is then.  0, or -1: PostgreSQL does not answer. */
static int
settle_row(struct work *w, const struct slot *s, const struct settle_end *end,
    struct settle_row *row)
{
	const struct kind *kind = kind_find(s->kind, NULL);
	struct job_death death = { .id = s->job,
		.tag = s->tag,
		.max_deaths = kind == NULL ? settings.worker_max_deaths
					   : kind->max_deaths,
		.why = end->why,
		.exception = arena_printf(w->arena, "billiard.exceptions.%s",
		    end->exc_type == NULL ? "WorkerLostError"
					  : end->exc_type) };
	struct job job = { 0 };

	if (end->last)
		death.max_deaths = 1;
	*row = (struct settle_row){ 0 };
	if (end->row == SETTLE_ROW_LEAVE)
		return 0;
	if (end->row == SETTLE_ROW_DEATH ||
	    (kind != NULL && kind->max_retries == 0)) {
		if (job_died(w->pg, &death) != PG_OK)
			return -1;
		row->closed = death.ours;
		row->state = death.state;
		if (death.ours)
			settle_tell(w, s, &death);
	} else {
		const struct job_end retry = {
			.state = JOB_RETRYING, .error = end->why, .no_try = true
		};

		row->state = JOB_RETRYING;
		if (job_get(w->pg, &s->job, &row->found, &job) != PG_OK ||
		    (row->found && job_finish(w->pg, &job, s->tag, &retry,
				       &row->closed) != PG_OK))
			return -1;
		if (row->closed)
			life_log(LIFE_EVENT_stopped, LS("job", s->id),
			    LS("kind", s->kind),
			    LS("state", job_states[JOB_RETRYING]),
			    LS("reason", end->why));
	}
	if (row->closed)
		return 0;
	/* It was closed before, or has never begun. */
	if (job_get(w->pg, &s->job, &row->found, &job) != PG_OK)
		return -1;
	row->state = job.state;
	return 0;
}

static const char *
settle_lost(struct arena *a, const struct slot *s, const struct settle_end *end)
{
	const struct celery_result r = { .state = CELERY_FAILURE,
		.id = s->id,
		.exc_type = end->exc_type,
		.exc_module = "billiard.exceptions",
		.message = end->why };
	struct buf b = { 0 };
	const char *text;

	celery_result_format(&b, &r);
	text = arena_strndup(a, b.data, b.len);
	buf_free(&b);
	return text;
}

static bool
settle_try(struct work *w, struct slot *s)
{
	const struct settle_end end = settle_end(w->arena, s);
	const char *result = NULL;
	struct settle_row row;

	/* What was taken with it was not begun. */
	for (; s->more > 0; s->more--) {
		if (queue_give_back(w->queue,
			queue_tag_of(w->arena, s->tag, s->more), false) == -1)
			return false;
	}
	if (settle_row(w, s, &end, &row) == -1)
		return false;
	switch (settle_message(&row)) {
	case SETTLE_GIVE_BACK:
		return queue_give_back(w->queue, s->tag, s->busy) != -1;
	case SETTLE_ACK:
		queue_poke(w->queue);
		break;
	case SETTLE_ACK_LOST:
		event_tell(s, EVENT_FAILED, end.why);
		if (s->wants_result)
			result = settle_lost(w->arena, s, &end);
		break;
	}
	return queue_ack(w->queue, s->tag, s->id, result) != -1;
}

bool
settle_slot(struct work *w, struct slot *s, int64_t until)
{
	bool done;

	if (s->tag[0] == '\0')
		return true;
	s->settling = 1;
	while (!(done = settle_try(w, s))) {
		if (signals_stop || (until != 0 && clock_mono_us() >= until))
			break;
		signals_pause(SETTLE_PAUSE);
		pg_retry(w->pg);
		signals_chores();
		arena_reset(w->arena);
	}
	arena_reset(w->arena);
	s->settling = 0;
	if (!done)
		return false;
	s->busy = 0;
	s->tag[0] = '\0';
	return true;
}
