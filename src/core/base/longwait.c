/* SPDX-License-Identifier: ISC */
/* Calls whoever wants to know of long waits. */
#include "config.h"

#include "longwait.h"

#define LONGWAIT_MS 2

static struct {
	void (*fn)(void *arg);
	void *arg;
} longwait;

void
longwait_set(void (*fn)(void *arg), void *arg)
{
	longwait.fn = fn;
	longwait.arg = arg;
}

void
longwait_begin(void)
{
	if (longwait.fn != NULL)
		longwait.fn(longwait.arg);
}

int
longwait_poll(struct pollfd *p, int ms)
{
	int n;

	if (longwait.fn == NULL || ms <= LONGWAIT_MS)
		return poll(p, 1, ms);
	n = poll(p, 1, LONGWAIT_MS);
	if (n != 0)
		return n;
	longwait_begin();
	return poll(p, 1, ms - LONGWAIT_MS);
}
