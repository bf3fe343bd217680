/* SPDX-License-Identifier: ISC */
/* What each child does right now, in memory that the parent reads. */
#ifndef SLOT_H
#define SLOT_H

#include <sys/types.h>

#include "base/base.h"
#include "base/uuid.h"
#include "jobs/kind.h"
#include "pg/pg.h"
#include "queue/queue.h"
#include "ring.h"

#define SLOT_MAX  256
#define SLOT_TEXT 256

enum slot_role { SLOT_FREE, SLOT_JOBS, SLOT_RELAY, SLOT_KEEPER, SLOT_EXPORTER };

/* Why the parent killed a child, if it did. */
enum slot_cause {
	SLOT_CRASHED, /* it did not */
	SLOT_HARD,    /* the job's hard time limit */
	SLOT_MEMORY,  /* far more memory than [worker] max_memory_per_child */
	SLOT_STOPPED  /* the pool was told to stop at once */
};

/* Times are clock_mono_us. */
struct slot {
	/* The parent's part. */
	enum slot_role role;
	pid_t pid;           /* 0: nobody */
	unsigned generation; /* counts the children that had this slot */
	int64_t born;
	int status;            /* how the one before ended, as waitpid tells */
	enum slot_cause cause; /* why it did */

	/* Written by the child alone.  busy is set last and cleared first, so
	 * that what the parent reads while it is set is whole; what many do in
	 * one statement is not shown so.  The tag is there from before the
	 * taking to the end; if the child dies, it stays, and the next one
	 * settles what was taken. */
	volatile int busy;
	volatile int settling; /* the parent sets it before there is a child */
	char tag[QUEUE_TAG];
	size_t more; /* number of further messages taken together with this
		      * tag's and not yet begun; see queue_tag_of */
	char id[SLOT_TEXT]; /* message id */
	struct uuid job;
	char kind[SLOT_TEXT];
	char queue[SLOT_TEXT];
	char args[SLOT_TEXT], kwargs[SLOT_TEXT]; /* shortened, for people */
	size_t lane;          /* index of the kind that it runs or is about
			       * to, plus one; see lane.h */
	volatile pid_t group; /* process group of a command, or 0 */
	int64_t started;
	int64_t soft_at; /* 0: no limit */
	int64_t hard_at;
	int64_t hard_limit; /* milliseconds */
	bool hard_is_own;   /* of the message: it ends the job for good */
	bool wants_result;  /* of the message: somebody may wait for it */
	int64_t retries;    /* runs before this one */

	/* Of those that run no jobs: counts their steps, so that the
	 * parent sees who stands still; of relay and keeper, whether the last
	 * round went well. */
	volatile uint64_t progress;
	volatile bool well;

	struct pg_seen seen; /* the keeper's: by all processes of the pool */

	/* The parent's: the run (by taken) that Celery has told us to end. */
	volatile uint64_t revoked;

	uint64_t taken, done, failed, retried;
	uint64_t by_kind[KIND_MAX]; /* runs, by index in the kind table */

	struct ring events; /* see event.h */
};

/* The table of SLOT_MAX slots, shared with all children; made once before the
 * first fork.  NULL if there is no memory. */
struct slot *slot_table(void) MUSTCHECK;

/* The tags of what the child has in hand, in the arena: none without a tag,
 * else that one and those of the further messages of the take.  How many. */
size_t slot_tags(struct arena *a, const struct slot *s,
    const char *tags[QUEUE_MOST]);

/* A child's job as it is now.  False if it has none. */
struct slot_job {
	char id[SLOT_TEXT], kind[SLOT_TEXT], queue[SLOT_TEXT];
	char args[SLOT_TEXT], kwargs[SLOT_TEXT];
	struct uuid job;
	int64_t started;
	uint64_t run;
	pid_t pid;
};
bool slot_job(const struct slot *s, struct slot_job *job);

/* Puts a text there that is cut to fit, at a whole character. */
void slot_text(char out[SLOT_TEXT], const char *text);

#endif
