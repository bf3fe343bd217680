/* SPDX-License-Identifier: ISC */
/* Which of two sources is the earlier. */
#include "config.h"

#include "lib/harness.h"

#include "pg/pg.h"

static const struct {
	const char *a, *b;
	bool precedes;
} pairs[] = {
	{ "7.00000001.5.6.7", "7.00000002.5.6.9", true },
	{ "7.00000002.5.6.7", "7.00000001.5.6.9", false },
	{ "7.00000001.5.6.7", "7.00000001.5.6.9", false },
	{ "7.0000000A.5.6.7", "7.00000010.5.6.7", true },
	{ "8.00000001.5.6.7", "7.00000002.5.6.7", false },
	{ "7.00000001.5", "7.00000002.5.6.7", true },
	{ "7.1.5.6.7", "7.00000002.5.6.7", false },
	{ "7.00000001.5.6.7", "", false },
	{ "", "7.00000002.5.6.7", false },
	{ "first", "second", false },
	{ ".00000001.5", ".00000002.5", false },
};

START_TEST(an_older_timeline_precedes)
{
	ck_assert_int_eq(pg_source_precedes(pairs[_i].a, pairs[_i].b),
	    pairs[_i].precedes);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ an_older_timeline_precedes, NELEM(pairs), 0 },
	};

	return harness_run("pg_source", tests, NELEM(tests));
}
