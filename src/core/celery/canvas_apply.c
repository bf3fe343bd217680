/* SPDX-License-Identifier: ISC */
/* Sends signatures: into messages, one a task that can begin now. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/str.h"
#include "canvas_own.h"
#include "celery_own.h"
#include "text/json_write.h"

#define SECONDS_MAX (366.0 * 86400 * 100)

/* --- tasks --- */

static struct json_span
span_of(const char *raw)
{
	return (struct json_span){ raw, raw == NULL ? 0 : strlen(raw) };
}

/* Seconds as JSON; 0 if it is no such number. */
static double
seconds_of(const char *raw)
{
	double s;

	if (raw == NULL || (raw[0] != '-' && (raw[0] < '0' || raw[0] > '9')))
		return 0;
	s = strtod(raw, NULL);
	return s > SECONDS_MAX    ? SECONDS_MAX
	       : s < -SECONDS_MAX ? -SECONDS_MAX
				  : s;
}

static int64_t
int_of(const char *raw)
{
	struct json_span v = span_of(raw);
	int64_t n = 0;

	return raw != NULL && json_span_int(&v, &n) ? n : 0;
}

/* A time, or how many seconds from now. */
static bool
time_of(struct arena *a, const char *raw, int64_t *us)
{
	struct json_span v = span_of(raw);
	const char *text;

	if (raw == NULL)
		return false;
	text = json_span_text(a, &v, 64);
	if (text != NULL)
		return celery_time_parse(text, us) == 0;
	if (raw[0] != '-' && (raw[0] < '0' || raw[0] > '9'))
		return false;
	*us = clock_wall_us() + (int64_t)(seconds_of(raw) * CLOCK_SECOND);
	return true;
}

/* The stamps that its options name: {"name": value}. */
static const char *
stamps_of(struct arena *a, const struct canvas_options *o, const char *stamped)
{
	struct json_span list = span_of(stamped), v;
	const char *at = NULL, *text = "", *name, *raw;

	while (json_span_next(&list, &at, &v)) {
		name = json_span_text(a, &v, 255);
		raw = name == NULL ? NULL : canvas_get(o, name);
		if (raw != NULL)
			text = arena_printf(a, "%s%s%s: %s", text,
			    text[0] == '\0' ? "" : ", ", canvas_quote(a, name),
			    raw);
	}
	return arena_printf(a, "{%s}", text);
}

/* A copy that is sent once more has the same tag: it is no new wish. */
static const char *
tag_of(struct canvas_plan *plan, const char *id)
{
	const char *seed = plan->seed;
	struct canvas_plan of = { .arena = plan->arena,
		.seed = arena_printf(plan->arena, "%s tag %s", seed, id) };

	return canvas_new_id(&of);
}

static const char *
list_of(struct arena *a, const struct canvas_options *o, const char *name)
{
	const char *inside = canvas_inside(a, canvas_get(o, name));

	return inside[0] == '\0' ? NULL : arena_printf(a, "[%s]", inside);
}

