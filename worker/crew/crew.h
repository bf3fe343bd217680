/* SPDX-License-Identifier: ISC */
/* What the parent and all its children know of each other. */
#ifndef CREW_H
#define CREW_H

#include "base/base.h"
#include "slot.h"

#define CREW_QUEUES 8

struct lane;

enum crew_roles {
	CREW_BOTH,
	CREW_RELAY, /* errand-worker --relay */
	CREW_JOBS   /* errand-worker --jobs */
};

/* The first slots are those of children that run no jobs. */
enum crew_slot {
	CREW_SLOT_RELAY,
	CREW_SLOT_KEEPER,
	CREW_SLOT_EXPORTER, /* free without traces */
	CREW_SLOT_JOBS      /* the first of those that do */
};

/* Written by the parent.  A child has a copy from the moment of its start; only
 * what is behind slots and lanes is shared.  The kinds are in kind.h, the
 * settings in conf.h. */
struct crew {
	struct lane *lanes; /* by index of the kind, see lane.h */
	struct slot *slots; /* nslots of them; role SLOT_FREE: nobody there */
	size_t nslots;
	enum crew_roles roles;
	const char *node;  /* what Celery calls us: errand@host */
	const char *owner; /* node and this start of it: part of each tag */
	const char *queues[CREW_QUEUES];
	size_t nqueues;
	size_t want;     /* children that shall run jobs */
	int64_t started; /* clock_mono_us */
	bool stopping;
};

/* In the parent: only notes the wish; the loop in pool.c does what follows from
 * it.  To stop, as SIGTERM does; n more or fewer children for jobs.  0, or -1
 * if there would be too many (SLOT_MAX) or less than one. */
void crew_stop(struct crew *c);
int crew_grow(struct crew *c, int64_t n) MUSTCHECK;
int crew_shrink(struct crew *c, int64_t n) MUSTCHECK;

#endif
