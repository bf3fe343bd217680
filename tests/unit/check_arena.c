/* SPDX-License-Identifier: ISC */
/* Arena and the allocation below it. */
#include "config.h"

#include "lib/harness.h"

#include <malloc.h>
#include <signal.h>

#include "base/arena.h"
#include "base/xalloc.h"

static const size_t sizes[] = { 0, 1, 15, 16, 17, 100, 4000, 4095, 4096, 4097,
	16383, 16384, 16385, 100000, 1 << 20 };

static bool
is_zero(const char *p, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++) {
		if (p[i] != 0)
			return false;
	}
	return true;
}

START_TEST(allocations_are_zeroed_aligned_and_apart)
{
	struct arena *a = arena_new();
	char *p[64];
	size_t i, j, size = sizes[_i];

	for (j = 0; j < 2; j++) {
		for (i = 0; i < NELEM(p); i++) {
			p[i] = arena_alloc(a, size);
			ck_assert_uint_eq((uintptr_t)p[i] % 16, 0);
			ck_assert(is_zero(p[i], size));
			memset(p[i], (int)i + 1, size);
		}
		for (i = 0; i < NELEM(p) && size > 0; i++) {
			ck_assert_int_eq(p[i][0], (int)i + 1);
			ck_assert_int_eq(p[i][size - 1], (int)i + 1);
		}
		arena_reset(a);
	}
	arena_free(a);
}
END_TEST

START_TEST(memory_does_not_grow_with_resets)
{
	struct arena *a = arena_new();
	size_t before = mallinfo2().uordblks, i, j;

	for (i = 0; i < 200; i++) {
		for (j = 0; j < 500; j++)
			arena_alloc(a, j * 7 % 5000);
		arena_reset(a);
		ck_assert_uint_eq(mallinfo2().uordblks, before);
	}
	arena_free(a);
}
END_TEST

START_TEST(strings_are_copied)
{
	struct arena *a = arena_new();
	char source[] = "copied";
	char *copy = arena_strdup(a, source);

	source[0] = 'X';
	ck_assert_str_eq(copy, "copied");
	ck_assert_str_eq(arena_strdup(a, ""), "");
	ck_assert_str_eq(arena_strndup(a, "abc", 2), "ab");
	ck_assert_str_eq(arena_strndup(a, "abc", 9), "abc");
	ck_assert_str_eq(arena_strndup(a, "abc", 0), "");
	arena_free(a);
}
END_TEST

static const int widths[] = { 1, 126, 127, 128, 129, 5000, 20000 };

START_TEST(formatted_strings_have_any_length)
{
	struct arena *a = arena_new();
	char *text = arena_printf(a, "%0*d", widths[_i], 7);

	ck_assert_int_eq((int)strlen(text), widths[_i]);
	ck_assert_int_eq(text[widths[_i] - 1], '7');
	arena_free(a);
}
END_TEST

static char trace[8];

static void
note(void *arg)
{
	strcat(trace, arg);
}

START_TEST(deferred_calls_run_newest_first_and_once)
{
	static char one[] = "1", two[] = "2", three[] = "3";
	struct arena *a = arena_new();

	arena_defer(a, note, one);
	arena_defer(a, note, two);
	arena_reset(a);
	ck_assert_str_eq(trace, "21");
	arena_reset(a);
	ck_assert_str_eq(trace, "21");
	arena_defer(a, note, three);
	arena_free(a);
	ck_assert_str_eq(trace, "213");
	arena_free(NULL);
}
END_TEST

START_TEST(deferred_calls_still_see_the_memory)
{
	struct arena *a = arena_new();

	arena_defer(a, note, arena_strdup(a, "seen"));
	arena_reset(a);
	ck_assert_str_eq(trace, "seen");
	arena_free(a);
}
END_TEST

START_TEST(heap_memory_is_zeroed_resized_and_copied)
{
	char *p = xcalloc(3, 5);

	ck_assert(is_zero(p, 15));
	memset(p, 'x', 15);
	p = xrealloc(p, 3000);
	ck_assert_int_eq(p[14], 'x');
	free(p);
	p = xstrdup("text");
	ck_assert_str_eq(p, "text");
	free(p);
	p = xcalloc(0, 0);
	ck_assert_ptr_nonnull(p);
	free(xrealloc(p, 0));
}
END_TEST

/* AddressSanitizer ends the process in its own way. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ABORTS 0
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define ABORTS 0
#endif
#ifndef ABORTS
#define ABORTS SIGABRT
#endif

START_TEST(out_of_memory_ends_the_process)
{
#if ABORTS
	volatile size_t n = SIZE_MAX / 2;

	free(xcalloc(n, 16));
#endif
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ allocations_are_zeroed_aligned_and_apart, NELEM(sizes), 0 },
		{ memory_does_not_grow_with_resets, 0, 0 },
		{ strings_are_copied, 0, 0 },
		{ formatted_strings_have_any_length, NELEM(widths), 0 },
		{ deferred_calls_run_newest_first_and_once, 0, 0 },
		{ deferred_calls_still_see_the_memory, 0, 0 },
		{ heap_memory_is_zeroed_resized_and_copied, 0, 0 },
		{ out_of_memory_ends_the_process, 0, ABORTS },
	};

	return harness_run("arena", tests, NELEM(tests));
}
