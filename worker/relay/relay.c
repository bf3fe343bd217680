/* SPDX-License-Identifier: ISC */
/* The relay: from the rows to the queue, and back from those who are gone. */
#include "config.h"

#include "relay.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "conf/conf.h"
#include "crew/signals.h"
#include "jobs/job_purge.h"
#include "jobs/job_relay.h"
#include "jobs/schedule.h"
#include "log/log.h"
#include "metric/metric.h"
#include "relay_own.h"
#include "work/revoke.h"
#include "work/work.h"

/* What is due now and then. */
enum chore {
	CHORE_LOST,    /* is the broker in another run? */
	CHORE_KEEP,    /* runs of pools that are gone */
	CHORE_RESTORE, /* messages that others left */
	CHORE_REVOKE,  /* jobs that Celery's remote control has revoked */
	CHORE_RESULTS, /* of kinds that others run */
	CHORE_SENDERS, /* are to be told how their jobs have ended */
	CHORE_PURGE,
	CHORE_SCHEDULE, /* jobs whose time has come by [job:KIND] schedule */
	CHORE_LIMITS,   /* those of kinds that are there no more */
	CHORE_SOURCE,   /* is there another database behind the pooler? */
	CHORE_UNREAD,  /* messages to our queues in lists that we do not read */
	CHORE_WAITING, /* messages where kinds waited that have changed */
	CHORE_TELL,    /* that all of that went well */
	CHORE_COUNT,   /* what waits, for the metrics */
	CHORE__MAX
};

static const int64_t chore_every[CHORE__MAX] = { 1 * CLOCK_SECOND,
	5 * CLOCK_SECOND, 5 * CLOCK_SECOND, CLOCK_SECOND / 2, 2 * CLOCK_SECOND,
	1 * CLOCK_SECOND, 30 * CLOCK_SECOND, 1 * CLOCK_SECOND, 5 * CLOCK_SECOND,
	1 * CLOCK_SECOND, 5 * CLOCK_SECOND, 5 * CLOCK_SECOND, 1 * CLOCK_SECOND,
	5 * CLOCK_SECOND };

#define RELAY_MEMORY_MS 200

/* Of pokes that come fast, one round answers several: a round costs the same,
 * however much it finds. */
#define ROUND_LEAST_MS 10

struct relay {
	struct work w;
	struct kv *ear_kv;
	struct queue_ear *ear;
	int64_t due[CHORE__MAX];
	bool restoring, freeing; /* there is more */
	struct relay_well well;
	struct relay_judge judge;
	struct relay_queues queues;
	struct relay_limits limits;
	struct schedule_keep schedules;
	struct relay_lost lost;
	struct relay_results results;
	struct relay_readers readers;
	struct queue_unread unread;
};

static bool
relay_ok(struct relay *r, enum pg_err err)
{
	relay_well_note(&r->well, err == PG_OK, clock_mono_us());
	return err == PG_OK;
}

/* --- chores --- */

static void
relay_keep(struct relay *r)
{
	struct relay_judge *j = &r->judge;
	struct job_beat gone[RELAY_SEEN];
	struct job_beats beats;
	size_t found, n, i;

	if (!relay_ok(r, job_running(r->w.pg, RELAY_SEEN, &beats)))
		return;
	relay_judge_look(j, &beats, clock_mono_us());
	for (i = 0; i < j->n && !signals_stop; i++) {
		if (relay_judge_asks(&j->v[i]))
			relay_judge_hear(j, &j->v[i],
			    queue_holder(r->w.queue, beats.v[i].tag));
	}
	found = relay_judge_gone(j, &r->well, &beats, clock_mono_us(), gone);
	if (found == 0)
		return;
	if (relay_ok(r, job_revive(r->w.pg, settings.worker_max_deaths,
			    &(struct job_beats){ gone, found }, &n)) &&
	    n > 0)
		log_warning("jobs of lost workers are run again",
		    LI("jobs", (int64_t)n));
}

static void
relay_restore(struct relay *r)
{
	int64_t begun = clock_mono_us();
	int n = queue_restore(r->w.queue);

	r->restoring = clock_mono_us() - begun >= QUEUE_RESTORE_US;
	if (n > 0)
		log_warning("messages of lost workers restored",
		    LI("messages", n));
}

static void
relay_results(struct relay *r)
{
	enum pg_err err;

	relay_results_run(&r->w, &r->results, &err);
	if (err != PG_OK)
		relay_ok(r, err);
}

static void
relay_senders(struct relay *r)
{
	enum pg_err err = PG_OK;

	relay_tell_run(&r->w, &err);
	if (err != PG_OK)
		relay_ok(r, err);
}

static void
relay_purge(struct relay *r)
{
	bool added;

	if (relay_ok(r,
		job_purge_tick(r->w.pg, settings.purge_interval, &added)) &&
	    added)
		log_debug("purge is due");
}

static void
relay_limits(struct relay *r)
{
	enum pg_err err;

	r->freeing = relay_limits_begin(&r->w, &r->limits, &err) == RELAY_BUSY;
	if (err != PG_OK)
		relay_ok(r, err);
}

static void
relay_tell_scheduled(void *arg, const struct schedule_fired *fired)
{
	(void)arg;
	if (fired->missed > 0)
		log_warning("scheduled times were missed",
		    LS("kind", fired->kind), LI("jobs", fired->made),
		    LI("missed", fired->missed));
	else
		log_info("scheduled jobs created", LS("kind", fired->kind),
		    LI("jobs", fired->made));
}

