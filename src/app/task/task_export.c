/* SPDX-License-Identifier: ISC */
/* Writes all tasks of a list as lines: JSON, or CSV. */
#include "config.h"

#include "base/clock.h"
#include "task_own.h"
#include "task_query.h"
#include "text/csv.h"

/* Rows of a page: few at first, then as many as make a text of about this
 * length, so that long descriptions need no more memory than short ones. */
#define EXPORT_ROWS_FIRST 100
#define EXPORT_ROWS_MAX   1600
#define EXPORT_TEXT       ((size_t)256 * 1024)

_Static_assert(EXPORT_ROWS_FIRST <= PAGE_LIMIT_MAX + 1,
    "LIST_FIRST gives no more");

static void
export_csv(struct buf *b, const struct task *t)
{
	char id[UUID_TEXT], at[CLOCK_TEXT];
	struct buf extra = { 0 };

	if (t->extra != NULL)
		task_extra_write(&extra, t->extra, t->extra_len);

	/* libpq ends each text with a zero byte. */
	csv_add(b, uuid_format(&t->id, id), true);
	csv_add(b, t->title, false);
	csv_add(b, t->description, false);
	csv_add(b, t->status_word, false);
	csv_add(b, clock_format(t->created_at, at), false);
	csv_add(b, clock_format(t->updated_at, at), false);
	csv_add(b, t->created_by, false);
	csv_add(b, extra.data, false);
	buf_free(&extra);
	buf_adds(b, "\r\n");
}

static void
export_csv_head(struct buf *b)
{
	static const char *const names[] = { CSV_TASK_COLUMNS };

	for (size_t i = 0; i < NELEM(names); i++)
		csv_add(b, names[i], i == 0);
	buf_adds(b, "\r\n");
}

static void
export_line(struct buf *b, const struct task *t)
{
	struct json_write w = json_write(b);

	task_format(&w, t);
	json_write_end(&w);
	buf_addc(b, '\n');
}

/* The next page begins behind t, whose texts go with their page. */
static void
export_go_on(struct task_query *q, const struct task *t, struct buf *key)
{
	buf_clear(key);
	if (q->sort == TASK_SORT_TITLE)
		buf_add(key, t->title, t->title_len);
	if (q->sort == TASK_SORT_STATUS)
		buf_add(key, t->status_word, t->status_len);
	q->page.key = key->data;
	q->page.key_number = t->created_at;
	if (q->sort == TASK_SORT_UPDATED_AT)
		q->page.key_number = t->updated_at;
	if (q->sort == TASK_SORT_TITLE)
		q->page.key_number = 0;
	q->page.id = t->id;
	q->page.has_cursor = true;
	q->offset = 0;
}

struct export
{
	struct pg *pg;
	struct task_export *x;
	struct arena *arena; /* what lives longer than a page */
	struct buf b, key;
};

/* Adds a page of up to so many rows to e->b; *more: there may be others. */
static enum pg_err
export_page(struct export *e, int rows, bool *more)
{
	struct task_query *q = e->x->q;
	bool limited = q->page.has_limit;
	struct task t = { 0 };
	enum pg_err err;
	PGresult *r;
	int n;

	if (!limited)
		q->page.limit = rows - 1;
	err = task_list_run(e->pg, q, &r);
	if (err != PG_OK)
		return err;
	n = PQntuples(r);
	for (int i = 0; i < n && (!limited || i < q->page.limit); i++) {
		task_row(e->pg, r, i, &t);
		if (e->x->form == TASK_FORM_CSV)
			export_csv(&e->b, &t);
		else
			export_line(&e->b, &t);
	}
	*more = !limited && n == rows;
	if (*more)
		export_go_on(q, &t, &e->key);
	else if (limited && n > q->page.limit)
		e->x->next_cursor = task_list_cursor(e->arena, q, &t);
	return PG_OK;
}

/* All pages, in a transaction. */
static enum pg_err
export_pages(struct export *e, struct arena *page, bool *wanted)
{
	enum pg_err err = PG_OK;
	int rows = EXPORT_ROWS_FIRST;
	bool more = true;

	if (e->x->form == TASK_FORM_CSV)
		export_csv_head(&e->b);
	while (err == PG_OK && *wanted && more) {
		err = export_page(e, rows, &more);
		arena_reset(page);
		if (err == PG_OK)
			*wanted = e->x->take(e->x->arg, &e->b);
		if (e->b.len < EXPORT_TEXT && rows < EXPORT_ROWS_MAX)
			rows *= 2;
		else if (e->b.len > 2 * EXPORT_TEXT && rows > 2)
			rows /= 2;
		buf_clear(&e->b);
	}
	return err;
}

enum pg_err
task_export(struct pg *pg, struct task_export *x)
{
	struct export e = { .pg = pg, .x = x };
	struct arena *page = arena_new();
	bool wanted = true;
	enum pg_err err;

	e.arena = pg_use(pg, page);
	err = pg_begin_snapshot(pg);
	if (err == PG_OK) {
		err = export_pages(&e, page, &wanted);
		if (err == PG_OK && wanted)
			err = pg_commit(pg);
		else
			pg_rollback(pg);
	}
	pg_use(pg, e.arena);
	arena_free(page);
	buf_free(&e.b);
	buf_free(&e.key);
	return err;
}
