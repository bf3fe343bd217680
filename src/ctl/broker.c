/* SPDX-License-Identifier: ISC */
/* Opens and closes the broker. */
#include "config.h"

#include "broker.h"

struct broker
broker_open(void)
{
	struct broker b = { .arena = arena_new(), .kv = kv_new_broker() };

	b.queue = queue_new(b.kv, NULL);
	queue_use(b.queue, b.arena);
	return b;
}

void
broker_close(struct broker *b)
{
	queue_free(b->queue);
	kv_free(b->kv);
	arena_free(b->arena);
}
