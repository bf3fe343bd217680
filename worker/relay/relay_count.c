/* SPDX-License-Identifier: ISC */
/* Counts what waits, so that who is asked for it asks nobody. */
#include "config.h"

#include "relay_own.h"

#include "base/str.h"
#include "jobs/job_count.h"
#include "metric/metric.h"

void
relay_count_open(const struct relay_queues *q)
{
	static const char *names[KIND_MAX + 1];

	for (size_t i = 0; i < q->n; i++)
		names[i] = q->v[i].name;
	metric_words(METRIC_SET_queue, names, q->n);
}

static void
relay_count_queues(struct work *w, const struct relay_queues *q)
{
	int64_t n;

	for (size_t i = 0; i < q->n; i++) {
		n = queue_length(w->queue, q->v[i].name);
		if (n != -1)
			metric_set(METRIC_queue, METRIC_AT((unsigned)i), n);
	}
	n = queue_dead(w->queue);
	if (n != -1)
		metric_set(METRIC_dead, METRIC_AT(0), n);
}

static enum pg_err
relay_count_log(struct work *w)
{
	static const enum metric_word words[READER__MAX] = {
		[READER_cache] = METRIC_reader_cache,
		[READER_statistics] = METRIC_reader_statistics,
		[READER_webhooks] = METRIC_reader_webhooks,
	};
	struct reader_lags lags;
	enum pg_err err = reader_lags(w->pg, &lags);

	for (size_t i = 0; err == PG_OK && i < lags.n; i++) {
		for (int id = 0; id < READER__MAX; id++) {
			if (!str_eq(readers[id].name, lags.v[i].name))
				continue;
			metric_set(METRIC_unread, METRIC_AT(words[id]),
			    lags.v[i].unread);
			metric_set(METRIC_unread_age, METRIC_AT(words[id]),
			    lags.v[i].us);
		}
	}
	return err;
}

enum pg_err
relay_count(struct work *w, const struct relay_queues *q)
{
	static const enum metric_word words[JOB_STATE__MAX] = {
		[JOB_QUEUED] = METRIC_job_queued,
		[JOB_PUBLISHED] = METRIC_job_published,
		[JOB_RUNNING] = METRIC_job_running,
		[JOB_RETRYING] = METRIC_job_retrying,
		[JOB_FAILED] = METRIC_job_failed,
	};
	struct job_counts c;
	enum pg_err err;

	relay_count_queues(w, q);
	err = job_count(w->pg, &c);
	if (err != PG_OK)
		return err;
	for (int s = 0; s < JOB_STATE__MAX; s++) {
		if (words[s] != METRIC_WORD_NONE)
			metric_set(METRIC_jobs, METRIC_AT(words[s]), c.in[s]);
	}
	metric_set(METRIC_due, METRIC_AT(0), c.due);
	metric_set(METRIC_due_age, METRIC_AT(0), c.due_us);
	return relay_count_log(w);
}
