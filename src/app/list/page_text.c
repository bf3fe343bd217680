/* SPDX-License-Identifier: ISC */
/* Pages back into query strings: one text for all that mean the same. */
#include "config.h"

#include <stdio.h>

#include "base/clock.h"
#include "page_cursor.h"
#include "page_query.h"
#include "task/task.h"

const char *const page_sorts[PAGE_SORT__MAX] = {
	[PAGE_CREATED_AT] = "created_at",
	[PAGE_UPDATED_AT] = "updated_at",
	[PAGE_TITLE] = "title",
	[PAGE_STATUS] = "status",
	[PAGE_EVENT] = "event",
	[PAGE_JOB] = "job",
};

/* The words whose bits are set, with commas between them. */
static void
add_words(struct buf *b, const char *name, unsigned bits,
    const char *const *words, int n)
{
	char text[128];
	size_t len = 0;
	int i;

	for (i = 0; i < n; i++) {
		if (bits & 1U << i)
			len += (size_t)snprintf(text + len, sizeof(text) - len,
			    "%s%s", len > 0 ? "," : "", words[i]);
	}
	if (len > 0)
		page_query_add(b, name, text);
}

/* What all lists but the history can be asked for. */
static void
add_wanted(struct buf *b, const struct page *p)
{
	char text[UUID_TEXT > CLOCK_TEXT ? UUID_TEXT : CLOCK_TEXT];

	add_words(b, "status", p->statuses, task_statuses, TASK_STATUS__MAX);
	if (p->title != NULL)
		page_query_add(b, "title", p->title);
	if (p->has_from)
		page_query_add(b, "created_from", clock_format(p->from, text));
	if (p->has_to)
		page_query_add(b, "created_to", clock_format(p->to, text));
	add_words(b, "state", p->states, job_states, JOB_STATE__MAX);
	if (p->kind != NULL)
		page_query_add(b, "kind", p->kind);
	if (p->has_task)
		page_query_add(b, "task_id", uuid_format(&p->task_id, text));
}

void
page_add_filter(struct buf *b, const struct page *p)
{
	char text[32];

	add_wanted(b, p);
	snprintf(text, sizeof(text), "%s%s", p->descending ? "-" : "",
	    page_sorts[p->sort]);
	page_query_add(b, "sort", text);
}

/* The whole query; cursor NULL: from the offset. */
static const char *
to_text(struct arena *a, const struct page *p, const char *cursor)
{
	struct buf b = { 0 };
	const char *out;
	char number[24];

	if (p->sort < PAGE_EVENT)
		page_add_filter(&b, p);
	else
		add_wanted(&b, p); /* there is but one order */
	snprintf(number, sizeof(number), "%d", p->limit);
	page_query_add(&b, "limit", number);
	snprintf(number, sizeof(number), "%lld", (long long)p->offset);
	if (cursor != NULL)
		page_query_add(&b, "cursor", cursor);
	else if (p->offset > 0)
		page_query_add(&b, "offset", number);
	if (p->count)
		page_query_add(&b, "count", "exact");
	out = arena_strndup(a, b.data, b.len);
	buf_free(&b);
	return out;
}

const char *
page_canonical(struct arena *a, const struct page *p)
{
	const char *cursor = NULL;

	if (p->has_cursor)
		cursor = page_cursor(a, p, p->key, p->key_number, &p->id);
	return to_text(a, p, cursor);
}

const char *
page_next(struct arena *a, const struct page *p, const char *next_cursor)
{
	return to_text(a, p, next_cursor);
}
