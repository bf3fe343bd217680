/* SPDX-License-Identifier: ISC */
/* errandctl top: rates and quantiles of two looks, its table, its frames. */
#include "config.h"

#include "lib/harness.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "ctl/top.h"
#include "metric/metric_own.h"

static struct arena *arena;

static void
set_up(void)
{
	arena = arena_new();
}

static void
tear_down(void)
{
	arena_free(arena);
}

static struct metric_look *
look_at(struct metric_seen *seen, size_t n)
{
	struct metric_look *l = arena_alloc(arena, sizeof(*l));

	*l = (struct metric_look){ .wall = INT64_C(1800000000000000),
		.waiting = -1,
		.file = 1,
		.n = n,
		.seen = seen };
	return l;
}

/* --- growth --- */

#define ABSENT -2

/* What a counter has risen by, or what a gauge is. */
static const struct {
	bool rises;
	int64_t before, now, grown;
} growths[] = {
	{ true, 0, 0, 0 },
	{ true, 5, 5, 0 },
	{ true, 5, 12, 7 },
	{ true, ABSENT, 12, 12 },
	{ true, 12, 5, 5 }, /* it began anew */
	{ false, 12, 5, 5 },
	{ false, 5, 12, 12 },
	{ false, ABSENT, 3, 3 },
};

START_TEST(counters_grow_and_gauges_are)
{
	struct metric_seen before[] = {
		{ .metric = METRIC_reloads,
		    .labels = "a",
		    .value = 100,
		    .rises = true },
		{ .metric = METRIC_published,
		    .labels = "a",
		    .value = growths[_i].before,
		    .rises = growths[_i].rises },
		{ .metric = METRIC_published,
		    .labels = "c",
		    .value = 100,
		    .rises = true },
	};
	struct metric_seen now[] = {
		{ .metric = METRIC_reloads,
		    .labels = "a",
		    .value = 101,
		    .rises = true },
		{ .metric = METRIC_published,
		    .labels = "a",
		    .value = growths[_i].now,
		    .rises = growths[_i].rises },
		/* This one was not there before. */
		{ .metric = METRIC_published,
		    .labels = "b",
		    .value = 4,
		    .rises = true },
		{ .metric = METRIC_published,
		    .labels = "c",
		    .value = 103,
		    .rises = true },
	};
	const struct metric_look *grown;

	if (growths[_i].before == ABSENT)
		before[1].labels = "gone";
	grown = top_growth(arena, look_at(now, NELEM(now)),
	    look_at(before, NELEM(before)));
	ck_assert_uint_eq(grown->n, NELEM(now));
	ck_assert_int_eq(grown->seen[0].value, 1);
	ck_assert_int_eq(grown->seen[1].value, growths[_i].grown);
	ck_assert_int_eq(grown->seen[2].value, 4);
	ck_assert_int_eq(grown->seen[3].value, 3);
	ck_assert_int_eq(now[3].value, 103); /* it is the next one's before */
}
END_TEST

START_TEST(two_files_have_no_growth)
{
	struct metric_look *before = look_at(NULL, 0), *now = look_at(NULL, 0);

	ck_assert_ptr_nonnull(top_growth(arena, now, before));
	now->file++;
	ck_assert_ptr_null(top_growth(arena, now, before));
	now->file--;
	now->device++;
	ck_assert_ptr_null(top_growth(arena, now, before));
}
END_TEST

/* --- times --- */

static const int64_t bounds[] = { 100, 200, 400 };

/* As histogram_quantile has them. */
static const struct {
	uint64_t before[4], now[4];
	int64_t p50, p99;
} quantiles[] = {
	{ { 0 }, { 0 }, -1, -1 },
	{ { 3, 3, 3, 3 }, { 3, 3, 3, 3 }, -1, -1 },
	{ { 0 }, { 100, 0, 0, 0 }, 50, 99 },
	{ { 0 }, { 0, 100, 0, 0 }, 150, 199 },
	{ { 0 }, { 50, 50, 0, 0 }, 100, 198 },
	{ { 0 }, { 0, 0, 0, 4 }, TOP_ABOVE, TOP_ABOVE },
	{ { 0 }, { 90, 0, 0, 10 }, 55, TOP_ABOVE },
	{ { 0 }, { 100, 0, 0, 1 }, 50, 99 },
	/* What was there before does not count. */
	{ { 1000, 0, 0, 9 }, { 1000, 0, 100, 9 }, 300, 398 },
	/* Who began anew had nothing before. */
	{ { 1000, 7, 7, 7 }, { 0, 0, 4, 0 }, 300, 398 },
};

