/* SPDX-License-Identifier: ISC */
/* Takes back the messages of cancelled jobs, many at once. */
#include "config.h"

#include "jobs_withdraw.h"

#include <stdio.h>

#include "jobs/job_list.h"

#define SAY      "errandctl jobs: the broker did not answer, and "
#define TOGETHER ((size_t)20000)

void
jobs_withdraw_all(struct jobs_withdraw *w)
{
	struct broker *b = &w->broker;

	if (w->jobs.n == 0)
		return;
	if (!job_withdraw(b->queue, b->arena, &w->jobs, w->running)) {
		fprintf(stderr, SAY "workers may run what was cancelled\n");
		w->failed = true;
	}
	w->jobs.n = 0;
	arena_reset(b->arena);
}

/* What is kept of a job is what job_withdraw needs. */
void
jobs_withdraw_add(struct jobs_withdraw *w, const struct job *job)
{
	struct arena *a = w->broker.arena;

	if (w->jobs.n == 0)
		w->jobs.v = arena_alloc(a, TOGETHER * sizeof(*job));
	w->jobs.v[w->jobs.n++] = (struct job){ .id = job->id,
		.message_id = job->message_id == NULL
				  ? NULL
				  : arena_strdup(a, job->message_id),
		.kind = arena_strdup(a, job->kind),
		.published_at = job->published_at };
	if (w->jobs.n == TOGETHER)
		jobs_withdraw_all(w);
}

void
jobs_withdraw_end(struct jobs_withdraw *w, const struct job *job)
{
	char text[UUID_TEXT];

	if (job_end_run(w->broker.queue, w->broker.arena, job))
		return;
	fprintf(stderr, SAY "job %s may go on\n", uuid_format(&job->id, text));
	w->failed = true;
}
