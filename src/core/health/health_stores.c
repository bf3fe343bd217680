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
	health_because(r, k, HEALTH_FAIL, HEALTH_CAUSE_stopping, NULL);
	return true;
}

bool
health_postgresql(struct health_round *r, struct check *k)
{
	static const enum health_cause causes[PG__MAX] = {
		[PG_DOWN] = HEALTH_CAUSE_pg_away,
		[PG_STANDBY] = HEALTH_CAUSE_pg_standby,
		[PG_TIMEOUT] = HEALTH_CAUSE_pg_slow,
		[PG_LOST] = HEALTH_CAUSE_pg_away,
		[PG_BUSY] = HEALTH_CAUSE_pg_slow,
		[PG_DENIED] = HEALTH_CAUSE_pg_refuses,
		[PG_FAILED] = HEALTH_CAUSE_pg_refuses,
		[PG_REFUSED] = HEALTH_CAUSE_pg_refuses,
		[PG_ODD] = HEALTH_CAUSE_pg_refuses,
	};
	int64_t start = clock_mono_us();

	r->pg_err = pg_ping(r->from->pg, &r->pg_why);
	k->us = clock_mono_us() - start;
	if (r->pg_err != PG_OK && r->pg_err != PG_SCHEMA)
		health_because(r, k, HEALTH_FAIL, causes[r->pg_err], r->pg_why);
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
		health_because(r, k, HEALTH_FAIL, HEALTH_CAUSE_schema,
		    r->pg_why);
		break;
	default:
		health_because(r, k, HEALTH_FAIL, HEALTH_CAUSE_unknown_database,
		    NULL);
	}
	return true;
}

/* Rows are written for a test only where the rights are there, since each
 * refusal is a line in two logs.  A lock goes away, and whose own rows are
 * refused may still write those of others. */
static void
health_write(const struct health_round *r, struct check *k)
{
	static const struct {
		enum health status;
		enum health_cause cause;
	} found[PG__MAX] = {
		[PG_DOWN] = { HEALTH_FAIL, HEALTH_CAUSE_unknown_database },
		[PG_STANDBY] = { HEALTH_FAIL, HEALTH_CAUSE_pg_standby },
		[PG_SCHEMA] = { HEALTH_FAIL, HEALTH_CAUSE_write_refused },
		[PG_TIMEOUT] = { HEALTH_WARN, HEALTH_CAUSE_write_waits },
		[PG_LOST] = { HEALTH_FAIL, HEALTH_CAUSE_unknown_database },
		[PG_BUSY] = { HEALTH_FAIL, HEALTH_CAUSE_write_refused },
		[PG_DENIED] = { HEALTH_FAIL, HEALTH_CAUSE_write_denied },
		[PG_FAILED] = { HEALTH_WARN, HEALTH_CAUSE_write_value },
		[PG_REFUSED] = { HEALTH_FAIL, HEALTH_CAUSE_write_refused },
		[PG_ODD] = { HEALTH_FAIL, HEALTH_CAUSE_write_denied },
	};
	enum pg_err err = pg_try_writing(r->from->pg, r->facts.doubtful);

	if (err != PG_OK)
		health_because(r, k, found[err].status, found[err].cause,
		    err == PG_STANDBY ? "the database only reads" : NULL);
}

/* Without any one of them some request is answered 503, or some job is never
 * sent. */
bool
health_rights(struct health_round *r, struct check *k)
{
	if (r->pg_err == PG_OK)
		r->pg_err = pg_facts(r->from->pg, &r->facts);
	if (r->pg_err != PG_OK)
		health_because(r, k, HEALTH_FAIL, HEALTH_CAUSE_unknown_database,
		    NULL);
	else if (r->facts.missing != NULL)
		health_because(r, k, HEALTH_FAIL, HEALTH_CAUSE_rights,
		    r->facts.missing);
	else
		health_write(r, k);
	return true;
}

bool
health_locale(struct health_round *r, struct check *k)
{
	if (r->pg_err != PG_OK)
		return false;
	if (r->facts.plain_locale)
		health_because(r, k, HEALTH_WARN, HEALTH_CAUSE_locale, NULL);
	return true;
}

bool
health_redis(struct health_round *r, struct check *k)
{
	int64_t start = clock_mono_us();

	if (!kv_writes(r->from->kv, r->from->arena)) {
		const char *right = kv_missing_right(r->from->kv);

		health_because(r, k, HEALTH_WARN,
		    right != NULL            ? HEALTH_CAUSE_redis_right
		    : kv_denied(r->from->kv) ? HEALTH_CAUSE_redis_refused
					     : HEALTH_CAUSE_redis_down,
		    right);
	}
	k->us = clock_mono_us() - start;
	return true;
}

bool
health_memory(struct health_round *r, struct check *k)
{
	const char *words;

	if (r->life.state != QUEUE_LIFE_OK ||
	    !kv_memory(r->from->kv, queue_kv(r->from->broker), r->from->arena,
		&words))
		return false;
	if (words != NULL)
		health_because(r, k, HEALTH_WARN, HEALTH_CAUSE_memory, words);
	return true;
}
