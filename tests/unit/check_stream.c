/* SPDX-License-Identifier: ISC */
/* Records of FastCGI, events on the tape, and how many streams a user has. */
#include "config.h"

#include "base/arena.h"
#include "lib/harness.h"
#include "stream/record.h"
#include "stream/tape.h"
#include "stream/user.h"

/* --- records --- */

static const struct {
	const char *data;
	size_t len;
	int rc;
	size_t size, content;
} records[] = {
	{ "", 0, 0, 0, 0 },
	{ "\1", 1, 0, 0, 0 },
	{ "\2", 1, -1, 0, 0 },
	{ "\1\5\0\1\0\0\0", 7, 0, 0, 0 },
	{ "\1\5\0\1\0\0\0\0", 8, 1, 8, 0 },
	{ "\1\5\0\1\0\2\0\0a", 9, 0, 0, 0 },
	{ "\1\5\0\1\0\2\0\0ab", 10, 1, 10, 2 },
	{ "\1\5\0\1\0\2\1\0ab", 10, 0, 0, 0 },
	{ "\1\5\0\1\0\2\1\0ab\0more", 15, 1, 11, 2 },
};

START_TEST(record_is_read)
{
	struct record r = { 0 };

	ck_assert_int_eq(record_parse(records[_i].data, records[_i].len, &r),
	    records[_i].rc);
	if (records[_i].rc == 1) {
		ck_assert_uint_eq(r.size, records[_i].size);
		ck_assert_uint_eq(r.len, records[_i].content);
		ck_assert_uint_eq(r.id, 1);
		ck_assert_uint_eq(r.type, RECORD_STDIN);
	}
}
END_TEST

static const struct {
	const char *data;
	size_t len;
	int n; /* pairs; -1: then something else */
	const char *last;
} pairs[] = {
	{ "", 0, 0, NULL },
	{ "\1\1ab", 4, 1, "b" },
	{ "\1\0a\0\1b", 6, 2, "b" },
	{ "\1", 1, -1, NULL },
	{ "\1\2ab", 4, -1, NULL },
	{ "\377\377\377\377", 4, -1, NULL },
	{ "\200\0\0", 3, -1, NULL },
	{ "\1\200\0\0\1ab", 7, 1, "b" },
	{ "\1\377\377\377\377ab", 7, -1, NULL },
};

START_TEST(pair_is_read)
{
	const char *at = pairs[_i].data, *end = at + pairs[_i].len;
	struct record_pair pair = { 0 };
	int n = 0, more;

	while ((more = record_pair(&at, end, &pair)) == 1)
		n++;
	ck_assert_int_eq(more == -1 ? -1 : n, pairs[_i].n);
	if (pairs[_i].last != NULL)
		ck_assert_mem_eq(pair.value, pairs[_i].last, pair.value_len);
}
END_TEST

static const size_t lengths[] = { 0, 1, RECORD_MAX - 1, RECORD_MAX,
	RECORD_MAX + 1, 3 * RECORD_MAX + 7 };

/* What is written is read again. */
START_TEST(text_goes_through_records)
{
	char *text = calloc(1, lengths[_i] + 1);
	struct buf b = { 0 }, back = { 0 };
	struct record r;
	size_t at = 0;
	int ends = 0;

	memset(text, 'x', lengths[_i]);
	record_add_text(&b, 258, text, lengths[_i]);
	record_add_end(&b, 258, RECORD_COMPLETE);
	while (at < b.len) {
		ck_assert_int_eq(record_parse(b.data + at, b.len - at, &r), 1);
		ck_assert_uint_eq(r.id, 258);
		if (r.type == RECORD_STDOUT)
			buf_add(&back, r.content, r.len);
		ends += r.type == RECORD_END;
		at += r.size;
	}
	ck_assert_int_eq(ends, 1);
	ck_assert_uint_eq(back.len, lengths[_i]);
	ck_assert_str_eq(back.data, text);
	buf_free(&b);
	buf_free(&back);
	free(text);
}
END_TEST