static void
relay_chore(struct relay *r, enum chore c)
{
	switch (c) {
	case CHORE_LOST:
		relay_lost_check(&r->w, &r->lost);
		break;
	case CHORE_KEEP:
		relay_keep(r);
		break;
	case CHORE_RESTORE:
		relay_restore(r);
		break;
	case CHORE_REVOKE:
		if (!revoke_run(&r->w))
			relay_well_note(&r->well, false, clock_mono_us());
		break;
	case CHORE_RESULTS:
		relay_results(r);
		break;
	case CHORE_SENDERS:
		relay_senders(r);
		break;
	case CHORE_PURGE:
		relay_purge(r);
		break;
	case CHORE_SCHEDULE:
		relay_ok(r, schedule_run(r->w.pg, &r->schedules,
				relay_tell_scheduled, NULL));
		break;
	case CHORE_LIMITS:
		relay_limits(r);
		break;
	case CHORE_SOURCE:
		if (!settings.database_prepared_statements)
			relay_ok(r, pg_learn_source(r->w.pg));
		break;
	case CHORE_UNREAD:
		queue_look_unread(r->w.queue, &r->unread, r->w.crew->queues,
		    r->w.crew->nqueues);
		break;
	case CHORE_WAITING:
		relay_waiting_run(&r->w);
		break;
	case CHORE_TELL:
		queue_tell_refused(r->w.queue);
		if (!r->w.slot->well ||
		    !r->w.crew->slots[CREW_SLOT_KEEPER].well)
			break;
		queue_relayed(r->w.queue);
		metric_set(METRIC_relayed_at, METRIC_AT(0), clock_wall_us());
		break;
	case CHORE_COUNT:
		relay_ok(r, relay_count(&r->w, &r->queues));
		break;
	case CHORE__MAX:
		break;
	}
}

/* A relay that does not publish leaves alone what belongs to it, and one of a
 * pool that runs no jobs, where they wait. */
static bool
relay_has(const struct relay *r, enum chore c)
{
	if (c == CHORE_WAITING)
		return r->w.crew->roles != CREW_RELAY;
	return r->w.crew->roles != CREW_JOBS || c == CHORE_KEEP ||
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
		r->w.slot->progress++;
		uuid_random(&random, sizeof(random)); /* relays fall apart */
		r->due[c] = now + chore_every[c] -
			    (int64_t)(random % (uint64_t)(chore_every[c] / 5));
	}
	if (r->restoring)
		r->due[CHORE_RESTORE] = now + CLOCK_SECOND;
	if (r->freeing)
		r->due[CHORE_LIMITS] = now;
}

/* --- the loop --- */

/* True if there may be more to do at once. */
static bool
relay_round(struct relay *r)
{
	enum relay_result back, held, sent, read;
	enum pg_err err;

	pg_retry(r->w.pg); /* no request waits here */
	r->w.slot->progress++;
	relay_chores(r);
	if (r->w.crew->roles == CREW_JOBS)
		return false;
	back = relay_lost_run(&r->w, &r->queues, &r->lost, &err);
	if (err != PG_OK)
		relay_ok(r, err);
	arena_reset(r->w.arena);
	held = relay_limits_run(&r->w, &r->queues, &r->limits, &err);
	if (err != PG_OK)
		relay_ok(r, err);
	arena_reset(r->w.arena);
	sent = relay_publish(&r->w, &r->queues, &err);
	relay_ok(r, err);
	arena_reset(r->w.arena);
	read = relay_read(&r->w, &r->readers, &err);
	if (err != PG_OK)
		relay_ok(r, err);
	r->w.slot->well = back != RELAY_BLOCKED && sent != RELAY_BLOCKED &&
			  read != RELAY_BLOCKED;
	return r->freeing || back == RELAY_BUSY || held == RELAY_BUSY ||
	       sent == RELAY_BUSY || read == RELAY_BUSY;
}

static void
relay_open(struct relay *r, const struct crew *crew)
{
	work_open(&r->w, crew, &crew->slots[CREW_SLOT_RELAY]);
	relay_queues_init(&r->queues);
	relay_count_open(&r->queues);
	r->ear_kv = kv_new_broker();
	r->ear = queue_ear_new(r->ear_kv);
}

static void
relay_close(struct relay *r)
{
	queue_ear_free(r->ear);
	kv_free(r->ear_kv);
	work_close(&r->w);
}

/* Once, for who reads the log before health; it is not waited for. */
static void
relay_tell_memory(struct relay *r)
{
	struct kv_options options;
	const char *words;
	struct kv *redis;

	kv_redis_options(&options);
	if (options.timeout > RELAY_MEMORY_MS)
		options.timeout = RELAY_MEMORY_MS;
	redis = kv_new(&options);
	if (r->w.crew->roles != CREW_JOBS &&
	    kv_memory(redis, r->w.kv, r->w.arena, &words) && words != NULL)
		log_warning("memory of redis is not set up well",
		    LS("reason", words));
	kv_free(redis);
	arena_reset(r->w.arena);
}

static void
relay_wait(struct relay *r)
{
	int64_t since = clock_mono_us();
	int64_t ms =
	    relay_limits_wait(&r->limits, settings.worker_relay_interval);

	if (!queue_ear_wait(r->ear, (int)ms))
		return;
	log_debug("poked");
	ms = ROUND_LEAST_MS - (clock_mono_us() - since) / 1000;
	if (ms > 0 && !signals_stop)
		signals_pause((int)ms);
}

int
relay_main(void *crew)
{
	struct relay r = { 0 };

	signals_child(NULL);
	metric_forked(METRIC_role_relay);
	relay_open(&r, crew);
	log_info("relaying");
	relay_tell_memory(&r);
	while (!signals_stop) {
		if (!relay_round(&r) && !signals_stop)
			relay_wait(&r);
		signals_chores();
	}
	relay_close(&r);
	log_close();
	return 0;
}
