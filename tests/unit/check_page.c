/* SPDX-License-Identifier: ISC */
/* Queries of lists: what is read, what is refused, and the way back. */
#include "config.h"

#include "lib/harness.h"

#include "base/codec.h"
#include "base/str.h"
#include "conf/conf.h"
#include "task/task.h"
#include "task/task_query.h"

#define A10  "aaaaaaaaaa"
#define A50  A10 A10 A10 A10 A10
#define A255 A50 A50 A50 A50 A50 "aaaaa"

static struct arena *arena;

static const char *extra[] = { "due:date", "Team:text", "points:number" };

static const struct task_scope everybody = { .all = true };

static struct faults *
parse(const char *query, struct task_query *q)
{
	struct faults *f = faults_new(arena);
	char *exact = harness_exact(query, strlen(query) + 1);

	task_query_parse(arena, exact, &everybody, q, f);
	free(exact);
	return f;
}

/* Many spellings, one canonical form. */
static const struct {
	const char *query;
	const char *canonical;
} accepted[] = {
	{ "", "sort=-created_at&limit=20" },
	{ "&&", "sort=-created_at&limit=20" },
	{ "limit=20&", "sort=-created_at&limit=20" },
	{ "limit=1", "sort=-created_at&limit=1" },
	{ "limit=100", "sort=-created_at&limit=100" },
	{ "offset=0", "sort=-created_at&limit=20" },
	{ "offset=1000000", "sort=-created_at&limit=20&offset=1000000" },
	{ "sort=-created_at", "sort=-created_at&limit=20" },
	{ "sort=created_at", "sort=created_at&limit=20" },
	{ "sort=updated_at", "sort=updated_at&limit=20" },
	{ "sort=-title", "sort=-title&limit=20" },
	{ "s%6Frt=status", "sort=status&limit=20" },
	{ "count=exact&sort=status&limit=3",
	    "sort=status&limit=3&count=exact" },
	{ "status=pending", "status=pending&sort=-created_at&limit=20" },
	{ "status=completed,pending",
	    "status=pending,completed&sort=-created_at&limit=20" },
	{ "status=completed&status=in-progress",
	    "status=in-progress,completed&sort=-created_at&limit=20" },
	{ "status=pending&status=pending",
	    "status=pending&sort=-created_at&limit=20" },
	{ "status=pending,in-progress%2Ccompleted",
	    "sort=-created_at&limit=20" },
	{ "title=a", "title=a&sort=-created_at&limit=20" },
	{ "title=a+b%20c", "title=a%20b%20c&sort=-created_at&limit=20" },
	{ "title=a=b", "title=a%3Db&sort=-created_at&limit=20" },
	{ "title=%2B%26%25", "title=%2B%26%25&sort=-created_at&limit=20" },
	{ "title=%c3%a9", "title=%C3%A9&sort=-created_at&limit=20" },
	{ "title=\xc3\xa9", "title=%C3%A9&sort=-created_at&limit=20" },
	{ "title=" A255, "title=" A255 "&sort=-created_at&limit=20" },
	{ "created_by=a%40b+c", "created_by=a%40b%20c&sort=-created_at"
				"&limit=20" },
	{ "created_from=2026-11-22", "created_from=2026-11-22T00:00:00.000000Z"
				     "&sort=-created_at&limit=20" },
	{ "created_to=2026-11-22", "created_to=2026-11-22T23:59:59.999999Z"
				   "&sort=-created_at&limit=20" },
	{ "created_to=2026-11-22T11:05:00Z",
	    "created_to=2026-11-22T11:05:00.000000Z"
	    "&sort=-created_at&limit=20" },
	{ "created_from=2026-11-22T11:05:00.5%2B02:00",
	    "created_from=2026-11-22T09:05:00.500000Z"
	    "&sort=-created_at&limit=20" },
	{ "created_from=2026-11-22&created_to=2026-11-22",
	    "created_from=2026-11-22T00:00:00.000000Z"
	    "&created_to=2026-11-22T23:59:59.999999Z"
	    "&sort=-created_at&limit=20" },
	{ "extra.due.to=2026-12-31&extra.due.from=2026-12-01",
	    "extra.due.from=2026-12-01&extra.due.to=2026-12-31"
	    "&sort=-created_at&limit=20" },
	{ "extra.due.from=2026-12-01&extra.due.to=2026-12-01",
	    "extra.due.from=2026-12-01&extra.due.to=2026-12-01"
	    "&sort=-created_at&limit=20" },
	{ "extra.points.to=1e1&extra.points.from=9",
	    "extra.points.from=9&extra.points.to=1e1"
	    "&sort=-created_at&limit=20" },
	{ "extra.points.from=-0.5&extra.due=2026-12-01&extra.Team=a+b",
	    "extra.due=2026-12-01&extra.Team=a%20b&extra.points.from=-0.5"
	    "&sort=-created_at&limit=20" },
};

