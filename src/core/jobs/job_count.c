/* SPDX-License-Identifier: ISC */
/* How many jobs there are, for the metrics and for people. */
#include "config.h"

#include "job_count.h"

#include <string.h>

#include "jobs_own.h"

enum pg_err
job_count(struct pg *pg, struct job_counts *c)
{
	/* In the order of the statement's columns. */
	static const enum job_state states[] = { JOB_QUEUED, JOB_RETRYING,
		JOB_PUBLISHED, JOB_RUNNING, JOB_FAILED };
	struct pg_params p;
	enum pg_err err;
	PGresult *r;
	size_t i;

	memset(c, 0, sizeof(*c));
	pg_params_init(&p, pg);
	err = pg_run_row(pg, &STMT_JOB_COUNT, &p, &r);
	if (err != PG_OK)
		return err;
	for (i = 0; i < NELEM(states); i++)
		c->in[states[i]] = pg_int(r, 0, (int)i);
	c->due = pg_int(r, 0, (int)i++);
	c->due_us = pg_int(r, 0, (int)i);
	return PG_OK;
}

enum pg_err
job_count_kinds(struct pg *pg, struct job_kind_count **v, size_t *n)
{
	/* In the order of the statement's columns. */
	static const enum job_state states[] = { JOB_QUEUED, JOB_PUBLISHED,
		JOB_RUNNING, JOB_RETRYING, JOB_FAILED };
	struct pg_params p;
	enum pg_err err;
	PGresult *r;
	size_t len;

	pg_params_init(&p, pg);
	err = pg_run(pg, &STMT_JOB_COUNT_KINDS, &p, &r);
	if (err != PG_OK)
		return err;
	*n = (size_t)PQntuples(r);
	*v = arena_alloc(p.arena, (*n + 1) * sizeof(**v));
	for (size_t row = 0; row < *n; row++) {
		struct job_kind_count *c = &(*v)[row];
		const char *kind = pg_text(r, (int)row, 0, &len);

		c->kind = arena_strndup(p.arena, kind, len);
		for (size_t i = 0; i < NELEM(states); i++)
			c->in[states[i]] = pg_int(r, (int)row, (int)i + 1);
		c->held = pg_int(r, (int)row, (int)NELEM(states) + 1);
	}
	return PG_OK;
}
