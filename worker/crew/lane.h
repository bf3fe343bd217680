/* SPDX-License-Identifier: ISC */
/* How many jobs of a kind run at once, in memory that all children share. */
#ifndef LANE_H
#define LANE_H

#include "base/arena.h"
#include "base/base.h"
#include "crew.h"
#include "jobs/kind.h"

/* One for each kind, by its index in the kind table.  Messages whose kind has
 * no room wait in a queue of their own, see lane_queue. */
struct lane {
	volatile int waits;         /* there may be messages in that queue */
	volatile unsigned failures; /* in a row, of what the kind depends on */
	volatile int64_t closed_to; /* clock_mono_us: nobody begins until then;
				     * with failures one at a time after it */
};

/* KIND_MAX lanes, shared with all children; made once before the first fork.
 * All may have messages that wait.  NULL if there is no memory. */
struct lane *lane_table(void) MUSTCHECK;

/* Somebody looks into the queues of all kinds that we run: other pools use
 * them too. */
void lane_look(struct lane *lanes);

/* After the settings were read again. */
void lane_reset(struct lane *lanes);

/* The queue where messages of that kind wait for room. */
const char *lane_queue(struct arena *a, const struct kind *kind);

/* True if there is room for one more of that kind. */
bool lane_free(const struct crew *c, size_t kind);

/* The same for the child of that slot, which takes the room if there is some.
 * Of two that ask at the same moment for the last room perhaps neither gets
 * it, but never both. */
bool lane_enter(const struct crew *c, struct slot *s, size_t kind) MUSTCHECK;
void lane_leave(struct slot *s);

/* What the kind depends on, such as the mail server, was found to be away by a
 * job that had begun then (clock_mono_us): no other begins for a while, which
 * doubles each time, up to a minute.  Milliseconds, 0 if that was known. */
int64_t lane_failed(struct lane *lane, int64_t began);
void lane_well(struct lane *lane);

#endif
