/* SPDX-License-Identifier: ISC */
/* What follows from the end of a job that stands in a canvas of Celery's. */
#ifndef ENDING_H
#define ENDING_H

#include "base/base.h"
#include "celery/canvas.h"
#include "work.h"

/* A job that stands in a canvas has ended so: stores its result, if its sender
 * wants one, and does what follows from that.  tag is that of the delivery
 * whose run has ended it, or NULL: what was done for it before is not done
 * again.  1 done, 0 the broker refuses some of it, -1 it is away: then it is to
 * be done later. */
int ending_do(struct work *w, struct canvas_end *end, const char *tag)
    MUSTCHECK;

#endif
