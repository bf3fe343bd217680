/* SPDX-License-Identifier: ISC */
/* Between rows of jobs and Celery's messages. */
#include "config.h"

#include "message.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/str.h"
#include "text/json.h"
#include "text/json_span.h"
#include "text/json_write.h"

/* Members of the args of a row that others sent. */
#define ARGS    "args"
#define KWARGS  "kwargs"
#define EXPIRES "expires"
#define LIMITS  "timelimit"

/* RFC 9562: the name space of object identifiers, for names that are none. */
static const uint8_t name_space[16] = { 0x6b, 0xa7, 0xb8, 0x12, 0x9d, 0xad,
	0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8 };

struct uuid
message_job(const char *id)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	struct buf name = { 0 };
	struct uuid u;

	if (uuid_parse(id, &u) == 0)
		return u;
	buf_add(&name, name_space, sizeof(name_space));
	buf_adds(&name, id);
	if (EVP_Digest(name.data, name.len, digest, NULL, EVP_sha1(), NULL) !=
	    1)
		memset(digest, 0, sizeof(digest));
	buf_free(&name);
	memcpy(u.b, digest, sizeof(u.b));
	u.b[6] = (uint8_t)((u.b[6] & 0x0f) | 0x50);
	u.b[8] = (uint8_t)((u.b[8] & 0x3f) | 0x80);
	return u;
}

const char *
message_id(struct arena *a, const struct job *job)
{
	char id[UUID_TEXT];

	if (job->message_id != NULL)
		return job->message_id;
	return arena_strdup(a, uuid_format(&job->id, id));
}

/* Seconds with their fraction, as Celery has them. */
static void
put_limit(struct json_write *w, int64_t ms)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRId64 ".%03d", ms / 1000,
	    (int)(ms % 1000));
	if (ms == 0)
		json_put_null(w, NULL);
	else
		json_put_raw(w, NULL, text);
}

const char *
message_args(struct arena *a, const struct celery_message *m)
{
	struct buf b = { 0 };
	struct json_write w = json_write(&b);
	char expires[CELERY_TIME];
	const char *text;

	json_open_object(&w, NULL);
	json_put_raw(&w, ARGS, m->args == NULL ? "[]" : m->args);
	json_put_raw(&w, KWARGS, m->kwargs == NULL ? "{}" : m->kwargs);
	if (m->has_expires)
		json_put_text(&w, EXPIRES, celery_time(m->expires, expires));
	if (m->hard_limit != 0 || m->soft_limit != 0) {
		json_open_array(&w, LIMITS);
		put_limit(&w, m->hard_limit);
		put_limit(&w, m->soft_limit);
		json_close_array(&w);
	}
	json_close_object(&w);
	json_write_end(&w);
	text = arena_strndup(a, b.data, b.len);
	buf_free(&b);
	return text;
}

static int64_t
limit_at(const struct json_span *limits, size_t i)
{
	char text[32];
	struct json_span v;

	if (!json_span_at(limits, i, &v) || v.len >= sizeof(text))
		return 0;
	memcpy(text, v.p, v.len);
	text[v.len] = '\0';
	return (int64_t)(strtod(text, NULL) * 1000);
}

/* Arguments and options of the row of a message that others sent, as text, so
 * that every digit stays.  False if args is not what message_args makes. */
static bool
message_read(struct arena *a, const char *args, struct celery_message *m)
{
	struct json_span row, list, object, v;
	const char *expires = NULL;
	unsigned odd;

	if (json_span_read(args, strlen(args), CELERY_DEPTH + 1, &row, &odd) !=
		NULL ||
	    !json_span_get(&row, ARGS, &list) || !json_span_is(&list, '[') ||
	    !json_span_get(&row, KWARGS, &object) ||
	    !json_span_is(&object, '{'))
		return false;
	m->args = arena_strndup(a, list.p, list.len);
	m->kwargs = arena_strndup(a, object.p, object.len);
	if (json_span_get(&row, EXPIRES, &v))
		expires = json_span_text(a, &v, CELERY_TIME);
	m->has_expires =
	    expires != NULL && celery_time_parse(expires, &m->expires) == 0;
	if (json_span_get(&row, LIMITS, &v)) {
		m->hard_limit = limit_at(&v, 0);
		m->soft_limit = limit_at(&v, 1);
	}
	return true;
}

