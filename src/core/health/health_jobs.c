/* SPDX-License-Identifier: ISC */
/* The checks of what background jobs need. */
#include "config.h"

#include "base/clock.h"
#include "conf/conf.h"
#include "health_own.h"
#include "jobs/job_list.h"
#include "jobs/reader.h"

/* The relay goes round several times a second, and a job that is due is sent
 * in the next round. */
#define LATE_S ((int64_t)30)

bool
health_broker(struct health_round *r, struct check *k)
{
	int64_t start = clock_mono_us();

	r->life = queue_life(r->from->broker);
	k->us = clock_mono_us() - start;
	if (r->life.odd != NULL)
		health_because(r, k, HEALTH_WARN, HEALTH_CAUSE_broker_key,
		    arena_printf(r->from->arena, "%.128s", r->life.odd));
	else if (r->life.missing != NULL)
		health_because(r, k, HEALTH_WARN, HEALTH_CAUSE_broker_right,
		    arena_printf(r->from->arena, "%.64s", r->life.missing));
	else if (r->life.state == QUEUE_LIFE_REFUSED)
		health_because(r, k, HEALTH_WARN, HEALTH_CAUSE_broker_refused,
		    NULL);
	else if (r->life.state != QUEUE_LIFE_OK)
		health_because(r, k, HEALTH_WARN, HEALTH_CAUSE_broker_down,
		    NULL);
	return true;
}

bool
health_results(struct health_round *r, struct check *k)
{
	int64_t start = clock_mono_us();
	const char *missing;
	enum queue_life_state state;

	if (!queue_results_life(r->from->broker, &state, &missing))
		return false;
	k->us = clock_mono_us() - start;
	if (state != QUEUE_LIFE_OK)
		health_because(r, k, HEALTH_WARN,
		    missing != NULL               ? HEALTH_CAUSE_results_right
		    : state == QUEUE_LIFE_REFUSED ? HEALTH_CAUSE_results_refused
						  : HEALTH_CAUSE_results_down,
		    missing);
	return true;
}

bool
health_relay(struct health_round *r, struct check *k)
{
	if (r->life.state != QUEUE_LIFE_OK) {
		health_because(r, k, HEALTH_WARN, HEALTH_CAUSE_unknown_broker,
		    NULL);
		return true;
	}
	if (r->life.relayed == -1) {
		health_because(r, k, HEALTH_WARN, HEALTH_CAUSE_relay_silent,
		    NULL);
		return true;
	}
	k->us = clock_wall_us() - r->life.relayed;
	if (k->us < 0)
		k->us = 0;
	if (k->us > LATE_S * CLOCK_SECOND)
		health_because(r, k, HEALTH_WARN, HEALTH_CAUSE_relay_late,
		    arena_printf(r->from->arena, "%s ago",
			health_age(r->from->arena, k->us)));
	return true;
}

bool
health_worker(struct health_round *r, struct check *k)
{
	if (r->life.state != QUEUE_LIFE_OK)
		health_because(r, k, HEALTH_WARN, HEALTH_CAUSE_unknown_broker,
		    NULL);
	else if (!r->life.pool)
		health_because(r, k, HEALTH_WARN, HEALTH_CAUSE_worker_gone,
		    NULL);
	return true;
}

bool
health_queue(struct health_round *r, struct check *k)
{
	if (r->pg_err != PG_OK)
		health_because(r, k, HEALTH_WARN, HEALTH_CAUSE_unknown_database,
		    NULL);
	else if (job_oldest_due(r->from->pg, &k->us) != PG_OK)
		health_because(r, k, HEALTH_WARN, HEALTH_CAUSE_due_unknown,
		    NULL);
	else if (k->us > LATE_S * CLOCK_SECOND)
		health_because(r, k, HEALTH_WARN, HEALTH_CAUSE_due_late,
		    health_age(r->from->arena, k->us));
	return true;
}

/* The reader that is furthest behind stands for all. */
bool
health_readers(struct health_round *r, struct check *k)
{
	const struct reader_lag *worst = NULL;
	struct reader_lags lags;

	if (r->pg_err != PG_OK) {
		health_because(r, k, HEALTH_WARN, HEALTH_CAUSE_unknown_database,
		    NULL);
		return true;
	}
	if (reader_lags(r->from->pg, &lags) != PG_OK) {
		health_because(r, k, HEALTH_WARN, HEALTH_CAUSE_due_unknown,
		    NULL);
		return true;
	}
	k->us = 0;
	for (size_t i = 0; i < lags.n; i++) {
		if (lags.v[i].us <= k->us)
			continue;
		worst = &lags.v[i];
		k->us = worst->us;
	}
	if (k->us > LATE_S * CLOCK_SECOND)
		health_because(r, k, HEALTH_WARN,
		    worst->waits ? HEALTH_CAUSE_reader_waits
				 : HEALTH_CAUSE_reader_late,
		    arena_printf(r->from->arena, "%.64s, %lld for %s",
			worst->name, (long long)worst->unread,
			health_age(r->from->arena, worst->us)));
	return true;
}

bool
health_dead(struct health_round *r, struct check *k)
{
	int64_t n = 0;

	if (r->life.state == QUEUE_LIFE_OK)
		n = queue_aside(r->from->broker, settings.broker_queue);
	if (r->life.state != QUEUE_LIFE_OK || n == -1)
		health_because(r, k, HEALTH_WARN, HEALTH_CAUSE_unknown_broker,
		    NULL);
	else if (n > 0)
		health_because(r, k, HEALTH_WARN, HEALTH_CAUSE_dead,
		    arena_printf(r->from->arena, "%lld", (long long)n));
	return true;
}
