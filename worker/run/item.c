/* SPDX-License-Identifier: ISC */
/* One message's way, from where it is known to the end of its job. */
#include "config.h"

#include "run_own.h"

#include <stdio.h>

#include "base/clock.h"
#include "crew/lane.h"
#include "crew/signals.h"
#include "jobs/job_tell.h"
#include "log/log.h"
#include "work/message.h"

/* What the handler says, as the row's next state. */
static struct job_end
item_judge(struct item *it, enum job_outcome outcome)
{
	const struct slot *s = it->w->slot;
	struct job_end end = { .state = JOB_FAILED, .error = it->run.error };
	uint32_t random;
	int64_t delay;

	switch (outcome) {
	case JOB_DONE:
		end.state = JOB_SUCCEEDED;
		end.value = it->run.result;
		return end;
	case JOB_CLOSED:
		return (struct job_end){ .state = JOB_SUCCEEDED,
			.value = it->run.result };
	case JOB_DEAD:
		return end;
	case JOB_UNWANTED:
		end.state = JOB_CANCELLED;
		return end;
	case JOB_RETRY:
	case JOB_LATER:
	case JOB_AWAY:
		break;
	}
	/* A relay that saw the row while it ran looks no more. */
	if (s->revoked == s->taken)
		return (struct job_end){ .state = JOB_CANCELLED,
			.error = ITEM_TERMINATED };
	if (outcome == JOB_LATER) {
		end.state = JOB_RETRYING;
		end.delay = it->run.delay > 0 ? it->run.delay : ITEM_LATER;
		end.no_try = true;
		return end;
	}
	if (end.error == NULL)
		end.error = signals_soft ? "soft time limit" : "tried again";
	/* That of the message ends it, as with Celery. */
	if (it->soft_is_own && signals_soft) {
		it->exc_type = "SoftTimeLimitExceeded";
		end.exception = "billiard.exceptions.SoftTimeLimitExceeded";
		return end;
	}
	uuid_random(&random, sizeof(random));
	delay =
	    retry_delay(it->kind, it->job.attempts - it->job.deaths, random);
	if (delay != -1) {
		end.state = JOB_RETRYING;
		end.delay = delay > it->run.delay ? delay : it->run.delay;
	}
	return end;
}

/* Whether PostgreSQL would record it now; nothing is changed. */
static bool
item_would_finish(struct item *it, const struct job_end *end)
{
	struct pg *pg = it->w->pg;
	bool would, ours;

	if (pg_begin(pg) != PG_OK)
		return false;
	would = job_finish(pg, &it->job, it->taken->tag, end, &ours) == PG_OK;
	pg_rollback(pg);
	return would;
}

/* Once; plain: where the words of the outcome are refused while it would be
 * recorded without them, so that nothing else can be to blame, they are left
 * out. */
static enum pg_err
item_finish_once(struct item *it, struct job_end *end, bool plain, bool *ours)
{
	struct work *w = it->w;
	struct job_end bare = *end;
	enum pg_err err =
	    job_finish(w->pg, &it->job, it->taken->tag, end, ours);

	bare.value = bare.exception = NULL;
	if (bare.error != NULL)
		bare.error = "PostgreSQL refused the reason";
	if (!plain || !item_is_refused(err) || !item_would_finish(it, &bare))
		return err;
	err = job_finish(w->pg, &it->job, it->taken->tag, end, ours);
	if (!item_is_refused(err))
		return err;
	err = job_finish(w->pg, &it->job, it->taken->tag, &bare, ours);
	if (err == PG_OK) {
		log_error("outcome of a job is recorded without words",
		    LS("job", it->m.id), LS("kind", it->m.kind),
		    LS("reason", end->error));
		*end = bare;
	}
	return err;
}

/* The job is held until PostgreSQL has taken down what became of it; what it
 * does not take is left out.  False if somebody else had closed the run before.
 */
static bool
item_finish(struct item *it, struct job_end *end)
{
	struct work *w = it->w;
	int pause = ITEM_PAUSE, refused = 0;
	bool ours = true;
	enum pg_err err;

	end->told = w->told.tag[0] == '\0' ? NULL : &w->told;
	for (;;) {
		err = item_finish_once(it, end, refused >= ITEM_REFUSED - 1,
		    &ours);
		if (err == PG_OK) {
			w->told.tag[0] = '\0';
			break;
		}
		refused += item_is_refused(err);
		signals_pause(pause);
		pg_retry(w->pg);
		pause = pause * 2 > ITEM_PAUSE_MAX ? ITEM_PAUSE_MAX : pause * 2;
		signals_chores();
	}
	if (!ours)
		log_debug("run was closed before", LS("job", it->m.id));
	return ours;
}

