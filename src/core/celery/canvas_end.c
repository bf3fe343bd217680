/* SPDX-License-Identifier: ISC */
/* What follows from the end of a task in a canvas. */
#include "config.h"

#include <string.h>

#include "base/str.h"
#include "canvas_own.h"
#include "celery_own.h"

bool
canvas_is(const struct celery_message *m)
{
	return m->callbacks != NULL || m->errbacks != NULL ||
	       m->chain != NULL || m->chord != NULL;
}

static const char *
check_list(struct arena *a, const char *raw, const char *why)
{
	struct json_span list = { raw, raw == NULL ? 0 : strlen(raw) }, v;
	const char *at = NULL;

	if (raw == NULL)
		return NULL;
	if (!json_span_is(&list, '['))
		return why;
	while (json_span_next(&list, &at, &v)) {
		if (canvas_read(a, &v, CANVAS_DEPTH) == NULL)
			return why;
	}
	return NULL;
}

const char *
canvas_check(struct arena *a, const struct celery_message *m)
{
	const char *why;

	why = check_list(a, m->callbacks, "its callbacks are no signatures");
	if (why == NULL)
		why = check_list(a, m->errbacks,
		    "its errbacks are no signatures");
	if (why == NULL)
		why = check_list(a, m->chain, "its chain is no signatures");
	if (why == NULL && m->chord != NULL &&
	    canvas_read_text(a, m->chord) == NULL)
		why = "the body of its chord is no signature";
	return why;
}

/* --- what fails with it --- */

static void
plan_result(struct canvas_plan *plan, const struct celery_result *r)
{
	struct buf b = { 0 };

	celery_result_format(&b, r);
	plan->results = canvas_grow(plan->arena, plan->results, plan->nresults,
	    sizeof(*plan->results));
	plan->results[plan->nresults++] = (struct canvas_result){ r->id,
		arena_strndup(plan->arena, b.data, b.len) };
	buf_free(&b);
}

/* The part of a chord that this is, if it is one. */
static void
plan_part(struct canvas_plan *plan, const struct canvas_part *part,
    const struct celery_result *r)
{
	struct arena *a = plan->arena;
	struct canvas_part *p;
	struct buf b = { 0 };

	if (part->chord == NULL || part->group == NULL || r->id == NULL)
		return;
	buf_printf(&b, "[1, %s, \"%s\", ", canvas_quote(a, r->id),
	    celery_states[r->state]);
	if (r->state == CELERY_SUCCESS)
		celery_value_format(&b, r->value);
	else
		celery_exception_format(&b, r);
	buf_addc(&b, ']');
	plan->parts =
	    canvas_grow(a, plan->parts, plan->nparts, sizeof(*plan->parts));
	p = &plan->parts[plan->nparts++];
	*p = *part;
	p->id = r->id;
	p->text = arena_strndup(a, b.data, b.len);
	if (p->index == NULL)
		p->index = "+inf";
	buf_free(&b);
}

/* Whoever holds an id of it is told; of what has no id yet nobody does. */
static void
plan_failure(struct canvas_plan *plan, const struct canvas_sig *sig,
    const struct celery_result *as, const struct canvas_part *outer)
{
	struct arena *a = plan->arena;
	const struct canvas_options *o = &sig->options;
	struct canvas_part part = *outer;
	struct celery_result r = *as;

	if (canvas_get(o, "chord") != NULL) {
		part.chord = canvas_get(o, "chord");
		part.group = canvas_get_text(a, o, "group_id");
		part.index = canvas_get(o, "group_index");
	}
	if (canvas_get_text(a, o, "root_id") != NULL)
		part.root = canvas_get_text(a, o, "root_id");
	if (sig->type == CANVAS_CHORD) {
		const struct canvas_part none = { 0 };

		plan_failure(plan, sig->header, as, &none);
		plan_failure(plan, sig->body, as, &part);
		return;
	}
	for (size_t i = 0; i < sig->n; i++) {
		const struct canvas_part none = { .root = part.root };
		bool counts = sig->type == CANVAS_GROUP || i + 1 == sig->n;

		plan_failure(plan, sig->tasks[i], as, counts ? &part : &none);
	}
	r.id = canvas_get_text(a, o, "task_id");
	if (sig->type != CANVAS_TASK || r.id == NULL)
		return;
	r.group = canvas_get_text(a, o, "group_id");
	plan_result(plan, &r);
	plan_part(plan, &part, &r);
}

