/* SPDX-License-Identifier: ISC */
/* Inside of the jobs: one row of a result, however it was asked for. */
#ifndef JOBS_OWN_H
#define JOBS_OWN_H

#include "job.h"

#define JOB_ROW_COLUMNS 18

/* Reads a row that begins with the columns of JOB_ROW in stmt.def. */
void job_row(struct pg *pg, struct arena *a, const PGresult *r, int row,
    struct job *job);

/* All rows, in the arena. */
struct job *job_rows(struct pg *pg, struct arena *a, const PGresult *r,
    size_t *n);

/* How many rows a statement changed. */
size_t job_changed(PGresult *r);

/* An array of ids as a parameter. */
void job_put_ids(struct pg_params *p, const struct uuid *ids, size_t n);

#endif
