/* SPDX-License-Identifier: ISC */
/* Reads Celery messages of both protocols; expects anything. */
#include "config.h"

#include "celery.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "canvas.h"
#include "celery_own.h"
#include "text/json.h"
#include "text/json_span.h"

#define TEXT_MAX  ((size_t)255)
#define TRACE_MAX ((size_t)128)
#define LIMIT_MAX ((int64_t)366 * 86400 * 1000)

struct decoder {
	struct arena *a;
	struct celery_message *m;
	const char *why;
	struct json_span headers;
	struct json_span properties;
	struct json_span info; /* properties.delivery_info */
	struct json_span task; /* has id, task, eta ...: headers or body */
	struct json_span args, kwargs;
	struct json_span embed; /* has callbacks ... */
};

static enum celery_err
no(struct decoder *d, enum celery_err err, const char *why)
{
	d->why = why;
	return err;
}

/* A member; absent and null are the same here. */
static bool
get(const struct json_span *object, const char *name, struct json_span *v)
{
	*v = (struct json_span){ 0 };
	if (object->len == 0 || !json_span_get(object, name, v))
		return false;
	return !json_span_is(v, 'n');
}

static const char *
get_text(struct decoder *d, const struct json_span *object, const char *name,
    size_t max)
{
	struct json_span v;
	const char *text = NULL;

	if (get(object, name, &v))
		text = json_span_text(d->a, &v, max);
	return text == NULL || text[0] == '\0' ? NULL : text;
}

static int64_t
get_int(const struct json_span *object, const char *name)
{
	struct json_span v;
	int64_t n = 0;

	if (get(object, name, &v) && json_span_int(&v, &n) && n > 0)
		return n;
	return 0;
}

static bool
get_bool(const struct json_span *object, const char *name)
{
	struct json_span v;

	return get(object, name, &v) && json_span_is(&v, 't');
}

static enum celery_err
read_envelope(struct decoder *d, const char *text, size_t len,
    struct json_span *envelope)
{
	struct json_span v;
	unsigned odd;

	if (len > CELERY_MAX)
		return no(d, CELERY_BROKEN, "it is larger than 1 MiB");
	d->why = json_span_read(text, len, CELERY_DEPTH, envelope, &odd);
	if (d->why != NULL)
		return CELERY_BROKEN;
	if (!json_span_is(envelope, '{'))
		return no(d, CELERY_BROKEN, "it is not an object");
	if (get(envelope, "headers", &v) && json_span_is(&v, '{'))
		d->headers = v;
	d->m->id = get_text(d, &d->headers, "id", TEXT_MAX);
	d->m->kind = get_text(d, &d->headers, "task", TEXT_MAX);
	if (!get(envelope, "properties", &d->properties) ||
	    !get(&d->properties, "delivery_info", &d->info) ||
	    !json_span_is(&d->info, '{'))
		return no(d, CELERY_BROKEN, "there is no delivery_info");
	if (!get(&d->properties, "delivery_tag", &v))
		return no(d, CELERY_BROKEN, "there is no delivery_tag");
	d->m->tag = json_span_text(d->a, &v, TEXT_MAX);
	return CELERY_OK;
}

static enum celery_err
read_body(struct decoder *d, const struct json_span *envelope,
    struct json_span *body, unsigned *odd)
{
	struct celery_packing in = { 0 };
	struct json_span v;
	enum celery_err err;
	const char *text;
	size_t len;

	if (!get(envelope, "content-type", &v))
		return no(d, CELERY_TYPE, "there is no content-type");
	if (!str_eq(get_text(d, envelope, "content-type", TEXT_MAX) ?: "",
		"application/json"))
		return no(d, CELERY_TYPE,
		    "the content-type is not application/json");
	get(envelope, "body", &in.body);
	get(&d->properties, "body_encoding", &in.encoding);
	get(&d->headers, "compression", &in.compression);
	err = celery_body(d->a, &in, &text, &len, &d->why);
	if (err != CELERY_OK)
		return err;
	d->why = json_span_read(text, len, CELERY_DEPTH, body, odd);
	return d->why == NULL ? CELERY_OK : CELERY_BROKEN;
}

