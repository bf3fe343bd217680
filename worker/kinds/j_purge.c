/* SPDX-License-Identifier: ISC */
/* errand.purge: deletes what is old: jobs, events, deliveries, kept answers. */
#include "config.h"

#include "kinds.h"

#include "conf/conf.h"
#include "jobs/job_purge.h"
#include "log/log.h"
#include "once/once.h"
#include "webhook/webhook.h"

/* So few that none of the statements holds anybody up. */
#define PURGE_BATCH 1000

typedef enum pg_err (*purge_fn)(struct pg *pg, int64_t age, int64_t limit,
    size_t *n);

/* Deletes what is older than age (milliseconds; 0: nothing) until nothing is
 * left or the time is up. */
static enum pg_err
purge_all(struct job_run *run, purge_fn fn, int64_t age, size_t *total)
{
	size_t n = PURGE_BATCH;

	while (age > 0 && n == PURGE_BATCH && !*run->soft) {
		struct arena *a = arena_new(), *of_run = pg_use(run->pg, a);
		enum pg_err err = fn(run->pg, age, PURGE_BATCH, &n);

		pg_use(run->pg, of_run);
		arena_free(a);
		if (err != PG_OK)
			return err;
		*total += n;
	}
	return PG_OK;
}

/* What could not be deleted in time is found by the next try. */
enum job_outcome
j_purge(struct job_run *run)
{
	size_t jobs = 0, events = 0, sent = 0, keys = 0;
	enum pg_err err;

	err = purge_all(run, job_purge,
	    settings.purge_jobs_age == 0 ? 0 : job_purge_age(), &jobs);
	if (err == PG_OK)
		err = purge_all(run, job_purge_events,
		    settings.purge_events_age, &events);
	if (err == PG_OK)
		err = purge_all(run, delivery_purge, settings.purge_jobs_age,
		    &sent);
	if (err == PG_OK)
		err = purge_all(run, once_purge, settings.http_idempotency_keep,
		    &keys);
	if (jobs + events + sent + keys > 0)
		log_info("purged", LI("jobs", (int64_t)jobs),
		    LI("events", (int64_t)events),
		    LI("deliveries", (int64_t)sent),
		    LI("request_keys", (int64_t)keys));
	run->result = arena_printf(run->arena,
	    "{\"jobs\": %zu, \"events\": %zu, \"deliveries\": %zu, "
	    "\"request_keys\": %zu}",
	    jobs, events, sent, keys);
	if (err == PG_OK && !*run->soft)
		return JOB_DONE;
	run->error = err == PG_OK ? "the time was up before all was deleted"
				  : "PostgreSQL did not delete all of it";
	return JOB_RETRY;
}
