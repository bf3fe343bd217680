/* SPDX-License-Identifier: ISC */
/* A cancelled job for Celery's workers: they do not look at its row. */
#include "config.h"

#include "job_list.h"

#include "base/clock.h"
#include "kind.h"
#include "log/log.h"

#define WITHDRAW_US CLOCK_SECOND

bool
job_withdraw(struct queue *q, const struct job *job)
{
	const struct kind *kind = kind_find(job->kind, NULL);
	char text[UUID_TEXT];
	const char *id = job->message_id;

	if (kind == NULL || !kind->foreign_queue)
		return true;
	if (id == NULL)
		id = uuid_format(&job->id, text);
	if (queue_withdraw(q, kind->queue, id, clock_mono_us() + WITHDRAW_US) ==
		1 ||
	    job->published_at == 0)
		return true;
	log_warning("message of a cancelled job was not taken back",
	    LS("job", id), LS("kind", job->kind), LS("queue", kind->queue));
	return false;
}
