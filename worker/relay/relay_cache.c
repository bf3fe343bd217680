/* SPDX-License-Identifier: ISC */
/* Cache entries of committed changes, dropped in place of their writer. */
#include "config.h"

#include "relay_own.h"

#include "conf/conf.h"
#include "jobs/job_relay.h"
#include "log/log.h"

#define RELAY_FULL 4 /* full batches in a row that are too many */

static int
relay_cache_forget(struct relay_cache *c, struct arena *a, const char **ids,
    size_t n)
{
	c->full = n == (size_t)settings.worker_relay_batch ? c->full + 1 : 0;
	return c->full >= RELAY_FULL ? cache_invalidate_all(c->cache, a)
				     : cache_invalidate(c->cache, a, ids, n);
}

enum relay_result
relay_cache_run(struct pg *pg, struct relay_cache *cache, struct arena *a)
{
	struct job_changes batch;

	if (job_unrelayed(pg, settings.worker_relay_batch, &batch) != PG_OK)
		return RELAY_BLOCKED;
	if (batch.n == 0)
		return RELAY_IDLE;
	if (relay_cache_forget(cache, a, batch.tasks, batch.n) == -1 ||
	    job_relayed(pg, &batch) != PG_OK)
		return RELAY_BLOCKED;
	log_debug("relayed", LI("changes", (int64_t)batch.n));
	return batch.n == (size_t)settings.worker_relay_batch ? RELAY_BUSY
							      : RELAY_IDLE;
}

bool
relay_cache_drop(struct relay_cache *cache, struct arena *a,
    const struct job_set *jobs)
{
	const char **ids = arena_alloc(a, jobs->n * sizeof(*ids));
	char text[UUID_TEXT];
	size_t found = 0;

	for (size_t i = 0; i < jobs->n; i++) {
		const struct job *job = &jobs->v[i];

		if (job->relayed || !job->has_task)
			continue;
		ids[found++] =
		    arena_strdup(a, uuid_format(&job->task_id, text));
	}
	return found == 0 || relay_cache_forget(cache, a, ids, found) == 0;
}
