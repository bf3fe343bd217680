/* SPDX-License-Identifier: ISC */
/* The parent: keeps children at work, within their limits; does none itself. */
#ifndef POOL_H
#define POOL_H

#include "base/base.h"
#include "queue/queue.h"
#include "redis/kv.h"
#include "slot.h"

#define POOL_QUEUES 8

enum pool_roles {
	POOL_BOTH,
	POOL_RELAY, /* errand-worker --relay */
	POOL_JOBS   /* errand-worker --jobs */
};

/* What the parent knows; control.c reads it.  The kinds are in kind.h, the
 * settings in conf.h. */
struct pool {
	struct slot *slots; /* nslots of them; role SLOT_FREE: nobody there */
	size_t nslots;
	enum pool_roles roles;
	const char *node;  /* what Celery calls us: errand@host */
	const char *owner; /* node and this start of it: part of each tag */
	const char *queues[POOL_QUEUES];
	size_t nqueues;
	size_t want;     /* children that shall run jobs */
	int64_t started; /* clock_mono_us */
	bool stopping;
};

/* Asks for what the loop does next: as SIGTERM does; n more or fewer children
 * for jobs.  0, or -1 if there would be too many (SLOT_MAX) or less than one.
 */
void pool_stop(struct pool *p);
int pool_grow(struct pool *p, int64_t n) MUSTCHECK;
int pool_shrink(struct pool *p, int64_t n) MUSTCHECK;

/* Runs until told to stop.  What main shall return. */
int pool_main(enum pool_roles roles);

#endif
