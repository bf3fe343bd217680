/* SPDX-License-Identifier: ISC */
/* Jobs on standard output: tables for people, JSON for programs. */
#ifndef JOBS_PRINT_H
#define JOBS_PRINT_H

#include "jobs/job.h"

/* A list in parts: a head, rows, an end. */
void jobs_print_head(bool json);
void jobs_print_row(const struct job *job, bool json, bool first);
void jobs_print_end(bool json);

/* All that is known of one. */
void jobs_print_one(const struct job *job, bool json);

#endif
