/* SPDX-License-Identifier: ISC */
/* errand.record_analytics: counts a change for the statistics, once. */
#include "config.h"

#include "kinds.h"

/* Counting and closing are one statement, so that nothing can come between
 * them and make the job run again. */
enum job_outcome
j_analytics(struct job_run *run)
{
	struct job *done;
	size_t n;

	if (job_record_analytics(run->pg, run->arena, &run->job->id, 1,
		run->worker, run->tag, &done, &n) == PG_OK)
		return JOB_CLOSED;
	run->error = "PostgreSQL did not count the change";
	return JOB_RETRY;
}
