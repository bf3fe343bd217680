/* SPDX-License-Identifier: ISC */
/* What senders are still to be told: put down by the statement that closes a
 * job, and there until it was done. */
#ifndef JOB_TELL_H
#define JOB_TELL_H

#include "job.h"

/* A job that is over; value (JSON), exception (a type with its module) and tag
 * (of the delivery whose run has ended it) may be NULL. */
struct job_tell {
	struct job job;
	const char *value;
	const char *exception;
	const char *tag;
};

/* Up to limit of those that are due, in the arena. */
struct job_tells {
	struct job_tell *v;
	size_t n;
	int64_t until; /* when the last of them was due, for job_told */
};
enum pg_err job_tells(struct pg *pg, int64_t limit, struct job_tells *tells)
    MUSTCHECK;

/* These were told; what was closed anew since then is not meant. */
enum pg_err job_told(struct pg *pg, const struct job_ids *ids, int64_t until)
    MUSTCHECK;

/* These cannot be told now: in half a minute again. */
enum pg_err job_tell_later(struct pg *pg, const struct job_ids *ids) MUSTCHECK;

/* Has a job that is over told once more, if its sender waits for a result. */
enum pg_err job_tell_again(struct pg *pg, const struct uuid *id) MUSTCHECK;

#endif
