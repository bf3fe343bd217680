/* SPDX-License-Identifier: ISC */
/* errandctl tasks import: tasks out of a file, each made once. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "cmd.h"
#include "import.h"
#include "import_journal.h"
#include "progress.h"
#include "tasks.h"
#include "tasks_print.h"
#include "term_print.h"
#include "text/json_write.h"
#include "text/member.h"

#define FILE_MAX (256u << 20)
#define MARGIN   300 /* seconds that two clocks may differ by */
#define SETTLE   2   /* seconds that a request may take without its client */
#define TRIES    5

enum fate { MADE, THERE, LEFT_OUT, REFUSED, FATE__MAX };
static const char *const fates[FATE__MAX] = { "made", "there", "left out",
	"refused" };

struct import {
	struct tasks *t;
	struct arena *arena;
	struct import_set set;
	struct import_journal journal;
	struct progress progress;
	int64_t count[FATE__MAX];
	bool broken; /* something that should have come in was left out */
};

/* --- the report --- */

/* A line on what became of one: always if it is not in the service, else if
 * all are wanted. */
static void
import_tell(struct import *m, const struct import_item *item, enum fate fate,
    const char *id)
{
	const char *what =
	    m->t->dry && fate == MADE ? "to be made" : fates[fate];
	struct buf b = { 0 };
	struct json_write w = json_write(&b);

	m->count[fate]++;
	if (m->t->json) {
		json_open_object(&w, NULL);
		json_put_int(&w, "at", item->at);
		json_put_text(&w, "fate", what);
		json_put_text(&w, "id", id);
		json_put_text(&w, "title", item->title);
		json_put_text(&w, "why", item->why);
		json_close_object(&w);
		json_write_end(&w);
		term_json(b.data, b.len);
		putchar('\n');
		buf_free(&b);
		return;
	}
	if (!m->t->verbose && (fate == MADE || fate == THERE))
		return;
	progress_clear(&m->progress);
	printf("%-10s  %6u  ", what, item->at);
	term_text(stdout, item->title, 60);
	if (id != NULL)
		printf("  %s", id);
	if (item->why != NULL)
		printf(": %s", item->why);
	putchar('\n');
}

static void
import_sum(const struct import *m)
{
	if (m->t->json)
		return;
	printf("%lld %s", (long long)m->count[MADE],
	    m->t->dry ? "to be made" : "made");
	if (m->count[THERE] > 0)
		printf(", %lld made before", (long long)m->count[THERE]);
	if (m->count[LEFT_OUT] > 0)
		printf(", %lld left out", (long long)m->count[LEFT_OUT]);
	if (m->count[REFUSED] > 0)
		printf(", %lld refused", (long long)m->count[REFUSED]);
	putchar('\n');
	for (size_t i = 0; i < m->set.nleft; i++)
		printf("not taken over: %s (%u)\n", m->set.left[i].what,
		    m->set.left[i].n);
}

/* --- one task --- */

static void
import_body(const struct import_item *item, struct buf *body)
{
	struct json_write w = json_write(body);

	json_open_object(&w, NULL);
	json_put_text(&w, "title", item->title);
	json_put_text(&w, "description", item->description);
	json_put_text(&w, "status", item->status);
	if (item->extra != NULL)
		json_put_raw(&w, "extra",
		    json_object_to_json_string_ext(item->extra,
			JSON_C_TO_STRING_NOSLASHESCAPE));
	json_close_object(&w);
	json_write_end(&w);
}

static bool
import_is(struct json_object *task, const struct import_item *item)
{
	const char *description = member_string(task, "description");

	if (!member_is(task, "title", item->title) ||
	    !member_is(task, "status", item->status) ||
	    !json_object_equal(member_object(task, "extra"), item->extra))
		return false;
	return item->description == NULL
		   ? description == NULL
		   : description != NULL &&
			 str_eq(description, item->description);
}

