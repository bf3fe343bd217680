/* SPDX-License-Identifier: ISC */
/* What errand.purge deletes, and when it is due. */
#ifndef JOB_PURGE_H
#define JOB_PURGE_H

#include "job.h"

/* Inserts the errand.purge of this tick (interval in milliseconds), unless
 * any host has done so. */
enum pg_err job_purge_tick(struct pg *pg, int64_t interval, bool *added)
    MUSTCHECK;

/* By up to limit rows: jobs that were finished before a time (microseconds
 * since 1970), events from before a time.  *n is how many went. */
enum pg_err job_purge(struct pg *pg, int64_t before, int64_t limit, size_t *n)
    MUSTCHECK;
enum pg_err job_purge_events(struct pg *pg, int64_t before, int64_t limit,
    size_t *n) MUSTCHECK;

#endif