/* What its options say, in a message. */
static struct celery_message
message_of(struct canvas_plan *plan, const struct canvas_sig *sig,
    const struct canvas_options *o)
{
	struct arena *a = plan->arena;
	struct celery_message m = { .kind = sig->task,
		.args = sig->args,
		.kwargs = sig->kwargs,
		.id = canvas_get_text(a, o, "task_id"),
		.root_id = canvas_get_text(a, o, "root_id"),
		.parent_id = canvas_get_text(a, o, "parent_id"),
		.group = canvas_get_text(a, o, "group_id"),
		.group_index = canvas_get(o, "group_index"),
		.callbacks = list_of(a, o, "link"),
		.errbacks = list_of(a, o, "link_error"),
		.chain = canvas_get(o, "chain"),
		.chord = canvas_get(o, "chord"),
		.shadow = canvas_get_text(a, o, "shadow"),
		.reply_to = canvas_get_text(a, o, "reply_to"),
		.retries = int_of(canvas_get(o, "retries")),
		.stamped = canvas_get(o, "stamped_headers") };
	const char *raw = canvas_get(o, "headers");
	int64_t priority = int_of(canvas_get(o, "priority"));

	if (m.id == NULL)
		m.id = canvas_new_id(plan);
	m.tag = tag_of(plan, m.id);
	m.priority = priority < 0 ? 0 : priority > 9 ? 9 : (int)priority;
	m.has_eta = time_of(a, canvas_get(o, "countdown"), &m.eta) ||
		    time_of(a, canvas_get(o, "eta"), &m.eta);
	m.has_expires = time_of(a, canvas_get(o, "expires"), &m.expires);
	m.hard_limit =
	    (int64_t)(seconds_of(canvas_get(o, "time_limit")) * 1000);
	m.soft_limit =
	    (int64_t)(seconds_of(canvas_get(o, "soft_time_limit")) * 1000);
	m.ignore_result = canvas_get(o, "ignore_result") != NULL &&
			  str_eq(canvas_get(o, "ignore_result"), "true");
	if (m.stamped != NULL)
		m.stamps = stamps_of(a, o, m.stamped);
	if (raw != NULL && raw[0] == '{')
		m.headers = canvas_inside(a,
		    arena_printf(a, "[%.*s]", (int)strlen(raw) - 2, raw + 1));
	return m;
}

static size_t
length_of(const char *text)
{
	return text == NULL ? 0 : strlen(text);
}

static const char *
apply_task(struct canvas_plan *plan, const struct canvas_sig *sig,
    const char *partial, const struct canvas_options *call)
{
	struct arena *a = plan->arena;
	struct canvas_options o = canvas_merge(a, &sig->options, call);
	struct canvas_sig task = *sig;
	struct canvas_post *p;
	size_t bytes;

	canvas_partial(a, &task, partial);
	plan->posts =
	    canvas_grow(a, plan->posts, plan->nposts, sizeof(*plan->posts));
	p = &plan->posts[plan->nposts++];
	*p = (struct canvas_post){ .m = message_of(plan, &task, &o),
		.queue = canvas_get_text(a, &o, "queue"),
		.exchange = canvas_get_text(a, &o, "exchange"),
		.key = canvas_get_text(a, &o, "routing_key") };
	/* In base64, and with some room for what is around it. */
	bytes = (length_of(p->m.args) + length_of(p->m.kwargs) +
		    length_of(p->m.callbacks) + length_of(p->m.errbacks) +
		    length_of(p->m.chain) + length_of(p->m.chord)) /
		    3 * 4 +
		length_of(p->m.headers) + length_of(p->m.stamps) + 8192;
	plan->bytes += bytes;
	if (bytes > CELERY_MAX)
		plan->why = "what follows is too large for a message";
	if (plan->bytes > CANVAS_BYTES || plan->nposts > CANVAS_POSTS)
		plan->why = "too much follows";
	return arena_printf(a, "[[%s, null], null]", canvas_quote(a, p->m.id));
}

/* --- groups --- */

static void
plan_size(struct canvas_plan *plan, const char *group, size_t n)
{
	plan->sizes = canvas_grow(plan->arena, plan->sizes, plan->nsizes,
	    sizeof(*plan->sizes));
	plan->sizes[plan->nsizes++] = (struct canvas_size){ group, n };
}

static const char *
apply_group(struct canvas_plan *plan, const struct canvas_sig *sig,
    const char *partial, const struct canvas_options *call)
{
	struct arena *a = plan->arena;
	struct canvas_options o = canvas_merge(a, &sig->options, call);
	struct canvas_sig **tasks;
	struct canvas_frozen f = { .root = canvas_get_text(a, &o, "root_id") };
	size_t n = canvas_flat(a, sig, &tasks), parts = 0, i;
	struct buf b = { 0 };
	const char *tuple;

	f.group = canvas_get_text(a, &o, "task_id");
	if (f.group == NULL)
		f.group = canvas_new_id(plan);
	if (partial == NULL)
		partial = canvas_inside(a, sig->args);
	canvas_drop(&o, "task_id");
	canvas_drop(&o, "group_index");
	canvas_set_text(a, &o, "group_id", f.group);
	for (i = 0; i < n; i++)
		parts += canvas_parts(tasks[i]);
	if (n > 0 && (canvas_get(&o, "chord") != NULL ||
			 canvas_get(&tasks[n - 1]->options, "chord") != NULL))
		plan_size(plan, f.group, parts);
	buf_printf(&b, "[[%s, null], [", canvas_quote(a, f.group));
	for (i = 0; i < n && plan->why == NULL; i++) {
		struct canvas_sig *each = canvas_copy(a, tasks[i]);

		canvas_partial(a, each, partial);
		f.index = arena_printf(a, "%zu", i);
		canvas_freeze(plan, each, &f);
		buf_printf(&b, "%s%s", i == 0 ? "" : ", ",
		    canvas_apply(plan, each, NULL, &o));
	}
	buf_adds(&b, "]]");
	tuple = arena_strndup(a, b.data, b.len);
	buf_free(&b);
	return tuple;
}

