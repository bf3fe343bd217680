/* SPDX-License-Identifier: ISC */
/* What each child does right now, in memory that the parent reads. */
#ifndef SLOT_H
#define SLOT_H

#include <sys/types.h>

#include "base.h"
#include "queue.h"
#include "uuid.h"

#define SLOT_MAX   256
#define SLOT_TEXT  256
#define SLOT_KINDS 64

enum slot_role {
	SLOT_FREE,
	SLOT_JOBS,
	SLOT_RELAY
};

/* Written by its child alone but for role, pid and the parent's own part;
 * busy is set last and cleared first, so that what the parent reads while it
 * is set is whole.  Times are clock_mono_us. */
struct slot {
	enum slot_role role;
	pid_t pid;
	unsigned generation; /* counts the children that had this slot */

	volatile int busy;
	char tag[QUEUE_TAG];
	char id[SLOT_TEXT];   /* message id */
	struct uuid job;
	char kind[SLOT_TEXT];
	char queue[SLOT_TEXT];
	char args[SLOT_TEXT]; /* shortened, for people */
	int64_t started;
	int64_t soft_at; /* 0: no limit */
	int64_t hard_at;

	uint64_t taken, done, failed, retried;
	uint64_t by_kind[SLOT_KINDS]; /* runs, by index in the kind table */
};

/* The table, shared with all children; made once before the first fork. */
struct slot *slot_table(size_t n);

#endif
