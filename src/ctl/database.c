/* SPDX-License-Identifier: ISC */
/* The database, for a command. */
#include "config.h"

#include "database.h"

struct database
database_open(void)
{
	struct database d = { .pg = pg_new(), .kv = kv_new_redis() };

	d.cache = cache_new(d.kv, pg_source(d.pg));
	pg_hear(d.pg, cache_heard, d.cache);
	return d;
}

void
database_close(struct database *d)
{
	cache_free(d->cache);
	kv_free(d->kv);
	pg_free(d->pg);
}
