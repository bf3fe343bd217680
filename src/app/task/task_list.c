/* SPDX-License-Identifier: ISC */
/* Lists out of the database: tasks by filter and order. */
#include "config.h"

#include <string.h>

#include "task_own.h"
#include "text/json.h"

static const struct {
	enum stmt first;
	enum stmt page;
} lists[PAGE_EVENT][2] = {
#define LIST(id)                                                               \
	{                                                                      \
		{ STMT_LIST_FIRST_##id##_UP, STMT_LIST_PAGE_##id##_UP },       \
		    { STMT_LIST_FIRST_##id##_DOWN,                             \
			    STMT_LIST_PAGE_##id##_DOWN },                      \
	}
	[PAGE_CREATED_AT] = LIST(CREATED),
	[PAGE_UPDATED_AT] = LIST(UPDATED),
	[PAGE_TITLE] = LIST(TITLE),
	[PAGE_STATUS] = LIST(STATUS),
#undef LIST
};

/* The one status that is asked for, or NULL. */
static const char *
single_status(const struct page *p)
{
	int i;

	for (i = 0; i < TASK_STATUS__MAX; i++) {
		if (p->statuses == 1U << i)
			return task_statuses[i];
	}
	return NULL;
}

static void
put_statuses(struct pg_params *params, const struct page *p)
{
	const char *words[TASK_STATUS__MAX];
	size_t n = 0;
	int i;

	for (i = 0; i < TASK_STATUS__MAX; i++) {
		if ((p->statuses & 1U << i) != 0)
			words[n++] = task_statuses[i];
	}
	pg_put_text(params, n == 1 ? words[0] : NULL);
	if (n > 1)
		pg_put_texts(params, words, n);
	else
		pg_put_null(params);
}

/* A LIKE pattern for texts that contain s. */
static const char *
contains_pattern(struct arena *a, const char *s)
{
	char *pattern = arena_alloc(a, 2 * strlen(s) + 3);
	char *out = pattern;

	*out++ = '%';
	for (; *s != '\0'; s++) {
		if (strchr("%_\\", *s) != NULL)
			*out++ = '\\';
		*out++ = *s;
	}
	*out++ = '%';
	return pattern;
}

static void
put_time(struct pg_params *params, bool has, int64_t us)
{
	if (has)
		pg_put_time(params, us);
	else
		pg_put_null(params);
}

/* The first five parameters of COUNT and of all pages. */
static void
put_filters(struct pg_params *params, const struct page *p)
{
	put_statuses(params, p);
	pg_put_text(params, p->title == NULL
				? NULL
				: contains_pattern(params->arena, p->title));
	put_time(params, p->has_from, p->from);
	put_time(params, p->has_to, p->to);
}

/* The cursor as the order of the statement wants it. */
static void
put_cursor(struct pg_params *params, const struct page *p, enum page_sort order)
{
	if (p->has_cursor)
		pg_put_uuid(params, &p->id);
	else
		pg_put_null(params);
	if (order == PAGE_TITLE)
		pg_put_text(params, p->key);
	if (order == PAGE_STATUS)
		pg_put_text(params,
		    p->sort == PAGE_STATUS ? p->key : single_status(p));
	if (order != PAGE_TITLE)
		put_time(params, p->has_cursor, p->key_number);
}

/* One row more than the limit, to see whether there is a next page. */
static enum pg_err
run_list(struct pg *pg, struct arena *a, const struct page *p, PGresult **r)
{
	enum page_sort order = p->sort;
	struct pg_params params;

	pg_params_init(&params, a);
	if (p->statuses == 0 && p->title == NULL && !p->has_from &&
	    !p->has_to && !p->has_cursor && p->offset == 0) {
		pg_put_int(&params, p->limit + 1);
		return pg_run(pg, lists[order][p->descending].first, &params, a,
		    r);
	}
	/* Within one status both orders are the same: see stmt.def. */
	if (order == PAGE_CREATED_AT && single_status(p) != NULL)
		order = PAGE_STATUS;
	put_filters(&params, p);
	pg_put_int(&params, p->limit + 1);
	pg_put_int(&params, p->offset);
	put_cursor(&params, p, order);
	return pg_run(pg, lists[order][p->descending].page, &params, a, r);
}

static const char *
cursor_behind(struct arena *a, const struct page *p, const struct task *t)
{
	switch (p->sort) {
	case PAGE_TITLE:
		return page_cursor(a, p,
		    arena_strndup(a, t->title, t->title_len), 0, &t->id);
	case PAGE_STATUS:
		return page_cursor(a, p, task_statuses[t->status],
		    t->created_at, &t->id);
	case PAGE_UPDATED_AT:
		return page_cursor(a, p, NULL, t->updated_at, &t->id);
	default:
		return page_cursor(a, p, NULL, t->created_at, &t->id);
	}
}

static enum pg_err
add_count(struct pg *pg, struct arena *a, const struct page *p, struct buf *b)
{
	struct pg_params params;
	enum pg_err err;
	PGresult *r;

	pg_params_init(&params, a);
	put_filters(&params, p);
	err = pg_run(pg, STMT_COUNT, &params, a, &r);
	if (err != PG_OK)
		return err;
	buf_adds(b, ",\"count\":");
	buf_addint(b, pg_int(r, 0, 0));
	return PG_OK;
}

enum pg_err
task_list(struct pg *pg, struct arena *a, const struct page *p, struct buf *b,
    const char **next_cursor)
{
	struct task t = { 0 };
	enum pg_err err;
	PGresult *r;
	int i;

	err = run_list(pg, a, p, &r);
	if (err != PG_OK)
		return err;
	buf_adds(b, "{\"data\":[");
	for (i = 0; i < PQntuples(r) && i < p->limit; i++) {
		if (i > 0)
			buf_addc(b, ',');
		task_row(r, i, &t);
		task_format(b, &t);
	}
	*next_cursor = NULL;
	if (PQntuples(r) > p->limit)
		*next_cursor = cursor_behind(a, p, &t);
	buf_adds(b, "],\"next_cursor\":");
	json_add_cstring(b, *next_cursor);
	if (p->count)
		err = add_count(pg, a, p, b);
	buf_addc(b, '}');
	return err;
}
