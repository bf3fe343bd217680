/* SPDX-License-Identifier: ISC */
/* errandctl tasks edit: a change of what was seen, and of nothing newer. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "cmd.h"
#include "tasks.h"
#include "tasks_editor.h"
#include "tasks_extra.h"
#include "tasks_print.h"
#include "term_print.h"
#include "text/member.h"

#define FORCED 10 /* times that it is tried against others */

static const char *const members[] = { "title", "description", "status",
	"extra" };

struct edit {
	struct tasks *t;
	const char *id, *path;
	struct json_object *was;   /* the task that was seen */
	struct json_object *patch; /* what it shall become */
	const char *etag;
	char *file; /* of the editor, or NULL */
};

/* The task as it is now, in answer; an exit status. */
static int
edit_look(const struct edit *e, struct api_answer *answer)
{
	struct api *api = &e->t->api;

	if (api_ask(api, &(struct api_ask){ .method = "GET", .path = e->path },
		answer))
		return CMD_OK;
	return api_say(answer,
	    arena_printf(api->arena, "task %s cannot be read", e->id));
}

/* NULL means null. */
static void
edit_set(const struct edit *e, const char *name, const char *value)
{
	json_object_object_add(e->patch, name,
	    value == NULL ? NULL : json_object_new_string(value));
}

static void
edit_by_options(const struct edit *e)
{
	const struct tasks *t = e->t;

	if (t->title != NULL)
		edit_set(e, "title", t->title);
	if (t->description != NULL)
		edit_set(e, "description",
		    t->description[0] == '\0' ? NULL : t->description);
	if (t->status != NULL)
		edit_set(e, "status", t->status);
	if (t->nextra > 0)
		json_object_object_add(e->patch, "extra",
		    tasks_extra_object(t));
}

static bool
edit_differs(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a != b : !str_eq(a, b);
}

/* What differs from the same text unedited: what the form of a file cannot tell
 * stays as it is. */
static int
edit_by_text(const struct edit *e, const struct buf *before, char *text)
{
	char *copy = arena_strdup(e->t->api.arena, before->data);
	struct tasks_text old, new;
	const char *why;

	text = arena_strdup(e->t->api.arena, text);
	if (tasks_text_parse(copy, &old, &why) == -1 ||
	    tasks_text_parse(text, &new, &why) == -1) {
		fprintf(stderr, API_WHO "%s: %s\n", e->file, why);
		return CMD_FAILED;
	}
	if (edit_differs(old.title, new.title))
		edit_set(e, "title", new.title);
	if (edit_differs(old.description, new.description))
		edit_set(e, "description", new.description);
	if (edit_differs(old.status, new.status))
		edit_set(e, "status", new.status);
	return CMD_OK;
}

static int
edit_by_editor(struct edit *e)
{
	struct tasks_text task = { member_string(e->was, "title"),
		member_string(e->was, "description"),
		member_string(e->was, "status") };
	struct buf before = { 0 };
	char *text;
	int rc = CMD_FAILED;

	if (task.title == NULL || task.status == NULL) {
		fputs(API_WHO "this task is not for an editor\n", stderr);
		return CMD_FAILED;
	}
	tasks_text_format(&before, &task);
	if (tasks_editor_run(&before, &e->file, &text) == 0)
		rc = edit_by_text(e, &before, text);
	free(text);
	buf_free(&before);
	return rc;
}

/* --- a conflict --- */

static void
say_value(const char *who, struct json_object *v)
{
	const char *text = json_object_get_string(v);

	fprintf(stderr, "    %-6s  ", who);
	term_text(stderr, text == NULL ? "(none)" : text, 0);
	putc('\n', stderr);
}

/* Each member that somebody has changed: as it was seen, as it was to become,
 * and as it is. */
