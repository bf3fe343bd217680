/* SPDX-License-Identifier: ISC */
/* How many children somebody may wish for. */
#include "config.h"

#include "lib/harness.h"

#include "crew/crew.h"

#define MOST ((size_t)SLOT_MAX - CREW_SLOT_JOBS)

static const struct {
	bool grow;
	size_t want;
	int64_t n;
	int rc;
	size_t after;
} wishes[] = {
	{ true, 1, 1, 0, 2 },
	{ true, 1, (int64_t)MOST - 1, 0, MOST },
	{ true, 1, (int64_t)MOST, -1, 1 },
	{ true, MOST, 1, -1, MOST },
	{ true, 2, 0, -1, 2 },
	{ true, 2, -1, -1, 2 },
	{ true, 2, INT64_MIN, -1, 2 },
	{ true, 2, INT64_MAX, -1, 2 },
	{ false, 2, 1, 0, 1 },
	{ false, MOST, (int64_t)MOST - 1, 0, 1 },
	{ false, 2, 2, -1, 2 },
	{ false, 1, 1, -1, 1 },
	{ false, 2, 0, -1, 2 },
	{ false, 2, -1, -1, 2 },
	{ false, 2, INT64_MIN, -1, 2 },
	{ false, 2, INT64_MAX, -1, 2 },
};

START_TEST(a_wish_is_noted_or_refused)
{
	struct crew c = { .want = wishes[_i].want };
	int rc = wishes[_i].grow ? crew_grow(&c, wishes[_i].n)
				 : crew_shrink(&c, wishes[_i].n);

	ck_assert_int_eq(rc, wishes[_i].rc);
	ck_assert_uint_eq(c.want, wishes[_i].after);
	ck_assert(!c.stopping);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ a_wish_is_noted_or_refused, NELEM(wishes), 0 },
	};

	return harness_run("crew", tests, NELEM(tests));
}
