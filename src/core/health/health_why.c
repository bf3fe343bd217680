/* SPDX-License-Identifier: ISC */
/* Why something is not well, in words that say what to do. */
#include "config.h"

#include "base/clock.h"
#include "health_own.h"

static const struct {
	const char *words, *todo;
} causes[HEALTH_CAUSE__MAX] = {
#define CAUSE(id, words, todo) [HEALTH_CAUSE_##id] = { words, todo },
#include "health.def"
};

void
health_because(const struct health_round *r, struct check *k,
    enum health status, enum health_cause cause, const char *detail)
{
	k->status = status;
	k->words = arena_printf(r->from->arena, "%s%s; %s", causes[cause].words,
	    detail == NULL ? "" : detail, causes[cause].todo);
}

const char *
health_age(struct arena *a, int64_t us)
{
	int64_t s = us / CLOCK_SECOND;

	if (s < 120)
		return arena_printf(a, "%lld s", (long long)s);
	if (s < 120 * 60)
		return arena_printf(a, "%lld min", (long long)(s / 60));
	return arena_printf(a, "%lld h", (long long)(s / 3600));
}
