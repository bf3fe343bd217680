/* SPDX-License-Identifier: ISC */
/* What each pool is doing: kept by the pools, read by whoever shows it. */
#include "config.h"

#include "queue_nodes.h"

#include <stdlib.h>
#include <string.h>

#include "queue_own.h"

#define NODES "errand:nodes"
#define STATE "errand:state:"

/* KEYS: the state, the names.  ARGV: state, seconds, name.  Who has said
 * nothing for a minute is gone.  As in queue_state.c: where there is no memory
 * left, EXPIRE still goes through, and what follows it. */
static struct kv_script nodes_script = {
	.text = "redis.call('EXPIRE', KEYS[1], ARGV[2])\n"
		"redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])\n"
		"local now = tonumber(redis.call('TIME')[1])\n"
		"redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - 60)\n"
		"redis.call('ZADD', KEYS[2], now, ARGV[3])\n"
		"return 1\n"
};

void
queue_nodes_show(struct queue *q, const char *state)
{
	const struct kv_word words[] = {
		KV(queue_key(q->arena, STATE, q->node)),
		KV(queue_key(q->arena, NODES, "")), KV(state),
		KV(QUEUE_ALIVE_S), KV(q->node)
	};

	(void)kv_eval(q->kv, q->arena, &nodes_script,
	    &(struct kv_args){ 2, NELEM(words), words });
}

static int
nodes_states(struct queue *q, const redisReply *names, struct queue_node *v)
{
	struct kv_word words[1 + QUEUE_NODES];
	size_t n =
	    names->elements < QUEUE_NODES ? names->elements : QUEUE_NODES;
	const redisReply *r;
	int found = 0;

	if (n == 0)
		return 0;
	words[0] = KV("MGET");
	for (size_t i = 0; i < n; i++)
		words[1 + i] =
		    KV(queue_key(q->arena, STATE, names->element[i]->str));
	r = kv_run(q->kv, q->arena, 1 + n, words);
	if (r == NULL || r->type != REDIS_REPLY_ARRAY || r->elements != n)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (r->element[i]->type != REDIS_REPLY_STRING)
			continue;
		v[found++] = (struct queue_node){ names->element[i]->str,
			{ r->element[i]->str, r->element[i]->len } };
	}
	return found;
}

static int
nodes_by_name(const void *a, const void *b)
{
	const struct queue_node *x = a, *y = b;

	return strcmp(x->name, y->name);
}

int
queue_nodes_read(struct queue *q, struct queue_node **v)
{
	const struct kv_word words[] = { KV("ZREVRANGE"),
		KV(queue_key(q->arena, NODES, "")), KV("0"),
		KV(arena_printf(q->arena, "%d", QUEUE_NODES - 1)) };
	const redisReply *names =
	    kv_up(q->kv) ? kv_run(q->kv, q->arena, NELEM(words), words) : NULL;
	int n;

	if (names == NULL || names->type != REDIS_REPLY_ARRAY)
		return -1;
	*v = arena_alloc(q->arena, QUEUE_NODES * sizeof(**v));
	n = nodes_states(q, names, *v);
	if (n > 0)
		qsort(*v, (size_t)n, sizeof(**v), nodes_by_name);
	return n;
}