static void
say_conflict(const struct edit *e, struct json_object *now)
{
	fprintf(stderr, API_WHO "task %s was changed meanwhile:\n", e->id);
	for (size_t i = 0; i < NELEM(members); i++) {
		struct json_object *was = NULL, *yours = NULL, *theirs = NULL;
		bool mine;

		json_object_object_get_ex(e->was, members[i], &was);
		mine = json_object_object_get_ex(e->patch, members[i], &yours);
		json_object_object_get_ex(now, members[i], &theirs);
		if (!mine && json_object_equal(was, theirs))
			continue;
		fprintf(stderr, "  %s\n", members[i]);
		say_value("was", was);
		if (mine)
			say_value("yours", yours);
		say_value("theirs", theirs);
	}
	fputs("Nothing was changed.  --force puts yours over theirs.\n",
	    stderr);
}

static void
print_conflict(const struct edit *e, const struct api_answer *now)
{
	struct json_object *v = json_object_new_object();

	json_object_object_add(v, "conflict", json_object_new_string(e->id));
	json_object_object_add(v, "yours", json_object_get(e->patch));
	json_object_object_add(v, "theirs", json_object_get(now->json));
	if (now->etag != NULL)
		json_object_object_add(v, "etag",
		    json_object_new_string(now->etag));
	tasks_print_json(v);
	json_object_put(v);
}

/* --- the change --- */

static bool
edit_send(const struct edit *e, const char *etag, struct api_answer *answer)
{
	struct buf body = { 0 };
	bool good;

	buf_adds(&body, json_object_to_json_string_ext(e->patch,
			    JSON_C_TO_STRING_NOSLASHESCAPE));
	good = api_ask(&e->t->api,
	    &(struct api_ask){ .method = "PATCH",
		.path = e->path,
		.json = &body,
		.if_match = etag },
	    answer);
	buf_free(&body);
	return good;
}

static int
edit_change(const struct edit *e)
{
	const char *etag = e->t->if_match == NULL ? e->etag : e->t->if_match;
	struct api_answer answer, now;
	int rc;

	for (int i = 0;; i++) {
		if (edit_send(e, etag, &answer)) {
			if (e->t->json)
				tasks_print_one(answer.json, answer.etag, true);
			else
				printf("task %s changed\n", e->id);
			return CMD_OK;
		}
		if (answer.status != 412)
			return api_say(&answer,
			    arena_printf(e->t->api.arena,
				"task %s is not changed", e->id));
		rc = edit_look(e, &now);
		if (rc != CMD_OK)
			return rc;
		if (!e->t->force || i == FORCED)
			break;
		etag = now.etag;
	}
	if (e->t->json)
		print_conflict(e, &now);
	say_conflict(e, now.json);
	return API_CONFLICT;
}

static int
edit_run(struct edit *e)
{
	const struct tasks *t = e->t;
	struct api_answer answer;
	int rc = edit_look(e, &answer);

	if (rc != CMD_OK)
		return rc;
	e->was = answer.json;
	e->etag = answer.etag;
	if (t->title != NULL || t->description != NULL || t->status != NULL ||
	    t->nextra > 0)
		edit_by_options(e);
	else
		rc = edit_by_editor(e);
	if (rc != CMD_OK)
		return rc;
	if (json_object_object_length(e->patch) > 0)
		return edit_change(e);
	if (t->json)
		tasks_print_one(e->was, e->etag, true);
	else
		printf("task %s stays as it is\n", e->id);
	return CMD_OK;
}

int
tasks_edit(struct tasks *t)
{
	struct arena *a = t->api.arena = arena_new();
	struct edit e = { .t = t,
		.id = t->words[0],
		.path = arena_printf(a, "/tasks/%s", t->words[0]),
		.patch = json_object_new_object() };
	int rc = edit_run(&e);

	if (e.file != NULL && rc == CMD_OK)
		(void)unlink(e.file);
	else if (e.file != NULL)
		fprintf(stderr, API_WHO "your text is in %s\n", e.file);
	free(e.file);
	json_object_put(e.patch);
	arena_free(a);
	return rc;
}
