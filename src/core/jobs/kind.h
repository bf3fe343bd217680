/* SPDX-License-Identifier: ISC */
/* The kinds of jobs: jobs.def, and what [job:<kind>] in the ini says. */
#ifndef KIND_H
#define KIND_H

#include "base/base.h"
#include "conf/conf.h"

#define KIND_MAX 64 /* kinds that there can be */

struct kind {
	const char *name;
	int own;              /* its row in jobs.def, or -1 */
	const char *queue;    /* never "": the default queue is named, too */
	const char *command;  /* "": run by a handler */
	const char *schedule; /* "": none; cron_parse takes it */
	const char *schedule_zone;
	const char *schedule_kwargs; /* JSON, an object */
	const char *catch_up;        /* "one", "all" or "skip" */
	bool stdout_result;          /* what the command prints is the result */
	bool track_started;          /* its result says so while it runs */
	bool create;                 /* POST /jobs may make one */
	int64_t max_retries;         /* 0: it is never run twice */
	int64_t max_deaths;
	int64_t children;   /* that run it at once, at most; 0: all */
	int64_t soft_limit; /* milliseconds; 0: none */
	int64_t hard_limit;
	int64_t backoff; /* milliseconds before the first retry */
	int64_t backoff_max;
	/* Over all pools; 0: no limit. */
	int64_t concurrency; /* that are sent or run at once */
	int64_t pace;        /* microseconds between two that are let go */
	bool foreign_queue;  /* for stock Celery workers, not for us */
};

/* Makes the table out of jobs.def and the set; each fault of the set's sections
 * [job:<kind>] is told, if fault is not NULL.  The table is replaced only if
 * neither they nor the set itself have a fault, and then borrows from the set.
 * Returns the number of faults.  setup_load does it for everybody. */
unsigned kind_load(const struct conf_set *set, conf_fault_fn fault, void *arg)
    MUSTCHECK;

/* True if our own pool can run it. */
bool kind_runs(const struct kind *k);

/* True if it has a limit over all pools.  Then: the names of all that have,
 * which are borrowed; their number. */
bool kind_is_limited(const struct kind *k);
size_t kind_limited(const char *names[KIND_MAX]);

/* Found by name, or NULL.  *index counts from 0 and is below KIND_MAX;
 * NULL if it is of no interest. */
const struct kind *kind_find(const char *name, size_t *index);
const struct kind *kind_at(size_t index);
size_t kind_count(void);

/* Gives the metrics the names of all kinds, in this order. */
void kind_measure(void);

#endif
