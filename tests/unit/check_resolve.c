/* SPDX-License-Identifier: ISC */
/* Host names in a process, and in the child of one that has just asked. */
#include "config.h"

#include "lib/harness.h"

#include <sys/wait.h>

#include "base/clock.h"
#include "base/resolve.h"

static int
look(void)
{
	struct addrinfo *list = NULL;
	int rc = resolve("localhost", 80, clock_mono_us() + 60 * CLOCK_SECOND,
	    &list);

	if (rc == 0)
		freeaddrinfo(list);
	return rc;
}

START_TEST(a_child_asks_as_its_parent_did)
{
	int status;
	pid_t pid;

	ck_assert_int_eq(look(), 0);
	pid = fork();
	ck_assert_int_ne(pid, -1);
	if (pid == 0)
		_exit(look() == 0 ? 0 : 1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(a_deadline_that_is_over_costs_no_wait)
{
	struct addrinfo *list = NULL;
	int rc = resolve("localhost", 80, 0, &list);

	ck_assert(rc == EAI_AGAIN || rc == 0);
	ck_assert_int_eq(look(), 0);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ a_child_asks_as_its_parent_did, 0, 0 },
		{ a_deadline_that_is_over_costs_no_wait, 0, 0 },
	};

	return harness_run("resolve", tests, NELEM(tests));
}
