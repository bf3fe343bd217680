/* SPDX-License-Identifier: ISC */
/* The relay: from the rows to the queue, and back from those who are gone. */
#include "config.h"

#include "relay.h"

#include <stdlib.h>
#include <string.h>

#include "cache.h"
#include "celery_result.h"
#include "clock.h"
#include "conf.h"
#include "job.h"
#include "kind.h"
#include "log.h"
#include "message.h"
#include "relay_cache.h"
#include "relay_publish.h"
#include "revoke.h"
#include "signals.h"
#include "str.h"
#include "work.h"

#define SECOND        ((int64_t)1000000)
#define RELAY_FOREIGN 100 /* results of others that are looked for at once */

/* What is due now and then. */
enum chore {
	CHORE_LOST,    /* has the broker lost its data? */
	CHORE_KEEP,    /* running rows of this node are fresh; others are not */
	CHORE_RESTORE, /* messages that others left */
	CHORE_REVOKE,  /* jobs that Celery's remote control has revoked */
	CHORE_RESULTS, /* of kinds that others run */
	CHORE_PURGE,
	CHORE__MAX
};

static const int64_t chore_every[CHORE__MAX] = { 1 * SECOND, 5 * SECOND,
	5 * SECOND, SECOND / 2, 2 * SECOND, 30 * SECOND };

struct relay {
	struct work w;
	struct kv *redis, *ear_kv;
	struct relay_cache cache;
	struct queue_ear *ear;
	int64_t due[CHORE__MAX];
	int64_t
	    well_since; /* PostgreSQL has answered since then; 0: does not */
	bool lost;      /* rows are being set back */
	int64_t lost_before;
	struct job_filter results[KIND_MAX]; /* how far each kind was seen */
};

static bool
relay_ok(struct relay *r, enum pg_err err)
{
	if (err != PG_OK)
		r->well_since = 0;
	else if (r->well_since == 0)
		r->well_since = clock_mono_us();
	return err == PG_OK;
}

/* --- chores --- */

static void
relay_lost(struct relay *r)
{
	if (r->lost || !queue_lost(r->w.queue, r->w.arena))
		return;
	log_warning("broker has lost its data or is new: what is not finished "
		    "is sent again");
	r->lost = true;
	r->lost_before = 0;
}

/* One batch of what the broker has lost, so that chores have their turn in
 * between.  Copies harm nobody: a row is begun once. */
static enum relay_result
relay_set_back(struct relay *r)
{
	size_t n;

	if (!relay_ok(r, job_requeue_published(r->w.pg, r->w.arena,
			     settings.worker_relay_batch, &r->lost_before, &n)))
		return RELAY_BLOCKED;
	if (n == (size_t)settings.worker_relay_batch)
		return RELAY_BUSY;
	if (queue_settled(r->w.queue, r->w.arena) == -1)
		return RELAY_BLOCKED;
	r->lost = false;
	return RELAY_BUSY;
}

static enum pg_err
relay_beat(struct relay *r)
{
	const struct pool *p = r->w.pool;
	struct uuid ids[SLOT_MAX];
	size_t n = 0, i;

	for (i = 0; i < p->nslots && n < NELEM(ids); i++) {
		if (p->slots[i].busy)
			ids[n++] = p->slots[i].job;
	}
	return job_heartbeat(r->w.pg, r->w.arena, p->node, ids, n);
}

static void
relay_keep(struct relay *r)
{
	size_t n;

	if (!relay_ok(r, relay_beat(r)) ||
	    clock_mono_us() - r->well_since < 30 * SECOND)
		return;
	if (relay_ok(r,
		job_revive(r->w.pg, r->w.arena, settings.worker_max_deaths,
		    settings.worker_relay_batch, &n)) &&
	    n > 0)
		log_warning("jobs of lost workers are run again",
		    LI("jobs", (int64_t)n));
}

static void
relay_restore(struct relay *r)
{
	int n = queue_restore(r->w.queue, r->w.arena);

	if (n > 0)
		log_warning("messages of lost workers restored",
		    LI("messages", n));
}

/* What a stock worker has made of a job, if it says so. */
static bool
relay_result(struct relay *r, const struct job *job)
{
	static const enum job_state states[CELERY_STATE__MAX] = {
		[CELERY_SUCCESS] = JOB_SUCCEEDED,
		[CELERY_FAILURE] = JOB_FAILED,
		[CELERY_REVOKED] = JOB_CANCELLED,
	};
	const char *text, *id = message_id(r->w.arena, job);
	enum celery_state state;
	bool up, final, changed;
	char exc[512];

	text = queue_result_get(r->w.queue, r->w.arena, id, &up);
	if (text == NULL)
		return up;
	state =
	    celery_result_state(text, strlen(text), &final, exc, sizeof(exc));
	if (state == CELERY_STATE__MAX || !final)
		return true;
	if (!relay_ok(r,
		job_settle(r->w.pg, r->w.arena, &job->id, states[state],
		    state == CELERY_SUCCESS ? NULL : exc, &changed)))
		return false;
	if (changed)
		log_info("job", LS("job", id), LS("kind", job->kind),
		    LS("state", job_states[states[state]]));
	return true;
}

