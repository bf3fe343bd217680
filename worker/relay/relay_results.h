/* SPDX-License-Identifier: ISC */
/* What stock Celery workers have made of the jobs that were sent to them. */
#ifndef RELAY_RESULTS_H
#define RELAY_RESULTS_H

#include "base/base.h"
#include "jobs/job.h"
#include "jobs/kind.h"
#include "pg/pg.h"
#include "work/work.h"

/* How far the published rows of each kind were seen; zeroed at first. */
struct relay_results {
	struct job_filter kinds[KIND_MAX];
};

/* Looks for results of the next page of a kind's rows, and closes the rows
 * that have one.  *more is false after the last page: the next is the first
 * again.  False if PostgreSQL (see *err) or the broker could not be asked:
 * then the page comes again. */
bool relay_results_page(struct work *w, struct relay_results *r, size_t kind,
    bool *more, enum pg_err *err) MUSTCHECK;

/* The same for all kinds that others run, as far as one round goes. */
void relay_results_run(struct work *w, struct relay_results *r,
    enum pg_err *err);

#endif
