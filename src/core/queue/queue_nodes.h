/* SPDX-License-Identifier: ISC */
/* What each pool is doing, as it says itself, for people. */
#ifndef QUEUE_NODES_H
#define QUEUE_NODES_H

#include "queue.h"

/* Keeps what this node does, an object of JSON, for 15 s.  It is for people
 * alone: nothing follows from it, and whether it was kept is not told. */
void queue_nodes_show(struct queue *q, const char *state);

/* What they say, by name; at most QUEUE_NODES of them.  Who can write to the
 * broker may have written anything there.  How many, or -1. */
#define QUEUE_NODES 256
struct queue_node {
	const char *name; /* of this start of the pool */
	struct queue_text state;
};
int queue_nodes_read(struct queue *q, struct queue_node **v) MUSTCHECK;

#endif
