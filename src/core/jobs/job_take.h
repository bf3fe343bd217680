/* SPDX-License-Identifier: ISC */
/* A message is in a child's hands: whether its job is to be run now. */
#ifndef JOB_TAKE_H
#define JOB_TAKE_H

#include "job.h"
#include "job_step.h"

/* What it says.  The texts are borrowed. */
struct job_message {
	struct uuid id;         /* of the row */
	const char *message_id; /* what Celery calls the job */
	const char *kind;
	const char *args;    /* an object with "args", "kwargs" and more */
	const char *message; /* all of it, as it came */
	const char *tag;     /* Celery's delivery tag, or NULL */
	bool ours;           /* a relay has made it, of the row */
	int64_t retries;
	int priority;
	bool limited; /* its kind has a limit: a relay lets it go */
	bool ignore_result;
	bool has_eta, has_expires;
	int64_t eta, expires;
	const char *request_id, *traceparent; /* or NULL */
	const char *revoked; /* why it is cancelled if it has no row, or NULL */
};

/* What a message is to a row that has its id. */
enum job_copy {
	JOB_COPY_SAME,    /* a copy of what the row was made of, or is */
	JOB_COPY_ANEW,    /* its sender wants it done once more */
	JOB_COPY_GOES_ON, /* the next try of a stock worker that ran it */
	JOB_COPY_OTHER    /* of another job: it cannot be run */
};
enum job_copy job_copy(const struct job_message *m, const struct job *job);

enum job_turn {
	JOB_TURN_MINE,      /* it is running now, and ours */
	JOB_TURN_LATER,     /* run_at lies ahead, or a limit holds it: the
			     * relay will send it */
	JOB_TURN_CANCELLED, /* just now: it is too late, or was revoked */
	JOB_TURN_OVER,      /* succeeded, failed or cancelled before */
	JOB_TURN_ELSEWHERE, /* somebody alive runs it, another message of it
			     * is on its way, or its state is one that only a
			     * newer release knows, to which it is left */
	JOB_TURN_OTHER,     /* its id is that of another job */
	JOB_TURN_UNKNOWN    /* its row has just gone */
};

/* Makes the row if there is none, and marks the job as running.  A run of
 * another delivery is left to job_revive.  *job is the row.
 * PG_FAILED if args are nothing that jsonb can hold, such as text with U+0000;
 * or if a trigger or a constraint that is not ours says so. */
enum pg_err job_take(struct pg *pg, const struct job_message *m,
    const struct job_by *by, enum job_turn *turn, struct job *job) MUSTCHECK;

/* After PG_FAILED or PG_REFUSED: *own is true if the message itself is to
 * blame, since its record is refused while that of another message of its kind,
 * which goes the same way, is not.  Nothing is changed. */
enum pg_err job_take_blame(struct pg *pg, const struct job_message *m,
    const struct job_by *by, bool *own) MUSTCHECK;

#endif
