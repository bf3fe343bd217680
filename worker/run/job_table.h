/* SPDX-License-Identifier: ISC */
/* Which handler runs which kind of jobs, one by one or together. */
#ifndef JOB_TABLE_H
#define JOB_TABLE_H

#include "work/job_run.h"

/* Runs it as its kind says: a command, or the handler of that kind. */
enum job_outcome job_run(struct job_run *run);

/* What does and closes n jobs of a kind in one statement: *done are the rows of
 * those that it has done.  NULL if they are run one by one. */
typedef enum pg_err (*job_together_fn)(struct pg *pg, struct arena *a,
    const struct uuid *ids, size_t n, const char *worker, const char *tag,
    struct job **done, size_t *ndone);
job_together_fn job_together(const struct kind *kind);

/* The kind that has such a thing, or NULL. */
const char *job_together_kind(void);

#endif
