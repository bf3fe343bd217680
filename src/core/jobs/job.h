/* SPDX-License-Identifier: ISC */
/* A job's row, which decides what is run, however often it is sent. */
#ifndef JOB_H
#define JOB_H

#include "base/arena.h"
#include "base/base.h"
#include "base/uuid.h"
#include "pg/pg.h"
#include "text/json_write.h"

/* Seconds without a heartbeat after which a run counts as abandoned. */
#define JOB_ABANDONED_S 30

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

/* True for the states that do not change by themselves any more. */
bool job_is_over(enum job_state state);

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
	const char *trace_id;    /* of traceparent, or NULL */
	const char *message;     /* of somebody else, as it came; or NULL */
	const char *unique_key;  /* or NULL */
	int64_t priority;        /* 0 is served first */
	bool held;               /* a limit of its kind holds it back */
};

/* Several rows, and several ids. */
struct job_set {
	struct job *v;
	size_t n;
};
struct job_ids {
	const struct uuid *v;
	size_t n;
};

/* Writes the job as an object of JSON (id, kind, state, task_id, args,
 * attempts, deaths, last_error, worker, run_at, created_at, published_at,
 * started_at, finished_at, request_id, trace_id, unique_key, priority,
 * held). */
void job_format(struct json_write *w, const struct job *job);

#endif
