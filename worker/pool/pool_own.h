/* SPDX-License-Identifier: ISC */
/* What the files of the parent share. */
#ifndef POOL_OWN_H
#define POOL_OWN_H

#include <signal.h>

#include "control/control.h"
#include "crew/crew.h"
#include "crew/lane.h"
#include "pool.h"
#include "run/child.h"

/* What the parent knows of the child in a slot beyond the slot. */
struct pool_child {
	struct child arg;
	int64_t start_at;  /* not before; clock_mono_us */
	unsigned failures; /* ends in a row that nobody asked for */
	int64_t soft_told; /* started of the job whose soft limit was told */
	enum slot_cause killing;
	bool stale;        /* to be replaced when it is idle */
	bool told;         /* SIGTERM was sent */
	uint64_t progress; /* of relay or keeper, when it was last seen, */
	int64_t still;     /* and for how long since, in us */
};

struct pool {
	struct crew crew;
	struct pool_child child[SLOT_MAX];
	struct kv *kv;
	struct queue *queue;
	struct control *control;
	struct arena *arena;
	pid_t settler; /* works off what a killed pool left */
	int64_t settle_until, last_until; /* who is left then, is killed */
	bool settled;
	bool sweeping;       /* what dead children left is being killed */
	bool killed;         /* children were killed, as it took too long */
	int64_t kill_at;     /* 0: it was not yet seen that we are to stop */
	int64_t namesake_at; /* not told of before */
	int64_t beat_at, memory_at, control_at, watched;
	bool reload;
};

/* pool_start.c: sees that each slot has the child that it should have, and
 * takes those that have ended. */
void pool_fill(struct pool *p);
void pool_reap(struct pool *p);

void pool_tell(struct pool *p, size_t slot, int sig);
void pool_kill(struct pool *p, size_t slot, enum slot_cause cause);

/* How many children there are, busy and idle, for the metrics. */
void pool_count(const struct pool *p);

/* pool_watch.c: limits of time and memory; signs of life for the broker;
 * replaces children that are to be. */
void pool_watch(struct pool *p);
void pool_beat(struct pool *p);
void pool_renew(struct pool *p);

/* pool_state.c: says to the broker what the pool does. */
void pool_state(struct pool *p);

#endif
