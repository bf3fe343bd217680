/* SPDX-License-Identifier: ISC */
/* One job's way through its states; each step is one statement. */
#ifndef JOB_STEP_H
#define JOB_STEP_H

#include "job.h"

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
enum pg_err job_adopt(struct pg *pg, const struct job_foreign *f) MUSTCHECK;

/* Who runs it: the node's name, and the tag of the delivery. */
struct job_by {
	const char *worker;
	const char *tag;
	int64_t max_deaths; /* see job_start; 0: any number */
};

enum job_turn {
	JOB_TURN_MINE,      /* it is running now, and ours */
	JOB_TURN_LATER,     /* run_at lies ahead: the relay will send it */
	JOB_TURN_OVER,      /* succeeded, failed or cancelled before */
	JOB_TURN_ELSEWHERE, /* somebody alive runs it, another message of it
			     * is on its way, or its state is one that only a
			     * newer release knows, to which it is left */
	JOB_TURN_UNKNOWN    /* no such row */
};

/* Marks the job as running.  A run that has been without a heartbeat for
 * JOB_ABANDONED_S is taken over, which counts a death, unless it would be the
 * last that is allowed. */
enum pg_err job_start(struct pg *pg, const struct uuid *id,
    const struct job_by *by, enum job_turn *turn, struct job *job) MUSTCHECK;

/* What became of a run. */
struct job_end {
	enum job_state state; /* one of the last four, or JOB_RETRYING */
	int64_t delay;        /* of JOB_RETRYING: milliseconds from now */
	const char *error;    /* NULL clears last_error */
	bool no_try;          /* of JOB_RETRYING: the run does not count */
};

/* Closes a run that job_start gave us.  *ours is false if the row is not
 * running under that tag any more: then nothing was changed.  When the answer
 * was lost, calling it again is right, but a false *ours may then come from the
 * first call. */
enum pg_err job_finish(struct pg *pg, const struct job *job, const char *tag,
    const struct job_end *end, bool *ours) MUSTCHECK;

/* The rows of those jobs that are over. */
enum pg_err job_over(struct pg *pg, const struct job_ids *ids,
    struct job_set *over) MUSTCHECK;

/* The process that ran a job died: the row is queued again, or failed with why
 * after max_deaths. */
struct job_death {
	struct uuid id;
	const char *tag;
	int64_t max_deaths;
	const char *why;
	bool ours; /* what came of it; false: not running under that tag */
	enum job_state state;
};
enum pg_err job_died(struct pg *pg, struct job_death *d) MUSTCHECK;

/* Ends a published row whose kind is run by somebody else (stock Celery
 * workers); false if it is not published any more. */
enum pg_err job_close(struct pg *pg, const struct uuid *id,
    enum job_state state, const char *error, bool *changed) MUSTCHECK;

/* Whom the next try of a mail leaves out: n addresses. */
enum pg_err job_mailed(struct pg *pg, const struct uuid *id,
    const char *const *addresses, size_t n) MUSTCHECK;

#endif
