/* SPDX-License-Identifier: ISC */
/* The sections [job:<kind>], of which there may be any number. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/xalloc.h"
#include "conf_row.h"

#define PREFIX "job:"

struct conf_jobs conf_jobs;

const struct conf_row conf_job_rows[CONF_JOB_ROWS] = {
#define CONF_JOB(key, type, min, max, help)                                    \
	{ "job", #key, CONF_##type, NULL, min, max, NULL,                      \
		offsetof(struct conf_job, key) },
#include "conf_job.def"
#undef CONF_JOB
};

const struct conf_row *
conf_row_at(int row)
{
	if (row < CONF_ROWS)
		return &conf_rows[row];
	return &conf_job_rows[(row - CONF_ROWS) % CONF_JOB_ROWS];
}

void *
conf_row_base(int row)
{
	if (row < CONF_ROWS)
		return &settings;
	return &conf_jobs.v[(row - CONF_ROWS) / CONF_JOB_ROWS];
}

char *
conf_row_section(int row, char out[CONF_SECTION])
{
	const struct conf_job *job = conf_row_base(row);

	if (row < CONF_ROWS)
		snprintf(out, CONF_SECTION, "%s", conf_rows[row].section);
	else
		snprintf(out, CONF_SECTION, PREFIX "%s", job->kind);
	return out;
}

bool
conf_job_is(const char *section)
{
	return str_starts(section, PREFIX);
}

static bool
conf_job_name(const char *kind)
{
	size_t len = strspn(kind, "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-");

	return len > 0 && kind[len] == '\0' &&
	       len < CONF_SECTION - sizeof(PREFIX);
}

int
conf_job_open(struct conf_run *run, const char *section, unsigned line)
{
	const char *kind = section + strlen(PREFIX);
	size_t i;

	for (i = 0; i < conf_jobs.n; i++) {
		if (str_eq(conf_jobs.v[i].kind, kind))
			return CONF_ROWS + (int)i * CONF_JOB_ROWS;
	}
	if (!conf_job_name(kind)) {
		conf_fault(run,
		    "%s:%u: \"%.60s\" cannot be the kind of a job: letters, "
		    "digits and . _ : - are allowed, %zu at most",
		    run->path, line, kind, CONF_SECTION - sizeof(PREFIX) - 1);
		return -1;
	}
	if (i == CONF_JOBS_MAX) {
		conf_fault(run, "%s:%u: there are more than %d sections [job:]",
		    run->path, line, CONF_JOBS_MAX);
		return -1;
	}
	conf_jobs.v[i] = (struct conf_job){ xstrdup(kind), line, NULL, NULL, -1,
		-1, -1, -1, -1 };
	conf_jobs.n++;
	return CONF_ROWS + (int)i * CONF_JOB_ROWS;
}

void
conf_jobs_forget(void)
{
	size_t i;

	for (i = 0; i < conf_jobs.n; i++)
		free((char *)(uintptr_t)conf_jobs.v[i].kind);
	conf_jobs = (struct conf_jobs){ 0 };
}

size_t
conf_job_count(void)
{
	return conf_jobs.n;
}

const struct conf_job *
conf_job_at(size_t i)
{
	return &conf_jobs.v[i];
}
