/* SPDX-License-Identifier: ISC */
/* The only place that forks: children of the pool, and commands of jobs. */
#include "config.h"

#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/str.h"
#include "log/log.h"

#define NAME "errand-worker"

/* The kernel then kills us as soon as the parent is gone, so that a job never
 * goes on without anybody to vouch for it. */
static void
proc_tie(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != parent)
		_exit(1);
}

pid_t
proc_start(int (*fn)(void *arg), void *arg)
{
	pid_t parent = getpid(), pid = fork();

	if (pid == -1)
		log_error("cannot fork", LS("reason", strerror(errno)));
	if (pid != 0)
		return pid;
	proc_tie(parent);
	log_close();
	close_range(3, ~0U, 0);
	log_resume(NAME);
	exit(fn(arg));
}

static bool
proc_is_secret(const char *variable)
{
	static const char *const prefixes[] = { "ERRAND_", "PG", "REDIS" };
	size_t i;

	for (i = 0; i < NELEM(prefixes); i++) {
		if (str_starts(variable, prefixes[i]))
			return true;
	}
	return false;
}

/* What stands in our environment for Errand, libpq or programs of Redis is for
 * us: there may be passwords in it, or names of files with passwords. */
static void
proc_environment(char *const *variables)
{
	char **from, **to = environ;

	for (from = environ; *from != NULL; from++) {
		if (!proc_is_secret(*from))
			*to++ = *from;
	}
	*to = NULL;
	for (; *variables != NULL; variables++)
		putenv(*variables);
}

static void
proc_signals(void (*how)(int))
{
	sigset_t none;
	int sig;

	for (sig = 1; sig < NSIG; sig++)
		signal(sig, how);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void NORETURN
proc_watch(int parent)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };

	proc_signals(SIG_IGN);
	dup2(parent, STDIN_FILENO);
	close_range(1, ~0U, 0);
	while (poll(&p, 1, -1) != 1)
		;
	kill(0, SIGKILL);
	_exit(1);
}

/* Nobody but the parent looks after what a command starts.  If all of us are
 * killed at once, the guard in the command's group ends that group; else it
 * is ended with it.  It is nobody's child that the command could wait for. */
static void
proc_guard(pid_t parent)
{
	int fd = pidfd_open(parent, 0), status;
	pid_t pid = fd == -1 ? -1 : fork();

	if (pid == 0) {
		pid = fork();
		if (pid == 0)
			proc_watch(fd);
		_exit(pid == -1);
	}
	if (pid == -1 || waitpid(pid, &status, 0) != pid || status != 0)
		_exit(EX_TEMPFAIL);
	close(fd);
}

static void NORETURN
proc_become(const char *command, char *const *variables, int in, int err)
{
	int null = open("/dev/null", O_WRONLY);

	proc_signals(SIG_DFL);
	if (null == -1 || dup2(in, STDIN_FILENO) == -1 ||
	    dup2(null, STDOUT_FILENO) == -1 || dup2(err, STDERR_FILENO) == -1)
		_exit(127);
	close_range(3, ~0U, 0);
	proc_environment(variables);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

static int
proc_fork_command(const char *command, char *const *variables, const int in[2],
    const int err[2], struct proc_command *c)
{
	pid_t parent = getpid();

	c->pid = fork();
	if (c->pid == -1)
		return -1;
	if (c->pid == 0) {
		proc_tie(parent);
		setpgid(0, 0);
		proc_guard(parent);
		proc_become(command, variables, in[0], err[1]);
	}
	setpgid(c->pid, c->pid); /* whoever comes first */
	c->ended = pidfd_open(c->pid, 0);
	return 0;
}

static void
proc_close(const int ends[2])
{
	close(ends[0]);
	close(ends[1]);
}

int
proc_command(const char *command, char *const *variables,
    struct proc_command *c)
{
	int in[2], err[2], rc;

	if (pipe2(in, O_CLOEXEC) == -1)
		return -1;
	if (pipe2(err, O_CLOEXEC) == -1) {
		proc_close(in);
		return -1;
	}
	rc = proc_fork_command(command, variables, in, err, c);
	if (rc == -1) {
		proc_close(in);
		proc_close(err);
		return -1;
	}
	close(in[0]);
	close(err[1]);
	c->in = in[1];
	c->err = err[0];
	fcntl(c->in, F_SETFL, O_NONBLOCK);
	fcntl(c->err, F_SETFL, O_NONBLOCK);
	return 0;
}

pid_t
proc_reap(int *status)
{
	pid_t pid;

	do
		pid = waitpid(-1, status, WNOHANG);
	while (pid == -1 && errno == EINTR);
	return pid == -1 ? 0 : pid;
}

char *
proc_ended(int status, char out[PROC_TEXT])
{
	int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	if (sig == 0)
		snprintf(out, PROC_TEXT, "exited with status %d",
		    WEXITSTATUS(status));
	else if (sigabbrev_np(sig) != NULL)
		snprintf(out, PROC_TEXT, "was killed by signal %d (SIG%s)", sig,
		    sigabbrev_np(sig));
	else
		snprintf(out, PROC_TEXT, "was killed by signal %d", sig);
	return out;
}

int64_t
proc_memory(pid_t pid)
{
	long long size, resident;
	char path[40];
	FILE *f;
	int n;

	snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
	f = fopen(path, "re");
	if (f == NULL)
		return 0;
	n = fscanf(f, "%lld %lld", &size, &resident);
	fclose(f);
	return n == 2 ? resident * sysconf(_SC_PAGESIZE) : 0;
}
