/* SPDX-License-Identifier: ISC */
/* Children of the pool: started, reaped, and what they leave behind. */
#include "config.h"

#include "proc.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log/log.h"
#include "proc_tree.h"

#define NAME     "errand-worker"
#define PROC_MAX 1024

/* Those that proc_start has started, and those that were there before. */
static struct {
	pid_t v[PROC_MAX];
	size_t n;
} own;

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
	pid_t parent = getpid(), pid = -1;

	errno = EAGAIN;
	if (own.n < PROC_MAX)
		pid = fork();
	if (pid == -1)
		log_error("cannot fork", LS("reason", strerror(errno)));
	else if (pid != 0)
		own.v[own.n++] = pid;
	if (pid != 0)
		return pid;
	own.n = 0;
	proc_tie(parent);
	log_close();
	close_range(3, ~0U, 0);
	log_resume(NAME);
	exit(fn(arg));
}

void
proc_adopt(void)
{
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) == -1)
		log_warning("what children leave behind cannot be inherited",
		    LS("reason", strerror(errno)));
	own.n = proc_tree_children(own.v, PROC_MAX / 2);
}

size_t
proc_sweep(void)
{
	return proc_tree_signal(SIGKILL, own.v, own.n);
}

pid_t
proc_reap(int *status)
{
	pid_t pid;
	size_t i;

	do
		pid = waitpid(-1, status, WNOHANG);
	while (pid == -1 && errno == EINTR);
	for (i = 0; i < own.n; i++) {
		if (own.v[i] == pid)
			own.v[i] = own.v[--own.n];
	}
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
