/* SPDX-License-Identifier: ISC */
/* What commands get from us, and that nothing of them is left. */
#include "config.h"

#include "lib/harness.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "conf/conf.h"
#include "crew/proc.h"
#include "crew/proc_command.h"
#include "crew/proc_tree.h"

#define EXIT(n) ((n) << 8) /* as waitpid tells it */

/* Nobody else's on this machine: who dies has all killed that have the same. */
static char attempt[64];
static const char *const given[] = { "ERRAND_JOB_ID=7", attempt, NULL };

static void
begin(const char *command, struct proc_command *c)
{
	ck_assert_int_eq(proc_command(command, given, true, c), 0);
	ck_assert_int_eq(fcntl(c->err, F_SETFL, 0), 0);
	ck_assert_int_eq(fcntl(c->out, F_SETFL, 0), 0);
}

/* Waits until it is over, and ends it; how it ended. */
static int
end(struct proc_command *c)
{
	while (!proc_command_over(c))
		poll(NULL, 0, 10);
	close(c->in);
	close(c->out);
	close(c->err);
	close(c->ended);
	return proc_command_end(c);
}

/* Runs a command to its end; what it says on standard error is in b. */
static void
run(const char *command, struct buf *b)
{
	struct proc_command c;
	char part[4096];
	ssize_t n;

	begin(command, &c);
	while ((n = read(c.err, part, sizeof(part))) > 0)
		buf_add(b, part, (size_t)n);
	buf_addc(b, '\0');
	ck_assert_int_eq(end(&c), 0);
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
	{ "OTEL_EXPORTER_OTLP_HEADERS", false },
	{ "OTEL_EXPORTER_OTLP_TRACES_HEADERS", false },
	{ "OTEL_SERVICE_NAME", true },
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

/* Nobody who may look at us sees them either; main has put them there. */
START_TEST(what_is_secret_is_shown_to_nobody)
{
	struct buf b = { 0 };

	proc_command_hide();
	run("cat /proc/$PPID/environ >&2", &b);
	ck_assert_ptr_null(memmem(b.data, b.len, "hidden", 6));
	ck_assert_ptr_nonnull(memmem(b.data, b.len, "T_KEPT=kept", 11));
	ck_assert_str_eq(getenv("PGPASSWORD"), "hidden");
	buf_free(&b);
}
END_TEST

/* It prints a line when it is ready for what comes. */
#define LOOP    "echo; while :; do sleep .01; done"
#define TIDY    "trap \"sleep .1; exit "
#define TIDY_IN "trap \\\"sleep .1; exit "

static const struct {
	const char *command;
	bool told; /* to end */
	int status;
} ends[] = {
	{ "echo", false, 0 },
	{ "echo; exit 3", false, EXIT(3) },
	{ "echo; kill -9 $$", false, SIGKILL },
	/* what is left, in the group and elsewhere */
	{ "sleep 60 & echo", false, 0 },
	{ "timeout 60 sleep 60 & echo", false, 0 },
	{ "setsid sleep 60 & echo", false, 0 },
	{ "(setsid sh -c 'sleep 60 & sleep 60' &); echo; exit 1", false,
	    EXIT(1) },
	{ "env -i setsid sh -c 'trap \"\" TERM HUP; sleep 60; :' & echo", false,
	    0 },
	/* who is told to end, and does or does not */
	{ "exec sh -c '" LOOP "'", true, SIGTERM },
	{ "trap 'exit 0' TERM; " LOOP, true, 0 },
	{ "trap 'exit 4' TERM; " LOOP, true, EXIT(4) },
	/* below a shell, which sees how it ends */
	{ "sh -c '" LOOP "'; exit 3", true, EXIT(3) },
	{ "sh -c '" TIDY "0\" TERM; " LOOP "'; exit $?", true, 0 },
	{ "sh -c '" TIDY "5\" TERM; " LOOP "'; exit $?", true, EXIT(5) },
	{ "sh -c 'sh -c \"" TIDY_IN "0\\\" TERM; " LOOP "\"; exit $?'; exit $?",
	    true, 0 },
	/* timeout says 143 where its program ends before it is told itself */
	{ "timeout 60 sh -c '" TIDY "0\" TERM; " LOOP
	  "'; case $? in 0|143) exit 0;; esac; exit 1",
	    true, 0 },
	{ "setsid -w sh -c '" TIDY "0\" TERM; " LOOP "'; exit $?", true, 0 },
	/* and does not go on with the next */
	{ "sh -c '" TIDY "0\" TERM; " LOOP "'; sleep 60; exit 0", true,
	    SIGTERM },
};

START_TEST(nothing_of_a_command_is_left)
{
	struct proc_command c;
	char line;

	begin(ends[_i].command, &c);
	ck_assert_int_eq(read(c.out, &line, 1), 1);
	if (ends[_i].told)
		proc_command_tell(&c, false);
	ck_assert_int_eq(end(&c), ends[_i].status);
	ck_assert_uint_eq(proc_tree_signal(0, NULL, 0), 0);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}
END_TEST

START_TEST(who_does_not_listen_is_killed)
{
	struct proc_command c;
	char line;

	begin("trap '' TERM; setsid sh -c '" LOOP "'; :", &c);
	ck_assert_int_eq(read(c.out, &line, 1), 1);
	proc_command_tell(&c, false);
	ck_assert(!proc_command_over(&c));
	ck_assert_int_eq(proc_command_end(&c), SIGKILL);
	ck_assert_uint_eq(proc_tree_signal(0, NULL, 0), 0);
}
END_TEST

/* In a process that dies of it: what a command has started, as its words say,
 * is there, and it tells so in the pipe. */
static int
die(void *arg)
{
	struct proc_command c;
	char line;

	begin(arg, &c);
	if (read(c.out, &line, 1) == 1)
		kill(getpid(), SIGKILL);
	return 1;
}

static const struct {
	const char *command;
	bool adopt; /* our parent inherits what is left */
} deaths[] = {
	{ "sleep 6107 & echo; wait", false },
	{ "setsid sleep 6107 & timeout 6107 sleep 6107 & echo; wait", false },
	{ "env -i setsid sleep 6107 & (setsid sleep 6107 &); echo; exit 0",
	    true },
};

/* Whoever has that command. */
static bool
sleeps(void)
{
	return system("ps -eo ppid,args | grep -q '[s]leep 6107'") == 0;
}

START_TEST(what_is_left_by_the_dead_is_killed)
{
	char command[128];
	int status = 0;

	settings.log_file = "";
	snprintf(command, sizeof(command), "%s", deaths[_i].command);
	if (deaths[_i].adopt)
		proc_adopt();
	ck_assert_int_gt(proc_start(die, command), 0);
	while (proc_reap(&status) == 0)
		poll(NULL, 0, 10);
	ck_assert_int_eq(status, SIGKILL);
	while (deaths[_i].adopt && proc_sweep() > 0)
		proc_reap(&status);
	while (sleeps())
		poll(NULL, 0, 10);
}
END_TEST

/* The kernel takes no argument of that length. */
START_TEST(what_cannot_begin_says_why)
{
	struct buf long_one = { 0 };
	struct proc_command c;

	for (int i = 0; i < 200000; i++)
		buf_addc(&long_one, ':');
	buf_addc(&long_one, '\0');
	begin(long_one.data, &c);
	ck_assert_int_eq(end(&c), EXIT(127));
	ck_assert_int_eq(c.unborn, E2BIG);
	begin("exit 127", &c);
	ck_assert_int_eq(end(&c), EXIT(127));
	ck_assert_int_eq(c.unborn, 0);
	buf_free(&long_one);
}
END_TEST

int
main(int argc, char **argv)
{
	const struct harness_test tests[] = {
		{ a_command_sees_no_secret, NELEM(variables), 0 },
		{ no_secret_hides_another, 0, 0 },
		{ we_keep_what_a_command_does_not_see, 0, 0 },
		{ a_command_has_no_descriptor_of_ours, 0, 0 },
		{ what_is_secret_is_shown_to_nobody, 0, 0 },
		{ nothing_of_a_command_is_left, NELEM(ends), 0 },
		{ who_does_not_listen_is_killed, 0, 0 },
		{ what_is_left_by_the_dead_is_killed, NELEM(deaths), 0 },
		{ what_cannot_begin_says_why, 0, 0 },
	};

	snprintf(attempt, sizeof(attempt), "ERRAND_JOB_ATTEMPT=%d",
	    (int)getpid());
	(void)argc;
	/* Others see only what a program was started with. */
	if (getenv("T_KEPT") == NULL) {
		setenv("T_KEPT", "kept", 1);
		setenv("PGPASSWORD", "hidden", 1);
		execl("/proc/self/exe", argv[0], (char *)NULL);
		return 1;
	}
	return harness_run("proc_command", tests, NELEM(tests));
}