/* --- chains --- */

/* Steps as they stand in a message: the last one first. */
struct steps {
	struct canvas_sig **v;
	size_t n;
};

static void
steps_push(struct arena *a, struct steps *s, struct canvas_sig *sig)
{
	s->v = canvas_grow(a, s->v, s->n, sizeof(*s->v));
	s->v[s->n++] = sig;
}

/* One after another, chains in it as well; what is no task is left out. */
static void
steps_open(struct arena *a, const struct canvas_sig *chain, struct steps *all)
{
	for (size_t i = 0; i < chain->n; i++) {
		const struct canvas_sig *t = chain->tasks[i];

		while (t->type == CANVAS_GROUP && t->n == 1)
			t = t->tasks[0];
		if (t->type == CANVAS_CHAIN)
			steps_open(a, t, all);
		else if (t->type != CANVAS_GROUP || t->n > 0)
			steps_push(a, all, canvas_copy(a, t));
	}
}

/* A group before something else is the header of a chord. */
static struct canvas_sig *
steps_chord(struct arena *a, struct steps *out, struct canvas_sig *group)
{
	struct canvas_sig *body = out->v[--out->n], *chord;
	const char *id = canvas_get_text(a, &body->options, "task_id");

	chord = canvas_make_chord(a, group, body);
	chord->args = group->args;
	group->args = "[]";
	if (body->type != CANVAS_GROUP)
		canvas_set_text(a, &chord->options, "task_id", id);
	return chord;
}

static struct steps
prepare(struct canvas_plan *plan, const struct canvas_sig *chain,
    const struct canvas_frozen *last, const char *errbacks)
{
	const struct canvas_frozen inner = { .root = last->root };
	struct arena *a = plan->arena;
	struct steps all = { 0 }, out = { 0 };

	steps_open(a, chain, &all);
	for (size_t i = all.n; i > 0; i--) {
		struct canvas_sig *t = all.v[i - 1];

		if (i == 1)
			canvas_partial(a, t, canvas_inside(a, chain->args));
		if (t->type == CANVAS_GROUP && out.n > 0)
			t = steps_chord(a, &out, t);
		canvas_freeze(plan, t, i == all.n ? last : &inner);
		canvas_extend(a, &t->options, "link_error", errbacks);
		if (t->type == CANVAS_CHORD)
			canvas_extend(a, &t->body->options, "link_error",
			    errbacks);
		steps_push(a, &out, t);
	}
	return out;
}

