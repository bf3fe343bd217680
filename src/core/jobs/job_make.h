/* SPDX-License-Identifier: ISC */
/* Jobs that no change of a task causes: somebody asks for them. */
#ifndef JOB_MAKE_H
#define JOB_MAKE_H

#include "job.h"

#define JOB_KEY_MAX  255 /* characters of a unique key */
#define JOB_PRIORITY 9   /* the highest number, which is served last */

/* What is asked for; borrowed.  args (an array) and kwargs (an object) are
 * JSON that celery_check_args has passed and that has no U+0000; NULL is an
 * empty one. */
struct job_new {
	const char *kind;
	const char *args, *kwargs;
	bool has_run_at;
	int64_t run_at;         /* microseconds since 1970 */
	const char *unique_key; /* or NULL */
	int priority;           /* 0 to JOB_PRIORITY; 0 is served first */
	const char *request_id, *traceparent; /* or NULL */
};

/* Inserts the row of the job, with the message that Celery's own client would
 * have sent.  If a job of that kind and unique key is not over yet, nothing is
 * inserted: *made is false, and *job is that one.  Two that ask at the same
 * time get the same job.  PG_BUSY: others came and went too fast. */
enum pg_err job_make(struct pg *pg, const struct job_new *n, bool *made,
    struct job *job) MUSTCHECK;

#endif
