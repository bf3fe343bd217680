/* SPDX-License-Identifier: ISC */
/* A command of a job, and whatever comes of it. */
#include "config.h"

#include "proc_command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"
#include "base/xalloc.h"
#include "proc_tree.h"

#define END_ROUNDS 300 /* looks at what has not ended yet, */
#define END_PAUSE  5   /* and milliseconds between two */

/* --- its environment --- */

static bool
command_is_secret(const char *variable)
{
	static const char *const prefixes[] = { "ERRAND_", "PG", "REDIS",
		"OTEL_EXPORTER_OTLP_HEADERS",
		"OTEL_EXPORTER_OTLP_TRACES_HEADERS" };
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
command_environment(const char *const *variables)
{
	char **from, **to = environ;

	for (from = environ; *from != NULL; from++) {
		if (!command_is_secret(*from))
			*to++ = *from;
	}
	*to = NULL;
	for (; *variables != NULL; variables++)
		putenv(xstrdup(*variables));
}

void
proc_command_hide(void)
{
	char **v;

	for (v = environ; *v != NULL; v++) {
		char *shown = *v;

		if (!command_is_secret(shown))
			continue;
		*v = xstrdup(shown);
		explicit_bzero(shown, strlen(shown));
	}
}

/* --- its start --- */

static void
command_signals(void (*how)(int))
{
	sigset_t none;
	int sig;

	for (sig = 1; sig < NSIG; sig++)
		signal(sig, how);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Waits until the parent dies, and then ends the group, and who has left it
 * but still has our variables.  What has neither is the pool's, which inherits
 * what its children leave, unless it died with them. */
static void NORETURN
command_watch(int parent, pid_t group, const char *const *variables)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	int i;

	setpgid(0, 0);
	command_signals(SIG_IGN);
	dup2(parent, STDIN_FILENO);
	close_range(1, ~0U, 0);
	while (poll(&p, 1, -1) != 1)
		;
	kill(-group, SIGKILL);
	for (i = 0; i < END_ROUNDS && proc_tree_kill_marked(variables) > 0; i++)
		poll(NULL, 0, END_PAUSE);
	_exit(0);
}

/* Its process id, or -1 with errno set. */
static pid_t
command_guard(pid_t group, const char *const *variables)
{
	int fd = pidfd_open(getpid(), 0);
	pid_t pid = fd == -1 ? -1 : fork();

	if (pid == 0)
		command_watch(fd, group, variables);
	if (fd != -1)
		close(fd);
	return pid;
}

/* The ends of the pipes that are the command's, -1 for none; it begins when it
 * can read from go, and says in unborn why it cannot. */
struct command_ends {
	int in, out, err, go, unborn;
};

static void NORETURN
command_fail(int unborn)
{
	int error = errno;

	if (write(unborn, &error, sizeof(error)) == -1)
		_exit(126);
	_exit(127);
}

static void NORETURN
command_become(const char *command, const char *const *variables,
    const struct command_ends *e)
{
	const int unborn = STDERR_FILENO + 1; /* the only one beside those */
	int out = e->out;
	char go;

	if (read(e->go, &go, 1) != 1)
		_exit(127);
	if (out == -1)
		out = open("/dev/null", O_WRONLY);
	command_signals(SIG_DFL);
	if (out == -1 || dup2(e->in, STDIN_FILENO) == -1 ||
	    dup2(out, STDOUT_FILENO) == -1 ||
	    dup2(e->err, STDERR_FILENO) == -1 ||
	    (e->unborn != unborn && dup3(e->unborn, unborn, O_CLOEXEC) == -1))
		command_fail(e->unborn);
	close_range(unborn + 1, ~0U, 0);
	command_environment(variables);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	command_fail(unborn);
}

/* The kernel kills it as soon as we are gone; from before it begins, the guard
 * does so with the rest.  0, or -1 with errno set. */
static int
command_fork(const char *command, const char *const *variables,
    const struct command_ends *e, int go, struct proc_command *c)
{
	pid_t parent = getpid();
	int error;

	c->pid = fork();
	if (c->pid == -1)
		return -1;
	if (c->pid == 0) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 ||
		    getppid() != parent)
			_exit(127);
		setpgid(0, 0);
		close(go);
		command_become(command, variables, e);
	}
	setpgid(c->pid, c->pid); /* whoever comes first */
	c->guard = command_guard(c->pid, variables);
	c->ended = c->guard == -1 ? -1 : pidfd_open(c->pid, 0);
	if (c->ended != -1 && write(go, "", 1) == 1)
		return 0;
	error = errno;
	proc_command_end(c);
	if (c->ended != -1)
		close(c->ended);
	errno = error;
	return -1;
}

