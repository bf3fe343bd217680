/* SPDX-License-Identifier: ISC */
/* The checks of the process itself, and of PostgreSQL and Redis. */
#include "config.h"

#include "base/clock.h"
#include "health_own.h"

bool
health_process(struct health_round *r, struct check *k)
{
	if (r->from->stopping == NULL || !*r->from->stopping)
		return false;
	k->status = HEALTH_FAIL;
	k->words = "this process is stopping: send requests to others";
	return true;
}

bool
health_postgresql(struct health_round *r, struct check *k)
{
	int64_t start = clock_mono_us();

	r->pg_err = pg_ping(r->from->pg, &r->pg_why);
	k->us = clock_mono_us() - start;
	if (r->pg_err != PG_OK && r->pg_err != PG_SCHEMA) {
		k->status = HEALTH_FAIL;
		k->words = r->pg_why;
	}
	return true;
}

/* A line of its own, because somebody else mends it. */
bool
health_schema(struct health_round *r, struct check *k)
{
	switch (r->pg_err) {
	case PG_OK:
		k->words = arena_printf(r->from->arena, "version %lld",
		    (long long)pg_schema(r->from->pg));
		break;
	case PG_SCHEMA:
		k->status = HEALTH_FAIL;
		k->words = r->pg_why;
		break;
	default:
		k->status = HEALTH_FAIL;
		k->words = "not known without the database";
	}
	return true;
}

/* Without any one of them some request is answered 503, or some job is never
 * sent. */
bool
health_rights(struct health_round *r, struct check *k)
{
	k->status = HEALTH_FAIL;
	if (r->pg_err == PG_OK)
		r->pg_err = pg_facts(r->from->pg, &r->facts);
	if (r->pg_err != PG_OK)
		k->words = "not known without the database";
	else if (r->facts.missing != NULL)
		k->words = arena_printf(r->from->arena,
		    "the role of the database has not the right to %s",
		    r->facts.missing);
	else
		k->status = HEALTH_PASS;
	return true;
}

bool
health_locale(struct health_round *r, struct check *k)
{
	if (r->pg_err != PG_OK)
		return false;
	if (r->facts.plain_locale) {
		k->status = HEALTH_WARN;
		k->words = "LC_CTYPE of the database is C: searches for other "
			   "letters than those of ASCII are slow; see createdb "
			   "--locale C.UTF-8";
	}
	return true;
}

bool
health_redis(struct health_round *r, struct check *k)
{
	int64_t start = clock_mono_us();

	if (!kv_writes(r->from->kv, r->from->arena)) {
		k->status = HEALTH_WARN;
		k->words = kv_missing_right(r->from->kv) != NULL
			       ? arena_printf(r->from->arena,
				     "the user of Redis has not the right to "
				     "%s; tasks come from PostgreSQL alone",
				     kv_missing_right(r->from->kv))
			   : kv_denied(r->from->kv)
			       ? "Redis is there, but it refused; tasks come "
				 "from PostgreSQL alone"
			       : "Redis cannot be reached; tasks come from "
				 "PostgreSQL alone";
	}
	k->us = clock_mono_us() - start;
	return true;
}

bool
health_memory(struct health_round *r, struct check *k)
{
	if (r->life.state != QUEUE_LIFE_OK ||
	    !kv_memory(r->from->kv, queue_kv(r->from->broker), r->from->arena,
		&k->words))
		return false;
	if (k->words != NULL)
		k->status = HEALTH_WARN;
	return true;
}
