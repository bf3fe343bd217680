/* SPDX-License-Identifier: ISC */
/* Pauses between the tries of a job. */
#include "config.h"

#include "lib/harness.h"

#include "run/run_own.h"

#define LARGE   UINT32_MAX
#define NEVER   ((int64_t)-1)
#define FOREVER INT64_MAX

static const struct {
	int64_t max_retries, backoff, backoff_max, attempts;
	int64_t least, most; /* most with random 0 */
} cases[] = {
	/* as many retries as are allowed, one try more than that */
	{ 0, 100, 1000, 1, NEVER, NEVER },
	{ 1, 100, 1000, 1, 50, 100 },
	{ 1, 100, 1000, 2, NEVER, NEVER },
	{ 3, 100, 1000, 3, 200, 400 },
	{ 3, 100, 1000, 4, NEVER, NEVER },
	{ 3, 100, 1000, INT64_MAX, NEVER, NEVER },
	/* it doubles up to the limit */
	{ 99, 100, 1000, 2, 100, 200 },
	{ 99, 100, 1000, 4, 400, 800 },
	{ 99, 100, 1000, 5, 500, 1000 },
	{ 99, 100, 1000, 99, 500, 1000 },
	{ FOREVER, 1, FOREVER, 4000000000, FOREVER / 2, FOREVER },
	/* a limit below the base */
	{ 3, 1000, 10, 1, 5, 10 },
	/* at once */
	{ 3, 0, 1000, 3, 0, 0 },
	{ 3, 0, 0, 1, 0, 0 },
	{ 3, 1, 1, 1, 1, 1 },
	/* runs that were not counted */
	{ 3, 100, 1000, 0, 50, 100 },
	{ 3, 100, 1000, -1, 50, 100 },
};

START_TEST(pauses_grow_and_end)
{
	const struct kind kind = { .max_retries = cases[_i].max_retries,
		.backoff = cases[_i].backoff,
		.backoff_max = cases[_i].backoff_max };
	uint32_t random;
	int64_t delay;

	ck_assert_int_eq(retry_delay(&kind, cases[_i].attempts, 0),
	    cases[_i].most);
	for (random = 0; random < 100000; random += 7) {
		delay = retry_delay(&kind, cases[_i].attempts, random * 42949);
		ck_assert_int_ge(delay, cases[_i].least);
		ck_assert_int_le(delay, cases[_i].most);
	}
	delay = retry_delay(&kind, cases[_i].attempts, LARGE);
	ck_assert_int_ge(delay, cases[_i].least);
	ck_assert_int_le(delay, cases[_i].most);
}
END_TEST

START_TEST(pauses_differ)
{
	const struct kind kind = {
		.max_retries = 9, .backoff = 1000, .backoff_max = 1000
	};
	int64_t least = 1000, most = 0, delay;
	uint32_t random;

	for (random = 0; random < 501; random++) {
		delay = retry_delay(&kind, 1, random);
		least = delay < least ? delay : least;
		most = delay > most ? delay : most;
	}
	ck_assert_int_eq(least, 500);
	ck_assert_int_eq(most, 1000);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ pauses_grow_and_end, NELEM(cases), 0 },
		{ pauses_differ, 0, 0 },
	};

	return harness_run("retry", tests, NELEM(tests));
}
