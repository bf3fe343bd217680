/* SPDX-License-Identifier: ISC */
/* Job rows: the record that decides what is run, however often it is sent. */
#ifndef JOB_H
#define JOB_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"
#include "base/uuid.h"
#include "pg/pg.h"
#include "text/json_write.h"

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

/* The state of that name, which need not be terminated.  0, or -1. */
int job_state_parse(const char *name, size_t len, enum job_state *state)
    MUSTCHECK;

/* A row; texts live in the arena.  Times are microseconds since 1970, 0 for
 * null. */
struct job {
	struct uuid id;
	const char *message_id; /* what Celery calls it; or NULL: the id */
	const char *kind;
	const char *args; /* JSON text */
	bool has_task;
	struct uuid task_id;
	enum job_state state;   /* JOB_STATE__MAX: a newer release's */
	const char *state_word; /* as PostgreSQL says it */
	int64_t attempts;       /* runs that were begun, this one included */
	int64_t deaths; /* runs whose process died; not counted as tries */
	const char *last_error; /* or NULL */
	const char *worker;     /* or NULL */
	int64_t run_at, created_at, published_at, started_at, finished_at;
	const char *request_id;  /* or NULL */
	const char *traceparent; /* or NULL */
	bool relayed; /* false: the cache entries of its task are to be dropped
		       * by a relay */
};

/*
 * Publishing.  job_publishable begins a transaction and takes up to limit
 * rows that are due and that no other relay holds, oldest first, or fewer if
 * their args have more than a few MiB; *more is true if it stopped before the
 * end.  If *n is
 * not 0 (and only then), the transaction stays open, and the caller pushes
 * the messages and then calls job_published, which marks all of them (as
 * relayed too, if their cache entries are gone) and commits; or, if they were
 * not pushed, job_unpublished.  Nothing else may run on pg in between.  A
 * crash leaves the rows due: they are sent twice, never lost.
 */
enum pg_err job_publishable(struct pg *pg, struct arena *a, int64_t limit,
    struct job **jobs, size_t *n, bool *more) MUSTCHECK;
enum pg_err job_published(struct pg *pg, struct arena *a,
    const struct job *jobs, size_t n, bool relayed) MUSTCHECK;
void job_unpublished(struct pg *pg);

/*
 * When the broker is another one than before, and may have lost data.
 * job_published_until waits for what other relays are just publishing, and
 * sets *until to now: whatever was sent to the broker that is gone is marked
 * as published by then.  job_still_there tells of n ids of messages that were
 * found in the broker of now; rows that are published count as published now.
 * job_requeue_published sets those of until, up to limit, back to queued: all
 * of them are if *n is below limit.
 */
enum pg_err job_published_until(struct pg *pg, struct arena *a, int64_t *until)
    MUSTCHECK;
enum pg_err job_still_there(struct pg *pg, struct arena *a,
    const struct uuid *ids, size_t n, int64_t until) MUSTCHECK;
enum pg_err job_requeue_published(struct pg *pg, struct arena *a, int64_t limit,
    int64_t until, size_t *n) MUSTCHECK;

/* What a message of somebody else becomes when it has no row yet: published,
 * or queued if run_at lies ahead.  Does nothing if there is a row.  PG_FAILED
 * if args are nothing that jsonb can hold, such as text with U+0000. */
struct job_foreign {
	struct uuid id;
	const char *message_id;
	const char *kind;
	const char *args; /* an object with "args", "kwargs" and more */
	bool has_run_at;
	int64_t run_at;
};
enum pg_err job_adopt(struct pg *pg, struct arena *a,
    const struct job_foreign *f) MUSTCHECK;

enum job_turn {
	JOB_TURN_MINE,      /* it is running now, and ours */
	JOB_TURN_LATER,     /* run_at lies ahead: the relay will send it */
	JOB_TURN_OVER,      /* succeeded, failed or cancelled before */
	JOB_TURN_ELSEWHERE, /* somebody alive runs it, another message of it
			     * is on its way, or its state is one that only a
			     * newer release knows, to which it is left */
	JOB_TURN_UNKNOWN    /* no such row */
};

/* Marks the job as running by worker (node name) under tag.  A run that has
 * been without a heartbeat for 30 s is taken over, which counts a death. */
enum pg_err job_start(struct pg *pg, struct arena *a, const struct uuid *id,
    const char *worker, const char *tag, enum job_turn *turn, struct job *job)
    MUSTCHECK;

/* Closes a run that job_start gave us.  state is one of the last four, or
 * JOB_RETRYING with run_at; error NULL clears last_error.  *ours is false if
 * the row is not running under that tag any more: then nothing was changed.
 * When the answer was lost, calling it again is right, but a false *ours may
 * then come from the first call. */
