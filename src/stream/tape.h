/* SPDX-License-Identifier: ISC */
/* The newest events, once for all who are told of them. */
#ifndef TAPE_H
#define TAPE_H

#include "base/base.h"
#include "task/task.h"

struct tape_event {
	struct task_place place;
	char *text; /* as it is sent */
	size_t len;
	size_t json, json_len; /* where in it the change itself stands */
	char *owner;           /* or NULL */
};

/* Events first to next - 1 are there; they are counted from the start of the
 * process.  base is the place before the first. */
struct tape {
	uint64_t first, next;
	struct task_place base;
	struct tape_event *v; /* size of them, a power of two */
	size_t size;
	size_t bytes, max;
};

/* Room for max bytes of events, or for one that is larger. */
void tape_init(struct tape *r, size_t max);
void tape_clear(struct tape *r);

/* Forgets all: the next event comes behind that place. */
void tape_restart(struct tape *r, const struct task_place *base);

/* Adds a copy of what was told, as the text; the oldest go, if need be.  It is
 * to be told where the change stands in it. */
struct tape_event *tape_add(struct tape *r, const struct task_told *told,
    const char *text, size_t len);

/* The place before event n: that of an event, or base. */
const struct task_place *tape_before(const struct tape *r, uint64_t n);

/* An event that is there. */
const struct tape_event *tape_at(const struct tape *r, uint64_t n);

/* The place behind the newest event. */
const struct task_place *tape_end(const struct tape *r);

/* The number of the first event behind a place, in *n.  False if what comes
 * behind the place is not all there, or is not known yet. */
bool tape_find(const struct tape *r, const struct task_place *place,
    uint64_t *n);

/* True if the place itself is known: that of an event, or base. */
bool tape_knows(const struct tape *r, const struct task_place *place);

#endif