/* Where the parts of both protocols are. */
static enum celery_err
find_parts(struct decoder *d, const struct json_span *body)
{
	if (json_span_is(body, '{')) { /* protocol 1 */
		d->task = d->embed = *body;
		get(body, "args", &d->args);
		get(body, "kwargs", &d->kwargs);
		d->m->id = get_text(d, body, "id", TEXT_MAX);
		d->m->kind = get_text(d, body, "task", TEXT_MAX);
		return CELERY_OK;
	}
	if (!json_span_is(body, '['))
		return no(d, CELERY_BROKEN, "the body is not an array");
	if (json_span_count(body) != 3)
		return no(d, CELERY_BROKEN,
		    "the body is not an array of three");
	d->task = d->headers;
	if (json_span_at(body, 0, &d->args) &&
	    json_span_at(body, 1, &d->kwargs) &&
	    json_span_at(body, 2, &d->embed) && json_span_is(&d->embed, 'n'))
		d->embed.len = 0;
	return CELERY_OK;
}

/* An array of signatures, or one; NULL if there is none. */
static const char *
get_sigs(struct decoder *d, const char *name)
{
	struct json_span v;

	if (!get(&d->embed, name, &v) ||
	    (json_span_is(&v, '[') && json_span_count(&v) == 0))
		return NULL;
	if (json_span_is(&v, '{'))
		return arena_printf(d->a, "[%.*s]", (int)v.len, v.p);
	return arena_strndup(d->a, v.p, v.len);
}

static enum celery_err
read_embed(struct decoder *d)
{
	struct celery_message *m = d->m;
	struct json_span v;
	const char *why;

	if (d->embed.len > 0 && !json_span_is(&d->embed, '{'))
		return no(d, CELERY_ARGS, "the options are not an object");
	m->callbacks = get_sigs(d, "callbacks");
	m->errbacks = get_sigs(d, "errbacks");
	m->chain = get_sigs(d, "chain");
	if (get(&d->embed, "chord", &v))
		m->chord = arena_strndup(d->a, v.p, v.len);
	why = canvas_check(d->a, m);
	return why == NULL ? CELERY_OK : no(d, CELERY_UNSUPPORTED, why);
}

/* 0, or -1 if there is one that is no time. */
static int
get_time(struct decoder *d, const char *name, bool *has, int64_t *us)
{
	struct json_span v;
	const char *text;

	*has = get(&d->task, name, &v);
	if (!*has)
		return 0;
	text = json_span_text(d->a, &v, TEXT_MAX);
	if (text == NULL)
		return -1;
	return celery_time_parse(text, us);
}

static enum celery_err
read_times(struct decoder *d)
{
	if (get_time(d, "eta", &d->m->has_eta, &d->m->eta) == -1)
		return no(d, CELERY_ARGS, "the eta is not a time");
	if (get_time(d, "expires", &d->m->has_expires, &d->m->expires) == -1)
		return no(d, CELERY_ARGS, "expires is not a time");
	return CELERY_OK;
}

/* Seconds, whole or not, as milliseconds; 0 for anything else. */
static int64_t
limit_of(const struct json_span *limits, size_t i)
{
	struct json_span v;
	char text[32];
	double s;

	if (limits->len == 0 || !json_span_at(limits, i, &v) ||
	    v.len >= sizeof(text))
		return 0;
	memcpy(text, v.p, v.len);
	text[v.len] = '\0';
	if (text[0] < '0' || text[0] > '9')
		return 0;
	s = strtod(text, NULL);
	if (isnan(s) || s <= 0)
		return 0;
	if (s > (double)(LIMIT_MAX / 1000))
		return LIMIT_MAX;
	return s < 0.001 ? 1 : (int64_t)(s * 1000);
}

