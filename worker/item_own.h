/* SPDX-License-Identifier: ISC */
/* One message on its way, shared by the files that take it there. */
#ifndef ITEM_OWN_H
#define ITEM_OWN_H

#include "base.h"
#include "celery.h"
#include "celery_result.h"
#include "job.h"
#include "job_run.h"
#include "kind.h"
#include "queue.h"
#include "work.h"

struct item {
	struct work *w;
	const struct queue_item *taken;
	struct celery_message m;
	struct uuid id;
	const struct kind *kind;
	size_t index;
	struct job job;
	struct job_run run;
	int64_t began;
};

/* item_answer.c: what the broker is told.  What does not arrive there is
 * logged, and does no harm: the row knows. */

/* Back to where it came from. */
void item_give_back(struct item *it);

/* The text of a result: value is JSON, message tells of an exception. */
const char *item_result(struct item *it, enum celery_state state,
    const char *value, const char *message);

/* It has done its duty; result NULL: nobody is told. */
void item_ack(struct item *it, const char *result);

/* Nobody can run it: to the dead-letter list, with the reason for all. */
void item_bury(struct item *it, const char *why);

/* Nobody here can run it. */
void item_park(struct item *it);

#endif
