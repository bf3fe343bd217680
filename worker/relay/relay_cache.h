/* SPDX-License-Identifier: ISC */
/* Cache entries of committed changes, dropped in place of their writer. */
#ifndef RELAY_CACHE_H
#define RELAY_CACHE_H

#include "base/base.h"
#include "cache/cache.h"
#include "jobs/job.h"
#include "pg/pg.h"

enum relay_result {
	RELAY_IDLE,   /* nothing was waiting */
	RELAY_BUSY,   /* a full batch was done: there may be more */
	RELAY_BLOCKED /* PostgreSQL or Redis cannot be reached; logged there */
};

/* The cache, and how many full batches came in a row: where more wait than can
 * be gone through in two seconds, all entries are dropped at once. */
struct relay_cache {
	struct cache *cache;
	unsigned full;
};

/* Takes one batch of changes whose job rows say that no relay has seen them,
 * drops their cache entries and marks the rows.  Safe beside other relays and
 * safe to interrupt: a change is marked after its entries are gone, and
 * dropping them twice does no harm. */
enum relay_result relay_cache_run(struct pg *pg, struct relay_cache *cache,
    struct arena *a) MUSTCHECK;

/* Drops the entries for those of the rows that nobody has marked yet.  True if
 * they are gone, so that all of the rows may be marked. */
bool relay_cache_drop(struct relay_cache *cache, struct arena *a,
    const struct job *jobs, size_t n);

#endif
