/* SPDX-License-Identifier: ISC */
/* What a child of the pool, and a command of a job, gets from us. */
#include "config.h"

#include "lib/harness.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "conf/conf.h"
#include "crew/proc.h"

/* Runs a command to its end, with one variable from us; what it says on
 * standard error is in b. */
static void
run(const char *command, struct buf *b)
{
	char given[] = "ERRAND_JOB_ID=7";
	char *const variables[] = { given, NULL };
	struct proc_command c;
	char part[4096];
	ssize_t n;
	int status;

	ck_assert_int_eq(proc_command(command, variables, &c), 0);
	close(c.in);
	ck_assert_int_eq(fcntl(c.err, F_SETFL, 0), 0);
	while ((n = read(c.err, part, sizeof(part))) > 0)
		buf_add(b, part, (size_t)n);
	buf_addc(b, '\0');
	ck_assert_int_eq(waitpid(c.pid, &status, 0), c.pid);
	ck_assert_int_eq(status, 0);
	close(c.err);
	close(c.ended);
}

static const struct {
	const char *name;
	bool stays;
} variables[] = {
	{ "ERRAND_DATABASE_PASSWORD", false },
	{ "ERRAND_BROKER_URL", false },
	{ "ERRAND_JOB_OLD", false },
	{ "ERRAND_", false },
	{ "PGPASSWORD", false },
	{ "PGPASSFILE", false },
	{ "PGSERVICEFILE", false },
	{ "PGSSLKEY", false },
	{ "REDISCLI_AUTH", false },
	{ "REDIS_URL", false },
	{ "PATH", true },
	{ "ERRANDS", true },
	{ "MY_PGPASSWORD", true },
	{ "pgpassword", true },
	{ "LANG", true },
};

START_TEST(a_command_sees_no_secret)
{
	const char *name = variables[_i].name;
	struct buf b = { 0 };
	char line[64];

	ck_assert_int_eq(setenv(name, "/bin:/usr/bin", 1), 0);
	run("echo >&2; env >&2", &b);
	snprintf(line, sizeof(line), "\n%s=", name);
	ck_assert_int_eq(strstr(b.data, line) != NULL, variables[_i].stays);
	ck_assert_ptr_nonnull(strstr(b.data, "ERRAND_JOB_ID=7\n"));
	buf_free(&b);
}
END_TEST

/* One behind the other, the first and the last, and one with a long name. */
START_TEST(no_secret_hides_another)
{
	char first[] = "PGPASSWORD=1", next[] = "PGUSER=2", kept[] = "KEPT=3";
	char last[] = "REDISCLI_AUTH=4", path[] = "PATH=/bin:/usr/bin";
	char name[1000] = "ERRAND_SECRET_";
	char *all[] = { first, next, kept, path, name, last, NULL };
	char **before = environ;
	size_t len = strlen(name);
	struct buf b = { 0 };

	memset(name + len, 'X', sizeof(name) - len - 3);
	memcpy(name + sizeof(name) - 3, "=5", 3);
	environ = all;
	run("env >&2", &b);
	environ = before;
	ck_assert_ptr_null(strstr(b.data, "PG"));
	ck_assert_ptr_null(strstr(b.data, "SECRET"));
	ck_assert_ptr_null(strstr(b.data, "REDIS"));
	ck_assert_ptr_nonnull(strstr(b.data, "KEPT=3\n"));
	ck_assert_ptr_nonnull(strstr(b.data, "ERRAND_JOB_ID=7\n"));
	buf_free(&b);
}
END_TEST

/* Our own environment is still what we were started with. */
START_TEST(we_keep_what_a_command_does_not_see)
{
	struct buf b = { 0 };

	ck_assert_int_eq(setenv("PGPASSWORD", "secret", 1), 0);
	run("exit 0", &b);
	ck_assert_str_eq(getenv("PGPASSWORD"), "secret");
	ck_assert_ptr_null(getenv("ERRAND_JOB_ID"));
	buf_free(&b);
}
END_TEST

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

START_TEST(a_command_has_no_descriptor_of_ours)
{
	struct buf b = { 0 };
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	run("ls -l /proc/self/fd >&2", &b);
	ck_assert_ptr_nonnull(strstr(b.data, " 2 -> "));
	ck_assert_ptr_null(strstr(b.data, "socket:"));
	buf_free(&b);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ a_command_sees_no_secret, NELEM(variables), 0 },
		{ no_secret_hides_another, 0, 0 },
		{ we_keep_what_a_command_does_not_see, 0, 0 },
		{ a_child_has_no_descriptor_of_ours, 0, 0 },
		{ a_command_has_no_descriptor_of_ours, 0, 0 },
	};

	return harness_run("proc", tests, NELEM(tests));
}
