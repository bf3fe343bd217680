/* SPDX-License-Identifier: ISC */
/* The task in JSON: judges what a body asks for, writes what is stored. */
#include "config.h"

#include "task.h"

#include <string.h>

#include "task_extra.h"
#include "wire/object.h"

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

static void
take_title(struct object_reader *r, struct json_object *value)
{
	struct task_input *in = r->into;

	in->has_title = true;
	in->title = object_line(r, "title", value, TASK_TITLE_MAX);
}

static void
take_description(struct object_reader *r, struct json_object *value)
{
	struct task_input *in = r->into;

	in->has_description = true;
	if (value != NULL)
		in->description =
		    object_text(r, "description", value, TASK_DESCRIPTION_MAX);
}

static void
take_status(struct object_reader *r, struct json_object *value)
{
	struct task_input *in = r->into;

	in->has_status = true;
	if (!json_object_is_type(value, json_type_string) ||
	    task_status_parse(json_object_get_string(value),
		(size_t)json_object_get_string_len(value), &in->status) == -1)
		object_fault(r, "status", "enum",
		    "status must be pending, in-progress or completed");
}

static void
take_extra(struct object_reader *r, struct json_object *value)
{
	struct task_input *in = r->into;

	in->has_extra = true;
	in->extra = task_extra_judge(value, r->f);
}

static const struct object_member members[] = {
	{ "title", take_title },
	{ "description", take_description },
	{ "status", take_status },
	{ "extra", take_extra },
	/* set by the server */
	{ "id", NULL },
	{ "created_at", NULL },
	{ "updated_at", NULL },
	{ "created_by", NULL },
};
static const struct object_form task_form = { members, NELEM(members),
	"a task has title, description, status and extra; nothing else can be set",
	"a task" };

void
task_parse(struct json_object *tree, enum task_body form, struct task_input *in,
    struct faults *f)
{
	memset(in, 0, sizeof(*in));
	in->status = TASK_PENDING;
	in->merges_extra = form == TASK_BODY_PATCH;
	object_read(tree, &task_form, in, f);
	if (form == TASK_BODY_PATCH ||
	    !json_object_is_type(tree, json_type_object))
		return;
	if (!in->has_title)
		faults_add(f, FAULT_BODY, "title", "missing",
		    "title is required");
	in->has_title = in->has_description = in->has_status = true;
	in->has_extra = true;
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
	if (t->extra != NULL)
		task_extra_write(json_put_by_hand(w, "extra"), t->extra,
		    t->extra_len);
	json_close_object(w);
}