static void
command_close(const int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (fds[i] != -1)
			close(fds[i]);
	}
}

int
proc_command(const char *command, const char *const *variables, bool output,
    struct proc_command *c)
{
	enum { IN, OUT, ERR, GO, UNBORN, PIPES };
	int p[PIPES][2] = { { -1, -1 }, { -1, -1 }, { -1, -1 }, { -1, -1 },
		{ -1, -1 } };
	struct command_ends e;
	int i, error;

	*c = (struct proc_command){
		.status = SIGKILL, .guard = -1, .report = -1
	};
	for (i = 0; i < PIPES; i++) {
		if ((i != OUT || output) && pipe2(p[i], O_CLOEXEC) == -1)
			goto fail;
	}
	e = (struct command_ends){ p[IN][0], p[OUT][1], p[ERR][1], p[GO][0],
		p[UNBORN][1] };
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) == -1 ||
	    command_fork(command, variables, &e, p[GO][1], c) == -1)
		goto fail;
	command_close((const int[]){ e.in, e.out, e.err, e.go, e.unborn,
			  p[GO][1] },
	    6);
	c->in = p[IN][1];
	c->out = p[OUT][0];
	c->err = p[ERR][0];
	c->report = p[UNBORN][0];
	fcntl(c->report, F_SETFL, O_NONBLOCK);
	fcntl(c->in, F_SETFL, O_NONBLOCK);
	fcntl(c->out, F_SETFL, O_NONBLOCK);
	fcntl(c->err, F_SETFL, O_NONBLOCK);
	return 0;
fail:
	error = errno;
	command_close(&p[0][0], sizeof(p) / sizeof(int));
	errno = error;
	return -1;
}

/* --- its end --- */

/* Takes those that have ended; false if nobody is left. */
static bool
command_reap(struct proc_command *c)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == c->guard)
			c->guard = -1;
		if (pid != c->pid)
			continue;
		c->over = true;
		c->status = status;
	}
	return pid == 0;
}

static int64_t
command_ticks(void)
{
	const int64_t hz = sysconf(_SC_CLK_TCK);
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * hz + now.tv_nsec / (1000000000 / hz);
}

static bool
command_has_started(const struct proc_tree *t, pid_t pid)
{
	for (size_t i = 0; i < t->n; i++) {
		if (t->v[i].parent == pid)
			return true;
	}
	return false;
}

void
proc_command_tell(struct proc_command *c, bool whole)
{
	struct proc_tree t = proc_tree_look(&c->guard, 1);

	c->told = command_ticks();
	if (t.below == 0)
		kill(-c->pid, SIGTERM);
	for (size_t i = 0; i < t.n; i++) {
		pid_t pid = t.v[i].pid;

		if (!t.v[i].below)
			continue;
		if (!whole && c->nspared < PROC_SPARED &&
		    command_has_started(&t, pid) &&
		    proc_tree_ends(pid, SIGTERM))
			c->spared[c->nspared++] = pid;
		else
			kill(pid, SIGTERM);
	}
	free(t.v);
}

/* Those that were spared and go on with something else are told, and so is what
 * they go on with.  True if nobody is left. */
static bool
command_follow(struct proc_command *c)
{
	struct proc_tree t = proc_tree_look(&c->guard, 1);

	for (size_t i = 0; i < t.n; i++) {
		if (!t.v[i].below || t.v[i].born <= c->told)
			continue;
		for (size_t k = 0; k < c->nspared; k++) {
			if (c->spared[k] != t.v[i].parent)
				continue;
			kill(t.v[i].parent, SIGTERM);
			kill(t.v[i].pid, SIGTERM);
		}
	}
	free(t.v);
	return t.below == 0;
}

bool
proc_command_over(struct proc_command *c)
{
	bool none;

	command_reap(c);
	if (c->told == 0)
		return c->over;
	none = command_follow(c);
	command_reap(c); /* who has ended since */
	return none && c->over;
}

int
proc_command_end(struct proc_command *c)
{
	int i;

	kill(-c->pid, SIGKILL);
	if (c->guard != -1) {
		kill(c->guard, SIGKILL);
		waitpid(c->guard, NULL, 0);
		c->guard = -1;
	}
	for (i = 0; command_reap(c) && i < END_ROUNDS; i++) {
		if (i > 0)
			poll(NULL, 0, END_PAUSE);
		proc_tree_signal(SIGKILL, NULL, 0);
	}
	if (c->report == -1)
		return c->status;
	if (read(c->report, &c->unborn, sizeof(c->unborn)) !=
	    (ssize_t)sizeof(c->unborn))
		c->unborn = 0;
	close(c->report);
	c->report = -1;
	return c->status;
}
