/* SPDX-License-Identifier: ISC */
/* Handlers of lists: tasks, and the history of one task. */
#include "config.h"

#include "answer/problem.h"
#include "base/codec.h"
#include "conf/conf.h"
#include "handlers.h"
#include "list/page.h"
#include "task/task.h"
#include "wire/etag.h"

/* The tag of a list is made of its text. */
static const char *
list_tag(struct arena *a, const struct buf *b)
{
	uint8_t digest[CODEC_SHA256];
	char *tag = arena_alloc(a, 2 * CODEC_SHA256 + 1);

	codec_sha256(b->data, b->len, digest);
	return codec_hex(digest, CODEC_SHA256 / 2, tag);
}

static void
list_answer(struct call *c, const struct page *p, enum cache_result result,
    const struct cache_entry *e)
{
	c->cache_result = cache_results[result];
	response_header(c->res, "X-Cache", "%s", c->cache_result);
	response_header(c->res, "ETag", "\"%s\"", e->tag);
	if (e->next != NULL)
		response_header(c->res, "Link", "<%s%s?%s>; rel=\"next\"",
		    settings.http_base_path, c->req->path,
		    page_next(c->arena, p, e->next));
	c->res->cache_control = "private, no-cache";
	if (etag_names(c->req->if_none_match, e->tag)) {
		c->res->status = 304;
		return;
	}
	c->res->content_type = "application/json";
	response_borrow(c->res, e->body, e->len);
}

/* Reads the list from PostgreSQL into e; else it is answered. */
static bool
list_load(struct call *c, const struct task_query *q, struct cache_entry *e)
{
	const char *next = NULL;
	enum pg_err err;

	err = task_list(c->deps->pg, c->arena, q, &c->res->body, &next);
	if (err != PG_OK) {
		problem_database(c, err);
		return false;
	}
	buf_addc(&c->res->body, '\n');
	*e = (struct cache_entry){ c->res->body.data, c->res->body.len,
		list_tag(c->arena, &c->res->body), next };
	return true;
}

void
h_task_list(struct call *c)
{
	struct faults *faults = faults_new(c->arena);
	enum cache_result result;
	struct cache_slot slot;
	struct cache_entry e;
	struct task_query q;

	task_query_parse(c->arena, c->req->query, &q, faults);
	if (faults->n > 0) {
		problem_faults(c, faults);
		return;
	}
	cache_slot_list(&slot, page_canonical(c->arena, &q.page));
	result = cache_get(c->deps->cache, c->arena, &slot, &e);
	if (result != CACHE_HIT) {
		if (!list_load(c, &q, &e)) {
			cache_abandon(c->deps->cache, c->arena, &slot);
			return;
		}
		cache_put(c->deps->cache, c->arena, &slot, &e);
	}
	list_answer(c, &q.page, result, &e);
}

void
h_task_events(struct call *c)
{
	struct faults *faults = faults_new(c->arena);
	enum task_found found = TASK_ABSENT;
	struct cache_entry e = { 0 };
	struct uuid id;
	struct page p;
	enum pg_err err = PG_OK;

	task_query_parse_events(c->arena, c->req->query, &p, faults);
	if (uuid_parse(c->param, &id) == 0 && faults->n == 0)
		err = task_events(c->deps->pg, c->arena, &id, &p, &found,
		    &c->res->body, &e.next);
	if (faults->n > 0) {
		problem_faults(c, faults);
	} else if (err != PG_OK) {
		problem_database(c, err);
	} else if (found == TASK_ABSENT) {
		problem(c, 404, "there is no such task");
	} else {
		buf_addc(&c->res->body, '\n');
		e.body = c->res->body.data;
		e.len = c->res->body.len;
		e.tag = list_tag(c->arena, &c->res->body);
		list_answer(c, &p, CACHE_BYPASS, &e);
	}
}
