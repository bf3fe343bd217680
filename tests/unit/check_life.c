/* SPDX-License-Identifier: ISC */
/* The table of a job's life: what must hold for each of its cells. */
#include "config.h"

#include "lib/harness.h"

#include "jobs/life.h"

START_TEST(what_is_over_stays_so)
{
	const enum life_event e = (enum life_event)_i;

	for (int s = 0; s < JOB_STATE__MAX; s++) {
		if (job_is_over((enum job_state)s) && e != LIFE_EVENT_again &&
		    e != LIFE_EVENT_sent_again && e != LIFE_EVENT_sent_early)
			ck_assert_int_eq(life_next(e, (enum job_state)s),
			    LIFE_NONE);
	}
}
END_TEST

/* Nothing ends without its sender being told, but what stock workers have told
 * by themselves; and a success is never cancelled. */
START_TEST(each_end_is_told)
{
	const enum life_event e = (enum life_event)_i;
	const bool seen = strncmp(life_name(e), "seen_", 5) == 0;
	bool ends = false;

	for (int s = 0; s <= JOB_STATE__MAX; s++)
		ends |= job_is_over(life_next(e, (enum job_state)s));
	ck_assert(seen || ends == (strcmp(life_told(e), "end") == 0));
}
END_TEST

/* Only people may set back what is running, and nobody cancels it. */
START_TEST(cells)
{
	ck_assert_int_eq(life_next(LIFE_EVENT_cancel, JOB_RUNNING), LIFE_NONE);
	ck_assert_int_eq(life_next(LIFE_EVENT_lost, JOB_RUNNING), LIFE_NONE);
	ck_assert_int_eq(life_next(LIFE_EVENT_lost, JOB_PUBLISHED), JOB_QUEUED);
	ck_assert_int_eq(life_next(LIFE_EVENT_came, LIFE_NONE), JOB_RUNNING);
	ck_assert_str_eq(LIFE_FROM(pushed),
	    "(false OR j.state = 'queued' OR j.state = 'retrying')");
	ck_assert_str_eq(LIFE_TO(died_last),
	    "CASE j.state WHEN 'running' THEN 'failed' ELSE j.state END");
	ck_assert_str_eq(LIFE_NEW(came_early), "'queued'");
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ what_is_over_stays_so, LIFE_EVENT__MAX, 0 },
		{ each_end_is_told, LIFE_EVENT__MAX, 0 },
		{ cells, 0, 0 },
	};

	return harness_run("life", tests, NELEM(tests));
}
