/* SPDX-License-Identifier: ISC */
/* The queues in which kinds wait for room, and what is left in those that no
 * pool serves any more. */
#include "config.h"

#include "queue_own.h"

#include <string.h>

#include "base/str.h"

#define WORD     "errand:waiting:"
#define STALE_S  "15"   /* nobody says that they serve it */
#define FORGET_S "3600" /* for what a dead pool may have taken from it */
#define STALE    "100"
#define PORTION  "50"

const char *
queue_waiting_name(struct arena *a, const char *queue, const char *kind)
{
	return arena_printf(a, WORD "%s:%s", queue, kind);
}

/* Kinds have no colon, and their names nothing of Celery's separator. */
bool
queue_waiting_parts(struct arena *a, const char *name, const char **queue,
    const char **kind)
{
	const char *colon, *sep;

	if (!str_starts(name, WORD))
		return false;
	name += strlen(WORD);
	colon = strrchr(name, ':');
	if (colon == NULL || colon == name)
		return false;
	*queue = arena_strndup(a, name, (size_t)(colon - name));
	sep = strstr(colon + 1, queue_sep());
	*kind = sep == NULL
		    ? arena_strdup(a, colon + 1)
		    : arena_strndup(a, colon + 1, (size_t)(sep - colon - 1));
	return true;
}

/* KEYS: times.  ARGV: names. */
static struct kv_script serve_script = {
	.text = "local now = redis.call('TIME')[1]\n"
		"for i = 1, #ARGV do\n"
		"  redis.call('ZADD', KEYS[1], now, ARGV[i])\n"
		"end\n"
		"return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf',\n"
		"  now - " STALE_S ", 'LIMIT', 0, " STALE ")\n"
};

int
queue_waiting_serve(struct queue *q, const char *const *names, size_t n,
    const char ***stale, size_t *nstale)
{
	struct kv_word *words = arena_alloc(q->arena, (1 + n) * sizeof(*words));
	const redisReply *r;

	words[0] = KV(queue_key(q->arena, QUEUE_WAITING, ""));
	for (size_t i = 0; i < n; i++)
		words[1 + i] = KV(names[i]);
	*nstale = 0;
	r = kv_eval(q->kv, q->arena, &serve_script,
	    &(struct kv_args){ 1, 1 + n, words });
	if (!kv_fits(r, "*", "waiting"))
		return -1;
	*stale = arena_alloc(q->arena, (r->elements + 1) * sizeof(**stale));
	for (size_t i = 0; i < r->elements; i++) {
		if (r->element[i]->type == REDIS_REPLY_STRING)
			(*stale)[(*nstale)++] = r->element[i]->str;
	}
	return 0;
}

int
queue_waiting_seen(struct queue *q, const char *name)
{
	const struct kv_word words[] = { KV("ZADD"),
		KV(queue_key(q->arena, QUEUE_WAITING, "")), KV("NX"), KV("0"),
		KV(name) };

	return kv_run(q->kv, q->arena, NELEM(words), words) == NULL ? -1 : 0;
}

/*
 * KEYS: times, the lists of the queue, as many of where it goes.  ARGV: name.
 * Newest first, each to the end that is taken next: so the oldest is.  What may
 * be refused comes first: a list is shortened last, and only if it may be.
 */
static struct kv_script move_script = {
	.text = "local said = redis.call('ZSCORE', KEYS[1], ARGV[1])\n"
		"local now = tonumber(redis.call('TIME')[1])\n"
		"if not said or said + " STALE_S " > now then return 0 end\n"
		"local n, half, odd = 0, (#KEYS - 1) / 2, false\n"
		"for i = 2, half + 1 do\n"
		"  local from = redis.call('TYPE', KEYS[i])['ok']\n"
		"  local to = redis.call('TYPE', KEYS[i + half])['ok']\n"
		"  if from == 'list' and to ~= 'list' and to ~= 'none' then\n"
		"    odd = true\n"
		"  elseif from == 'list' and n < " PORTION " then\n"
		"    redis.call('LTRIM', KEYS[i], 0, -1)\n"
		"    local all = redis.call('LRANGE', KEYS[i], 0, " PORTION
		" - n - 1)\n"
		"    for _, m in ipairs(all) do\n"
		"      redis.call('RPUSH', KEYS[i + half], m)\n"
		"    end\n"
		"    redis.call('LTRIM', KEYS[i], #all, -1)\n"
		"    n = n + #all\n"
		"  end\n"
		"end\n"
		"if n == 0 and odd then return -2 end\n"
		"if n == 0 and said + " FORGET_S " < now then\n"
		"  redis.call('ZREM', KEYS[1], ARGV[1])\n"
		"end\n"
		"return n\n"
};

int
queue_waiting_move(struct queue *q, const char *name, const char *to)
{
	struct kv_word words[2 + 2 * QUEUE_STEPS];
	size_t n = queue_steps(), i;
	const redisReply *r;

	words[0] = KV(queue_key(q->arena, QUEUE_WAITING, ""));
	for (i = 0; i < n; i++) {
		words[1 + i] = KV(queue_list_at(q->arena, name, i));
		words[1 + n + i] = KV(queue_list_at(q->arena, to, i));
	}
	words[1 + 2 * n] = KV(name);
	r = kv_eval(q->kv, q->arena, &move_script,
	    &(struct kv_args){ 1 + 2 * n, 2 + 2 * n, words });
	return r == NULL || r->type != REDIS_REPLY_INTEGER ? -1
							   : (int)r->integer;
}
