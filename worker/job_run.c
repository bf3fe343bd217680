/* SPDX-License-Identifier: ISC */
/* Which handler runs which kind of jobs. */
#include "config.h"

#include "job_run.h"

enum job_outcome
job_run(struct job_run *run)
{
	static enum job_outcome (*const handlers[])(struct job_run *) = {
#define JOB(kind, handler, retries, soft, hard, back, back_max) handler,
#include "jobs.def"
#undef JOB
	};
	const struct kind *kind = run->kind;

	if (kind->command[0] != '\0' || kind->own == -1)
		return j_command(run);
	return handlers[kind->own](run);
}
