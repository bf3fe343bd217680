/* SPDX-License-Identifier: ISC */
/* Signatures out of JSON and into it; their options and arguments. */
#include "config.h"

#include <string.h>

#include "base/str.h"
#include "canvas_own.h"
#include "celery_own.h"
#include "text/json.h"
#include "text/json_write.h"

#define NAME_MAX_ ((size_t)255)
#define RAW_MAX   CELERY_BODY_MAX

static const char *
raw_of(struct arena *a, const struct json_span *v)
{
	return arena_strndup(a, v->p, v->len);
}

static const char *
buf_take(struct arena *a, struct buf *b)
{
	const char *text =
	    arena_strndup(a, b->data == NULL ? "" : b->data, b->len);

	buf_free(b);
	return text;
}

const char *
canvas_quote(struct arena *a, const char *text)
{
	struct buf b = { 0 };

	json_add_cstring(&b, text);
	return buf_take(a, &b);
}

/* --- options --- */

const char *
canvas_get(const struct canvas_options *o, const char *name)
{
	for (size_t i = 0; i < o->n; i++) {
		if (str_eq(o->v[i].name, name))
			return str_eq(o->v[i].raw, "null") ? NULL : o->v[i].raw;
	}
	return NULL;
}

const char *
canvas_get_text(struct arena *a, const struct canvas_options *o,
    const char *name)
{
	const char *raw = canvas_get(o, name);
	struct json_span v;

	if (raw == NULL)
		return NULL;
	v = (struct json_span){ raw, strlen(raw) };
	return json_span_text(a, &v, NAME_MAX_);
}

void
canvas_drop(struct canvas_options *o, const char *name)
{
	size_t kept = 0;

	for (size_t i = 0; i < o->n; i++) {
		if (!str_eq(o->v[i].name, name))
			o->v[kept++] = o->v[i];
	}
	o->n = kept;
}

void *
canvas_grow(struct arena *a, void *v, size_t n, size_t each)
{
	void *wider;

	if ((n & (n - 1)) != 0) /* room doubles at powers of two */
		return v;
	wider = arena_alloc(a, (n == 0 ? 1 : 2 * n) * each);
	if (n > 0)
		memcpy(wider, v, n * each);
	return wider;
}

void
canvas_set(struct arena *a, struct canvas_options *o, const char *name,
    const char *raw)
{
	canvas_drop(o, name);
	if (raw == NULL)
		return;
	/* Dropping may have left n at any number: the room is counted anew. */
	struct canvas_option *v = arena_alloc(a, (o->n + 1) * sizeof(*v));

	if (o->n > 0)
		memcpy(v, o->v, o->n * sizeof(*v));
	v[o->n] = (struct canvas_option){ name, raw };
	o->v = v;
	o->n++;
}

void
canvas_set_text(struct arena *a, struct canvas_options *o, const char *name,
    const char *text)
{
	if (text != NULL)
		canvas_set(a, o, name, canvas_quote(a, text));
}

static struct canvas_options
options_copy(struct arena *a, const struct canvas_options *o)
{
	struct canvas_options copy = {
		arena_alloc(a, (o->n + 1) * sizeof(*copy.v)), o->n
	};

	if (o->n > 0)
		memcpy(copy.v, o->v, o->n * sizeof(*copy.v));
	return copy;
}

/* A group and stamps stay what they are. */
static bool
stays(struct arena *a, const struct canvas_options *own, const char *name)
{
	const char *stamped = canvas_get(own, "stamped_headers");
	struct json_span list, v;

	if (canvas_get(own, name) == NULL)
		return false;
	if (str_eq(name, "group_id") || str_eq(name, "stamped_headers"))
		return true;
	if (stamped == NULL)
		return false;
	list = (struct json_span){ stamped, strlen(stamped) };
	for (size_t i = 0; json_span_at(&list, i, &v); i++) {
		const char *text = json_span_text(a, &v, NAME_MAX_);

		if (text != NULL && str_eq(text, name))
			return true;
	}
	return false;
}

struct canvas_options
canvas_merge(struct arena *a, const struct canvas_options *own,
    const struct canvas_options *call)
{
	struct canvas_options o = options_copy(a, own);

	for (size_t i = 0; call != NULL && i < call->n; i++) {
		if (!stays(a, own, call->v[i].name))
			canvas_set(a, &o, call->v[i].name, call->v[i].raw);
	}
	return o;
}

struct canvas_options
canvas_merge_all(struct arena *a, const struct canvas_options *own,
    const struct canvas_options *call)
{
	struct canvas_options o = options_copy(a, own);

	for (size_t i = 0; call != NULL && i < call->n; i++)
		canvas_set(a, &o, call->v[i].name, call->v[i].raw);
	return o;
}

