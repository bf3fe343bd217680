/* SPDX-License-Identifier: ISC */
/* Pages back into query strings: one text for all that mean the same. */
#include "config.h"

#include "page.h"

#include "list_own.h"

/* The whole query; cursor NULL: from the start. */
static const char *
page_to_text(struct arena *a, const struct page *p, const char *cursor)
{
	struct buf b = { 0 };
	const char *out;

	page_filter_params(&b, p, false);
	list_add_int(&b, "limit", p->limit);
	if (cursor != NULL)
		list_add(&b, page_cursor_name(p->list), cursor);
	page_filter_params(&b, p, true);
	out = arena_strndup(a, b.data, b.len);
	buf_free(&b);
	return out;
}

const char *
page_canonical(struct arena *a, const struct page *p)
{
	const char *cursor = NULL, *text;

	if (p->has_cursor)
		cursor = page_cursor(a, p, p->key, p->key_number, &p->id);
	text = page_to_text(a, p, cursor);
	return p->scope == NULL ? text
				: arena_printf(a, "%s\n%s", text, p->scope);
}

const char *
page_next(struct arena *a, const struct page *p, const char *next_cursor)
{
	struct page next = *p;

	next.has_cursor = true;
	return page_to_text(a, &next, next_cursor);
}
