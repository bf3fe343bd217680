/* SPDX-License-Identifier: ISC */
/* Keys in the broker: what relays have to look at, and what was revoked. */
#include "config.h"

#include "revoke_box.h"

#include <string.h>

#include "base/str.h"
#include "conf/conf.h"
#include "queue/queue.h"

#define REVOKE_OPEN   QUEUE_REVOKED      /* a set: relays have to look at it */
#define REVOKE_END    "errand:terminate" /* a set: of those, ends a run */
#define REVOKE_ALL    "errand:revoked"   /* a sorted set by time */
#define REVOKE_KEEP_S "10800"            /* three hours, as stock workers do */
#define REVOKE_ONCE   ((size_t)1000)     /* ids in one command */
#define REVOKE_HEAD   ((size_t)4)        /* words before them */

/* A message that has no row yet is found among all of them when it gets one.
 * As many are kept as in stock workers.  KEYS: the three.  ARGV: whether runs
 * are to be ended, ids.
 */
static struct kv_script revoke_script = {
	.text =
	    "for i, want in ipairs({'set', 'zset', 'set'}) do "
	    "local t = redis.call('TYPE', KEYS[i])['ok'] "
	    "if t ~= want and t ~= 'none' and (i < 3 or ARGV[1] == '1') then "
	    "return redis.error_reply('WRONGTYPE (' .. KEYS[i] .. ')') end end "
	    "local now = tonumber(redis.call('TIME')[1]) "
	    "for i = 2, #ARGV do "
	    "redis.call('SADD', KEYS[1], ARGV[i]) "
	    "if ARGV[1] == '1' then redis.call('SADD', KEYS[3], ARGV[i]) end "
	    "redis.call('ZADD', KEYS[2], now, ARGV[i]) end "
	    "redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - " REVOKE_KEEP_S
	    ") "
	    "redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -50001) "
	    "redis.call('EXPIRE', KEYS[1], " REVOKE_KEEP_S ") "
	    "redis.call('EXPIRE', KEYS[2], " REVOKE_KEEP_S ") "
	    "if ARGV[1] == '1' then "
	    "redis.call('EXPIRE', KEYS[3], " REVOKE_KEEP_S ") end "
	    "return 1",
};

static const char *
revoke_key(struct arena *a, const char *name)
{
	return arena_printf(a, "%s%s", settings.broker_key_prefix, name);
}

int
revoke_box_add(struct kv *kv, struct arena *a, const char *const *ids, size_t n,
    bool end)
{
	struct kv_word words[REVOKE_HEAD + REVOKE_ONCE];
	size_t i, k;

	words[0] = KV(revoke_key(a, REVOKE_OPEN));
	words[1] = KV(revoke_key(a, REVOKE_ALL));
	words[2] = KV(revoke_key(a, REVOKE_END));
	words[3] = KV(end ? "1" : "0");
	for (i = 0; i < n; i += k) {
		for (k = 0; k < REVOKE_ONCE && i + k < n; k++)
			words[REVOKE_HEAD + k] = KV(ids[i + k]);
		if (kv_eval(kv, a, &revoke_script,
			&(struct kv_args){ 3, REVOKE_HEAD + k, words }) == NULL)
			return -1;
	}
	return 0;
}

/* The texts of an answer that is a list of them. */
static size_t
revoke_texts(const redisReply *r, const char **ids, size_t max)
{
	size_t i, n = 0;

	if (r == NULL || r->type != REDIS_REPLY_ARRAY)
		return 0;
	for (i = 0; i < r->elements && n < max; i++) {
		if (r->element[i]->type == REDIS_REPLY_STRING)
			ids[n++] = r->element[i]->str;
	}
	return n;
}

size_t
revoke_box_open(struct kv *kv, struct arena *a, const char **ids, size_t max)
{
	const struct kv_word words[] = { KV("SRANDMEMBER"),
		KV(revoke_key(a, REVOKE_OPEN)),
		KV(arena_printf(a, "%zu", max)) };

	return revoke_texts(kv_run(kv, a, NELEM(words), words), ids, max);
}

int
revoke_box_close(struct kv *kv, struct arena *a, const char *id)
{
	struct kv_word words[] = { KV("SREM"), KV(revoke_key(a, REVOKE_END)),
		KV(id) };

	/* That of runs may be a key of another type, and is in no one's way. */
	if (kv_run(kv, a, NELEM(words), words) == NULL && kv_live(kv) == 0)
		return -1;
	words[1] = KV(revoke_key(a, REVOKE_OPEN));
	return kv_run(kv, a, NELEM(words), words) == NULL ? -1 : 0;
}

int
revoke_box_forget(struct kv *kv, struct arena *a, const char *id)
{
	const struct kv_word words[] = { KV("ZREM"),
		KV(revoke_key(a, REVOKE_ALL)), KV(id) };

	if (revoke_box_close(kv, a, id) == -1)
		return -1;
	return kv_run(kv, a, NELEM(words), words) == NULL ? -1 : 0;
}

bool
revoke_box_ends(struct kv *kv, struct arena *a, const char *id)
{
	const struct kv_word words[] = { KV("SISMEMBER"),
		KV(revoke_key(a, REVOKE_END)), KV(id) };
	const redisReply *r = kv_run(kv, a, NELEM(words), words);

	return r != NULL && r->type == REDIS_REPLY_INTEGER && r->integer == 1;
}

size_t
revoke_box_list(struct kv *kv, struct arena *a, const char **ids)
{
	const struct kv_word words[] = { KV("ZREVRANGE"),
		KV(revoke_key(a, REVOKE_ALL)), KV("0"),
		KV(arena_printf(a, "%d", REVOKE_MAX - 1)) };

	return revoke_texts(kv_run(kv, a, NELEM(words), words), ids,
	    REVOKE_MAX);
}

int
revoke_box_has(struct kv *kv, struct arena *a, const char *id)
{
	const char *key = revoke_key(a, REVOKE_ALL);
	const struct kv_word words[] = { KV("ZSCORE"), KV(key), KV(id) };
	const redisReply *r = kv_run(kv, a, NELEM(words), words);
	const char *odd = kv_odd_key(kv);

	if (r != NULL)
		return r->type == REDIS_REPLY_STRING;
	return odd != NULL && str_eq(odd, key) ? 0 : -1;
}
