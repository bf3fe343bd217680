/* SPDX-License-Identifier: ISC */
/* A run as a span, in the words of OpenTelemetry's conventions for messages. */
#include "config.h"

#include "log/log.h"
#include "run_own.h"

/* What the span says, of a run that has ended or was ended. */
struct story {
	const char *kind, *queue, *id;
	const struct job *job;
	enum job_state state;
	const char *error; /* or NULL */
};

static void
trace_tell(struct arena *a, struct trace_span *span, const struct story *s)
{
	struct log_field f[10] = {
		LS("messaging.system", "celery"),
		LS("messaging.operation.name", "process"),
		LS("messaging.operation.type", "process"),
		LS("messaging.destination.name", s->queue),
		LS("messaging.message.id", s->id),
		LS("errand.job.kind", s->kind),
		LS("errand.job.state", job_states[s->state]),
		LI("errand.job.attempt", s->job->attempts),
	};

	if (s->job->request_id != NULL)
		f[8] = LS("errand.request_id", s->job->request_id);
	trace_close(span, &(struct trace_end){ .kind = TRACE_CONSUMER,
			      .name = arena_printf(a, "process %s", s->kind),
			      .error = s->error,
			      .fields = f });
}

void
item_trace(struct item *it, struct trace_span *span, int64_t began)
{
	const char *id = it->job.trace_id;

	if (trace_begin(span, it->job.traceparent, NULL, began))
		id = trace_id();
	log_context(it->job.request_id, id);
}

void
item_traced(struct item *it, struct trace_span *span, const struct job_end *end)
{
	const bool bad = end->state == JOB_FAILED || end->state == JOB_RETRYING;

	if (trace_now)
		trace_tell(it->w->arena, span,
		    &(struct story){ .kind = it->kind->name,
			.queue = it->taken->queue,
			.id = it->m.id,
			.job = &it->job,
			.state = end->state,
			.error = bad ? job_states[end->state] : NULL });
}

void
settle_trace(struct arena *a, const struct slot *s, const struct job *job,
    enum job_state state)
{
	struct trace_span span;

	if (!trace_begin(&span, job->traceparent, NULL, s->started))
		return;
	trace_tell(a, &span,
	    &(struct story){ .kind = s->kind,
		.queue = s->queue,
		.id = s->id,
		.job = job,
		.state = state,
		.error = "died" });
	trace_send();
}
