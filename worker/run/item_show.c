/* SPDX-License-Identifier: ISC */
/* What is to be seen of a message: the slot, events, the log. */
#include "config.h"

#include "run_own.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "crew/event.h"
#include "crew/lane.h"
#include "crew/signals.h"
#include "log/log.h"
#include "metric/metric.h"

/* --- the slot, for the parent's eyes --- */

void
item_hold(struct slot *s, const char *tag, size_t more)
{
	s->more = more;
	snprintf(s->tag, sizeof(s->tag), "%s", tag);
}

void
item_empty(struct slot *s)
{
	s->busy = 0;
	lane_leave(s);
	s->group = 0;
	s->soft_at = s->hard_at = 0;
	s->tag[0] = '\0';
	s->more = 0;
}

void
item_show(struct item *it)
{
	struct slot *s = it->w->slot;
	const struct celery_message *m = &it->m;

	slot_text(s->id, m->id);
	slot_text(s->kind, m->kind);
	slot_text(s->queue, it->taken->queue);
	slot_text(s->args, m->args == NULL ? "[]" : m->args);
	slot_text(s->kwargs, m->kwargs == NULL ? "{}" : m->kwargs);
	s->job = it->id;
	s->wants_result = !it->m.ignore_result;
	s->retries = it->m.retries;
	s->started = clock_mono_us();
}

/* The message's own limit, where it is narrower than that of its kind. */
static int64_t
item_limit(int64_t own, int64_t kind, bool *is_own)
{
	*is_own = own > 0 && (kind == 0 || own < kind);
	return *is_own ? own : kind;
}

void
item_begin(struct item *it)
{
	const struct celery_message *m = &it->m;
	const struct kind *k = it->kind;
	struct slot *s = it->w->slot;
	int64_t soft, hard;

	soft = item_limit(m->soft_limit, k->soft_limit, &it->soft_is_own);
	hard = item_limit(m->hard_limit, k->hard_limit, &s->hard_is_own);
	signals_soft = 0;
	it->began = s->started = clock_mono_us();
	s->hard_limit = hard;
	s->soft_at = soft == 0 ? 0 : it->began + soft * 1000;
	s->hard_at = hard == 0 ? 0 : it->began + hard * 1000;
	s->taken++;
	s->by_kind[it->index]++;
	metric_time(METRIC_wait, METRIC_AT((unsigned)it->index),
	    clock_wall_us() - it->job.run_at, it->job.trace_id);
	event_tell(s, EVENT_RECEIVED, NULL);
	event_tell(s, EVENT_STARTED, NULL);
}

void
item_tell(struct item *it, const struct job_end *end, enum life_event event)
{
	static const enum metric_word outcomes[JOB_STATE__MAX] = {
		[JOB_QUEUED] = METRIC_outcome_retried,
		[JOB_PUBLISHED] = METRIC_outcome_retried,
		[JOB_RUNNING] = METRIC_outcome_retried,
		[JOB_RETRYING] = METRIC_outcome_retried,
		[JOB_SUCCEEDED] = METRIC_outcome_succeeded,
		[JOB_FAILED] = METRIC_outcome_failed,
		[JOB_CANCELLED] = METRIC_outcome_cancelled,
	};
	int64_t us = clock_mono_us() - it->began;
	struct slot *s = it->w->slot;
	struct log_field f[7] = {
		LS("job", it->m.id),
		LS("kind", it->m.kind),
		LS("state", job_states[end->state]),
		LI("attempt", it->job.attempts),
		LI("duration_us", us),
	};

	metric_count(METRIC_finished, (unsigned)it->index,
	    outcomes[end->state]);
	metric_time(METRIC_run, METRIC_AT((unsigned)it->index), us,
	    it->job.trace_id);

	switch (end->state) {
	case JOB_SUCCEEDED:
		s->done++;
		event_tell(s, EVENT_SUCCEEDED, it->run.result);
		break;
	case JOB_RETRYING:
		s->retried++;
		event_tell(s, EVENT_RETRIED, end->error);
		break;
	case JOB_CANCELLED:
		s->done++;
		event_tell(s, EVENT_REVOKED, item_revoked(end->error));
		break;
	default:
		s->failed++;
		event_tell(s, EVENT_FAILED, end->error);
		break;
	}
	if (end->error != NULL)
		f[5] = LS("reason", end->error);
	life_log_fields(event, f);
}