START_TEST(queries_have_one_canonical_form)
{
	struct task_query p, again;
	const char *text;

	arena = arena_new();
	ck_assert_uint_eq(parse(accepted[_i].query, &p)->n, 0);
	p.page.scope = NULL; /* whose it is, and no part of the query */
	text = page_canonical(arena, &p.page);
	ck_assert_str_eq(text, accepted[_i].canonical);
	ck_assert_uint_eq(parse(text, &again)->n, 0);
	again.page.scope = NULL;
	ck_assert_str_eq(page_canonical(arena, &again.page), text);
	arena_free(arena);
}
END_TEST

static const struct {
	const char *query;
	const char *faults; /* name:type, in order, with a space between */
	const char *msg;    /* part of the first one's */
} refused[] = {
	{ "limit=0", "limit:greater_than_equal", "from 1 to 100" },
	{ "limit=-1", "limit:greater_than_equal", "from 1 to 100" },
	{ "limit=-99999999999999999999", "limit:greater_than_equal", "limit" },
	{ "limit=101", "limit:less_than_equal", "from 1 to 100" },
	{ "limit=99999999999999999999", "limit:less_than_equal", "limit" },
	{ "limit=", "limit:int_parsing", "whole number" },
	{ "limit", "limit:int_parsing", "whole number" },
	{ "limit=-", "limit:int_parsing", "whole number" },
	{ "limit=ten", "limit:int_parsing", "whole number" },
	{ "limit=1.5", "limit:int_parsing", "whole number" },
	{ "limit=+5", "limit:int_parsing", "whole number" },
	{ "limit=5;offset=1", "limit:int_parsing", "whole number" },
	{ "offset=-1", "offset:greater_than_equal", "from 0 to 1000000" },
	{ "offset=1000001", "offset:less_than_equal", "from 0 to 1000000" },
	{ "sort=", "sort:enum", "created_at, updated_at" },
	{ "sort=-", "sort:enum", "created_at" },
	{ "sort=--title", "sort:enum", "created_at" },
	{ "sort=Title", "sort:enum", "created_at" },
	{ "sort=title,status", "sort:enum", "created_at" },
	{ "sort=event", "sort:enum", "created_at" },
	{ "status=", "status:enum", "in-progress" },
	{ "status=done", "status:enum", "in-progress" },
	{ "status=pending,", "status:enum", "in-progress" },
	{ "status=pending,%20completed", "status:enum", "in-progress" },
	{ "status=PENDING&status=x", "status:enum status:enum", "pending" },
	{ "count=yes", "count:enum", "exact" },
	{ "count=", "count:enum", "exact" },
	{ "title=", "title:string_too_short", "at least 1" },
	{ "title=" A255 "a", "title:string_too_long", "255" },
	{ "title=%zz", "title:value_error", "hexadecimal" },
	{ "title=%4", "title:value_error", "hexadecimal" },
	{ "title=%", "title:value_error", "hexadecimal" },
	{ "title=%00", "title:value_error", "U+0000" },
	{ "title=a%00b", "title:value_error", "U+0000" },
	{ "title=%ff", "title:value_error", "UTF-8" },
	{ "title=\xff", "title:value_error", "UTF-8" },
	{ "title=%ed%a0%80", "title:value_error", "UTF-8" },
	{ "%00=1", "%00:value_error", "U+0000" },
	{ "created_by=", "created_by:string_too_short", "at least 1" },
	{ "created_from=yesterday", "created_from:datetime_from_date_parsing",
	    "2026-11-22T11:05:00Z" },
	{ "created_to=2026-02-30", "created_to:datetime_from_date_parsing",
	    "RFC 3339" },
	{ "created_to=", "created_to:datetime_from_date_parsing", "date" },
	{ "created_from=2026-11-22T11:05:00+02:00",
	    "created_from:datetime_from_date_parsing", "%2B" },
	{ "created_from=2026-11-22T11:05:00",
	    "created_from:datetime_from_date_parsing", "RFC 3339" },
	{ "created_from=2026-11-23&created_to=2026-11-22",
	    "created_to:value_error", "before created_from" },
	{ "extra.due.from=2026-12-02&extra.due.to=2026-12-01",
	    "extra.due.to:value_error", "before extra.due.from" },
	{ "extra.points.from=10&extra.points.to=9",
	    "extra.points.to:value_error", "before extra.points.from" },
	{ "extra.due.from=2026-02-30", "extra.due.from:date_parsing",
	    "extra.due.from must be" },
	{ "extra.points.to=ten", "extra.points.to:float_parsing",
	    "extra.points.to must be" },
	{ "extra.due.to=", "extra.due.to:date_parsing", "must be" },
	{ "extra.Team.from=a", "extra.Team.from:extra_forbidden",
	    "lists no such" },
	{ "extra.due.until=2026-12-01", "extra.due.until:extra_forbidden",
	    "lists no such" },
	{ "extra.due.from.to=2026-12-01", "extra.due.from.to:extra_forbidden",
	    "lists no such" },
	{ "extra.points.to=1&extra.points.to=1", "extra.points.to:value_error",
	    "only once" },
	{ "limit=5&limit=5", "limit:value_error", "only once" },
	{ "title=a&sort=title&title=b", "title:value_error", "only once" },
	{ "page=2", "page:extra_forbidden", "no such parameter" },
	{ "Limit=2", "Limit:extra_forbidden", "did you mean limit?" },
	{ "statsu=pending", "statsu:extra_forbidden", "did you mean status?" },
	{ "=1", ":extra_forbidden", "no such parameter" },
	{ "cursor=AAAA&offset=0", "offset:value_error", "exclude" },
	{ "limit=0&sort=x&page=1&count=no",
	    "limit:greater_than_equal sort:enum page:extra_forbidden "
	    "count:enum",
	    "limit" },
	{ "cursor=", "cursor:value_error", "no cursor" },
	{ "cursor=!", "cursor:value_error", "no cursor" },
	{ "cursor=AAAA", "cursor:value_error", "no cursor" },
	{ "cursor=AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	    "cursor:value_error", "another query" },
};

START_TEST(faults_are_named)
{
	struct faults *f;
	struct task_query p;
	char all[512] = "";
	size_t i;

	arena = arena_new();
	f = parse(refused[_i].query, &p);
	for (i = 0; i < f->n; i++) {
		size_t len = strlen(all);

		ck_assert_int_eq(f->v[i].in, FAULT_QUERY);
		snprintf(all + len, sizeof(all) - len, "%s%s:%s",
		    i > 0 ? " " : "", f->v[i].name, f->v[i].type);
	}
	ck_assert_str_eq(all, refused[_i].faults);
	ck_assert_msg(strstr(f->v[0].msg, refused[_i].msg) != NULL, "%s",
	    f->v[0].msg);
	arena_free(arena);
}
END_TEST

START_TEST(very_many_faults_are_counted)
{
	char query[3 * 250 + 1] = "";
	struct faults *f;
	struct task_query p;
	size_t i;

	arena = arena_new();
	for (i = 0; i < 250; i++)
		memcpy(query + 3 * i, "x=&", 4);
	f = parse(query, &p);
	ck_assert_uint_eq(f->n, 250);
	arena_free(arena);
}
END_TEST

/* Orders, and the key of a row in each. */
static const struct {
	const char *query;
	const char *key;
	int64_t number;
} orders[] = {
	{ "", NULL, INT64_C(1795345500123456) },
	{ "sort=created_at", NULL, 0 },
	{ "sort=updated_at", NULL, -1 },
	{ "sort=-updated_at", NULL, INT64_C(253402300799999999) },
	{ "sort=title", "a", 0 },
	{ "sort=-title", "\xf0\x9f\x90\x9f & ?", 0 },
	{ "sort=title", A255, 0 },
	{ "sort=status", "in-progress", INT64_C(1795345500123456) },
	{ "sort=-status", "completed", 1 },
	{ "status=pending&title=x&created_from=2026-01-01", NULL, 5 },
};

static const struct uuid row_id = { { 1, 0x93, 0x5f, 3, 4, 5, 0x76, 7, 0x88, 9,
    10, 11, 12, 13, 14, 255 } };

/* Clients keep cursors: another text of the same is a change of the form. */
static const struct {
	const char *query;
	const char *key;
	int64_t number;
	const char *cursor;
} kept[] = {
	{ "", NULL, INT64_C(1795345500123456),
	    "AZY3sE1W3ggXAAZg23LIsUABk18DBAV2B4gJCgsMDQ7_" },
	{ "sort=title&status=pending,completed&title=a+b"
	  "&created_from=2026-11-22&limit=3&count=exact",
	    "key", 0, "AWCg1p71tuaWAAAAAAAAAAABk18DBAV2B4gJCgsMDQ7_a2V5" },
	{ "sort=-status&created_to=2026-11-22", "pending", 1,
	    "Aa08UtsQrHSRAAAAAAAAAAEBk18DBAV2B4gJCgsMDQ7_cGVuZGluZw" },
};

START_TEST(cursors_keep_their_form)
{
	struct task_query p;

	arena = arena_new();
	ck_assert_uint_eq(parse(kept[_i].query, &p)->n, 0);
	ck_assert_str_eq(page_cursor(arena, &p.page, kept[_i].key,
			     kept[_i].number, &row_id),
	    kept[_i].cursor);
	arena_free(arena);
}
END_TEST

START_TEST(cursors_come_back)
{
	const char *cursor, *next;
	struct task_query p, q;

	arena = arena_new();
	ck_assert_uint_eq(parse(orders[_i].query, &p)->n, 0);
	cursor = page_cursor(arena, &p.page, orders[_i].key, orders[_i].number,
	    &row_id);
	ck_assert_uint_eq(strspn(cursor,
			      "abcdefghijklmnopqrstuvwxyz"
			      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"),
	    strlen(cursor));
	next = page_next(arena, &p.page, cursor);
	ck_assert_uint_eq(parse(next, &q)->n, 0);
	ck_assert(q.page.has_cursor);
	ck_assert_int_eq(q.sort, p.sort);
	ck_assert(q.descending == p.descending);
	ck_assert_int_eq(q.page.key_number, orders[_i].number);
	ck_assert_mem_eq(&q.page.id, &row_id, sizeof(row_id));
	ck_assert_pstr_eq(q.page.key, orders[_i].key);
	ck_assert_str_eq(page_canonical(arena, &q.page), next);
	arena_free(arena);
}
END_TEST

/* Pages of one list may differ in this. */
static const char *const same_list[] = {
	"sort=title&status=pending",
	"sort=title&status=pending&limit=3",
	"sort=title&status=pending&count=exact",
	"status=pending,pending&sort=title",
};

/* And not in this. */
static const char *const other_list[] = {
	"status=pending",
	"sort=title",
	"sort=-title&status=pending",
	"sort=title&status=completed",
	"sort=title&status=pending&title=a",
	"sort=title&status=pending&created_from=2026-01-01",
	"sort=title&status=pending&created_to=2026-01-01",
};

/* Goes on in query with a cursor of same_list[0]. */
static struct faults *
go_on(const char *query)
{
	const char *cursor;
	struct task_query p;

	ck_assert_uint_eq(parse(same_list[0], &p)->n, 0);
	cursor = page_cursor(arena, &p.page, "key", 0, &row_id);
	return parse(arena_printf(arena, "%s&cursor=%s", query, cursor), &p);
}

START_TEST(cursors_serve_their_list)
{
	arena = arena_new();
	ck_assert_uint_eq(go_on(same_list[_i])->n, 0);
	arena_free(arena);
}
END_TEST

START_TEST(cursors_serve_no_other_list)
{
	struct faults *f;

	arena = arena_new();
	f = go_on(other_list[_i]);
	ck_assert_uint_eq(f->n, 1);
	ck_assert_str_eq(f->v[0].name, "cursor");
	ck_assert_ptr_nonnull(strstr(f->v[0].msg, "another query"));
	arena_free(arena);
}
END_TEST

/* Keys that a page would never write, under a digest that fits. */
static const struct {
	const char *query;
	const char *key;
	int64_t number;
} forged[] = {
	{ "", NULL, INT64_C(-9000000000000000000) },
	{ "", NULL, INT64_C(-210866803200000001) },
	{ "", NULL, INT64_C(-9222426057709551616) },
	{ "", "text", 0 },
	{ "sort=title", NULL, 0 },
	{ "sort=title", "a", 1 },
	{ "sort=title", "\xff", 0 },
	{ "sort=title", A255 "a", 0 },
	{ "sort=title", A255 A255 A255 A255 "a", 0 },
	{ "sort=title", A255 A255 A255 A255 A255, 0 },
	{ "sort=status", NULL, 0 },
	{ "sort=status", A255, 0 },
	{ "sort=status", "pending", INT64_C(-9000000000000000000) },
};

START_TEST(forged_cursors_are_refused)
{
	const char *cursor;
	struct faults *f;
	struct task_query p;

	arena = arena_new();
	ck_assert_uint_eq(parse(forged[_i].query, &p)->n, 0);
	cursor = page_cursor(arena, &p.page, forged[_i].key, forged[_i].number,
	    &row_id);
	f = parse(arena_printf(arena, "%s&cursor=%s", forged[_i].query, cursor),
	    &p);
	ck_assert_uint_eq(f->n, 1);
	ck_assert_ptr_nonnull(strstr(f->v[0].msg, "no cursor"));
	arena_free(arena);
}
END_TEST

/* A cursor with one byte of it changed is refused or says something else; it
 * never does harm. */
START_TEST(damaged_cursors_do_no_harm)
{
	const char *cursor;
	struct task_query p, q;
	char *text;
	size_t i;

	arena = arena_new();
	ck_assert_uint_eq(parse("sort=title", &p)->n, 0);
	cursor = page_cursor(arena, &p.page, "some title", 0, &row_id);
	for (i = 0; cursor[i] != '\0'; i++) {
		text = arena_printf(arena, "sort=title&cursor=%s", cursor);
		text[strlen(text) - strlen(cursor) + i] ^= 1;
		if (parse(text, &q)->n == 0)
			ck_assert_int_le(str_utf8_count(q.page.key,
					     strlen(q.page.key)),
			    255);
	}
	arena_free(arena);
}
END_TEST

static const struct {
	const char *query;
	const char *fault; /* or NULL */
} events[] = {
	{ "", NULL },
	{ "limit=7", NULL },
	{ "limit=0", "limit" },
	{ "offset=1", "offset" },
	{ "sort=title", "sort" },
	{ "status=pending", "status" },
	{ "cursor=x", "cursor" },
};

START_TEST(events_take_limit_and_cursor)
{
	struct faults *f;
	struct page p;

	arena = arena_new();
	f = faults_new(arena);
	task_query_parse_events(arena, events[_i].query, &p, f);
	ck_assert_uint_eq(f->n, events[_i].fault != NULL);
	if (f->n > 0)
		ck_assert_str_eq(f->v[0].name, events[_i].fault);
	arena_free(arena);
}
END_TEST

/* Of the changes: transaction 805, event 42. */
#define SINCE   "AUx-D_VwurvIAAAAAAAAAyUAAAAAAAAAKip59qELAAK1"
#define NOWHERE "AUx-D_VwurvIAAAAAAAAAAAAAAAAAAAAACp59qEAAAAA"

static const struct {
	const char *query;
	const char *canonical; /* NULL: it is refused, as */
	const char *fault;     /* name:type, and */
	const char *msg;
} changes[] = {
	{ "", "limit=20", NULL, NULL },
	{ "since=" SINCE "&limit=7", "limit=7&since=" SINCE, NULL, NULL },
	{ "since=" NOWHERE, "limit=20&since=" NOWHERE, NULL, NULL },
	{ "since=now&limit=3", "limit=3", NULL, NULL },
	{ "limit=0", NULL, "limit:greater_than_equal", "from 1 to 100" },
	{ "since=", NULL, "since:value_error", "no cursor" },
	{ "since=NOW", NULL, "since:value_error", "no cursor" },
	{ "since=0", NULL, "since:value_error", "no cursor" },
	{ "since=" SINCE "A", NULL, "since:value_error", "no cursor" },
	{ "since=now&since=now", NULL, "since:value_error", "only once" },
	{ "cursor=" SINCE, NULL, "cursor:extra_forbidden", "no such" },
	{ "sinse=" SINCE, NULL, "sinse:extra_forbidden",
	    "did you mean since?" },
	{ "offset=1", NULL, "offset:extra_forbidden", "no such" },
	{ "wait=5", NULL, "wait:extra_forbidden", "no such" },
	/* a text where there is none, a transaction and an event below zero */
	{ "since=AUx-D_VwurvIAAAAAAAAAAEAAAAAAAAAKgAAAAEAAAABYQ", NULL,
	    "since:value_error", "no cursor" },
	{ "since=AUx-D_VwurvI__________8AAAAAAAAAKgAAAAEAAAAB", NULL,
	    "since:value_error", "no cursor" },
	{ "since=AUx-D_VwurvIAAAAAAAAAAH_________1gAAAAEAAAAB", NULL,
	    "since:value_error", "no cursor" },
	/* those of the list, and of a history */
	{ "since=AZY3sE1W3ggXAAZHSEYgQAAAAAAAAAAAKgAAAAEAAAAB", NULL,
	    "since:value_error", "another list" },
	{ "since=ATsqJfzV8hu_AAAAAAAAAAUAAAAAAAAAAAAAAAAAAAAA", NULL,
	    "since:value_error", "another list" },
};

START_TEST(changes_take_limit_and_since)
{
	struct task_changes q;
	struct faults *f;

	arena = arena_new();
	f = faults_new(arena);
	task_changes_parse(arena, changes[_i].query, &q, f);
	ck_assert_uint_eq(f->n, changes[_i].fault != NULL);
	if (f->n > 0) {
		ck_assert_str_eq(arena_printf(arena, "%s:%s", f->v[0].name,
				     f->v[0].type),
		    changes[_i].fault);
		ck_assert_msg(strstr(f->v[0].msg, changes[_i].msg) != NULL,
		    "%s", f->v[0].msg);
	} else {
		ck_assert_str_eq(page_canonical(arena, &q.page),
		    changes[_i].canonical);
		ck_assert(q.now == (strstr(changes[_i].query, "now") != NULL));
	}
	arena_free(arena);
}
END_TEST

/* Nor does a list take a cursor of the changes. */
START_TEST(a_list_takes_no_since)
{
	struct task_query q;
	struct faults *f;

	arena = arena_new();
	f = parse("cursor=" SINCE, &q);
	ck_assert_uint_eq(f->n, 1);
	ck_assert_str_eq(f->v[0].name, "cursor");
	ck_assert_ptr_nonnull(strstr(f->v[0].msg, "another query"));
	ck_assert_uint_eq(parse("since=" SINCE, &q)->n, 1);
	arena_free(arena);
}
END_TEST

START_TEST(event_cursors_come_back)
{
	static const struct uuid none;
	const char *next;
	struct faults *f;
	struct page p, q;

	arena = arena_new();
	f = faults_new(arena);
	task_query_parse_events(arena, "limit=7", &p, f);
	next = page_cursor(arena, &p, NULL, 42, &none);
	ck_assert_str_eq(next, "ATsqJfzV8hu_AAAAAAAAACoAAAAAAAAAAAAAAAAAAAAA");
	next = page_next(arena, &p, next);
	task_query_parse_events(arena, next, &q, f);
	ck_assert_uint_eq(f->n, 0);
	ck_assert(q.has_cursor);
	ck_assert_int_eq(q.key_number, 42);
	ck_assert_int_eq(q.limit, 7);
	ck_assert_str_eq(page_canonical(arena, &q), next);
	next = page_next(arena, &p, page_cursor(arena, &p, NULL, 0, &none));
	task_query_parse_events(arena, next, &q, f);
	ck_assert_uint_eq(f->n, 1);
	arena_free(arena);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ queries_have_one_canonical_form, NELEM(accepted), 0 },
		{ faults_are_named, NELEM(refused), 0 },
		{ very_many_faults_are_counted, 0, 0 },
		{ cursors_keep_their_form, NELEM(kept), 0 },
		{ cursors_come_back, NELEM(orders), 0 },
		{ cursors_serve_their_list, NELEM(same_list), 0 },
		{ cursors_serve_no_other_list, NELEM(other_list), 0 },
		{ forged_cursors_are_refused, NELEM(forged), 0 },
		{ damaged_cursors_do_no_harm, 0, 0 },
		{ events_take_limit_and_cursor, NELEM(events), 0 },
		{ changes_take_limit_and_since, NELEM(changes), 0 },
		{ a_list_takes_no_since, 1, 0 },
		{ event_cursors_come_back, 0, 0 },
	};

	settings.tasks_extra = (struct conf_list){ NELEM(extra), extra };
	return harness_run("page", tests, NELEM(tests));
}
