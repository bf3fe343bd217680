/* SPDX-License-Identifier: ISC */
/* errand.record_analytics: counts a change for the statistics, once. */
#include "config.h"

#include "kinds.h"

#include "jobs/stats.h"

/* Counting and closing are one statement, so that nothing can come between
 * them and make the job run again. */
enum job_outcome
j_analytics(struct job_run *run)
{
	const struct job_ids ids = { &run->job->id, 1 };
	struct job_set done;

	if (stats_record(run->pg, &ids, &run->by, &done) == PG_OK)
		return JOB_CLOSED;
	run->error = "PostgreSQL did not count the change";
	return JOB_RETRY;
}
