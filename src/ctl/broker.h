/* SPDX-License-Identifier: ISC */
/* The broker, for a command that has one thing to say to it. */
#ifndef BROKER_H
#define BROKER_H

#include "queue/queue.h"

/* What is asked and answered lives in the arena; all of it is the caller's,
 * until broker_close. */
struct broker {
	struct arena *arena;
	struct kv *kv;
	struct queue *queue;
};

struct broker broker_open(void);
void broker_close(struct broker *b);

#endif
