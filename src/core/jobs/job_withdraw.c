/* SPDX-License-Identifier: ISC */
/* A cancelled job, for those who do not look at its row. */
#include "config.h"

#include "job_list.h"

#include "base/clock.h"
#include "kind.h"
#include "log/log.h"
#include "queue/revoke_box.h"

#define WITHDRAW_US CLOCK_SECOND

/* What Celery calls it. */
static const char *
withdraw_id(const struct job *job, char text[UUID_TEXT])
{
	return job->message_id != NULL ? job->message_id
				       : uuid_format(&job->id, text);
}

bool
job_withdraw(struct queue *q, const struct job *job, bool end)
{
	const struct kind *kind = kind_find(job->kind, NULL);
	char text[UUID_TEXT];
	const char *id = withdraw_id(job, text);
	int back;

	if (kind == NULL || !kind->foreign_queue)
		return true;
	back =
	    queue_withdraw(q, kind->queue, id, clock_mono_us() + WITHDRAW_US);
	if (back == 1 || job->published_at == 0)
		return true;
	if (back == 0 && queue_revoke(q, id, end) == 0)
		return true;
	log_warning("message of a cancelled job was not taken back",
	    LS("job", id), LS("kind", job->kind), LS("queue", kind->queue));
	return false;
}

bool
job_end_run(struct queue *q, struct arena *a, const struct job *job)
{
	char text[UUID_TEXT];
	const char *id = withdraw_id(job, text);

	if (revoke_box_add(queue_kv(q), a, &id, 1, true) == -1)
		return false;
	queue_poke(q);
	return queue_revoke(q, id, true) == 0;
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
