/* SPDX-License-Identifier: ISC */
/* Jobs for people: one, a list, and steering them. */
#ifndef JOB_LIST_H
#define JOB_LIST_H

#include "job.h"
#include "queue/queue.h"

/* One row; *found. */
enum pg_err job_get(struct pg *pg, const struct uuid *id, bool *found,
    struct job *job) MUSTCHECK;

/* *found: there is such a job, and it is about a task of that owner. */
enum pg_err job_is_of(struct pg *pg, const struct uuid *id, const char *owner,
    bool *found) MUSTCHECK;

/* How long ago, in microseconds, the job fell due that waits longest for being
 * sent; -1: none waits. */
enum pg_err job_oldest_due(struct pg *pg, int64_t *us) MUSTCHECK;

/* What is wanted of a list, newest first. */
struct job_filter {
	unsigned states;   /* bits by enum job_state; 0: all */
	const char *kind;  /* or NULL */
	const char *owner; /* of the task that it is about; NULL: any */
	bool has_task;
	struct uuid task_id;
	bool has_cursor; /* behind this row */
	int64_t created_at;
	struct uuid id;
	int64_t limit;
};
enum pg_err job_list(struct pg *pg, const struct job_filter *f,
    struct job_set *jobs, bool *more) MUSTCHECK;

/* Steering by people.  Both set *job to the row as it is now, unless it is
 * JOB_STEER_ABSENT. */
enum job_steer {
	JOB_STEER_DONE,
	JOB_STEER_ABSENT,
	JOB_STEER_REFUSED, /* its state does not allow it; nothing changed */
	JOB_STEER_KEY      /* another job has its unique key; nothing changed */
};

/* failed or cancelled: queued again, due now, deaths forgotten. */
enum pg_err job_retry(struct pg *pg, const struct uuid *id,
    enum job_steer *result, struct job *job) MUSTCHECK;

/* queued, published or retrying: cancelled, with why in last_error. */
enum pg_err job_cancel(struct pg *pg, const struct uuid *id, const char *why,
    enum job_steer *result, struct job *job) MUSTCHECK;

/* The same for several in one statement: *done are those that it was done to.
 */
enum pg_err job_retry_some(struct pg *pg, const struct job_ids *ids,
    struct job_set *done) MUSTCHECK;
enum pg_err job_cancel_some(struct pg *pg, const struct job_ids *ids,
    const char *why, struct job_set *done) MUSTCHECK;

/* After a cancel: takes back the messages of jobs that Celery's workers
 * run, or, if one of them has it, tells all of them that it is revoked; end:
 * also to who runs it.  False (logged) if the broker did not answer. */
bool job_withdraw(struct queue *q, struct arena *a, const struct job_set *jobs,
    bool end);

/* A cancelled job is to run again: nobody shall cancel it once more for what
 * was asked of the run before.  Before job_retry; a broker that is away is
 * logged. */
void job_unrevoke(struct queue *q, struct arena *a, const struct job *job);

/* Has a job that is running ended by the pool that runs it, as Celery's
 * terminate does; its row is cancelled when it has.  Until then the relays go
 * on telling the pools.  False if the broker did not answer. */
bool job_end_run(struct queue *q, struct arena *a, const struct job *job)
    MUSTCHECK;

#endif
