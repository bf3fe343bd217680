/* SPDX-License-Identifier: ISC */
/* Between rows of jobs and Celery's messages. */
#ifndef MESSAGE_H
#define MESSAGE_H

#include <json-c/json_object.h>

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"
#include "celery/canvas.h"
#include "jobs/job.h"
#include "jobs/job_tell.h"
#include "jobs/kind.h"

/* The id of a message's row: the message's id if that is a UUID, else the
 * version 5 UUID of it. */
struct uuid message_job(const char *id);

/* What Celery calls the job of a row. */
const char *message_id(struct arena *a, const struct job *job);

/* The args of the row of a message that others sent: {"args": [...], "kwargs":
 * {...}}, and "expires" and "timelimit" as in Celery's headers if it has
 * them. */
const char *message_args(struct arena *a, const struct celery_message *m);

/* Sets the limits of a message to those that the row has: 0 if none. */
void message_row_limits(struct arena *a, const struct job *job,
    struct celery_message *m);

/* Narrows them to those of its kind, if others run it. */
void message_limits(const char *name, struct celery_message *m);

/* Adds the message of a row for that queue: that of its sender, if it has one;
 * else a new one, where result says that somebody may wait for one.  Returns
 * its priority.  If others run its kind, it has the limits of the kind. */
int message_encode(struct arena *a, struct buf *b, const struct job *job,
    const char *queue, bool result);

/* The state of Celery for one in which a job is over. */
enum celery_state message_state(enum job_state state);

/* How a job has ended that is over, and the message of its sender; all empty
 * but for the id if it has none. */
void message_end(struct arena *a, const struct job_tell *t,
    struct celery_message *m, struct canvas_end *end);

/* The result of a job that has ended so, in the arena; children is JSON or
 * NULL. */
const char *message_result(struct arena *a, const struct canvas_end *end,
    const char *children);

/* The arguments as a handler of Errand's own wants them: an object, or NULL
 * if the row has none such. */
struct json_object *message_kwargs(struct arena *a, const struct job *job);

#endif
