/* SPDX-License-Identifier: ISC */
/* How many jobs there are, for the metrics and for people. */
#ifndef JOB_COUNT_H
#define JOB_COUNT_H

#include "job.h"

/* Ages are microseconds, 0 if there is nothing. */
struct job_counts {
	int64_t in[JOB_STATE__MAX]; /* those that are over: only failed */
	int64_t due;                /* and not sent yet */
	int64_t due_us;             /* for how long the oldest of them is */
};

/* Of each sort 100000 at most are counted. */
enum pg_err job_count(struct pg *pg, struct job_counts *c) MUSTCHECK;

/* The same by kind, of at most 100 kinds; of each sort 10000 at most are
 * counted.  *v lives in the arena of pg. */
struct job_kind_count {
	const char *kind;
	int64_t in[JOB_STATE__MAX];
	int64_t held; /* of them, by a limit of the kind */
};
enum pg_err job_count_kinds(struct pg *pg, struct job_kind_count **v, size_t *n)
    MUSTCHECK;

#endif
