/* SPDX-License-Identifier: ISC */
/* What errand.purge deletes, and when it is due. */
#include "config.h"

#include "job_purge.h"

#include "conf/conf.h"
#include "jobs_own.h"

enum pg_err
job_purge_tick(struct pg *pg, int64_t interval, bool *added)
{
	struct pg_params p;
	enum pg_err err;
	size_t n = 0;

	pg_params_init(&p, pg);
	pg_put_int(&p, interval);
	err = pg_run_change(pg, &STMT_JOB_PURGE_TICK, &p, &n);
	*added = n > 0;
	return err;
}

int64_t
job_purge_age(void)
{
	int64_t back = 2 * settings.broker_visibility_timeout;

	return settings.purge_jobs_age > back ? settings.purge_jobs_age : back;
}

enum pg_err
job_purge(struct pg *pg, int64_t age, int64_t limit, size_t *n)
{
	struct pg_params p;

	pg_params_init(&p, pg);
	pg_put_int(&p, age);
	pg_put_null(&p);
	pg_put_int(&p, limit);
	return pg_run_change(pg, &STMT_JOB_PURGE, &p, n);
}

enum pg_err
job_purge_before(struct pg *pg, int64_t before, int64_t limit, size_t *n)
{
	struct pg_params p;

	pg_params_init(&p, pg);
	pg_put_null(&p);
	pg_put_time(&p, before);
	pg_put_int(&p, limit);
	return pg_run_change(pg, &STMT_JOB_PURGE, &p, n);
}

enum pg_err
job_purge_events(struct pg *pg, int64_t age, int64_t limit, size_t *n)
{
	struct pg_params p;

	pg_params_init(&p, pg);
	pg_put_int(&p, age);
	pg_put_int(&p, limit);
	return pg_run_change(pg, &STMT_JOB_PURGE_EVENTS, &p, n);
}
