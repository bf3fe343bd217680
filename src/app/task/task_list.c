/* SPDX-License-Identifier: ISC */
/* Lists out of the database: tasks by filter and order. */
#include "config.h"

#include <string.h>

#include "task_own.h"
#include "task_query.h"

static const struct {
	const struct pg_stmt *first;
	const struct pg_stmt *page;
} lists[TASK_SORT__MAX][2] = {
#define LIST(id)                                                               \
	{                                                                      \
		{ &STMT_LIST_FIRST_##id##_UP, &STMT_LIST_PAGE_##id##_UP },     \
		    { &STMT_LIST_FIRST_##id##_DOWN,                            \
			    &STMT_LIST_PAGE_##id##_DOWN },                     \
	}
	[TASK_SORT_CREATED_AT] = LIST(CREATED),
	[TASK_SORT_UPDATED_AT] = LIST(UPDATED),
	[TASK_SORT_TITLE] = LIST(TITLE),
	[TASK_SORT_STATUS] = LIST(STATUS),
#undef LIST
};

/* The one status that is asked for, or NULL. */
static const char *
single_status(const struct task_query *q)
{
	int i;

	for (i = 0; i < TASK_STATUS__MAX; i++) {
		if (q->statuses == 1U << i)
			return task_statuses[i];
	}
	return NULL;
}

static void
put_statuses(struct pg_params *params, const struct task_query *q)
{
	const char *words[TASK_STATUS__MAX];
	size_t n = 0;
	int i;

	for (i = 0; i < TASK_STATUS__MAX; i++) {
		if ((q->statuses & 1U << i) != 0)
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

/* The first nine parameters of COUNT and of all pages. */
static void
put_filters(struct pg_params *params, const struct task_query *q)
{
	put_statuses(params, q);
	pg_put_text(params, q->title == NULL
				? NULL
				: contains_pattern(params->arena, q->title));
	put_time(params, q->has_from, q->from);
	put_time(params, q->has_to, q->to);
	pg_put_text(params, q->created_by);
	task_put_scope(params, &q->scope);
	pg_put_text(params, task_extra_filter(params->arena, &q->extra));
	pg_put_text(params, task_extra_range(params->arena, &q->extra));
}

/* The cursor as the order of the statement wants it. */
static void
put_cursor(struct pg_params *params, const struct task_query *q,
    enum task_sort order)
{
	if (q->page.has_cursor)
		pg_put_uuid(params, &q->page.id);
	else
		pg_put_null(params);
	if (order == TASK_SORT_TITLE)
		pg_put_text(params, q->page.key);
	if (order == TASK_SORT_STATUS)
		pg_put_text(params, q->sort == TASK_SORT_STATUS
					? q->page.key
					: single_status(q));
	if (order != TASK_SORT_TITLE)
		put_time(params, q->page.has_cursor, q->page.key_number);
}

/* True if the cursor stands at a status that this release does not know. */
static bool
is_behind_word(const struct task_query *q)
{
	enum task_status status;

	return q->page.has_cursor && q->sort == TASK_SORT_STATUS &&
	       task_status_parse(q->page.key, strlen(q->page.key), &status) ==
		   -1;
}

enum pg_err
task_list_run(struct pg *pg, const struct task_query *q, PGresult **r)
{
	enum task_sort order = q->sort;
	const struct pg_stmt *stmt;
	struct pg_params params;

	pg_params_init(&params, pg);
	if (q->scope.all && q->statuses == 0 && q->title == NULL &&
	    !q->has_from && !q->has_to && q->created_by == NULL &&
	    !q->has_extra && !q->page.has_cursor && q->offset == 0) {
		pg_put_int(&params, q->page.limit + 1);
		return pg_run(pg, lists[order][q->descending].first, &params,
		    r);
	}
	/* Within one status both orders are the same: see task.def. */
	if (order == TASK_SORT_CREATED_AT && single_status(q) != NULL)
		order = TASK_SORT_STATUS;
	put_filters(&params, q);
	pg_put_int(&params, q->page.limit + 1);
	pg_put_int(&params, q->offset);
	put_cursor(&params, q, order);
	stmt = lists[order][q->descending].page;
	if (is_behind_word(q))
		stmt = q->descending ? &STMT_LIST_PAGE_WORD_DOWN
				     : &STMT_LIST_PAGE_WORD_UP;
	return pg_run(pg, stmt, &params, r);
}

const char *
task_list_cursor(struct arena *a, const struct task_query *q,
    const struct task *t)
{
	switch (q->sort) {
	case TASK_SORT_TITLE:
		return page_cursor(a, &q->page,
		    arena_strndup(a, t->title, t->title_len), 0, &t->id);
	case TASK_SORT_STATUS:
		return page_cursor(a, &q->page,
		    arena_strndup(a, t->status_word, t->status_len),
		    t->created_at, &t->id);
	case TASK_SORT_UPDATED_AT:
		return page_cursor(a, &q->page, NULL, t->updated_at, &t->id);
	default:
		return page_cursor(a, &q->page, NULL, t->created_at, &t->id);
	}
}

static enum pg_err
add_count(struct pg *pg, const struct task_query *q, struct json_write *w)
{
	struct pg_params params;
	enum pg_err err;
	PGresult *r;

	pg_params_init(&params, pg);
	put_filters(&params, q);
	err = pg_run_row(pg, &STMT_COUNT, &params, &r);
	if (err != PG_OK)
		return err;
	json_put_int(w, "count", pg_int(r, 0, 0));
	return PG_OK;
}

static enum pg_err
list_read(struct pg *pg, const struct task_query *q, struct buf *b,
    const char **next_cursor)
{
	struct json_write w = json_write(b);
	struct task t = { 0 };
	enum pg_err err;
	PGresult *r;
	bool more;
	int i;

	err = task_list_run(pg, q, &r);
	if (err != PG_OK)
		return err;
	more = PQntuples(r) > q->page.limit;
	json_open_object(&w, NULL);
	json_open_array(&w, "data");
	for (i = 0; i < PQntuples(r) && i < q->page.limit; i++) {
		task_row(pg, r, i, &t);
		task_format(&w, &t);
	}
	json_close_array(&w);
	*next_cursor = NULL;
	if (more)
		*next_cursor = task_list_cursor(pg_arena(pg), q, &t);
	json_put_text(&w, "next_cursor", *next_cursor);
	if (q->count)
		err = add_count(pg, q, &w);
	json_close_object(&w);
	json_write_end(&w);
	return err;
}

enum pg_err
task_list(struct pg *pg, const struct task_query *q, struct buf *b,
    const char **next_cursor)
{
	enum pg_err err;

	if (!q->count)
		return list_read(pg, q, b, next_cursor);
	err = pg_begin_snapshot(pg);
	if (err != PG_OK)
		return err;
	err = list_read(pg, q, b, next_cursor);
	if (err == PG_OK)
		return pg_commit(pg);
	pg_rollback(pg);
	return err;
}
