/* SPDX-License-Identifier: ISC */
/* The kinds of jobs: jobs.def, and what [job:<kind>] in the ini says of them.
 */
#ifndef KIND_H
#define KIND_H

#include "base.h"
#include "conf.h"

struct job_run;
enum job_outcome;

struct kind {
	const char *name;
	enum job_outcome (*run)(struct job_run *run); /* NULL: not here */
	const char *queue;   /* never "": the default queue is named, too */
	const char *command; /* "": run by handler */
	int64_t max_retries;
	int64_t soft_limit; /* milliseconds; 0: none */
	int64_t hard_limit;
	int64_t backoff; /* milliseconds before the first retry */
	int64_t backoff_max;
	bool foreign_queue; /* for stock Celery workers, not for us */
};

/* Makes the table out of jobs.def and the settings; each fault of the latter
 * is told.  The number of faults.  May be called again. */
unsigned kind_load(conf_fault_fn fault, void *arg) MUSTCHECK;

/* Found by name, or NULL.  *index counts from 0 and is below SLOT_KINDS;
 * NULL if it is of no interest. */
const struct kind *kind_find(const char *name, size_t *index);
const struct kind *kind_at(size_t index);
size_t kind_count(void);

#endif
