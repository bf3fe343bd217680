/* SPDX-License-Identifier: ISC */
/* Handlers of single tasks: create, read, replace, update, delete. */
#include "config.h"

#include <string.h>

#include "answer/answer.h"
#include "answer/body.h"
#include "answer/entry.h"
#include "answer/match.h"
#include "answer/problem.h"
#include "base/codec.h"
#include "base/str.h"
#include "conf/conf.h"
#include "handlers.h"
#include "log/log.h"
#include "task/task.h"
#include "tell.h"

static void
not_found(struct call *c)
{
	problem(c, 404, "there is no such task");
}

/* {id} as a UUID; else it is answered. */
static bool
take_id(struct call *c, struct uuid *id)
{
	if (uuid_parse(c->param, id) == 0)
		return true;
	not_found(c);
	return false;
}

/* The body as a judged input; else it is answered. */
static bool
take_input(struct call *c, enum task_body form, struct task_input *in)
{
	struct faults *faults = faults_new(c->arena);
	struct json_object *tree;

	if (!body_read(c, &tree))
		return false;
	task_parse(tree, form, in, faults);
	if (faults->n == 0)
		return true;
	problem_faults(c, faults);
	return false;
}

static struct task_actor
actor(const struct call *c)
{
	const struct request *req = c->req;

	return (struct task_actor){ c->who->username, c->who->email, req->id,
		req->traceparent, req->trace_id, c->who->owner };
}

static void
format(struct call *c, const struct task *t)
{
	struct json_write w = json_write(&c->res->body);

	task_format(&w, t);
	answer_json_end(&w);
}

static void
answer_task(struct call *c, int status, const struct task *t)
{
	c->res->status = status;
	c->res->content_type = "application/json";
	c->res->cache_control = ANSWER_REVALIDATE;
	response_header(c->res, "ETag", "\"%s\"", t->tag);
	format(c, t);
}

void
h_task_create(struct call *c)
{
	struct task_actor who = actor(c);
	struct task_input in;
	struct task t;
	char id[UUID_TEXT];
	enum pg_err err;

	if (!take_input(c, TASK_BODY_WHOLE, &in))
		return;
	err = task_create(c->deps->pg, &in, &who, &t);
	if (tell_is_due(err))
		tell_of_change(c, &t.id);
	if (err != PG_OK) {
		problem_database(c, err);
		return;
	}
	response_header(c->res, "Location", "%s/tasks/%s",
	    settings.http_base_path, uuid_format(&t.id, id));
	answer_task(c, 201, &t);
}

/* Whose a task is, as a word: the cache keeps it where lists have their next
 * cursor.  What has none there came from a release that does not note it. */
static const char *
whose(struct arena *a, const char *owner, size_t len)
{
	uint8_t digest[CODEC_SHA256];
	char *word = arena_alloc(a, 2 * CODEC_SHA256 + 1);

	if (owner == NULL)
		return "nobody";
	codec_sha256(owner, len, digest);
	return codec_hex(digest, CODEC_SHA256, word);
}

static bool
is_there(struct call *c, const struct cache_entry *e)
{
	const char *owner = c->scope.owner;

	return c->scope.all ||
	       (owner != NULL &&
		   str_eq(e->next, whose(c->arena, owner, strlen(owner))));
}

/* Reads the task from PostgreSQL into e; else it is answered. */
static bool
load_task(struct call *c, const struct uuid *id, struct cache_entry *e)
{
	enum task_found found;
	struct task t;
	enum pg_err err;

	err = task_get(c->deps->pg, id, &found, &t);
	if (err != PG_OK) {
		problem_database(c, err);
		return false;
	}
	if (found == TASK_ABSENT) {
		not_found(c);
		return false;
	}
	format(c, &t);
	*e = (struct cache_entry){ .body = c->res->body.data,
		.len = c->res->body.len,
		.tag = arena_strdup(c->arena, t.tag),
		.next = whose(c->arena, t.owner, t.owner_len) };
	return true;
}

void
h_task_get(struct call *c)
{
	enum cache_result result;
	struct cache_slot slot;
	struct cache_entry e;
	char text[UUID_TEXT];
	struct uuid id;

	if (!take_id(c, &id))
		return;
	cache_slot_task(&slot, uuid_format(&id, text));
	slot.begins = arena_printf(c->arena, "{\"id\":\"%s\",", text);
	result = entry_look(c, &slot, &e);
	if (result == CACHE_HIT && e.next == NULL && !c->scope.all)
		result = CACHE_BYPASS;
	if (result != CACHE_HIT) {
		if (!load_task(c, &id, &e)) {
			cache_abandon(c->deps->cache, c->arena, &slot);
			return;
		}
		cache_put(c->deps->cache, c->arena, &slot, &e);
	}
	if (is_there(c, &e)) {
		entry_answer(c, result, &e, NULL);
		return;
	}
	buf_clear(&c->res->body);
	not_found(c);
}

/* Takes {id} and If-Match; else it is answered. */
static bool
take_change(struct call *c, struct task_change *ch)
{
	ch->who = actor(c);
	ch->scope = c->scope;
	ch->found = TASK_ABSENT;
	return take_id(c, &ch->id) && match_take(c, &ch->match);
}

/* True if the change was made; else it is answered. */
static bool
changed(struct call *c, enum pg_err err, const struct task_change *ch)
{
	char text[UUID_TEXT];
	struct faults *faults;

	if (tell_is_due(err) && (err != PG_OK || ch->found == TASK_FOUND))
		tell_of_change(c, &ch->id);
	if (err != PG_OK) {
		problem_database(c, err);
		return false;
	}
	if (ch->found != TASK_FOUND) /* a reader saw what is not so */
		cache_drop(c->deps->cache, c->arena,
		    arena_strdup(c->arena, uuid_format(&ch->id, text)));
	if (ch->found == TASK_ABSENT) {
		not_found(c);
	} else if (ch->found == TASK_CONFLICT) {
		response_header(c->res, "ETag", "\"%s\"", ch->task.tag);
		problem(c, 412,
		    arena_printf(c->arena, "the task is at version \"%s\" now",
			ch->task.tag));
	} else if (ch->found == TASK_OVERFULL) {
		faults = faults_new(c->arena);
		task_overfull(faults);
		problem_faults(c, faults);
	}
	return ch->found == TASK_FOUND;
}

static void
change_task(struct call *c, enum task_body form)
{
	struct task_change ch;
	struct task_input in;
	enum pg_err err;

	if (!take_change(c, &ch) || !take_input(c, form, &in))
		return;
	err = task_update(c->deps->pg, &in, &ch);
	if (changed(c, err, &ch))
		answer_task(c, 200, &ch.task);
}

void
h_task_replace(struct call *c)
{
	change_task(c, TASK_BODY_WHOLE);
}

void
h_task_update(struct call *c)
{
	change_task(c, TASK_BODY_PATCH);
}

void
h_task_delete(struct call *c)
{
	struct task_change ch;
	enum pg_err err;

	if (!take_change(c, &ch))
		return;
	err = task_delete(c->deps->pg, &ch);
	if (changed(c, err, &ch))
		c->res->status = 204;
}
