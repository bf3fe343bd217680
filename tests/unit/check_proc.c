/* SPDX-License-Identifier: ISC */
/* What children of the pool get from us. */
#include "config.h"

#include "lib/harness.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "conf/conf.h"
#include "crew/proc.h"

/* The number of descriptors of these that are open here. */
static int
count_open(void *arg)
{
	const int *fds = arg;
	int n = 0, i;

	for (i = 0; i < 3; i++)
		n += fcntl(fds[i], F_GETFD) != -1 || errno != EBADF;
	return n;
}

START_TEST(a_child_has_no_descriptor_of_ours)
{
	int fds[3], status;
	pid_t pid;

	settings.log_file = "";
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	fds[2] = fcntl(fds[0], F_DUPFD_CLOEXEC, 700);
	ck_assert_int_ge(fds[2], 700);
	ck_assert_int_eq(count_open(fds), 3);
	pid = proc_start(count_open, fds);
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	ck_assert_int_eq(count_open(fds), 3);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ a_child_has_no_descriptor_of_ours, 0, 0 },
	};

	return harness_run("proc", tests, NELEM(tests));
}
