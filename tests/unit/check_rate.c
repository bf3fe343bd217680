/* SPDX-License-Identifier: ISC */
/* How often something may happen: words, and what they come to. */
#include "config.h"

#include "lib/harness.h"

#include "text/rate.h"

static const struct {
	const char *text;
	int64_t us; /* -1: no rate */
} cases[] = {
	{ "1", 1000000 },
	{ "10", 100000 },
	{ "10/s", 100000 },
	{ "10/m", 6000000 },
	{ "10/h", 360000000 },
	{ "1/h", 3600000000 },
	/* never more than that in a second */
	{ "3/s", 333334 },
	{ "7/m", 8571429 },
	{ "1000000/s", 1 },
	{ "1000000/h", 3600 },
	{ "", -1 },
	{ "0", -1 },
	{ "0/m", -1 },
	{ "-1/m", -1 },
	{ "+1/m", -1 },
	{ " 1/m", -1 },
	{ "1 /m", -1 },
	{ "1.5/m", -1 },
	{ "1000001/s", -1 },
	{ "99999999999999999999/s", -1 },
	{ "/m", -1 },
	{ "10/", -1 },
	{ "10/d", -1 },
	{ "10/M", -1 },
	{ "10/min", -1 },
	{ "10/m ", -1 },
	{ "10/m/s", -1 },
	{ "ten/m", -1 },
};

START_TEST(words)
{
	int64_t us = -1;
	int rc = rate_parse(cases[_i].text, &us);

	ck_assert_int_eq(rc, cases[_i].us == -1 ? -1 : 0);
	ck_assert_int_eq(us, cases[_i].us);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ words, NELEM(cases), 0 },
	};

	return harness_run("rate", tests, NELEM(tests));
}