START_TEST(connection_is_told_about)
{
	static const char ask[] = "\1\11\0\0\0\21\0\0\17\0FCGI_MPXS_CONNS";
	static const char odd[] = "\1\143\0\0\0\0\0";
	struct buf b = { 0 };
	struct record r, answer;

	ck_assert_int_eq(record_parse(ask, sizeof(ask) - 1, &r), 1);
	record_add_about(&b, &r);
	ck_assert_int_eq(record_parse(b.data, b.len, &answer), 1);
	ck_assert_int_eq(answer.type, RECORD_GET_VALUES_RESULT);
	ck_assert_mem_eq(answer.content, "\17\1FCGI_MPXS_CONNS0", 18);
	buf_clear(&b);
	ck_assert_int_eq(record_parse(odd, sizeof(odd), &r), 1);
	record_add_about(&b, &r);
	ck_assert_int_eq(record_parse(b.data, b.len, &answer), 1);
	ck_assert_int_eq(answer.type, RECORD_UNKNOWN_TYPE);
	ck_assert_int_eq(answer.content[0], 99);
	buf_free(&b);
}
END_TEST

/* --- the tape --- */

/* Events 1 to n, of size bytes each. */
static void
tape_with(struct tape *t, size_t max, int64_t n, size_t size)
{
	const struct task_place base = { .source = 7 };
	char text[64];

	memset(text, 'e', sizeof(text));
	tape_init(t, max);
	tape_restart(t, &base);
	for (int64_t i = 1; i <= n; i++) {
		const struct task_told told = { .place = { .xid = i / 3,
						    .id = i,
						    .source = 7,
						    .time = (uint32_t)i } };

		tape_add(t, &told, text, size);
	}
}

static const struct {
	size_t max;
	int64_t n;
	size_t size, kept;
} tapes[] = {
	{ 100, 0, 10, 0 },
	{ 100, 5, 10, 5 },
	{ 100, 10, 10, 10 },
	{ 100, 11, 10, 10 },
	{ 5, 3, 10, 1 },
	{ 100000, 1000, 10, 1000 },
	{ 1000, 5000, 10, 100 },
};

START_TEST(tape_keeps_the_newest)
{
	struct tape t;
	uint64_t n;

	tape_with(&t, tapes[_i].max, tapes[_i].n, tapes[_i].size);
	ck_assert_uint_eq(t.next - t.first, tapes[_i].kept);
	ck_assert_uint_eq(t.bytes, tapes[_i].kept * tapes[_i].size);
	ck_assert_int_eq(tape_end(&t)->id, tapes[_i].n);
	ck_assert_int_eq(t.base.id, tapes[_i].n - (int64_t)tapes[_i].kept);
	for (int64_t i = 0; i <= tapes[_i].n + 2; i++) {
		struct task_place p = {
			.xid = i / 3, .id = i, .source = 7, .time = (uint32_t)i
		};
		bool there = i >= t.base.id && i <= tapes[_i].n;

		ck_assert_int_eq(tape_find(&t, &p, &n), there);
		ck_assert_int_eq(tape_knows(&t, &p), there);
		if (there)
			ck_assert_uint_eq(n, (uint64_t)i);
		p.time++;
		ck_assert(!tape_knows(&t, &p));
		p.time--;
		p.source++;
		ck_assert(!tape_knows(&t, &p));
	}
	tape_clear(&t);
}
END_TEST

START_TEST(tape_begins_anew)
{
	const struct task_place other = { .xid = 99, .id = 5, .source = 8 };
	struct tape t;
	uint64_t n;

	tape_with(&t, 100, 4, 10);
	tape_restart(&t, &other);
	ck_assert_uint_eq(t.bytes, 0);
	ck_assert(tape_find(&t, &other, &n));
	ck_assert_uint_eq(n, 4); /* numbers are never given out again */
	ck_assert_int_eq(tape_end(&t)->xid, 99);
	tape_clear(&t);
}
END_TEST

/* --- users --- */

START_TEST(users_are_counted)
{
	struct users *users = users_new();
	struct user *a, *b;

	a = user_enter(users, "a", 2);
	b = user_enter(users, "b", 2);
	ck_assert_ptr_nonnull(a);
	ck_assert_ptr_nonnull(b);
	ck_assert_ptr_eq(user_enter(users, "a", 2), a);
	ck_assert_ptr_null(user_enter(users, "a", 2));
	user_leave(users, a);
	ck_assert_ptr_eq(user_enter(users, "a", 2), a);
	user_leave(users, NULL);
	user_leave(users, b);
	ck_assert_ptr_nonnull(user_enter(users, "b", 1));
	users_free(users);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ record_is_read, NELEM(records), 0 },
		{ pair_is_read, NELEM(pairs), 0 },
		{ text_goes_through_records, NELEM(lengths), 0 },
		{ connection_is_told_about, 0, 0 },
		{ tape_keeps_the_newest, NELEM(tapes), 0 },
		{ tape_begins_anew, 0, 0 },
		{ users_are_counted, 0, 0 },
	};

	return harness_run("stream", tests, NELEM(tests));
}
