/* SPDX-License-Identifier: ISC */
/* What tests of the cache share: a Redis server, and two processes on it. */
#ifndef CACHE_BED_H
#define CACHE_BED_H

#include "lib/redis_server.h"

#include "base/clock.h"
#include "base/str.h"
#include "cache/cache.h"
#include "conf/conf.h"

#define BOTH 2 /* tasks and lists */

#define ID "019ab3c4-0000-7000-8000-000000000001"

static struct redis_server server;
static bool server_tcp;            /* it is on a port as well */
static struct kv *one_kv, *two_kv; /* two processes, as Redis sees them */
static struct cache *one, *two;
static struct arena *a;
static char source[2][16]; /* the database of each */

static inline void
run(const char *word, const char *second)
{
	struct kv_word words[] = { KV(word), KV(second == NULL ? "" : second) };

	ck_assert_ptr_nonnull(kv_run(one_kv, a, second == NULL ? 1 : 2, words));
}

static inline void
set_up(void)
{
	redis_server_new(&server, server_tcp);
	settings.redis_url = server.url;
	settings.redis_username = settings.redis_password = "";
	settings.redis_timeout = 1000;
	settings.redis_retry_interval = 10;
	settings.cache_enabled = true;
	settings.cache_key_prefix = "";
	settings.cache_ttl = 60000;
	settings.cache_filtered_ttl = 30000;
	settings.cache_max_document = 4096;
	settings.cache_task_space = settings.cache_list_space = 1 << 20;
	settings.cache_settle = 0;
	a = arena_new();
	one_kv = kv_new_redis();
	two_kv = kv_new_redis();
	source[0][0] = source[1][0] = '\0';
	one = cache_new(one_kv, source[0]);
	two = cache_new(two_kv, source[1]);
	cache_watch(one); /* they drop what was there before them */
	cache_watch(two);
	ck_assert(kv_live(one_kv) != 0 && kv_live(two_kv) != 0);
}

static inline void
tear_down(void)
{
	cache_free(one);
	cache_free(two);
	kv_free(one_kv);
	kv_free(two_kv);
	arena_free(a);
	redis_server_free(&server);
}

static inline struct cache_slot
slot_of(bool list)
{
	struct cache_slot slot;

	if (list)
		cache_slot_list(&slot, "limit=20&sort=-created_at", false);
	else
		cache_slot_task(&slot, ID);
	return slot;
}

static const struct cache_entry doc = { "{\"n\":1}", 7, "7", NULL, "since" };

static inline void
fill(bool list)
{
	struct cache_slot slot = slot_of(list);
	struct cache_entry e;

	ck_assert_int_eq(cache_get(one, a, &slot, &e), CACHE_MISS);
	ck_assert(slot.leased);
	cache_put(one, a, &slot, &doc);
}

static inline enum cache_result
look(struct cache *c, bool list)
{
	struct cache_slot slot = slot_of(list);
	struct cache_entry e;
	enum cache_result result = cache_get(c, a, &slot, &e);

	cache_abandon(c, a, &slot);
	return result;
}

static inline void
invalidate(void)
{
	const char *ids[] = { ID };

	ck_assert_int_eq(cache_invalidate(two, a, ids, 1), 0);
}

#endif
