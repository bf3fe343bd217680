/* SPDX-License-Identifier: ISC */
/* Which job a signal of the parent is about. */
#include "config.h"

#include "lib/harness.h"

#include "base/clock.h"
#include "crew/signals.h"

#define HOUR ((int64_t)3600 * 1000000)

/* The run in hand is number 5; soft_at is so much later than now. */
static const struct {
	int busy;
	bool has_limit;
	int64_t soft_in;
	uint64_t revoked;
	int told;
} softs[] = {
	/* its time is over, and how long it is over is all the same */
	{ 1, true, -1, 0, 1 },
	{ 1, true, -HOUR, 0, 1 },
	/* it was told to end by the remote control, with a limit or without */
	{ 1, false, 0, 5, SIGNALS_TERMINATED },
	{ 1, true, HOUR, 5, SIGNALS_TERMINATED },
	/* it has come late: the job before was meant */
	{ 1, true, HOUR, 0, 0 },
	{ 1, true, HOUR, 4, 0 },
	{ 1, false, 0, 4, 0 },
	{ 1, false, 0, 0, 0 },
	/* nothing is in hand, and what was is over */
	{ 0, true, -1, 0, 0 },
	{ 0, false, 0, 5, 0 },
};

START_TEST(a_late_signal_is_not_for_the_next_job)
{
	struct slot *s = slot_table();

	ck_assert_ptr_nonnull(s);
	s->taken = 5;
	s->revoked = softs[_i].revoked;
	s->soft_at =
	    softs[_i].has_limit ? clock_mono_us() + softs[_i].soft_in : 0;
	s->busy = softs[_i].busy;
	signals_child(s);
	ck_assert_int_eq(raise(SIGUSR2), 0);
	ck_assert_int_eq(signals_soft, softs[_i].told);
	ck_assert_int_eq(signals_stop, 0);
}
END_TEST

START_TEST(a_process_without_a_slot_has_no_limit)
{
	signals_child(NULL);
	ck_assert_int_eq(raise(SIGUSR2), 0);
	ck_assert_int_eq(signals_soft, 0);
}
END_TEST

static const struct {
	int sig, stop, reopen;
} others[] = {
	{ SIGTERM, 1, 0 },
	{ SIGINT, 1, 0 },
	{ SIGUSR1, 0, 1 },
	{ SIGHUP, 0, 0 },
	{ SIGPIPE, 0, 0 },
};

START_TEST(each_signal_sets_its_flag)
{
	signals_child(NULL);
	ck_assert_int_eq(raise(others[_i].sig), 0);
	ck_assert_int_eq(signals_stop, others[_i].stop);
	ck_assert_int_eq(signals_reopen, others[_i].reopen);
	ck_assert_int_eq(signals_soft, 0);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ a_late_signal_is_not_for_the_next_job, NELEM(softs), 0 },
		{ a_process_without_a_slot_has_no_limit, 0, 0 },
		{ each_signal_sets_its_flag, NELEM(others), 0 },
	};

	return harness_run("signals", tests, NELEM(tests));
}
