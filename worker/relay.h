/* SPDX-License-Identifier: ISC */
/* The relay: sees to it that no committed change stays without effect. */
#ifndef RELAY_H
#define RELAY_H

#include "base.h"
#include "cache.h"
#include "pg.h"

enum relay_result {
	RELAY_IDLE,   /* nothing was waiting */
	RELAY_BUSY,   /* a full batch was done: there may be more */
	RELAY_BLOCKED /* PostgreSQL or Redis cannot be reached; logged there */
};

/* Takes one batch of changes whose job rows say that no relay has seen them,
 * drops their cache entries and marks the rows.  Safe beside other relays and
 * safe to interrupt: a change is marked after its entries are gone, and
 * dropping them twice does no harm. */
enum relay_result relay_run(struct pg *pg, struct cache *cache) MUSTCHECK;

#endif
