/* SPDX-License-Identifier: ISC */
/* Gives ids to what is to be sent, and counts it. */
#include "config.h"

#include <string.h>

#include "base/codec.h"
#include "base/uuid.h"
#include "canvas_own.h"

const char *
canvas_new_id(struct canvas_plan *plan)
{
	const char *from =
	    arena_printf(plan->arena, "%s %u", plan->seed, plan->ids++);
	uint8_t digest[CODEC_SHA256];
	char text[UUID_TEXT];
	struct uuid id;

	codec_sha256(from, strlen(from), digest);
	memcpy(id.b, digest, sizeof(id.b));
	id.b[6] = (uint8_t)((id.b[6] & 0x0f) | 0x80); /* RFC 9562: ours */
	id.b[8] = (uint8_t)((id.b[8] & 0x3f) | 0x80);
	return arena_strdup(plan->arena, uuid_format(&id, text));
}

static void
flatten(struct arena *a, const struct canvas_sig *group,
    struct canvas_sig ***tasks, size_t *n)
{
	for (size_t i = 0; i < group->n; i++) {
		struct canvas_sig *t = group->tasks[i];

		if (t->type == CANVAS_GROUP) {
			flatten(a, t, tasks, n);
		} else if (t->type != CANVAS_CHAIN || t->n > 0) {
			*tasks = canvas_grow(a, *tasks, *n, sizeof(**tasks));
			(*tasks)[(*n)++] = t;
		}
	}
}

size_t
canvas_flat(struct arena *a, const struct canvas_sig *group,
    struct canvas_sig ***tasks)
{
	struct canvas_sig **flat = NULL;
	size_t n = 0;

	flatten(a, group, &flat, &n);
	*tasks = flat;
	return n;
}

size_t
canvas_parts(const struct canvas_sig *sig)
{
	size_t sum = 0;

	switch (sig->type) {
	case CANVAS_TASK:
		return 1;
	case CANVAS_CHORD:
		return canvas_parts(sig->body);
	case CANVAS_GROUP:
		for (size_t i = 0; i < sig->n; i++)
			sum += canvas_parts(sig->tasks[i]);
		return sum;
	case CANVAS_CHAIN:
		for (size_t i = sig->n; i > 0 && sum == 0; i--)
			sum = canvas_parts(sig->tasks[i - 1]);
		return sum;
	}
	return sum;
}

/* Its own id stays; else the one that is given, or a new one. */
static const char *
freeze_id(struct canvas_plan *plan, struct canvas_sig *sig, const char *id)
{
	const char *own =
	    canvas_get_text(plan->arena, &sig->options, "task_id");

	if (own != NULL)
		return own;
	if (id == NULL)
		id = canvas_new_id(plan);
	canvas_set_text(plan->arena, &sig->options, "task_id", id);
	return id;
}

static void
freeze_group(struct canvas_plan *plan, struct canvas_sig *sig,
    const struct canvas_frozen *f)
{
	struct canvas_frozen each = *f;

	each.id = NULL;
	freeze_id(plan, sig, NULL);
	canvas_set_text(plan->arena, &sig->options, "group_id", f->group);
	if (f->chord != NULL)
		canvas_set(plan->arena, &sig->options, "chord", f->chord);
	sig->n = canvas_flat(plan->arena, sig, &sig->tasks);
	for (size_t i = 0; i < sig->n; i++) {
		each.index = arena_printf(plan->arena, "%zu", i);
		canvas_freeze(plan, sig->tasks[i], &each);
	}
}

/* What follows a chain is told by its last task. */
static void
freeze_chain(struct canvas_plan *plan, struct canvas_sig *sig,
    const struct canvas_frozen *f)
{
	const struct canvas_frozen inner = { .root = f->root };
	struct canvas_frozen last = *f;
	const struct canvas_sig *end;
	const char *id;

	id = canvas_get_text(plan->arena, &sig->options, "task_id");
	if (id != NULL)
		last.id = id;
	for (size_t i = sig->n; i > 0; i--)
		canvas_freeze(plan, sig->tasks[i - 1],
		    i == sig->n ? &last : &inner);
	if (sig->n == 0 || id != NULL)
		return;
	end = sig->tasks[sig->n - 1];
	while (end->type == CANVAS_CHORD)
		end = end->body;
	canvas_set_text(plan->arena, &sig->options, "task_id",
	    canvas_get_text(plan->arena, &end->options, "task_id"));
}

void
canvas_freeze(struct canvas_plan *plan, struct canvas_sig *sig,
    const struct canvas_frozen *f)
{
	struct arena *a = plan->arena;
	struct canvas_frozen header = { .root = f->root };

	switch (sig->type) {
	case CANVAS_GROUP:
		freeze_group(plan, sig, f);
		return;
	case CANVAS_CHAIN:
		freeze_chain(plan, sig, f);
		return;
	case CANVAS_CHORD:
		/* What its header is part of is told when that is sent. */
		canvas_freeze(plan, sig->header, &header);
		canvas_freeze(plan, sig->body, f);
		return;
	case CANVAS_TASK:
		break;
	}
	freeze_id(plan, sig, f->id);
	canvas_set_text(a, &sig->options, "root_id", f->root);
	if (canvas_get(&sig->options, "group_id") == NULL)
		canvas_set_text(a, &sig->options, "group_id", f->group);
	if (f->chord != NULL)
		canvas_set(a, &sig->options, "chord", f->chord);
	if (f->index != NULL)
		canvas_set(a, &sig->options, "group_index", f->index);
}

const char *
canvas_tuple(struct arena *a, const struct canvas_sig *sig)
{
	struct buf b = { 0 };
	const char *id, *text;

	if (sig->type == CANVAS_CHORD)
		return canvas_tuple(a, sig->body);
	if (sig->type == CANVAS_CHAIN && sig->n > 0)
		return canvas_tuple(a, sig->tasks[sig->n - 1]);
	id = canvas_get_text(a, &sig->options, "task_id");
	if (sig->type != CANVAS_GROUP)
		return arena_printf(a, "[[%s, null], null]",
		    canvas_quote(a, id));
	buf_printf(&b, "[[%s, null], [", canvas_quote(a, id));
	for (size_t i = 0; i < sig->n; i++)
		buf_printf(&b, "%s%s", i == 0 ? "" : ", ",
		    canvas_tuple(a, sig->tasks[i]));
	buf_adds(&b, "]]");
	text = arena_strndup(a, b.data, b.len);
	buf_free(&b);
	return text;
}
