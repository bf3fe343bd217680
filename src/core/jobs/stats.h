/* SPDX-License-Identifier: ISC */
/* The statistics: how changes are counted, and what has been counted. */
#ifndef STATS_H
#define STATS_H

#include "job.h"
#include "job_step.h"
#include "reader.h"

/* The reader of the log that counts changes. */
enum pg_err stats_read(struct pg *pg, struct reader_step *step) MUSTCHECK;

/* All that errand.record_analytics does, which the release before writes, for
 * several of them at once: counts the changes that their args tell of, and
 * closes them as succeeded, in one statement: a job is counted once, however
 * often it is run.  Takes those that are to be run, as job_start does, and
 * those that run under this tag; *done are their rows. */
enum pg_err stats_record(struct pg *pg, const struct job_ids *ids,
    const struct job_by *by, struct job_set *done) MUSTCHECK;

/* Tasks by status: pending, in progress, completed.  owner NULL: everybody's,
 * as they were counted; else they are counted now, days from what is kept of
 * the log. */
#define STATS_STATUSES 3
enum pg_err stats_by_status(struct pg *pg, const char *owner,
    int64_t counts[STATS_STATUSES]) MUSTCHECK;

/* The last n days, newest first, in the arena. */
struct stats_day {
	const char *day; /* 2026-11-22, in UTC */
	int64_t created, completed, deleted;
	bool took; /* tasks became completed that had not been created so */
	int64_t median, p90; /* seconds from creation to completion */
};
enum pg_err stats_per_day(struct pg *pg, const char *owner, int n,
    struct stats_day **days) MUSTCHECK;

#endif
