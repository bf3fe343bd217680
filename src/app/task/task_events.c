/* SPDX-License-Identifier: ISC */
/* The history of one task, out of the database into JSON. */
#include "config.h"

#include "task_own.h"

static void
add_text(struct json_write *w, const char *name, const PGresult *r, int row,
    int col)
{
	const char *text;
	size_t len;

	if (pg_null(r, row, col)) {
		json_put_null(w, name);
		return;
	}
	text = pg_text(r, row, col, &len);
	json_put_bytes(w, name, text, len);
}

void
task_event_format(struct json_write *w, const PGresult *r, int row, int col)
{
	const char *changes;
	size_t len;

	json_put_int(w, "id", pg_int(r, row, col + EVENT_COL_ID));
	json_put_int(w, "version", pg_int(r, row, col + EVENT_COL_VERSION));
	add_text(w, "action", r, row, col + EVENT_COL_ACTION);
	add_text(w, "actor", r, row, col + EVENT_COL_ACTOR);
	json_put_time(w, "at", pg_time(r, row, col + EVENT_COL_AT));
	changes = pg_text(r, row, col + EVENT_COL_CHANGES, &len);
	if (len > 0)
		json_put_raw_bytes(w, "changes", changes, len);
	else
		json_put_null(w, "changes");
	add_text(w, "request_id", r, row, col + EVENT_COL_REQUEST_ID);
	add_text(w, "trace_id", r, row, col + EVENT_COL_TRACE_ID);
}

/* Events of a task that is gone are events nevertheless; without any the task
 * itself decides. */
static enum pg_err
look_for_task(struct pg *pg, struct task_history *h)
{
	struct pg_params params;
	enum pg_err err;
	PGresult *r;

	pg_params_init(&params, pg);
	pg_put_uuid(&params, &h->id);
	err = pg_run_row(pg, &STMT_TASK_EXISTS, &params, &r);
	if (err == PG_OK)
		h->found = pg_bool(r, 0, 0) ? TASK_FOUND : TASK_ABSENT;
	return err;
}

/* The owner of a task never changes: what is found here holds. */
static enum pg_err
judge_scope(struct pg *pg, struct task_history *h)
{
	struct pg_params params;
	enum pg_err err;
	PGresult *r;

	h->found = TASK_FOUND;
	if (h->scope.all)
		return PG_OK;
	pg_params_init(&params, pg);
	pg_put_uuid(&params, &h->id);
	task_put_scope(&params, &h->scope);
	err = pg_run_row(pg, &STMT_TASK_IS_OF, &params, &r);
	if (err == PG_OK && !pg_bool(r, 0, 0))
		h->found = TASK_ABSENT;
	return err;
}

/* One row more than the limit, to see whether there is a next page. */
static enum pg_err
run_events(struct pg *pg, const struct task_history *h, PGresult **r)
{
	const struct page *p = &h->page;
	struct pg_params params;

	pg_params_init(&params, pg);
	pg_put_uuid(&params, &h->id);
	pg_put_int(&params, p->has_cursor ? p->key_number : INT64_MAX);
	pg_put_int(&params, p->limit + 1);
	return pg_run(pg, &STMT_EVENTS, &params, r);
}

enum pg_err
task_events(struct pg *pg, struct task_history *h, struct buf *b)
{
	static const struct uuid none;
	struct json_write w = json_write(b);
	enum pg_err err;
	PGresult *r;
	int i;

	err = judge_scope(pg, h);
	if (err != PG_OK || h->found == TASK_ABSENT)
		return err;
	err = run_events(pg, h, &r);
	if (err == PG_OK && PQntuples(r) == 0)
		err = look_for_task(pg, h);
	if (err != PG_OK || h->found == TASK_ABSENT)
		return err;
	json_open_object(&w, NULL);
	json_open_array(&w, "data");
	for (i = 0; i < PQntuples(r) && i < h->page.limit; i++) {
		json_open_object(&w, NULL);
		task_event_format(&w, r, i, 0);
		json_close_object(&w);
	}
	json_close_array(&w);
	h->next_cursor = NULL;
	if (PQntuples(r) > h->page.limit)
		h->next_cursor = page_cursor(pg_arena(pg), &h->page, NULL,
		    pg_int(r, h->page.limit - 1, EVENT_COL_ID), &none);
	json_put_text(&w, "next_cursor", h->next_cursor);
	json_close_object(&w);
	json_write_end(&w);
	return PG_OK;
}
