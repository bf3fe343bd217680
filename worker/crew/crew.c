/* SPDX-License-Identifier: ISC */
/* Wishes of signals and of the remote control about the children. */
#include "config.h"

#include "crew.h"

void
crew_stop(struct crew *c)
{
	c->stopping = true;
}

int
crew_grow(struct crew *c, int64_t n)
{
	if (n < 1 || n > (int64_t)(SLOT_MAX - CREW_SLOT_JOBS - c->want))
		return -1;
	c->want += (size_t)n;
	return 0;
}

int
crew_shrink(struct crew *c, int64_t n)
{
	if (n < 1 || n >= (int64_t)c->want)
		return -1;
	c->want -= (size_t)n;
	return 0;
}