const char *
canvas_inside(struct arena *a, const char *array)
{
	const char *p = array, *end;

	if (array == NULL)
		return "";
	if (*p != '[')
		return array; /* one that stands alone */
	p++;
	end = p + strlen(p) - 1;
	while (p < end && strchr(" \t\r\n", *p) != NULL)
		p++;
	while (end > p && strchr(" \t\r\n", end[-1]) != NULL)
		end--;
	return arena_strndup(a, p, (size_t)(end - p));
}

void
canvas_extend(struct arena *a, struct canvas_options *o, const char *name,
    const char *more)
{
	const char *had = canvas_inside(a, canvas_get(o, name));
	const char *added = canvas_inside(a, more);

	if (added[0] == '\0')
		return;
	canvas_set(a, o, name,
	    arena_printf(a, "[%s%s%s]", had, had[0] == '\0' ? "" : ", ",
		added));
}

void
canvas_partial(struct arena *a, struct canvas_sig *sig, const char *partial)
{
	const char *own;

	if (partial == NULL || partial[0] == '\0' || sig->immutable)
		return;
	own = canvas_inside(a, sig->args);
	sig->args = arena_printf(a, "[%s%s%s]", partial,
	    own[0] == '\0' ? "" : ", ", own);
}

/* --- out of JSON --- */

static bool
read_list(struct arena *a, const struct json_span *list, int depth,
    struct canvas_sig *sig)
{
	size_t n = json_span_count(list);
	const char *at = NULL;
	struct json_span v;

	if (!json_span_is(list, '['))
		return false;
	sig->tasks = arena_alloc(a, (n + 1) * sizeof(*sig->tasks));
	while (json_span_next(list, &at, &v)) {
		sig->tasks[sig->n] = canvas_read(a, &v, depth);
		if (sig->tasks[sig->n++] == NULL)
			return false;
	}
	return true;
}

static bool
read_chord(struct arena *a, const struct json_span *kwargs, int depth,
    struct canvas_sig *sig)
{
	struct json_span v;

	if (!json_span_get(kwargs, "header", &v))
		return false;
	if (json_span_is(&v, '[')) {
		sig->header = canvas_make_group(a, NULL, 0);
		if (!read_list(a, &v, depth, sig->header))
			return false;
	} else {
		sig->header = canvas_read(a, &v, depth);
	}
	if (sig->header == NULL)
		return false;
	if (sig->header->type != CANVAS_GROUP) {
		struct canvas_sig **one = arena_alloc(a, sizeof(*one));

		one[0] = sig->header;
		sig->header = canvas_make_group(a, one, 1);
	}
	if (!json_span_get(kwargs, "body", &v))
		return false;
	sig->body = canvas_read(a, &v, depth);
	sig->kwargs =
	    json_span_get(kwargs, "kwargs", &v) && json_span_is(&v, '{')
		? raw_of(a, &v)
		: "{}";
	return sig->body != NULL;
}

static void
read_options(struct arena *a, const struct json_span *v, struct canvas_sig *sig)
{
	struct json_span options, name, member;
	const char *at = NULL, *text;

	if (!json_span_get(v, "options", &options))
		return;
	while (json_span_each(&options, &at, &name, &member)) {
		text = json_span_text(a, &name, NAME_MAX_);
		if (text != NULL)
			canvas_set(a, &sig->options, text, raw_of(a, &member));
	}
}

/* By its type: what only tasks have is read by its caller. */
static bool
read_inside(struct arena *a, const struct json_span *kwargs, const char *type,
    int depth, struct canvas_sig *sig)
{
	struct json_span v;

	if (str_eq(type, "group") || str_eq(type, "chain")) {
		sig->type = type[0] == 'g' ? CANVAS_GROUP : CANVAS_CHAIN;
		return json_span_get(kwargs, "tasks", &v) &&
		       read_list(a, &v, depth, sig);
	}
	if (str_eq(type, "chord")) {
		sig->type = CANVAS_CHORD;
		return read_chord(a, kwargs, depth, sig);
	}
	return true;
}

