/* SPDX-License-Identifier: ISC */
/* Many job rows at a time: what the relay and the purge do with them. */
#include "config.h"

#include "job.h"
#include <string.h>

#include "jobs_own.h"

#define FETCH_SOME  50 /* rows, as JOB_FETCH_SOME says */
#define BATCH_BYTES ((size_t)4 * 1024 * 1024)

/* Runs a statement whose parameters are set; *n is how many rows it changed. */
static enum pg_err
run(struct pg *pg, enum stmt id, const struct pg_params *p, struct arena *a,
    size_t *n)
{
	enum pg_err err;
	PGresult *r;

	err = pg_run(pg, id, p, a, &r);
	if (err == PG_OK)
		*n = job_changed(r);
	return err;
}

/* Fetches rows behind the n that are there; *got is how many, *bytes grows by
 * what their args have. */
static enum pg_err
fetch(struct pg *pg, struct arena *a, struct job *jobs, int64_t room,
    size_t *got, size_t *bytes)
{
	enum stmt id =
	    room >= FETCH_SOME ? STMT_JOB_FETCH_SOME : STMT_JOB_FETCH_ONE;
	struct pg_params p;
	enum pg_err err;
	PGresult *r;
	size_t i;

	pg_params_init(&p, a);
	err = pg_run(pg, id, &p, a, &r);
	if (err != PG_OK)
		return err;
	*got = (size_t)PQntuples(r);
	for (i = 0; i < *got; i++) {
		job_row(pg, a, r, (int)i, &jobs[i]);
		*bytes += strlen(jobs[i].args);
	}
	return PG_OK;
}

static enum pg_err
take(struct pg *pg, struct arena *a, int64_t limit, struct job *jobs, size_t *n,
    bool *more)
{
	size_t bytes = 0, got = 1;
	struct pg_params p;
	enum pg_err err;
	PGresult *r;

	pg_params_init(&p, a);
	err = pg_run(pg, STMT_JOB_PUBLISHABLE, &p, a, &r);
	while (err == PG_OK && got > 0 && (int64_t)*n < limit &&
	       bytes < BATCH_BYTES) {
		err =
		    fetch(pg, a, jobs + *n, limit - (int64_t)*n, &got, &bytes);
		if (err == PG_OK)
			*n += got;
	}
	*more = err == PG_OK && got > 0;
	return err;
}

enum pg_err
job_publishable(struct pg *pg, struct arena *a, int64_t limit,
    struct job **jobs, size_t *n, bool *more)
{
	enum pg_err err;

	*n = 0;
	*more = false;
	err = pg_begin(pg);
	if (err != PG_OK)
		return err;
	*jobs = arena_alloc(a, (size_t)limit * sizeof(**jobs));
	err = take(pg, a, limit, *jobs, n, more);
	if (err != PG_OK)
		*n = 0;
	if (*n == 0)
		pg_rollback(pg);
	return err;
}

enum pg_err
job_published(struct pg *pg, struct arena *a, const struct job *jobs, size_t n,
    bool relayed)
{
	struct uuid *ids = arena_alloc(a, n * sizeof(*ids));
	struct pg_params p;
	enum pg_err err;
	PGresult *r;

	for (size_t i = 0; i < n; i++)
		ids[i] = jobs[i].id;
	pg_params_init(&p, a);
	job_put_ids(&p, ids, n);
	pg_put_bool(&p, relayed);
	err = pg_run(pg, STMT_JOB_PUBLISHED, &p, a, &r);
	if (err == PG_OK)
		return pg_commit(pg);
	pg_rollback(pg);
	return err;
}

void
job_unpublished(struct pg *pg)
{
	pg_rollback(pg);
}

enum pg_err
job_published_until(struct pg *pg, struct arena *a, int64_t *until)
{
	struct pg_params p;
	enum pg_err err;
	PGresult *r;

	pg_params_init(&p, a);
	err = pg_run_row(pg, STMT_JOB_LOCK_ALONE, &p, a, &r);
	if (err == PG_OK)
		*until = pg_time(r, 0, 0);
	return err;
}

enum pg_err
job_still_there(struct pg *pg, struct arena *a, const struct uuid *ids,
    size_t n, int64_t until)
{
	struct pg_params p;
	size_t changed;

	if (n == 0)
		return PG_OK;
	pg_params_init(&p, a);
	job_put_ids(&p, ids, n);
	pg_put_time(&p, until);
	return run(pg, STMT_JOB_STILL_THERE, &p, a, &changed);
}

enum pg_err
job_requeue_published(struct pg *pg, struct arena *a, int64_t limit,
    int64_t until, size_t *n)
{
	struct pg_params p;

	*n = 0;
	pg_params_init(&p, a);
	pg_put_time(&p, until);
	pg_put_int(&p, limit);
	return run(pg, STMT_JOB_REQUEUE, &p, a, n);
}

enum pg_err
job_heartbeat(struct pg *pg, struct arena *a, const char *worker,
    const struct uuid *ids, size_t n)
{
	struct pg_params p;
	size_t changed;

	if (n == 0)
		return PG_OK;
	pg_params_init(&p, a);
	pg_put_text(&p, worker);
	job_put_ids(&p, ids, n);
	return run(pg, STMT_JOB_HEARTBEAT, &p, a, &changed);
}

enum pg_err
job_revive(struct pg *pg, struct arena *a, int64_t max_deaths, int64_t limit,
    size_t *n)
{
	struct pg_params p;

	pg_params_init(&p, a);
	pg_put_int(&p, max_deaths);
	pg_put_int(&p, limit);
	return run(pg, STMT_JOB_REVIVE, &p, a, n);
}

enum pg_err
job_purge_tick(struct pg *pg, struct arena *a, int64_t interval, bool *added)
{
	struct pg_params p;
	enum pg_err err;
	size_t n = 0;

	pg_params_init(&p, a);
	pg_put_int(&p, interval);
	err = run(pg, STMT_JOB_PURGE_TICK, &p, a, &n);
	*added = n > 0;
	return err;
}

static enum pg_err
purge(struct pg *pg, enum stmt id, struct arena *a, int64_t before,
    int64_t limit, size_t *n)
{
	struct pg_params p;

	pg_params_init(&p, a);
	pg_put_time(&p, before);
	pg_put_int(&p, limit);
	return run(pg, id, &p, a, n);
}

enum pg_err
job_purge(struct pg *pg, struct arena *a, int64_t before, int64_t limit,
    size_t *n)
{
	return purge(pg, STMT_JOB_PURGE, a, before, limit, n);
}

enum pg_err
job_purge_events(struct pg *pg, struct arena *a, int64_t before, int64_t limit,
    size_t *n)
{
	return purge(pg, STMT_EVENT_PURGE, a, before, limit, n);
}