enum pg_err job_finish(struct pg *pg, struct arena *a, const struct job *job,
    const char *tag, enum job_state state, int64_t run_at, const char *error,
    bool *ours) MUSTCHECK;

/* All that errand.record_analytics does, for n of them at once: counts the
 * changes that their args tell of, and closes them as succeeded, in one
 * statement: a job is counted once, however often it is run.  Takes those that
 * are to be run, as job_start does, and those that run under this tag; *done
 * are their rows. */
enum pg_err job_record_analytics(struct pg *pg, struct arena *a,
    const struct uuid *ids, size_t n, const char *worker, const char *tag,
    struct job **done, size_t *ndone) MUSTCHECK;

/* The rows of those of n jobs that are over. */
enum pg_err job_over(struct pg *pg, struct arena *a, const struct uuid *ids,
    size_t n, struct job **over, size_t *nover) MUSTCHECK;

/* The process that ran the job under tag died: the row is queued again, or
 * failed with why after max_deaths.  *state is what came of it; *ours. */
enum pg_err job_died(struct pg *pg, struct arena *a, const struct uuid *id,
    const char *tag, int64_t max_deaths, const char *why, enum job_state *state,
    bool *ours) MUSTCHECK;

/* Says that these runs of worker go on; what is not running any more is left
 * alone. */
enum pg_err job_heartbeat(struct pg *pg, struct arena *a, const char *worker,
    const struct uuid *ids, size_t n) MUSTCHECK;

/* Runs without a heartbeat for 30 s: up to limit of them are queued again, or
 * failed with a reason after max_deaths.  Not within 30 s of a start of
 * PostgreSQL.  To be called after job_heartbeat, and not until the caller's
 * connection has worked for 30 s without a break. */
enum pg_err job_revive(struct pg *pg, struct arena *a, int64_t max_deaths,
    int64_t limit, size_t *n) MUSTCHECK;

/* Ends a published row whose kind is run by somebody else (stock Celery
 * workers); false if it is not published any more. */
enum pg_err job_settle(struct pg *pg, struct arena *a, const struct uuid *id,
    enum job_state state, const char *error, bool *changed) MUSTCHECK;

/* Inserts the errand.purge of this tick (interval in milliseconds), unless
 * any host has done so. */
enum pg_err job_purge_tick(struct pg *pg, struct arena *a, int64_t interval,
    bool *added) MUSTCHECK;

/* What errand.purge does, by up to limit rows: jobs that were finished before
 * a time, events from before a time.  *n is how many went. */
enum pg_err job_purge(struct pg *pg, struct arena *a, int64_t before,
    int64_t limit, size_t *n) MUSTCHECK;
enum pg_err job_purge_events(struct pg *pg, struct arena *a, int64_t before,
    int64_t limit, size_t *n) MUSTCHECK;

/* For h_job and errandctl: one row; *found. */
enum pg_err job_get(struct pg *pg, struct arena *a, const struct uuid *id,
    bool *found, struct job *job) MUSTCHECK;

/* What is wanted of a list, newest first. */
struct job_filter {
	unsigned states;  /* bits by enum job_state; 0: all */
	const char *kind; /* or NULL */
	bool has_task;
	struct uuid task_id;
	bool has_cursor; /* behind this row */
	int64_t created_at;
	struct uuid id;
	int64_t limit;
};
enum pg_err job_list(struct pg *pg, struct arena *a, const struct job_filter *f,
    struct job **jobs, size_t *n, bool *more) MUSTCHECK;

/* Steering by people.  Both set *job to the row as it is now, unless it is
 * JOB_STEER_ABSENT. */
enum job_steer {
	JOB_STEER_DONE,
	JOB_STEER_ABSENT,
	JOB_STEER_REFUSED /* its state does not allow it; nothing changed */
};

/* failed or cancelled: queued again, due now, deaths forgotten. */
enum pg_err job_retry(struct pg *pg, struct arena *a, const struct uuid *id,
    enum job_steer *result, struct job *job) MUSTCHECK;

/* queued, published or retrying: cancelled, with why in last_error. */
enum pg_err job_cancel(struct pg *pg, struct arena *a, const struct uuid *id,
    const char *why, enum job_steer *result, struct job *job) MUSTCHECK;

/* Writes the job as an object of JSON (id, kind, state, task_id, args, attempts,
 * deaths, last_error, worker, run_at, created_at, published_at, started_at,
 * finished_at, request_id). */
void job_format(struct json_write *w, const struct job *job);

#endif
