/* SPDX-License-Identifier: ISC */
/* When a relay may believe that a run is abandoned. */
#include "config.h"

#include "lib/harness.h"

#include "base/clock.h"
#include "relay/relay_own.h"

#define HAS     QUEUE_HOLDER_HAS
#define WITHOUT QUEUE_HOLDER_WITHOUT
#define GONE    QUEUE_HOLDER_GONE
#define UNKNOWN QUEUE_HOLDER_UNKNOWN

/* So many looks, each so many seconds after the last; whether there was a new
 * heartbeat each time; what the broker says. */
static const struct {
	struct {
		int looks, every;
		bool beats;
		enum queue_holder holder;
	} seen[4];
	bool gone;
} cases[] = {
	{ { { 1, 5, false, GONE } }, false },
	{ { { 6, 5, false, GONE } }, false },
	{ { { 7, 5, false, GONE } }, true },
	{ { { 100, 5, true, GONE } }, false },
	/* the relay of a living pool stands still, or is busy */
	{ { { 100, 5, false, HAS } }, false },
	{ { { 100, 5, false, UNKNOWN } }, false },
	/* it lives, and has nothing of the kind */
	{ { { 24, 5, false, WITHOUT } }, false },
	{ { { 25, 5, false, WITHOUT } }, true },
	/* one new heartbeat begins it anew */
	{ { { 6, 5, false, GONE }, { 1, 5, true, GONE },
	      { 5, 5, false, GONE } },
	    false },
	{ { { 6, 5, false, GONE }, { 1, 5, true, GONE },
	      { 6, 5, false, GONE } },
	    true },
	/* so does a sign of life in the broker */
	{ { { 6, 5, false, GONE }, { 1, 5, false, HAS },
	      { 1, 5, false, GONE } },
	    false },
	{ { { 6, 5, false, GONE }, { 1, 5, false, HAS },
	      { 2, 5, false, GONE } },
	    true },
	/* we stood still for an hour ourselves */
	{ { { 1, 5, false, GONE }, { 2, 3600, false, GONE } }, false },
	{ { { 1, 5, false, GONE }, { 4, 3600, false, GONE } }, true },
};

START_TEST(neither_clock_nor_one_witness_is_believed)
{
	struct job_beat beat = { .tag = "t", .at = 7 };
	const struct job_beats beats = { &beat, 1 };
	struct relay_well well = { 0 };
	struct job_beat gone[RELAY_SEEN];
	static struct relay_judge j;
	int64_t now = 1000 * CLOCK_SECOND;
	size_t i;
	int k;

	j = (struct relay_judge){ 0 };
	relay_well_note(&well, true, now);
	for (i = 0; i < NELEM(cases[_i].seen); i++) {
		for (k = 0; k < cases[_i].seen[i].looks; k++) {
			now += cases[_i].seen[i].every * CLOCK_SECOND;
			beat.at += cases[_i].seen[i].beats;
			relay_judge_look(&j, &beats, now);
			ck_assert_uint_eq(j.n, 1);
			if (relay_judge_asks(&j.v[0]))
				relay_judge_hear(&j, &j.v[0],
				    cases[_i].seen[i].holder);
		}
	}
	ck_assert_uint_eq(relay_judge_gone(&j, &well, &beats, now, gone),
	    cases[_i].gone);
	ck_assert(!cases[_i].gone || gone[0].at == beat.at);

	/* While PostgreSQL was away nobody could give a heartbeat. */
	relay_well_note(&well, false, now);
	relay_well_note(&well, true, now);
	now += JOB_ABANDONED_S * CLOCK_SECOND;
	ck_assert_uint_eq(relay_judge_gone(&j, &well, &beats, now - 1, gone),
	    0);
	ck_assert_uint_eq(relay_judge_gone(&j, &well, &beats, now, gone),
	    cases[_i].gone);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ neither_clock_nor_one_witness_is_believed, NELEM(cases), 0 },
	};

	return harness_run("relay judge", tests, NELEM(tests));
}
