/* SPDX-License-Identifier: ISC */
/* Many changes of tasks that are made together or not at all. */
#include "config.h"

#include "task_bulk.h"

#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "conf/conf.h"
#include "task_own.h"
#include "wire/etag.h"
#include "wire/object.h"

const char *const task_verbs[TASK_VERB__MAX] = {
	[TASK_CREATE] = "create",
	[TASK_CHANGE] = "change",
	[TASK_DELETE] = "delete",
};

/* An operation as it is read; what is absent is NULL. */
struct draft {
	struct task_operation *op;
	const char *verb;
	bool has_id, has_match, has_task;
	struct json_object *task;
};

static void
take_op(struct object_reader *r, struct json_object *value)
{
	struct draft *d = r->into;

	d->verb = "";
	if (json_object_is_type(value, json_type_string))
		d->verb = json_object_get_string(value);
}

static void
take_id(struct object_reader *r, struct json_object *value)
{
	struct draft *d = r->into;

	d->has_id = true;
	if (!json_object_is_type(value, json_type_string) ||
	    uuid_parse(json_object_get_string(value), &d->op->change.id) == -1)
		object_fault(r, "id", "uuid_parsing", "id must be a UUID");
}

static void
take_match(struct object_reader *r, struct json_object *value)
{
	struct draft *d = r->into;
	struct task_match *match = &d->op->change.match;
	const char **tags;
	int n = -1;

	d->has_match = true;
	if (json_object_is_type(value, json_type_string))
		n = etag_versions(r->f->arena, json_object_get_string(value),
		    &tags, &match->any);
	if (n == -1)
		object_fault(r, "if_match", "value_error",
		    "if_match must be entity tags such as \"7-1\", with their "
		    "quotes");
	else
		*match = (struct task_match){ tags, (size_t)n, match->any };
}

static void
take_task(struct object_reader *r, struct json_object *value)
{
	struct draft *d = r->into;

	d->has_task = true;
	d->task = value;
}

static const struct object_member members[] = {
	{ "op", take_op },
	{ "id", take_id },
	{ "if_match", take_match },
	{ "task", take_task },
};
static const struct object_form form = { members, NELEM(members),
	"an operation has op, id, if_match and task", "an operation" };

/* The members that each verb wants, and those that it may have. */
static const struct {
	bool id, task;
} wants[TASK_VERB__MAX] = {
	[TASK_CREATE] = { false, true },
	[TASK_CHANGE] = { true, true },
	[TASK_DELETE] = { true, false },
};

static bool
find_verb(const char *word, enum task_verb *verb)
{
	for (int i = 0; i < TASK_VERB__MAX; i++) {
		if (str_eq(word, task_verbs[i])) {
			*verb = (enum task_verb)i;
			return true;
		}
	}
	return false;
}

static void
want(struct faults *f, const char *name, bool wanted, bool may, bool has,
    const char *verb)
{
	if (wanted && !has)
		faults_add(f, FAULT_BODY, name, "missing",
		    arena_printf(f->arena, "%s needs %s", verb, name));
	if (!may && has)
		faults_add(f, FAULT_BODY, name, "extra_forbidden",
		    arena_printf(f->arena, "%s has no %s", verb, name));
}

static void
parse_one(struct json_object *tree, struct task_operation *op,
    const char *within, struct faults *f)
{
	struct draft d = { .op = op };

	f->within = within;
	op->change.match.any = true;
	object_read(tree, &form, &d, f);
	if (!json_object_is_type(tree, json_type_object))
		return;
	if (d.verb == NULL || !find_verb(d.verb, &op->verb)) {
		faults_add(f, FAULT_BODY, "op",
		    d.verb == NULL ? "missing" : "enum",
		    "op must be create, change or delete");
		return;
	}
	want(f, "id", wants[op->verb].id, wants[op->verb].id, d.has_id, d.verb);
	want(f, "if_match", false, wants[op->verb].id, d.has_match, d.verb);
	want(f, "task", wants[op->verb].task, wants[op->verb].task, d.has_task,
	    d.verb);
	if (!d.has_task || !wants[op->verb].task)
		return;
	f->within = arena_printf(f->arena, "%s/task", within);
	task_parse(d.task,
	    op->verb == TASK_CREATE ? TASK_BODY_WHOLE : TASK_BODY_PATCH,
	    &op->in, f);
}

