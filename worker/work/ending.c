/* SPDX-License-Identifier: ISC */
/* Sends what follows a job in a canvas, and counts it where it is a part. */
#include "config.h"

#include "ending.h"

#include <string.h>

#include "base/str.h"
#include "conf/conf.h"
#include "jobs/kind.h"
#include "log/log.h"
#include "message.h"
#include "text/json_span.h"

/* --- messages --- */

/* As its signature says, as its kind does, or where others look.  NULL: the
 * broker did not answer. */
static const char *
ending_queue(struct work *w, const struct canvas_post *p)
{
	const struct kind *kind = kind_find(p->m.kind, NULL);
	const char **names;
	int n;

	if (p->queue != NULL)
		return p->queue;
	if (p->exchange != NULL || p->key != NULL) {
		n = queue_route(w->queue,
		    p->exchange == NULL ? "" : p->exchange,
		    p->key == NULL ? "" : p->key, &names);
		if (n == -1)
			return NULL;
		if (n > 0)
			return names[0];
	}
	return kind != NULL ? kind->queue : settings.broker_canvas_queue;
}

static int
ending_send(struct work *w, const struct canvas_plan *plan)
{
	struct arena *a = w->arena;
	struct queue_post *posts =
	    arena_alloc(a, (plan->nposts + 1) * sizeof(*posts));
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < plan->nposts; i++) {
		struct celery_message m = plan->posts[i].m;

		m.queue = ending_queue(w, &plan->posts[i]);
		if (m.queue == NULL)
			break;
		message_limits(m.kind, &m);
		buf_clear(&b);
		celery_encode(&b, &m);
		posts[i] = (struct queue_post){ .queue = m.queue,
			.priority = m.priority,
			.text = { arena_strndup(a, b.data, b.len), b.len } };
	}
	buf_free(&b);
	if (i < plan->nposts)
		return -1;
	for (i = 0; i < plan->nsizes; i++) {
		if (queue_chord_size(w->queue, plan->sizes[i].group,
			plan->sizes[i].n) == -1)
			return -1;
	}
	return queue_post_once(w->queue, plan->seed, posts, plan->nposts);
}

/* --- chords --- */

struct joined {
	struct work *w;
	struct buf value;
	const char *why; /* it cannot be joined */
	bool up;
};

static void
join_one(struct joined *j, const char *id)
{
	const char *text = queue_result_get(j->w->queue, id, &j->up);
	struct json_span meta, v;
	bool final = false;
	enum celery_state state = CELERY_STATE__MAX;
	char exc[256] = "";
	unsigned odd;

	if (text != NULL)
		state = celery_result_state(text, strlen(text), &final, exc,
		    sizeof(exc));
	if (state == CELERY_SUCCESS &&
	    json_span_read(text, strlen(text), CELERY_DEPTH, &meta, &odd) ==
		NULL &&
	    json_span_get(&meta, "result", &v))
		buf_add(&j->value, v.p, v.len);
	else
		j->why = arena_printf(j->w->arena, "Dependency %s raised %s",
		    id, text == NULL ? "nothing" : exc);
}

/* A result as its sender has noted it: [[id, parent], children or null]. */
static void
join(struct joined *j, const struct json_span *node, int depth)
{
	struct json_span head, v, children, each;
	const char *id = NULL, *at = NULL;
	bool first = true;

	if (depth > 0 && json_span_at(node, 0, &head) &&
	    json_span_at(&head, 0, &v))
		id = json_span_text(j->w->arena, &v, 255);
	if (id == NULL || !json_span_at(node, 1, &children)) {
		j->why = "Join error: the group cannot be read";
		return;
	}
	if (!json_span_is(&children, '[')) {
		join_one(j, id);
		return;
	}
	buf_addc(&j->value, '[');
	while (j->why == NULL && j->up &&
	       json_span_next(&children, &at, &each)) {
		buf_adds(&j->value, first ? "" : ", ");
		first = false;
		join(j, &each, depth - 1);
	}
	buf_addc(&j->value, ']');
}

/* Where groups are in the header, what the body gets has their form.  0, or -1:
 * the broker did not answer. */
static int
ending_join(struct work *w, const struct canvas_part *part, const char **value,
    const char **why)
{
	struct joined j = { .w = w, .up = true };
	struct json_span meta, node;
	const char *text;
	unsigned odd;

	*value = *why = NULL;
	text = queue_group_get(w->queue, part->group, &j.up);
	if (text == NULL)
		return j.up ? 0 : -1;
	if (json_span_read(text, strlen(text), CELERY_DEPTH, &meta, &odd) ==
		NULL &&
	    json_span_get(&meta, "result", &node))
		join(&j, &node, 64);
	else
		j.why = "Join error: the group cannot be read";
	*value = arena_strndup(w->arena,
	    j.value.data == NULL ? "" : j.value.data, j.value.len);
	*why = j.why;
	buf_free(&j.value);
	return j.up ? 0 : -1;
}

static int
ending_part(struct work *w, struct canvas_plan *plan, size_t i)
{
	const struct canvas_part part = plan->parts[i];
	const struct queue_part counted = { part.group, part.id, part.index,
		part.text };
	struct queue_chord chord;
	const char *value, *why;

	if (queue_chord_part(w->queue, &counted, &chord) == -1)
		return -1;
	if (!chord.complete)
		return 0;
	if (ending_join(w, &part, &value, &why) == -1)
		return -1;
	plan->parts[i].complete = true;
	if (why != NULL)
		canvas_chord_failed(plan, &part, why);
	else
		canvas_chord(plan, &part, chord.texts, chord.n, value);
	return 0;
}

/* --- all of it --- */

/* Those that are planned by now; *stored were before. */
static int
ending_results(struct work *w, const struct canvas_plan *plan, size_t *stored)
{
	for (; *stored < plan->nresults; ++*stored) {
		const struct canvas_result *r = &plan->results[*stored];

		if (queue_result(w->queue, r->id, r->text) == -1)
			return -1;
	}
	return 0;
}

static int
ending_try(struct work *w, struct canvas_plan *plan)
{
	size_t stored = 0, i;

	/* What a body that fails is part of is counted as well. */
	for (i = 0; i < plan->nparts; i++) {
		if (ending_results(w, plan, &stored) == -1 ||
		    ending_part(w, plan, i) == -1)
			return -1;
	}
	if (ending_results(w, plan, &stored) == -1 ||
	    ending_send(w, plan) == -1)
		return -1;
	for (i = 0; i < plan->nparts; i++) {
		if (plan->parts[i].complete &&
		    queue_chord_done(w->queue, plan->parts[i].group,
			plan->parts[i].id) == -1)
			return -1;
	}
	return 1;
}

int
ending_do(struct work *w, struct canvas_end *end, const char *tag)
{
	const struct celery_message *m = end->m;
	struct canvas_plan plan;

	end->seed =
	    arena_printf(w->arena, "%s:%s", m->id, tag == NULL ? "" : tag);
	canvas_end(w->arena, end, &plan);
	if ((m->ignore_result ||
		queue_result(w->queue, m->id,
		    message_result(w->arena, end, plan.children)) != -1) &&
	    ending_try(w, &plan) == 1)
		return 1;
	return kv_live(w->kv) == 0 ? -1 : 0;
}
