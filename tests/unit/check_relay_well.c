/* SPDX-License-Identifier: ISC */
/* When a relay may believe that who gave no heartbeat is gone. */
#include "config.h"

#include "lib/harness.h"

#include "base/clock.h"
#include "relay/relay_own.h"

#define START (1000 * CLOCK_SECOND)

/* What was heard at how many seconds, up to four times; then the question. */
static const struct {
	struct {
		int at;
		bool answered;
	} heard[4];
	int asked;
	bool well;
} cases[] = {
	/* it was never reached, or just now */
	{ { { 0, false } }, 100, false },
	{ { { 0, true } }, 0, false },
	{ { { 0, true } }, 29, false },
	{ { { 0, true } }, 30, true },
	{ { { 0, true } }, 10000, true },
	/* answers in between change nothing */
	{ { { 0, true }, { 10, true }, { 29, true } }, 30, true },
	/* a break begins it anew, however short and however often */
	{ { { 0, true }, { 40, false } }, 40, false },
	{ { { 0, true }, { 40, false } }, 1000, false },
	{ { { 0, true }, { 40, false }, { 41, true } }, 70, false },
	{ { { 0, true }, { 40, false }, { 41, true } }, 71, true },
	{ { { 0, true }, { 20, false }, { 20, true }, { 25, false } }, 99,
	    false },
	{ { { 0, true }, { 20, false }, { 25, false }, { 26, true } }, 55,
	    false },
};

START_TEST(it_takes_thirty_seconds_without_a_break)
{
	struct relay_well w = { 0 };
	size_t i;

	ck_assert(!relay_well_long(&w, START + cases[_i].asked * CLOCK_SECOND));
	for (i = 0; i < NELEM(cases[_i].heard); i++) {
		if (i > 0 && cases[_i].heard[i].at == 0)
			break;
		relay_well_note(&w, cases[_i].heard[i].answered,
		    START + cases[_i].heard[i].at * CLOCK_SECOND);
	}
	ck_assert_int_eq(relay_well_long(&w,
			     START + cases[_i].asked * CLOCK_SECOND),
	    cases[_i].well);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ it_takes_thirty_seconds_without_a_break, NELEM(cases), 0 },
	};

	return harness_run("relay_well", tests, NELEM(tests));
}
