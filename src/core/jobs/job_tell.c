/* SPDX-License-Identifier: ISC */
/* What senders are still to be told. */
#include "config.h"

#include "job_tell.h"

#include "jobs_own.h"

/* Columns behind those of the row. */
enum { COL_VALUE = JOB_COL__MAX, COL_EXCEPTION, COL_TELL_AT, COL_TAG };

enum pg_err
job_tells(struct pg *pg, int64_t limit, struct job_tells *tells)
{
	struct arena *a = pg_arena(pg);
	struct pg_params p;
	enum pg_err err;
	PGresult *r;

	*tells = (struct job_tells){ 0 };
	pg_params_init(&p, pg);
	pg_put_int(&p, limit);
	err = pg_run(pg, &STMT_JOB_TELLS, &p, &r);
	if (err != PG_OK)
		return err;
	tells->n = (size_t)PQntuples(r);
	tells->v = arena_alloc(a, tells->n * sizeof(*tells->v));
	for (size_t i = 0; i < tells->n; i++) {
		struct job_tell *t = &tells->v[i];

		job_row(pg, r, (int)i, &t->job);
		t->value = pg_text_dup(a, r, (int)i, COL_VALUE);
		t->exception = pg_text_dup(a, r, (int)i, COL_EXCEPTION);
		t->tag = pg_text_dup(a, r, (int)i, COL_TAG);
		tells->until = pg_time(r, (int)i, COL_TELL_AT);
	}
	return PG_OK;
}

enum pg_err
job_told(struct pg *pg, const struct job_ids *ids, int64_t until)
{
	struct pg_params p;
	PGresult *r;

	if (ids->n == 0)
		return PG_OK;
	pg_params_init(&p, pg);
	job_put_ids(&p, ids);
	pg_put_time(&p, until);
	return pg_run(pg, &STMT_JOB_TOLD, &p, &r);
}

enum pg_err
job_tell_later(struct pg *pg, const struct job_ids *ids)
{
	struct pg_params p;
	PGresult *r;

	if (ids->n == 0)
		return PG_OK;
	pg_params_init(&p, pg);
	job_put_ids(&p, ids);
	return pg_run(pg, &STMT_JOB_TELL_LATER, &p, &r);
}

enum pg_err
job_tell_again(struct pg *pg, const struct uuid *id)
{
	struct pg_params p;
	PGresult *r;

	pg_params_init(&p, pg);
	pg_put_uuid(&p, id);
	return pg_run(pg, &STMT_JOB_TELL_AGAIN, &p, &r);
}
