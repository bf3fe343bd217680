/* SPDX-License-Identifier: ISC */
/* One job's way through its states; each step is one statement. */
#ifndef JOB_STEP_H
#define JOB_STEP_H

#include "job.h"
#include "life.h"

#define JOB_TAG 128 /* bytes that a tag has at most */

/* Who runs it: the node's name, and the tag of the delivery. */
struct job_by {
	const char *worker;
	const char *tag;
};

/* What became of a run. */
struct job_end {
	enum job_state state; /* one of the last four, or JOB_RETRYING */
	int64_t delay;        /* of JOB_RETRYING: milliseconds from now */
	const char *error;    /* NULL clears last_error */
	bool no_try;          /* of JOB_RETRYING: the run does not count */
	/* What is put down to be told, if somebody waits: the value of a
	 * success as JSON, the type of a failure with its module; or NULL. */
	const char *value;
	const char *exception;
	/* All was told of the job that this delivery has closed; or NULL. */
	const struct job_ended *told;
};
struct job_ended {
	struct uuid id;
	char tag[JOB_TAG];
};

/* How that is called in life.def. */
enum life_event job_end_event(const struct job_end *end);

/* Closes a run that job_take gave us.  *ours is false if the row is not
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
	const char *exception; /* for Celery, with its module; or NULL */
	bool ours; /* what came of it; false: not running under that tag */
	enum job_state state;
};
enum pg_err job_died(struct pg *pg, struct job_death *d) MUSTCHECK;

/* Gives a row that is published, or due, back to the relay, for in a while:
 * this pool does not know its kind.  False if it is neither. */
enum pg_err job_unknown(struct pg *pg, const struct uuid *id, int64_t ms,
    bool *changed) MUSTCHECK;

/* Ends a published row that no run of ours ends: by the event, of those of
 * life.def that close such a row; what its sender is to be told of ends one
 * that is due as well.  False if it is not so any more. */
enum pg_err job_close(struct pg *pg, const struct uuid *id,
    enum life_event event, const char *error, bool *changed) MUSTCHECK;

/* Whom the next try of a mail leaves out: n addresses. */
enum pg_err job_mailed(struct pg *pg, const struct uuid *id,
    const char *const *addresses, size_t n) MUSTCHECK;

#endif