/* The longest piece of a title that web servers let through in an address. */
static const char *
import_piece(struct arena *a, const char *title)
{
	const char *best = title;
	size_t len, longest = 0;

	for (; *title != '\0'; title += len + (title[len] != '\0')) {
		for (len = 0; title[len] != '\0'; len++) {
			if ((unsigned char)title[len] < ' ' ||
			    title[len] == 0x7f)
				break;
		}
		if (len <= longest)
			continue;
		longest = len;
		best = title;
	}
	return longest == 0 ? NULL : arena_strndup(a, best, longest);
}

/* One of the tasks that is the same, and not known as another's. */
static const char *
import_find(const struct import *m, const struct import_item *item,
    struct json_object *data)
{
	for (size_t k = 0; data != NULL && k < json_object_array_length(data);
	     k++) {
		struct json_object *v = json_object_array_get_idx(data, k);
		const char *id = member_string(v, "id");

		if (id != NULL && import_is(v, item) &&
		    !import_journal_has(&m->journal, id))
			return id;
	}
	return NULL;
}

/* The task that was made of an item whose answer nobody has seen: one that is
 * the same, was created since, and is not known as another's.  CMD_OK with *id
 * or NULL; else it was said why that is not known. */
static int
import_look(struct import *m, size_t i, const char **id)
{
	const struct import_item *item = &m->set.v[i];
	const char *piece = import_piece(m->t->api.arena, item->title);
	const char *cursor = NULL;
	char since[CLOCK_TEXT];
	struct buf path = { 0 };
	struct api_answer answer;
	bool good;

	clock_format((m->journal.v[i].begun - MARGIN) * CLOCK_SECOND, since);
	do {
		buf_clear(&path);
		buf_adds(&path, "/tasks?limit=100&sort=-created_at");
		api_add_query(&path, "title", piece);
		api_add_query(&path, "created_from", since);
		api_add_query(&path, "cursor", cursor);
		good = api_ask_patiently(&m->t->api,
		    &(struct api_ask){ .method = "GET", .path = path.data },
		    &answer);
		*id = import_find(m, item, member_array(answer.json, "data"));
		cursor = member_string(answer.json, "next_cursor");
	} while (good && *id == NULL && cursor != NULL);
	buf_free(&path);
	return good ? CMD_OK : api_say(&answer, "what was made is not known");
}

/* A key that the item has whenever this import sends it. */
static const char *
import_key(const struct import *m, size_t i)
{
	return arena_printf(m->t->api.arena, "%s-%zu", m->journal.key, i + 1);
}

/* Sends it once.  CMD_OK with *id, or *again: whether it was made is not known;
 * REFUSED's reason goes to the item. */
static int
import_send(struct import *m, size_t i, const char **id, bool *again)
{
	struct import_item *item = &m->set.v[i];
	struct buf body = { 0 };
	struct api_answer answer;
	bool good;
	int rc;

	import_body(item, &body);
	good = api_ask(&m->t->api,
	    &(struct api_ask){ .method = "POST",
		.path = "/tasks",
		.json = &body,
		.key = import_key(m, i) },
	    &answer);
	buf_free(&body);
	*id = good ? member_string(answer.json, "id") : NULL;
	*again = !good && api_is_away(&answer);
	if (*id != NULL)
		return CMD_OK;
	progress_clear(&m->progress);
	rc = api_say(&answer,
	    arena_printf(m->t->api.arena, "number %u", item->at));
	item->why = "the service has refused it";
	return *again || rc != CMD_FAILED ? rc : CMD_OK;
}

/* What an earlier run has sent last may be under way still. */
static void
import_settle(const struct import *m, size_t i)
{
	for (int n = 0;
	     n < SETTLE && clock_wall_s() < m->journal.v[i].begun + SETTLE; n++)
		sleep(1);
}

