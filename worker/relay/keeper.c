/* SPDX-License-Identifier: ISC */
/* The keeper: what may wait neither for the broker nor behind much work. */
#include "config.h"

#include "relay.h"

#include <poll.h>

#include "base/clock.h"
#include "cache/cache.h"
#include "conf/conf.h"
#include "crew/signals.h"
#include "jobs/job_relay.h"
#include "log/log.h"
#include "metric/metric.h"
#include "relay_own.h"
#include "work/work.h"

#define BEAT_EVERY   (5 * CLOCK_SECOND)
#define SOURCE_EVERY CLOCK_SECOND
#define WATCH_MS     50 /* for one answer */

/* Of the connections in work only that to PostgreSQL is ever used. */
struct keeper {
	struct work w;
	struct kv *redis;
	struct relay_cache cache;
	int64_t beat_at, source_at;
};

static enum pg_err
keeper_beat(struct work *w)
{
	const struct crew *c = w->crew;
	struct uuid ids[SLOT_MAX];
	size_t n = 0, i;

	for (i = 0; i < c->nslots && n < NELEM(ids); i++) {
		if (c->slots[i].busy)
			ids[n++] = c->slots[i].job;
	}
	return job_heartbeat(w->pg, c->node, &(struct job_ids){ ids, n });
}

/* A look has to end before what the last one found is too old to count.  What
 * answers late is looked for again in the next round. */
static void
keeper_watch(struct cache *cache)
{
	struct pollfd p;

	cache_watch(cache);
	while (cache_watching(cache, &p) && poll(&p, 1, WATCH_MS) > 0)
		cache_watch(cache);
}

/* Signs of life before all else.  True if there may be more to do at once. */
static bool
keeper_round(struct keeper *k)
{
	int64_t now = clock_mono_us();
	enum relay_result dropped = RELAY_IDLE;

	/* No request waits here, and entries may be old by now. */
	pg_retry(k->w.pg);
	kv_retry(k->redis);
	k->w.slot->progress++;
	if (now >= k->beat_at && keeper_beat(&k->w) == PG_OK)
		k->beat_at = now + BEAT_EVERY;
	if (k->w.crew->roles != CREW_JOBS) {
		keeper_watch(k->cache.cache);
		/* The tables may be replaced, or a pooler may lead elsewhere,
		 * while the session goes on. */
		if (now >= k->source_at && pg_learn_source(k->w.pg) == PG_OK)
			k->source_at = now + SOURCE_EVERY;
		dropped = relay_cache_run(k->w.pg, &k->cache, k->w.arena);
		cache_match_source(k->cache.cache, k->w.arena);
	}
	arena_reset(k->w.arena);
	k->w.slot->well = dropped != RELAY_BLOCKED;
	return dropped == RELAY_BUSY;
}

int
keeper_main(void *crew)
{
	const struct crew *c = crew;
	struct keeper k = { 0 };

	signals_child(NULL);
	metric_forked(METRIC_role_keeper);
	work_open(&k.w, c, &c->slots[CREW_SLOT_KEEPER]);
	k.redis = kv_new_redis();
	k.cache.cache = cache_new(k.redis, pg_source(k.w.pg));
	pg_hear(k.w.pg, cache_heard, k.cache.cache);
	while (!signals_stop) {
		if (!keeper_round(&k) && !signals_stop)
			signals_pause((int)settings.worker_relay_interval);
		signals_chores();
	}
	relay_cache_clear(&k.cache);
	cache_free(k.cache.cache);
	kv_free(k.redis);
	work_close(&k.w);
	log_close();
	return 0;
}
