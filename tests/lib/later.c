/* SPDX-License-Identifier: ISC */
/* Stands in front of libc's clock_gettime in the programs that call later():
 * the linker takes this object out of the library for no others. */
#include "config.h"

#include "lib/later.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S INT64_C(1000000000)

static int64_t later_ns, asleep_ns;

void
later(int64_t ms)
{
	later_ns += ms * 1000000;
}

void
asleep(int64_t ms)
{
	asleep_ns += ms * 1000000;
}

int
clock_gettime(clockid_t id, struct timespec *ts)
{
	int64_t ns;

	if (syscall(SYS_clock_gettime, id, ts) != 0)
		return -1;
	ns = ts->tv_nsec + later_ns;
	if (id != CLOCK_MONOTONIC)
		ns += asleep_ns;
	ts->tv_sec += ns / NS_PER_S;
	ts->tv_nsec = ns % NS_PER_S;
	return 0;
}
