/* SPDX-License-Identifier: ISC */
/* The statistics: how changes are counted, and what has been counted. */
#include "config.h"

#include "stats.h"

#include "jobs_own.h"

/* Not static, so that no other statement has the name of one of these. */
#define STMT PG_DECLARE
#include "stats.def"
#undef STMT
#define STMT PG_DEFINE
#include "stats.def"
#undef STMT

enum pg_err
stats_read(struct pg *pg, struct reader_step *step)
{
	return reader_step(pg, &STMT_STATS_READ, READER_BATCH_ROWS, step);
}

enum pg_err
stats_record(struct pg *pg, const struct job_ids *ids, const struct job_by *by,
    struct job_set *done)
{
	struct pg_params p;

	pg_params_init(&p, pg);
	job_put_ids(&p, ids);
	pg_put_text(&p, by->worker);
	pg_put_text(&p, by->tag);
	return job_rows(pg, &STMT_STATS_RECORD, &p, done);
}

enum pg_err
stats_by_status(struct pg *pg, const char *owner,
    int64_t counts[STATS_STATUSES])
{
	struct pg_params p;
	enum pg_err err;
	PGresult *r;

	pg_params_init(&p, pg);
	if (owner != NULL)
		pg_put_text(&p, owner);
	err = pg_run_row(pg,
	    owner == NULL ? &STMT_STATS_STATUS : &STMT_STATS_STATUS_OF, &p, &r);
	for (int i = 0; err == PG_OK && i < STATS_STATUSES; i++)
		counts[i] = pg_int(r, 0, i);
	return err;
}

enum pg_err
stats_per_day(struct pg *pg, const char *owner, int n, struct stats_day **days)
{
	const struct pg_stmt *s =
	    owner == NULL ? &STMT_STATS_DAYS : &STMT_STATS_DAYS_OF;
	struct pg_params p;
	enum pg_err err;
	const char *day;
	PGresult *r;
	size_t len;

	pg_params_init(&p, pg);
	pg_put_int(&p, n);
	if (owner != NULL)
		pg_put_text(&p, owner);
	err = pg_run(pg, s, &p, &r);
	if (err != PG_OK)
		return err;
	if (PQntuples(r) != n)
		return pg_odd(s, "there are not as many days");
	*days = arena_alloc(p.arena, (size_t)n * sizeof(**days));
	for (int i = 0; i < n; i++) {
		day = pg_text(r, i, 0, &len);
		(*days)[i] = (struct stats_day){
			.day = arena_strndup(p.arena, day, len),
			.created = pg_int(r, i, 1),
			.completed = pg_int(r, i, 2),
			.deleted = pg_int(r, i, 3),
			.took = !pg_null(r, i, 4),
		};
		if (!(*days)[i].took)
			continue;
		(*days)[i].median = pg_int(r, i, 4);
		(*days)[i].p90 = pg_int(r, i, 5);
	}
	return PG_OK;
}
