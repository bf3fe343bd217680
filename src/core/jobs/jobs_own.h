/* SPDX-License-Identifier: ISC */
/* Inside of the jobs: their statements, and one row of a result, however it was
 * asked for. */
#ifndef JOBS_OWN_H
#define JOBS_OWN_H

#include "job.h"
#include "life.h"

/* The columns with which the rows of a job begin: X(name here, SQL). */
#define JOB_COLUMNS(X)                                                         \
	X(ID, "j.id")                                                          \
	X(MESSAGE_ID, ", j.message_id")                                        \
	X(KIND, ", j.kind")                                                    \
	X(ARGS, ", j.args::text")                                              \
	X(TASK_ID, ", j.task_id")                                              \
	X(STATE, ", j.state")                                                  \
	X(ATTEMPTS, ", j.attempts")                                            \
	X(DEATHS, ", j.deaths")                                                \
	X(LAST_ERROR, ", j.last_error")                                        \
	X(WORKER, ", j.worker")                                                \
	X(RUN_AT, ", coalesce(j.due_at, j.run_at)")                            \
	X(CREATED_AT, ", j.created_at")                                        \
	X(PUBLISHED_AT, ", j.published_at")                                    \
	X(STARTED_AT, ", j.started_at")                                        \
	X(FINISHED_AT, ", j.finished_at")                                      \
	X(REQUEST_ID, ", j.request_id")                                        \
	X(TRACEPARENT, ", j.traceparent")                                      \
	X(MESSAGE, ", j.message")                                              \
	X(UNIQUE_KEY, ", j.unique_key")                                        \
	X(PRIORITY, ", j.priority::int")                                       \
	X(HELD, ", j.due_at < j.run_at AND j.state IN ('queued', 'retrying')")

enum job_column {
#define JOB_COLUMN(name, sql) JOB_COL_##name,
	JOB_COLUMNS(JOB_COLUMN)
#undef JOB_COLUMN
	    JOB_COL__MAX
};

/* SQL that several statements have. */
#define JOB_COLUMN_SQL(name, sql) sql
#define JOB_ROW                   JOB_COLUMNS(JOB_COLUMN_SQL)
#define JOB_DUE                   "state IN ('queued', 'retrying') AND run_at <= now()"

/* Of a kind with a limit: held back by it, and let go. */
#define JOB_HELD   "due_at < run_at AND state IN ('queued', 'retrying')"
#define JOB_LET_GO "due_at = run_at"

#define JOB_FINAL "('succeeded', 'failed', 'cancelled')"

/* The rows of the unique index on kind and unique_key. */
#define JOB_KEYED                                                              \
	"unique_key IS NOT NULL"                                               \
	" AND state IN ('queued', 'published', 'running', 'retrying')"

/* Milliseconds as an interval: times are those of PostgreSQL's clock alone. */
#define JOB_MS(n) n "::bigint * interval '1 ms'"

/* Follows "WITH moved AS (UPDATE jobs AS j ...": whoever waits for the end of a
 * job is to be told, in the statement that has closed it. */
#define JOB_MOVED                                                              \
	" RETURNING j.id, j.state, j.tag, j.message_id, j.ignore_result)"
#define JOB_TELL(value, exception)                                             \
	", told AS (INSERT INTO job_tells (job_id, tag, value, exception)"     \
	" SELECT id, tag, " value ", " exception " FROM moved"                 \
	" WHERE state IN " JOB_FINAL                                           \
	" AND message_id IS NOT NULL AND NOT ignore_result"                    \
	" ON CONFLICT (job_id) DO UPDATE SET tell_at = excluded.tell_at,"      \
	" tag = excluded.tag, value = excluded.value,"                         \
	" exception = excluded.exception)"

/* Nothing is to be told of them any more. */
#define JOB_UNTELL                                                             \
	", gone AS (DELETE FROM job_tells WHERE job_id IN"                     \
	" (SELECT id FROM moved))"

#define JOB_WHY_LATE "'it expired before it was run'"

/* When a run began.  Its row may have been waited for, and what marked it as
 * published may have come after this statement did. */
#define JOB_BEGUN "greatest(clock_timestamp(), published_at)"

/* Begins a statement that does all of a reader in the order of the log.  Only
 * who gets the lock has a batch, and the position moves with the effect: each
 * event is read once.  Nothing is read that a transaction in progress may still
 * come before; unless the position is ahead of every transaction, as one is
 * that was restored from another server.  The rows of batch are events;
 * READER_STEP is what the statement gives.  limit, a text: the most events. */
#define READER_BATCH_ROWS 1000
#define READER_BATCH(name, limit)                                              \
	"WITH reader AS MATERIALIZED (SELECT xid, id, floor,"                  \
	" CASE WHEN xid > pg_snapshot_xmax(pg_current_snapshot())"             \
	" THEN '18446744073709551615'::xid8"                                   \
	" ELSE pg_snapshot_xmin(pg_current_snapshot()) END AS until"           \
	" FROM log_readers WHERE name = '" name "' FOR UPDATE SKIP LOCKED),"   \
	" batch AS MATERIALIZED (SELECT e.* FROM reader AS r"                  \
	" CROSS JOIN LATERAL (SELECT * FROM task_events AS e"                  \
	" WHERE (e.xid, e.id) > (r.xid, r.id) AND e.xid < r.until"             \
	" AND e.id > r.floor ORDER BY e.xid, e.id"                             \
	" LIMIT " limit ") AS e),"                                             \
	" moved AS (UPDATE log_readers AS r SET xid = last.xid, id = last.id," \
	" moved_at = now() FROM (SELECT xid, id FROM batch"                    \
	" ORDER BY xid DESC, id DESC LIMIT 1) AS last"                         \
	" WHERE r.name = '" name "' RETURNING r.name)"
#define READER_STEP                                                            \
	" SELECT (SELECT count(*) FROM batch), (SELECT count(*) FROM moved)"

struct reader_step;

/* Runs such a statement. */
enum pg_err reader_step(struct pg *pg, const struct pg_stmt *s, size_t rows,
    struct reader_step *step) MUSTCHECK;

#define JOB_FETCH 50 /* rows that JOB_FETCH_SOME fetches */

#define STMT PG_DECLARE
#include "job.def"
#undef STMT

/* Reads a row that begins with JOB_COLUMNS. */
void job_row(struct pg *pg, const PGresult *r, int row, struct job *job);

/* Runs a statement whose parameters are set, and reads all its rows, into the
 * arena. */
enum pg_err job_rows(struct pg *pg, const struct pg_stmt *s,
    const struct pg_params *p, struct job_set *jobs) MUSTCHECK;

/* A time, or null; an array of ids. */
void job_put_time(struct pg_params *p, bool has, int64_t us);
void job_put_ids(struct pg_params *p, const struct job_ids *ids);

#endif
