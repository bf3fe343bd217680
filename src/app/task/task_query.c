/* SPDX-License-Identifier: ISC */
/* The parameters of GET /tasks, and what its cursors are. */
#include "config.h"

#include "task_query.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "list/list.h"
#include "task.h"

#define TASK_DAY_US      INT64_C(86400000000)
#define TASK_OFFSET_MAX  1000000
#define TASK_CREATOR_MAX 255 /* code points of a username in a token */
#define TASK_STATUS_LEN  64  /* of a label in PostgreSQL, with its end */

/* A title is the longest key of a cursor. */
_Static_assert(4 * TASK_TITLE_MAX <= PAGE_KEY_MAX, "cursors hold a title");

static const char *const task_sorts[TASK_SORT__MAX] = {
	[TASK_SORT_CREATED_AT] = "created_at",
	[TASK_SORT_UPDATED_AT] = "updated_at",
	[TASK_SORT_TITLE] = "title",
	[TASK_SORT_STATUS] = "status",
};

static const struct list_words task_status_words = { "status", task_statuses,
	TASK_STATUS__MAX,
	"status must be pending, in-progress or completed; for several put "
	"commas between them" };

static void
take_status(struct list_reader *r, const char *value)
{
	struct task_query *q = r->page->query;

	list_take_words(r, &task_status_words, value, &q->statuses);
}

static void
add_status(struct buf *b, const struct page *p)
{
	const struct task_query *q = p->query;

	list_add_words(b, &task_status_words, q->statuses);
}

static void
take_title(struct list_reader *r, const char *value)
{
	struct task_query *q = r->page->query;

	q->title = list_take_text(r, "title", value, TASK_TITLE_MAX);
}

static void
add_title(struct buf *b, const struct page *p)
{
	const struct task_query *q = p->query;

	if (q->title != NULL)
		list_add(b, "title", q->title);
}

static void
take_created_from(struct list_reader *r, const char *value)
{
	struct task_query *q = r->page->query;

	q->has_from = list_take_time(r, "created_from", value, &q->from);
}

static void
add_created_from(struct buf *b, const struct page *p)
{
	const struct task_query *q = p->query;

	if (q->has_from)
		list_add_time(b, "created_from", q->from);
}

static void
take_created_to(struct list_reader *r, const char *value)
{
	struct task_query *q = r->page->query;

	q->has_to = list_take_time(r, "created_to", value, &q->to);
	if (q->has_to && strlen(value) == strlen("2026-11-22"))
		q->to += TASK_DAY_US - 1; /* that day included */
}

static void
add_created_to(struct buf *b, const struct page *p)
{
	const struct task_query *q = p->query;

	if (q->has_to)
		list_add_time(b, "created_to", q->to);
}

static void
take_created_by(struct list_reader *r, const char *value)
{
	struct task_query *q = r->page->query;

	q->created_by =
	    list_take_text(r, "created_by", value, TASK_CREATOR_MAX);
}

static void
add_created_by(struct buf *b, const struct page *p)
{
	const struct task_query *q = p->query;

	if (q->created_by != NULL)
		list_add(b, "created_by", q->created_by);
}

static void
take_extra(struct list_reader *r, const char *value)
{
	struct task_query *q = r->page->query;

	q->has_extra = true;
	task_extra_take(r, &q->extra, value);
}

static void
add_extra(struct buf *b, const struct page *p)
{
	const struct task_query *q = p->query;

	task_extra_add(b, &q->extra);
}

static void
take_sort(struct list_reader *r, const char *value)
{
	struct task_query *q = r->page->query;
	int i;

	q->descending = value[0] == '-';
	for (i = 0; i < TASK_SORT__MAX; i++) {
		if (str_eq(value + q->descending, task_sorts[i])) {
			q->sort = (enum task_sort)i;
			return;
		}
	}
	list_fault(r, "sort", "enum",
	    "sort must be created_at, updated_at, title or status, with - "
	    "before it for descending order");
}

static void
add_sort(struct buf *b, const struct page *p)
{
	const struct task_query *q = p->query;
	char text[16];

	snprintf(text, sizeof(text), "%s%s", q->descending ? "-" : "",
	    task_sorts[q->sort]);
	list_add(b, "sort", text);
}

