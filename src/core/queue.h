/* SPDX-License-Identifier: ISC */
/* Queues on Redis, shared with Celery: nothing is lost on the way. */
#ifndef QUEUE_H
#define QUEUE_H

#include "arena.h"
#include "base.h"
#include "kv.h"

struct queue; /* one broker connection's view */

/* Keeps kv; node is this process group's name, part of every tag. */
struct queue *queue_new(struct kv *kv, const char *node);
void queue_free(struct queue *q);

/* Puts n encoded messages (priority 0) into the named queue.  0, or -1 if the
 * broker did not confirm: then they may be there or not. */
struct queue_text {
	const char *data;
	size_t len;
};
int queue_push(struct queue *q, struct arena *a, const char *name,
    const struct queue_text *messages, size_t n) MUSTCHECK;

/* A message that was taken; it stays registered as ours until it is
 * acknowledged, given back, or restored by somebody because its heartbeat
 * stopped. */
#define QUEUE_TAG 96
struct queue_item {
	char tag[QUEUE_TAG]; /* fresh for each take: fences what comes late */
	const char *queue;   /* base name, arena */
	const char *list;    /* list it came from, arena */
	const char *text;    /* the element as it was, arena */
	size_t len;
};

/* Takes one message from the first non-empty of the queues, all priorities.
 * 1 taken, 0 there is none, -1 broker unreachable.  Elements that are no
 * messages go to the dead-letter list and are not returned. */
int queue_take(struct queue *q, struct arena *a, const char *const *names,
    size_t n, struct queue_item *item) MUSTCHECK;

/* Waits until one of the queues may have something, at most ms. */
void queue_wait(struct queue *q, struct arena *a, const char *const *names,
    size_t n, int ms);

/* Ends our ownership; result (JSON of celery-task-meta-<id>) is stored and
 * published in the same step if it is not NULL.  1 done, 0 it was not ours
 * any more (nothing was stored), -1 broker unreachable. */
int queue_ack(struct queue *q, struct arena *a, const char *tag,
    const char *id, const char *result) MUSTCHECK;

/* Puts it back at the head of its list, as it was; restarted: marks it as
 * redelivered.  1, 0 not ours any more, -1. */
int queue_give_back(struct queue *q, struct arena *a, const char *tag,
    bool restarted) MUSTCHECK;

/* Moves a message that nobody can run to the dead-letter list, with why. */
int queue_bury(struct queue *q, struct arena *a, const char *tag,
    const char *why) MUSTCHECK;

/* Moves it to "<queue>.unregistered". */
int queue_park(struct queue *q, struct arena *a, const char *tag) MUSTCHECK;

/* Keeps n tags ours: nobody restores what was heard of within the
 * visibility time-out. */
int queue_heartbeat(struct queue *q, struct arena *a,
    const char *const *tags, size_t n) MUSTCHECK;

/* Says that this node lives (for 15 s). */
int queue_alive(struct queue *q, struct arena *a) MUSTCHECK;

/* Restores what others left: entries of nodes that are gone, at once, and
 * entries of anybody that are older than the visibility time-out.  The number
 * of restored messages, or -1. */
int queue_restore(struct queue *q, struct arena *a) MUSTCHECK;

/* True if the broker may have lost messages since the last queue_settled:
 * another run of the server, or its data are gone. */
bool queue_lost(struct queue *q, struct arena *a);
int queue_settled(struct queue *q, struct arena *a) MUSTCHECK;

/* Counts a death of a job (expires after a day); the new count, or -1. */
int queue_death(struct queue *q, struct arena *a, const char *id) MUSTCHECK;

#endif
