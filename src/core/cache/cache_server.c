/* SPDX-License-Identifier: ISC */
/* Which server all processes have: entries count only there. */
#include "config.h"

#include "cache.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/str.h"
#include "cache_own.h"
#include "conf/conf.h"
#include "log/log.h"
#include "metric/metric.h"

int
cache_delete(struct cache *c, struct arena *a, const struct kv_word *words,
    size_t n)
{
	c->owed = kv_run(c->kv, a, n, words) == NULL;
	metric_count(METRIC_invalidations,
	    c->owed ? METRIC_drop_owed : METRIC_drop_confirmed);
	return c->owed ? -1 : 0;
}

int
cache_invalidate_all(struct cache *c, struct arena *a)
{
	const struct kv_word words[] = { KV("DEL"),
		KV(cache_key(a, CACHE_LISTS)), KV(cache_key(a, CACHE_TASKS)) };

	return cache_delete(c, a, words, NELEM(words));
}

/* KEYS: server.  ARGV: its run id, and "moved" of who had another one: then the
 * time begins again.  For how many milliseconds it has been known as what
 * sentinels name. */
static struct kv_script cache_known_script = {
	.text = "if redis.call('TYPE', KEYS[1]).ok ~= 'string' then\n"
		"  redis.call('DEL', KEYS[1])\n"
		"end\n"
		"local t = redis.call('TIME')\n"
		"local now = t[1] * 1000 + math.floor(t[2] / 1000)\n"
		"local run, since = (redis.call('GET', KEYS[1]) or ''):\n"
		"    match('^(%S+) (%d+)$')\n"
		"if run == ARGV[1] and ARGV[2] == '' and\n"
		"    tonumber(since) <= now then\n"
		"  return now - since\n"
		"end\n"
		"redis.call('SET', KEYS[1],\n"
		"    string.format('%s %.0f', ARGV[1], now))\n"
		"return 0\n"
};

/* Its clock may have been set forward meanwhile: what it says that is shorter
 * than this is left to our own. */
#define CACHE_LONG_MS 60000

/* Until then somebody may serve entries of the server before.  Who finds this
 * one first begins to count: nobody who asks sentinels from now on is told of
 * another. */
static int64_t
cache_alone_at(struct cache *c, struct arena *a)
{
	const char *run = kv_run_id(c->kv);
	bool same = str_eq(c->run, run), moved = !same && c->run[0] != '\0';
	const struct kv_word words[] = { KV(cache_key(a, CACHE_SERVER)),
		KV(run), KV(moved ? "moved" : "") };
	int64_t now = clock_awake_us();
	const redisReply *r;

	if (!kv_is_named(c->kv))
		return 0;
	r = kv_eval(c->kv, a, &cache_known_script,
	    &(struct kv_args){ 1, NELEM(words), words });
	if (r == NULL || r->type != REDIS_REPLY_INTEGER)
		return now + KV_SURE_MS * 1000;
	if (!same) {
		snprintf(c->run, sizeof(c->run), "%s", run);
		c->found = now;
	}
	return r->integer >= CACHE_LONG_MS ? 0 : c->found + KV_SURE_MS * 1000;
}

bool
cache_knows(const struct cache *c)
{
	return c->met != 0 && c->met == kv_live(c->kv);
}

int
cache_meet(struct cache *c, struct arena *a)
{
	unsigned connection;

	if (!kv_up(c->kv))
		return -1;
	if (cache_knows(c))
		return 0;
	connection = kv_live(c->kv);
	if (cache_invalidate_all(c, a) == -1)
		return -1;
	c->alone = cache_alone_at(c, a);
	if (connection != kv_live(c->kv))
		return -1;
	c->met = connection;
	return 0;
}

bool
cache_trusted(const struct cache *c)
{
	int64_t back = kv_back_since(c->kv);

	return kv_sure(c->kv) &&
	       (c->alone == 0 || clock_awake_us() >= c->alone) &&
	       (back == 0 ||
		   clock_mono_us() - back >= settings.cache_settle * 1000);
}

int
cache_agree(struct cache *c, struct arena *a)
{
	struct timespec until;

	if (!kv_sure(c->kv))
		kv_leave(c->kv); /* whoever is named now has to be told */
	if (cache_meet(c, a) == -1)
		return -1;
	if (clock_awake_us() >= c->alone)
		return 0; /* a sleep costs time even if it is over */
	until = (struct timespec){ .tv_sec = c->alone / CLOCK_SECOND,
		.tv_nsec = c->alone % CLOCK_SECOND * 1000 };
	while (clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &until, NULL) ==
	       EINTR)
		continue;
	return 0;
}

void
cache_watch(struct cache *c)
{
	struct arena *a;
	bool other = kv_look(c->look) == KV_SEEN_OTHER;

	if (!other && c->met != 0)
		return;
	a = arena_new();
	if (other) {
		log_warning("redis is another server now, and all entries are "
			    "dropped");
		(void)cache_invalidate_all(c, a); /* who is left there */
		kv_leave(c->kv);
	}
	(void)cache_meet(c, a); /* or else before anything is trusted */
	arena_free(a);
}

bool
cache_watching(const struct cache *c, struct pollfd *p)
{
	return kv_looking(c->look, p);
}
