/* SPDX-License-Identifier: ISC */
/* A run as a span, in the words of OpenTelemetry's conventions for messages. */
#include "config.h"

#include "log/log.h"
#include "run_own.h"

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
	const char *state = job_states[end->state];
	const bool bad = end->state == JOB_FAILED || end->state == JOB_RETRYING;
	struct log_field f[10] = {
		LS("messaging.system", "celery"),
		LS("messaging.operation.name", "process"),
		LS("messaging.operation.type", "process"),
		LS("messaging.destination.name", it->taken->queue),
		LS("messaging.message.id", it->m.id),
		LS("errand.job.kind", it->kind->name),
		LS("errand.job.state", state),
		LI("errand.job.attempt", it->job.attempts),
	};

	if (!trace_now)
		return;
	if (it->job.request_id != NULL)
		f[8] = LS("errand.request_id", it->job.request_id);
	trace_close(span, &(struct trace_end){ .kind = TRACE_CONSUMER,
			      .name = arena_printf(it->w->arena, "process %s",
				  it->kind->name),
			      .error = bad ? state : NULL,
			      .fields = f });
}
