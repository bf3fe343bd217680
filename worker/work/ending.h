/* SPDX-License-Identifier: ISC */
/* What follows from the end of a job that stands in a canvas of Celery's. */
#ifndef ENDING_H
#define ENDING_H

#include "base/base.h"
#include "celery/canvas.h"
#include "work.h"

/* A name for this end of the job: what follows it is sent once under it.  tag
 * is that of the delivery whose run has ended it, or NULL. */
const char *ending_name(struct arena *a, const char *id, const char *tag);

/* Does what canvas_end has planned, under the name that was its seed; what was
 * done of it before is not done again.  1 done, 0 the broker refuses some of
 * it, -1 it is away: then it is to be done later.  The result of the job itself
 * is stored before that. */
int ending_do(struct work *w, struct canvas_plan *plan) MUSTCHECK;

#endif
