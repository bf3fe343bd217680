/* SPDX-License-Identifier: ISC */
/* errandctl tasks watch: each change once, as long as it is wanted. */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/linkhash.h>

#include "base/str.h"
#include "base/uuid.h"
#include "base/xalloc.h"
#include "cmd.h"
#include "tasks.h"
#include "tasks_print.h"
#include "term_print.h"
#include "text/member.h"

#define WAIT       25 /* seconds that the service is asked to wait */
#define PAGE       100
#define CURSOR_MAX 4096
#define SECOND     19 /* of a time as text: where its decimals begin */
#define DOUBLINGS  5  /* of the wait for a service that is away */

static volatile sig_atomic_t ended;
static volatile int stop; /* the same for libcurl */

static void
watch_end(int sig)
{
	ended = sig;
	stop = 1;
}

/* Members that an update has changed: "status completed". */
static void
print_changes(struct json_object *changes)
{
	const char *before = ": ";

	if (json_object_get_type(changes) != json_type_object)
		return;
	json_object_object_foreach(changes, name, v)
	{
		const char *to = member_string(v, "to");

		fputs(before, stdout);
		term_text(stdout, name, 20);
		if (to != NULL && !str_eq(name, "description") &&
		    !str_eq(name, "title")) {
			putchar(' ');
			term_text(stdout, to, 20);
		}
		before = ", ";
	}
}

static void
print_change(const struct tasks *t, struct json_object *change)
{
	struct json_object *task = member_object(change, "task");
	const char *at = member_string(change, "at");
	const char *action = member_string(change, "action");
	const char *title = member_string(task, "title");

	if (t->json) {
		tasks_print_json(change);
		return;
	}
	printf("%.*sZ  ", at == NULL ? 0 : SECOND, at == NULL ? "" : at);
	term_cell(action, 7, true);
	term_cell(member_string(change, "task_id"), UUID_TEXT - 1, true);
	term_cell(member_string(change, "actor"), 12, false);
	term_text(stdout, title == NULL ? "-" : title, 60);
	if (action != NULL && str_eq(action, "updated"))
		print_changes(member_object(change, "changes"));
	putchar('\n');
}

/* Notes how far it has come, in a file that is whole at any moment. */
static int
watch_note(const struct tasks *t, const char *cursor)
{
	struct buf part = { 0 };
	FILE *f;
	bool good = false;

	if (t->cursor_file == NULL)
		return CMD_OK;
	buf_printf(&part, "%s.part", t->cursor_file);
	f = fopen(part.data, "we");
	if (f != NULL) {
		good = fprintf(f, "%s\n", cursor) > 0;
		good = fclose(f) == 0 && good;
		good = good && rename(part.data, t->cursor_file) == 0;
	}
	buf_free(&part);
	if (good)
		return CMD_OK;
	fprintf(stderr, API_WHO "%s: %s\n", t->cursor_file, strerror(errno));
	return CMD_FAILED;
}

/* Where to begin; the caller frees it.  NULL when it has said why not. */
static char *
watch_begin(const struct tasks *t)
{
	char *text = NULL;
	size_t len;

	if (t->since != NULL)
		return xstrdup(t->since);
	if (t->cursor_file == NULL)
		return xstrdup("now");
	if (str_read_file(t->cursor_file, CURSOR_MAX, &text, &len) == 0) {
		memmove(text, str_trim(text), strlen(str_trim(text)) + 1);
		return text;
	}
	if (errno == ENOENT)
		return xstrdup("now");
	fprintf(stderr, API_WHO "%s: %s\n", t->cursor_file, strerror(errno));
	return NULL;
}

/* What a page has; *since becomes its end.  Printed before it is noted: after a
 * crash a page may come twice, and none is missing. */
static int
watch_page(struct tasks *t, const struct api_answer *answer, char **since,
    int64_t *left)
{
	struct json_object *data = member_array(answer->json, "data");
	const char *next = member_string(answer->json, "next_cursor");
	size_t n = data == NULL ? 0 : json_object_array_length(data);

	for (size_t i = 0; i<n && * left> 0; i++, (*left)--)
		print_change(t, json_object_array_get_idx(data, i));
	if (fflush(stdout) != 0)
		return CMD_FAILED; /* main says why */
	if (next == NULL)
		return CMD_OK;
	free(*since);
	*since = xstrdup(next);
	return watch_note(t, next);
}

/* Once.  CMD_OK, or a status to end with. */
static int
watch_ask(struct tasks *t, char **since, int64_t *left, int *away)
{
	struct buf path = { 0 };
	struct api_answer answer;
	char *before = xstrdup(*since);
	bool good;
	int rc = CMD_OK;

	/* The place that is noted is the end of a page: so none has more than
	 * is printed. */
	buf_printf(&path, "/tasks/changes?limit=%lld",
	    (long long)(*left < PAGE ? *left : PAGE));
	if (!str_eq(*since, "oldest"))
		api_add_query(&path, "since", *since);
	good = api_ask(&t->api,
	    &(struct api_ask){ .method = "GET",
		.path = path.data,
		.wait = str_eq(*since, "now") ? 0 : WAIT },
	    &answer);
	buf_free(&path);
	if (good) {
		if (*away > 0)
			fputs(API_WHO "the service is back\n", stderr);
		*away = 0;
		rc = watch_page(t, &answer, since, left);
		/* A service that does not wait is asked each second. */
		if (rc == CMD_OK && !str_eq(before, "now") &&
		    str_eq(*since, before) &&
		    api_header(&t->api, "Preference-Applied") == NULL)
			sleep(1);
	} else if (!ended && api_is_away(&answer)) {
		if (*away == 0)
			(void)api_say(&answer, "waiting for the service");
		api_wait(&t->api, *away < DOUBLINGS ? (*away)++ : DOUBLINGS);
	} else if (!ended) {
		rc = api_say(&answer, "the changes cannot be followed");
	}
	free(before);
	return rc;
}

int
tasks_watch(struct tasks *t)
{
	struct sigaction end = { .sa_handler = watch_end };
	int64_t left = t->given ? t->limit : INT64_MAX;
	char *since = watch_begin(t);
	int rc = since == NULL ? CMD_FAILED : CMD_OK, away = 0;

	sigaction(SIGINT, &end, NULL);
	sigaction(SIGTERM, &end, NULL);
	t->api.stop = &stop;
	while (rc == CMD_OK && !ended && left > 0) {
		t->api.arena = arena_new();
		rc = watch_ask(t, &since, &left, &away);
		arena_free(t->api.arena);
	}
	free(since);
	return rc;
}
