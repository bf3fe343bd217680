/* SPDX-License-Identifier: ISC */
/* The checks of PostgreSQL and Redis. */
#include "config.h"

#include "base/clock.h"
#include "health_own.h"

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
		k->words = arena_printf(r->from->arena,
		    "%s; see errandctl migrate", r->pg_why);
		break;
	default:
		k->status = HEALTH_FAIL;
		k->words = "not known without the database";
	}
	return true;
}

bool
health_redis(struct health_round *r, struct check *k)
{
	int64_t start = clock_mono_us();
	const struct kv_word ping[] = { KV("PING") };

	if (!kv_up(r->from->kv) ||
	    kv_run(r->from->kv, r->from->arena, NELEM(ping), ping) == NULL) {
		k->status = HEALTH_WARN;
		k->words = "Redis cannot be reached; tasks come from "
			   "PostgreSQL alone";
	}
	k->us = clock_mono_us() - start;
	return true;
}
