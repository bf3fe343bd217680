/* SPDX-License-Identifier: ISC */
/* Cache entries of committed changes, dropped in place of their writer. */
#include "config.h"

#include "relay_own.h"

#include "conf/conf.h"
#include "log/log.h"

#define RELAY_FULL 4 /* full batches in a row that are too many */

/* Job ids and task ids of one batch, as text. */
struct relay_batch {
	size_t n;
	const char **jobs;
	const char **tasks;
};

static const char *
relay_uuid(struct arena *a, const PGresult *r, int row, int col)
{
	struct uuid u = pg_uuid(r, row, col);
	char text[UUID_TEXT];

	return arena_strdup(a, uuid_format(&u, text));
}

static enum pg_err
relay_take(struct pg *pg, struct arena *a, struct relay_batch *batch)
{
	struct pg_params p;
	enum pg_err err;
	PGresult *r;

	pg_params_init(&p, a);
	pg_put_int(&p, settings.worker_relay_batch);
	err = pg_run(pg, STMT_RELAY_PENDING, &p, a, &r);
	if (err != PG_OK)
		return err;
	batch->n = (size_t)PQntuples(r);
	batch->jobs = arena_alloc(a, batch->n * sizeof(*batch->jobs));
	batch->tasks = arena_alloc(a, batch->n * sizeof(*batch->tasks));
	for (size_t i = 0; i < batch->n; i++) {
		batch->jobs[i] = relay_uuid(a, r, (int)i, 0);
		batch->tasks[i] = relay_uuid(a, r, (int)i, 1);
	}
	return PG_OK;
}

static enum pg_err
relay_mark(struct pg *pg, struct arena *a, const struct relay_batch *batch)
{
	struct pg_params p;
	PGresult *r;

	pg_params_init(&p, a);
	pg_put_texts(&p, batch->jobs, batch->n);
	return pg_run(pg, STMT_RELAY_DONE, &p, a, &r);
}

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
	struct relay_batch batch;

	if (relay_take(pg, a, &batch) != PG_OK)
		return RELAY_BLOCKED;
	if (batch.n == 0)
		return RELAY_IDLE;
	if (relay_cache_forget(cache, a, batch.tasks, batch.n) == -1 ||
	    relay_mark(pg, a, &batch) != PG_OK)
		return RELAY_BLOCKED;
	log_debug("relayed", LI("changes", (int64_t)batch.n));
	return batch.n == (size_t)settings.worker_relay_batch ? RELAY_BUSY
							      : RELAY_IDLE;
}

bool
relay_cache_drop(struct relay_cache *cache, struct arena *a,
    const struct job *jobs, size_t n)
{
	const char **ids = arena_alloc(a, n * sizeof(*ids));
	char text[UUID_TEXT];
	size_t found = 0;

	for (size_t i = 0; i < n; i++) {
		if (jobs[i].relayed || !jobs[i].has_task)
			continue;
		ids[found++] =
		    arena_strdup(a, uuid_format(&jobs[i].task_id, text));
	}
	return found == 0 || relay_cache_forget(cache, a, ids, found) == 0;
}
