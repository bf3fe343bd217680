/* SPDX-License-Identifier: ISC */
/* Job rows: the record that decides what is run, however often it is sent. */
#ifndef JOB_H
#define JOB_H

#include "arena.h"
#include "base.h"
#include "pg.h"
#include "uuid.h"

enum job_state {
	JOB_QUEUED,
	JOB_PUBLISHED,
	JOB_RUNNING,
	JOB_RETRYING,
	JOB_SUCCEEDED,
	JOB_FAILED,
	JOB_CANCELLED,
	JOB_STATE__MAX
};
extern const char *const job_states[JOB_STATE__MAX];

/* A row; texts live in the arena.  Times are microseconds since 1970, 0 for
 * null. */
struct job {
	struct uuid id;
	const char *message_id; /* what Celery calls it; or NULL: the id */
	const char *kind;
	const char *args; /* JSON text */
	bool has_task;
	struct uuid task_id;
	enum job_state state;
	int64_t attempts;
	int64_t deaths;
	const char *last_error; /* or NULL */
	const char *worker;     /* or NULL */
	int64_t run_at, created_at, published_at, started_at, finished_at;
	const char *request_id;  /* or NULL */
	const char *traceparent; /* or NULL */
};

/* What a message of somebody else becomes when it has no row yet. */
struct job_foreign {
	struct uuid id;
	const char *message_id;
	const char *kind;
	const char *args; /* {"args": [...], "kwargs": {...}} */
	bool has_run_at;
	int64_t run_at;
};
enum pg_err job_adopt(struct pg *pg, struct arena *a,
    const struct job_foreign *f) MUSTCHECK;

enum job_turn {
	JOB_TURN_MINE,     /* it is running now, and ours */
	JOB_TURN_LATER,    /* run_at lies ahead: the relay will send it */
	JOB_TURN_OVER,     /* succeeded, failed or cancelled before */
	JOB_TURN_ELSEWHERE, /* somebody alive runs it */
	JOB_TURN_UNKNOWN   /* no such row */
};

/* Marks the job as running by worker (node name) under tag. */
enum pg_err job_start(struct pg *pg, struct arena *a, const struct uuid *id,
    const char *worker, const char *tag, enum job_turn *turn,
    struct job *job) MUSTCHECK;

/* Closes a run that job_start gave us.  *ours is false if the row is not
 * running under that tag any more: then nothing was changed. */
enum pg_err job_finish(struct pg *pg, struct arena *a, const struct job *job,
    const char *tag, enum job_state state, int64_t run_at,
    const char *error, bool *ours) MUSTCHECK;

/* For h_jobs and errandctl: one row; *found. */
enum pg_err job_get(struct pg *pg, struct arena *a, const struct uuid *id,
    bool *found, struct job *job) MUSTCHECK;

/* Adds the job's JSON object (id, kind, state, task_id, args, attempts,
 * last_error, run_at, created_at, published_at, started_at, finished_at,
 * request_id). */
struct buf;
void job_format(struct buf *b, const struct job *job);

#endif
