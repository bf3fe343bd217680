/* SPDX-License-Identifier: ISC */
/* The sections [job:<kind>], of which there may be any number. */
#include "config.h"

#include <string.h>

#include "base/str.h"
#include "base/xalloc.h"
#include "conf_own.h"

bool
conf_job_is(const char *section)
{
	return str_starts(section, CONF_JOB_PREFIX);
}

static bool
conf_job_name(const char *kind)
{
	size_t len = strspn(kind, "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-");

	return len > 0 && kind[len] == '\0' &&
	       len < CONF_SECTION - sizeof(CONF_JOB_PREFIX);
}

int
conf_job_open(struct conf_run *run, const char *section, unsigned line)
{
	struct conf_set *set = run->set;
	const char *kind = section + strlen(CONF_JOB_PREFIX);
	size_t i;

	for (i = 0; i < set->njobs; i++) {
		if (str_eq(set->jobs[i].kind, kind))
			return CONF_ROWS + (int)i * CONF_JOB_ROWS;
	}
	if (!conf_job_name(kind)) {
		conf_fault(run,
		    "%s:%u: \"%.60s\" cannot be the kind of a job: "
		    "letters, digits and . _ : - are allowed, %zu at most",
		    set->path, line, kind,
		    CONF_SECTION - sizeof(CONF_JOB_PREFIX) - 1);
		return -1;
	}
	if (i == CONF_JOBS_MAX) {
		conf_fault(run, "%s:%u: there are more than %d sections [job:]",
		    set->path, line, CONF_JOBS_MAX);
		return -1;
	}
	set->jobs[i] = (struct conf_job){ .kind = xstrdup(kind),
		.line = line,
		.max_retries = -1,
		.max_deaths = -1,
		.children = -1,
		.concurrency = -1,
		.soft_limit = -1,
		.hard_limit = -1,
		.backoff = -1,
		.backoff_max = -1 };
	set->njobs++;
	return CONF_ROWS + (int)i * CONF_JOB_ROWS;
}
