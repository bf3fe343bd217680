/* SPDX-License-Identifier: ISC */
/* The table of a job's life: what must hold for each of its cells, and that
 * DESIGN.md prints it as it is. */
#include "config.h"

#include "lib/harness.h"

#include <stdio.h>

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

/* What has a line of the log is told there at the level of a warning if
 * somebody may have to act. */
START_TEST(each_fault_is_logged)
{
	static const enum life_event faults[] = { LIFE_EVENT_too_large,
		LIFE_EVENT_lost, LIFE_EVENT_unknown, LIFE_EVENT_refused,
		LIFE_EVENT_given_up, LIFE_EVENT_died, LIFE_EVENT_died_last,
		LIFE_EVENT_unreadable };
	const enum life_event e = faults[_i];

	ck_assert_str_ne(life_line(e), "");
	ck_assert_int_le(life_level(e), LOGL_WARNING);
}
END_TEST

/* Lines of the log, and the events that have them. */
static void
print_lines(enum job_state from, struct buf *row)
{
	bool done[LIFE_EVENT__MAX] = { false };
	const char *semicolon = " ";

	for (int i = 0; i < LIFE_EVENT__MAX; i++) {
		const enum life_event e = (enum life_event)i;
		const char *comma = "";

		if (done[i] || life_line(e)[0] == '\0' ||
		    life_next(e, from) == LIFE_NONE)
			continue;
		buf_printf(row, "%s*%s* (%s: ", semicolon, life_line(e),
		    log_levels[life_level(e)]);
		for (int k = i; k < LIFE_EVENT__MAX; k++) {
			const enum life_event like = (enum life_event)k;

			if (strcmp(life_line(like), life_line(e)) != 0 ||
			    life_level(like) != life_level(e) ||
			    life_next(like, from) == LIFE_NONE)
				continue;
			done[k] = true;
			buf_printf(row, "%s%s", comma, life_name(like));
			comma = ", ";
		}
		buf_adds(row, ")");
		semicolon = "; ";
	}
	buf_adds(row, " |");
}

/* | from | the events that lead to queued | to published | ... | lines | */
static void
print(enum job_state from, struct buf *row)
{
	buf_printf(row, "| %s |",
	    from == LIFE_NONE ? "no row" : job_states[from]);
	for (int to = 0; to < JOB_STATE__MAX; to++) {
		const char *comma = "";

		buf_addc(row, ' ');
		for (int e = 0; e < LIFE_EVENT__MAX; e++) {
			if ((int)life_next((enum life_event)e, from) != to)
				continue;
			buf_printf(row, "%s%s", comma,
			    life_name((enum life_event)e));
			comma = ", ";
		}
		buf_adds(row, *comma == '\0' ? "|" : " |");
	}
	print_lines(from, row);
	buf_adds(row, "\n");
}

START_TEST(the_design_prints_it)
{
	const char *top = getenv("srcdir");
	struct buf row = { 0 };
	char path[4096], *line = NULL;
	size_t size = 0;
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "%s/DESIGN.md", top == NULL ? "." : top);
	print((enum job_state)_i, &row);
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "no %s", path);
	while (!found && getline(&line, &size, f) != -1)
		found = strcmp(line, row.data) == 0;
	fclose(f);
	free(line);
	ck_assert_msg(found, "DESIGN.md lacks: %s", row.data);
	buf_free(&row);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ what_is_over_stays_so, LIFE_EVENT__MAX, 0 },
		{ each_end_is_told, LIFE_EVENT__MAX, 0 },
		{ cells, 0, 0 },
		{ each_fault_is_logged, 8, 0 },
		{ the_design_prints_it, JOB_STATE__MAX + 1, 0 },
	};

	return harness_run("life", tests, NELEM(tests));
}
