/* SPDX-License-Identifier: ISC */
/* Entries that are dropped: by changes, by another database, by hand. */
#include "config.h"

#include "cache.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "cache_own.h"
#include "conf/conf.h"
#include "log/log.h"
#include "metric/metric.h"

/* KEYS: source, both generations.  ARGV: the source that is in force.  2: Redis
 * has a later timeline of the same cluster, and keeps it. */
static struct kv_script cache_source_script = {
	.text = "if redis.call('TYPE', KEYS[1]).ok ~= 'string' then\n"
		"  redis.call('DEL', KEYS[1])\n"
		"end\n"
		"local known = redis.call('GET', KEYS[1])\n"
		"if known == ARGV[1] then return 0 end\n"
		"local form = '^(%d+)%.(%x%x%x%x%x%x%x%x)%.'\n"
		"local system, timeline = ARGV[1]:match(form)\n"
		"local other, later = (known or ''):match(form)\n"
		"if system and system == other and later > timeline then\n"
		"  return 2\n"
		"end\n"
		"redis.call('DEL', KEYS[2], KEYS[3])\n"
		"redis.call('SET', KEYS[1], ARGV[1])\n"
		"return known and 1 or 0\n"
};

const char *
cache_heard(void *cache)
{
	struct cache *c = cache;
	struct arena *a = arena_new();
	const struct kv_word words[] = { KV("GET"),
		KV(cache_key(a, CACHE_SOURCE)) };
	const redisReply *r = NULL;

	if (kv_up(c->kv))
		r = kv_run(c->kv, a, NELEM(words), words);
	snprintf(c->heard, sizeof(c->heard), "%s",
	    r != NULL && r->type == REDIS_REPLY_STRING ? r->str : "");
	arena_free(a);
	return c->heard[0] == '\0' ? NULL : c->heard;
}

int
cache_match_source(struct cache *c, struct arena *a)
{
	const struct kv_word words[] = { KV(cache_key(a, CACHE_SOURCE)),
		KV(cache_key(a, CACHE_LISTS)), KV(cache_key(a, CACHE_TASKS)),
		KV(c->now) };
	const redisReply *r;

	if (c->now[0] == '\0' ||
	    (!c->other && c->told != 0 && c->told == kv_live(c->kv) &&
		str_eq(c->source, c->now)))
		return 0;
	r = kv_eval(c->kv, a, &cache_source_script,
	    &(struct kv_args){ 3, NELEM(words), words });
	if (r == NULL || r->type != REDIS_REPLY_INTEGER)
		return -1;
	c->other = r->integer == 2;
	if (c->other)
		return -1;
	if (r->integer == 1)
		log_info(
		    "cache was of another database, or another start of it",
		    LS("database", c->now));
	snprintf(c->source, sizeof(c->source), "%s", c->now);
	c->told = kv_live(c->kv);
	return 0;
}

/* The entries of n tasks and of all lists. */
static int
cache_delete_of(struct cache *c, struct arena *a, const char *const *ids,
    size_t n)
{
	struct kv_word *words = arena_alloc(a, (2 * n + 2) * sizeof(*words));
	struct cache_slot slot;

	words[0] = KV("DEL");
	words[1] = KV(cache_key(a, CACHE_LISTS));
	for (size_t i = 0; i < n; i++) {
		cache_slot_task(&slot, ids[i]);
		words[2 * i + 2] = KV(arena_strdup(a, slot.data));
		words[2 * i + 3] = KV(arena_strdup(a, slot.meta));
	}
	return cache_delete(c, a, words, 2 * n + 2);
}

int
cache_invalidate(struct cache *c, struct arena *a, const char *const *ids,
    size_t n)
{
	int rc = cache_meet(c, a) == -1 || c->owed
		     ? cache_invalidate_all(c, a)
		     : cache_delete_of(c, a, ids, n);

	return rc == -1 ? -1 : cache_agree(c, a);
}

bool
cache_is_of_another(const struct cache *c)
{
	return c->other;
}

void
cache_drop(struct cache *c, struct arena *a, const char *id)
{
	struct cache_slot slot;

	cache_slot_task(&slot, id);
	const struct kv_word words[] = { KV("DEL"), KV(slot.data),
		KV(slot.meta) };
	if (kv_up(c->kv))
		kv_run(c->kv, a, NELEM(words), words);
}

/* Deletes those of one page of keys that are ours; adds their number to
 * *dropped. */
static int
cache_flush_page(struct cache *c, struct arena *a, const redisReply *keys,
    int64_t *dropped)
{
	struct kv_word *words =
	    arena_alloc(a, (keys->elements + 1) * sizeof(*words));
	const char *prefix = settings.cache_key_prefix;
	const redisReply *r;
	size_t n = 1, i;

	words[0] = KV("DEL");
	for (i = 0; i < keys->elements; i++) {
		const redisReply *key = keys->element[i];
		const char *name = key->str + strlen(prefix);

		if (str_starts(key->str, prefix) &&
		    (str_starts(name, "task:") || str_starts(name, "tasks:")))
			words[n++] = KVN(key->str, key->len);
	}
	if (n == 1)
		return 0;
	r = kv_run(c->kv, a, n, words);
	if (r == NULL)
		return -1;
	*dropped += r->integer;
	return 0;
}

/* The pattern that all keys of ours match: SCAN takes *, ?, [ and \ in it for
 * more than themselves. */
static const char *
cache_pattern(struct arena *a)
{
	const char *p = settings.cache_key_prefix;
	char *pattern = arena_alloc(a, 2 * strlen(p) + sizeof("task*:*"));
	size_t n = 0;

	for (; *p != '\0'; p++) {
		if (strchr("*?[\\", *p) != NULL)
			pattern[n++] = '\\';
		pattern[n++] = *p;
	}
	memcpy(pattern + n, "task*:*", sizeof("task*:*"));
	return pattern;
}

/* Walks through all keys until then; sets *whole if it came to their end. */
static int
cache_flush_walk(struct cache *c, struct arena *a, int64_t until,
    int64_t *dropped, bool *whole)
{
	char cursor[24] = "0";

	do {
		const struct kv_word words[] = { KV("SCAN"), KV(cursor),
			KV("MATCH"), KV(cache_pattern(a)), KV("COUNT"),
			KV("1000") };
		const redisReply *r = kv_run(c->kv, a, NELEM(words), words);

		if (!kv_fits(r, "sa", "SCAN") ||
		    cache_flush_page(c, a, r->element[1], dropped) == -1)
			return -1;
		snprintf(cursor, sizeof(cursor), "%s", r->element[0]->str);
		arena_reset(a);
		*whole = str_eq(cursor, "0");
	} while (!*whole && clock_mono_us() < until);
	return 0;
}

int
cache_flush(struct cache *c, int64_t until, int64_t *dropped, bool *whole)
{
	struct arena *a = arena_new();
	int rc = cache_invalidate_all(c, a);

	*dropped = 0;
	*whole = false;
	if (rc == 0)
		rc = cache_flush_walk(c, a, until, dropped, whole);
	arena_free(a);
	return rc;
}