/* Others run it, and know a kind's limits from the message alone: they count
 * where they are narrower than the sender's. */
void
message_limits(const char *name, struct celery_message *m)
{
	const struct kind *k = kind_find(name, NULL);

	if (k == NULL || !k->foreign_queue)
		return;
	if (k->soft_limit != 0 &&
	    (m->soft_limit == 0 || k->soft_limit < m->soft_limit))
		m->soft_limit = k->soft_limit;
	if (k->hard_limit != 0 &&
	    (m->hard_limit == 0 || k->hard_limit < m->hard_limit))
		m->hard_limit = k->hard_limit;
}

void
message_row_limits(struct arena *a, const struct job *job,
    struct celery_message *m)
{
	struct celery_message row = { 0 };

	if (job->message_id != NULL)
		message_read(a, job->args, &row);
	m->soft_limit = row.soft_limit;
	m->hard_limit = row.hard_limit;
}

/* That of its sender; false if it has none. */
static bool
message_again(struct arena *a, struct buf *b, const struct job *job,
    const char *queue, int *priority)
{
	struct celery_message was = { 0 }, row = { 0 };
	struct celery_again how = { .id = message_id(a, job), .queue = queue };
	const char *text = job->message, *why;

	if (text == NULL ||
	    celery_decode(a, text, strlen(text), &was, &why) != CELERY_OK)
		return false;
	message_read(a, job->args, &row);
	how.retries = was.retries + job->attempts;
	how.forget_expires = !row.has_expires;
	*priority = was.priority;
	return celery_encode_again(b, text, strlen(text), &how);
}

int
message_encode(struct arena *a, struct buf *b, const struct job *job,
    const char *queue, bool result)
{
	int priority = 0;
	struct celery_message m = { .id = message_id(a, job),
		.kind = job->kind,
		.retries = job->attempts,
		.ignore_result = !result,
		.queue = queue,
		.request_id = job->request_id,
		.traceparent = job->traceparent };

	if (message_again(a, b, job, queue, &priority))
		return priority;
	if (job->message_id == NULL || !message_read(a, job->args, &m))
		m.kwargs = job->args;
	message_limits(job->kind, &m);
	celery_encode(b, &m);
	return 0;
}

enum celery_state
message_state(enum job_state state)
{
	if (state == JOB_SUCCEEDED)
		return CELERY_SUCCESS;
	return state == JOB_CANCELLED ? CELERY_REVOKED : CELERY_FAILURE;
}

void
message_end(struct arena *a, const struct job_tell *t, struct celery_message *m,
    struct canvas_end *end)
{
	const char *text = t->job.message, *why, *dot;

	*m = (struct celery_message){ 0 };
	if (text != NULL &&
	    celery_decode(a, text, strlen(text), m, &why) != CELERY_OK)
		*m = (struct celery_message){ 0 };
	m->id = message_id(a, &t->job);
	*end = (struct canvas_end){
		.m = m, .state = message_state(t->job.state), .value = t->value
	};
	if (end->state == CELERY_FAILURE)
		end->message = t->job.last_error;
	dot = t->exception == NULL ? NULL : strrchr(t->exception, '.');
	if (dot != NULL) {
		end->exc_type = dot + 1;
		end->exc_module = arena_strndup(a, t->exception,
		    (size_t)(dot - t->exception));
	}
}

const char *
message_result(struct arena *a, const struct canvas_end *end,
    const char *children)
{
	const struct celery_result r = { .state = end->state,
		.id = end->m->id,
		.value = end->value,
		.exc_type = end->exc_type,
		.exc_module = end->exc_module,
		.message = end->message,
		.parent_id = end->m->parent_id,
		.group = end->m->group,
		.children = children };
	struct buf b = { 0 };
	const char *text;

	celery_result_format(&b, &r);
	text = arena_strndup(a, b.data, b.len);
	buf_free(&b);
	return text;
}

struct json_object *
message_kwargs(struct arena *a, const struct job *job)
{
	struct celery_message m = { .kwargs = job->args };
	struct json_object *tree;
	struct json_fault fault;

	if (job->message_id != NULL)
		message_read(a, job->args, &m);
	tree = json_read(m.kwargs, strlen(m.kwargs), CELERY_DEPTH, &fault);
	if (tree == NULL)
		return NULL;
	arena_defer(a, json_release, tree);
	return json_object_is_type(tree, json_type_object) ? tree : NULL;
}
