/* SPDX-License-Identifier: ISC */
/* What errand.purge deletes, and when it is due. */
#ifndef JOB_PURGE_H
#define JOB_PURGE_H

#include "job.h"

/* Inserts the errand.purge of this tick (interval in milliseconds), unless
 * any host has done so. */
enum pg_err job_purge_tick(struct pg *pg, int64_t interval, bool *added)
    MUSTCHECK;

/* By up to limit rows: jobs that were finished so long ago, events that are so
 * old (milliseconds by PostgreSQL's clock).  *n is how many went. */
enum pg_err job_purge(struct pg *pg, int64_t age, int64_t limit, size_t *n)
    MUSTCHECK;
enum pg_err job_purge_events(struct pg *pg, int64_t age, int64_t limit,
    size_t *n) MUSTCHECK;

/* [purge] jobs_age, but no less than a message may come back after: without its
 * row the job would be run again. */
int64_t job_purge_age(void);

/* The same for jobs that were finished before a time that a person has named
 * (microseconds since 1970). */
enum pg_err job_purge_before(struct pg *pg, int64_t before, int64_t limit,
    size_t *n) MUSTCHECK;

#endif
