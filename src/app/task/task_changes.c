/* SPDX-License-Identifier: ISC */
/* The log of changes, for those who follow it. */
#include "config.h"

#include <endian.h>
#include <string.h>

#include "base/codec.h"
#include "conf/conf.h"
#include "task_own.h"

/* The columns of CHANGES. */
enum column {
	COL_SOURCE = TASK_COL__MAX,
	COL_AT_PLACE,
	COL_GONE_XID,
	COL_GONE_ID,
	COL_GONE_SETTLED,
	COL_EVENT,
	COL_XID = COL_EVENT + EVENT_COL__MAX,
	COL_TASK_ID,
	COL_OWNER,
	COL_END_XID,
	COL_END_ID,
	COL_END_AT
};

/* The columns of CHANGES_HERE. */
enum here_column { HERE_SOURCE, HERE_XID, HERE_ID, HERE_AT };

/* A digest of the database that answers.  PG_STANDBY if it only reads. */
static enum pg_err
read_source(const PGresult *r, int col, uint32_t *source)
{
	uint8_t digest[CODEC_SHA256];
	const char *text;
	size_t len;

	if (pg_null(r, 0, col))
		return PG_STANDBY;
	text = pg_text(r, 0, col, &len);
	codec_sha256(text, len, digest);
	memcpy(source, digest, sizeof(*source));
	*source = be32toh(*source);
	return PG_OK;
}

static uint32_t
short_time(const PGresult *r, int row, int col)
{
	return (uint32_t)(uint64_t)pg_int(r, row, col);
}

/* Whether all that comes behind a place is still there, and the place is one
 * of this database. */
static enum task_log
judge_place(const PGresult *r, const struct task_place *place, uint32_t source)
{
	struct task_place gone = { 0 };
	int order;

	if (place->source != source)
		return TASK_LOG_OTHER;
	if (!pg_null(r, 0, COL_GONE_XID)) {
		gone.xid = pg_int(r, 0, COL_GONE_XID);
		gone.id = pg_int(r, 0, COL_GONE_ID);
	}
	order = task_place_order(place, &gone);
	if (order <= 0)
		return order == 0 ? TASK_LOG_KEPT : TASK_LOG_PURGED;
	if (pg_null(r, 0, COL_AT_PLACE) ||
	    short_time(r, 0, COL_AT_PLACE) != place->time)
		return TASK_LOG_OTHER;
	return TASK_LOG_KEPT;
}

/* One event, and what has become of its task. */
static void
add_change(struct pg *pg, struct json_write *w, const PGresult *r, int row)
{
	struct uuid id = pg_uuid(r, row, COL_TASK_ID);
	struct json_write state;
	struct task t;

	json_open_object(w, NULL);
	json_put_uuid(w, "task_id", &id);
	task_event_format(w, r, row, COL_EVENT);
	json_put_bool(w, "deleted", pg_null(r, row, TASK_COL_ID));
	if (pg_null(r, row, TASK_COL_ID)) {
		json_put_null(w, "task");
	} else {
		task_row(pg, r, row, &t);
		state = json_write(json_put_by_hand(w, "task"));
		task_format(&state, &t);
	}
	json_close_object(w);
}

/* Where the event of a row is. */
static struct task_place
place_at(const PGresult *r, int row, uint32_t source)
{
	return (struct task_place){
		.xid = pg_int(r, row, COL_XID),
		.id = pg_int(r, row, COL_EVENT + EVENT_COL_ID),
		.source = source,
		.time = short_time(r, row, COL_EVENT + EVENT_COL_AT),
	};
}

/* One row more than the limit, to see whether there is a next page. */
static enum pg_err
run_changes(struct pg *pg, int limit, const struct task_place *place,
    const struct task_scope *scope, PGresult **r)
{
	struct pg_params params;

	pg_params_init(&params, pg);
	pg_put_int(&params, place->xid);
	pg_put_int(&params, place->id);
	pg_put_int(&params, limit + 1);
	if (scope->all)
		return pg_run_row(pg, &STMT_CHANGES, &params, r);
	task_put_scope(&params, scope);
	return pg_run_row(pg, &STMT_CHANGES_OF, &params, r);
}

/* Behind the last event of a scope comes nothing up to the newest of all, so
 * that nobody waits at a place which is purged. */
static void
go_to_end(const PGresult *r, uint32_t source, struct task_place *place)
{
	struct task_place end = { .source = source };

	if (pg_null(r, 0, COL_END_XID))
		return;
	end.xid = pg_int(r, 0, COL_END_XID);
	end.id = pg_int(r, 0, COL_END_ID);
	end.time = short_time(r, 0, COL_END_AT);
	if (task_place_order(place, &end) < 0)
		*place = end;
}

