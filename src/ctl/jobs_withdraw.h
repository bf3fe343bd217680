/* SPDX-License-Identifier: ISC */
/* errandctl jobs cancel: what workers are told of it. */
#ifndef JOBS_WITHDRAW_H
#define JOBS_WITHDRAW_H

#include "broker.h"
#include "jobs/job.h"

/* What was cancelled, and of which workers are not told yet.  A queue is read
 * as a whole for what is taken back from it, so that is done for many at once.
 */
struct jobs_withdraw {
	struct broker broker;
	struct job_set jobs;
	bool running; /* what runs is to be ended as well */
	bool failed;  /* the broker did not answer for all; it was said */
};

/* It was cancelled. */
void jobs_withdraw_add(struct jobs_withdraw *w, const struct job *job);

/* It runs, and is to be ended. */
void jobs_withdraw_end(struct jobs_withdraw *w, const struct job *job);

/* Tells workers of all that were added. */
void jobs_withdraw_all(struct jobs_withdraw *w);

#endif
