/* SPDX-License-Identifier: ISC */
/* errandctl tasks list and show. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/str.h"
#include "base/xalloc.h"
#include "cmd.h"
#include "tasks.h"
#include "tasks_extra.h"
#include "tasks_print.h"
#include "text/member.h"

#define PAGE 100 /* the most that the service gives at once */

int
tasks_each(struct tasks *t, int (*one)(struct tasks *t, const char *id))
{
	int rc = CMD_OK;

	for (int i = 0; i < t->nwords; i++) {
		int each;

		t->api.arena = arena_new();
		each = one(t, t->words[i]);
		arena_free(t->api.arena);
		if (rc == CMD_OK)
			rc = each;
		if (each == API_AWAY || each == API_DENIED)
			break; /* it will not be better with the next */
	}
	return rc;
}

static int
tasks_show_one(struct tasks *t, const char *id)
{
	struct api_answer answer;
	const char *path = arena_printf(t->api.arena, "/tasks/%s", id);

	if (!api_ask(&t->api,
		&(struct api_ask){ .method = "GET", .path = path }, &answer))
		return api_say(&answer,
		    arena_printf(t->api.arena, "task %s", id));
	if (!t->json && !str_eq(id, t->words[0]))
		putchar('\n');
	tasks_print_one(answer.json, answer.etag, t->json);
	return CMD_OK;
}

int
tasks_show(struct tasks *t)
{
	return tasks_each(t, tasks_show_one);
}

static void
tasks_list_path(const struct tasks *t, int64_t limit, const char *cursor,
    struct buf *path)
{
	char number[24];

	snprintf(number, sizeof(number), "%lld", (long long)limit);
	buf_clear(path);
	buf_adds(path, "/tasks");
	api_add_query(path, "limit", number);
	api_add_query(path, "status", t->status);
	api_add_query(path, "title", t->title);
	api_add_query(path, "created_from", t->from);
	api_add_query(path, "created_to", t->to);
	api_add_query(path, "created_by", t->created_by);
	tasks_extra_query(t, path);
	api_add_query(path, "sort", t->sort);
	api_add_query(path, "cursor", cursor);
}

/* Where the list goes on, of what was printed; the caller frees it.  NULL: it
 * does not. */
static char *
tasks_list_next(const struct api_answer *answer)
{
	const char *next = member_string(answer->json, "next_cursor");

	return next == NULL ? NULL : xstrdup(next);
}

/* One page, from the cursor on, which is replaced by the next. */
static int
tasks_list_page(struct tasks *t, struct tasks_print *p, int64_t *left,
    char **cursor)
{
	struct buf path = { 0 };
	struct api_answer answer;
	struct json_object *data;
	int rc = CMD_OK;

	t->api.arena = arena_new();
	tasks_list_path(t, *left < PAGE ? *left : PAGE, *cursor, &path);
	free(*cursor);
	*cursor = NULL;
	if (api_ask(&t->api,
		&(struct api_ask){ .method = "GET", .path = path.data },
		&answer)) {
		if (!p->begun)
			tasks_print_head(p, t->json);
		data = member_array(answer.json, "data");
		for (size_t i = 0;
		     data != NULL && i < json_object_array_length(data); i++) {
			tasks_print_row(p, json_object_array_get_idx(data, i));
			(*left)--;
		}
		*cursor = tasks_list_next(&answer);
	} else {
		rc = api_say(&answer, "the list did not come");
	}
	buf_free(&path);
	arena_free(t->api.arena);
	return rc;
}

int
tasks_list(struct tasks *t)
{
	struct tasks_print p = { 0 };
	int64_t left = t->all ? INT64_MAX : t->limit;
	char *cursor = NULL;
	int rc;

	do
		rc = tasks_list_page(t, &p, &left, &cursor);
	while (rc == CMD_OK && cursor != NULL && left > 0);
	if (rc == CMD_OK)
		tasks_print_end(&p);
	if (cursor != NULL && isatty(STDERR_FILENO))
		fputs("There are more: see --limit and --all.\n", stderr);
	free(cursor);
	return rc;
}
