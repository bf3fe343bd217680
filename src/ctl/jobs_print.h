/* SPDX-License-Identifier: ISC */
/* Jobs on standard output: tables for people, JSON for programs. */
#ifndef JOBS_PRINT_H
#define JOBS_PRINT_H

#include "jobs/job.h"
#include "queue/queue.h"

/* A list in parts: a head, rows, an end, after which nothing is to be
 * released. */
struct jobs_print {
	bool json;
	struct buf b;
	struct json_write w;
};
void jobs_print_head(struct jobs_print *p, bool json);
void jobs_print_row(struct jobs_print *p, const struct job *job);
void jobs_print_end(struct jobs_print *p);

/* The same of what was put aside; its end is jobs_print_end. */
void jobs_print_aside_head(struct jobs_print *p, bool json);
void jobs_print_aside(struct jobs_print *p, const struct queue_aside *v);

/* How many were deleted, or sent once more. */
void jobs_print_purged(int64_t n, bool json);
void jobs_print_redriven(int64_t n, bool json);

/* All that is known of one. */
void jobs_print_one(const struct job *job, bool json);

#endif
