/* SPDX-License-Identifier: ISC */
/* The database, for a command: as the service it hears from Redis what is a
 * former primary. */
#ifndef DATABASE_H
#define DATABASE_H

#include "cache/cache.h"
#include "pg/pg.h"
#include "redis/kv.h"

/* Connected at first use; all of it is the caller's until database_close. */
struct database {
	struct pg *pg;
	struct kv *kv;
	struct cache *cache;
};

struct database database_open(void);
void database_close(struct database *d);

#endif
