/* SPDX-License-Identifier: ISC */
/* Pieces are found in the JSON of others. */
#include "config.h"

#include "lib/harness.h"

#include "base/arena.h"
#include "text/json_span.h"

static struct arena *a;

static void
set_up(void)
{
	a = arena_new();
}

static void
tear_down(void)
{
	arena_free(a);
}

START_TEST(spans_are_found)
{
	const char *text = " {\"a\" : [ 1 , {\"b\":\"x,]}\"} , \"\\\"]\" , "
			   "-2e3 ] ,\"b\":null,\"a\\u0062\":7,\"b\":8} ";
	struct json_span root, v, w;
	unsigned odd;
	int64_t n;

	ck_assert_ptr_null(json_span_read(text, strlen(text), 3, &root, &odd));
	ck_assert_ptr_nonnull(json_span_read(text, strlen(text), 2, &root,
	    &odd));
	ck_assert_ptr_null(json_span_read(text, strlen(text), 3, &root, &odd));
	ck_assert_uint_eq(odd, 0);
	ck_assert(json_span_get(&root, "a", &v));
	ck_assert_uint_eq(json_span_count(&v), 4);
	ck_assert(json_span_at(&v, 1, &w) && json_span_get(&w, "b", &w));
	ck_assert_str_eq(json_span_text(a, &w, 5), "x,]}");
	ck_assert(json_span_at(&v, 2, &w));
	ck_assert_str_eq(json_span_text(a, &w, 5), "\"]");
	ck_assert_ptr_null(json_span_text(a, &w, 1));
	ck_assert(json_span_at(&v, 3, &w) && w.len == 4);
	ck_assert(!json_span_int(&w, &n));
	ck_assert(!json_span_at(&v, 4, &w));
	ck_assert(json_span_get(&root, "b", &v) && json_span_int(&v, &n));
	ck_assert_int_eq(n, 8);
	ck_assert(json_span_get(&root, "ab", &v) && json_span_int(&v, &n));
	ck_assert_int_eq(n, 7);
	ck_assert(!json_span_get(&root, "c", &v));
	ck_assert(!json_span_get(&v, "c", &v));
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ spans_are_found, 0, 0 },
	};

	return harness_run_in("json_span", set_up, tear_down, tests,
	    NELEM(tests));
}
