/* SPDX-License-Identifier: ISC */
/* A relay judges nobody by heartbeats that PostgreSQL could not take. */
#include "config.h"

#include "relay_own.h"

#include "base/clock.h"
#include "jobs/job.h"

#define WELL_LONG (JOB_ABANDONED_S * CLOCK_SECOND)

void
relay_well_note(struct relay_well *w, bool answered, int64_t now)
{
	if (!answered)
		w->since = 0;
	else if (w->since == 0)
		w->since = now;
}

bool
relay_well_long(const struct relay_well *w, int64_t now)
{
	return w->since != 0 && now - w->since >= WELL_LONG;
}