static enum pg_err
run_here(struct pg *pg, bool cached, struct task_place *place)
{
	struct pg_params params;
	enum pg_err err;
	PGresult *r;

	*place = (struct task_place){ 0 };
	pg_params_init(&params, pg);
	pg_put_bool(&params, cached);
	err = pg_run_row(pg, &STMT_CHANGES_HERE, &params, &r);
	if (err == PG_OK)
		err = read_source(r, HERE_SOURCE, &place->source);
	if (err == PG_OK && !pg_null(r, 0, HERE_XID)) {
		place->xid = pg_int(r, 0, HERE_XID);
		place->id = pg_int(r, 0, HERE_ID);
		place->time = short_time(r, 0, HERE_AT);
	}
	return err;
}

enum pg_err
task_changes_here(struct pg *pg, const char **cursor)
{
	struct task_place place;
	enum pg_err err = run_here(pg, settings.cache_enabled, &place);

	if (err == PG_OK)
		*cursor = task_place_cursor(pg_arena(pg), &place);
	return err;
}

enum pg_err
task_follow_here(struct pg *pg, struct task_place *place)
{
	return run_here(pg, false, place);
}

/* Reads the page into r; q->log says if there is none.  *place becomes the one
 * behind the page. */
static enum pg_err
read_page(struct pg *pg, struct task_changes *q, struct task_place *place,
    PGresult **r, int *n)
{
	enum pg_err err;
	uint32_t source;

	err = run_changes(pg, q->page.limit, place, &q->scope, r);
	if (err == PG_OK)
		err = read_source(*r, COL_SOURCE, &source);
	if (err != PG_OK)
		return err;
	if (q->page.has_cursor)
		q->log = judge_place(*r, place, source);
	*n = pg_null(*r, 0, COL_XID) ? 0 : PQntuples(*r);
	q->more = *n > q->page.limit;
	*n -= q->more;
	if (*n > 0) {
		*place = place_at(*r, *n - 1, source);
	} else if (!q->page.has_cursor && pg_bool(*r, 0, COL_GONE_SETTLED)) {
		place->xid = pg_int(*r, 0, COL_GONE_XID);
		place->id = pg_int(*r, 0, COL_GONE_ID);
	}
	place->source = source;
	if (!q->more)
		go_to_end(*r, source, place);
	return PG_OK;
}

enum pg_err
task_changes(struct pg *pg, struct task_changes *q, struct buf *b)
{
	struct task_place place = { 0 };
	struct json_write w = json_write(b);
	enum pg_err err;
	PGresult *r = NULL;
	int n = 0;

	q->log = TASK_LOG_KEPT;
	if (q->page.has_cursor)
		place = task_place_of(&q->page);
	if (q->now)
		err = run_here(pg, false, &place);
	else
		err = read_page(pg, q, &place, &r, &n);
	if (err != PG_OK || q->log != TASK_LOG_KEPT)
		return err;
	q->empty = n == 0;
	q->next_cursor = task_place_cursor(pg_arena(pg), &place);
	json_open_object(&w, NULL);
	json_open_array(&w, "data");
	for (int i = 0; i < n; i++)
		add_change(pg, &w, r, i);
	json_close_array(&w);
	json_put_text(&w, "next_cursor", q->next_cursor);
	json_close_object(&w);
	json_write_end(&w);
	return PG_OK;
}

static void
tell_change(struct pg *pg, const struct task_follow *q, const PGresult *r,
    int row)
{
	struct task_told told = { .place = q->place,
		.task = pg_uuid(r, row, COL_TASK_ID),
		.at = pg_time(r, row, COL_EVENT + EVENT_COL_AT) };
	struct buf b = { 0 };
	struct json_write w = json_write(&b);

	told.action =
	    pg_text(r, row, COL_EVENT + EVENT_COL_ACTION, &told.action_len);
	add_change(pg, &w, r, row);
	told.json = b.data;
	told.json_len = b.len;
	if (!pg_null(r, row, COL_OWNER))
		told.owner = pg_text(r, row, COL_OWNER, &told.owner_len);
	q->tell(q->arg, &told);
	buf_free(&b);
}

enum pg_err
task_follow(struct pg *pg, struct task_follow *q)
{
	enum pg_err err;
	uint32_t source = 0;
	PGresult *r;
	int n;

	q->log = TASK_LOG_KEPT;
	q->more = false;
	err = run_changes(pg, q->limit, &q->place, &q->scope, &r);
	if (err == PG_OK)
		err = read_source(r, COL_SOURCE, &source);
	if (err == PG_OK)
		q->log = judge_place(r, &q->place, source);
	if (err != PG_OK || q->log != TASK_LOG_KEPT)
		return err;
	n = pg_null(r, 0, COL_XID) ? 0 : PQntuples(r);
	q->more = n > q->limit;
	for (int i = 0; i < n - q->more; i++) {
		q->place = place_at(r, i, source);
		tell_change(pg, q, r, i);
	}
	if (!q->more)
		go_to_end(r, source, &q->place);
	return PG_OK;
}