/* Makes it, unless an earlier try has.  CMD_OK, or the status to stop with. */
static int
import_make(struct import *m, size_t i)
{
	struct import_item *item = &m->set.v[i];
	const char *id = NULL;
	bool again = m->journal.v[i].begun != 0;
	bool before = false;
	int rc = CMD_OK;

	if (again)
		import_settle(m, i);
	for (int tries = 0;; tries++) {
		if (again)
			rc = import_look(m, i, &id);
		if (rc != CMD_OK)
			return rc;
		before = id != NULL;
		if (before)
			break;
		if (import_journal_begun(&m->journal, i) == -1)
			return CMD_FAILED;
		rc = import_send(m, i, &id, &again);
		if (!again || tries == TRIES)
			break;
		api_wait(&m->t->api, tries);
		rc = CMD_OK;
	}
	if (rc != CMD_OK)
		return rc;
	if (id != NULL &&
	    import_journal_made(&m->journal, m->arena, i, id) == -1)
		return CMD_FAILED;
	import_tell(m, item, id == NULL ? REFUSED : before ? THERE : MADE, id);
	return CMD_OK;
}

static int
import_one(struct import *m, size_t i)
{
	const struct import_item *item = &m->set.v[i];
	int rc = CMD_OK;

	m->broken = m->broken || item->broken;
	if (item->why != NULL) {
		import_tell(m, item, LEFT_OUT, NULL);
	} else if (m->t->dry) {
		import_tell(m, item, MADE, NULL);
	} else if (m->journal.v[i].id != NULL) {
		import_tell(m, item, THERE, m->journal.v[i].id);
	} else {
		m->t->api.arena = arena_new();
		rc = import_make(m, i);
		arena_free(m->t->api.arena);
	}
	return rc;
}

/* --- all of them --- */

static int
import_all(struct import *m)
{
	int rc = CMD_OK;
	size_t i;

	progress_begin(&m->progress, (int64_t)m->set.n);
	for (i = 0; i < m->set.n && rc == CMD_OK; i++) {
		rc = import_one(m, i);
		progress_step(&m->progress, (int64_t)i + 1);
	}
	progress_clear(&m->progress);
	import_sum(m);
	if (rc != CMD_OK)
		fprintf(stderr,
		    API_WHO "the import has stopped; run again, it goes on "
			    "where it was\n");
	return rc == CMD_OK && (m->broken || m->count[REFUSED] > 0) ? CMD_FAILED
								    : rc;
}

static int
import_read_file(struct import *m, const char *name, char **text, size_t *len)
{
	const char *file = str_eq(name, "-") ? "/dev/stdin" : name;
	const char *format = m->t->format, *why;

	if (str_read_file(file, FILE_MAX, text, len) == -1) {
		fprintf(stderr, API_WHO "%s: %s\n", name, strerror(errno));
		return CMD_FAILED;
	}
	if (format == NULL)
		format = import_guess(*text, *len);
	if (format == NULL) {
		fprintf(stderr, API_WHO "%s: what is it?  Say --format\n",
		    name);
		return CMD_USAGE;
	}
	if (import_read(format, *text, *len, &m->set, &why) == -1) {
		fprintf(stderr, API_WHO "%s, as %s: %s\n", name, format, why);
		return CMD_FAILED;
	}
	return CMD_OK;
}

int
tasks_import(struct tasks *t)
{
	struct import m = { .t = t, .arena = arena_new() };
	char *text = NULL;
	size_t len = 0;
	int rc;

	m.set.arena = m.arena;
	rc = import_read_file(&m, t->words[0], &text, &len);
	if (rc == CMD_OK && !t->dry &&
	    import_journal_open(&m.journal, m.arena, t->journal, t->api.url,
		text, len, m.set.n) == -1)
		rc = CMD_FAILED;
	if (rc == CMD_OK)
		rc = import_all(&m);
	import_journal_close(&m.journal);
	free(text);
	arena_free(m.arena);
	return rc;
}
