/* SPDX-License-Identifier: ISC */
/* The task in JSON: judges what a body asks for, writes what is stored. */
#include "config.h"

#include "task.h"

#include <json-c/linkhash.h>
#include <string.h>

#include "base/str.h"
#include "text/near.h"

const char *const task_statuses[TASK_STATUS__MAX] = {
	[TASK_PENDING] = "pending",
	[TASK_IN_PROGRESS] = "in-progress",
	[TASK_COMPLETED] = "completed",
};

int
task_status_parse(const char *name, size_t len, enum task_status *status)
{
	int i;

	for (i = 0; i < TASK_STATUS__MAX; i++) {
		if (strlen(task_statuses[i]) == len &&
		    memcmp(name, task_statuses[i], len) == 0) {
			*status = (enum task_status)i;
			return 0;
		}
	}
	return -1;
}

struct judge {
	struct task_input *in;
	struct faults *f;
};

static void
fault(struct judge *j, const char *name, const char *type, const char *msg)
{
	faults_add(j->f, FAULT_BODY, name, type, msg);
}

/* A string of at most max code points, or a fault and NULL. */
static const char *
take_string(struct judge *j, const char *name, struct json_object *value,
    long max)
{
	const char *text;
	size_t len;

	if (!json_object_is_type(value, json_type_string)) {
		fault(j, name, "string_type",
		    arena_printf(j->f->arena, "%s must be a string", name));
		return NULL;
	}
	text = json_object_get_string(value);
	len = (size_t)json_object_get_string_len(value);
	if (memchr(text, '\0', len) != NULL) {
		fault(j, name, "value_error",
		    arena_printf(j->f->arena,
			"%s must not contain the character U+0000", name));
		return NULL;
	}
	if (str_utf8_count(text, len) > max) {
		fault(j, name, "string_too_long",
		    arena_printf(j->f->arena,
			"%s must have at most %ld characters", name, max));
		return NULL;
	}
	return text;
}

static void
take_title(struct judge *j, struct json_object *value)
{
	const char *text = take_string(j, "title", value, TASK_TITLE_MAX);

	j->in->has_title = true;
	if (text == NULL)
		return;
	if (text[0] == '\0')
		fault(j, "title", "string_too_short",
		    "title must have at least 1 character");
	else if (str_is_blank(text, strlen(text)))
		fault(j, "title", "value_error",
		    "title must not be only white space");
	j->in->title = text;
}

static void
take_description(struct judge *j, struct json_object *value)
{
	j->in->has_description = true;
	if (value != NULL)
		j->in->description =
		    take_string(j, "description", value, TASK_DESCRIPTION_MAX);
}

static void
take_status(struct judge *j, struct json_object *value)
{
	j->in->has_status = true;
	if (!json_object_is_type(value, json_type_string) ||
	    task_status_parse(json_object_get_string(value),
		(size_t)json_object_get_string_len(value),
		&j->in->status) == -1)
		fault(j, "status", "enum",
		    "status must be pending, in-progress or completed");
}

static const struct member {
	const char *name;
	void (*take)(struct judge *j, struct json_object *value);
} members[] = {
	{ "title", take_title },
	{ "description", take_description },
	{ "status", take_status },
	/* set by the server */
	{ "id", NULL },
	{ "created_at", NULL },
	{ "updated_at", NULL },
	{ "created_by", NULL },
};

static const struct member *
find_member(const char *name)
{
	for (size_t i = 0; i < NELEM(members); i++) {
		if (str_eq(name, members[i].name))
			return &members[i];
	}
	return NULL;
}

static void
refuse_member(struct judge *j, const char *name)
{
	struct near near;

	near_init(&near, name);
	for (size_t i = 0; i < NELEM(members); i++) {
		if (members[i].take != NULL)
			near_offer(&near, members[i].name);
	}
	fault(j, name, "extra_forbidden",
	    near_best(&near) == NULL
		? "a task has title, description and status; nothing else "
		  "can be set"
		: arena_printf(j->f->arena,
		      "a task has no such member; did you mean %s?",
		      near_best(&near)));
}

void
task_parse(struct json_object *tree, enum task_body form, struct task_input *in,
    struct faults *f)
{
	const struct member *m;
	struct judge j = { in, f };

	memset(in, 0, sizeof(*in));
	in->status = TASK_PENDING;
	if (!json_object_is_type(tree, json_type_object)) {
		fault(&j, NULL, "model_attributes_type",
		    "the body must be a JSON object");
		return;
	}
	json_object_object_foreach(tree, name, value)
	{
		m = find_member(name);
		if (m == NULL)
			refuse_member(&j, name);
		else if (m->take == NULL)
			fault(&j, name, "extra_forbidden",
			    arena_printf(f->arena, "%s is set by the server",
				m->name));
		else
			m->take(&j, value);
	}
	if (form == TASK_BODY_PATCH)
		return;
	if (!in->has_title)
		fault(&j, "title", "missing", "title is required");
	in->has_title = in->has_description = in->has_status = true;
}

void
task_format(struct json_write *w, const struct task *t)
{
	json_open_object(w, NULL);
	json_put_uuid(w, "id", &t->id);
	json_put_bytes(w, "title", t->title, t->title_len);
	if (t->description == NULL)
		json_put_null(w, "description");
	else
		json_put_bytes(w, "description", t->description,
		    t->description_len);
	json_put_bytes(w, "status", t->status_word, t->status_len);
	json_put_time(w, "created_at", t->created_at);
	json_put_time(w, "updated_at", t->updated_at);
	json_put_bytes(w, "created_by", t->created_by, t->created_by_len);
	json_close_object(w);
}
