/* SPDX-License-Identifier: ISC */
/* The task in JSON: judges what a body asks for, writes what is stored. */
#include "config.h"

#include "task.h"

#include <json-c/linkhash.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "text/json.h"
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
	if (value != NULL)
		j->in->description =
		    take_string(j, "description", value, TASK_DESCRIPTION_MAX);
}

static void
take_status(struct judge *j, struct json_object *value)
{
	if (!json_object_is_type(value, json_type_string) ||
	    task_status_parse(json_object_get_string(value),
		(size_t)json_object_get_string_len(value),
		&j->in->status) == -1)
		fault(j, "status", "enum",
		    "status must be pending, in-progress or completed");
}

static void
refuse_member(struct judge *j, const char *name)
{
	static const char *const servers[] = { "id", "created_at", "updated_at",
		"created_by" };
	struct near near;
	size_t i;

	for (i = 0; i < NELEM(servers); i++) {
		if (str_eq(name, servers[i])) {
			fault(j, name, "extra_forbidden",
			    arena_printf(j->f->arena, "%s is set by the server",
				servers[i]));
			return;
		}
	}
	near_init(&near, name);
	near_offer(&near, "title");
	near_offer(&near, "description");
	near_offer(&near, "status");
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
		if (str_eq(name, "title")) {
			in->has_title = true;
			take_title(&j, value);
		} else if (str_eq(name, "description")) {
			in->has_description = true;
			take_description(&j, value);
		} else if (str_eq(name, "status")) {
			in->has_status = true;
			take_status(&j, value);
		} else {
			refuse_member(&j, name);
		}
	}
	if (form == TASK_BODY_PATCH)
		return;
	if (!in->has_title)
		fault(&j, "title", "missing", "title is required");
	in->has_title = in->has_description = in->has_status = true;
}

void
task_format(struct buf *b, const struct task *t)
{
	char id[UUID_TEXT], created[CLOCK_TEXT], updated[CLOCK_TEXT];

	buf_adds(b, "{\"id\":\"");
	buf_add(b, uuid_format(&t->id, id), UUID_TEXT - 1);
	buf_adds(b, "\",\"title\":");
	json_add_string(b, t->title, t->title_len);
	buf_adds(b, ",\"description\":");
	if (t->description == NULL)
		buf_adds(b, "null");
	else
		json_add_string(b, t->description, t->description_len);
	buf_adds(b, ",\"status\":\"");
	buf_adds(b, task_statuses[t->status]);
	buf_adds(b, "\",\"created_at\":\"");
	buf_add(b, clock_format(t->created_at, created), CLOCK_TEXT - 1);
	buf_adds(b, "\",\"updated_at\":\"");
	buf_add(b, clock_format(t->updated_at, updated), CLOCK_TEXT - 1);
	buf_adds(b, "\",\"created_by\":");
	json_add_string(b, t->created_by, t->created_by_len);
	buf_addc(b, '}');
}
