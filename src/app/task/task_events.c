/* SPDX-License-Identifier: ISC */
/* The history of one task, out of the database into JSON. */
#include "config.h"

#include "base/clock.h"
#include "task.h"
#include "text/json.h"

/* The columns of EVENTS in stmt.def, in its order. */
enum column {
	COL_ID,
	COL_VERSION,
	COL_ACTION,
	COL_ACTOR,
	COL_AT,
	COL_CHANGES,
	COL_REQUEST_ID
};

static void
add_text(struct buf *b, const PGresult *r, int row, enum column col)
{
	const char *text;
	size_t len;

	if (pg_null(r, row, col)) {
		buf_adds(b, "null");
		return;
	}
	text = pg_text(r, row, col, &len);
	if (col == COL_CHANGES)
		buf_add(b, text, len); /* is JSON */
	else
		json_add_string(b, text, len);
}

static void
add_event(struct buf *b, const PGresult *r, int row)
{
	char at[CLOCK_TEXT];

	buf_adds(b, "{\"id\":");
	buf_addint(b, pg_int(r, row, COL_ID));
	buf_adds(b, ",\"version\":");
	buf_addint(b, pg_int(r, row, COL_VERSION));
	buf_adds(b, ",\"action\":");
	add_text(b, r, row, COL_ACTION);
	buf_adds(b, ",\"actor\":");
	add_text(b, r, row, COL_ACTOR);
	buf_adds(b, ",\"at\":\"");
	buf_adds(b, clock_format(pg_time(r, row, COL_AT), at));
	buf_adds(b, "\",\"changes\":");
	add_text(b, r, row, COL_CHANGES);
	buf_adds(b, ",\"request_id\":");
	add_text(b, r, row, COL_REQUEST_ID);
	buf_addc(b, '}');
}

static enum pg_err
exists(struct pg *pg, struct arena *a, const struct uuid *id,
    enum task_found *found)
{
	struct pg_params params;
	enum pg_err err;
	PGresult *r;

	pg_params_init(&params, a);
	pg_put_uuid(&params, id);
	err = pg_run(pg, STMT_TASK_EXISTS, &params, a, &r);
	if (err == PG_OK)
		*found = pg_bool(r, 0, 0) ? TASK_FOUND : TASK_ABSENT;
	return err;
}

/* One row more than the limit, to see whether there is a next page. */
static enum pg_err
run_events(struct pg *pg, struct arena *a, const struct uuid *id,
    const struct page *p, PGresult **r)
{
	struct pg_params params;

	pg_params_init(&params, a);
	pg_put_uuid(&params, id);
	pg_put_int(&params, p->has_cursor ? p->key_number : INT64_MAX);
	pg_put_int(&params, p->limit + 1);
	return pg_run(pg, STMT_EVENTS, &params, a, r);
}

enum pg_err
task_events(struct pg *pg, struct arena *a, const struct uuid *id,
    const struct page *p, enum task_found *found, struct buf *b,
    const char **next_cursor)
{
	static const struct uuid none;
	enum pg_err err;
	PGresult *r;
	int i;

	err = run_events(pg, a, id, p, &r);
	*found = TASK_FOUND;
	if (err == PG_OK && PQntuples(r) == 0)
		err = exists(pg, a, id, found);
	if (err != PG_OK || *found == TASK_ABSENT)
		return err;
	buf_adds(b, "{\"data\":[");
	for (i = 0; i < PQntuples(r) && i < p->limit; i++) {
		if (i > 0)
			buf_addc(b, ',');
		add_event(b, r, i);
	}
	*next_cursor = NULL;
	if (PQntuples(r) > p->limit)
		*next_cursor = page_cursor(a, p, NULL,
		    pg_int(r, p->limit - 1, COL_ID), &none);
	buf_adds(b, "],\"next_cursor\":");
	json_add_cstring(b, *next_cursor);
	buf_addc(b, '}');
	return PG_OK;
}
