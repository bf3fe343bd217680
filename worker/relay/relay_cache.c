/* SPDX-License-Identifier: ISC */
/* Cache entries of committed changes, dropped in place of their writer. */
#include "config.h"

#include "relay_own.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "log/log.h"

#define RELAY_BATCHES 4 /* in one look; more are dropped as a whole */
#define STORE_EVERY   CLOCK_SECOND

void
relay_cache_clear(struct relay_cache *c)
{
	free(c->seen);
	c->seen = NULL;
}

static void
relay_cache_seen(struct relay_cache *c, const char *snapshot)
{
	free(c->seen);
	c->seen = xstrdup(snapshot);
}

/* What was changed before, nobody has to look for: all entries are dropped
 * after the point from which the next look begins.  So it is in a database that
 * is another one by now, where transactions are counted otherwise. */
static enum pg_err
relay_cache_begin(struct pg *pg, struct relay_cache *c)
{
	const char *now;
	enum pg_err err = reader_now(pg, &now);

	if (err != PG_OK)
		return err;
	relay_cache_seen(c, now);
	snprintf(c->source, sizeof(c->source), "%s", pg_source(pg));
	c->all = true;
	c->behind = true;
	return PG_OK;
}

/* For the purge, and for who looks how far the keeper is. */
static enum pg_err
relay_cache_store(struct pg *pg, struct relay_cache *c)
{
	int64_t now = clock_mono_us();
	enum pg_err err;

	if (!c->behind || now - c->stored < STORE_EVERY)
		return PG_OK;
	err = reader_looked(pg, c->seen);
	if (err == PG_OK) {
		c->behind = false;
		c->stored = now;
	}
	return err;
}

enum relay_result
relay_cache_run(struct pg *pg, struct relay_cache *c, struct arena *a)
{
	int64_t most = RELAY_BATCHES * settings.worker_relay_batch;
	struct reader_look look;

	if (c->seen == NULL && relay_cache_begin(pg, c) != PG_OK)
		return RELAY_BLOCKED;
	if (!c->all) {
		if (reader_look(pg, c->seen, most, &look) != PG_OK)
			return RELAY_BLOCKED;
		c->all = look.more;
	}
	if (!str_eq(c->source, pg_source(pg))) {
		relay_cache_clear(c);
		return RELAY_BUSY;
	}
	if (c->all) {
		if (reader_now(pg, &look.now) != PG_OK ||
		    cache_invalidate_all(c->cache, a) == -1)
			return RELAY_BLOCKED;
	} else if (look.n > 0) {
		if (cache_invalidate(c->cache, a, look.tasks, look.n) == -1)
			return RELAY_BLOCKED;
		log_debug("relayed", LI("changes", (int64_t)look.n));
	}
	c->behind |= c->all || look.n > 0;
	c->all = false;
	relay_cache_seen(c, look.now);
	return relay_cache_store(pg, c) == PG_OK ? RELAY_IDLE : RELAY_BLOCKED;
}
