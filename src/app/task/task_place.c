/* SPDX-License-Identifier: ISC */
/* Places in the log of changes, and the cursors that name them. */
#include "config.h"

#include <endian.h>
#include <string.h>

#include "base/str.h"
#include "list/list.h"
#include "task_own.h"

/*
 * A cursor's number is xid; in its id there are the event's number, a digest of
 * the database with its timeline, and the end of the event's time: after a
 * restore another event may get the numbers that one had.
 */
#define PLACE_AT_SOURCE 8
#define PLACE_AT_TIME   12

struct task_place
task_place_of(const struct page *p)
{
	struct task_place place = { .xid = p->key_number };
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

const char *
task_place_cursor(struct arena *a, const struct task_place *place)
{
	const struct page p = { .list = &task_changes_list };
	uint64_t id = htobe64((uint64_t)place->id);
	uint32_t source = htobe32(place->source), time = htobe32(place->time);
	struct uuid bytes;

	memcpy(bytes.b, &id, sizeof(id));
	memcpy(bytes.b + PLACE_AT_SOURCE, &source, sizeof(source));
	memcpy(bytes.b + PLACE_AT_TIME, &time, sizeof(time));
	return page_cursor(a, &p, NULL, place->xid, &bytes);
}

int
task_place_order(const struct task_place *a, const struct task_place *b)
{
	if (a->xid != b->xid)
		return a->xid < b->xid ? -1 : 1;
	return a->id == b->id ? 0 : a->id < b->id ? -1 : 1;
}

static void
judge_since(struct list_reader *r)
{
	bool *now = r->page->query;

	*now = r->cursor != NULL && str_eq(r->cursor, "now");
	if (*now)
		r->cursor = NULL;
}

static bool
is_place(const struct page *p, size_t key_len)
{
	struct task_place place = task_place_of(p);

	return key_len == 0 && place.xid >= 0 && place.id >= 0;
}

#define CHANGES                                                                \
	.order = "change", .cursor = "since",                                  \
	.alien = "since belongs to another list: take it from next_cursor "    \
		 "of /tasks/changes, or from X-Changes-Cursor of /tasks",      \
	.judge = judge_since, .sane = is_place

const struct list task_changes_list = { CHANGES };
static const struct list stream = { CHANGES, .endless = true };

void
task_changes_parse(struct arena *a, const char *text, struct task_changes *q,
    struct faults *f)
{
	*q = (struct task_changes){ .page = { .list = &task_changes_list,
					.query = &q->now } };
	page_parse(a, text, &q->page, f);
}

void
task_follow_parse(struct arena *a, const char *text, const char *last,
    struct task_follow *q, struct faults *f)
{
	struct page page = { .list = &stream, .query = &q->here };
	struct buf b = { 0 };

	*q = (struct task_follow){ 0 };
	page_parse(a, text, &page, f);
	if (f->n == 0 && last != NULL && last[0] != '\0') {
		list_add(&b, "since", last);
		page_parse(a, b.data, &page, f);
		buf_free(&b);
	}
	q->here = !page.has_cursor;
	if (page.has_cursor)
		q->place = task_place_of(&page);
}
