/* SPDX-License-Identifier: ISC */
/* Cancelled jobs, for those who do not look at their rows. */
#include "config.h"

#include "job_list.h"

#include "base/clock.h"
#include "base/str.h"
#include "kind.h"
#include "log/log.h"
#include "queue/revoke_box.h"

/* For one job, and for each of many. */
#define WITHDRAW_US      CLOCK_SECOND
#define WITHDRAW_EACH_US (CLOCK_SECOND / 500)

/* What Celery calls it. */
static const char *
withdraw_id(const struct job *job, char text[UUID_TEXT])
{
	return job->message_id != NULL ? job->message_id
				       : uuid_format(&job->id, text);
}

/* Those of one kind. */
static bool
withdraw_kind(struct queue *q, struct arena *a, const struct kind *kind,
    const struct job_set *jobs, bool end)
{
	const char **ids = arena_alloc(a, jobs->n * sizeof(*ids));
	bool *found = arena_alloc(a, jobs->n * sizeof(*found));
	bool *sent = arena_alloc(a, jobs->n * sizeof(*sent));
	char text[UUID_TEXT];
	size_t n = 0, left = 0, i;
	int rc;

	for (i = 0; i < jobs->n; i++) {
		if (!str_eq(jobs->v[i].kind, kind->name))
			continue;
		sent[n] = jobs->v[i].published_at != 0;
		ids[n++] = arena_strdup(a, withdraw_id(&jobs->v[i], text));
	}
	if (n == 0)
		return true;
	rc = queue_withdraw(q, kind->queue, ids, n, found,
	    clock_mono_us() + WITHDRAW_US + (int64_t)n * WITHDRAW_EACH_US);
	for (i = 0; i < n; i++) {
		if (!found[i] && sent[i])
			ids[left++] = ids[i];
	}
	if (left == 0 || (queue_revoke(q, ids, left, end) == 0 && rc == 0))
		return true;
	log_warning("messages of cancelled jobs were not taken back",
	    LI("jobs", (int64_t)left), LS("job", ids[0]),
	    LS("kind", kind->name), LS("queue", kind->queue));
	return false;
}

bool
job_withdraw(struct queue *q, struct arena *a, const struct job_set *jobs,
    bool end)
{
	bool done = true;

	for (size_t i = 0; i < kind_count(); i++) {
		if (kind_at(i)->foreign_queue)
			done &= withdraw_kind(q, a, kind_at(i), jobs, end);
	}
	return done;
}

bool
job_end_run(struct queue *q, struct arena *a, const struct job *job)
{
	char text[UUID_TEXT];
	const char *id = withdraw_id(job, text);

	if (revoke_box_add(queue_kv(q), a, &id, 1, true) == -1)
		return false;
	queue_poke(q);
	return queue_revoke(q, &id, 1, true) == 0;
}

void
job_unrevoke(struct queue *q, struct arena *a, const struct job *job)
{
	char text[UUID_TEXT];
	const char *id = withdraw_id(job, text);

	if (job->state == JOB_CANCELLED &&
	    revoke_box_forget(queue_kv(q), a, id) == -1)
		log_warning(
		    "what was asked of a cancelled job is not forgotten",
		    LS("job", id));
}
