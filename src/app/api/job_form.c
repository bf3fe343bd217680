/* SPDX-License-Identifier: ISC */
/* What a body may ask for of a new job. */
#include "config.h"

#include "job_form.h"

#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "jobs/kind.h"
#include "pg/pg.h"
#include "text/json_span.h"
#include "wire/object.h"

#define KIND_CHARS 255
#define DEPTH      16

/* A body that is being read. */
struct form {
	struct job_new *n;
	const char *text; /* the body as it came */
	size_t len;
};

/* Names the kinds of which there are to be jobs. */
static const char *
form_kinds(struct arena *a)
{
	struct buf b = { 0 };
	const char *text;

	for (size_t i = 0; i < kind_count(); i++) {
		if (kind_at(i)->create)
			buf_printf(&b, "%s%s", b.len == 0 ? "" : ", ",
			    kind_at(i)->name);
	}
	text = b.len == 0
		   ? "jobs of this kind cannot be created, nor of any other"
		   : arena_printf(a,
			 "jobs of this kind cannot be created, only of %s",
			 b.data);
	buf_free(&b);
	return text;
}

static void
take_kind(struct object_reader *r, struct json_object *value)
{
	struct form *form = r->into;
	const char *name = object_line(r, "kind", value, KIND_CHARS);
	const struct kind *k;

	if (name == NULL)
		return;
	k = kind_find(name, NULL);
	if (k == NULL || !k->create)
		object_fault(r, "kind", "enum", form_kinds(r->f->arena));
	else
		form->n->kind = k->name;
}

/* The member as the body has it: with every digit that a number has there. */
static const char *
form_text(struct object_reader *r, const char *name)
{
	const struct form *form = r->into;
	struct json_span body, v;
	unsigned odd;

	if (json_span_read(form->text, form->len, DEPTH, &body, &odd) != NULL ||
	    !json_span_get(&body, name, &v) ||
	    json_span_read(v.p, v.len, DEPTH, &v, &odd) != NULL)
		return NULL;
	if ((odd & JSON_SPAN_NUL) != 0) {
		object_fault(r, name, "value_error",
		    arena_printf(r->f->arena,
			"%s must not contain the character U+0000", name));
		return NULL;
	}
	return arena_strndup(r->f->arena, v.p, v.len);
}

static void
take_args(struct object_reader *r, struct json_object *value)
{
	struct form *form = r->into;

	if (json_object_is_type(value, json_type_array))
		form->n->args = form_text(r, "args");
	else
		object_fault(r, "args", "list_type", "args must be an array");
}

static void
take_kwargs(struct object_reader *r, struct json_object *value)
{
	struct form *form = r->into;

	if (json_object_is_type(value, json_type_object))
		form->n->kwargs = form_text(r, "kwargs");
	else
		object_fault(r, "kwargs", "dict_type",
		    "kwargs must be an object");
}

static void
take_run_at(struct object_reader *r, struct json_object *value)
{
	struct form *form = r->into;
	const char *text;

	if (value == NULL)
		return;
	text = object_text(r, "run_at", value, 64);
	if (text == NULL)
		return;
	form->n->has_run_at = true;
	if (strchr(text, ':') == NULL ||
	    clock_parse(text, &form->n->run_at) == -1 ||
	    !pg_is_time(form->n->run_at))
		object_fault(r, "run_at", "datetime_parsing",
		    "run_at must be a time such as 2026-11-22T11:05:00Z");
}

static void
take_unique_key(struct object_reader *r, struct json_object *value)
{
	struct form *form = r->into;

	if (value != NULL)
		form->n->unique_key =
		    object_line(r, "unique_key", value, JOB_KEY_MAX);
}

static void
take_priority(struct object_reader *r, struct json_object *value)
{
	struct form *form = r->into;
	int64_t n = -1;

	if (json_object_is_type(value, json_type_int))
		n = json_object_get_int64(value);
	if (n < 0 || n > JOB_PRIORITY)
		object_fault(r, "priority", "value_error",
		    "priority must be a whole number from 0 to 9");
	else
		form->n->priority = (int)n;
}

static const struct object_member members[] = {
	{ "kind", take_kind },
	{ "args", take_args },
	{ "kwargs", take_kwargs },
	{ "run_at", take_run_at },
	{ "unique_key", take_unique_key },
	{ "priority", take_priority },
	/* set by the server */
	{ "id", NULL },
	{ "state", NULL },
	{ "task_id", NULL },
	{ "created_at", NULL },
};
static const struct object_form job_form = { members, NELEM(members),
	"a job has kind, args, kwargs, run_at, unique_key and priority; nothing "
	"else can be set",
	"a job" };

void
job_form_parse(struct json_object *tree, const char *text, size_t len,
    struct job_new *n, struct faults *f)
{
	struct form form = { n, text, len };
	size_t before = f->n;

	*n = (struct job_new){ 0 };
	object_read(tree, &job_form, &form, f);
	if (f->n == before && n->kind == NULL)
		faults_add(f, FAULT_BODY, "kind", "missing",
		    "kind is required");
}
