/* SPDX-License-Identifier: ISC */
/* Answers with documents: their headers, and 304 for those who have them. */
#include "config.h"

#include "answer.h"

#include "conf/conf.h"
#include "log/log.h"
#include "wire/etag.h"

struct json_write
answer_json(struct call *c)
{
	c->res->content_type = "application/json";
	return json_write(&c->res->body);
}

void
answer_json_end(struct json_write *w)
{
	json_write_end(w);
	buf_addc(w->b, '\n');
}

void
answer_next(struct call *c, const struct page *p, const char *cursor)
{
	if (cursor != NULL)
		response_header(c->res, "Link", "<%s%s?%s>; rel=\"next\"",
		    settings.http_base_path, c->req->path,
		    page_next(c->arena, p, cursor));
}

enum cache_result
answer_look(struct call *c, struct cache_slot *slot, struct cache_entry *e)
{
	enum cache_result result = cache_get(c->deps->cache, c->arena, slot, e);

	if (result == CACHE_BYPASS && cache_is_of_another(c->deps->cache) &&
	    pg_learn_source(c->deps->pg) != PG_OK)
		log_debug("database cannot say which one it is");
	return result;
}

void
answer_entry(struct call *c, enum cache_result result,
    const struct cache_entry *e, const struct page *p)
{
	c->cache_result = cache_results[result];
	response_header(c->res, "X-Cache", "%s", c->cache_result);
	response_header(c->res, "ETag", "\"%s\"", e->tag);
	if (p != NULL)
		answer_next(c, p, e->next);
	c->res->cache_control = ANSWER_REVALIDATE;
	if (etag_names(c->req->if_none_match, e->tag)) {
		c->res->status = 304;
		return;
	}
	c->res->content_type = "application/json";
	response_borrow(c->res, e->body, e->len);
}
