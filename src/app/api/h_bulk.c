/* SPDX-License-Identifier: ISC */
/* The handler of many changes of tasks at once. */
#include "config.h"

#include "answer/access.h"
#include "answer/answer.h"
#include "answer/body.h"
#include "answer/problem.h"
#include "conf/conf.h"
#include "handlers.h"
#include "task/task_bulk.h"
#include "tell.h"

/* The body as judged operations; else it is answered. */
static bool
take_bulk(struct call *c, struct task_bulk *bulk)
{
	struct faults *faults = faults_new(c->arena);
	struct json_object *tree;

	if (!body_read(c, &tree))
		return false;
	task_bulk_parse(tree, (size_t)settings.http_bulk_limit, c->arena, bulk,
	    faults);
	if (faults->n > 0)
		problem_faults(c, faults);
	return faults->n == 0;
}

/* True if the caller may do all of it; else it is answered. */
static bool
may_all(struct call *c, const struct task_bulk *bulk)
{
	static const enum conf_rule rules[TASK_VERB__MAX] = {
		[TASK_CREATE] = CONF_RULE_create_task,
		[TASK_CHANGE] = CONF_RULE_update_task,
		[TASK_DELETE] = CONF_RULE_delete_task,
	};
	bool asked[TASK_VERB__MAX] = { false };

	for (size_t i = 0; i < bulk->n; i++) {
		enum task_verb verb = bulk->v[i].verb;

		if (!asked[verb] && !access_allow(c, rules[verb]))
			return false;
		asked[verb] = true;
	}
	return true;
}

/* All of it in one transaction: the one that is open, or one of its own.  What
 * went wrong before the end of that has changed nothing. */
static enum pg_err
run(struct call *c, struct task_bulk *bulk, struct faults *faults)
{
	const struct task_actor who = { c->who->username, c->who->email,
		c->req->id, c->req->traceparent, c->req->trace_id,
		c->who->owner };
	struct pg *pg = c->deps->pg;
	enum pg_err err = c->inside ? PG_OK : pg_begin(pg);

	if (err != PG_OK)
		return err;
	err = task_bulk_run(pg, bulk, &who, &c->scope, faults);
	if (err == PG_TIMEOUT || err == PG_LOST)
		err = PG_BUSY;
	if (c->inside)
		return err;
	if (err == PG_OK && faults->n == 0)
		return pg_commit(pg);
	pg_rollback(pg);
	return err;
}

static void
tell(struct call *c, const struct task_bulk *bulk)
{
	struct uuid *ids = arena_alloc(c->arena, bulk->n * sizeof(ids[0]));

	for (size_t i = 0; i < bulk->n; i++)
		ids[i] = bulk->v[i].change.task.id;
	tell_of_changes(c, ids, bulk->n);
}

static void
put_operation(struct call *c, struct json_write *w,
    const struct task_operation *op)
{
	const struct task *t = &op->change.task;
	bool gone = op->verb == TASK_DELETE;
	struct json_write inner;

	json_open_object(w, NULL);
	json_put_text(w, "op", task_verbs[op->verb]);
	json_put_uuid(w, "id", &t->id);
	json_put_text(w, "etag",
	    gone ? NULL : arena_printf(c->arena, "\"%s\"", t->tag));
	if (gone) {
		json_put_null(w, "task");
	} else {
		inner = json_write(json_put_by_hand(w, "task"));
		task_format(&inner, t);
	}
	json_close_object(w);
}

/* Of what does not fit the tasks as they are, no other state of them would help
 * against this. */
static bool
is_overfull(const struct task_bulk *bulk)
{
	for (size_t i = 0; i < bulk->n; i++) {
		if (bulk->v[i].change.found == TASK_OVERFULL)
			return true;
	}
	return false;
}

void
h_task_bulk(struct call *c)
{
	struct faults *faults = faults_new(c->arena);
	struct task_bulk bulk;
	struct json_write w;
	enum pg_err err;

	if (!take_bulk(c, &bulk) || !may_all(c, &bulk))
		return;
	err = run(c, &bulk, faults);
	if (faults->n == 0 && tell_is_due(err))
		tell(c, &bulk);
	if (err != PG_OK) {
		problem_database(c, err);
		return;
	}
	if (faults->n > 0) {
		problem_with(c, is_overfull(&bulk) ? 422 : 412, faults);
		return;
	}
	w = answer_json(c);
	json_open_object(&w, NULL);
	json_open_array(&w, "data");
	for (size_t i = 0; i < bulk.n; i++)
		put_operation(c, &w, &bulk.v[i]);
	json_close_array(&w);
	json_close_object(&w);
	answer_json_end(&w);
}
