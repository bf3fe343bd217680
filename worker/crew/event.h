/* SPDX-License-Identifier: ISC */
/* Celery's events: told by the children, published by the parent. */
#ifndef EVENT_H
#define EVENT_H

#include "base/base.h"
#include "base/buf.h"
#include "slot.h"

enum event_type {
	EVENT_RECEIVED,
	EVENT_STARTED,
	EVENT_SUCCEEDED,
	EVENT_FAILED,
	EVENT_RETRIED,
	EVENT_REVOKED,
	EVENT__MAX
};

/* Texts are never NULL once read. */
struct event {
	enum event_type type;
	int64_t wall;    /* microseconds since 1970 */
	int64_t runtime; /* microseconds */
	int64_t retries;
	const char *id;
	const char *kind;          /* for who has not heard of it before */
	const char *args, *kwargs; /* of EVENT_RECEIVED alone */
	const char *text;          /* the result, or why */
};

/* In a child: tells what happened now to the job in its slot, if anybody wants
 * to know.  text may be NULL. */
void event_tell(struct slot *s, enum event_type type, const char *text);

/* The same for another job than that in the slot. */
void event_tell_of(struct slot *s, enum event_type type, const char *id,
    const char *text);

/* A record of a ring: writes e, its long texts cut; the length. */
size_t event_pack(const struct event *e, char out[RING_MAX]);

/* Reads one; texts point into the record.  0, or -1 if it is none. */
int event_unpack(const char *record, size_t len, struct event *e) MUSTCHECK;

/* Who speaks, and when. */
struct event_origin {
	const char *node;
	int pid;
	int64_t clock; /* Lamport's */
	int64_t wall;  /* microseconds since 1970 */
	int west;      /* event_west */
};

/* By how many minutes our clock is behind UTC.  Celery has it in hours, and
 * readers shift times by the difference to theirs: where it is no whole hour,
 * they are exact as of Celery 5.7, and those before if their clock is UTC. */
int event_west(int64_t wall);

/* Adds the JSON object of an event of a job; wall is the event's own. */
void event_format(struct buf *b, const struct event_origin *o,
    const struct event *e);

/* What a worker says of itself; type is "worker-online" and so on. */
struct event_worker {
	const char *type;
	int64_t active, processed;
	double loads[3];
};
void event_format_worker(struct buf *b, const struct event_origin *o,
    const struct event_worker *worker);

#endif