static void
take_offset(struct list_reader *r, const char *value)
{
	static const struct list_int offset = { "offset", 0, TASK_OFFSET_MAX };
	struct task_query *q = r->page->query;

	q->has_offset = true;
	q->offset = list_take_int(r, &offset, value);
}

static void
add_offset(struct buf *b, const struct page *p)
{
	const struct task_query *q = p->query;

	if (!p->has_cursor && q->offset > 0)
		list_add_int(b, "offset", q->offset);
}

static void
take_count(struct list_reader *r, const char *value)
{
	struct task_query *q = r->page->query;

	q->count = str_eq(value, "exact");
	if (!q->count)
		list_fault(r, "count", "enum", "count can only be exact");
}

static void
add_count(struct buf *b, const struct page *p)
{
	const struct task_query *q = p->query;

	if (q->count)
		list_add(b, "count", "exact");
}

static const struct list_param task_params[] = {
	{ "status", take_status, add_status, LIST_REPEATS },
	{ "title", take_title, add_title, 0 },
	{ "created_from", take_created_from, add_created_from, 0 },
	{ "created_to", take_created_to, add_created_to, 0 },
	{ "created_by", take_created_by, add_created_by, 0 },
	{ "extra.", take_extra, add_extra, LIST_BEGINS | LIST_REPEATS },
	{ "sort", take_sort, add_sort, 0 },
	{ "offset", take_offset, add_offset, LIST_UNBOUND },
	{ "count", take_count, add_count, LIST_UNBOUND },
};

static const char *
str_or_empty(const char *text)
{
	return text == NULL ? "" : text;
}

static void
judge_tasks(struct list_reader *r)
{
	struct task_query *q = r->page->query;

	if (q->has_extra)
		task_extra_judge_bounds(r, &q->extra);
	/* The same text is another filter when its name gets another type. */
	if (q->has_extra && r->faults->n == 0)
		r->page->scope = arena_printf(r->arena, "%s\n%s%s",
		    q->scope.all ? "*" : r->page->scope,
		    str_or_empty(task_extra_filter(r->arena, &q->extra)),
		    str_or_empty(task_extra_range(r->arena, &q->extra)));
	q->statuses = list_words_wanted(&task_status_words, q->statuses);
	if (q->has_from && q->has_to && q->from > q->to)
		list_fault(r, "created_to", "value_error",
		    "created_to must not be before created_from");
	if (r->cursor != NULL && q->has_offset)
		list_fault(r, "offset", "value_error",
		    "offset and cursor exclude each other");
}

static bool
is_task_key(const struct page *p, size_t key_len)
{
	const struct task_query *q = p->query;
	long chars = str_utf8_count(p->key, key_len);

	switch (q->sort) {
	case TASK_SORT_TITLE:
		return p->key_number == 0 && chars >= 1 &&
		       chars <= TASK_TITLE_MAX;
	case TASK_SORT_STATUS:
		/* Any word: a newer release may have added some. */
		return pg_is_time(p->key_number) && chars >= 1 &&
		       key_len < TASK_STATUS_LEN;
	default:
		return pg_is_time(p->key_number) && key_len == 0;
	}
}

static const struct list tasks = {
	.params = task_params,
	.nparams = NELEM(task_params),
	.judge = judge_tasks,
	.sane = is_task_key,
};

void
task_query_parse(struct arena *a, const char *text,
    const struct task_scope *scope, struct task_query *q, struct faults *f)
{
	*q = (struct task_query){ .page = { .list = &tasks, .query = q },
		.scope = *scope,
		.descending = true };
	if (!scope->all)
		q->page.scope = scope->owner == NULL ? "" : scope->owner;
	page_parse(a, text, &q->page, f);
}

static bool
is_event_key(const struct page *p, size_t key_len)
{
	static const struct uuid none;

	return key_len == 0 && p->key_number > 0 &&
	       memcmp(&p->id, &none, sizeof(none)) == 0;
}

static const struct list events = { .order = "-event", .sane = is_event_key };

void
task_query_parse_events(struct arena *a, const char *text, struct page *p,
    struct faults *f)
{
	*p = (struct page){ .list = &events };
	page_parse(a, text, p, f);
}
