/* SPDX-License-Identifier: ISC */
/* The checks of what background jobs need. */
#include "config.h"

#include "base/clock.h"
#include "health_own.h"
#include "jobs/job_list.h"

/* The relay goes round several times a second, and a job that is due is sent
 * in the next round. */
#define LATE_S ((int64_t)30)

/* As much of an age as somebody wants to read. */
static const char *
health_age(struct arena *a, int64_t us)
{
	int64_t s = us / CLOCK_SECOND;

	if (s < 120)
		return arena_printf(a, "%lld s", (long long)s);
	if (s < 120 * 60)
		return arena_printf(a, "%lld min", (long long)(s / 60));
	return arena_printf(a, "%lld h", (long long)(s / 3600));
}

bool
health_broker(struct health_round *r, struct check *k)
{
	int64_t start = clock_mono_us();

	r->life = queue_life(r->from->broker);
	k->us = clock_mono_us() - start;
	if (r->life.state != QUEUE_LIFE_OK || r->life.missing != NULL)
		k->status = HEALTH_WARN;
	if (r->life.missing != NULL)
		k->words = arena_printf(r->from->arena,
		    "the user of the broker has not the right to %.64s; see "
		    "README.md for what it needs",
		    r->life.missing);
	else if (r->life.state == QUEUE_LIFE_REFUSED)
		k->words = "the broker is there, but it refused; jobs wait in "
			   "PostgreSQL";
	else if (r->life.state == QUEUE_LIFE_DOWN)
		k->words = "the broker cannot be reached; jobs wait in "
			   "PostgreSQL";
	return true;
}

bool
health_relay(struct health_round *r, struct check *k)
{
	struct arena *a = r->from->arena;

	if (r->life.state != QUEUE_LIFE_OK) {
		k->status = HEALTH_WARN;
		k->words = "not known without the broker";
	} else if (r->life.relayed == -1) {
		k->status = HEALTH_WARN;
		k->words = "no relay has told of its work, which it does every "
			   "few seconds: is errand-worker running?";
	} else {
		k->us = clock_wall_us() - r->life.relayed;
		if (k->us < 0)
			k->us = 0;
		if (k->us > LATE_S * CLOCK_SECOND) {
			k->status = HEALTH_WARN;
			k->words = arena_printf(a,
			    "the last round of a relay that went well was %s "
			    "ago",
			    health_age(a, k->us));
		}
	}
	return true;
}

bool
health_pool(struct health_round *r, struct check *k)
{
	if (r->life.state != QUEUE_LIFE_OK) {
		k->status = HEALTH_WARN;
		k->words = "not known without the broker";
	} else if (!r->life.pool) {
		k->status = HEALTH_WARN;
		k->words = "no errand-worker runs jobs";
	}
	return true;
}

bool
health_jobs(struct health_round *r, struct check *k)
{
	struct arena *a = r->from->arena;

	k->status = HEALTH_WARN;
	if (r->pg_err != PG_OK) {
		k->words = "not known without the database";
		return true;
	}
	if (job_oldest_due(r->from->pg, &k->us) != PG_OK) {
		k->words = "the database did not tell";
	} else if (k->us > LATE_S * CLOCK_SECOND) {
		k->words = arena_printf(a,
		    "the oldest job that is due waits "
		    "for %s to be sent",
		    health_age(a, k->us));
	} else {
		k->status = HEALTH_PASS;
	}
	return true;
}