struct canvas_sig *
canvas_read(struct arena *a, const struct json_span *v, int depth)
{
	static const struct json_span none = { "{}", 2 };
	struct canvas_sig *sig = arena_alloc(a, sizeof(*sig));
	struct json_span m, kwargs;
	const char *type = NULL;

	if (depth == 0 || !json_span_is(v, '{') ||
	    !json_span_get(v, "task", &m))
		return NULL;
	sig->task = json_span_text(a, &m, NAME_MAX_);
	if (sig->task == NULL || sig->task[0] == '\0')
		return NULL;
	sig->args = json_span_get(v, "args", &m) && json_span_is(&m, '[')
			? raw_of(a, &m)
			: "[]";
	if (!json_span_get(v, "kwargs", &kwargs) || !json_span_is(&kwargs, '{'))
		kwargs = none;
	sig->immutable =
	    json_span_get(v, "immutable", &m) && json_span_is(&m, 't');
	sig->subtask = "null";
	if (json_span_get(v, "subtask_type", &m)) {
		sig->subtask = raw_of(a, &m);
		type = json_span_text(a, &m, NAME_MAX_);
	}
	read_options(a, v, sig);
	if (!read_inside(a, &kwargs, type == NULL ? "" : type, depth - 1, sig))
		return NULL;
	if (sig->type == CANVAS_TASK)
		sig->kwargs = raw_of(a, &kwargs);
	return sig;
}

struct canvas_sig *
canvas_read_text(struct arena *a, const char *text)
{
	struct json_span v;
	unsigned odd;

	if (text == NULL ||
	    json_span_read(text, strlen(text), CELERY_DEPTH, &v, &odd) != NULL)
		return NULL;
	return canvas_read(a, &v, CANVAS_DEPTH);
}

struct canvas_sig *
canvas_copy(struct arena *a, const struct canvas_sig *sig)
{
	struct canvas_sig *copy;

	if (sig == NULL)
		return NULL;
	copy = arena_alloc(a, sizeof(*copy));
	*copy = *sig;
	copy->options = options_copy(a, &sig->options);
	copy->tasks = arena_alloc(a, (sig->n + 1) * sizeof(*copy->tasks));
	for (size_t i = 0; i < sig->n; i++)
		copy->tasks[i] = canvas_copy(a, sig->tasks[i]);
	copy->header = canvas_copy(a, sig->header);
	copy->body = canvas_copy(a, sig->body);
	return copy;
}

struct canvas_sig *
canvas_make_group(struct arena *a, struct canvas_sig **tasks, size_t n)
{
	struct canvas_sig *sig = arena_alloc(a, sizeof(*sig));

	*sig = (struct canvas_sig){ .type = CANVAS_GROUP,
		.task = "celery.group",
		.args = "[]",
		.kwargs = "{}",
		.subtask = "\"group\"",
		.tasks = tasks,
		.n = n };
	return sig;
}

struct canvas_sig *
canvas_make_chord(struct arena *a, struct canvas_sig *header,
    struct canvas_sig *body)
{
	struct canvas_sig *sig = arena_alloc(a, sizeof(*sig));

	*sig = (struct canvas_sig){ .type = CANVAS_CHORD,
		.task = "celery.chord",
		.args = "[]",
		.kwargs = "{}",
		.subtask = "\"chord\"",
		.header = header,
		.body = body };
	return sig;
}

/* --- into JSON --- */

static void
put_sig(struct buf *b, const struct canvas_sig *sig)
{
	buf_adds(b, "{\"task\": ");
	json_add_cstring(b, sig->task);
	buf_printf(b, ", \"args\": %s, \"kwargs\": ", sig->args);
	if (sig->type == CANVAS_TASK) {
		buf_adds(b, sig->kwargs);
	} else if (sig->type == CANVAS_CHORD) {
		buf_printf(b, "{\"kwargs\": %s, \"header\": ", sig->kwargs);
		put_sig(b, sig->header);
		buf_adds(b, ", \"body\": ");
		put_sig(b, sig->body);
		buf_adds(b, "}");
	} else {
		buf_adds(b, "{\"tasks\": [");
		for (size_t i = 0; i < sig->n; i++) {
			buf_adds(b, i == 0 ? "" : ", ");
			put_sig(b, sig->tasks[i]);
		}
		buf_adds(b, "]}");
	}
	buf_adds(b, ", \"options\": {");
	for (size_t i = 0; i < sig->options.n; i++) {
		buf_adds(b, i == 0 ? "" : ", ");
		json_add_cstring(b, sig->options.v[i].name);
		buf_printf(b, ": %s", sig->options.v[i].raw);
	}
	buf_printf(b, "}, \"subtask_type\": %s, \"immutable\": %s}",
	    sig->subtask, sig->immutable ? "true" : "false");
}

const char *
canvas_text(struct arena *a, const struct canvas_sig *sig)
{
	struct buf b = { 0 };

	put_sig(&b, sig);
	return buf_take(a, &b);
}

const char *
canvas_texts(struct arena *a, struct canvas_sig *const *sigs, size_t n)
{
	struct buf b = { 0 };

	buf_addc(&b, '[');
	for (size_t i = 0; i < n; i++) {
		buf_adds(&b, i == 0 ? "" : ", ");
		put_sig(&b, sigs[i]);
	}
	buf_addc(&b, ']');
	return buf_take(a, &b);
}