/* What has followed in a chain, of which the signatures are JSON. */
static void
plan_chain_failure(struct canvas_plan *plan, const char *chain,
    const struct celery_result *as)
{
	struct json_span list = { chain, chain == NULL ? 0 : strlen(chain) }, v;
	const struct canvas_part none = { 0 };
	const struct canvas_sig *sig;
	const char *at = NULL;

	while (chain != NULL && json_span_next(&list, &at, &v)) {
		sig = canvas_read(plan->arena, &v, CANVAS_DEPTH);
		if (sig != NULL)
			plan_failure(plan, sig, as, &none);
	}
}

/* --- what is sent --- */

static struct canvas_options
call_of(struct canvas_plan *plan, const char *parent, const char *root)
{
	struct canvas_options call = { 0 };

	canvas_set_text(plan->arena, &call, "parent_id", parent);
	canvas_set_text(plan->arena, &call, "root_id",
	    root == NULL ? parent : root);
	return call;
}

/* All of it, or nothing: then it fails, and what would have followed. */
static const char *
plan_send(struct canvas_plan *plan, const struct canvas_sig *sig,
    const char *partial, const struct canvas_options *call)
{
	const struct canvas_plan before = *plan;
	struct celery_result r = { .state = CELERY_FAILURE };
	const struct canvas_part none = { 0 };
	const char *tuple = canvas_apply(plan, sig, partial, call);

	if (plan->why == NULL)
		return tuple;
	r.message = plan->why;
	plan->why = NULL;
	plan->nposts = before.nposts;
	plan->nsizes = before.nsizes;
	plan->bytes = before.bytes;
	plan_failure(plan, sig, &r, &none);
	plan_chain_failure(plan, canvas_get(&sig->options, "chain"), &r);
	if (call != NULL)
		plan_chain_failure(plan, canvas_get(call, "chain"), &r);
	return NULL;
}

static void
plan_child(struct canvas_plan *plan, const char *tuple)
{
	const char *had;

	if (tuple == NULL)
		return;
	had = canvas_inside(plan->arena, plan->children);
	plan->children = arena_printf(plan->arena, "[%s%s%s]", had,
	    had[0] == '\0' ? "" : ", ", tuple);
}

/* Signatures out of an array: groups by themselves, all others as a group,
 * unless there is only one and it may go alone. */
static void
plan_links(struct canvas_plan *plan, const char *links, const char *partial,
    const struct canvas_options *call, bool alone)
{
	struct json_span list = { links, strlen(links) }, v;
	struct canvas_sig *group = canvas_make_group(plan->arena, NULL, 0);
	struct canvas_sig *sig;
	const char *at = NULL;
	size_t n = json_span_count(&list);

	group->tasks =
	    arena_alloc(plan->arena, (n + 1) * sizeof(*group->tasks));
	while (json_span_next(&list, &at, &v)) {
		sig = canvas_read(plan->arena, &v, CANVAS_DEPTH);
		if (sig == NULL)
			continue;
		if ((alone && n == 1) || (alone && sig->type == CANVAS_GROUP))
			plan_child(plan, plan_send(plan, sig, partial, call));
		else
			group->tasks[group->n++] = sig;
	}
	if (group->n > 0)
		plan_child(plan, plan_send(plan, group, partial, call));
}

static void
plan_chain(struct canvas_plan *plan, const char *chain, const char *partial,
    struct canvas_options call)
{
	struct arena *a = plan->arena;
	struct json_span list = { chain, strlen(chain) }, v;
	size_t n = json_span_count(&list);
	const char *at = NULL, *rest = "";
	struct canvas_sig *next;

	for (size_t i = 0; json_span_next(&list, &at, &v) && i + 1 < n; i++) {
		if (i + 2 == n)
			rest = arena_strndup(a, list.p + 1,
			    (size_t)(v.p + v.len - list.p - 1));
	}
	next = canvas_read(a, &v, CANVAS_DEPTH);
	if (n == 0 || next == NULL)
		return;
	canvas_set(a, &call, "chain", arena_printf(a, "[%s]", rest));
	plan_child(plan, plan_send(plan, next, partial, &call));
}

/* --- the end --- */

void
canvas_end(struct arena *a, const struct canvas_end *end,
    struct canvas_plan *plan)
{
	const struct celery_message *m = end->m;
	const struct celery_result r = { .state = end->state,
		.id = m->id,
		.value = end->value,
		.exc_type = end->exc_type,
		.exc_module = end->exc_module,
		.message = end->message };
	const struct canvas_part part = { .group = m->group,
		.index = m->group_index,
		.chord = m->chord,
		.root = m->root_id };
	struct canvas_options call;
	struct buf b = { 0 };