static const char *
apply_chain(struct canvas_plan *plan, const struct canvas_sig *sig,
    const char *partial, const struct canvas_options *call)
{
	struct arena *a = plan->arena;
	struct canvas_options o = canvas_merge_all(a, &sig->options, call);
	const struct canvas_frozen last = { .id = canvas_get_text(a, &o,
						"task_id"),
		.root = canvas_get_text(a, &o, "root_id"),
		.group = canvas_get_text(a, &o, "group_id"),
		.chord = canvas_get(&o, "chord"),
		.index = canvas_get(&o, "group_index") };
	static const char *const taken[] = { "task_id", "group_id", "chord",
		"group_index", "link", "link_error" };
	const char *link = canvas_get(&o, "link"), *tuple;
	struct canvas_sig chain = *sig, *first;
	struct steps steps;

	canvas_partial(a, &chain, partial);
	steps = prepare(plan, &chain, &last, canvas_get(&o, "link_error"));
	if (steps.n == 0)
		return "[[null, null], null]";
	for (size_t i = 0; i < NELEM(taken); i++)
		canvas_drop(&o, taken[i]);
	canvas_extend(a, &steps.v[0]->options, "link", link);
	tuple = canvas_tuple(a, steps.v[0]);
	first = steps.v[--steps.n];
	canvas_set(a, &o, "chain",
	    arena_printf(a, "[%s%s%s]",
		canvas_inside(a, canvas_get(&o, "chain")),
		canvas_inside(a, canvas_get(&o, "chain"))[0] == '\0' ||
			steps.n == 0
		    ? ""
		    : ", ",
		canvas_inside(a, canvas_texts(a, steps.v, steps.n))));
	canvas_apply(plan, first, NULL, &o);
	return tuple;
}

/* --- chords --- */

/* The options that its body gets: all but those of its header. */
static void
chord_body(struct canvas_plan *plan, struct canvas_sig *body,
    const struct canvas_options *o, const struct canvas_frozen *f)
{
	static const char *const headers[] = { "parent_id", "link",
		"link_error", "countdown", "eta", "task_id" };
	struct arena *a = plan->arena;
	struct canvas_options mine = canvas_merge_all(a, o, NULL);

	canvas_extend(a, &body->options, "link", canvas_get(o, "link"));
	canvas_extend(a, &body->options, "link_error",
	    canvas_get(o, "link_error"));
	for (size_t i = 0; i < NELEM(headers); i++)
		canvas_drop(&mine, headers[i]);
	body->options = canvas_merge_all(a, &body->options, &mine);
	canvas_freeze(plan, body, f);
}

static const char *
apply_chord(struct canvas_plan *plan, const struct canvas_sig *sig,
    const char *partial, const struct canvas_options *call)
{
	struct arena *a = plan->arena;
	struct canvas_options o = canvas_merge_all(a, &sig->options, call);
	struct canvas_options ho = { 0 };
	struct canvas_sig chord = *sig, *body = canvas_copy(a, sig->body);
	struct canvas_sig *header = canvas_copy(a, sig->header);
	struct canvas_frozen f = { .root = canvas_get_text(a, &o, "root_id") };
	static const char *const kept[] = { "countdown", "eta", "root_id",
		"parent_id", "priority", "queue", "exchange", "routing_key",
		"headers", "expires" };

	canvas_partial(a, &chord, partial);
	f.group = canvas_get_text(a, &header->options, "task_id");
	if (f.group == NULL)
		f.group = canvas_new_id(plan);
	canvas_set_text(a, &header->options, "task_id", f.group);
	chord_body(plan, body, &o, &f);
	if (header->n == 0) {
		struct canvas_options none = { 0 };

		canvas_set(a, &none, "parent_id", canvas_get(&o, "parent_id"));
		return canvas_apply(plan, body, "[]", &none);
	}
	for (size_t i = 0; i < NELEM(kept); i++)
		canvas_set(a, &ho, kept[i], canvas_get(&o, kept[i]));
	canvas_drop(&header->options, "link");
	canvas_drop(&header->options, "group_id");
	canvas_set(a, &ho, "chord", canvas_text(a, body));
	canvas_apply(plan, header, canvas_inside(a, chord.args), &ho);
	return canvas_tuple(a, body);
}

const char *
canvas_apply(struct canvas_plan *plan, const struct canvas_sig *sig,
    const char *partial, const struct canvas_options *call)
{
	static const char *(*const by_type[])(struct canvas_plan *,
	    const struct canvas_sig *, const char *,
	    const struct canvas_options *) = {
		[CANVAS_TASK] = apply_task,
		[CANVAS_GROUP] = apply_group,
		[CANVAS_CHAIN] = apply_chain,
		[CANVAS_CHORD] = apply_chord,
	};

	if (plan->why != NULL)
		return "[[null, null], null]";
	return by_type[sig->type](plan, sig, partial, call);
}