START_TEST(quantiles_are_of_the_growth)
{
	struct metric_seen before = { .metric = METRIC_mail_time,
		.labels = "",
		.rises = true,
		.nbounds = NELEM(bounds),
		.bounds = bounds };
	struct metric_seen now = before;
	struct top_times times;

	memcpy(before.buckets, quantiles[_i].before,
	    sizeof(quantiles[_i].before));
	memcpy(now.buckets, quantiles[_i].now, sizeof(quantiles[_i].now));
	times =
	    top_times(top_growth(arena, look_at(&now, 1), look_at(&before, 1)),
		METRIC_mail_time, METRIC_AT(0));
	ck_assert_int_eq(top_quantile(&times, 0.5), quantiles[_i].p50);
	ck_assert_int_eq(top_quantile(&times, 0.99), quantiles[_i].p99);
}
END_TEST

/* --- sums --- */

static const struct {
	struct metric_at words;
	int64_t sum;
} sums[] = {
	{ { { 0, 0 } }, 15 },
	{ { { METRIC_entry_task, 0 } }, 3 },
	{ { { 0, METRIC_read_hit } }, 5 },
	{ { { METRIC_entry_list, METRIC_read_hit } }, 4 },
	{ { { METRIC_entry_list, METRIC_read_bypass } }, -1 },
};

START_TEST(words_choose_what_is_added_up)
{
	struct metric_seen seen[] = {
		{ .metric = METRIC_cache,
		    .value = 1,
		    .words = { METRIC_entry_task, METRIC_read_hit } },
		{ .metric = METRIC_cache,
		    .value = 2,
		    .words = { METRIC_entry_task, METRIC_read_miss } },
		{ .metric = METRIC_cache,
		    .value = 4,
		    .words = { METRIC_entry_list, METRIC_read_hit } },
		{ .metric = METRIC_cache,
		    .value = 8,
		    .words = { METRIC_entry_list, METRIC_read_miss } },
		{ .metric = METRIC_invalidations, .value = 16 },
	};

	ck_assert_int_eq(top_sum(look_at(seen, NELEM(seen)), METRIC_cache,
			     &sums[_i].words),
	    sums[_i].sum);
}
END_TEST

#define REQUEST(method, route, code, ...)                                      \
	{                                                                      \
		.metric = METRIC_requests, .rises = true,                      \
		.nbounds = NELEM(bounds), .bounds = bounds,                    \
		.texts = { method, route, code }, .labels = method route code, \
		.buckets = {                                                   \
			__VA_ARGS__                                            \
		}                                                              \
	}

START_TEST(routes_stand_by_what_they_had_to_do)
{
	struct metric_seen seen[] = {
		REQUEST("GET", "/a", "200", 1, 1),
		REQUEST("GET", "/b", "200", 5),
		REQUEST("GET", "/b", "404", 0, 3),
		REQUEST("GET", "/b", "503", 0, 0, 0, 1),
		REQUEST("PUT", "/b", "201", 2),
		REQUEST("GET", "/c", "200", 0),
	};
	size_t n;
	const struct top_route *r =
	    top_routes(arena, look_at(seen, NELEM(seen)), &n);

	ck_assert_uint_eq(n, 4);
	ck_assert_str_eq(r[0].route, "/b");
	ck_assert_str_eq(r[0].method, "GET");
	ck_assert_uint_eq(r[0].times.n, 9);
	ck_assert_uint_eq(r[0].refused, 3);
	ck_assert_uint_eq(r[0].failed, 1);
	ck_assert_int_eq(top_quantile(&r[0].times, 0.5), 90);
	ck_assert_str_eq(r[1].route, "/a");
	ck_assert_str_eq(r[2].method, "PUT");
	ck_assert_str_eq(r[3].route, "/c");
}
END_TEST

