/* SPDX-License-Identifier: ISC */
/* What a job's handler is given, and what it says when it is done. */
#ifndef JOB_RUN_H
#define JOB_RUN_H

#include <sys/types.h>

#include <json-c/json_object.h>

#include "base/arena.h"
#include "base/base.h"
#include "jobs/job_step.h"
#include "jobs/kind.h"
#include "pg/pg.h"

enum job_outcome {
	JOB_DONE,
	JOB_RETRY,    /* try again later, as often as its kind allows */
	JOB_LATER,    /* it could not be begun: the same without having tried */
	JOB_AWAY,     /* as JOB_RETRY, and what all of its kind need is away */
	JOB_DEAD,     /* no use in trying again */
	JOB_UNWANTED, /* nothing to do: cancelled, with the reason kept */
	JOB_CLOSED    /* done, and the handler has closed the row itself */
};

struct job_run {
	struct arena *arena;
	struct pg *pg;
	const struct kind *kind;
	const struct job *job;
	struct job_by by; /* who runs it */
	struct json_object
	    *args;          /* our kinds: an object; foreign: see DESIGN */
	const char *error;  /* why, if it is not JOB_DONE, or what else its
			     * row shall say; arena */
	const char *result; /* JSON text for AsyncResult, or NULL for null */
	int64_t delay;      /* of JOB_RETRY: milliseconds at least; of JOB_LATER
			     * until then, 0: a little */
	/* signals_soft: a handler that waits ends its wait soon and says
	 * JOB_RETRY. */
	const volatile int *soft;
	/* Where a handler that starts processes tells their group, so that
	 * they are killed together with us. */
	volatile pid_t *group;
};

#endif
