/* SPDX-License-Identifier: ISC */
/* Queues that could not be read when the broker was looked through. */
#include "config.h"

#include "relay_own.h"

#include "base/clock.h"

#define PAUSE_FIRST (5 * CLOCK_SECOND)

bool
relay_again_rested(const struct relay_again *g, int64_t now)
{
	return now >= g->rest;
}

bool
relay_again_due(struct relay_again *g, int64_t now)
{
	if (g->pause == 0 || now < g->at)
		return false;
	g->at = now + g->pause;
	return true;
}

void
relay_again_note(struct relay_again *g, const struct relay_walk *w,
    const bool *unread, int64_t now, int64_t most)
{
	struct relay_again next = { .walk = *w,
		.rest = now + (now - w->since) };
	bool any = false;
	size_t i;

	g->rest = next.rest;
	/* After a loss more rows are concerned than when some are missing. */
	if (g->pause != 0 && w->missing && !g->walk.missing)
		return;
	for (i = 0; i < NELEM(w->in); i++) {
		next.walk.in[i] = w->in[i] && unread[i];
		any |= next.walk.in[i];
	}
	if (!any) {
		*g = (struct relay_again){ .rest = next.rest };
		return;
	}
	next.pause = g->pause == 0 ? PAUSE_FIRST : 2 * g->pause;
	if (next.pause > most)
		next.pause = most;
	next.at = now + next.pause;
	*g = next;
}