void
task_bulk_parse(struct json_object *tree, size_t limit, struct arena *a,
    struct task_bulk *bulk, struct faults *f)
{
	*bulk = (struct task_bulk){ 0 };
	if (!json_object_is_type(tree, json_type_array)) {
		faults_add(f, FAULT_BODY, NULL, "list_type",
		    "the body must be an array of operations");
		return;
	}
	bulk->n = json_object_array_length(tree);
	if (bulk->n == 0 || bulk->n > limit) {
		faults_add(f, FAULT_BODY, NULL,
		    bulk->n == 0 ? "too_short" : "too_long",
		    arena_printf(a, "there can be 1 to %zu operations", limit));
		return;
	}
	bulk->v = arena_alloc(a, bulk->n * sizeof(bulk->v[0]));
	for (size_t i = 0; i < bulk->n; i++)
		parse_one(json_object_array_get_idx(tree, i), &bulk->v[i],
		    arena_printf(a, "/%zu", i), f);
	f->within = NULL;
}

/* All tasks that there are already are locked before the first is changed. */
static enum pg_err
lock_all(struct pg *pg, const struct task_bulk *bulk,
    const struct task_scope *scope, struct arena *a)
{
	const char **ids = arena_alloc(a, bulk->n * sizeof(ids[0]));
	char text[UUID_TEXT];
	struct pg_params p;
	size_t n = 0;
	PGresult *r;

	for (size_t i = 0; i < bulk->n; i++) {
		const struct task_operation *op = &bulk->v[i];

		if (op->verb != TASK_CREATE)
			ids[n++] =
			    arena_strdup(a, uuid_format(&op->change.id, text));
	}
	if (n < 2)
		return PG_OK;
	pg_params_init(&p, pg);
	pg_put_texts(&p, ids, n);
	task_put_scope(&p, scope);
	return pg_run(pg, &STMT_TASK_LOCK, &p, &r);
}

static enum pg_err
run_one(struct pg *pg, struct task_operation *op)
{
	switch (op->verb) {
	case TASK_CREATE:
		op->change.found = TASK_FOUND;
		return task_create(pg, &op->in, &op->change.who,
		    &op->change.task);
	case TASK_CHANGE:
		return task_update(pg, &op->in, &op->change);
	default:
		return task_delete(pg, &op->change);
	}
}

enum pg_err
task_bulk_run(struct pg *pg, struct task_bulk *bulk,
    const struct task_actor *who, const struct task_scope *scope,
    struct faults *f)
{
	int64_t end = clock_mono_us() + settings.database_query_timeout * 1000;
	enum pg_err err = lock_all(pg, bulk, scope, f->arena);

	for (size_t i = 0; i < bulk->n && err == PG_OK; i++) {
		struct task_change *ch = &bulk->v[i].change;

		if (clock_mono_us() >= end)
			return PG_BUSY;
		ch->who = *who;
		ch->scope = *scope;
		err = run_one(pg, &bulk->v[i]);
		if (err != PG_OK)
			return err;
		f->within = arena_printf(f->arena, "/%zu", i);
		if (ch->found == TASK_ABSENT)
			faults_add(f, FAULT_BODY, "id", "task_absent",
			    "there is no such task");
		else if (ch->found == TASK_CONFLICT)
			faults_add(f, FAULT_BODY, "if_match", "task_changed",
			    arena_printf(f->arena,
				"the task is at version \"%s\" now",
				ch->task.tag));
		else if (ch->found == TASK_OVERFULL) {
			f->within = arena_printf(f->arena, "/%zu/task", i);
			task_overfull(f);
		}
	}
	return err;
}
