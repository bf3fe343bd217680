/* SPDX-License-Identifier: ISC */
/* The table of checks, and the walk over it. */
#include "config.h"

#include "health.h"

#include "base/clock.h"
#include "health_own.h"

const char *const health_names[HEALTH__MAX] = {
	[HEALTH_PASS] = "pass",
	[HEALTH_WARN] = "warn",
	[HEALTH_FAIL] = "fail",
};

/* In the order of the report.  A check may look at what one before it left in
 * the round. */
static const struct {
	const char *name, *member, *component;
	bool (*run)(struct health_round *r, struct check *k);
	bool waits; /* for a server of ours, or looks at what was found so */
} rows[] = {
	{ "postgresql", "postgresql:responseTime", "datastore",
	    health_postgresql, true },
	{ "schema", "postgresql:schema", "component", health_schema, false },
	{ "rights", "postgresql:rights", "component", health_rights, true },
	{ "locale", "postgresql:locale", "component", health_locale, true },
	{ "redis", "redis:responseTime", "datastore", health_redis, true },
	{ "broker", "broker:responseTime", "datastore", health_broker, true },
	{ "memory", "broker:memory", "component", health_memory, true },
	{ "results", "results:responseTime", "datastore", health_results,
	    true },
	{ "relay", "relay:lastSuccess", "component", health_relay, true },
	{ "worker", "worker:heartbeat", "component", health_worker, true },
	{ "queue", "queue:oldestDue", "component", health_queue, true },
	{ "readers", "readers:lag", "component", health_readers, true },
	{ "dead", "queue:dead", "component", health_dead, true },
	{ "keyset", "keyset:fetchTime", "component", health_keyset, false },
	{ "introspection", "introspection:available", "component",
	    health_introspection, false },
	{ "log", "log:lost", "component", health_log, false },
	/* Last, since it may be told to stop while others are asked. */
	{ "process", "process:running", "component", health_process, false },
};

struct health_report
health_run(const struct health_sources *from)
{
	struct health_round round = { .from = from };
	const int64_t start = clock_mono_us();
	struct arena *pg_arena = pg_use(from->pg, from->arena);
	struct arena *broker_arena = queue_use(from->broker, from->arena);
	struct health_report report = { HEALTH_PASS, 0, NULL };
	struct check *checks =
	    arena_alloc(from->arena, sizeof(*checks) * NELEM(rows));

	for (size_t i = 0; i < NELEM(rows); i++) {
		struct check *k = &checks[report.n];

		*k = (struct check){
			.name = rows[i].name,
			.member = rows[i].member,
			.component = rows[i].component,
			.us = -1,
			.lines = -1,
		};
		if (i > 0 && rows[i].waits &&
		    clock_mono_us() - start > from->within) {
			health_because(&round, k, HEALTH_WARN,
			    HEALTH_CAUSE_late, NULL);
		} else if (!rows[i].run(&round, k)) {
			continue;
		}
		k->time = clock_wall_us();
		if (k->status > report.worst)
			report.worst = k->status;
		report.n++;
	}
	queue_use(from->broker, broker_arena);
	pg_use(from->pg, pg_arena);
	report.checks = checks;
	return report;
}