/* --- the table --- */

static const char *
table(const struct metric_look *now, const struct metric_look *grown,
    int64_t us, int rows)
{
	static struct buf out;

	buf_clear(&out);
	top_print(&out, arena, &(struct top_table){ now, grown, us, rows });
	return out.data;
}

START_TEST(it_is_for_a_second_or_in_all)
{
	struct metric_seen seen[] = {
		REQUEST("GET", "/a", "200", 0, 9),
		{ .metric = METRIC_log_lost,
		    .labels = "",
		    .value = 3,
		    .rises = true },
		{ .metric = METRIC_jobs,
		    .labels = "q",
		    .value = 40,
		    .texts = { "queued" },
		    .words = { METRIC_job_queued } },
		{ .metric = METRIC_due_age, .labels = "", .value = 3000000 },
		{ .metric = METRIC_queue,
		    .labels = "q",
		    .value = 7,
		    .texts = { "q\033[2J\xff" } },
	};
	const struct metric_look *l = look_at(seen, NELEM(seen));
	const char *text = table(l, NULL, 0, 0);

	ck_assert(str_starts(text, "TOTALS since the file of metrics was "
				   "made\nRequests     all 9  4xx 0  5xx 0  "
				   "p50 0.15 ms  p99 0.20 ms\n"));
	ck_assert_ptr_nonnull(strstr(text,
	    "\nGET     /a                               9   0.15 ms   0.20 ms"
	    "       0       0\n"));
	ck_assert_ptr_nonnull(strstr(text, "\nLog lines    lost 3\n"));
	ck_assert_ptr_nonnull(strstr(text, "\nJobs         queued 40\n"));
	ck_assert_ptr_nonnull(strstr(text, " due -  oldest 3.0 s "));
	ck_assert_ptr_nonnull(strstr(text, "\nQueues       q?[2J? 7  dead"));
	text = table(l, l, 2 * CLOCK_SECOND, 0);
	ck_assert(str_starts(text, "PER SECOND, in the last 2.0 s\n"
				   "Requests     all 4.5  4xx 0  5xx 0 "));
	ck_assert_ptr_nonnull(strstr(text, "\nLog lines    lost 1.5\n"));
	ck_assert_ptr_nonnull(strstr(text, "\nJobs         queued 40\n"));
}
END_TEST

static int
lines(const char *text)
{
	int n = 0;

	for (; *text != '\0'; text++)
		n += *text == '\n' ? 1 : 0;
	return n;
}

START_TEST(routes_leave_room_for_the_rest)
{
	struct metric_seen seen[] = {
		REQUEST("GET", "/a", "200", 9),
		REQUEST("GET", "/b", "200", 8),
		REQUEST("GET", "/c", "200", 7),
		REQUEST("GET", "/d", "200", 6),
		REQUEST("GET", "/e", "200", 5),
		REQUEST("GET", "/f", "200", 0),
	};
	const struct metric_look *l = look_at(seen, NELEM(seen));
	int all = lines(table(l, NULL, 0, 0));

	ck_assert_ptr_nonnull(strstr(table(l, NULL, 0, 0), "/e"));
	ck_assert_ptr_null(strstr(table(l, NULL, 0, 0), "/f"));
	ck_assert_int_eq(lines(table(l, NULL, 0, all + 9)), all);
	ck_assert_int_eq(lines(table(l, NULL, 0, all)), all);
	ck_assert_int_eq(lines(table(l, NULL, 0, all - 1)), all - 1);
	ck_assert_ptr_null(strstr(table(l, NULL, 0, all - 1), "/e"));
	/* A few are always there. */
	ck_assert_ptr_nonnull(strstr(table(l, NULL, 0, 4), "/c"));
	ck_assert_int_eq(lines(table(l, NULL, 0, 4)), all - 2);
}
END_TEST