static const char *
item_result_of(struct item *it, const struct job_end *end)
{
	switch (end->state) {
	case JOB_SUCCEEDED:
		return item_result(it, CELERY_SUCCESS, it->run.result, NULL);
	case JOB_RETRYING:
		return item_result(it, CELERY_RETRY, NULL, end->error);
	case JOB_CANCELLED:
		return item_result(it, CELERY_REVOKED, NULL,
		    item_revoked(end->error));
	default:
		return item_result(it, CELERY_FAILURE, NULL, end->error);
	}
}

/* The row has ended so.  True if all who wait are told; else a relay does. */
static bool
item_answer(struct item *it, const struct job_end *job)
{
	struct canvas_end end = { .value = it->run.result };
	bool told;

	if (job->state == JOB_RETRYING || !canvas_is(&it->m))
		return item_ack(it, item_result_of(it, job)) &&
		       job->state != JOB_RETRYING;
	end.state = message_state(job->state);
	if (end.state == CELERY_FAILURE) {
		end.message = job->error;
		end.exc_type = it->exc_type;
		end.exc_module =
		    it->exc_type == NULL ? NULL : "billiard.exceptions";
	} else if (end.state == CELERY_REVOKED) {
		end.message = item_revoked(job->error);
	}
	told = item_end(it, &end) == 1;
	item_ack(it, NULL);
	return told;
}

/* Where what a kind needs is away, others of it are not begun for nothing. */
static void
item_learn(struct item *it, enum job_outcome outcome)
{
	struct lane *lane = &it->w->crew->lanes[it->index];
	int64_t pause;

	if (outcome != JOB_AWAY) {
		if (outcome != JOB_RETRY && outcome != JOB_LATER)
			lane_well(lane);
		return;
	}
	pause = lane_failed(lane, it->began);
	if (pause > 0)
		log_warning("jobs of a kind wait, since what they need is away",
		    LS("kind", it->kind->name), LI("pause_ms", pause),
		    LS("reason", it->run.error));
}

/* A relay may have a job of its kind to let go. */
static void
item_poke(struct item *it)
{
	if (kind_is_limited(it->kind))
		queue_poke(it->w->queue);
}

static void
item_perform(struct item *it)
{
	struct work *w = it->w;
	struct job_run *run = &it->run;
	enum job_outcome outcome = JOB_DEAD;
	struct trace_span span;
	struct job_end end;

	item_begin(it);
	if (it->kind->track_started && !it->m.ignore_result)
		item_tell_started(it);
	item_trace(it, &span, it->began);
	*run = (struct job_run){ .arena = w->arena,
		.pg = w->pg,
		.kind = it->kind,
		.job = &it->job,
		.by = { .worker = w->crew->node, .tag = it->taken->tag },
		.args = message_kwargs(w->arena, &it->job),
		.soft = &signals_soft,
		.group = &w->slot->group };
	if (run->args == NULL && it->kind->command[0] == '\0')
		run->error = "its arguments are no JSON object";
	else
		outcome = job_run(run);
	w->slot->soft_at = w->slot->hard_at = 0;
	item_learn(it, outcome);
	end = item_judge(it, outcome);
	if (outcome != JOB_CLOSED && !item_finish(it, &end)) {
		item_ack(it, NULL);
	} else if (item_answer(it, &end)) {
		w->told.id = it->id;
		snprintf(w->told.tag, sizeof(w->told.tag), "%s",
		    it->taken->tag);
	}
	item_poke(it);
	item_tell(it, &end, job_end_event(&end));
	item_traced(it, &span, &end);
	trace_send();
	log_context(NULL, NULL);
}

void
item_run_one(struct item *it)
{
	enum job_turn turn;

	item_hold(it->w->slot, it->taken->tag, 0);
	item_show(it);
	it->w->slot->busy = 1;
	if (!item_start(it, &turn))
		return;
	switch (turn) {
	case JOB_TURN_MINE:
		item_perform(it);
		break;
	case JOB_TURN_OVER:
		/* Whoever waits for the result is told once more. */
		if (job_tell_again(it->w->pg, &it->id) != PG_OK)
			item_give_back(it);
		else
			item_ack(it, NULL);
		break;
	case JOB_TURN_LATER:
	case JOB_TURN_ELSEWHERE:
	case JOB_TURN_CANCELLED:
	case JOB_TURN_OTHER:
	case JOB_TURN_UNKNOWN:
		log_debug("message dropped", LS("job", it->m.id),
		    LI("turn", turn));
		item_ack(it, NULL);
		if (turn == JOB_TURN_LATER)
			item_poke(it);
		break;
	}
}
