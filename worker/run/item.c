/* SPDX-License-Identifier: ISC */
/* One message's way, from where it is known to the end of its job. */
#include "config.h"

#include "run_own.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "conf/conf.h"
#include "crew/event.h"
#include "crew/signals.h"
#include "log/log.h"
#include "work/message.h"
#include "work/revoke.h"

/* --- run --- */

static enum job_outcome
item_call(struct item *it)
{
	struct job_run *run = &it->run;

	*run = (struct job_run){ .arena = it->w->arena,
		.pg = it->w->pg,
		.kind = it->kind,
		.job = &it->job,
		.by = { it->w->crew->node, it->taken->tag },
		.args = message_kwargs(it->w->arena, &it->job),
		.soft = &signals_soft,
		.group = &it->w->slot->group };
	if (run->args == NULL && it->kind->command[0] == '\0') {
		run->error = "its arguments are no JSON object";
		return JOB_DEAD;
	}
	return job_run(run);
}

static struct job_end
item_retry(struct item *it)
{
	const struct job *job = &it->job;
	struct job_end end = { .state = JOB_RETRYING, .error = it->run.error };
	uint32_t random;
	int64_t delay;

	uuid_random(&random, sizeof(random));
	delay = retry_delay(it->kind, job->attempts - job->deaths, random);
	if (end.error == NULL)
		end.error = signals_soft ? "soft time limit" : "tried again";
	if (delay == -1)
		end.state = JOB_FAILED;
	else
		end.run_at = clock_wall_us() + delay * 1000;
	return end;
}

static struct job_end
item_judge(struct item *it, enum job_outcome outcome)
{
	const struct slot *s = it->w->slot;

	switch (outcome) {
	case JOB_DONE:
	case JOB_CLOSED:
		return (struct job_end){ .state = JOB_SUCCEEDED };
	case JOB_RETRY:
		/* A relay that saw the row while it ran looks no more. */
		if (s->revoked == s->taken)
			return (struct job_end){ .state = JOB_CANCELLED,
				.error = "ended by Celery's remote control" };
		return item_retry(it);
	case JOB_DEAD:
		return (struct job_end){ .state = JOB_FAILED,
			.error = it->run.error };
	case JOB_UNWANTED:
		return (struct job_end){ .state = JOB_CANCELLED,
			.error = it->run.error };
	}
	return (struct job_end){ .state = JOB_FAILED };
}

/* The job is held until PostgreSQL has taken down what became of it. */
static void
item_finish(struct item *it, const struct job_end *end)
{
	struct work *w = it->w;
	int pause = ITEM_PAUSE, refused = 0;
	bool ours = true;
	enum pg_err err;

	for (;;) {
		err = job_finish(w->pg, &it->job, it->taken->tag, end, &ours);
		if (err == PG_OK)
			break;
		if (err == PG_FAILED && ++refused == ITEM_REFUSED) {
			log_error("outcome of a job cannot be recorded",
			    LS("job", it->m.id), LS("kind", it->m.kind));
			break;
		}
		signals_pause(pause);
		pg_retry(w->pg);
		pause = pause * 2 > ITEM_PAUSE_MAX ? ITEM_PAUSE_MAX : pause * 2;
		signals_chores();
	}
	if (!ours)
		log_debug("run was closed before", LS("job", it->m.id));
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
		return item_result(it, CELERY_REVOKED, NULL, NULL);
	default:
		return item_result(it, CELERY_FAILURE, NULL, end->error);
	}
}

static void
item_perform(struct item *it)
{
	struct job_end end;
	enum job_outcome outcome;

	item_begin(it);
	log_context(it->job.request_id);
	outcome = item_call(it);
	it->w->slot->soft_at = it->w->slot->hard_at = 0;
	end = item_judge(it, outcome);
	if (outcome != JOB_CLOSED)
		item_finish(it, &end);
	item_ack(it, item_result_of(it, &end));
	item_tell(it, &end);
	log_context(NULL);
}

/* --- the whole --- */

/* It is over: whoever waits for the result is told once more, if need be. */
static void
item_over(struct item *it)
{
	const char *why = it->job.last_error;
	const char *result;

	if (it->job.state == JOB_SUCCEEDED)
		result = item_result(it, CELERY_SUCCESS, NULL, NULL);
	else if (it->job.state == JOB_FAILED)
		result = item_result(it, CELERY_FAILURE, NULL, why);
	else
		result = item_result(it, CELERY_REVOKED, NULL, NULL);
	item_ack(it, result);
}

static void
item_take_turn(struct item *it)
{
	enum job_turn turn;

	if (!item_start(it, &turn))
		return;
	switch (turn) {
	case JOB_TURN_MINE:
		item_perform(it);
		break;
	case JOB_TURN_OVER:
		item_over(it);
		break;
	case JOB_TURN_LATER:
	case JOB_TURN_ELSEWHERE:
	case JOB_TURN_UNKNOWN:
		log_debug("message dropped", LS("job", it->m.id),
		    LI("turn", turn));
		item_ack(it, NULL);
		break;
	}
}

void
item_run_one(struct item *it)
{
	struct slot *s = it->w->slot;

	item_hold(s, it->taken->tag, 0);
	item_show(it);
	s->busy = 1;
	item_take_turn(it);
}