	*plan = (struct canvas_plan){
		.arena = a, .seed = end->seed, .children = "[]"
	};
	call = call_of(plan, m->id, m->root_id);
	if (end->state == CELERY_SUCCESS) {
		celery_value_format(&b, end->value);
		if (m->callbacks != NULL)
			plan_links(plan, m->callbacks, b.data, &call, true);
		if (m->chain != NULL)
			plan_chain(plan, m->chain, b.data, call);
		buf_free(&b);
	} else {
		plan_chain_failure(plan, m->chain, &r);
		if (end->state == CELERY_FAILURE && m->errbacks != NULL)
			plan_links(plan, m->errbacks, canvas_quote(a, m->id),
			    &call, false);
		plan->children = "[]";
	}
	plan_part(plan, &part, &r);
}

/* --- the end of a chord --- */

/* The errbacks of a body, and of a chain that is one. */
static void
plan_body_errbacks(struct canvas_plan *plan, const struct canvas_sig *body,
    const struct canvas_part *part)
{
	const char *id =
	    canvas_get_text(plan->arena, &body->options, "task_id");
	const char *links = canvas_get(&body->options, "link_error");
	struct canvas_options call;

	if (body->type == CANVAS_GROUP) {
		for (size_t i = 0; i < body->n; i++)
			plan_body_errbacks(plan, body->tasks[i], part);
	}
	if (links == NULL || id == NULL)
		return;
	call = call_of(plan, id, part->root == NULL ? id : part->root);
	plan_links(plan,
	    arena_printf(plan->arena, "[%s]",
		canvas_inside(plan->arena, links)),
	    canvas_quote(plan->arena, id), &call, false);
}

void
canvas_chord_failed(struct canvas_plan *plan, const struct canvas_part *part,
    const char *why)
{
	struct canvas_sig *body = canvas_read_text(plan->arena, part->chord);
	const struct celery_result r = { .state = CELERY_FAILURE,
		.exc_type = "ChordError",
		.exc_module = "celery.exceptions",
		.message = why };
	const struct canvas_part none = { 0 };

	if (body == NULL)
		return;
	plan_failure(plan, body, &r, &none);
	plan_chain_failure(plan, canvas_get(&body->options, "chain"), &r);
	plan_body_errbacks(plan, body, part);
}

/* As Python shows an exception: ValueError('no'). */
static const char *
exception_shown(struct arena *a, const struct json_span *exc)
{
	struct json_span type, message, first;
	const char *name = NULL, *text = NULL;

	if (json_span_get(exc, "exc_type", &type))
		name = json_span_text(a, &type, 255);
	if (json_span_get(exc, "exc_message", &message)) {
		if (json_span_at(&message, 0, &first))
			message = first;
		text = json_span_text(a, &message, 4096);
	}
	return arena_printf(a, "%s(%s%s%s)", name == NULL ? "Exception" : name,
	    text == NULL ? "" : "'", text == NULL ? "" : text,
	    text == NULL ? "" : "'");
}

/* Why the chord fails because of that part, or NULL with its value. */
static const char *
part_value(struct arena *a, const char *text, struct json_span *value)
{
	struct json_span v, id, state;
	const char *word;
	unsigned odd;

	if (json_span_read(text, strlen(text), CELERY_DEPTH, &v, &odd) !=
		NULL ||
	    !json_span_at(&v, 1, &id) || !json_span_at(&v, 2, &state) ||
	    !json_span_at(&v, 3, value))
		return "Join error: what a part came to cannot be read";
	word = json_span_text(a, &state, 64);
	if (word == NULL ||
	    (!str_eq(word, "FAILURE") && !str_eq(word, "REVOKED")))
		return NULL;
	return arena_printf(a, "Dependency %s raised %s",
	    json_span_text(a, &id, 255), exception_shown(a, value));
}

void
canvas_chord(struct canvas_plan *plan, const struct canvas_part *part,
    const char *const *texts, size_t n, const char *value)
{
	struct arena *a = plan->arena;
	struct canvas_sig *body = canvas_read_text(a, part->chord);
	struct canvas_options call;
	struct json_span v;
	struct buf b = { 0 };
	const char *why = NULL;

	buf_addc(&b, '[');
	for (size_t i = 0; i < n && why == NULL; i++) {
		why = part_value(a, texts[i], &v);
		if (i > 0)
			buf_adds(&b, ", ");
		if (why == NULL)
			buf_add(&b, v.p, v.len);
	}
	buf_addc(&b, ']');
	if (value == NULL)
		value = arena_strndup(a, b.data, b.len);
	buf_free(&b);
	if (why != NULL) {
		canvas_chord_failed(plan, part, why);
		return;
	}
	call = call_of(plan, part->id, part->root);
	if (body != NULL)
		plan_send(plan, body, value, &call);
}
