/* SPDX-License-Identifier: ISC */
/* Which handler runs which kind of jobs, one by one or together. */
#include "config.h"

#include "run_own.h"

#include "jobs/stats.h"
#include "kinds/kinds.h"

enum job_outcome
job_run(struct job_run *run)
{
	static enum job_outcome (*const handlers[])(struct job_run *) = {
#define JOB(kind, handler, retries, soft, hard, back, back_max, share,         \
    together)                                                                  \
	handler,
#include "jobs/jobs.def"
#undef JOB
	};
	const struct kind *kind = run->kind;

	if (kind->command[0] != '\0' || kind->own == -1)
		return j_command(run);
	return handlers[kind->own](run);
}

job_together_fn
job_together(const struct kind *kind)
{
	static const job_together_fn all[] = {
#define JOB(kind, handler, retries, soft, hard, back, back_max, share,         \
    together)                                                                  \
	together,
#include "jobs/jobs.def"
#undef JOB
	};

	if (kind->command[0] != '\0' || kind->own == -1)
		return NULL;
	return all[kind->own];
}

const char *
job_together_kind(void)
{
	size_t i;

	for (i = 0; i < kind_count(); i++) {
		if (job_together(kind_at(i)) != NULL)
			return kind_at(i)->name;
	}
	return NULL;
}