/* Whatever stands in the file, a table is made of it. */
START_TEST(garbage_ends_nothing)
{
	char dir[HARNESS_DIR], path[HARNESS_DIR + 16];
	const struct metric_look *l, *before = NULL;
	uint32_t seed = (uint32_t)_i + 1;
	struct metric_file *f;
	const char *text, *why;

	harness_dir(dir);
	snprintf(path, sizeof(path), "%s/metrics", dir);
	ck_assert_int_eq(metric_open(path, METRIC_role_fcgi), 0);
	metric_time(METRIC_requests, METRIC_AT(0, 0, 0), 5, NULL);
	metric_time(METRIC_wait, METRIC_AT(0), 5, NULL);
	metric_set(METRIC_relayed_at, METRIC_AT(0), 5);
	metric_set(METRIC_due, METRIC_AT(0), 5);
	f = metric_memory();
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < METRIC_SERIES; i++) {
			struct metric_series *s = &f->series[i];

			for (size_t k = 0; k < METRIC_VALUES; k++) {
				seed = seed * 1664525 + 1013904223;
				if (f->families[s->family].type <
					METRIC_GLOBAL ||
				    k == 0)
					atomic_store(&s->v[k],
					    (uint64_t)seed << 32 | seed);
			}
			if (_i % 2 == 1)
				s->labels[seed % 20] = (char)(seed >> 8);
		}
		l = metric_read(path, arena, &why);
		ck_assert_ptr_nonnull(l);
		text = table(l,
		    before == NULL ? NULL : top_growth(arena, l, before), 1,
		    24);
		ck_assert_int_ne(str_utf8_count(text, strlen(text)), -1);
		before = l;
	}
	metric_close();
	unlink(path);
	ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

/* --- frames --- */

#define HOME  "\033[H"
#define REST  "\033[K"
#define BELOW "\033[J"

static const struct {
	const char *table;
	int rows, columns;
	const char *frame;
} frames[] = {
	{ "ab\ncd\n", 3, 9, HOME "ab" REST "\r\ncd" REST "\r\n" BELOW },
	/* The last row is never left. */
	{ "ab\ncd\n", 2, 9, HOME "ab" REST "\r\ncd" REST },
	{ "ab\ncd\n", 1, 9, HOME "ab" REST },
	{ "ab\ncd\n", 0, 9, HOME },
	/* Nor is anything cleared behind the last column. */
	{ "abc\nd\n", 2, 3, HOME "abc\r\nd" REST },
	{ "abc\nd\n", 2, 2, HOME "ab\r\nd" REST },
	{ "a\n\nb\n", 9, 9,
	    HOME "a" REST "\r\n" REST "\r\nb" REST "\r\n" BELOW },
	{ "", 9, 9, HOME BELOW },
	{ "a", 9, 9, HOME "a" REST "\r\n" BELOW },
	{ "\xc3\xa4\xe6\xbc\xa2z\n", 1, 3, HOME "??z" },
	{ "\xc3\xa4\xe6\xbc\xa2z\n", 1, 2, HOME "??" },
};

START_TEST(frames_fit_the_terminal)
{
	struct buf out = { 0 };

	top_fit(&out, frames[_i].table, frames[_i].rows, frames[_i].columns);
	ck_assert_str_eq(out.data, frames[_i].frame);
	buf_free(&out);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ counters_grow_and_gauges_are, NELEM(growths), 0 },
		{ two_files_have_no_growth, 0, 0 },
		{ quantiles_are_of_the_growth, NELEM(quantiles), 0 },
		{ words_choose_what_is_added_up, NELEM(sums), 0 },
		{ routes_stand_by_what_they_had_to_do, 0, 0 },
		{ it_is_for_a_second_or_in_all, 0, 0 },
		{ routes_leave_room_for_the_rest, 0, 0 },
		{ garbage_ends_nothing, 4, 0 },
		{ frames_fit_the_terminal, NELEM(frames), 0 },
	};

	return harness_run_in("top", set_up, tear_down, tests, NELEM(tests));
}
