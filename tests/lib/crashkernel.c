/* SPDX-License-Identifier: ISC */
/* Preloaded into a pool: counts its calls of fork, execl and waitpid, and does
 * a fault at one of them, as a file that is shared with faults.py says; and has
 * it live CRASH_CLOCK seconds in the future or in the past. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CALL_FORK, CALL_EXECL, CALL_WAITPID, CALL__MAX };
enum { FAULT_KILL = 1, FAULT_KILL_AFTER, FAULT_FREEZE, FAULT_ERROR };
#define WORDS 8 /* of an execl */

/* The layout is known to faults.py.  A call is made by the pool's parent (even
 * numbers) or by one of the others. */
struct shared {
	int call, k, fault, error, seconds; /* from there */
	int done, pid, until;               /* to there */
	int seen[2 * CALL__MAX];
};

static struct shared *shared;
static time_t ahead;

/* Programs that the pool starts are left alone. */
__attribute__((constructor)) static void
begin(void)
{
	const char *path = getenv("CRASH_KERNEL");
	const char *clock = getenv("CRASH_CLOCK");
	int fd;

	if (clock != NULL &&
	    strcmp(program_invocation_short_name, "errand-worker") == 0)
		ahead = atoi(clock);
	if (path == NULL ||
	    strcmp(program_invocation_short_name, "errand-worker") != 0)
		return;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd == -1)
		return;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED,
	    fd, 0);
	close(fd);
	if (shared == MAP_FAILED)
		shared = NULL;
}

int
clock_gettime(clockid_t id, struct timespec *t)
{
	int (*real)(clockid_t, struct timespec *) = (int (*)(clockid_t,
	    struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
	int rc = real(id, t);

	if (rc == 0 && id == CLOCK_REALTIME)
		t->tv_sec += ahead;
	return rc;
}

time_t
time(time_t *t)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (t != NULL)
		*t = now.tv_sec;
	return now.tv_sec;
}

static int
now(void)
{
	return (int)time(NULL);
}

/* What is to be done at this call: a fault, or 0; errno is set. */
static int
judge(int call)
{
	struct shared *s = shared;
	int which, n;

	if (s == NULL)
		return 0;
	which = 2 * call + (getsid(0) != getpid());
	n = __sync_add_and_fetch(&s->seen[which], 1);
	if (s->k == 0 || s->call != which)
		return 0;
	if (n == s->k) {
		s->pid = getpid();
		s->until = now() + s->seconds;
		s->done = 1;
	} else if (!s->done || s->fault != FAULT_ERROR || now() >= s->until) {
		return 0;
	}
	if (s->fault == FAULT_KILL)
		raise(SIGKILL);
	if (s->fault == FAULT_FREEZE)
		raise(SIGSTOP);
	errno = s->error;
	return s->fault;
}

pid_t
fork(void)
{
	pid_t (*real)(void) = (pid_t(*)(void))dlsym(RTLD_NEXT, "fork");
	int fault = judge(CALL_FORK);
	pid_t pid;

	if (fault == FAULT_ERROR)
		return -1;
	pid = real();
	if (fault == FAULT_KILL_AFTER && pid != 0)
		raise(SIGKILL);
	return pid;
}

int
execl(const char *path, const char *arg, ...)
{
	char *words[WORDS] = { (char *)arg };
	va_list list;
	int i;

	va_start(list, arg);
	for (i = 1; i < WORDS - 1 && words[i - 1] != NULL; i++)
		words[i] = va_arg(list, char *);
	va_end(list);
	if (judge(CALL_EXECL) == FAULT_ERROR)
		return -1;
	return execv(path, words);
}

pid_t
waitpid(pid_t pid, int *status, int options)
{
	pid_t (*real)(pid_t, int *, int) =
	    (pid_t(*)(pid_t, int *, int))dlsym(RTLD_NEXT, "waitpid");
	int fault = judge(CALL_WAITPID);

	if (fault == FAULT_ERROR)
		return -1;
	pid = real(pid, status, options);
	if (fault == FAULT_KILL_AFTER)
		raise(SIGKILL);
	return pid;
}