/* What may be wrong without harm. */
static void
read_rest(struct decoder *d)
{
	struct celery_message *m = d->m;
	struct json_span limits, v;
	int64_t index;
	int64_t priority = get_int(&d->properties, "priority");

	m->root_id = get_text(d, &d->task, "root_id", TEXT_MAX);
	m->parent_id = get_text(d, &d->task, "parent_id", TEXT_MAX);
	m->group = get_text(d, &d->task, "group", TEXT_MAX);
	if (get(&d->task, "group_index", &v) && json_span_int(&v, &index))
		m->group_index = arena_printf(d->a, "%" PRId64, index);
	m->retries = get_int(&d->task, "retries");
	m->ignore_result = get_bool(&d->task, "ignore_result");
	m->priority = priority > 9 ? 9 : (int)priority;
	m->queue = get_text(d, &d->info, "routing_key", TEXT_MAX);
	m->request_id = get_text(d, &d->headers, "request_id", TRACE_MAX);
	m->traceparent = get_text(d, &d->headers, "traceparent", TRACE_MAX);
	get(&d->task, "timelimit", &limits);
	m->hard_limit = limit_of(&limits, 0);
	m->soft_limit = limit_of(&limits, 1);
}

static enum celery_err
read_args(struct decoder *d, unsigned odd)
{
	static const struct json_span array = { "[]", 2 }, object = { "{}", 2 };
	bool old = json_span_is(&d->task, '{') && d->task.p != d->headers.p;

	if (old && d->args.len == 0)
		d->args = array;
	if (old && d->kwargs.len == 0)
		d->kwargs = object;
	if (!json_span_is(&d->args, '['))
		return no(d, CELERY_ARGS, "the arguments are not an array");
	if (!json_span_is(&d->kwargs, '{'))
		return no(d, CELERY_ARGS,
		    "the named arguments are not an object");
	if (odd & JSON_SPAN_NAN)
		return no(d, CELERY_ARGS,
		    "NaN or Infinity in the arguments, which JSON has not");
	if (odd & JSON_SPAN_NUL)
		return no(d, CELERY_ARGS,
		    "U+0000 in the arguments, which PostgreSQL cannot hold");
	if (odd & JSON_SPAN_HALF)
		return no(d, CELERY_ARGS,
		    "half of a surrogate pair in the arguments");
	d->m->args = arena_strndup(d->a, d->args.p, d->args.len);
	d->m->kwargs = arena_strndup(d->a, d->kwargs.p, d->kwargs.len);
	return CELERY_OK;
}

static enum celery_err
decode(struct decoder *d, const char *text, size_t len)
{
	struct json_span envelope, body;
	enum celery_err err;
	unsigned odd = 0;

	if ((err = read_envelope(d, text, len, &envelope)) != CELERY_OK ||
	    (err = read_body(d, &envelope, &body, &odd)) != CELERY_OK ||
	    (err = find_parts(d, &body)) != CELERY_OK)
		return err;
	if (d->m->id == NULL)
		return no(d, CELERY_NO_TASK, "there is no usable id");
	if (d->m->kind == NULL)
		return no(d, CELERY_NO_TASK, "there is no usable task name");
	read_rest(d);
	if ((err = read_embed(d)) != CELERY_OK ||
	    (err = read_times(d)) != CELERY_OK)
		return err;
	return read_args(d, odd);
}

enum celery_err
celery_decode(struct arena *a, const char *text, size_t len,
    struct celery_message *m, const char **why)
{
	struct decoder d = { .a = a, .m = m };
	enum celery_err err;

	*m = (struct celery_message){ 0 };
	err = decode(&d, text, len);
	*why = d.why;
	return err;
}

const char *
celery_id_of(struct arena *a, const char *text, size_t len)
{
	static const char key[] = "\"headers\"";
	struct decoder d = { .a = a };
	const char *end = text + len, *p = text, *id;
	unsigned odd;

	while ((p = memmem(p, (size_t)(end - p), key, strlen(key))) != NULL) {
		p += strlen(key);
		while (p < end && (*p == ' ' || *p == ':'))
			p++;
		if (json_span_begin(p, (size_t)(end - p), CELERY_DEPTH,
			&d.headers, &odd) != NULL ||
		    !json_span_is(&d.headers, '{'))
			continue;
		id = get_text(&d, &d.headers, "id", CELERY_ID_MOST);
		if (id != NULL)
			return get_bool(&d.headers, "ignore_result") ? NULL
								     : id;
	}
	return NULL;
}

static const char *
check_value(const char *text)
{
	struct json_fault fault;

	json_release(json_read(text, strlen(text), CELERY_DEPTH, &fault));
	return fault.msg;
}

const char *
celery_check_args(const struct celery_message *m)
{
	const char *why = check_value(m->args);

	return why != NULL ? why : check_value(m->kwargs);
}
