/* SPDX-License-Identifier: ISC */
/* Ends what a dead child had in hand, so that no job waits for a time-out. */
#include "config.h"

#include <inttypes.h>
#include <signal.h>

#include "base/clock.h"
#include "celery/celery_result.h"
#include "conf/conf.h"
#include "crew/event.h"
#include "crew/proc.h"
#include "crew/signals.h"
#include "jobs/job_list.h"
#include "jobs/job_step.h"
#include "log/log.h"
#include "run_own.h"

#define SETTLE_PAUSE 200 /* milliseconds */

enum settled {
	SETTLED_ROW,  /* the row says all: the message has done its duty */
	SETTLED_BACK, /* it was not begun: somebody else shall */
	SETTLED_DEAD, /* it has died too often */
	SETTLED_NOT   /* not now */
};

static const char *
settle_why(struct arena *a, const struct slot *s)
{
	char how[PROC_TEXT];

	switch (s->cause) {
	case SLOT_HARD:
		return arena_printf(a,
		    "its process was killed at the hard time limit of %" PRId64
		    " ms",
		    s->hard_limit);
	case SLOT_MEMORY:
		return "its process was killed, since it used far too much "
		       "memory";
	case SLOT_STOPPED:
		return "its worker was stopped before it had ended";
	case SLOT_CRASHED:
		break;
	}
	return arena_printf(a, "its process %s", proc_ended(s->status, how));
}

/* The row is not running under our tag: closed, or never begun. */
static enum settled
settle_look(struct work *w, const struct slot *s)
{
	struct job job;
	bool found;

	if (job_get(w->pg, &s->job, &found, &job) != PG_OK)
		return SETTLED_NOT;
	if (!found || job.state == JOB_PUBLISHED || job.state == JOB_QUEUED)
		return SETTLED_BACK;
	return SETTLED_ROW;
}

/* To be stopped is no fault of the job's. */
static enum settled
settle_stopped(struct work *w, const struct slot *s)
{
	const struct job_end end = { JOB_RETRYING, clock_wall_us(),
		settle_why(w->arena, s) };
	struct job job;
	bool found, ours;

	if (job_get(w->pg, &s->job, &found, &job) != PG_OK)
		return SETTLED_NOT;
	if (!found)
		return SETTLED_BACK;
	if (job_finish(w->pg, &job, s->tag, &end, &ours) != PG_OK)
		return SETTLED_NOT;
	return ours ? SETTLED_ROW : settle_look(w, s);
}

static enum settled
settle_row(struct work *w, const struct slot *s)
{
	struct job_death death = { .id = s->job,
		.tag = s->tag,
		.max_deaths = settings.worker_max_deaths };

	if (!s->busy)
		return SETTLED_BACK;
	if (s->cause == SLOT_STOPPED)
		return settle_stopped(w, s);
	death.why = settle_why(w->arena, s);
	if (job_died(w->pg, &death) != PG_OK)
		return SETTLED_NOT;
	if (!death.ours)
		return settle_look(w, s);
	log_warning("job died", LS("job", s->id), LS("kind", s->kind),
	    LS("state", job_states[death.state]), LS("reason", death.why));
	return death.state == JOB_FAILED ? SETTLED_DEAD : SETTLED_ROW;
}

static const char *
settle_result(struct work *w, const struct slot *s)
{
	const struct celery_result r = { .state = CELERY_FAILURE,
		.id = s->id,
		.exc_type = "WorkerLostError",
		.exc_module = "billiard.exceptions",
		.message = settle_why(w->arena, s) };
	struct buf b = { 0 };
	const char *text;

	celery_result_format(&b, &r);
	text = arena_strndup(w->arena, b.data, b.len);
	buf_free(&b);
	return text;
}

static bool
settle_try(struct work *w, struct slot *s)
{
	switch (settle_row(w, s)) {
	case SETTLED_BACK:
		return queue_give_back(w->queue, w->arena, s->tag, s->busy) !=
		       -1;
	case SETTLED_ROW:
		queue_poke(w->queue, w->arena);
		return queue_ack(w->queue, w->arena, s->tag, s->id, NULL) != -1;
	case SETTLED_DEAD:
		event_tell(s, EVENT_FAILED, settle_why(w->arena, s));
		return queue_ack(w->queue, w->arena, s->tag, s->id,
			   s->wants_result ? settle_result(w, s) : NULL) != -1;
	case SETTLED_NOT:
		break;
	}
	return false;
}

/* What was taken with it was not begun. */
static bool
settle_more(struct work *w, struct slot *s)
{
	for (; s->more > 0; s->more--) {
		if (queue_give_back(w->queue, w->arena,
			queue_tag_of(w->arena, s->tag, s->more), false) == -1)
			return false;
	}
	return true;
}

bool
settle_slot(struct work *w, struct slot *s, int64_t until)
{
	bool done;

	if (s->tag[0] == '\0')
		return true;
	s->settling = 1;
	while (!(done = settle_more(w, s) && settle_try(w, s))) {
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
