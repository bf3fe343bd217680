/* SPDX-License-Identifier: ISC */
/* Answers with what the cache keeps: 304 and 412 for those who have tags. */
#include "config.h"

#include "entry.h"

#include "answer.h"
#include "base/codec.h"
#include "log/log.h"
#include "problem.h"
#include "wire/etag.h"

const char *
entry_tag(struct arena *a, const struct buf *b)
{
	uint8_t digest[CODEC_SHA256];
	char *tag = arena_alloc(a, 2 * CODEC_SHA256 + 1);

	codec_sha256(b->data, b->len, digest);
	return codec_hex(digest, CODEC_SHA256 / 2, tag);
}

/* True if the client wants the document as it is, whatever If-Match says;
 * else it is answered. */
static bool
entry_fits(struct call *c, const char *tag)
{
	int fits = 1;

	if (c->req->if_match != NULL)
		fits = etag_match(c->arena, c->req->if_match, tag);
	if (fits == 1)
		return true;
	if (fits == -1) {
		problem(c, 400, ENTRY_BAD_MATCH);
		return false;
	}
	response_header(c->res, "ETag", "\"%s\"", tag);
	problem(c, 412,
	    arena_printf(c->arena, "the document is at version \"%s\" now",
		tag));
	return false;
}

enum cache_result
entry_look(struct call *c, struct cache_slot *slot, struct cache_entry *e)
{
	bool unmet = pg_schema(c->deps->pg) == 0;
	enum cache_result result;

	/* Before the first connect nobody could tell whose the entries are, and
	 * what is filled is dropped as soon as it is known. */
	if (unmet && pg_learn_source(c->deps->pg) != PG_OK)
		log_debug("database not met yet");
	result = cache_get(c->deps->cache, c->arena, slot, e);
	if (result == CACHE_BYPASS && cache_is_of_another(c->deps->cache) &&
	    pg_learn_source(c->deps->pg) != PG_OK)
		log_debug("database cannot say which one it is");
	return result;
}

void
entry_answer(struct call *c, enum cache_result result,
    const struct cache_entry *e, const struct page *p)
{
	c->cache_result = cache_results[result];
	if (!entry_fits(c, e->tag))
		return;
	response_header(c->res, "X-Cache", "%s", c->cache_result);
	response_header(c->res, "ETag", "\"%s\"", e->tag);
	if (p != NULL)
		answer_next(c, p, e->next);
	if (e->since != NULL)
		response_header(c->res, "X-Changes-Cursor", "%s", e->since);
	c->res->cache_control = ANSWER_REVALIDATE;
	if (etag_names(c->req->if_none_match, e->tag)) {
		c->res->status = 304;
		return;
	}
	c->res->content_type = "application/json";
	response_borrow(c->res, e->body, e->len);
}
