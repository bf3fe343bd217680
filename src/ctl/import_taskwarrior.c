/* SPDX-License-Identifier: ISC */
/* Reads what Taskwarrior's "task export" has printed. */
#include "config.h"

#include <string.h>

#include "base/str.h"
#include "import_own.h"
#include "text/member.h"

static const char *
annotations(struct import_set *set, struct json_object *task)
{
	struct json_object *all = member_array(task, "annotations");
	const char *text = NULL;

	for (size_t i = 0; all != NULL && i < json_object_array_length(all);
	     i++) {
		const char *one =
		    member_string(json_object_array_get_idx(all, i),
			"description");

		if (one != NULL)
			text = text == NULL ? one
					    : arena_printf(set->arena, "%s\n%s",
						  text, one);
	}
	return text;
}

static void
taskwarrior_task(struct import_set *set, unsigned at, struct json_object *v)
{
	static const char *const beside[] = { "project", "tags", "due",
		"priority", "depends", "scheduled", "until", "wait" };
	const char *title = member_string(v, "description");
	const char *status = member_string(v, "status");

	if (status == NULL)
		status = "";
	if (str_eq(status, "deleted")) {
		import_skip(set, at, title, "it was deleted");
		return;
	}
	if (str_eq(status, "recurring")) {
		import_skip(set, at, title,
		    "it is a pattern of others that recur");
		return;
	}
	import_add(set, &(struct import_item){ .at = at,
			    .title = title,
			    .description = annotations(set, v),
			    .status = str_eq(status, "completed") ? "completed"
				      : member_there(v, "start") ? "in-progress"
								 : "pending" });
	for (size_t i = 0; i < NELEM(beside); i++)
		import_leave_member(set, v, beside[i], beside[i]);
}

/* With json.array=off it is an object a line, with or without commas. */
static int
taskwarrior_lines(const char *text, size_t len, struct import_set *set,
    const char **why)
{
	const char *end = text + len;
	unsigned at = 0;
	size_t n, all;

	for (; text < end; text += all + 1) {
		struct json_object *v;

		n = all = strcspn(text, "\n");
		at++;
		while (n > 0 && strchr(", \t\r", text[n - 1]) != NULL)
			n--;
		if (n == 0)
			continue;
		v = import_tree(set, text, n, why);
		if (v == NULL) {
			*why =
			    arena_printf(set->arena, "line %u: %s", at, *why);
			return -1;
		}
		taskwarrior_task(set, at, v);
	}
	return 0;
}

int
import_taskwarrior(const char *text, size_t len, struct import_set *set,
    const char **why)
{
	struct json_object *v;

	if (text[strspn(text, " \t\r\n")] != '[')
		return taskwarrior_lines(text, len, set, why);
	v = import_tree(set, text, len, why);
	if (v == NULL)
		return -1;
	for (size_t i = 0; i < json_object_array_length(v); i++)
		taskwarrior_task(set, (unsigned)i + 1,
		    json_object_array_get_idx(v, i));
	return 0;
}
