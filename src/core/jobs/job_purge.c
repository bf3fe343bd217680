/* SPDX-License-Identifier: ISC */
/* What errand.purge deletes, and when it is due. */
#include "config.h"

#include "job_purge.h"

#include "jobs_own.h"

enum pg_err
job_purge_tick(struct pg *pg, int64_t interval, bool *added)
{
	struct pg_params p;
	enum pg_err err;
	size_t n = 0;

	pg_params_init(&p, pg);
	pg_put_int(&p, interval);
	err = job_change(pg, &STMT_JOB_PURGE_TICK, &p, &n);
	*added = n > 0;
	return err;
}

static enum pg_err
purge(struct pg *pg, const struct pg_stmt *s, int64_t before, int64_t limit,
    size_t *n)
{
	struct pg_params p;

	pg_params_init(&p, pg);
	pg_put_time(&p, before);
	pg_put_int(&p, limit);
	return job_change(pg, s, &p, n);
}

enum pg_err
job_purge(struct pg *pg, int64_t before, int64_t limit, size_t *n)
{
	return purge(pg, &STMT_JOB_PURGE, before, limit, n);
}

enum pg_err
job_purge_events(struct pg *pg, int64_t before, int64_t limit, size_t *n)
{
	return purge(pg, &STMT_JOB_PURGE_EVENTS, before, limit, n);
}
