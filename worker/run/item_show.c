/* SPDX-License-Identifier: ISC */
/* What is to be seen of a message: the slot, events, the log. */
#include "config.h"

#include "run_own.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "crew/event.h"
#include "crew/signals.h"
#include "log/log.h"

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
	s->group = 0;
	s->soft_at = s->hard_at = 0;
	s->tag[0] = '\0';
	s->more = 0;
}

static void
item_show_args(struct slot *s, const struct celery_message *m)
{
	bool none = m->args == NULL || strcmp(m->args, "[]") == 0;
	const char *kwargs = m->kwargs == NULL ? "{}" : m->kwargs;

	slot_text(s->args, none ? kwargs : m->args);
}

static int64_t
item_limit(int64_t said, int64_t own)
{
	return said > 0 ? said : own;
}

void
item_show(struct item *it)
{
	struct slot *s = it->w->slot;

	slot_text(s->id, it->m.id);
	slot_text(s->kind, it->m.kind);
	slot_text(s->queue, it->taken->queue);
	item_show_args(s, &it->m);
	s->job = it->id;
	s->wants_result = !it->m.ignore_result;
	s->retries = it->m.retries;
	s->started = clock_mono_us();
}

void
item_begin(struct item *it)
{
	int64_t soft = item_limit(it->m.soft_limit, it->kind->soft_limit);
	int64_t hard = item_limit(it->m.hard_limit, it->kind->hard_limit);
	struct slot *s = it->w->slot;

	signals_soft = 0;
	it->began = s->started = clock_mono_us();
	s->hard_limit = hard;
	s->soft_at = soft == 0 ? 0 : it->began + soft * 1000;
	s->hard_at = hard == 0 ? 0 : it->began + hard * 1000;
	s->taken++;
	s->by_kind[it->index]++;
	event_tell(s, EVENT_RECEIVED, NULL);
	event_tell(s, EVENT_STARTED, NULL);
}

/* --- how it ended --- */

static void
item_count(struct slot *s, enum job_state state)
{
	if (state == JOB_RETRYING)
		s->retried++;
	else if (state == JOB_FAILED)
		s->failed++;
	else
		s->done++;
}

static void
item_event(struct item *it, const struct job_end *end)
{
	struct slot *s = it->w->slot;

	switch (end->state) {
	case JOB_SUCCEEDED:
		event_tell(s, EVENT_SUCCEEDED, it->run.result);
		break;
	case JOB_RETRYING:
		event_tell(s, EVENT_RETRIED, end->error);
		break;
	case JOB_CANCELLED:
		event_tell(s, EVENT_REVOKED, "terminated");
		break;
	default:
		event_tell(s, EVENT_FAILED, end->error);
		break;
	}
}

static void
item_log(const struct item *it, const struct job_end *end)
{
	struct log_field f[7] = {
		LS("job", it->m.id),
		LS("kind", it->m.kind),
		LS("state", job_states[end->state]),
		LI("attempt", it->job.attempts),
		LI("duration_us", clock_mono_us() - it->began),
	};

	if (end->error != NULL)
		f[5] = LS("reason", end->error);
	log_write(end->state == JOB_FAILED ? LOGL_WARNING : LOGL_INFO, "job",
	    f);
}

void
item_tell(struct item *it, const struct job_end *end)
{
	item_count(it->w->slot, end->state);
	item_event(it, end);
	item_log(it, end);
}
