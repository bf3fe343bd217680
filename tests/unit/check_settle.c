/* SPDX-License-Identifier: ISC */
/* What becomes of a row and of a message when the process of a run died. */
#include "config.h"

#include "lib/harness.h"

#include "run/run_own.h"

#define EXIT(n) ((n) << 8) /* as waitpid tells it */

static const struct {
	bool busy;
	enum slot_cause cause;
	int status;
	enum settle_deed row;
	const char *why;
	bool own, last; /* the limit is the message's; that ends the job */
} ends[] = {
	{ true, SLOT_CRASHED, EXIT(3), SETTLE_ROW_DEATH,
	    "its process exited with status 3", false, false },
	{ true, SLOT_CRASHED, 11, SETTLE_ROW_DEATH,
	    "its process was killed by signal 11 (SIGSEGV)", false, false },
	{ true, SLOT_HARD, 9, SETTLE_ROW_DEATH,
	    "its process was killed at the hard time limit of 2500 ms", false,
	    false },
	{ true, SLOT_HARD, 9, SETTLE_ROW_DEATH,
	    "its process was killed at the hard time limit of 2500 ms", true,
	    true },
	{ true, SLOT_CRASHED, EXIT(1), SETTLE_ROW_DEATH,
	    "its process exited with status 1", true, false },
	{ true, SLOT_MEMORY, 9, SETTLE_ROW_DEATH,
	    "its process was killed, since it used far too much memory", false,
	    false },
	{ true, SLOT_STOPPED, 9, SETTLE_ROW_RETRY,
	    "its worker was stopped before it had ended", false, false },
	{ false, SLOT_CRASHED, 11, SETTLE_ROW_LEAVE, NULL, false, false },
	{ false, SLOT_HARD, 9, SETTLE_ROW_LEAVE, NULL, false, false },
	{ false, SLOT_MEMORY, 9, SETTLE_ROW_LEAVE, NULL, false, false },
	{ false, SLOT_STOPPED, 9, SETTLE_ROW_LEAVE, NULL, false, false },
};

START_TEST(the_row_depends_on_how_the_child_died)
{
	struct slot *s = slot_table();
	struct arena *a = arena_new();
	struct settle_end end;

	ck_assert_ptr_nonnull(s);
	s->busy = ends[_i].busy;
	s->cause = ends[_i].cause;
	s->status = ends[_i].status;
	s->hard_limit = 2500;
	s->hard_is_own = ends[_i].own;
	end = settle_end(a, s);
	ck_assert_int_eq(end.row, ends[_i].row);
	ck_assert_pstr_eq(end.why, ends[_i].why);
	ck_assert_int_eq(end.last, ends[_i].last);
	if (end.why != NULL)
		ck_assert_str_eq(end.exc_type,
		    end.last ? "TimeLimitExceeded" : "WorkerLostError");
	arena_free(a);
}
END_TEST

static const struct {
	struct settle_row row;
	enum settle_message message;
} rows[] = {
	/* The run was closed just now. */
	{ { .closed = true, .state = JOB_QUEUED }, SETTLE_ACK },
	{ { .closed = true, .state = JOB_RETRYING }, SETTLE_ACK },
	{ { .closed = true, .state = JOB_FAILED }, SETTLE_ACK_LOST },
	/* Nothing was begun, or there is no row of that id. */
	{ { .found = false }, SETTLE_GIVE_BACK },
	/* It was not run under that tag: the row waits for its message, */
	{ { .found = true, .state = JOB_QUEUED }, SETTLE_GIVE_BACK },
	{ { .found = true, .state = JOB_PUBLISHED }, SETTLE_GIVE_BACK },
	/* or it has no more use for it. */
	{ { .found = true, .state = JOB_RUNNING }, SETTLE_ACK },
	{ { .found = true, .state = JOB_RETRYING }, SETTLE_ACK },
	{ { .found = true, .state = JOB_SUCCEEDED }, SETTLE_ACK },
	{ { .found = true, .state = JOB_FAILED }, SETTLE_ACK },
	{ { .found = true, .state = JOB_CANCELLED }, SETTLE_ACK },
};

START_TEST(the_message_depends_on_the_row)
{
	ck_assert_int_eq(settle_message(&rows[_i].row), rows[_i].message);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ the_row_depends_on_how_the_child_died, NELEM(ends), 0 },
		{ the_message_depends_on_the_row, NELEM(rows), 0 },
	};

	return harness_run("settle", tests, NELEM(tests));
}
