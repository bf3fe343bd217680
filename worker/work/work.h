/* SPDX-License-Identifier: ISC */
/* What a process has that works: connections, and an arena for the job in
 * hand. */
#ifndef WORK_H
#define WORK_H

#include "base/arena.h"
#include "crew/crew.h"
#include "jobs/job_step.h"
#include "pg/pg.h"
#include "queue/queue.h"

struct work {
	const struct crew *crew;
	struct slot *slot;
	struct pg *pg;
	struct kv *kv;
	struct queue *queue;
	struct arena *arena;  /* of the job in hand */
	const char *together; /* the kind of which many are taken, or NULL */
	/* The last job whose sender was told of its end; no tag: none, or
	 * PostgreSQL knows. */
	struct job_ended told;
};

/* Opens connections of its own, after the fork.  slot may be NULL.  Jobs are
 * taken one by one until together is set. */
void work_open(struct work *w, const struct crew *crew, struct slot *slot);
void work_close(struct work *w);

#endif