/* A page of the published rows of a kind that others run. */
static void
relay_results_of(struct relay *r, const struct kind *k, struct job_filter *f)
{
	struct job *jobs;
	bool more = false;
	size_t n, i;

	f->states = 1u << JOB_PUBLISHED;
	f->kind = k->name;
	f->limit = RELAY_FOREIGN;
	if (!relay_ok(r, job_list(r->w.pg, r->w.arena, f, &jobs, &n, &more)))
		return;
	for (i = 0; i < n && !signals_stop; i++) {
		if (!relay_result(r, &jobs[i]))
			return;
	}
	f->has_cursor = more && n > 0;
	if (f->has_cursor) {
		f->created_at = jobs[n - 1].created_at;
		f->id = jobs[n - 1].id;
	}
}

static void
relay_results(struct relay *r)
{
	size_t i;

	for (i = 0; i < kind_count(); i++) {
		if (kind_at(i)->foreign_queue)
			relay_results_of(r, kind_at(i), &r->results[i]);
	}
}

static void
relay_purge(struct relay *r)
{
	bool added;

	if (relay_ok(r, job_purge_tick(r->w.pg, r->w.arena,
			    settings.purge_interval, &added)) &&
	    added)
		log_debug("purge is due");
}

static void
relay_chore(struct relay *r, enum chore c)
{
	switch (c) {
	case CHORE_LOST:
		relay_lost(r);
		break;
	case CHORE_KEEP:
		relay_keep(r);
		break;
	case CHORE_RESTORE:
		relay_restore(r);
		break;
	case CHORE_REVOKE:
		if (!revoke_run(&r->w))
			r->well_since = 0;
		break;
	case CHORE_RESULTS:
		relay_results(r);
		break;
	case CHORE_PURGE:
		relay_purge(r);
		break;
	case CHORE__MAX:
		break;
	}
}

/* A relay that does not publish leaves alone what belongs to it. */
static bool
relay_has(const struct relay *r, enum chore c)
{
	return r->w.pool->roles != POOL_JOBS || c == CHORE_KEEP ||
	       c == CHORE_RESTORE;
}

static void
relay_chores(struct relay *r)
{
	int64_t now = clock_mono_us();
	uint32_t random;
	int c;

	for (c = 0; c < CHORE__MAX; c++) {
		if (now < r->due[c] || !relay_has(r, c))
			continue;
		relay_chore(r, c);
		arena_reset(r->w.arena);
		uuid_random(&random, sizeof(random)); /* relays fall apart */
		r->due[c] = now + chore_every[c] -
			    (int64_t)(random % (uint64_t)(chore_every[c] / 5));
	}
}

/* --- the loop --- */

/* True if there may be more to do at once. */
static bool
relay_round(struct relay *r)
{
	enum relay_result sent, dropped;
	enum pg_err err;

	/* No request waits here, and entries may be old by now. */
	pg_retry(r->w.pg);
	kv_retry(r->redis);
	relay_chores(r);
	if (r->w.pool->roles == POOL_JOBS)
		return false;
	if (r->lost) {
		sent = relay_set_back(r);
	} else {
		sent = relay_publish(&r->w, &r->cache, &err);
		relay_ok(r, err);
	}
	arena_reset(r->w.arena);
	dropped = relay_cache_run(r->w.pg, &r->cache, r->w.arena);
	arena_reset(r->w.arena);
	return sent == RELAY_BUSY || dropped == RELAY_BUSY;
}

static void
relay_open(struct relay *r, const struct pool *pool)
{
	work_open(&r->w, pool, NULL);
	r->redis = kv_new_redis();
	r->cache.cache = cache_new(r->redis);
	r->ear_kv = kv_new_broker();
	r->ear = queue_ear_new(r->ear_kv);
}

static void
relay_close(struct relay *r)
{
	queue_ear_free(r->ear);
	kv_free(r->ear_kv);
	cache_free(r->cache.cache);
	kv_free(r->redis);
	work_close(&r->w);
}

int
relay_main(void *pool)
{
	struct relay r = { 0 };

	signals_child(NULL);
	relay_open(&r, pool);
	log_info("relaying");
	while (!signals_stop) {
		if (!relay_round(&r) && !signals_stop &&
		    queue_ear_wait(r.ear, (int)settings.worker_relay_interval))
			log_debug("poked");
		signals_chores();
	}
	relay_close(&r);
	log_close();
	return 0;
}
