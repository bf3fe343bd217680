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
} rows[] = {
	{ "postgresql", "postgresql:responseTime", "datastore",
	    health_postgresql },
	{ "schema", "postgresql:schema", "component", health_schema },
	{ "redis", "redis:responseTime", "datastore", health_redis },
	{ "keyset", "keyset:fetchTime", "component", health_keyset },
	{ "introspection", "introspection:available", "component",
	    health_introspection },
};

struct health_report
health_run(const struct health_sources *from)
{
	struct health_round round = { .from = from };
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
		};
		if (!rows[i].run(&round, k))
			continue;
		k->time = clock_wall_us();
		if (k->status > report.worst)
			report.worst = k->status;
		report.n++;
	}
	report.checks = checks;
	return report;
}
