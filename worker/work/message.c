/* SPDX-License-Identifier: ISC */
/* Between rows of jobs and Celery's messages. */
#include "config.h"

#include "message.h"

#include <inttypes.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/str.h"
#include "text/json.h"

#define ARGS    "{\"args\": "
#define KWARGS  ", \"kwargs\": "
#define EXPIRES "expires"
#define LIMITS  "timelimit"
#define DEPTH   64

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

static void
add_limit(struct buf *b, int64_t ms)
{
	if (ms == 0)
		buf_adds(b, "null");
	else
		buf_printf(b, "%" PRId64 ".%03d", ms / 1000, (int)(ms % 1000));
}

const char *
message_args(struct arena *a, const struct celery_message *m)
{
	struct buf b = { 0 };
	char expires[CELERY_TIME];
	const char *text;

	buf_printf(&b, ARGS "%s" KWARGS "%s",
	    m->args_text == NULL ? "[]" : m->args_text,
	    m->kwargs_text == NULL ? "{}" : m->kwargs_text);
	if (m->has_expires)
		buf_printf(&b, ", \"" EXPIRES "\": \"%s\"",
		    celery_time(m->expires, expires));
	if (m->hard_limit != 0 || m->soft_limit != 0) {
		buf_adds(&b, ", \"" LIMITS "\": [");
		add_limit(&b, m->hard_limit);
		buf_adds(&b, ", ");
		add_limit(&b, m->soft_limit);
		buf_addc(&b, ']');
	}
	buf_addc(&b, '}');
	text = arena_strndup(a, b.data, b.len);
	buf_free(&b);
	return text;
}

/* The length of the array or object at s. */
static size_t
message_span(const char *s)
{
	bool quoted = false;
	size_t i, depth = 0;

	for (i = 0; s[i] != '\0'; i++) {
		if (quoted) {
			if (s[i] == '\\' && s[i + 1] != '\0')
				i++;
			else
				quoted = s[i] != '"';
			continue;
		}
		quoted = s[i] == '"';
		if (s[i] == '[' || s[i] == '{')
			depth++;
		else if ((s[i] == ']' || s[i] == '}') && --depth == 0)
			return i + 1;
	}
	return 0;
}

/* Cuts the args of a row of others in two, as text, so that every digit stays.
 * PostgreSQL writes jsonb in one way only. */
static bool
message_split(struct arena *a, const char *text, struct celery_message *m)
{
	const char *args = text + strlen(ARGS), *kwargs;
	size_t n, k;

	if (!str_starts(text, ARGS "["))
		return false;
	n = message_span(args);
	if (n == 0 || !str_starts(args + n, KWARGS "{"))
		return false;
	kwargs = args + n + strlen(KWARGS);
	k = message_span(kwargs);
	if (k == 0 || (kwargs[k] != '}' && kwargs[k] != ','))
		return false;
	m->args_text = arena_strndup(a, args, n);
	m->kwargs_text = arena_strndup(a, kwargs, k);
	return true;
}

static int64_t
limit_at(struct json_object *limits, size_t i)
{
	struct json_object *limit = json_object_array_get_idx(limits, i);

	return (int64_t)(json_object_get_double(limit) * 1000);
}

/* What else its sender wanted. */
static void
message_options(struct arena *a, const char *text, struct celery_message *m)
{
	struct json_object *value = NULL, *tree;
	struct json_fault fault;

	tree = json_read(text, strlen(text), DEPTH, &fault);
	if (tree == NULL)
		return;
	arena_defer(a, json_release, tree);
	json_object_object_get_ex(tree, EXPIRES, &value);
	m->has_expires =
	    json_object_is_type(value, json_type_string) &&
	    celery_time_parse(json_object_get_string(value), &m->expires) == 0;
	if (json_object_object_get_ex(tree, LIMITS, &value) &&
	    json_object_is_type(value, json_type_array)) {
		m->hard_limit = limit_at(value, 0);
		m->soft_limit = limit_at(value, 1);
	}
}

void
message_encode(struct arena *a, struct buf *b, const struct job *job,
    const char *queue, bool result)
{
	struct celery_message m = { .id = message_id(a, job),
		.kind = job->kind,
		.retries = job->attempts,
		.ignore_result = !result,
		.redelivered = job->deaths > 0,
		.queue = queue,
		.request_id = job->request_id,
		.traceparent = job->traceparent };

	if (job->message_id == NULL || !message_split(a, job->args, &m))
		m.kwargs_text = job->args;
	else
		message_options(a, job->args, &m);
	celery_encode(b, &m);
}

struct json_object *
message_kwargs(struct arena *a, const struct job *job)
{
	struct celery_message m = { .kwargs_text = job->args };
	struct json_object *tree;
	struct json_fault fault;

	if (job->message_id != NULL)
		message_split(a, job->args, &m);
	tree = json_read(m.kwargs_text, strlen(m.kwargs_text), DEPTH, &fault);
	if (tree == NULL)
		return NULL;
	arena_defer(a, json_release, tree);
	return json_object_is_type(tree, json_type_object) ? tree : NULL;
}
