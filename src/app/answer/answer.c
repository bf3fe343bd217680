/* SPDX-License-Identifier: ISC */
/* Answers with documents: their form, and the next page. */
#include "config.h"

#include "answer.h"

#include <string.h>

#include "conf/conf.h"

/* nginx reads all headers of an answer into 4 KiB, with a page of memory as
 * small as that. */
#define ANSWER_LINK_MAX 2560

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
	const char *query;

	if (cursor == NULL)
		return;
	query = page_next(c->arena, p, cursor);
	if (strlen(c->req->address) + strlen(query) <= ANSWER_LINK_MAX)
		response_header(c->res, "Link", "<%s%s?%s>; rel=\"next\"",
		    settings.http_base_path, c->req->path, query);
}
