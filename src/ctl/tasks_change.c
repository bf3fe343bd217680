/* SPDX-License-Identifier: ISC */
/* errandctl tasks add, done and delete. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/uuid.h"
#include "cmd.h"
#include "tasks.h"
#include "tasks_extra.h"
#include "tasks_print.h"
#include "text/json_write.h"
#include "text/member.h"

/* What stood on the command line is the title, with blanks in between. */
static void
tasks_add_body(const struct tasks *t, struct buf *body)
{
	struct json_write w = json_write(body);
	struct json_object *extra = tasks_extra_object(t);
	struct buf title = { 0 };

	for (int i = 0; i < t->nwords; i++)
		buf_printf(&title, "%s%s", i == 0 ? "" : " ", t->words[i]);
	json_open_object(&w, NULL);
	json_put_text(&w, "title", title.data);
	if (t->description != NULL)
		json_put_text(&w, "description", t->description);
	if (t->status != NULL)
		json_put_text(&w, "status", t->status);
	if (extra != NULL)
		json_put_raw(&w, "extra",
		    json_object_to_json_string_ext(extra,
			JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(extra);
	json_close_object(&w);
	json_write_end(&w);
	buf_free(&title);
}

/* Bytes that are no text would become other characters on their way. */
static bool
tasks_is_text(const char *text)
{
	return text == NULL || str_utf8_count(text, strlen(text)) != -1;
}

int
tasks_add(struct tasks *t)
{
	const struct uuid key = uuid_new();
	struct arena *a = t->api.arena = arena_new();
	struct buf body = { 0 };
	char text[UUID_TEXT];
	struct api_answer answer;
	const char *id;
	bool good = tasks_is_text(t->description);
	int rc = CMD_OK;

	for (int i = 0; i < t->nwords; i++)
		good = good && tasks_is_text(t->words[i]);
	if (!good) {
		fputs(API_WHO "title and description have to be UTF-8\n",
		    stderr);
		arena_free(a);
		return CMD_FAILED;
	}
	tasks_add_body(t, &body);
	if (!api_ask_patiently(&t->api,
		&(struct api_ask){ .method = "POST",
		    .path = "/tasks",
		    &body,
		    .key = uuid_format(&key, text) },
		&answer)) {
		rc = api_say(&answer,
		    answer.status == -1
			? "whether the task was created is not known"
			: "no task was created");
	} else if (t->json) {
		tasks_print_one(answer.json, answer.etag, true);
	} else {
		id = member_string(answer.json, "id");
		printf("task %s created\n", id == NULL ? "-" : id);
	}
	buf_free(&body);
	arena_free(a);
	return rc;
}

static int
tasks_done_one(struct tasks *t, const char *id)
{
	struct arena *a = t->api.arena;
	struct buf body = { 0 };
	struct api_answer answer;
	bool good;

	buf_adds(&body, "{\"status\":\"completed\"}");
	good = api_ask(&t->api,
	    &(struct api_ask){ .method = "PATCH",
		.path = arena_printf(a, "/tasks/%s", id),
		.json = &body,
		.if_match = t->if_match },
	    &answer);
	buf_free(&body);
	if (!good)
		return api_say(&answer,
		    arena_printf(a, "task %s is not completed", id));
	if (t->json)
		tasks_print_one(answer.json, answer.etag, true);
	else
		printf("task %s completed\n", id);
	return CMD_OK;
}

int
tasks_done(struct tasks *t)
{
	return tasks_each(t, tasks_done_one);
}

static int
tasks_delete_one(struct tasks *t, const char *id)
{
	struct arena *a = t->api.arena;
	struct api_answer answer;

	if (!api_ask(&t->api,
		&(struct api_ask){ .method = "DELETE",
		    .path = arena_printf(a, "/tasks/%s", id),
		    .if_match = t->if_match },
		&answer)) {
		if (answer.status == 403)
			fputs(API_WHO "deleting is for administrators, unless "
				      "the service is configured otherwise\n",
			    stderr);
		return api_say(&answer,
		    arena_printf(a, "task %s is not deleted", id));
	}
	if (t->json)
		printf("{\"id\":\"%s\",\"deleted\":true}\n", id);
	else
		printf("task %s deleted\n", id);
	return CMD_OK;
}

int
tasks_delete(struct tasks *t)
{
	return tasks_each(t, tasks_delete_one);
}
