/* SPDX-License-Identifier: ISC */
/* Whether the database takes what Errand writes. */
#include "config.h"

#include "base/clock.h"
#include "conf/conf.h"
#include "pg_own.h"

/* Who writes a row and takes it back leaves it to the next vacuum. */
#define WRITE_BELIEVED (5 * CLOCK_SECOND)
#define WRITE_MS       INT64_C(1000)

/* In their order, each with the rows that it is to write.  $1: the id of the
 * task and of the job.  The day is one that nobody else counts. */
static const struct {
	struct pg_stmt stmt;
	int64_t rows;
} writes[] = {
	{ { "WRITE_INSERT", 1, PG_PLAN,
	      "WITH task AS (INSERT INTO tasks"
	      " (id, title, description, status, created_by)"
	      " VALUES ($1, 'health', 'health', 'pending', 'health')"
	      " RETURNING id, version, created_by),"
	      " event AS (INSERT INTO task_events"
	      " (task_id, version, action, actor, changes)"
	      " SELECT id, version, 'created', created_by, '{}' FROM task"
	      " RETURNING task_id),"
	      " job AS (INSERT INTO jobs (id, kind, task_id, relayed_at)"
	      " SELECT id, 'errand.record_analytics', id, now() FROM task"
	      " RETURNING id),"
	      " tell AS (INSERT INTO job_tells (job_id, tag)"
	      " SELECT id, 'health' FROM job RETURNING job_id),"
	      " day AS (INSERT INTO stats_days (day, shard)"
	      " SELECT '-infinity', pg_backend_pid() FROM task"
	      " ON CONFLICT (day, shard) DO UPDATE SET created = 0"
	      " RETURNING day)"
	      " SELECT (SELECT count(*) FROM task) + (SELECT count(*) FROM event)"
	      " + (SELECT count(*) FROM job) + (SELECT count(*) FROM tell)"
	      " + (SELECT count(*) FROM day)" },
	    5 },
	{ { "WRITE_UPDATE", 1, PG_PLAN,
	      "WITH task AS (UPDATE tasks SET title = 'health again',"
	      " status = 'completed' WHERE id = $1 RETURNING id),"
	      " job AS (UPDATE jobs SET last_error = 'health',"
	      " published_at = now() WHERE id = $1 RETURNING id),"
	      " tell AS (UPDATE job_tells SET tell_at = now()"
	      " WHERE job_id = $1 RETURNING job_id)"
	      " SELECT (SELECT count(*) FROM task) + (SELECT count(*) FROM job)"
	      " + (SELECT count(*) FROM tell)" },
	    3 },
	{ { "WRITE_DELETE", 1, PG_PLAN,
	      "WITH task AS (DELETE FROM tasks WHERE id = $1 RETURNING id),"
	      " job AS (DELETE FROM jobs WHERE id = $1 RETURNING id),"
	      " tell AS (DELETE FROM job_tells WHERE job_id = $1"
	      " RETURNING job_id)"
	      " SELECT (SELECT count(*) FROM task) + (SELECT count(*) FROM job)"
	      " + (SELECT count(*) FROM tell)" },
	    3 },
};

enum pg_err
pg_try_writing(struct pg *pg, bool now)
{
	const int64_t limit = settings.database_query_timeout;
	const struct uuid id = uuid_new();
	struct pg_params p;
	PGresult *r;
	enum pg_err err;

	if (!now && pg->written != 0 &&
	    clock_mono_us() - pg->written < WRITE_BELIEVED)
		return PG_OK;
	err = pg_begin_within(pg, limit < WRITE_MS ? limit : WRITE_MS);
	if (err != PG_OK)
		return err;
	for (size_t i = 0; err == PG_OK && i < NELEM(writes); i++) {
		pg_params_init(&p, pg);
		pg_put_uuid(&p, &id);
		err = pg_run_row(pg, &writes[i].stmt, &p, &r);
		if (err == PG_OK && pg_int(r, 0, 0) != writes[i].rows)
			err = pg_odd(&writes[i].stmt,
			    "rows were left out: a policy, a trigger or a rule "
			    "of the table does that");
	}
	pg_rollback(pg);
	pg->written = err == PG_OK ? clock_mono_us() : 0;
	return err;
}
