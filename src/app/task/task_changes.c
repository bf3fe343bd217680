/* SPDX-License-Identifier: ISC */
/* The log of changes, for those who follow it: pages, and places in it. */
#include "config.h"

#include <endian.h>
#include <string.h>

#include "base/codec.h"
#include "base/str.h"
#include "conf/conf.h"
#include "list/list.h"
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
	COL_TASK_ID
};

/* The columns of CHANGES_HERE. */
enum here_column { HERE_SOURCE, HERE_XID, HERE_ID, HERE_AT };

/*
 * A place in the log is an event; all up to it are read.  {0, 0} is before the
 * first.  A cursor's number is xid; in its id there are the event's number, a
 * digest of the database with its timeline, and the end of the event's time:
 * after a restore another event may get the numbers that one had.
 */
struct place {
	int64_t xid;
	int64_t id;
	uint32_t source;
	uint32_t time;
};

#define PLACE_AT_SOURCE 8
#define PLACE_AT_TIME   12

static const struct list changes;

static struct place
place_of(const struct page *p)
{
	struct place place = { .xid = p->key_number };
	uint64_t id;
	uint32_t word;

	memcpy(&id, p->id.b, sizeof(id));
	place.id = (int64_t)be64toh(id);
	memcpy(&word, p->id.b + PLACE_AT_SOURCE, sizeof(word));
	place.source = be32toh(word);
	memcpy(&word, p->id.b + PLACE_AT_TIME, sizeof(word));
	place.time = be32toh(word);
	return place;
}

static const char *
place_cursor(struct arena *a, const struct place *place)
{
	const struct page p = { .list = &changes };
	uint64_t id = htobe64((uint64_t)place->id);
	uint32_t source = htobe32(place->source), time = htobe32(place->time);
	struct uuid bytes;

	memcpy(bytes.b, &id, sizeof(id));
	memcpy(bytes.b + PLACE_AT_SOURCE, &source, sizeof(source));
	memcpy(bytes.b + PLACE_AT_TIME, &time, sizeof(time));
	return page_cursor(a, &p, NULL, place->xid, &bytes);
}

static void
judge_since(struct list_reader *r)
{
	struct task_changes *q = r->page->query;

	q->now = r->cursor != NULL && str_eq(r->cursor, "now");
	if (q->now)
		r->cursor = NULL;
}

static bool
is_place(const struct page *p, size_t key_len)
{
	struct place place = place_of(p);

	return key_len == 0 && place.xid >= 0 && place.id >= 0;
}

static const struct list changes = {
	.order = "change",
	.cursor = "since",
	.alien = "since belongs to another list: take it from next_cursor of "
		 "/tasks/changes, or from X-Changes-Cursor of /tasks",
	.judge = judge_since,
	.sane = is_place,
};

void
task_changes_parse(struct arena *a, const char *text, struct task_changes *q,
    struct faults *f)
{
	*q = (struct task_changes){ .page = { .list = &changes, .query = q } };
	page_parse(a, text, &q->page, f);
}

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

static int
place_compare(const struct place *a, const struct place *b)
{
	if (a->xid != b->xid)
		return a->xid < b->xid ? -1 : 1;
	return a->id == b->id ? 0 : a->id < b->id ? -1 : 1;
}

/* Whether all that comes behind a place is still there, and the place is one
 * of this database. */
static enum task_log
judge_place(const PGresult *r, const struct place *place, uint32_t source)
{
	struct place gone = { 0 };
	int order;

	if (place->source != source)
		return TASK_LOG_OTHER;
	if (!pg_null(r, 0, COL_GONE_XID)) {
		gone.xid = pg_int(r, 0, COL_GONE_XID);
		gone.id = pg_int(r, 0, COL_GONE_ID);
	}
	order = place_compare(place, &gone);
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

/* One row more than the limit, to see whether there is a next page. */
static enum pg_err
run_changes(struct pg *pg, const struct task_changes *q,
    const struct place *place, PGresult **r)
{
	struct pg_params params;

	pg_params_init(&params, pg);
	pg_put_int(&params, place->xid);
	pg_put_int(&params, place->id);
	pg_put_int(&params, q->page.limit + 1);
	return pg_run_row(pg, &STMT_CHANGES, &params, r);
}

static enum pg_err
run_here(struct pg *pg, bool cached, const char **cursor)
{
	struct place place = { 0 };
	struct pg_params params;
	enum pg_err err;
	PGresult *r;

	pg_params_init(&params, pg);
	pg_put_bool(&params, cached);
	err = pg_run_row(pg, &STMT_CHANGES_HERE, &params, &r);
	if (err == PG_OK)
		err = read_source(r, HERE_SOURCE, &place.source);
	if (err != PG_OK)
		return err;
	if (!pg_null(r, 0, HERE_XID)) {
		place.xid = pg_int(r, 0, HERE_XID);
		place.id = pg_int(r, 0, HERE_ID);
		place.time = short_time(r, 0, HERE_AT);
	}
	*cursor = place_cursor(pg_arena(pg), &place);
	return PG_OK;
}

enum pg_err
task_changes_here(struct pg *pg, const char **cursor)
{
	return run_here(pg, settings.cache_enabled, cursor);
}

/* Reads the page into r; q->log says if there is none.  *place becomes the one
 * behind the page. */
static enum pg_err
read_page(struct pg *pg, struct task_changes *q, struct place *place,
    PGresult **r, int *n)
{
	enum pg_err err;
	uint32_t source;

	err = run_changes(pg, q, place, r);
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
		place->xid = pg_int(*r, *n - 1, COL_XID);
		place->id = pg_int(*r, *n - 1, COL_EVENT + EVENT_COL_ID);
		place->time = short_time(*r, *n - 1, COL_EVENT + EVENT_COL_AT);
	} else if (!q->page.has_cursor && pg_bool(*r, 0, COL_GONE_SETTLED)) {
		place->xid = pg_int(*r, 0, COL_GONE_XID);
		place->id = pg_int(*r, 0, COL_GONE_ID);
	}
	place->source = source;
	q->next_cursor = place_cursor(pg_arena(pg), place);
	return PG_OK;
}

enum pg_err
task_changes(struct pg *pg, struct task_changes *q, struct buf *b)
{
	struct place place = { 0 };
	struct json_write w = json_write(b);
	enum pg_err err;
	PGresult *r = NULL;
	int n = 0;

	q->log = TASK_LOG_KEPT;
	if (q->page.has_cursor)
		place = place_of(&q->page);
	if (q->now)
		err = run_here(pg, false, &q->next_cursor);
	else
		err = read_page(pg, q, &place, &r, &n);
	if (err != PG_OK || q->log != TASK_LOG_KEPT)
		return err;
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
